"""Whether a detector's masks get better where the prompt model looks at them again, measured on annotated images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from pycocotools import mask as coco_mask

from core.coco.json_values import is_number
from core.datasets.coco import CocoDataset
from core.datasets.images import read_image
from core.evaluation.completed import Detection, EvaluatedData, EvaluatedImage, EvaluatedObject
from core.evaluation.ground_truth import complete_ground_truth, complete_results
from core.evaluation.thresholds import DEFAULT_THRESHOLD, by_image_and_class
from core.files import write_text_atomically
from core.masks import Rle, decode_rle, encode_rle, segmentation_to_rle
from core.model.score_thresholds import ScoreThresholds
from core.model.weights import read_sidecar, sidecar_path
from core.prompts.local_mask import LocalMask
from core.prompts.prompter import MaskPrompter

MASK_REFINEMENT = "mask_refinement"  # the field of the sidecar
SAME_OBJECT = 0.5  # IoU from which a detection is of an object
FEWEST_OBJECTS, LEAST_GAIN = 5, 0.005  # fewer, and less, are chance
MOST_OBJECTS = 100  # what is judged does not take minutes


@dataclass(frozen=True)
class MaskRefinement:
    """Mean IoU of a detector's masks with the objects that they are of, as they are and after another look."""

    before: float
    after: float
    objects: int

    @property
    def helps(self) -> bool:
        """Whether the prompt model's masks are worth having in the place of the detector's."""
        return self.objects >= FEWEST_OBJECTS and self.after >= self.before + LEAST_GAIN


def mask_refinement(
    dataset: CocoDataset, results: Sequence[dict[str, object]], thresholds: ScoreThresholds, prompter: MaskPrompter
) -> MaskRefinement | None:
    """Give the masks of detections to the prompt model as previous masks; None where no detection is of an object.

    `results` is a COCO results list on the images of `dataset`. Those count whose score reaches the threshold of their
    class and whose mask has an IoU of at least 0.5 with an object of their class, until there are 100 of them.
    """
    truth = complete_ground_truth(dataset.data)
    shown, objects = _shown(truth, results, thresholds), by_image_and_class(truth["annotations"])
    before: list[float] = []
    after: list[float] = []
    for index, image in enumerate(truth["images"]):
        pairs = []  # a detection's mask, and the object that it is of
        for category in truth["categories"]:
            key = image["id"], category["id"]
            own = [_rle(entry, image) for entry in objects.get(key, []) if not entry["iscrowd"] and _has_mask(entry)]
            for mask in (_rle(entry, image) for entry in shown.get(key, []) if own):
                ious = coco_mask.iou([mask], own, [0] * len(own))[0]
                if ious.max() >= SAME_OBJECT:
                    before.append(float(ious.max()))
                    pairs.append((LocalMask.of(decode_rle(mask)), own[int(ious.argmax())]))
        if pairs:
            pixels = read_image(dataset.images_dir / dataset.file_names[index])
            seen = prompter.seen_again(pixels, [mask for mask, _ in pairs])
            for seen_mask, (_, rle) in zip(seen, pairs, strict=True):
                again = encode_rle(seen_mask.whole(*pixels.shape[:2]))
                after.append(float(coco_mask.iou([again], [rle], [0])[0, 0]))
        if len(before) >= MOST_OBJECTS:
            break
    return MaskRefinement(float(np.mean(before)), float(np.mean(after)), len(before)) if before else None


def _shown(
    truth: EvaluatedData, results: Sequence[dict[str, object]], thresholds: ScoreThresholds
) -> dict[tuple[int, int], list[Detection]]:
    """The detections with a mask that reach their class's threshold, by image and class."""
    calibrated = {category["id"]: thresholds.of(category["name"]) for category in truth["categories"]}
    least = {key: DEFAULT_THRESHOLD if score is None else score for key, score in calibrated.items()}
    return by_image_and_class(
        [
            entry
            for entry in complete_results(list(results), truth)
            if _has_mask(entry) and entry["score"] >= least.get(entry["category_id"], DEFAULT_THRESHOLD)
        ]
    )


def _has_mask(entry: Detection | EvaluatedObject) -> bool:
    return bool(entry.get("segmentation"))


def _rle(entry: Detection | EvaluatedObject, image: EvaluatedImage) -> Rle:
    return segmentation_to_rle(entry["segmentation"], image["height"], image["width"])


def read_mask_refinement(source: str | Path) -> MaskRefinement | None:
    """What was measured of a model (a shipped name, a directory or a weights file); None where nothing was."""
    try:
        values = read_sidecar(source).get(MASK_REFINEMENT)
    except FileNotFoundError:
        return None  # torchvision's and detectron2's files have no sidecar
    if values is None:
        return None
    names = [field.name for field in fields(MaskRefinement)]
    if not isinstance(values, dict) or sorted(values) != sorted(names) or not all(map(is_number, values.values())):
        line = f"{sidecar_path(source)}: {MASK_REFINEMENT} has numbers for {', '.join(names)}, not {values!r}"
        raise ValueError(line)
    return MaskRefinement(**values)


def write_mask_refinement(source: str | Path, refinement: MaskRefinement) -> None:
    """Put what was measured into the sidecar of a model of ours."""
    values = read_sidecar(source) | {MASK_REFINEMENT: asdict(refinement)}
    write_text_atomically(sidecar_path(source), json.dumps(values, indent=1) + "\n")
