"""COCO files as training data."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools.coco import COCO

from core import CocoDataset, MaskRCNN, ModelConfig
from core.coco.reading import read_coco_json
from tests.core.conftest import DataSet, coco, cup, person
from tests.core.toy_data import TINY_MODEL


def test_one_image_and_its_target(data_set: DataSet) -> None:
    images, file = data_set()
    dataset = CocoDataset(images, file)
    assert len(dataset) == 2
    assert dataset.image_ids == [4, 9]
    assert dataset.file_names == ["first.png", "second.png"]
    image, target = dataset[0]
    assert image.dtype == torch.float32
    pixels = np.asarray(Image.open(images / "first.png"))
    np.testing.assert_array_equal((image * 255).round().numpy().transpose(1, 2, 0), pixels)
    assert target["boxes"].tolist() == [[5, 5, 15, 15], [20, 0, 22, 30]]
    assert target["boxes"].dtype == torch.float32
    assert target["labels"].tolist() == [1, 2]
    assert target["iscrowd"].tolist() == [False, False]
    assert target["area"].tolist() == [100, 60]
    assert target["image_id"] == 4
    assert target["has_mask"].tolist() == [True, True]
    assert target["masks"].dtype == torch.uint8
    assert target["masks"].sum((1, 2)).tolist() == [100, 60]
    assert target["masks"][0, 5:15, 5:15].all()
    assert target["masks"][1, :, 20:22].all()
    assert target["keypoints"].tolist() == [[[0, 0, 0], [0, 0, 0]], [[21, 12.5, 2], [0, 0, 0]]]


def test_labels_follow_the_sorted_category_ids(data_set: DataSet) -> None:
    categories = [{"id": 90, "name": "z"}, {"id": 0, "name": "a"}, {"id": 7, "name": "m"}]
    _, target = CocoDataset(*data_set([cup(category_id=90), cup(id=12, category_id=0)], categories=categories))[0]
    assert target["labels"].tolist() == [3, 1]
    dataset = CocoDataset(*data_set([], categories=categories))
    assert [category["id"] for category in dataset.categories] == [0, 7, 90]
    assert dataset.coco_categories == categories


def test_keypoints_without_a_skeleton_are_points_without_lines(data_set: DataSet) -> None:
    for skeleton in ({}, {"skeleton": None}):
        categories = [{"id": 1, "name": "cup"}, {"id": 2, "name": "person", "keypoints": ["a", "b"]} | skeleton]
        dataset = CocoDataset(*data_set(categories=categories))
        assert dataset.categories[1]["skeleton"] == []
        assert "skeleton" not in dataset.categories[0]
        config = ModelConfig.from_dict(TINY_MODEL | {"num_classes": 2, "num_keypoints": 2})
        assert MaskRCNN(config, dataset.categories).categories == dataset.categories


def test_keypoints_may_be_null(data_set: DataSet) -> None:
    dataset = CocoDataset(*data_set([], categories=[{"id": 1, "name": "cup", "keypoints": None}]))
    assert dataset.categories == [{"id": 1, "name": "cup"}]
    assert dataset.num_keypoints == 0


def test_an_image_without_objects(data_set: DataSet) -> None:
    for box_masks in (False, True):
        _, target = CocoDataset(*data_set(), box_masks=box_masks)[1]
        assert target["boxes"].shape == (0, 4)
        assert target["labels"].shape == (0,)
        assert target["labels"].dtype == torch.int64
        assert target["keypoints"].shape == (0, 2, 3)
        assert target["box_masks" if box_masks else "masks"].shape[0] == 0


def test_image_ids_may_be_zero_and_crowds_boolean(data_set: DataSet) -> None:
    images = [{"id": 0, "file_name": "first.png", "width": 40, "height": 30}]
    dataset = CocoDataset(*data_set([cup(image_id=0, iscrowd=True), person(image_id=0, iscrowd=False)], images=images))
    assert dataset[0][1]["image_id"] == 0
    assert dataset[0][1]["iscrowd"].tolist() == [True, False]


def test_empty_boxes_are_left_out_with_one_warning_that_names_them(data_set: DataSet) -> None:
    empty = [cup(id=number, bbox=[5, 5, 0, 10], segmentation=[]) for number in (21, 22, 23)]
    with pytest.warns(UserWarning, match="annotations 21, 22, 23: bbox .* is empty") as caught:
        dataset = CocoDataset(*data_set([*empty, cup()]))
    assert len(caught) == 1
    assert len(dataset[0][1]["boxes"]) == 1
    assert [annotation["id"] for annotation in dataset.annotations(0)] == [11]


def test_where_box_and_mask_disagree_the_mask_counts(data_set: DataSet) -> None:
    with pytest.warns(UserWarning, match="annotation 11: bbox .* is not that of its segmentation"):
        dataset = CocoDataset(*data_set([cup(bbox=[10, 10, 10, 10])]))
    assert dataset[0][1]["boxes"].tolist() == [[5, 5, 15, 15]]


def test_boxes_end_at_the_image(data_set: DataSet) -> None:
    _, target = CocoDataset(*data_set([cup(bbox=[-1, 20, 42, 12], segmentation=[])]))[0]
    assert target["boxes"].tolist() == [[0, 20, 40, 30]]


def test_an_object_that_is_there_twice_counts_once_and_is_warned_of(data_set: DataSet) -> None:
    with pytest.warns(UserWarning, match="annotation 12: is the same object as another"):
        dataset = CocoDataset(*data_set([cup(), cup(id=12)]))
    assert len(dataset[0][1]["boxes"]) == 1


def test_an_object_with_a_box_alone_says_so(data_set: DataSet) -> None:
    for segmentation in ({"segmentation": []}, {"segmentation": None}):
        _, target = CocoDataset(*data_set([cup(**segmentation)]))[0]
        assert target["has_mask"].tolist() == [False]
        assert target["masks"].sum() == 100


def test_a_missing_bbox_or_area_comes_from_the_segmentation(data_set: DataSet) -> None:
    annotation = cup()
    del annotation["bbox"], annotation["area"]
    _, target = CocoDataset(*data_set([annotation]))[0]
    assert target["boxes"].tolist() == [[5, 5, 15, 15]]
    assert target["area"].tolist() == [100]


def test_sizes_that_the_file_does_not_say_come_from_the_image(data_set: DataSet) -> None:
    images = [{"id": 4, "file_name": "first.png"}]
    assert CocoDataset(*data_set(images=images))[0][1]["masks"].shape == (2, 30, 40)


def test_transforms_get_image_and_target(data_set: DataSet) -> None:
    dataset = CocoDataset(*data_set(), transforms=lambda image, target: (image.flip(-1), target | {"seen": True}))
    image, target = dataset[0]
    assert target["seen"]
    assert torch.equal(image.flip(-1), CocoDataset(*data_set())[0][0])


# -- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("annotation", "message", "kept"),
    [
        (cup(image_id=5), "annotation 11: image_id is 5: there is no such image", []),
        (cup(image_id=[4]), r"annotation 11: image_id is \[4\]", []),
        (cup(category_id=0), "annotation 11: category_id is 0: there is no such category", []),
        (cup(segmentation=[[5, 5, 15, 15]]), "annotation 11: .*3 points", [11]),
        (cup(segmentation={"size": [40, 30], "counts": [1200]}), "annotation 11: .*swapped", [11]),
        (cup(bbox=None, segmentation=[]), "annotation 11: has no bbox", []),
        (cup(bbox=[1, 2, 3]), "annotation 11: bbox", [11]),
        (person(keypoints=[1, 2, 2]), "annotation 12: keypoints are 3 values", [12]),
        (7, "annotation number 0: is no object", []),
    ],
)
def test_a_fault_costs_no_more_than_what_it_is_in_and_is_named(
    data_set: DataSet, annotation: Any, message: str, kept: list[int]
) -> None:
    with pytest.warns(UserWarning, match=message) as caught:
        dataset = CocoDataset(*data_set([annotation]))
    assert [annotation["id"] for annotation in dataset.annotations(0)] == kept
    assert all("annotations.json" in str(warning.message) for warning in caught)


@pytest.mark.parametrize(
    "changes",
    [
        {"images": [{"id": "4", "file_name": "first.png"}]},
        {"images": [{"id": 4.0, "file_name": ".\\first.png", "width": "40", "height": None}]},
        {"categories": [{"id": "1", "name": "cup"}, {"id": 0, "name": "_background_"}]},
        {"categories": [{"id": 0, "name": "kitchen", "supercategory": "none"},
                        {"id": 1, "name": "cup", "supercategory": "kitchen"}]},
        {"annotations": [cup(id="11", image_id="4", category_id=1.0, iscrowd=None, bbox=["5", "5", "10", "10.0"])]},
        {"annotations": [cup(segmentation=[[], *cup()["segmentation"]])]},
        {"annotations": [cup(segmentation=[[[5, 5], [15, 5], [15, 15], [5, 15]]])]},
        {"annotations": [cup(iscrowd=1, segmentation={"size": [30, 40], "counts": [155, *[10, 20] * 9, 10, 765]})]},
    ],
)  # fmt: skip
def test_a_dialect_is_read_without_a_word(data_set: DataSet, changes: dict[str, Any]) -> None:
    changes = {"annotations": [cup()], "categories": [{"id": 1, "name": "cup"}]} | changes
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset = CocoDataset(*data_set(**changes))
    assert [category["name"] for category in dataset.categories] == ["cup"]
    target = dataset[0][1]
    assert target["boxes"].tolist() == [[5, 5, 15, 15]]
    assert target["masks"].sum() == 100
    assert target["iscrowd"].tolist() == [False]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": [{"id": 4}]}, "image 4 has no file_name"),
        ({"images": [{"id": 4, "file_name": "first.png"}, {"id": 4, "file_name": "second.png"}]}, "two images have"),
        ({"images": None}, "no list 'images'"),
        ({"categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}, "two categories have the id 1"),
    ],
)
def test_what_may_mean_two_things_is_refused(data_set: DataSet, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CocoDataset(*data_set(**changes))


def test_a_missing_image_names_image_and_annotation_file(data_set: DataSet) -> None:
    images, file = data_set()
    (images / "second.png").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"second\.png: there is no such image file, but .*annotations\.json lists it"
    ):
        CocoDataset(images, file)


def test_an_image_of_another_size_than_stated_is_refused(data_set: DataSet) -> None:
    images, file = data_set()
    Image.new("RGB", (30, 40)).save(images / "first.png")
    with pytest.raises(ValueError, match=r"first\.png is 30×40 upright, but .* says 40×30"):
        CocoDataset(images, file)[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "broken JSON at line 1, column 1"),
        (b'{"images": [}', "broken JSON at line 1, column 13"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[]", "a JSON list"),
        (b"3", "no list 'images'"),
        (b'{"images": [], "annotations": {}}', "no list 'annotations'"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_files_that_are_not_coco_are_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        CocoDataset(tmp_path, file)
    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_annotation_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json: there is no such annotation file"):
        CocoDataset(tmp_path, tmp_path / "nowhere.json")
    with pytest.raises(ValueError, match="a folder"):
        read_coco_json(tmp_path)


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "windows.json"
    file.write_text(json.dumps(coco()), encoding="utf-8-sig")
    assert len(read_coco_json(file)["images"]) == 2


# -- real data ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "file", "objects", "classes"),
    [
        ("coco_subset", "instances_val", 1048, 80),
        ("coco_subset", "keypoints_val", 141, 1),
        ("coco_one_person", "keypoints", 120, 1),
        ("pennfudan", "instances", 341, 1),
        ("nuclei", "instances_rle", 5354, 1),
        ("nuclei", "instances_polygons", 5354, 1),
        ("carparts", "instances", 1545, 18),
        ("fruits_nuts", "instances", 165, 3),
    ],
)
def test_real_data_sets(shared_data: Path, folder: str, file: str, objects: int, classes: int) -> None:
    annotation_file = shared_data / folder / "annotations" / f"{file}.json"
    dataset = CocoDataset(shared_data / folder / "images", annotation_file)
    assert len(dataset.categories) == classes
    assert sum(len(dataset.annotations(index)) for index in range(len(dataset))) == objects
    reference = COCO(str(annotation_file))
    for index in range(min(len(dataset), 6)):
        image, target = dataset[index]
        annotations = reference.imgToAnns[dataset.image_ids[index]]
        assert image.shape[1:] == target["masks"].shape[1:]
        assert [dataset.categories[label - 1]["id"] for label in target["labels"]] == [
            annotation["category_id"] for annotation in annotations
        ]
        for mask, annotation in zip(target["masks"], annotations, strict=True):
            np.testing.assert_array_equal(mask, reference.annToMask(annotation))
        if "keypoints" in target:
            expected = [annotation["keypoints"] for annotation in annotations]
            assert target["keypoints"].flatten(1).tolist() == expected
