"""Datumaro's JSON, as Intel Geti, CVAT and Datumaro itself write it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.formats import read, recognise, write
from core.formats.building import LEFT_OUT
from core.formats.datumaro.labels import read_labels
from core.masks import crop_to_rle
from tests.core.formats.tool_files import objects, picture, save

LABELS = [
    {"name": "cat", "parent": "animal", "attributes": ["wet"]},
    {"name": "dog", "parent": "", "attributes": []},
    {"name": "nose", "parent": "cat", "attributes": []},
    {"name": "tail", "parent": "cat", "attributes": []},
]
CATEGORIES = {
    "label": {"labels": LABELS, "attributes": ["occluded"]},
    "points": {"items": [{"label_id": 0, "labels": ["nose", "tail"], "joints": [[1, 2]]}]},
}


def annotation(kind: str, label_id: int | None = 1, **more: Any) -> dict[str, Any]:
    return {"id": 0, "type": kind, "attributes": {}, "group": 0, "label_id": label_id, "z_order": 0, **more}


def item(*annotations: dict[str, Any], path: str = "a.jpg", size: Any = (50, 100)) -> dict[str, Any]:
    image = {"path": path} | ({"size": list(size)} if size else {})
    return {"id": path.rpartition(".")[0], "annotations": list(annotations), "attr": {"frame": 0}, "image": image}


def subset(*items: dict[str, Any]) -> dict[str, Any]:
    return {"dm_format_version": "1.0", "media_type": 2, "infos": {}, "categories": CATEGORIES, "items": list(items)}


def test_annotations_of_every_kind(tmp_path: Path) -> None:
    save(
        tmp_path / "annotations" / "default.json",
        subset(
            item(
                annotation("polygon", points=[10, 10, 30, 10, 30, 30]),
                annotation("bbox", bbox=[10, 20, 20, 25]),
                annotation("mask", rle=crop_to_rle(np.eye(5, dtype=np.uint8), 7, 8, 50, 100)),
                annotation("ellipse", points=[40, 15, 60, 25]),
                annotation("points", 0, points=[3, 4, 0, 0], visibility=[1, 0]),
                annotation("bbox", bbox=[45, 10, 10, 20], attributes={"rotation": 90.0, "occluded": False}),
                annotation("rotated_bbox", points=[50, 20, 10, 20, 90]),
                annotation("polyline", points=[1, 2, 3, 4]),
                annotation("label"),
                annotation("caption", caption="a dog"),
            )
        ),
    )
    coco, notes = read(tmp_path)
    polygon, box, mask, ellipse, points, *turned = (entry for *_, entry in objects(coco))
    assert polygon["segmentation"] == [[10, 10, 30, 10, 30, 30]]
    assert (box["bbox"], box["segmentation"]) == ([10, 20, 20, 25], [])
    assert (mask["bbox"], mask["area"]) == ([7, 8, 5, 5], 5)
    assert ellipse["bbox"] == pytest.approx([40, 15, 20, 10])
    assert points["keypoints"] == [3, 4, 1, 0, 0, 0]
    assert [entry["bbox"] for entry in turned] == [pytest.approx([40, 15, 20, 10])] * 2
    assert turned[0]["attributes"] == {"occluded": False}
    assert (coco["images"][0][LEFT_OUT], coco["images"][0]["tags"]) == (1, ["dog"])
    assert notes == [
        "default a.jpg annotation 7: a polyline encloses nothing in the image: left out",
        "dog: a label of a whole image is kept as the image's, not as an object",
        "default a.jpg annotation 9: a caption is no object: left out",
    ]


def test_points_of_skeletons_are_no_classes_and_parents_are_supercategories(tmp_path: Path) -> None:
    save(tmp_path / "annotations" / "default.json", subset(item()))
    coco, _ = read(tmp_path)
    cat, dog = coco["categories"]
    assert (cat["name"], cat["supercategory"], cat["keypoints"], cat["skeleton"]) == (
        "cat",
        "animal",
        ["nose", "tail"],
        [[1, 2]],
    )
    assert dog == {"id": 2, "name": "dog"}


def test_lines_that_are_counted_from_0() -> None:
    points = {"items": [{"label_id": 0, "labels": ["a", "b"], "joints": [[0, 1]]}, {"label_id": 9, "labels": []}]}
    (label,) = read_labels({"label": {"labels": [{"name": "x"}]}, "points": points})
    assert label.skeleton == [[1, 2]]


def test_a_skeleton_of_cvat_and_one_with_its_visibility_in_the_points(tmp_path: Path) -> None:
    nose = {"type": "points", "label_id": 2, "points": [5, 6], "visibility": [2], "attributes": {}}
    tail = {"type": "points", "label_id": 3, "points": [7, 8], "visibility": [1], "attributes": {}}
    save(
        tmp_path / "annotations" / "default.json",
        subset(
            item(
                annotation("skeleton", 0, elements=[tail, nose], attributes={"occluded": False}),
                annotation("skeleton", 0, points=[5, 6, 2, 0, 0, 0], points_attributes=[{}, {}]),
            )
        ),
    )
    coco, _ = read(tmp_path)
    assert [entry["keypoints"] for *_, entry in objects(coco)] == [[5, 6, 2, 7, 8, 1], [5, 6, 2, 0, 0, 0]]


def test_annotations_of_one_group_and_label_are_one_object(tmp_path: Path) -> None:
    save(
        tmp_path / "annotations" / "default.json",
        subset(
            item(
                annotation("polygon", 0, points=[10, 10, 30, 10, 30, 30], group=4),
                annotation("polygon", 0, points=[50, 10, 70, 10, 70, 30], group=4),
                annotation("points", 0, points=[5, 6, 7, 8], visibility=[2, 2], group=4),
                annotation("polygon", 1, points=[10, 10, 30, 10, 30, 30], group=4),
                annotation("bbox", 1, bbox=[1, 2, 3, 4], group=5),
                annotation("bbox", 1, bbox=[5, 6, 7, 8], group=5),
            )
        ),
    )
    coco, _ = read(tmp_path)
    cat, *dogs = (entry for *_, entry in objects(coco))
    assert (len(cat["segmentation"]), cat["num_keypoints"]) == (2, 2)
    assert [entry["bbox"] for entry in dogs] == [[10, 10, 20, 20], [1, 2, 3, 4], [5, 6, 7, 8]]


def test_crowds_scores_and_what_else_is_said(tmp_path: Path) -> None:
    crowd = {"is_crowd": True}
    said = {"is_crowd": False, "score": 0.5, "wet": "no"}
    save(
        tmp_path / "annotations" / "default.json",
        subset(
            item(
                annotation("polygon", points=[10, 10, 30, 10, 30, 30], attributes=crowd),
                annotation("bbox", bbox=[1, 2, 3, 4], attributes=said, z_order=3, object_id=7),
                annotation("bbox", None, bbox=[1, 2, 3, 4]),
            )
        ),
    )
    coco, notes = read(tmp_path)
    first, second, third = objects(coco)
    assert (first[2]["iscrowd"], second[2]["iscrowd"], second[2]["score"]) == (1, 0, 0.5)
    assert second[2]["attributes"] == {"wet": "no", "z_order": 3, "object_id": 7}
    assert third[1] == "object"
    assert notes == ["default a.jpg annotation 2: no class: it comes as 'object'"]


def test_subsets_never_mix(tmp_path: Path) -> None:
    for name, side in (("train", 10), ("val", 20)):
        save(
            tmp_path / "set" / "annotations" / f"{name}.json",
            subset(item(annotation("bbox", bbox=[0, 0, side, side])), item(path="sub/é 1.png", size=None)),
        )
    picture(tmp_path / "set" / "images" / "val" / "a.jpg")
    picture(tmp_path / "set" / "images" / "train" / "sub" / "é 1.png", 30, 40)
    assert [(name, path.name) for name, path in recognise(tmp_path)] == [("datumaro", "set")]
    coco, notes = read(tmp_path)
    assert {name: entry["bbox"][2] for name, _, entry in objects(coco)} == {
        "set/images/val/a.jpg": 20,
        "train/a.jpg": 10,
    }
    sizes = {image["file_name"]: image["height"] for image in coco["images"]}
    assert sizes["set/images/train/sub/é 1.png"] == 30
    assert [note.partition(":")[0] for note in notes] == ["val/sub/é 1.png"]


def test_a_file_by_itself_and_old_folders(tmp_path: Path) -> None:
    save(tmp_path / "one" / "my export.json", subset(item(annotation("bbox", bbox=[0, 0, 9, 9]))))
    assert read(tmp_path / "one" / "my export.json")[0]["images"][0]["file_name"] == "a.jpg"
    save(tmp_path / "old" / "annotations" / "train.json", subset(item()))
    picture(tmp_path / "old" / "images" / "a.jpg")
    assert read(tmp_path / "old")[0]["images"][0]["file_name"] == "images/a.jpg"


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    cloud = {"id": "c", "annotations": [], "point_cloud": {"path": "c.pcd"}}
    save(tmp_path / "annotations" / "default.json", subset(item(), cloud))
    coco, notes = read(tmp_path)
    assert len(coco["images"]) == 1
    assert notes == ["annotations/default.json c: is a video or a point cloud: left out"]


def test_what_is_written_is_what_datumaro_reads(tmp_path: Path) -> None:
    images = [
        {"id": n, "file_name": name, "height": 9, "width": 8} for n, name in enumerate(["a.jpg", "a.png", "b.c.png"])
    ]
    body = {
        "id": 1,
        "image_id": 0,
        "category_id": 1,
        "segmentation": [],
        "bbox": [1, 2, 3, 4],
        "keypoints": [1, 2, 2, 0, 0, 0],
    }
    body["attributes"] = {"z_order": 2, "wet": True}
    cat = {"id": 1, "name": "cat", "supercategory": "animal", "keypoints": ["nose", "tail"], "skeleton": [[1, 2]]}
    write({"images": images, "annotations": [body], "categories": [cat]}, "datumaro", tmp_path)
    data = json.loads((tmp_path / "annotations" / "default.json").read_text(encoding="utf-8"))
    assert data["categories"]["label"]["labels"] == [{"name": "cat", "parent": "animal", "attributes": ["wet"]}]
    assert data["categories"]["points"]["items"] == [{"label_id": 0, "labels": ["nose", "tail"], "joints": [[1, 2]]}]
    assert [(entry["id"], entry["image"]) for entry in data["items"]] == [
        ("a.jpg", {"path": "a.jpg", "size": [9, 8]}),
        ("a.png", {"path": "a.png", "size": [9, 8]}),
        ("b.c", {"path": "b.c.png", "size": [9, 8]}),
    ]
    box, points = data["items"][0]["annotations"]
    assert (box["bbox"], box["group"], box["z_order"], box["attributes"]) == ([1, 2, 3, 4], 1, 2, {"wet": True})
    assert (points["points"], points["visibility"], points["group"]) == ([1, 2, 0, 0], [2, 0], 1)
