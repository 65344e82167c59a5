"""A bitmap resampled over its own box is still that bitmap."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.datasets import CocoDataset
from core.datasets.box_masks import BOX_MASK_SIZE, box_mask
from core.masks import encode_rle, mask_to_polygons
from tests.core.conftest import DataSet


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 9), st.integers(0, 9))
def test_a_rectangle_fills_its_box(height: int, width: int, left: int, top: int) -> None:
    mask = np.zeros((40, 40), dtype=np.uint8)
    mask[top : top + height, left : left + width] = 1
    box = (left, top, left + width, top + height)
    for segmentation in (encode_rle(mask), mask_to_polygons(mask)):
        assert box_mask(segmentation, box, 40, 40).mean() > 0.98


def test_polygons_and_runs_of_one_object_agree() -> None:
    rows, columns = np.mgrid[:90, :120]
    mask = ((rows - 44.5) ** 2 / 30**2 + (columns - 59.5) ** 2 / 50**2 < 1).astype(np.uint8)
    box = (8.75, 13.5, 111.25, 76.25)
    from_runs = box_mask(encode_rle(mask), box, 90, 120)
    from_polygons = box_mask(mask_to_polygons(mask), box, 90, 120)
    assert from_runs.shape == from_polygons.shape == (BOX_MASK_SIZE, BOX_MASK_SIZE)
    assert (from_runs != from_polygons).mean() < 0.01


def test_only_what_lies_in_the_box_is_seen() -> None:
    mask = np.zeros((60, 60), dtype=np.uint8)
    mask[:, 30:] = 1
    for segmentation in (encode_rle(mask), mask_to_polygons(mask)):
        cells = box_mask(segmentation, (20, 10, 40, 30), 60, 60)
        half = BOX_MASK_SIZE // 2
        assert not cells[:, : half - 3].any()
        assert cells[:, half + 3 :].all()


def test_a_sliver_of_a_box_on_a_large_polygon() -> None:
    polygon = [[0.0, 0.0, 600.0, 0.0, 600.0, 400.0, 0.0, 400.0]]
    assert box_mask(polygon, (300, 200, 300.01, 201), 400, 600).all()


def test_an_empty_box_is_refused() -> None:
    with pytest.raises(ValueError, match="is empty"):
        box_mask([[0, 0, 4, 0, 4, 4]], (3, 3, 3, 8), 9, 9)


def test_the_data_set_gives_them_instead_of_bitmaps(data_set: DataSet) -> None:
    _, target = CocoDataset(*data_set(), box_masks=True)[0]
    assert "masks" not in target
    assert target["box_masks"].shape == (2, BOX_MASK_SIZE, BOX_MASK_SIZE)
    assert target["box_masks"].dtype == torch.uint8
    assert target["box_masks"].all()


def test_real_masks_cover_the_same_part_of_their_boxes(shared_data: Path) -> None:
    folder = shared_data / "coco_subset"
    file = folder / "annotations/instances_val.json"
    whole = CocoDataset(folder / "images", file)
    small = CocoDataset(folder / "images", file, box_masks=True)
    for index in range(20):
        target, boxed = whole.target(index), small.target(index)
        for mask, cells, (x0, y0, x1, y1) in zip(target["masks"], boxed["box_masks"], target["boxes"], strict=True):
            if mask.sum() >= 200:
                share = mask.sum() / ((x1 - x0) * (y1 - y0))
                assert abs(float(cells.float().mean() - share)) < 0.06
