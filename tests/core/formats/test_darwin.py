"""V7's Darwin JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.formats import read, recognise, write
from core.formats.building import LEFT_OUT
from core.formats.darwin.raster_layers import masks_of_layer
from core.masks import decode_rle
from tests.core.formats.tool_files import objects, picture, save


def xy(*flat: float) -> list[dict[str, float]]:
    return [{"x": x, "y": y} for x, y in zip(flat[::2], flat[1::2], strict=True)]


def annotation(kind: str, value: Any, name: str = "cat", **more: Any) -> dict[str, Any]:
    return {"id": f"{kind}-{name}", "name": name, kind: value, "properties": [], "slot_names": ["0"], **more}


def file(*annotations: dict[str, Any], name: str = "a.jpg", path: str = "/", **slot: Any) -> dict[str, Any]:
    slots = [
        {"type": "image", "slot_name": "0", "width": 100, "height": 50, "source_files": [{"file_name": name}], **slot}
    ]
    return {"version": "2.0", "item": {"name": name, "path": path, "slots": slots}, "annotations": list(annotations)}


SQUARE, HOLE = xy(10, 10, 20, 10, 20, 20, 10, 20), xy(12, 12, 15, 12, 15, 15, 12, 15)
BOX = {"x": 10, "y": 20, "w": 20, "h": 25}


def test_annotations_of_every_kind(tmp_path: Path) -> None:
    layer = {
        "dense_rle": [0, 205, 1, 3, 0, 97, 2, 1, 0, 4694],
        "mask_annotation_ids_mapping": {"mask-cat": 1, "mask-dog": 2},
        "total_pixels": 5000,
    }
    ellipse = {"angle": 0.0, "center": {"x": 50, "y": 20}, "radius": {"x": 10, "y": 5}}
    nodes = [{"name": "nose", "x": 3, "y": 4, "occluded": False}, {"name": "tail", "x": 5, "y": 6, "occluded": True}]
    save(
        tmp_path / "a.json",
        file(
            annotation("polygon", {"paths": [xy(10, 10, 30, 10, 30, 30)]}, bounding_box=BOX),
            annotation("polygon", {"paths": [SQUARE, HOLE]}),
            annotation("polygon", {"paths": [SQUARE, xy(40, 10, 50, 10, 50, 20)]}),
            annotation("bounding_box", BOX),
            annotation("mask", {}),
            annotation("mask", {}, "dog"),
            annotation("raster_layer", layer, "__raster_layer__"),
            annotation("ellipse", ellipse),
            annotation("keypoint", {"x": 7, "y": 8}, "eye"),
            annotation("skeleton", {"nodes": nodes}),
            annotation("line", {"path": SQUARE}),
            annotation("tag", {}, "night"),
        ),
    )
    coco, notes = read(tmp_path)
    polygon, holed, parts, box, cat, dog, circle, eye, skeleton = (entry for *_, entry in objects(coco))
    assert polygon["segmentation"] == [[10, 10, 30, 10, 30, 30]]
    assert (holed["area"], len(parts["segmentation"])) == (91, 2)
    assert (box["bbox"], box["segmentation"]) == ([10, 20, 20, 25], [])
    assert (cat["bbox"], dog["bbox"]) == ([5, 2, 3, 1], [5, 3, 1, 1])
    assert circle["bbox"] == pytest.approx([40, 15, 20, 10])
    assert (eye["keypoints"], skeleton["keypoints"]) == ([7, 8, 2], [3, 4, 2, 5, 6, 1])
    assert [entry["name"] for entry in coco["categories"]] == ["cat", "dog", "eye"]
    assert (coco["images"][0][LEFT_OUT], coco["images"][0]["tags"]) == (1, ["night"])
    assert notes == [
        "a.json annotation 10: a line encloses nothing in the image: left out",
        "night: a tag of a whole image is kept as the image's, not as an object",
    ]


@pytest.mark.parametrize(
    "polygon",
    [
        {"polygon": {"path": SQUARE, "additional_paths": [HOLE]}},
        {"complex_polygon": {"path": [SQUARE, HOLE]}},
        {"polygon": {"paths": [SQUARE, HOLE]}},
    ],
)
def test_paths_as_older_versions_write_them(polygon: dict[str, Any], tmp_path: Path) -> None:
    save(tmp_path / "a.json", file({"name": "cat", **polygon}))
    (entry,) = read(tmp_path)[0]["annotations"]
    assert entry["area"] == 91


def test_a_path_of_a_point_or_two_does_not_cost_the_object(tmp_path: Path) -> None:
    save(tmp_path / "a.json", file(annotation("polygon", {"paths": [xy(3, 3), SQUARE, HOLE, xy(4, 4, 5, 5)]})))
    coco, notes = read(tmp_path)
    assert [entry["area"] for entry in coco["annotations"]] == [91]
    assert notes == []
    save(tmp_path / "a.json", file(annotation("polygon", {"paths": [xy(3, 3), xy(4, 4, 5, 5)]})))
    assert "at least 3 points" in read(tmp_path)[1][0]


def test_a_file_of_version_1(tmp_path: Path) -> None:
    image = {"width": 100, "height": 50, "filename": "1.jpg", "original_filename": "a.jpg", "path": "/night"}
    save(tmp_path / "a.json", {"dataset": "x", "image": image, "annotations": [annotation("bounding_box", BOX)]})
    coco, _ = read(tmp_path)
    assert [(name, entry["bbox"]) for name, _, entry in objects(coco)] == [("night/a.jpg", [10, 20, 20, 25])]


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"dense_rle": [0, 3]}, "without dense_rle and"),
        ({"dense_rle": [0, 3, 1], "mask_annotation_ids_mapping": {}}, "in turns"),
        ({"dense_rle": [0, 5], "mask_annotation_ids_mapping": {}}, "of 5 pixels, not the 6 of the image"),
        ({"dense_rle": [0, 10**12], "mask_annotation_ids_mapping": {}}, "in turns"),
    ],
)
def test_a_raster_layer_that_cannot_be_is_one_line(layer: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        masks_of_layer(layer, 2, 3)


def test_a_raster_layer_goes_row_by_row() -> None:
    masks = masks_of_layer({"dense_rle": [0, 1, 4, 3, 0, 2], "mask_annotation_ids_mapping": {"x": 4}}, 2, 3)
    assert decode_rle(masks["x"]).tolist() == [[0, 1, 1], [1, 0, 0]]


def test_a_mask_without_its_layer_is_said(tmp_path: Path) -> None:
    save(tmp_path / "a.json", file(annotation("mask", {})))
    coco, notes = read(tmp_path)
    assert coco["images"][0][LEFT_OUT] == 1
    assert notes == ["a.json annotation 0: a mask that no raster layer has: left out"]


def test_what_else_is_said_of_an_annotation(tmp_path: Path) -> None:
    properties = [
        {"name": "colour", "value": "red", "frame_index": 0},
        {"name": "seen", "value": "left", "frame_index": 0},
        {"name": "seen", "value": "right", "frame_index": 0},
    ]
    more = {
        "attributes": ["wet"],
        "properties": properties,
        "text": {"text": "number 7"},
        "instance_id": {"value": 3},
        "inference": {"confidence": 0.75, "model": {"id": "1", "name": "v5", "type": "x"}},
        "annotators": [{"email": "a@b.c", "full_name": "Ann"}],
    }
    save(tmp_path / "a.json", file(annotation("bounding_box", BOX, **more)))
    (entry,) = read(tmp_path)[0]["annotations"]
    assert entry["attributes"] == {
        "wet": True,
        "colour": "red",
        "seen": ["left", "right"],
        "text": "number 7",
        "instance_id": 3,
    }
    assert (entry["score"], entry["model"], entry["author"]) == (0.75, "v5", "Ann")


def test_annotations_of_one_class_and_instance_are_one_object(tmp_path: Path) -> None:
    one, other = {"instance_id": {"value": 1}}, {"instance_id": {"value": 2}}
    nodes = {"nodes": [{"name": "nose", "x": 3, "y": 4}]}
    save(
        tmp_path / "a.json",
        file(
            annotation("polygon", {"paths": [SQUARE]}, **one),
            annotation("skeleton", nodes, **one),
            annotation("skeleton", nodes, **other),
            annotation("bounding_box", BOX, "dog", **one),
        ),
    )
    coco, _ = read(tmp_path)
    cat, second, dog = coco["annotations"]
    assert (cat["bbox"], cat["num_keypoints"], "attributes" in cat) == ([10, 10, 10, 10], 1, False)
    assert (second["attributes"], dog["bbox"]) == ({"instance_id": 2}, [10, 20, 20, 25])


def test_pictures_lie_in_images_beside_annotations(tmp_path: Path) -> None:
    for split, side in (("train", 10), ("valid", 20)):
        box = annotation("bounding_box", {**BOX, "w": side})
        save(tmp_path / split / "annotations" / "a.json", file(box))
        save(tmp_path / split / "annotations" / "é 1.json", file(name="é 1", path="/sub"))
    picture(tmp_path / "train" / "images" / "a.jpg")
    picture(tmp_path / "train" / "images" / "sub" / "é 1.png")
    coco, notes = read(tmp_path)
    assert [name for name, _ in recognise(tmp_path)] == ["darwin"]
    assert {image["file_name"] for image in coco["images"]} == {
        "train/images/a.jpg",
        "train/images/sub/é 1.png",
        "valid/a.jpg",
        "valid/sub/é 1",
    }
    assert {name: entry["bbox"][2] for name, _, entry in objects(coco)} == {"train/images/a.jpg": 10, "valid/a.jpg": 20}
    assert notes == []


def test_videos_and_other_slots_are_said(tmp_path: Path) -> None:
    save(tmp_path / "v.json", file(name="v.mp4", type="video"))
    save(tmp_path / "a.json", file(annotation("bounding_box", BOX, slot_names=["1"])))
    coco, notes = read(tmp_path)
    assert [image["file_name"] for image in coco["images"]] == ["a.jpg"]
    assert notes == ["v.json: is a video: left out", "a.json annotation 0: of another slot than the first: left out"]


def test_what_is_written_is_what_v7_reads(tmp_path: Path) -> None:
    images = [{"id": 1, "file_name": "x/a.jpg", "height": 50, "width": 100}]
    overlapping = [[10, 10, 20, 10, 20, 20, 10, 20], [15, 15, 25, 15, 25, 25, 15, 25]]
    thing = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": overlapping, "iscrowd": 0}
    thing["attributes"] = {"wet": True, "count": 3, "colour": "red"}
    write({"images": images, "annotations": [thing], "categories": [{"id": 1, "name": "cat"}]}, "darwin", tmp_path)
    data = json.loads((tmp_path / "x" / "a.json").read_text(encoding="utf-8"))
    assert (data["version"], data["item"]["name"], data["item"]["path"]) == ("2.0", "a.jpg", "/x")
    (entry,) = data["annotations"]
    assert len(entry["polygon"]["paths"]) == 1  # what both parts share would be a hole
    assert entry["bounding_box"] == {"x": 10, "y": 10, "w": 15, "h": 15}
    assert entry["attributes"] == ["wet"]
    assert [(value["name"], value["value"]) for value in entry["properties"]] == [("count", "3"), ("colour", "red")]
