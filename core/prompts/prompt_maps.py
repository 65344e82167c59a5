"""From prompts to what the network reads: a square window of the image, and six maps over it.

Coordinates are pixels of the image with the centre of the first pixel at (0.5, 0.5). A window is (left, top, side).
The maps, float32 S×S: the inside of the box; the previous mask; one where there is a previous mask; discs at the
clicks that include; discs at those that exclude; a wider disc at the newest click.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.prompts.local_mask import LocalMask

Click = tuple[float, float, bool]  # x, y in pixels of the image; whether it belongs to the object
Box = Sequence[float]  # x0, y0, x1, y1
Window = tuple[float, float, float]  # left, top, side

CONTEXT = 1.4  # side of the window over that of the prompts in it
SMALLEST_SIDE = 24.0  # pixels of the image
DISC = 0.02  # radius of a click's disc over the window's side
NEWEST_DISC = 0.06


@dataclass(frozen=True)
class Prompt:
    """What is asked about one object; at least one of the three is there. Pixels of the image."""

    box: Box | None = None
    clicks: Sequence[Click] = ()
    mask: LocalMask | None = None


def window_of(box: Box, context: float = CONTEXT) -> Window:
    """The square window around a box."""
    side = max(context * max(box[2] - box[0], box[3] - box[1]), SMALLEST_SIDE)
    return (box[0] + box[2] - side) / 2, (box[1] + box[3] - side) / 2, side


def bounds_of(box: Box | None, mask_bounds: Box | None, clicks: Sequence[Click]) -> tuple[float, float, float, float]:
    """The smallest box around everything that was prompted; raises ValueError where nothing was.

    A click on what a box or a mask does not reach is taken for the middle of what is missing: as much again may lie
    beyond it.
    """
    corners = [tuple(float(value) for value in item) for item in (box, mask_bounds) if item is not None]
    if not corners and not clicks:
        raise ValueError("a box, a click or a mask is needed to know which object is meant")
    known = _enclosing(corners) if corners else None
    for x, y, include in clicks:
        beyond_x = beyond_y = 0.0
        if known is not None and include:
            beyond_x = max(x - known[2], 0.0) - max(known[0] - x, 0.0)
            beyond_y = max(y - known[3], 0.0) - max(known[1] - y, 0.0)
        corners += [(x, y, x, y), (x + beyond_x, y + beyond_y, x + beyond_x, y + beyond_y)]
    return _enclosing(corners)


def _enclosing(corners: Sequence[tuple[float, ...]]) -> tuple[float, float, float, float]:
    low_x, low_y, high_x, high_y = zip(*corners, strict=True)
    return min(low_x), min(low_y), max(high_x), max(high_y)


def crop_image(image: NDArray[np.uint8], window: Window, size: int) -> NDArray[np.uint8]:
    """The window of an RGB H×W×3 image as size×size×3; grey outside the image."""
    return _warp(image, window, size, (128, 128, 128))


def crop_mask(mask: NDArray[np.uint8], window: Window, size: int) -> NDArray[np.float32]:
    """The window of a mask of 0 and 1 as float32 size×size, the share of each pixel that is covered."""
    return _warp(mask * np.uint8(255), window, size, 0).astype(np.float32) / np.float32(255)


def _warp(
    source: NDArray[np.uint8], window: Window, size: int, outside: int | tuple[int, int, int]
) -> NDArray[np.uint8]:
    left, top, side = window
    scale = size / side
    height, width = source.shape[:2]
    if scale < 1:
        # Reduced by areas first, over the part that is inside: bilinear sampling alone would alias.
        x0, y0 = max(0, int(np.floor(left))), max(0, int(np.floor(top)))
        x1, y1 = min(width, int(np.ceil(left + side))), min(height, int(np.ceil(top + side)))
        if x1 <= x0 or y1 <= y0:
            shape = (size, size, *source.shape[2:])
            return np.full(shape, outside, dtype=np.uint8)
        part = source[y0:y1, x0:x1]
        small = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
        source = cv2.resize(part, small, interpolation=cv2.INTER_AREA)
        scale_x, scale_y = small[0] / (x1 - x0), small[1] / (y1 - y0)
    else:
        x0 = y0 = 0
        scale_x = scale_y = 1.0
    # From a pixel of the crop to one of the source, centres to centres.
    to_x, to_y = scale_x / scale, scale_y / scale
    matrix = np.array(
        [
            [to_x, 0, (left - x0) * scale_x + 0.5 * to_x - 0.5],
            [0, to_y, (top - y0) * scale_y + 0.5 * to_y - 0.5],
        ]
    )
    crop: NDArray[np.uint8] = cv2.warpAffine(
        source,
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=outside,
    )
    return crop


def in_window(clicks: Sequence[Click], window: Window, size: int) -> list[Click]:
    """Clicks in pixels of the crop."""
    left, top, side = window
    scale = size / side
    return [((x - left) * scale, (y - top) * scale, include) for x, y, include in clicks]


def prompt_maps(
    size: int,
    box: Box | None = None,
    mask: NDArray[np.float32] | None = None,
    clicks: Sequence[Click] = (),
) -> NDArray[np.float32]:
    """The maps float32 6×size×size of prompts that are in pixels of the crop."""
    maps = np.zeros((6, size, size), dtype=np.float32)
    if box is not None:
        maps[0] = _covered(box, size)
    if mask is not None:
        maps[1] = mask
        maps[2] = 1.0
    for x, y, include in clicks:
        _disc(maps[3 if include else 4], x, y, DISC * size)
    if clicks:
        _disc(maps[5], clicks[-1][0], clicks[-1][1], NEWEST_DISC * size)
    return maps


def _covered(box: Box, size: int) -> NDArray[np.float32]:
    """The share of each pixel that a box covers, float32 size×size."""
    edges = np.arange(size, dtype=np.float32)
    across = np.clip(box[2] - edges, 0, 1) * np.clip(edges + 1 - box[0], 0, 1)
    down = np.clip(box[3] - edges, 0, 1) * np.clip(edges + 1 - box[1], 0, 1)
    return np.outer(down, across)


def _disc(target: NDArray[np.float32], x: float, y: float, radius: float) -> None:
    """Draw a disc with a soft edge of one pixel into a map."""
    size = target.shape[0]
    left, right = max(0, int(x - radius - 1)), min(size, int(x + radius + 2))
    top, bottom = max(0, int(y - radius - 1)), min(size, int(y + radius + 2))
    if left >= right or top >= bottom:
        return
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32)
    distance = np.hypot(columns + 0.5 - x, rows + 0.5 - y)
    part = target[top:bottom, left:right]
    np.maximum(part, np.clip(radius + 0.5 - distance, 0, 1), out=part)


def checked(prompt: Prompt, height: int, width: int) -> Prompt:
    """The prompt with its box clipped to the image; ValueError where box or clicks lie outside or nothing is asked."""
    if prompt.box is None and not prompt.clicks and (prompt.mask is None or prompt.mask.is_empty):
        raise ValueError("a box, a click or a mask is needed to know which object is meant")
    for x, y, _ in prompt.clicks:
        if not (0 <= x <= width and 0 <= y <= height):
            raise ValueError(f"the click ({x:g}, {y:g}) lies outside the image of {width}×{height}")
    mask = None if prompt.mask is None or prompt.mask.is_empty else prompt.mask
    box = prompt.box
    if box is not None:
        x0, x1 = sorted((min(max(float(box[0]), 0.0), width), min(max(float(box[2]), 0.0), width)))
        y0, y1 = sorted((min(max(float(box[1]), 0.0), height), min(max(float(box[3]), 0.0), height)))
        if not (x1 > x0 and y1 > y0):
            raise ValueError(
                f"the box {[float(value) for value in box]} covers nothing of the image of {width}×{height}"
            )
        box = (x0, y0, x1, y1)
    return Prompt(box, tuple((float(x), float(y), bool(include)) for x, y, include in prompt.clicks), mask)


def window_around(prompt: Prompt) -> Window:
    """The square window that a prompt is looked at through."""
    mask_bounds = prompt.mask.box if prompt.mask is not None else None
    return window_of(bounds_of(prompt.box, mask_bounds, prompt.clicks))


def maps_in(prompt: Prompt, window: Window, size: int) -> NDArray[np.float32]:
    """The prompt maps float32 6×size×size of a prompt in a window."""
    scale = size / window[2]
    box = None
    if prompt.box is not None:
        box = [(value - window[index % 2]) * scale for index, value in enumerate(prompt.box)]
    mask = None
    if prompt.mask is not None:
        mask = _mask_in_window(prompt.mask, window, size)
    return prompt_maps(size, box, mask, in_window(prompt.clicks, window, size))


def _mask_in_window(mask: LocalMask, window: Window, size: int) -> NDArray[np.float32]:
    """The part of a mask in a window, at the network's resolution."""
    left, top, side = int(np.floor(window[0])), int(np.floor(window[1])), int(np.ceil(window[2])) + 1
    bitmap = mask.within(left, top, side, side)
    return crop_mask(bitmap, (window[0] - left, window[1] - top, window[2]), size)
