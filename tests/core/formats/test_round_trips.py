"""What is written in a format comes back as it was, but for what the format says it cannot carry."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from core.formats import FORMATS, read, recognise, write
from core.formats.tables import parquet as parquet
from tests.core.formats.data_sets import data_sets, objects_in, other_fields, sizes_of, source_of

LISTS = ("images", "annotations", "categories")
Texts = Counter[str]


def of_objects(say: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], Texts]:
    """What is said of the objects that it is said of, each as a text."""
    return lambda coco: Counter(repr(said) for a in coco["annotations"] if (said := say(a)) not in (None, {}, False))


def beside_in(coco: dict[str, Any]) -> Texts:
    """What images and classes say beside COCO's own."""
    own = ("id", "file_name", "height", "width", "name", "supercategory", "keypoints", "skeleton", "objects_left_out")
    entries = [*coco["images"], *coco["categories"]]
    return Counter(repr(others) for entry in entries if (others := other_fields(entry, own)))


def of_classes(key: str) -> Callable[[dict[str, Any]], Texts]:
    return lambda coco: Counter(f"{entry['name']}: {entry[key]}" for entry in coco["categories"] if entry.get(key))


# What a data set says of each fact, and the words of the line where that is lost.
VIEWS: dict[str, tuple[Callable[[dict[str, Any]], Texts], str]] = {
    "sources": (of_objects(lambda a: source if (source := source_of(a)) != "manual" else None), ""),
    "authors": (of_objects(lambda a: a.get("author")), "author of an object"),
    "other fields": (of_objects(other_fields), "'my field' of an object"),
    "scores": (of_objects(lambda a: a.get("score")), "score"),
    "attributes": (of_objects(lambda a: dict(sorted(a.get("attributes", {}).items()))), "attributes"),
    "crowds": (of_objects(lambda a: bool(a.get("iscrowd"))), "crowd"),
    "skeletons": (of_classes("skeleton"), "skeleton of a class"),
    "supercategories": (of_classes("supercategory"), "supercategory of a class"),
    "fields of images and classes": (beside_in, "is not written"),
    "info and licences": (lambda coco: Counter(map(str, other_fields(coco, LISTS).items())), "of the data set"),
}
OF_OBJECTS = {"sources", "authors", "other fields", "scores", "attributes", "crowds"}

WRITTEN = [name for name in FORMATS if name != "parquet" or parquet.is_available()]


@pytest.mark.parametrize("name", WRITTEN)
@settings(max_examples=40)
@given(coco=data_sets())
def test_objects_come_back_to_the_pixel(name: str, coco: dict[str, Any]) -> None:
    cannot = FORMATS[name].CANNOT_CARRY
    expected = objects_in(coco, cannot)
    with tempfile.TemporaryDirectory() as folder:
        notes = write(coco, name, Path(folder))
        back, _ = read(Path(folder), name, sizes_of(coco) if "image sizes" in cannot else None)
    assert objects_in(back, cannot) == expected
    if sum(expected.values()) < len(coco["annotations"]):
        assert any("left out" in note for note in notes), "an object was lost without a word"
    names = {image["file_name"] for image in coco["images"]}
    kept = {image["file_name"] for image in back["images"]}
    assert kept <= names
    if "images without objects" not in cannot:
        assert kept == names
    if "image sizes" not in cannot:
        assert sizes_of(back).items() <= sizes_of(coco).items()
    classes = [category["name"] for category in coco["categories"]]
    if "unused classes" not in cannot:
        assert [category["name"] for category in back["categories"]] == classes
    for fact, key in (("skeletons", "skeleton"), ("supercategories", "supercategory")):
        if fact not in cannot:
            was = {category["name"]: category.get(key) or None for category in coco["categories"]}
            assert {category["name"]: category.get(key) or None for category in back["categories"]} == was
    if "fields of images and classes" not in cannot:
        assert beside_in(back) == beside_in(coco)
    if "info and licences" not in cannot:
        assert other_fields(back, LISTS) == other_fields(coco, LISTS)
    if "ids" not in cannot:
        for key in ("images", "annotations", "categories"):
            assert [entry["id"] for entry in back[key]] == [entry["id"] for entry in coco[key]]


@pytest.mark.parametrize("name", WRITTEN)
@settings(max_examples=25)
@given(coco=data_sets())
def test_nothing_is_lost_that_the_format_does_not_name_and_say(name: str, coco: dict[str, Any]) -> None:
    cannot = FORMATS[name].CANNOT_CARRY
    with tempfile.TemporaryDirectory() as folder:
        notes = write(coco, name, Path(folder))
        try:
            back, _ = read(Path(folder), name, sizes_of(coco))
        except ValueError:  # nothing of it could be written
            back = {"images": [], "annotations": [], "categories": []}
    left_out = len(back["annotations"]) < len(coco["annotations"])
    for fact, (view, words) in VIEWS.items():
        lost = view(coco) - view(back)
        if lost and not (left_out and fact in OF_OBJECTS and any("left out" in note for note in notes)):
            assert fact in cannot, (fact, lost)
            assert any(words in note for note in notes), (fact, lost, notes)
        if fact in OF_OBJECTS and fact not in cannot:
            assert not view(back) - view(coco), "something came that was not there"


@pytest.mark.parametrize("name", WRITTEN)
@settings(max_examples=15)
@given(coco=data_sets())
def test_what_is_written_is_recognised(name: str, coco: dict[str, Any]) -> None:
    if not any(objects_in(coco, FORMATS[name].CANNOT_CARRY)):
        return  # a YOLO label file without lines is of no kind
    with tempfile.TemporaryDirectory() as folder:
        write(coco, name, Path(folder))
        found = {found for found, _ in recognise(Path(folder))}
    # The list of images beside a results list is a COCO file.
    assert found - ({"coco"} if name == "coco-results" else set()) == {name}
