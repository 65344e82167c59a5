"""Run lengths row by row over a part of the image, as CVAT has them: background first, then mask, and so on."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.masks import Rle, crop_to_rle


def mask_of_runs(runs: Sequence[int], box: tuple[int, int, int, int], size: tuple[int, int]) -> Rle:
    """The RLE over an image of `size` of runs in the box left, top, width, height; ValueError where they do not fit."""
    left, top, width, height = box
    if width <= 0 or height <= 0 or left < 0 or top < 0 or left + width > size[1] or top + height > size[0]:
        raise ValueError("a mask that does not lie in its image")
    lengths = np.asarray(runs, dtype=np.int64)
    if (lengths < 0).any() or int(lengths.sum()) != width * height:
        raise ValueError("a mask whose runs do not fill its box")
    crop = np.repeat(np.arange(len(lengths), dtype=np.uint8) & 1, lengths).reshape(height, width)
    return crop_to_rle(crop, left, top, *size)


def runs_of_mask(bitmap: NDArray[np.uint8]) -> tuple[list[int], tuple[int, int, int, int]]:
    """The runs of a mask, and the box left, top, width, height around it."""
    left, top, width, height = cv2.boundingRect(bitmap)
    return alternating_runs(bitmap[top : top + height, left : left + width].ravel()), (left, top, width, height)


def alternating_runs(flat: NDArray[np.uint8]) -> list[int]:
    """The lengths of the runs of 0 and 1 in turn, the first of 0 and of no length where the first value is 1."""
    changes = np.flatnonzero(np.diff(flat)) + 1
    lengths = np.diff(np.concatenate([[0], changes, [len(flat)]])).tolist()
    return [0, *lengths] if len(flat) and flat[0] else lengths
