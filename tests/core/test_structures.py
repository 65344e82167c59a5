"""`Instances`: what leaves a model, and what COCO JSON makes of it."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from core.masks import decode_rle, polygons_to_mask, rle_area
from core.structures import Category, Instances

CATEGORIES: list[Category] = [
    {"id": 3, "name": "cup"},
    {"id": 90, "name": "person", "keypoints": ["head", "foot"], "skeleton": [[1, 2]]},
]


def two_objects() -> Instances:
    """A cup with a full mask and a person with a ring-shaped one, over a 40×60 image."""
    masks = torch.ones((2, 28, 28))
    masks[1, 9:19, 9:19] = 0
    return Instances(
        image_size=(40, 60),
        boxes=torch.tensor([[2.0, 3.0, 12.0, 9.0], [20.5, 5.25, 50.5, 35.25]]),
        labels=torch.tensor([1, 2]),
        scores=torch.tensor([0.5, 0.875]),
        masks=masks,
        keypoints=torch.tensor([[[0, 0, 0], [0, 0, 0]], [[30.5, 6.0, 2], [31.0, 34.0, 1]]], dtype=torch.float32),
        categories=CATEGORIES,
    )


def test_coco_annotations_carry_box_area_score_and_category_id() -> None:
    first, second = two_objects().to_coco(image_id=7, first_annotation_id=100)
    assert (first["id"], first["image_id"], first["category_id"], first["iscrowd"]) == (100, 7, 3, 0)
    assert first["bbox"] == [2, 3, 10, 6]
    assert first["area"] == 60
    assert first["score"] == 0.5
    assert second["id"] == 101
    assert second["bbox"] == [20.5, 5.25, 30, 30]
    assert second["area"] == rle_area(second["segmentation"])


def test_masks_at_the_images_resolution_count_in_the_place_of_the_others() -> None:
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
    instances = replace(two_objects(), crops=[(np.ones((2, 5), np.uint8), 1, 4), (cross, 30, 20)])
    assert [one["area"] for one in instances.to_coco()] == [10, 5]
    assert decode_rle(instances.to_coco()[1]["segmentation"])[20:23, 30:33].tolist() == cross.tolist()
    for chosen in (instances[1], instances[-1:], instances[[1]], instances[torch.tensor([False, True])]):
        assert chosen.bitmaps().nonzero().tolist() == [[0, 20, 31], [0, 21, 30], [0, 21, 31], [0, 21, 32], [0, 22, 31]]


def test_keypoints_are_written_only_where_they_mean_something() -> None:
    first, second = two_objects().to_coco()
    assert "keypoints" not in first
    assert second["keypoints"] == [30.5, 6, 2, 31, 34, 1]
    assert second["num_keypoints"] == 2


def test_polygons_unless_there_is_a_hole() -> None:
    instances = two_objects()
    first, second = instances.to_coco(polygons=True)
    assert first["segmentation"] == [[2, 3, 12, 3, 12, 9, 2, 9]]
    assert isinstance(second["segmentation"], dict)
    np.testing.assert_array_equal(decode_rle(second["segmentation"]), instances.bitmaps()[1])
    assert second["segmentation"]["size"] == [40, 60]


@given(st.integers(0, 2**32 - 1), st.sampled_from(["pixel_centres", "integer_box"]))
def test_rle_polygons_and_bitmaps_are_the_same_masks(seed: int, mode: str) -> None:
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand((4, 2, 2), generator=generator) * torch.tensor([60.0, 40.0])
    instances = Instances(
        image_size=(40, 60),
        boxes=torch.cat([corners.amin(1), corners.amax(1)], dim=1),
        labels=torch.ones(4, dtype=torch.int64),
        scores=torch.rand(4, generator=generator),
        masks=torch.rand((4, 14, 14), generator=generator),
        mask_paste=mode,  # type: ignore[arg-type]
    )
    bitmaps = instances.bitmaps().numpy()
    exact = instances.to_coco(polygons=True, tolerance=0)
    for bitmap, as_rle, as_polygons in zip(bitmaps, instances.to_coco(), exact, strict=True):
        np.testing.assert_array_equal(decode_rle(as_rle["segmentation"]), bitmap)
        np.testing.assert_array_equal(coco_mask.decode(as_rle["segmentation"]), bitmap)
        if isinstance(as_polygons["segmentation"], list):
            np.testing.assert_array_equal(polygons_to_mask(as_polygons["segmentation"], 40, 60), bitmap)
        assert as_rle["area"] == as_polygons["area"] == bitmap.sum()


def test_a_mask_without_a_pixel_keeps_its_box_and_an_empty_rle() -> None:
    instances = two_objects()
    assert instances.masks is not None
    instances.masks[:] = 0.1
    for annotation in instances.to_coco(polygons=True):
        assert annotation["area"] == 0
        assert decode_rle(annotation["segmentation"]).sum() == 0


def test_a_coco_file_of_instances_opens_in_pycocotools(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "instances.json"
    data = {
        "images": [{"id": 7, "file_name": "a.jpg", "height": 40, "width": 60}],
        "categories": CATEGORIES,
        "annotations": two_objects().to_coco(image_id=7, polygons=True),
    }
    path.write_text(json.dumps(data))
    coco = COCO(str(path))
    for annotation, bitmap in zip(coco.loadAnns(coco.getAnnIds()), two_objects().bitmaps(), strict=True):
        np.testing.assert_array_equal(coco.annToMask(annotation), bitmap)


def test_selecting_instances_keeps_everything_together() -> None:
    instances = two_objects()
    for index in (1, -1, slice(1, 2), torch.tensor([False, True]), torch.tensor([1])):
        person = instances[index]
        assert len(person) == 1
        assert person.category_of(0)["name"] == "person"
        assert person.to_coco()[0] | {"id": 2} == instances.to_coco()[1]
    assert len(instances[:0]) == 0
    assert instances[:0].to_coco() == []
    assert instances[:0].bitmaps().shape == (0, 40, 60)
    assert len(instances.to("cpu")) == 2


def test_labels_without_a_category_are_named_by_their_number() -> None:
    instances = two_objects()
    instances.categories = ()
    assert instances.category_of(1) == {"id": 2, "name": "2"}
    assert [annotation["category_id"] for annotation in instances.to_coco()] == [1, 2]


def test_without_a_mask_head_there_are_boxes_alone() -> None:
    instances = two_objects()
    instances.masks = instances.keypoints = None
    assert all("segmentation" not in annotation for annotation in instances.to_coco())
    assert instances.to_coco()[0]["area"] == 60
    with pytest.raises(ValueError, match="no masks"):
        instances.bitmaps()


def three_instances() -> Instances:
    boxes = torch.tensor([[0.0, 0, 4, 4], [1, 1, 5, 5], [2, 2, 6, 6]])
    return Instances((8, 8), boxes, torch.tensor([1, 2, 3]), torch.tensor([0.2, 0.9, 0.5]), left_out=7)


@pytest.mark.parametrize(
    ("index", "labels"),
    [
        (0, [1]),
        (-1, [3]),
        (-3, [1]),
        (np.int64(1), [2]),
        (np.uint8(2), [3]),
        (torch.tensor(2), [3]),
        (torch.tensor([2]), [3]),
        (slice(None, None, -1), [3, 2, 1]),
        (slice(-2, None), [2, 3]),
        (slice(5, 9), []),
        ([2, 0], [3, 1]),
        ([], []),
        (np.array([], dtype=int), []),
        (np.array([1, -1]), [2, 3]),
        (torch.tensor([0, 2], dtype=torch.int32), [1, 3]),
        ([True, False, True], [1, 3]),
        (np.array([False, True, False]), [2]),
        (torch.tensor([False, False, False]), []),
    ],
)
def test_an_index_of_any_kind_gives_instances(index: Any, labels: list[int]) -> None:
    chosen = three_instances()[index]
    assert chosen.labels.tolist() == labels
    assert chosen.boxes.shape == (len(labels), 4)
    assert len(chosen) == len(labels) == len(chosen.to_coco())
    assert chosen.left_out == 0  # what the image lacks, not what these do


@pytest.mark.parametrize("index", [3, -4, np.int64(3), torch.tensor(5), [0, 3], [True, False], torch.ones(4).bool()])
def test_an_index_out_of_range_is_an_index_error(index: Any) -> None:
    with pytest.raises(IndexError):
        three_instances()[index]
    with pytest.raises(IndexError):
        three_instances()[[]][0]


@pytest.mark.parametrize("index", [1.0, "0", None, torch.tensor([0.5]), torch.zeros((3, 3), dtype=torch.bool)])
def test_what_is_no_index_is_a_type_error(index: Any) -> None:
    with pytest.raises(TypeError):
        three_instances()[index]


def test_instances_are_met_one_after_the_other() -> None:
    instances = three_instances()
    assert [one.labels.item() for one in itertools.islice(instances, 9)] == [1, 2, 3]
    assert [one.labels.item() for one in itertools.islice(reversed(instances), 9)] == [3, 2, 1]
    assert instances[instances.scores.argmax()].labels.tolist() == [2]
