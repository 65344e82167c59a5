"""What `iscrowd` means in a file: COCO's crowds, or single objects that a tool marks alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from core.coco.geometry import Size
from core.coco.report import Report
from core.masks import segmentation_to_rle

AS_OBJECTS = "crowds_as_objects=true (import) or --crowds-as-objects (check --fix-to)"  # how to say that there are none


def crowds_known(data: Mapping[str, Any], report: Report) -> bool:
    """False for an LVIS file: it has no crowds and does not say so of each object."""
    annotations = data["annotations"]
    federated = any(isinstance(image, dict) and "neg_category_ids" in image for image in data["images"])
    if not federated or any(isinstance(annotation, dict) and "iscrowd" in annotation for annotation in annotations):
        return True
    report.note("annotations", "none has iscrowd, as in LVIS: COCO's own tools need it", "becomes 0")
    return False


class SingleObjects:
    """Which annotations with `iscrowd` 1 are single objects: brush masks, which CVAT writes so."""

    def __init__(self, annotations: list[object], *, all_of_them: bool = False) -> None:
        """`all_of_them`: who gives the file says that it has no crowds."""
        self._all = all_of_them
        self._classes = classes_without_crowds(annotations)
        self._of_cvat = any(_has_marks_of_cvat(annotation) for annotation in annotations)

    def __call__(self, annotation: Mapping[str, Any], category: object) -> bool:
        """Whether one with `iscrowd` 1 is; `category` is its id as the file writes it.

        CVAT's own mark is the attribute `occluded`. A file that has it anywhere has no crowds among its lists of runs.
        """
        if self._all or category in self._classes or _has_marks_of_cvat(annotation):
            return True
        return self._of_cvat and "source" not in annotation and _has_runs_as_list(annotation)


def _has_marks_of_cvat(annotation: object) -> bool:
    """Whether it has CVAT's attribute `occluded`, and no `source`, by which our own exports are told."""
    if not isinstance(annotation, dict) or "source" in annotation:
        return False
    attributes = annotation.get("attributes")
    return isinstance(attributes, dict) and "occluded" in attributes


def _has_runs_as_list(annotation: Mapping[str, object]) -> bool:
    segmentation = annotation.get("segmentation")
    return isinstance(segmentation, dict) and isinstance(segmentation.get("counts"), list)


def classes_without_crowds(annotations: list[Any]) -> set[Hashable]:
    """Category ids of which a file has nothing but crowds as lists of runs, where none has them beside single objects.

    COCO's own crowds lie among single objects of their class; CVAT writes every brush mask as such a list.
    """
    crowds: set[Hashable] = set()
    singles: set[Hashable] = set()
    for annotation in annotations:
        category = annotation.get("category_id") if isinstance(annotation, dict) else None
        if isinstance(category, Hashable) and category is not None:
            runs = _has_runs_as_list(annotation)
            (crowds if runs and annotation.get("iscrowd") in (1, "1", "true") else singles).add(category)

    return set() if crowds & singles else crowds


def note_crowds(
    annotations: Iterable[Mapping[str, Any]], categories: Iterable[Mapping[str, Any]], report: Report
) -> None:
    """A note for each class of which there are only crowds, and one for all crowds that may be brush masks."""
    crowds: Counter[int] = Counter()
    singles: set[int] = set()
    as_lists = 0
    for annotation in annotations:
        if annotation["iscrowd"]:
            crowds[annotation["category_id"]] += 1
            as_lists += _may_be_a_brush_mask(annotation)
        else:
            singles.add(annotation["category_id"])
    for category in categories:
        if category["id"] in crowds and category["id"] not in singles:
            what = f"{category['name']!r} has crowds alone ({crowds[category['id']]:,}), of which nothing is learnt"
            report.note(f"category {category['id']}", what)
    if as_lists:
        what = "1 stays a crowd" if as_lists == 1 else f"{as_lists:,} stay crowds"
        why = f"of which nothing is learnt: if brush masks of single objects were written so, {AS_OBJECTS} says it"
        report.note("annotations", f"{what} (iscrowd 1), {why}")


def _may_be_a_brush_mask(annotation: Mapping[str, Any]) -> bool:
    """Whether nothing says that a crowd is one: COCO's own are numbered 9, three digits of class, eight of image."""
    image, category = annotation["image_id"], annotation["category_id"]
    is_cocos = annotation["id"] == (9000 + category) * 10**8 + image
    return _has_runs_as_list(annotation) and "source" not in annotation and not is_cocos


def mend_crowd(annotation: dict[str, object], size: Size | None, single: str | None, add: Callable[..., None]) -> None:
    """`iscrowd`, mended in place, and a crowd's polygons turned into runs.

    `single`: why an annotation with iscrowd 1 is one object all the same; None where it is a crowd. `add` takes down a
    problem: its message, what becomes of it, whether it is one of spelling.
    """
    crowd = annotation.get("iscrowd")
    if crowd is None or isinstance(crowd, bool) or crowd not in (0, 1):
        what = "has no iscrowd" if crowd is None else f"iscrowd is {str(crowd).lower()!r}: 0 or 1 is needed"
        raw, crowd = crowd, int(crowd in (1, "1", "true"))
        add(what, f"becomes {crowd}", spelling=raw is None or isinstance(raw, (bool, str, float)))
    annotation["iscrowd"] = crowd = int(crowd)
    segmentation = annotation.get("segmentation")
    if crowd and single is not None:
        add(f"is one object with iscrowd 1, {single}", "becomes 0", spelling=True)
        annotation["iscrowd"] = crowd = 0
    if crowd and isinstance(segmentation, list) and segmentation and size:
        add("is a crowd with polygons; COCO's crowds are runs (RLE)", "turned into runs", spelling=True)
        annotation["segmentation"] = segmentation_to_rle(segmentation, *size)
