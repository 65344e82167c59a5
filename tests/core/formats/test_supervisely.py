"""Supervisely's projects."""

from __future__ import annotations

import base64
import json
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.formats import read, recognise, write
from core.formats.building import LEFT_OUT
from core.formats.supervisely.bitmaps import decode_bitmap, encode_bitmap
from core.masks import decode_rle
from tests.core.formats.tool_files import objects, picture, save

# 3 × 3 pixels, of which the middle one and the one to its right are not in it; packed by Supervisely itself.
DOCUMENTED = (
    "eJzrDPBz5+WS4mJgYOD19HAJAtLMIMwIInOeqf8BUmwBPiGuQPr///9Lb86/C2Qx"
    "lgT5BTM4PLuRBuTwebo4hlTMSa44cOHAB6DqY0yORgq8YkAZBk9XP5d1TglNANAFGzA="
)
TEMPLATE = {
    "nodes": {"8e20": {"label": "nose", "loc": [1, 2], "color": "#FF0000"}, "bf89": {"label": "tail", "loc": [3, 4]}},
    "edges": [{"src": "8e20", "dst": "bf89", "color": "#00FF00"}],
}
META = {
    "classes": [
        {"title": "cat", "shape": "any", "color": "#CE933B", "geometry_config": TEMPLATE},
        {"title": "bike", "shape": "polygon", "color": "#D92677", "geometry_config": {}},
    ],
    "tags": [{"name": "wet", "value_type": "oneof_string", "values": ["true", "false"], "color": "#000000"}],
}


def figure(kind: str | None, *points: list[float], title: str = "cat", **more: Any) -> dict[str, Any]:
    shape = {"geometryType": kind} if kind else {}
    return {
        "id": 497521359,
        "classId": 1661571,
        "description": "",
        **shape,
        "labelerLogin": "max",
        "createdAt": "2020-08-07T11:09:51.054Z",
        "tags": [],
        "classTitle": title,
        "points": {"exterior": [list(point) for point in points], "interior": []},
        **more,
    }


def annotation(*figures: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "description": "",
        "tags": [],
        "size": {"height": 50, "width": 100},
        "objects": list(figures),
        **more,
    }


def project(folder: Path, *figures: dict[str, Any], **more: Any) -> None:
    save(folder / "meta.json", META)
    save(folder / "ds1" / "ann" / "a.jpg.json", annotation(*figures, **more))


def test_a_bitmap_as_supervisely_packs_it() -> None:
    mask = decode_rle(decode_bitmap(DOCUMENTED, [2, 1], 5, 6))
    expected = np.zeros((5, 6), dtype=np.uint8)
    expected[1:4, 2:5] = [[1, 1, 1], [1, 0, 0], [1, 1, 1]]
    np.testing.assert_array_equal(mask, expected)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.sampled_from([0.02, 0.5, 1.0]))
def test_a_bitmap_comes_back_to_the_pixel(height: int, width: int, seed: int, density: float) -> None:
    mask = (np.random.default_rng(seed).random((height, width)) < density).astype(np.uint8)
    mask[-1, 0] = 1
    packed = encode_bitmap(mask)
    np.testing.assert_array_equal(decode_rle(decode_bitmap(packed["data"], packed["origin"], height, width)), mask)


def test_a_bitmap_that_is_not_compressed_and_reaches_out_of_its_image() -> None:
    file = BytesIO()
    Image.fromarray(np.full((4, 4), 255, dtype=np.uint8)).save(file, format="PNG")
    data = base64.b64encode(file.getvalue()).decode("ascii")
    assert decode_rle(decode_bitmap(data, [-1, 3], 5, 6)).sum() == 3 * 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "without its data"),
        ("!", "damaged"),
        (base64.b64encode(zlib.compress(b"no PNG")).decode("ascii"), "damaged"),
        (base64.b64encode(zlib.compress(bytes(10_000_000))).decode("ascii"), "larger than its image"),
        (encode_bitmap(np.ones((9, 9), dtype=np.uint8))["data"], "larger than its image"),
    ],
)
def test_a_bitmap_that_cannot_be_is_one_line(data: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        decode_bitmap(data, [0, 0], 5, 6)


def test_figures_of_every_kind(tmp_path: Path) -> None:
    hole = {
        "points": {
            "exterior": [[10, 10], [20, 10], [20, 20], [10, 20]],
            "interior": [[[12, 12], [15, 12], [15, 15], [12, 15]]],
        }
    }
    project(
        tmp_path,
        figure("polygon", [10, 10], [30, 10], [30, 30], title="bike"),
        figure("polygon", **hole),
        figure("rectangle", [30, 40], [10, 20]),
        figure("bitmap", bitmap={"data": DOCUMENTED, "origin": [90, 1]}),
        figure("graph", nodes={"bf89": {"loc": [7, 8], "disabled": True}, "8e20": {"loc": [5.5, 6]}}),
        figure("point", [3, 4], title="bike"),
        figure("line", [1, 2], [3, 4], title="bike"),
    )
    coco, notes = read(tmp_path)
    polygon, holed, box, bitmap, graph, point = (entry for *_, entry in objects(coco))
    assert polygon["segmentation"] == [[10, 10, 30, 10, 30, 30]]
    assert (holed["area"], holed["bbox"]) == (91, [10, 10, 10, 10])
    assert (box["bbox"], box["segmentation"]) == ([10, 20, 20, 20], [])
    assert (bitmap["bbox"], bitmap["area"]) == ([90, 1, 3, 3], 7)
    assert graph["keypoints"] == [5.5, 6, 2, 7, 8, 1]
    assert point["keypoints"] == [3, 4, 2]
    assert [(entry["name"], entry.get("keypoints")) for entry in coco["categories"]] == [
        ("cat", ["nose", "tail"]),
        ("bike", ["bike"]),
    ]
    assert coco["categories"][0]["skeleton"] == [[1, 2]]
    assert coco["images"][0][LEFT_OUT] == 1
    assert notes == ["ds1/ann/a.jpg.json object 6: a line encloses nothing in the image: left out"]


def test_figures_that_are_bound_together_are_one_object_where_they_are_of_one_class(tmp_path: Path) -> None:
    bound = {"instance": "b2f1"}
    project(
        tmp_path,
        figure("polygon", [10, 10], [30, 10], [30, 30], **bound),
        figure("polygon", [50, 10], [70, 10], [70, 30], **bound),
        figure("graph", nodes={"8e20": {"loc": [5, 6]}}, **bound),
        figure("rectangle", [10, 10], [70, 30], title="bike", **bound),
        figure("rectangle", [0, 0], [9, 9]),
    )
    coco, _ = read(tmp_path)
    whole, *others = (entry for *_, entry in objects(coco))
    assert len(whole["segmentation"]) == 2
    assert whole["num_keypoints"] == 1
    assert [entry["bbox"] for entry in others] == [[10, 10, 60, 20], [0, 0, 9, 9]]


def test_tags_are_attributes_the_score_and_those_of_the_image(tmp_path: Path) -> None:
    tags = [
        {"name": "confidence", "value": 0.75},
        {"name": "wet", "value": "false"},
        {"name": "old", "value": None},
        {"name": "count", "value": 3},
    ]
    image_tags = [{"name": "like", "value": None}, {"name": "situated", "value": "outside"}]
    project(tmp_path, figure("rectangle", [0, 0], [9, 9], tags=tags, description="left one"), tags=image_tags)
    coco, _ = read(tmp_path)
    (entry,) = coco["annotations"]
    assert (entry["score"], entry["attributes"]) == (0.75, {"wet": False, "old": True, "count": 3})
    assert (entry["author"], entry["description"]) == ("max", "left one")
    assert coco["images"][0]["tags"] == ["like", "situated: outside"]


def test_pictures_are_those_of_their_data_set(tmp_path: Path) -> None:
    save(tmp_path / "p" / "meta.json", META)
    for data_set, side in (("train", 10), ("val", 20)):
        save(tmp_path / "p" / data_set / "ann" / "a.jpg.json", annotation(figure("rectangle", [0, 0], [side, side])))
        save(tmp_path / "p" / data_set / "ann" / "é 1.png.json", annotation())
    picture(tmp_path / "p" / "val" / "img" / "a.jpg")
    picture(tmp_path / "p" / "train" / "img" / "é 1.png")
    coco, _ = read(tmp_path)
    assert {image["file_name"] for image in coco["images"]} == {
        "p/train/a.jpg",
        "p/val/img/a.jpg",
        "p/train/img/é 1.png",
        "p/val/é 1.png",
    }
    assert {name: entry["bbox"][2] for name, _, entry in objects(coco)} == {"p/train/a.jpg": 10, "p/val/img/a.jpg": 20}


def test_images_that_are_here_already_are_found_by_name(tmp_path: Path) -> None:
    project(tmp_path, figure("rectangle", [0, 0], [9, 9]))
    coco, _ = read(tmp_path, None, {"a.jpg": (50, 100), "b.jpg": (50, 100)})
    assert [image["file_name"] for image in coco["images"]] == ["a.jpg"]


def test_data_sets_in_data_sets(tmp_path: Path) -> None:
    save(tmp_path / "meta.json", META)
    save(tmp_path / "a" / "datasets" / "b" / "ann" / "c.jpg.json", annotation(figure("rectangle", [0, 0], [9, 9])))
    assert read(tmp_path)[0]["images"][0]["file_name"] == "a/b/c.jpg"
    picture(tmp_path / "a" / "datasets" / "b" / "img" / "c.jpg")
    assert read(tmp_path)[0]["images"][0]["file_name"] == "a/datasets/b/img/c.jpg"


def test_old_files_say_neither_kind_nor_ending(tmp_path: Path) -> None:
    """As of 2018: tags are names, a figure's kind is its class's, the file is called as the picture without ending."""
    save(tmp_path / "meta.json", META)
    old = [
        figure(None, [10, 10], [30, 10], [30, 30], title="bike", bitmap=None, tags=["wet"]),
        figure(None, [10, 10], [30, 20], bitmap=None),
        figure(None, bitmap={"data": DOCUMENTED, "origin": [1, 1], "np": []}),
    ]
    save(tmp_path / "ann" / "a.json", annotation(*old, tags=["train"]))
    picture(tmp_path / "img" / "a.jpg")
    coco, _ = read(tmp_path)
    assert [image["file_name"] for image in coco["images"]] == ["img/a.jpg"]
    assert coco["images"][0]["tags"] == ["train"]
    polygon, box, bitmap = coco["annotations"]
    assert (polygon["area"] > 150, polygon["attributes"]) == (True, {"wet": True})
    assert (box["bbox"], bitmap["area"]) == ([10, 10, 20, 10], 7)


def test_what_the_server_answers_with_and_files_without_a_project(tmp_path: Path) -> None:
    answer = {"imageId": 7, "imageName": "a.jpg", "annotation": annotation(figure("rectangle", [0, 0], [9, 9]))}
    save(tmp_path / "a.jpg.json", answer)
    save(tmp_path / "b.jpg.json", annotation())
    picture(tmp_path / "b.jpg")
    assert [name for name, _ in recognise(tmp_path)] == ["supervisely"]
    coco, notes = read(tmp_path)
    assert [image["file_name"] for image in coco["images"]] == ["a.jpg", "b.jpg"]
    assert (len(coco["annotations"]), notes) == (1, [])


def test_what_is_written_is_a_project(tmp_path: Path) -> None:
    images = [{"id": n, "file_name": name, "height": 9, "width": 9} for n, name in enumerate(["a.jpg", "x/y/b.png"])]
    entry = {
        "id": 1,
        "image_id": 0,
        "category_id": 1,
        "segmentation": [],
        "bbox": [1, 2, 3, 4],
        "attributes": {"wet": True},
    }
    classes = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    write({"images": images, "annotations": [entry], "categories": classes}, "supervisely", tmp_path)
    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")}
    assert files == {"meta.json", "ds0/ann/a.jpg.json", "x/datasets/y/ann/b.png.json"}
    meta = json.loads((tmp_path / "meta.json").read_text(encoding="utf-8"))
    assert [(entry["title"], entry["shape"]) for entry in meta["classes"]] == [("cat", "rectangle"), ("dog", "any")]
    assert meta["tags"][0]["value_type"] == "oneof_string"
    (written,) = json.loads((tmp_path / "ds0/ann/a.jpg.json").read_text(encoding="utf-8"))["objects"]
    assert written["points"] == {"exterior": [[1, 2], [4, 6]], "interior": []}
    assert written["tags"] == [{"name": "wet", "value": "true"}]


def test_attributes_that_are_read_as_something_else_are_said(tmp_path: Path) -> None:
    things = [
        {"id": number, "image_id": 1, "category_id": 1, "segmentation": [], "bbox": [1, 2, 3, 4], **more}
        for number, more in enumerate(
            [{"attributes": {"conf": 0.5}}, {"attributes": {"conf": 0.5}, "score": 1}, {"attributes": {"seen": None}}]
        )
    ]
    images = [{"id": 1, "file_name": "a.jpg", "height": 9, "width": 9}]
    data = {"images": images, "annotations": things, "categories": [{"id": 1, "name": "cat"}]}
    assert write(data, "supervisely", tmp_path) == [
        "annotation 0: an attribute 'conf' is a tag of that name, which is read as a model's score",
        "annotation 2: an attribute without a value is a tag without one, which is read as true",
    ]
    first, second, third = read(tmp_path)[0]["annotations"]
    assert (first["score"], second["score"], second["attributes"]) == (0.5, 1, {"conf": 0.5})
    assert third["attributes"] == {"seen": True}
