"""What becomes of the mask that was there: only what a click is about changes (FocalClick's "progressive merge")."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.prompts.local_mask import LocalMask
from core.prompts.prompt_maps import Click

# How far from the click parts of an answer may begin that are taken with it, over the longer side of both masks: an
# answer to a click mends more than the place that was clicked.
NEAR = 0.35


def merged(before: LocalMask | None, answer: LocalMask, clicks: Sequence[Click], shape: tuple[int, ...]) -> LocalMask:
    """The answer, with every clicked pixel on its side; with a mask before, changed only where the newest click says.

    Of the differences between the two those parts count that the newest click lies in or that come near it; where it
    lies in none (the answer did not follow it) the nearest pixels around it turn.
    """
    if before is not None and clicks:
        answer = _changed_at_click(before, answer, clicks[-1])
    return with_clicks(answer, clicks, shape)


def _changed_at_click(before: LocalMask, answer: LocalMask, click: Click) -> LocalMask:
    left, top, width, height = _rectangle(before, answer, [click])
    old, new = before.within(left, top, width, height), answer.within(left, top, width, height)
    x, y = min(int(click[0]) - left, width - 1), min(int(click[1]) - top, height - 1)
    changed = (old != new).astype(np.uint8)
    if not changed[y, x]:
        return before
    number, parts = cv2.connectedComponents(changed, connectivity=4)
    near = cv2.circle(np.zeros_like(changed), (x, y), round(NEAR * max(width, height)), 1, cv2.FILLED)
    taken = np.zeros(number, dtype=bool)
    taken[parts[(near & changed) != 0]] = True
    part = taken[parts]
    old[part] = new[part]
    return LocalMask.of(old, left, top)


def with_clicks(mask: LocalMask, clicks: Sequence[Click], shape: tuple[int, ...]) -> LocalMask:
    """The mask with the pixel of every click on the click's side."""
    if not clicks:
        return mask
    height, width = shape[:2]
    left, top, columns, rows = _rectangle(mask, mask, clicks)
    bitmap: NDArray[np.uint8] = mask.within(left, top, columns, rows)
    for x, y, include in clicks:
        bitmap[min(int(y), height - 1) - top, min(int(x), width - 1) - left] = include
    return LocalMask.of(bitmap, left, top)


def _rectangle(first: LocalMask, second: LocalMask, clicks: Sequence[Click]) -> tuple[int, int, int, int]:
    """Left, top, width and height of what encloses two masks and the pixels of clicks."""
    boxes = [mask.box for mask in (first, second) if not mask.is_empty]
    boxes += [(int(x) - 1, int(y) - 1, int(x) + 1, int(y) + 1) for x, y, _ in clicks]
    x0, y0 = int(min(box[0] for box in boxes)), int(min(box[1] for box in boxes))
    x1, y1 = int(max(box[2] for box in boxes)), int(max(box[3] for box in boxes))
    return x0, y0, x1 - x0, y1 - y0
