"""What `iscrowd` means in a file: COCO's crowds, or single objects that a tool marks alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from core.coco.report import Report


def crowds_known(data: Mapping[str, Any], report: Report) -> bool:
    """False for an LVIS file: it has no crowds and does not say so of each object."""
    annotations = data["annotations"]
    federated = any(isinstance(image, dict) and "neg_category_ids" in image for image in data["images"])
    if not federated or any(isinstance(annotation, dict) and "iscrowd" in annotation for annotation in annotations):
        return True
    report.note("annotations", "none has iscrowd, as in LVIS: COCO's own tools need it", "becomes 0")
    return False


def is_brush_mask(annotation: Mapping[str, object]) -> bool:
    """Whether an annotation is a mask as CVAT writes it: `iscrowd` 1, runs, and its own attribute `occluded`."""
    attributes = annotation.get("attributes")
    return isinstance(attributes, dict) and "occluded" in attributes


def classes_without_crowds(annotations: list[Any]) -> set[Hashable]:
    """Category ids of which a file has nothing but crowds as lists of runs, where none has them beside single objects.

    COCO's own crowds lie among single objects of their class; CVAT writes every brush mask as such a list.
    """
    crowds: set[Hashable] = set()
    singles: set[Hashable] = set()
    for annotation in annotations:
        category = annotation.get("category_id") if isinstance(annotation, dict) else None
        if isinstance(category, Hashable) and category is not None:
            segmentation = annotation.get("segmentation")
            runs = isinstance(segmentation, dict) and isinstance(segmentation.get("counts"), list)
            (crowds if runs and annotation.get("iscrowd") in (1, "1", "true") else singles).add(category)

    return set() if crowds & singles else crowds


def note_classes_of_crowds_alone(
    annotations: Iterable[Mapping[str, Any]], categories: Iterable[Mapping[str, Any]], report: Report
) -> None:
    """A note for each class of which there are only crowds: training learns nothing of it."""
    crowds: Counter[int] = Counter()
    singles: set[int] = set()
    for annotation in annotations:
        if annotation["iscrowd"]:
            crowds[annotation["category_id"]] += 1
        else:
            singles.add(annotation["category_id"])
    for category in categories:
        if category["id"] in crowds and category["id"] not in singles:
            what = f"{category['name']!r} has crowds alone ({crowds[category['id']]:,}), of which nothing is learnt"
            report.note(f"category {category['id']}", what)
