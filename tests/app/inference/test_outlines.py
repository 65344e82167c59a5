"""Outlines of large bitmaps: found at a coarser grid, in time, and still the same mask."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.inference.outlines import outline
from core.masks import decode_rle, segmentation_to_rle

HEIGHT, WIDTH = 700, 900


@pytest.mark.parametrize("hole", [False, True])
def test_a_large_mask_keeps_its_place_and_shape_where_it_is_looked_at_at_a_coarser_grid(
    hole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []

    def without_specks(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
        looked_at.append(crop.size)
        return crop

    monkeypatch.setattr("app.inference.outlines.without_specks", without_specks)
    monkeypatch.setattr("app.inference.outlines.LARGEST_CROP", 40_000)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    distance = np.hypot((columns - 500) * 0.8, rows - 350)
    mask = ((distance < 251) & ~(hole & (distance < 70))).astype(np.uint8)
    left, top, right, bottom = 186, 98, 815, 603
    segmentation = outline(mask[top:bottom, left:right], left, top, HEIGHT, WIDTH)
    assert isinstance(segmentation, dict) == hole
    assert looked_at[0] <= 40_000
    drawn = decode_rle(segmentation_to_rle(segmentation, HEIGHT, WIDTH))
    assert (drawn & mask).sum() / (drawn | mask).sum() > 0.97
