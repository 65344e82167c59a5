"""From which score on a detection is worth showing: a threshold for each class, calibrated on annotated images."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from core.evaluation.completed import Detection, EvaluatedImage, EvaluatedObject
from core.evaluation.ground_truth import complete_ground_truth, complete_results
from core.files import write_text_atomically
from core.masks import Rle, segmentation_to_rle
from core.model.score_thresholds import ScoreThresholds
from core.model.weights import read_sidecar, sidecar_path
from core.model.weights.ours import SCORE_THRESHOLDS

RIGHT_SAVES = 2.0  # as much as so many wrong detections cost: a box and often a key of its class, for a deletion
FEWEST_OBJECTS = 5  # fewer of all classes together say nothing
PRIOR_OBJECTS = 3  # all classes' detections count beside a class's own like those of so many objects
DEFAULT_THRESHOLD = 0.5  # of a model that was never calibrated
FALSE_IMAGES = 0.1  # share of images on which a class may show that is on none of them
DECIMALS = 4
LEAST = 1e-3  # a score nearer to 0 or 1 counts as this in an average
EQUAL = 1e-9  # sums in another order
Entry = TypeVar("Entry", Detection, EvaluatedObject)


@dataclass(frozen=True)
class Expectation:
    """Where models of a kind have their thresholds, and how many objects have to say otherwise for half of the way."""

    threshold: float
    objects: int

    def with_calibrated(self, score: float, objects: int) -> float:
        """The threshold between what is expected and the one that so many objects speak for."""
        wanted, said = torch.tensor([self.threshold, score], dtype=torch.float64).logit(eps=LEAST)
        return _rounded_down(float(torch.sigmoid((self.objects * wanted + objects * said) / (self.objects + objects))))


def calibrated_thresholds(
    annotations: dict[str, object],
    results: Sequence[dict[str, object]],
    *,
    iou_threshold: float = 0.5,
    right_saves: float = RIGHT_SAVES,
    expected: Expectation | None = None,
) -> ScoreThresholds:
    """For each class the score above which the detections are worth most, if a right one is worth as much as
    `right_saves` wrong ones cost.

    `annotations` is a COCO data set and `results` a results list that reaches down to low scores. A detection is
    right where it is matched as COCO does: in the order of scores, each to the object of its class with the highest
    mask IoU (of boxes, where either has no mask) of at least `iou_threshold` that no better one has taken. Detections
    on crowds, and those of classes that an image was not searched for (LVIS), count neither way. A class's own
    detections count together with those of all classes, as if these were of three objects: five objects and a lucky
    order of scores say little. The threshold lies halfway to the next detection below, so that few images say no more
    than they know. Classes of which nothing is found have the one of all.

    What is `expected` of a model's thresholds counts beside the objects as those of so many more would: the log-odds of
    the scores are averaged.
    """
    dataset = complete_ground_truth(annotations)
    found = by_image_and_class(complete_results(list(results), dataset))
    objects = by_image_and_class(dataset["annotations"])
    verdicts: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for image in dataset["images"]:
        searched = _searched_classes(image, objects)
        for category in dataset["categories"]:
            key = image["id"], category["id"]
            for score, right in matched(found.get(key, []), objects.get(key, []), image, iou_threshold):
                if right or searched is None or category["id"] in searched:
                    verdicts[category["id"]].append((score, right))
    counts = {
        category["id"]: sum(len(objects.get((image["id"], category["id"]), [])) for image in dataset["images"])
        for category in dataset["categories"]
    }
    everything = [verdict for own in verdicts.values() for verdict in own]
    if (total := sum(counts.values())) < FEWEST_OBJECTS or not any(right for _, right in everything):
        return ScoreThresholds(others=None if expected is None else expected.threshold)
    prior = _weighed(everything, right_saves, PRIOR_OBJECTS / total)
    classes = {
        category["name"]: _worth_most([*_weighed(verdicts[category["id"]], right_saves), *prior])
        for category in dataset["categories"]
        if any(right for _, right in verdicts[category["id"]])
    }
    pooled = _worth_most(_weighed(everything, right_saves))
    if expected is not None:
        classes = {name: expected.with_calibrated(score, total) for name, score in classes.items()}
        pooled = expected.with_calibrated(pooled, total)
    return ScoreThresholds(classes, pooled)


def thresholds_of_absent(
    best_scores: Mapping[str, Sequence[float]], images: int, before: ScoreThresholds
) -> dict[str, float]:
    """Raised thresholds of classes that are on none of so many images: whatever is found of them is wrong.

    `best_scores` has for each class the best detection's score of every image that has one. With the threshold one
    image in ten shows a detection of the class, or one in all where these are fewer than ten: a single one may be
    chance. Classes that are found no more often already are left out.
    """
    allowed = max(1, int(FALSE_IMAGES * images))
    raised = {}
    for name, scores in best_scores.items():
        threshold = before.of(name)
        first_hidden = max(sorted(scores, reverse=True)[allowed:], default=0.0)
        if first_hidden >= (DEFAULT_THRESHOLD if threshold is None else threshold):
            raised[name] = min(1.0, math.floor(first_hidden * 10**DECIMALS + 1) / 10**DECIMALS)
    return raised


def read_score_thresholds(source: str | Path) -> ScoreThresholds:
    """The thresholds in the sidecar of a model (a shipped name, a directory or a weights file); none where it has none.

    Raises ValueError, in one line, for what cannot be meant.
    """
    try:
        values = read_sidecar(source).get(SCORE_THRESHOLDS, {})
    except FileNotFoundError:
        return ScoreThresholds()  # torchvision's and detectron2's files have no sidecar
    try:
        return ScoreThresholds.from_dict(values)
    except ValueError as error:
        raise ValueError(f"{sidecar_path(source)}: {SCORE_THRESHOLDS}: {error}") from None


def write_score_thresholds(source: str | Path, thresholds: ScoreThresholds) -> None:
    """Put thresholds into the sidecar of a model of ours, in the place of those that it has."""
    values = read_sidecar(source)
    values[SCORE_THRESHOLDS] = thresholds.to_dict()
    write_text_atomically(sidecar_path(source), json.dumps(values, indent=1) + "\n")


def by_image_and_class(entries: Sequence[Entry]) -> dict[tuple[int, int], list[Entry]]:
    """Annotations or results by the ids of their image and class."""
    grouped: dict[tuple[int, int], list[Entry]] = defaultdict(list)
    for entry in entries:
        grouped[entry["image_id"], entry["category_id"]].append(entry)
    return grouped


def _searched_classes(image: EvaluatedImage, objects: Mapping[tuple[int, int], object]) -> set[int] | None:
    """The classes of which an image shows every object, as LVIS says it; None: all of them."""
    if "neg_category_ids" not in image and "not_exhaustive_category_ids" not in image:
        return None
    own = {category for image_id, category in objects if image_id == image["id"]}
    return (own | set(image.get("neg_category_ids", []))) - set(image.get("not_exhaustive_category_ids", []))


def matched(
    found: Sequence[Detection], objects: Sequence[EvaluatedObject], image: EvaluatedImage, iou_threshold: float
) -> list[tuple[float, bool]]:
    """Score of each detection of one image and class that counts, and whether it is right."""
    ordered = sorted(found, key=lambda detection: -detection["score"])
    if not ordered or not objects:
        return [(detection["score"], False) for detection in ordered]
    ious = _ious(ordered, objects, image)
    crowds = np.array([bool(entry["iscrowd"] or entry.get("ignore")) for entry in objects])
    taken = np.zeros(len(objects), dtype=bool)
    verdicts = []
    for detection, row in zip(ordered, ious, strict=True):
        free = np.where(taken | crowds, 0.0, row)
        best = int(free.argmax())
        if free[best] >= iou_threshold:
            taken[best] = True
            verdicts.append((detection["score"], True))
        elif not (row[crowds] >= iou_threshold).any():
            verdicts.append((detection["score"], False))
    return verdicts


def _ious(found: Sequence[Detection], objects: Sequence[EvaluatedObject], image: EvaluatedImage) -> NDArray[np.float64]:
    """IoU of each detection with each object, detections × objects; of a crowd, the part of the detection in it."""
    crowds = [int(entry["iscrowd"]) for entry in objects]
    if all("segmentation" in entry for entry in found) and not any(entry.get("box_only") for entry in objects):
        masks = ([_rle(entry, image) for entry in side] for side in (found, objects))
        return np.asarray(coco_mask.iou(*masks, crowds))
    boxes = [entry["bbox"] if "bbox" in entry else _rle_box(entry, image) for entry in found]
    own = [entry["bbox"] for entry in objects]
    return np.asarray(coco_mask.iou(np.array(boxes, float), np.array(own, float), crowds))


def _rle(entry: Detection | EvaluatedObject, image: EvaluatedImage) -> Rle:
    return segmentation_to_rle(entry["segmentation"], image["height"], image["width"])


def _rle_box(entry: Detection, image: EvaluatedImage) -> list[float]:
    return list(coco_mask.toBbox(_rle(entry, image)))


def _weighed(
    verdicts: Sequence[tuple[float, bool]], right_saves: float, weight: float = 1.0
) -> list[tuple[float, float]]:
    """Score of each detection, and what it is worth to show it."""
    return [(score, weight * (right_saves if right else -1.0)) for score, right in verdicts]


def _worth_most(weighed: Sequence[tuple[float, float]]) -> float:
    """The score above which the detections are worth most."""
    scores, worth = (np.array(column) for column in zip(*sorted(weighed, reverse=True), strict=True))
    total = np.cumsum(worth)
    last_of_its_score = np.append(scores[1:] < scores[:-1], True)  # a threshold takes all of one score or none
    candidates = np.flatnonzero(last_of_its_score & (np.cumsum(worth >= 0) > 0))
    cut = candidates[total[candidates] >= total[candidates].max() - EQUAL][-1]
    score = scores[cut] if cut + 1 == len(scores) else (scores[cut] + scores[cut + 1]) / 2
    return _rounded_down(float(score))


def _rounded_down(score: float) -> float:
    return float(math.floor(score * 10**DECIMALS) / 10**DECIMALS)
