"""CreateML's boxes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.formats import read, recognise, write
from core.formats.building import LEFT_OUT
from tests.core.formats.tool_files import objects, picture, save


def box(x: float, y: float, width: float, height: float, label: str = "cat") -> dict[str, Any]:
    return {"label": label, "coordinates": {"x": x, "y": y, "width": width, "height": height}}


def test_boxes_are_given_by_their_centres(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "b.jpg")
    images = [
        {"image": "b.jpg", "annotations": []},
        {"image": "a.jpg", "annotations": [box(20, 15, 10.5, 10), box(90, 40, 30, 4, "dog")], "verified": True},
    ]
    save(tmp_path / "_annotations.createml.json", images)
    assert [name for name, _ in recognise(tmp_path)] == ["createml"]
    coco, notes = read(tmp_path)
    assert [(name, label, entry["bbox"]) for name, label, entry in objects(coco)] == [
        ("a.jpg", "cat", [14.75, 10, 10.5, 10]),
        ("a.jpg", "dog", [75, 38, 25, 4]),
    ]
    assert len(coco["images"]) == 2
    assert notes == ["a.jpg box 1: its box reaches out of the image: cut off there"]


def test_the_names_of_apples_manual_and_fractions(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    save(tmp_path / "a.json", [{"imagefilename": "a.jpg", "annotation": [box(0.5, 0.5, 0.2, 0.4)]}])
    (entry,) = read(tmp_path)[0]["annotations"]
    assert entry["bbox"] == [40, 15, 20, 20]


def test_splits_never_mix(tmp_path: Path) -> None:
    for split, side in (("train", 10), ("valid", 20)):
        save(
            tmp_path / split / "_annotations.createml.json", [{"image": "a.jpg", "annotations": [box(20, 20, side, 9)]}]
        )
        picture(tmp_path / split / "a.jpg")
    coco, _ = read(tmp_path)
    assert {name: entry["bbox"][2] for name, _, entry in objects(coco)} == {"train/a.jpg": 10, "valid/a.jpg": 20}


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    broken = {"label": "cat", "coordinates": {"x": 1, "y": "2", "width": 3, "height": 4}}
    images = [{"image": "a.jpg", "annotations": [broken, box(5, 5, 4, 4)]}, {"annotations": []}, {"image": "c.jpg"}]
    save(tmp_path / "a.json", images)
    coco, notes = read(tmp_path)
    assert (len(coco["annotations"]), coco["images"][0][LEFT_OUT]) == (1, 1)
    assert [note.partition(":")[0] for note in notes] == ["a.json", "a.jpg box 0", "c.jpg"]
    save(tmp_path / "a.json", [{"image": "", "annotations": [box(1, 1, 1, 1)]}])
    with pytest.raises(ValueError, match=r"a\.json: no image with its name"):
        read(tmp_path)


def test_what_is_written_is_what_createml_reads(tmp_path: Path) -> None:
    image = {"id": 1, "file_name": "a.jpg", "height": 50, "width": 100}
    thing = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[10, 10, 30, 10, 30, 30]]}
    notes = write(
        {"images": [image], "annotations": [thing], "categories": [{"id": 1, "name": "cat"}]}, "createml", tmp_path
    )
    data = json.loads((tmp_path / "_annotations.createml.json").read_text(encoding="utf-8"))
    assert data == [{"image": "a.jpg", "annotations": [box(20, 20, 20, 20)]}]
    assert notes == ["annotation 1: its mask is not written"]
