"""M×M mask probabilities over a box become image pixels, and only the pixels of that box are ever touched."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray


def paste_in_box(
    probabilities: NDArray[np.floating],
    box: ArrayLike,
    height: int,
    width: int,
    threshold: float = 0.5,
    mode: Literal["pixel_centres", "integer_box"] = "pixel_centres",
) -> tuple[NDArray[np.uint8], int, int]:
    """The pixels of a height × width image where a mask reaches `threshold`, cut out around its box.

    `probabilities` is M×M over `box` (x0, y0, x1, y1 in pixels of the image). The answer is a uint8 crop of 0
    and 1 with its left and top pixel; it is empty (0 rows or columns) where the box lies outside the image.

    "pixel_centres" samples the map bilinearly at the centre of each pixel that the box touches, zero beyond the
    map. "integer_box" gives what torchvision does: one cell of padding, the box rounded to whole pixels, resize.

    Raises ValueError for a box that is not finite.
    """
    x0, y0, x1, y1 = (float(value) for value in np.asarray(box, dtype=np.float64))
    if not np.isfinite((x0, y0, x1, y1)).all():
        raise ValueError(f"box {[x0, y0, x1, y1]} is not finite: a mask cannot be pasted into it")
    if mode == "integer_box":
        return _paste_integer_box(probabilities, (x0, y0, x1, y1), height, width, threshold)
    left, right = _clipped(np.floor(x0), np.ceil(x1), width)
    top, bottom = _clipped(np.floor(y0), np.ceil(y1), height)
    if x1 <= x0 or y1 <= y0:
        return np.zeros((bottom - top, right - left), dtype=np.uint8), left, top
    rows = _bilinear_weights(top, bottom, y0, y1, probabilities.shape[0])
    columns = _bilinear_weights(left, right, x0, x1, probabilities.shape[1])
    pasted = rows @ probabilities.astype(np.float32, copy=False) @ columns.T
    return (pasted >= threshold).astype(np.uint8), left, top


def _clipped(low: float, high: float, size: int) -> tuple[int, int]:
    """Whole pixels low to high, both moved into 0 to size."""
    first = int(min(max(low, 0), size))
    return first, max(first, int(min(max(high, 0), size)))


def _bilinear_weights(first: int, last: int, low: float, high: float, cells: int) -> NDArray[np.float32]:
    """(last - first) × cells: how much each map cell along low to high counts at each pixel centre."""
    centres = (np.arange(first, last) + 0.5 - low) * (cells / (high - low)) - 0.5
    distance = np.abs(centres[:, None] - np.arange(cells))
    weights: NDArray[np.float32] = np.maximum(1 - distance, 0).astype(np.float32)
    return weights


def _paste_integer_box(
    probabilities: NDArray[np.floating],
    box: tuple[float, float, float, float],
    height: int,
    width: int,
    threshold: float,
) -> tuple[NDArray[np.uint8], int, int]:
    """torchvision's paste_masks_in_image bit by bit, which is why the box is expanded in float32."""
    # Here and not above: whoever only converts masks need not wait seconds for torch.
    import torch
    from torch.nn.functional import interpolate, pad

    x0, y0, x1, y1 = np.asarray(box, dtype=np.float32)
    half = np.float32(0.5)
    scale = np.float32((probabilities.shape[-1] + 2) / probabilities.shape[-1])
    half_width, half_height = (x1 - x0) * half * scale, (y1 - y0) * half * scale
    centre_x, centre_y = (x1 + x0) * half, (y1 + y0) * half
    left, right = int(centre_x - half_width), int(centre_x + half_width)  # int() rounds towards zero, as there
    top, bottom = int(centre_y - half_height), int(centre_y + half_height)
    padded = pad(torch.as_tensor(probabilities, dtype=torch.float32), (1, 1, 1, 1))
    size = (max(bottom - top + 1, 1), max(right - left + 1, 1))
    resized = interpolate(padded[None, None], size=size, mode="bilinear", align_corners=False)[0, 0]
    first_column, last_column = _clipped(left, right + 1, width)
    first_row, last_row = _clipped(top, bottom + 1, height)
    crop = resized[first_row - top : last_row - top, first_column - left : last_column - left]
    return (crop >= threshold).to(torch.uint8).numpy(), first_column, first_row
