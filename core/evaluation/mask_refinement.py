"""Whether a detector's masks get better where the prompt model looks at them again, measured on annotated images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from core.datasets.coco import CocoDataset
from core.datasets.images import read_image
from core.evaluation.ground_truth import complete_ground_truth, complete_results
from core.evaluation.thresholds import by_image_and_class
from core.files import write_text_atomically
from core.masks import decode_rle, encode_rle, segmentation_to_rle
from core.model.score_thresholds import ScoreThresholds
from core.model.weights import read_sidecar, sidecar_path
from core.prompts.local_mask import LocalMask
from core.prompts.prompter import MaskPrompter, Prompt

MASK_REFINEMENT = "mask_refinement"  # the field of the sidecar
SAME_OBJECT = 0.5  # IoU from which a detection is of an object
DEFAULT_THRESHOLD = 0.5  # score from which detections count where their class has no threshold
FEWEST_OBJECTS, LEAST_GAIN = 5, 0.005  # fewer, and less, are chance
MOST_OBJECTS = 300  # what is judged does not take minutes


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
    dataset: CocoDataset, results: Sequence[dict[str, Any]], thresholds: ScoreThresholds, prompter: MaskPrompter
) -> MaskRefinement | None:
    """Give the masks of detections to the prompt model as previous masks; None where no detection is of an object.

    `results` is a COCO results list on the images of `dataset`. Those count whose score reaches the threshold of their
    class and whose mask has an IoU of at least 0.5 with an object of their class, 300 of them at most.
    """
    truth = complete_ground_truth(dataset.data)
    found, objects = (
        by_image_and_class(complete_results(list(results), truth)),
        by_image_and_class(truth["annotations"]),
    )
    least = {category["id"]: thresholds.of(category["name"]) for category in truth["categories"]}
    before: list[float] = []
    after: list[float] = []
    for index, image in enumerate(dataset.data["images"]):
        masks, objects_of = [], []
        for category_id, threshold in least.items():
            own = [entry for entry in objects.get((image["id"], category_id), []) if not entry["iscrowd"]]
            those = found.get((image["id"], category_id), [])
            shown = [e for e in those if e["score"] >= (DEFAULT_THRESHOLD if threshold is None else threshold)]
            if not own or not shown or not all(entry.get("segmentation") for entry in (*own, *shown)):
                continue
            rles = [segmentation_to_rle(entry["segmentation"], image["height"], image["width"]) for entry in own]
            for entry in shown:
                mask = segmentation_to_rle(entry["segmentation"], image["height"], image["width"])
                ious = coco_mask.iou([mask], rles, [0] * len(rles))[0]
                if ious.max() >= SAME_OBJECT:
                    masks.append(LocalMask.of(decode_rle(mask)))
                    objects_of.append(rles[int(ious.argmax())])
                    before.append(float(ious.max()))
        if masks:
            pixels = read_image(dataset.images_dir / dataset.file_names[index])
            answers = prompter.answers(pixels, [Prompt(mask=mask) for mask in masks])
            for answer, rle in zip(answers, objects_of, strict=True):
                refined = encode_rle(answer.mask.whole(*pixels.shape[:2]))
                after.append(float(coco_mask.iou([refined], [rle], [0])[0, 0]))
        if len(before) >= MOST_OBJECTS:
            break
    return MaskRefinement(float(np.mean(before)), float(np.mean(after)), len(before)) if before else None


def read_mask_refinement(source: str | Path) -> MaskRefinement | None:
    """What was measured of a model (a shipped name, a directory or a weights file); None where nothing was."""
    try:
        values = read_sidecar(source).get(MASK_REFINEMENT)
    except FileNotFoundError:
        return None  # torchvision's and detectron2's files have no sidecar
    try:
        return None if values is None else MaskRefinement(**values)
    except TypeError:
        raise ValueError(
            f"{sidecar_path(source)}: {MASK_REFINEMENT} has before, after and objects, not {values!r}"
        ) from None


def write_mask_refinement(source: str | Path, refinement: MaskRefinement) -> None:
    """Put what was measured into the sidecar of a model of ours."""
    values = read_sidecar(source) | {MASK_REFINEMENT: asdict(refinement)}
    write_text_atomically(sidecar_path(source), json.dumps(values, indent=1) + "\n")
