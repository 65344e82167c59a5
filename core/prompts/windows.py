"""Square windows of an image: what is looked at for a prompt, and how what was seen comes back to pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.prompts.local_mask import LocalMask
from core.prompts.prompt_maps import Click, Window, bounds_of

# Sides of the windows that clicks alone are looked at through, over the longest side of the image.
CLICK_WINDOWS = (1.1, 0.4, 0.15)
SMALLEST_CLICK_WINDOW = 32.0  # pixels of the image


@dataclass(frozen=True)
class Look:
    """What the network saw through one window: probabilities float32 S×S, and the IoU that it expects of them."""

    window: Window
    probability: NDArray[np.float32]
    quality: float

    def mask(self, shape: tuple[int, int]) -> LocalMask:
        """The mask of the pixels, of an image of this height and width, whose probability is at least a half."""
        left, top, side = self.window
        x0, y0 = max(0, math.floor(left)), max(0, math.floor(top))
        x1, y1 = min(shape[1], math.ceil(left + side)), min(shape[0], math.ceil(top + side))
        if x1 <= x0 or y1 <= y0:
            return LocalMask.empty()
        return LocalMask.of(sampled(self.probability, self.window, x0, y0, x1 - x0, y1 - y0) >= 0.5, x0, y0)


def sampled(
    values: NDArray[np.float32], window: Window, left: int, top: int, width: int, height: int
) -> NDArray[np.float32]:
    """Values S×S over a window at the pixels of a rectangle of the image, float32 height×width."""
    scale = values.shape[0] / window[2]
    matrix = np.array(
        [
            [scale, 0, (left + 0.5 - window[0]) * scale - 0.5],
            [0, scale, (top + 0.5 - window[1]) * scale - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (width, height)
    seen: NDArray[np.float32] = cv2.warpAffine(values, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return seen


def click_windows(
    clicks: Sequence[Click], shape: tuple[int, int], shares: Sequence[float] = CLICK_WINDOWS
) -> list[Window]:
    """Windows of several sizes that all show every click; one of a share above 1 shows the whole image."""
    x0, y0, x1, y1 = bounds_of(None, None, clicks)
    windows = []
    for share in shares:
        side = max(share * max(shape), 1.6 * max(x1 - x0, y1 - y0), SMALLEST_CLICK_WINDOW)
        # Grey beside the image shows nothing: the window stays inside where it fits.
        left = _start((x0 + x1) / 2, side, shape[1])
        top = _start((y0 + y1) / 2, side, shape[0])
        windows.append((left, top, side))
    return windows


def _start(middle: float, side: float, length: int) -> float:
    return (length - side) / 2 if side >= length else min(max(middle - side / 2, 0.0), length - side)


def agreement(looks: Sequence[Look]) -> list[float]:
    """Of looks at what may be one object, how far each one's mask is that of the others: the mean IoU, 0..1.

    Each pair is compared at the looks' own resolution, over a window that holds both. Of a single look it is 0.
    """
    ious = np.zeros((len(looks), len(looks)))
    for one in range(len(looks)):
        for other in range(one):
            ious[one, other] = ious[other, one] = iou_of_looks(looks[one], looks[other])
    found: list[float] = (ious.sum(axis=1) / max(1, len(looks) - 1)).tolist()
    return found


def iou_of_looks(one: Look, other: Look) -> float:
    """The IoU of two looks' masks, compared over a window that holds both; 0 where neither shows anything."""
    left, top = (min(one.window[axis], other.window[axis]) for axis in (0, 1))
    ends = ((look.window[0] + look.window[2] - left, look.window[1] + look.window[2] - top) for look in (one, other))
    side = max(max(end) for end in ends)
    both = [_seen_over(look, (left, top, side)) for look in (one, other)]
    union = np.count_nonzero(both[0] | both[1])
    return np.count_nonzero(both[0] & both[1]) / union if union else 0.0


def _seen_over(look: Look, window: Window) -> NDArray[np.bool_]:
    """The mask of a look at the S×S places of another window; nothing outside its own."""
    size = look.probability.shape[0]
    left, top, side = look.window
    step, scale = window[2] / size, size / side
    matrix = np.array(
        [
            [step * scale, 0, (window[0] + 0.5 * step - left) * scale - 0.5],
            [0, step * scale, (window[1] + 0.5 * step - top) * scale - 0.5],
        ]
    )
    seen: NDArray[np.float32] = cv2.warpAffine(
        look.probability, matrix, (size, size), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=0
    )
    return np.greater_equal(seen, 0.5)
