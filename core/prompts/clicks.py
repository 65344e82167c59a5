"""What a person would give: a box that is a little off, a click in the middle of the largest error (the protocol of
click-based segmentation).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from core.prompts.prompt_maps import Click

BOX_ERROR = 0.03  # of a box's sides: the standard deviation of a hand's corners


def box_by_hand(
    box: tuple[float, float, float, float], width: int, height: int, random: np.random.Generator
) -> tuple[float, float, float, float]:
    """A box x0, y0, x1, y1 as a hand draws it, inside the image; the box itself where that would be a line."""
    x0, y0, x1, y1 = box
    dx, dy = BOX_ERROR * (x1 - x0) * random.normal(size=2), BOX_ERROR * (y1 - y0) * random.normal(size=2)
    left, right = max(0.0, x0 + dx[0]), min(float(width), x1 + dx[1])
    top, bottom = max(0.0, y0 + dy[0]), min(float(height), y1 + dy[1])
    return (left, top, right, bottom) if right - left >= 2 and bottom - top >= 2 else box


def next_click(
    truth: NDArray[np.uint8], mask: NDArray[np.uint8], random: np.random.Generator, jitter: float = 2.5
) -> Click | None:
    """The middle of the largest connected error of a mask (both uint8 H×W of 0 and 1); None without an error.

    It is the pixel farthest from the error's edge, moved by a normal deviate of `jitter` pixels a direction as
    long as that stays inside the error.
    """
    error = truth != mask
    if not error.any():
        return None
    number, parts, figures, _ = cv2.connectedComponentsWithStats(error.astype(np.uint8), connectivity=8)
    largest = 1 + int(figures[1:number, cv2.CC_STAT_AREA].argmax())
    left, top, width, height, _area = (int(value) for value in figures[largest])
    part = (parts[top : top + height, left : left + width] == largest).astype(np.uint8)
    distance = cv2.distanceTransform(np.pad(part, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = divmod(int(distance.argmax()), width)
    moved_x, moved_y = int(x + random.normal(0, jitter)), int(y + random.normal(0, jitter))
    if 0 <= moved_x < width and 0 <= moved_y < height and part[moved_y, moved_x]:
        x, y = moved_x, moved_y
    row, column = top + y, left + x
    return column + 0.5, row + 0.5, bool(truth[row, column])
