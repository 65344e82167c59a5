"""What is written in a format comes back as it was, but for what the format says it cannot carry."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from core.formats import FORMATS, read, recognise, write
from core.formats.tables import parquet as parquet
from tests.core.formats.data_sets import data_sets, objects_in, sizes_of

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
    if "ids" not in cannot:
        for key in ("images", "annotations", "categories"):
            assert [entry["id"] for entry in back[key]] == [entry["id"] for entry in coco[key]]


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
