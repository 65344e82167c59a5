"""labelme's files, and X-AnyLabeling's."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.formats import read, write
from tests.core.formats.tool_files import objects, picture, save


def labelme(*shapes: dict[str, Any], path: str = "a.jpg", **more: Any) -> dict[str, Any]:
    size = {"imageHeight": 50, "imageWidth": 100}
    return {
        "version": "5.4.1",
        "flags": {},
        "shapes": list(shapes),
        "imagePath": path,
        "imageData": None,
        **size,
        **more,
    }


def shape(
    label: str, points: list[list[float]], kind: str = "polygon", group: int | None = None, **more: Any
) -> dict[str, Any]:
    return {"label": label, "points": points, "shape_type": kind, "group_id": group, "flags": {}, **more}


TRIANGLE = [[10, 10], [30, 10], [30, 30]]


def test_labelme_shapes_of_every_kind(tmp_path: Path) -> None:
    png = BytesIO()
    Image.fromarray(np.array([[1, 0], [1, 1]], dtype=bool)).save(png, "PNG")
    mask = base64.b64encode(png.getvalue()).decode()
    save(
        tmp_path / "a.json",
        labelme(
            shape("cat", TRIANGLE),
            shape("dog", [[30, 40], [10, 20]], "rectangle"),
            shape("sun", [[50, 25], [60, 25]], "circle"),
            shape("way", [[0, 0], [50, 25]], "line"),
            shape("cat", [[4, 5], [5, 6]], "mask", mask=mask),
            shape("__ignore__", TRIANGLE),
            shape("_background_", TRIANGLE),
            shape("cat", [[10, 10]]),
        ),
    )
    coco, notes = read(tmp_path)
    (_, _, cat), (_, _, dog), (_, _, sun), (_, _, masked) = objects(coco)
    assert cat["segmentation"] == [[10, 10, 30, 10, 30, 30]]
    assert (dog["segmentation"], dog["bbox"]) == ([], [10, 20, 20, 20])
    assert sun["area"] == pytest.approx(np.pi * 100, rel=0.02)
    assert (masked["bbox"], masked["area"]) == ([4, 5, 2, 2], 3)
    assert [category["name"] for category in coco["categories"]] == ["cat", "dog", "sun"]
    assert len(notes) == 4


def test_labelme_groups_join_parts_and_points_to_one_object(tmp_path: Path) -> None:
    second = [[60, 10], [80, 10], [80, 30]]
    save(
        tmp_path / "a.json",
        labelme(
            shape("cat", TRIANGLE, group=1),
            shape("cat", second, group=1),
            shape("dog", [[10, 20], [30, 40]], "rectangle", group=2),
            shape("nose", [[12, 22]], "point", group=2),
            shape("tail", [[28, 38]], "point", group=2, difficult=True),
            shape("spot", [[1, 2]], "point"),
        ),
    )
    coco, notes = read(tmp_path)
    (_, _, cat), (_, _, dog), (_, spot, lone) = objects(coco)
    assert len(cat["segmentation"]) == 2
    assert dog["keypoints"] == [12, 22, 2, 28, 38, 1]
    assert (spot, lone["keypoints"]) == ("spot", [1, 2, 2])
    assert len(notes) == 1


def test_labelme_names_from_windows_and_other_folders_find_their_own_picture(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    picture(tmp_path / "train" / "a.jpg")
    save(tmp_path / "labels" / "a.json", labelme(shape("cat", TRIANGLE), path="..\\images\\a.jpg"))
    save(tmp_path / "train" / "a.json", labelme(shape("dog", TRIANGLE)))
    coco, _ = read(tmp_path)
    assert {(name, label) for name, label, _ in objects(coco)} == {("images/a.jpg", "cat"), ("train/a.jpg", "dog")}


def test_a_broken_labelme_file_costs_no_other(tmp_path: Path) -> None:
    save(tmp_path / "a.json", labelme(shape("cat", TRIANGLE)))
    save(tmp_path / "b.json", '{"version": "5", "shapes": [')
    save(tmp_path / "c.json", json.dumps(labelme(shape("dog", TRIANGLE), path="c.jpg")).encode("utf-16"))
    save(tmp_path / "d.json", "\xff{nothing".encode("latin-1"))
    coco, notes = read(tmp_path)
    assert {name for name, _, _ in objects(coco)} == {"a.jpg", "c.jpg"}
    assert any(note.startswith("b.json: broken JSON at line 1") for note in notes)


def test_old_files_say_their_size_by_the_picture_inside(tmp_path: Path) -> None:
    inside = BytesIO()
    Image.new("RGB", (100, 50)).save(inside, "JPEG")
    data = labelme({"label": "cat", "points": TRIANGLE}, imageData=base64.b64encode(inside.getvalue()).decode())
    del data["imageHeight"], data["imageWidth"]
    save(tmp_path / "a.json", data)
    coco, _ = read(tmp_path)
    assert (coco["images"][0]["height"], coco["images"][0]["width"]) == (50, 100)


def test_pictures_that_differ_in_their_ending_alone_have_files_of_their_own(tmp_path: Path) -> None:
    """A picture without an ending took the place of the one before it."""
    names = ["a.jpg", "a.png", "a"]
    images = [{"id": n, "file_name": name, "height": 9, "width": 9} for n, name in enumerate(names)]
    write({"images": images, "annotations": [], "categories": []}, "labelme", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a 2.json", "a.json", "a.png.json"]
    assert sorted(image["file_name"] for image in read(tmp_path)[0]["images"]) == sorted(names)
