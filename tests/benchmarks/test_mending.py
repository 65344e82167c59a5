"""Corners that mend a mask: what the simulated annotator draws where clicks would take longer."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.annotator import mending
from benchmarks.annotator.ledger import SATISFIED, fewest_corners
from benchmarks.annotator.mending import EDGE_KEYS, POLYGON_KEYS, mending_patches
from core.masks import bitmap_iou


def rectangle(x0: int, y0: int, x1: int, y1: int) -> NDArray[np.uint8]:
    bitmap = np.zeros((100, 120), np.uint8)
    bitmap[y0:y1, x0:x1] = 1
    return bitmap


TRUTH = rectangle(20, 20, 80, 70)


def test_a_missing_corner_takes_a_new_edge_out_of_the_mask_and_back() -> None:
    mask = TRUTH.copy()
    mask[20:55, 50:80] = 0
    patches = mending_patches(mask, TRUTH, most=12)
    assert patches is not None
    (patch,) = patches
    assert (patch.clicks, patch.keys) == (3, EDGE_KEYS)  # in the mask, the corner, in the mask again
    assert bitmap_iou(patch.mask, TRUTH) == pytest.approx(patch.iou)
    assert patch.iou >= 0.97


def test_what_sticks_out_takes_a_new_edge_through_the_mask() -> None:
    patches = mending_patches(rectangle(20, 20, 110, 70), TRUTH, most=12)
    assert patches is not None
    assert [(patch.clicks, patch.keys) for patch in patches] == [(2, EDGE_KEYS)]
    assert patches[0].mask[:, 85:].sum() == 0


def test_a_part_beside_is_outlined_and_one_that_is_too_much_takes_the_polygon_tool() -> None:
    apart = TRUTH | rectangle(90, 20, 118, 70)
    for mask, truth, keys in ((TRUTH, apart, EDGE_KEYS), (apart, TRUTH, POLYGON_KEYS)):
        patches = mending_patches(mask, truth, most=12)
        assert patches is not None
        assert [patch.keys for patch in patches] == [keys]
        assert patches[-1].iou >= SATISFIED


def test_two_faults_take_two() -> None:
    mask = rectangle(20, 20, 62, 70)
    mask[10:18, 20:62] = 1
    mask[80:95, 20:62] = 1
    patches = mending_patches(mask, TRUTH, most=20)
    assert patches is not None
    assert len(patches) == 2
    assert patches[-1].iou >= SATISFIED


def test_more_clicks_than_allowed_is_none() -> None:
    assert mending_patches(rectangle(20, 20, 60, 70), TRUTH, most=3) is None
    assert mending_patches(rectangle(0, 0, 15, 15), TRUTH, most=4) is None


def test_a_mask_that_satisfies_needs_nothing() -> None:
    assert mending_patches(TRUTH, TRUTH, most=10) == []


def blob(random: np.random.Generator) -> NDArray[np.uint8]:
    bitmap = np.zeros((100, 120), np.uint8)
    rows, columns = np.ogrid[:100, :120]
    for _ in range(3):
        row, column, radius = random.uniform(25, 75), random.uniform(30, 90), random.uniform(8, 25)
        bitmap |= ((rows - row) ** 2 + (columns - column) ** 2 < radius**2).astype(np.uint8)
    return bitmap


@pytest.mark.skipif(shutil.which("node") is None, reason="node is needed to ask the page's own code")
def test_a_new_edge_changes_what_it_changes_in_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    cases: list[dict[str, Any]] = []
    changed = mending._changed

    def noted(now: NDArray[np.uint8], line: NDArray[np.int32], include: bool) -> NDArray[np.uint8] | None:
        after = changed(now, line, include)
        if after is not None:
            cases.append({"now": now, "line": line, "adds": include, "after": after})
        return after

    monkeypatch.setattr(mending, "_changed", noted)
    monkeypatch.setattr(mending, "SURROUNDINGS", 1.0)  # the whole picture, so that all are of one size
    random = np.random.default_rng(5)
    for _ in range(8):
        mending_patches(blob(random), blob(random), most=30)
    chosen = [case for case in cases if case["now"].shape == (100, 120)][::7]
    assert {case["adds"] for case in chosen} == {True, False}
    asked = [
        {
            "pixels": case["now"].ravel().tolist(),
            "line": (case["line"] + 0.5).ravel().tolist(),  # the middle of each pixel
            "adds": case["adds"],
        }
        for case in chosen
    ]
    answer = subprocess.run(
        ["node", Path(__file__).parents[1] / "canvas" / "new_edges.js"],
        input=json.dumps({"width": 120, "height": 100, "cases": asked}),
        capture_output=True,
        text=True,
        check=True,
    )
    for case, mask in zip(chosen, json.loads(answer.stdout), strict=True):
        page = np.array(mask, np.uint8).reshape(100, 120)
        assert bitmap_iou(page, case["after"]) > 0.96


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_blobs_are_mended_or_left(seed: int) -> None:
    random = np.random.default_rng(seed)
    mask, truth = blob(random), blob(random)
    most = sum(len(polygon) // 2 + 1 for polygon in fewest_corners(truth))
    patches = mending_patches(mask, truth, most)
    if patches:
        assert sum(patch.actions for patch in patches) <= most
        assert bitmap_iou(patches[-1].mask, truth) >= SATISFIED
        reached = [bitmap_iou(mask, truth), *(patch.iou for patch in patches)]
        assert reached == sorted(reached)
