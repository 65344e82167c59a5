"""Compressed run lengths: decoded as pycocotools does, and damage found in a list of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from core import run_lengths as module
from core.masks import encode_rle
from core.run_lengths import crop_of_runs, first_damaged, run_lengths, runs_cover

lists_of_runs = st.lists(st.integers(0, 5000), min_size=1, max_size=30)


def compressed(runs: list[int]) -> bytes:
    return coco_mask.frPyObjects({"size": [1, sum(runs)], "counts": runs}, 1, sum(runs))["counts"]


@given(lists_of_runs)
def test_runs_come_back_from_their_text(runs: list[int]) -> None:
    assert run_lengths(compressed(runs)).tolist() == runs


@settings(max_examples=60)
@given(st.lists(lists_of_runs, min_size=1, max_size=12), st.data())
def test_one_damaged_text_is_found_among_many(many: list[list[int]], data: st.DataObject) -> None:
    texts, pixels = [compressed(runs) for runs in many], [sum(runs) for runs in many]
    assert first_damaged(texts, pixels) is None
    index = data.draw(st.integers(0, len(many) - 1))
    pixels[index] += 1
    assert first_damaged(texts, pixels) == index
    texts[index] = data.draw(st.sampled_from([b"", b"\x7f~", b"0P", b"PPPPPPPP0"]))
    assert first_damaged(texts, pixels) == index


def test_the_first_of_several_is_named_across_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 3)
    mask = np.zeros((20, 30), dtype=np.uint8, order="F")
    mask[3:9, 4:20] = 1
    texts, pixels = [coco_mask.encode(mask)["counts"]] * 10, [600] * 10
    pixels[7] = pixels[9] = 601
    assert first_damaged(texts, pixels) == 7
    assert first_damaged([], []) is None


@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=7), elements=st.integers(0, 1)))
def test_an_objects_crop_and_its_pixels_are_those_of_the_whole_bitmap(mask: NDArray[np.uint8]) -> None:
    height, width = mask.shape
    runs = run_lengths(encode_rle(mask)["counts"].encode())
    crop, left, top = crop_of_runs(runs, height)
    whole = np.zeros_like(mask)
    whole[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
    assert (whole == mask).all()
    if mask.any():
        assert [crop.any(axis=axis)[edge] for axis in (0, 1) for edge in (0, -1)] == [True] * 4
    covered = [[runs_cover(runs, height, x, y) for x in range(width)] for y in range(height)]
    assert (np.array(covered) == mask).all()
