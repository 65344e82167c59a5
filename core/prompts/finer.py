"""A finer look at large objects, so that their edges are about as sharp as the image's.

One look reduces an object of any size to the network's few pixels. Where that loses detail the places of its edge are
looked at again through smaller windows, with the first answer as previous mask (the coarse and the fine pass of
FocalClick, Chen et al. 2022, section 3.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from core.prompts.local_mask import LocalMask
from core.prompts.prompt_maps import Click, Window
from core.prompts.windows import Look, sampled

# Pixels of the image to one of the network, from where on a finer look is worth its time: several windows along the
# whole edge without clicks, one window at a click.
WORTH_IT, WORTH_IT_AT_CLICK = 2.5, 1.6
TILE = 0.45  # side of a finer window over that of the first
STEP = 0.8  # distance of neighbouring finer windows over their side; the rest they share
MOST_TILES = 9

LookThrough = Callable[[Sequence[Window], LocalMask], list[NDArray[np.float32]]]


def finer_mask(
    look: Look, mask: LocalMask, clicks: Sequence[Click], shape: tuple[int, int], look_through: LookThrough
) -> LocalMask:
    """The mask after a finer look at its edge; the same where the first look was as fine as the image.

    `look_through(windows, mask)` gives the probabilities float32 S×S of finer windows. With clicks only the window
    around the newest one is looked through: elsewhere the mask before was fine already.
    """
    size = look.probability.shape[0]
    if mask.is_empty or look.window[2] < (WORTH_IT_AT_CLICK if clicks else WORTH_IT) * size:
        return mask
    side = max(TILE * look.window[2], size)
    if clicks:
        x, y, _ = clicks[-1]
        windows = [(x - side / 2, y - side / 2, side)]
    else:
        windows = _tiles_on_edge(mask, side)
    if not windows:
        return mask
    left, top, width, height = _rectangle(look.window, shape)
    probability = sampled(look.probability, look.window, left, top, width, height)
    total = np.zeros_like(probability)
    weights = np.zeros_like(probability)
    for window, found in zip(windows, look_through(windows, mask), strict=True):
        x0, y0, columns, rows = _within(window, left, top, width, height)
        if columns <= 0 or rows <= 0:
            continue
        place = np.s_[y0 - top : y0 - top + rows, x0 - left : x0 - left + columns]
        weight = sampled(_tent(size), window, x0, y0, columns, rows)
        total[place] += weight * sampled(found, window, x0, y0, columns, rows)
        weights[place] += weight
    # Towards the rim of what was looked at anew the first answer takes over without a step.
    share = np.clip(weights / 0.3, 0, 1)
    probability += share * (total / np.maximum(weights, 1e-6) - probability)
    return LocalMask.of(probability >= 0.5, left, top)


def _tiles_on_edge(mask: LocalMask, side: float) -> list[Window]:
    """Windows of a side that cover the edge of a mask; those with the most of it where they would be too many."""
    x0, y0, x1, y1 = mask.box
    tiles = []
    for top in _starts(y0, y1, side):
        for left in _starts(x0, x1, side):
            part = mask.within(int(left), int(top), int(side) + 1, int(side) + 1)
            edge = int(np.count_nonzero(part[1:] != part[:-1]) + np.count_nonzero(part[:, 1:] != part[:, :-1]))
            if edge:
                tiles.append((edge, (left, top, side)))
    tiles.sort(key=lambda tile: -tile[0])
    return [window for _, window in tiles[:MOST_TILES]]


def _starts(low: float, high: float, side: float) -> list[float]:
    """Where windows of a side begin that cover low..high, with a margin, evenly."""
    margin = 0.08 * side
    length = high - low + 2 * margin
    number = 1 if length <= side else 1 + math.ceil((length - side) / (STEP * side))
    first = (low + high) / 2 - max(length, side) / 2
    stride = (length - side) / (number - 1) if number > 1 else 0.0
    return [first + index * stride for index in range(number)]


def _tent(size: int) -> NDArray[np.float32]:
    """How much a window's answer counts at each pixel: less towards its rim, where less is seen around it."""
    distance = np.minimum(np.arange(size), np.arange(size)[::-1]).astype(np.float32) / (0.15 * size)
    ramp = np.clip(distance, 0, 1)
    return np.outer(ramp, ramp)


def _rectangle(window: Window, shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """The pixels of the image that a window covers: left, top, width, height."""
    return _within(window, 0, 0, shape[1], shape[0])


def _within(window: Window, left: int, top: int, width: int, height: int) -> tuple[int, int, int, int]:
    x0, y0 = max(left, math.floor(window[0])), max(top, math.floor(window[1]))
    x1 = min(left + width, math.ceil(window[0] + window[2]))
    y1 = min(top + height, math.ceil(window[1] + window[2]))
    return x0, y0, x1 - x0, y1 - y0
