"""Corners that mend a mask: what the simulated annotator draws where clicks would take longer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.annotator.ledger import SATISFIED, fewest_corners
from benchmarks.annotator.mending import mending_patches
from core.masks import bitmap_iou


def rectangle(x0: int, y0: int, x1: int, y1: int) -> NDArray[np.uint8]:
    bitmap = np.zeros((100, 120), np.uint8)
    bitmap[y0:y1, x0:x1] = 1
    return bitmap


TRUTH = rectangle(20, 20, 80, 70)


def test_what_is_missing_is_added_by_one_polygon() -> None:
    patches = mending_patches(rectangle(20, 20, 60, 70), TRUTH, most=12)
    assert patches is not None
    (patch,) = patches
    assert patch.include
    assert patch.clicks <= 5  # the corners of a rectangle, and the click that closes it
    assert bitmap_iou(patch.mask, TRUTH) == pytest.approx(patch.iou)
    assert patch.iou >= SATISFIED


def test_what_is_too_much_is_cut_out() -> None:
    patches = mending_patches(rectangle(20, 20, 110, 70), TRUTH, most=12)
    assert patches is not None
    assert [patch.include for patch in patches] == [False]
    assert patches[0].mask[:, 85:].sum() == 0


def test_two_faults_take_two_polygons() -> None:
    mask = rectangle(20, 20, 62, 70)
    mask[10:18, 20:62] = 1
    mask[80:95, 20:62] = 1
    patches = mending_patches(mask, TRUTH, most=20)
    assert patches is not None
    assert {patch.include for patch in patches} == {True, False}
    assert patches[-1].iou >= SATISFIED


def test_more_clicks_than_allowed_is_none() -> None:
    assert mending_patches(rectangle(20, 20, 60, 70), TRUTH, most=3) is None
    assert mending_patches(rectangle(0, 0, 15, 15), TRUTH, most=4) is None


def test_a_mask_that_satisfies_needs_nothing() -> None:
    assert mending_patches(TRUTH, TRUTH, most=10) == []


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_blobs_are_mended_or_left(seed: int) -> None:
    random = np.random.default_rng(seed)

    def blob() -> NDArray[np.uint8]:
        bitmap = np.zeros((100, 120), np.uint8)
        rows, columns = np.ogrid[:100, :120]
        for _ in range(3):
            row, column, radius = random.uniform(25, 75), random.uniform(30, 90), random.uniform(8, 25)
            bitmap |= ((rows - row) ** 2 + (columns - column) ** 2 < radius**2).astype(np.uint8)
        return bitmap

    mask, truth = blob(), blob()
    most = sum(len(polygon) // 2 + 1 for polygon in fewest_corners(truth))
    patches = mending_patches(mask, truth, most)
    if patches:
        assert sum(patch.clicks for patch in patches) <= most
        assert bitmap_iou(patches[-1].mask, truth) >= SATISFIED
        reached = [bitmap_iou(mask, truth), *(patch.iou for patch in patches)]
        assert reached == sorted(reached)
