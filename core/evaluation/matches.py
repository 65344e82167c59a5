"""Which annotated objects were found as what: a grid of true against found classes at one score and overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from core.evaluation.completed import Detection, EvaluatedData, EvaluatedObject
from core.evaluation.thresholds import Entry
from core.masks import Rle

LEAST_IOU = 0.5
LEAST_SCORE = 0.5  # as `python -m core predict` shows objects, unless told otherwise


@dataclass(frozen=True)
class MatchGrid:
    """Counts of pairs of annotated and found objects."""

    names: list[str]
    # int64 (K+1)×(K+1): a row for each annotated class, a column for each found one, and last of both for nothing.
    counts: NDArray[np.int64]
    kind: Literal["bbox", "segm"]


def match_grid(
    dataset: EvaluatedData,
    detections: Sequence[Detection],
    kind: Literal["bbox", "segm"],
    *,
    least_iou: float = LEAST_IOU,
    least_score: float = LEAST_SCORE,
) -> MatchGrid:
    """The grid of a completed data set and its completed results (`ground_truth`).

    Each object is matched once, with an overlap of at least `least_iou`: first with detections of its own class, the
    surest first, then what is left with detections of any class. A detection that is left counts as found where
    nothing is, an object that is left as missed. Crowds, ignored objects and, for masks, those with a box alone are
    neither missed nor wrong to find.
    """
    row_of = {category["id"]: row for row, category in enumerate(dataset["categories"])}
    counts = np.zeros((len(row_of) + 1, len(row_of) + 1), dtype=np.int64)
    truths, found = _by_image(dataset["annotations"]), _by_image(detections)
    field = "segmentation" if kind == "segm" else "bbox"
    for image_id in truths.keys() | found.keys():
        objects = truths.get(image_id, [])
        sure = [item for item in found.get(image_id, []) if field in item and item["score"] >= least_score]
        _count(counts, objects, sorted(sure, key=lambda item: -item["score"]), row_of, kind, least_iou)
    return MatchGrid([category["name"] for category in dataset["categories"]], counts, kind)


def _by_image(items: Sequence[Entry]) -> dict[int, list[Entry]]:
    grouped: dict[int, list[Entry]] = {}
    for item in items:
        grouped.setdefault(item["image_id"], []).append(item)
    return grouped


def _count(
    counts: NDArray[np.int64],
    objects: Sequence[EvaluatedObject],
    found: Sequence[Detection],
    row_of: Mapping[int, int],
    kind: str,
    least_iou: float,
) -> None:
    """Add the pairs of one image; `found` begins with the surest."""
    truth = np.array([row_of[item["category_id"]] for item in objects], dtype=np.int64)
    named = np.array([row_of[item["category_id"]] for item in found], dtype=np.int64)
    ignored = np.array([_is_ignored(item, kind) for item in objects], dtype=bool)
    overlaps = _overlaps(found, objects, kind)
    partner = np.full(len(found), -1)
    free = ~ignored
    for same_class in (True, False):
        for row in np.flatnonzero(partner < 0).tolist():
            allowed = free & (overlaps[row] >= least_iou)
            if same_class:
                allowed &= truth == named[row]
            if allowed.any():
                partner[row] = int(np.where(allowed, overlaps[row], -1).argmax())
                free[partner[row]] = False
    for row, other in enumerate(partner.tolist()):
        if other >= 0:
            counts[truth[other], named[row]] += 1
        elif not ((overlaps[row] >= least_iou) & ignored).any():
            counts[-1, named[row]] += 1
    np.add.at(counts[:, -1], truth[free], 1)


def _is_ignored(item: EvaluatedObject, kind: str) -> bool:
    return bool(item["iscrowd"] or item.get("ignore") or (kind == "segm" and item.get("box_only")))


def _overlaps(found: Sequence[Detection], objects: Sequence[EvaluatedObject], kind: str) -> NDArray[np.float64]:
    """IoU of each detection with each object; of a crowd, the part of the detection inside it."""
    if not found or not objects:
        return np.zeros((len(found), len(objects)))
    crowds = [int(item["iscrowd"]) for item in objects]
    if kind == "bbox":
        boxes = [np.array([item["bbox"] for item in side], dtype=np.float64) for side in (found, objects)]
        return np.asarray(coco_mask.iou(*boxes, crowds))
    masks = []
    for item in objects:  # what has a box alone, and is ignored, has its polygon
        own = item["segmentation"]
        masks.append(own if isinstance(own, dict) else _box_rle(item, found[0]["segmentation"]["size"]))
    return np.asarray(coco_mask.iou([item["segmentation"] for item in found], masks, crowds))


def _box_rle(item: EvaluatedObject, size: Sequence[int]) -> Rle:
    rle: Rle = coco_mask.frPyObjects(item["segmentation"], *size)[0]
    return rle
