"""Clicks → refined mask, by a random walker around each click (Grady, "Random walks for image segmentation", 2006).

A click says of one pixel that it belongs to the object or that it does not. How far that reaches is told by the
image, which is alike within the thing that was clicked and changes at its edge, and by the mask, which is trusted
more the farther from the click. Both are terms of one quadratic energy over a small window, whose minimum is the
solution of a sparse linear system.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Click = tuple[float, float, bool]  # x, y in pixels of the image; whether it belongs to the object
Window = tuple[int, int, int, int]  # left, top, right, bottom

# A click in the middle of an error lies about as far from the mask's edge as the error reaches around it.
REACH_PER_DISTANCE = 3.0
SMALLEST_REACH, LARGEST_REACH = 0.08, 0.6  # of the side of a square with the mask's area
WINDOW_REACHES = 3.0  # half a window's side
WINDOW_PIXELS = 112  # longest side of a window when the system is solved
EDGE_CONTRAST = 1.0  # how much a colour difference beyond the window's mean one separates neighbours
TRUST = 0.01  # in the mask as it is, one reach from the click; it grows with the distance cubed
CERTAIN = 1e3
MOST_STEPS = 120  # of conjugate gradients


def refine_mask(image: NDArray[np.uint8], mask: NDArray[Any], points: Sequence[Click]) -> NDArray[np.uint8]:
    """The uint8 H×W mask after clicks on an RGB H×W×3 image, taken in their order.

    A click changes the mask only around itself and only towards what it says: an included one adds, an
    excluded one takes away. Every clicked pixel ends on its side; a click on a pixel that is there already
    changes nothing else.
    """
    refined = (mask != 0).astype(np.uint8)
    height, width = refined.shape
    side = max(math.sqrt(float(refined.sum())), 0.05 * min(height, width), 4.0)
    pixels = [
        (min(max(int(x), 0), width - 1), min(max(int(y), 0), height - 1), bool(include)) for x, y, include in points
    ]
    for number, (x, y, include) in enumerate(pixels):
        if bool(refined[y, x]) != include:
            _apply_click(image, refined, pixels[: number + 1], side)
    for x, y, include in pixels:
        refined[y, x] = include
    return refined


def _apply_click(image: NDArray[np.uint8], mask: NDArray[np.uint8], pixels: Sequence[Click], side: float) -> None:
    """Change `mask` around the last of `pixels`; those before it stay on their sides."""
    x, y, include = int(pixels[-1][0]), int(pixels[-1][1]), pixels[-1][2]
    longest = LARGEST_REACH * side
    distance = _distance_to_edge(mask, x, y, longest / REACH_PER_DISTANCE)
    reach = min(max(REACH_PER_DISTANCE * distance, SMALLEST_REACH * side, 3.0), longest)
    left, top, right, bottom = window = _window(x, y, WINDOW_REACHES * reach, mask.shape)
    size = right - left, bottom - top
    scale = min(1.0, WINDOW_PIXELS / max(size))
    small = max(2, round(size[0] * scale)), max(2, round(size[1] * scale))
    colours = cv2.resize(image[top:bottom, left:right], small, interpolation=cv2.INTER_AREA)
    current = mask[top:bottom, left:right].astype(np.float32)
    current = (cv2.resize(current, small, interpolation=cv2.INTER_AREA) >= 0.5).astype(np.uint8)
    clicks = [click for click in (_in_window(pixel, window, small) for pixel in pixels) if click is not None]
    answer = _random_walker(colours, current, clicks, reach * small[0] / size[0])
    changed = _part_at((answer == include) & (current != include), int(clicks[-1][0]), int(clicks[-1][1]))
    full = cv2.resize(changed.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) >= 0.5
    mask[top:bottom, left:right][full] = include
    mask[y, x] = include


def _random_walker(
    colours: NDArray[np.uint8], current: NDArray[np.uint8], clicks: Sequence[Click], reach: float
) -> NDArray[np.bool_]:
    """Where the solution is on the object's side; `reach` in pixels of this window."""
    right, down = _similarity(colours)
    rows, columns = np.mgrid[: current.shape[0], : current.shape[1]].astype(np.float32)
    x, y, include = clicks[-1]
    distance = np.hypot(columns - int(x), rows - int(y)) / reach
    trust = TRUST * distance**3
    trust[current == include] += 0.2 * TRUST  # what is on the click's side already is likely to be right
    trust[distance > 0.8 * WINDOW_REACHES] += CERTAIN
    target = 2.0 * current.astype(np.float32) - 1.0
    for number, (click_x, click_y, click_include) in enumerate(clicks):
        radius = max(1.0, 0.25 * reach) if number == len(clicks) - 1 else 1.0
        known = np.zeros(current.shape, dtype=np.uint8)
        cv2.circle(known, (int(click_x), int(click_y)), round(radius), 1, cv2.FILLED)
        trust[known > 0] = CERTAIN
        target[known > 0] = 1.0 if click_include else -1.0
    return _solve(trust * target, trust, right, down, target) > 0


def _similarity(colours: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How alike each pixel is to its right neighbour and to the one below, near 1 on even ground."""
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB).astype(np.float32) / 255
    right = np.square(lab[:, 1:] - lab[:, :-1]).sum(axis=2)
    down = np.square(lab[1:] - lab[:-1]).sum(axis=2)
    mean = (right.mean() + down.mean()) / 2 + 1e-6
    return np.exp(-EDGE_CONTRAST * right / mean) + 1e-4, np.exp(-EDGE_CONTRAST * down / mean) + 1e-4


def _solve(
    right_side: NDArray[np.float32],
    trust: NDArray[np.float32],
    right: NDArray[np.float32],
    down: NDArray[np.float32],
    start: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Solve (diag(trust) + Laplacian) x = right_side by conjugate gradients, preconditioned with the diagonal."""
    diagonal = trust.copy()
    diagonal[:, :-1] += right
    diagonal[:, 1:] += right
    diagonal[:-1] += down
    diagonal[1:] += down

    def multiply(x: NDArray[np.float32]) -> NDArray[np.float32]:
        product = diagonal * x
        product[:, :-1] -= right * x[:, 1:]
        product[:, 1:] -= right * x[:, :-1]
        product[:-1] -= down * x[1:]
        product[1:] -= down * x[:-1]
        return product

    solution = start.copy()
    residual = right_side - multiply(solution)
    scaled = residual / diagonal
    direction = scaled.copy()
    error = float((residual * scaled).sum())
    for _ in range(MOST_STEPS):
        if error < 1e-7 * start.size:
            break
        product = multiply(direction)
        step = error / float((direction * product).sum())
        solution += step * direction
        residual -= step * product
        scaled = residual / diagonal
        previous, error = error, float((residual * scaled).sum())
        direction = scaled + (error / previous) * direction
    return solution


def _distance_to_edge(mask: NDArray[np.uint8], x: int, y: int, longest: float) -> float:
    """How far (at most `longest`, in pixels) a pixel is from the nearest one of the other side of the mask."""
    left, top, right, bottom = _window(x, y, longest + 2, mask.shape)
    same = (mask[top:bottom, left:right] == mask[y, x]).astype(np.uint8)
    if same.all():
        return longest
    return min(float(cv2.distanceTransform(same, cv2.DIST_L2, 5)[y - top, x - left]), longest)


def _window(x: int, y: int, half: float, shape: tuple[int, ...]) -> Window:
    return (
        max(0, math.floor(x - half)),
        max(0, math.floor(y - half)),
        min(shape[1], math.ceil(x + half) + 1),
        min(shape[0], math.ceil(y + half) + 1),
    )


def _in_window(pixel: Click, window: Window, small: tuple[int, int]) -> Click | None:
    """A click in the pixels of the reduced window; None where it lies outside."""
    x, y, include = pixel
    left, top, right, bottom = window
    if not (left <= x < right and top <= y < bottom):
        return None
    return (x + 0.5 - left) * small[0] / (right - left), (y + 0.5 - top) * small[1] / (bottom - top), include


def _part_at(bitmap: NDArray[np.bool_], x: int, y: int) -> NDArray[np.bool_]:
    """The connected part of a bitmap that has the pixel (x, y)."""
    _, labels = cv2.connectedComponents(bitmap.astype(np.uint8), connectivity=4)
    return (labels == labels[y, x]) & bitmap
