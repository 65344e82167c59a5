"""What a format cannot say of a data set beside its objects' shapes; what it cannot say of those, its module notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.formats.building import LEFT_OUT
from core.formats.content import id_key
from core.formats.format import Fact
from core.formats.notes import Notes

# Fields that the other facts are about, or that every reader works out.
_OF_OBJECTS = frozenset(
    {"id", "image_id", "category_id", "segmentation", "bbox", "area", "iscrowd"}
    | {"keypoints", "num_keypoints", "score", "attributes", "source", "author"}
)
_OF_IMAGES = frozenset({"id", "file_name", "width", "height", LEFT_OUT})
_OF_CLASSES = frozenset({"id", "name", "supercategory", "keypoints", "skeleton"})
_LISTS = frozenset({"images", "annotations", "categories"})


def losses_beside(coco: Mapping[str, object], cannot_carry: frozenset[Fact]) -> list[str]:
    """A line for each thing that a data set, its images, classes and objects have and a format lacks."""
    notes = Notes()
    _of_classes(coco, cannot_carry, notes)
    for annotation in _entries(coco, "annotations"):
        about = f"annotation {annotation.get('id')}"
        if "sources" in cannot_carry and annotation.get("source") not in (None, "manual"):
            notes.add("who drew an object (its source) is not written", about)
        if "authors" in cannot_carry and annotation.get("author") is not None:
            notes.add("the author of an object is not written", about)
        if "other fields" in cannot_carry:
            _name_fields(annotation, _OF_OBJECTS, "an object", about, notes)
    if "fields of images and classes" in cannot_carry:
        for image in _entries(coco, "images"):
            _name_fields(image, _OF_IMAGES, "an image", str(image.get("file_name")), notes)
        for category in _entries(coco, "categories"):
            _name_fields(category, _OF_CLASSES, "a class", str(category.get("name")), notes)
    if "info and licences" in cannot_carry:
        _name_fields(coco, _LISTS, "the data set", "", notes)
    return notes.lines()


def _of_classes(coco: Mapping[str, object], cannot_carry: frozenset[Fact], notes: Notes) -> None:
    used = {id_key(entry.get("category_id")) for entry in _entries(coco, "annotations")}
    for category in _entries(coco, "categories"):
        about = str(category.get("name"))
        if "unused classes" in cannot_carry and id_key(category.get("id")) not in used:
            notes.add("a class without objects is not written", about)
        if "skeletons" in cannot_carry and category.get("skeleton"):
            notes.add("the skeleton of a class is not written", about)
        if "supercategories" in cannot_carry and category.get("supercategory"):
            notes.add("the supercategory of a class is not written", about)


def _name_fields(entry: Mapping[str, object], known: frozenset[str], of: str, about: str, notes: Notes) -> None:
    """A note for each field that says something and is none of those known."""
    for key, value in entry.items():
        if key not in known and value not in (None, "", [], {}):
            notes.add(f"the field {key!r} of {of} is not written", about)


def _entries(coco: Mapping[str, Any], key: str) -> Iterator[Mapping[str, object]]:
    return (entry for entry in coco.get(key) or () if isinstance(entry, dict))
