"""How sure a figure is that was measured on few images: bootstrap intervals of average precision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.completed import Detection, EvaluatedImage, EvaluatedObject
from core.evaluation.ground_truth import complete_ground_truth, complete_results
from core.evaluation.thresholds import by_image_and_class, matched

LEVEL = 0.9
RESAMPLES = 200
IOU_THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10).round(2))
RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class _Found:
    """The detections of one class at one IoU threshold, the surest first."""

    image: NDArray[np.intp]  # the place of the image of each
    right: NDArray[np.bool_]
    objects: NDArray[np.int64]  # how many there are on each image


def bootstrap_intervals(
    annotations: dict[str, object],
    results: Sequence[dict[str, object]],
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Any]:
    """`{"AP": [low, high], "AP50": …, "per_category": {name: [low, high]}}`, each holding `level` of the resamples.

    Each resample draws as many images as there are, with replacement, and works COCO's AP out anew (masks where both
    sides have them, else boxes). Fewer than two images say nothing of each other: then the answer is empty.
    """
    dataset = complete_ground_truth(annotations)
    images = dataset["images"]
    if len(images) < 2:
        return {}
    found = by_image_and_class(complete_results(list(results), dataset))
    objects = by_image_and_class(dataset["annotations"])
    named = {category["id"]: category["name"] for category in dataset["categories"]}
    shown = [key for key in named if any(objects.get((image["id"], key)) for image in images)]
    classes = {key: [_found(images, key, found, objects, iou) for iou in IOU_THRESHOLDS] for key in shown}
    random = np.random.default_rng(seed)
    draws: dict[str, list[float]] = {"AP": [], "AP50": []}
    by_class: dict[str, list[float]] = {named[key]: [] for key in classes}
    for _ in range(resamples):
        weights = random.multinomial(len(images), np.full(len(images), 1 / len(images)))
        values = {key: [_average_precision(one, weights) for one in curves] for key, curves in classes.items()}
        there = {key: [one for one in row if one is not None] for key, row in values.items() if row[0] is not None}
        for key, row in there.items():
            by_class[named[key]].append(float(np.mean(row)))
        if there:
            draws["AP"].append(float(np.mean(list(there.values()))))
            draws["AP50"].append(float(np.mean([row[0] for row in there.values()])))
    tails = [50 * (1 - level), 100 - 50 * (1 - level)]
    answer: dict[str, Any] = {name: np.percentile(row, tails).tolist() for name, row in draws.items() if row}
    answer["per_category"] = {name: np.percentile(row, tails).tolist() for name, row in by_class.items() if row}
    return answer


def _found(
    images: Sequence[EvaluatedImage],
    category: int,
    found: Mapping[tuple[int, int], Sequence[Detection]],
    objects: Mapping[tuple[int, int], Sequence[EvaluatedObject]],
    iou: float,
) -> _Found:
    rows = []
    for place, image in enumerate(images):
        key = image["id"], category
        rows += [
            (-score, place, right) for score, right in matched(found.get(key, []), objects.get(key, []), image, iou)
        ]
    rows.sort(key=lambda row: row[0])
    counts = [
        sum(not (entry["iscrowd"] or entry.get("ignore")) for entry in objects.get((image["id"], category), []))
        for image in images
    ]
    return _Found(
        np.array([row[1] for row in rows], dtype=np.intp),
        np.array([row[2] for row in rows], dtype=bool),
        np.array(counts),
    )


def _average_precision(found: _Found, weights: NDArray[np.int64]) -> float | None:
    """COCO's 101-point AP where each image counts `weights` times; None where these show no object."""
    there = int((found.objects * weights).sum())
    if there == 0:
        return None
    counts = weights[found.image]
    right = np.cumsum(counts * found.right)
    every = np.cumsum(counts)
    precision = np.maximum.accumulate((right / np.maximum(every, 1))[::-1])[::-1]
    places = np.searchsorted(right / there, RECALLS, side="left")
    return float(np.append(precision, 0.0)[np.minimum(places, len(precision))].mean())
