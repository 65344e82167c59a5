"""Scenes that a small network learns in a minute on a CPU: discs, squares and arrows on plain grounds.

A class is told by its colour, so that what a small experiment measures is where things are and what shape their
masks have, not what they are called. Positions, sizes and angles are continuous; edges are anti-aliased.
`core.datasets.synthetic_scenes` has the realistic counterpart, which takes hours to learn.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.masks import encode_rle, rle_area, rle_bbox

CATEGORIES: list[dict[str, Any]] = [
    {"id": 1, "name": "disc"},
    {"id": 2, "name": "square"},
    {
        "id": 3,
        "name": "arrow",
        "keypoints": ["tip", "left", "notch", "right"],
        "skeleton": [[1, 2], [2, 3], [3, 4], [4, 1]],
    },
]
COLOURS = {"disc": (86, 180, 233), "square": (213, 94, 0), "arrow": (240, 228, 66)}
FINE = 8  # cells a pixel and axis: shares of pixels, not jagged edges


def simple_scene(rng: np.random.Generator, size: int) -> tuple[NDArray[np.uint8], list[dict[str, Any]]]:
    """One scene, uint8 size×size×3, and its COCO annotations without ids; objects do not overlap."""
    canvas = np.full((size, size, 3), rng.uniform(20, 110, 3))
    canvas += cv2.resize(rng.normal(0, 12, (8, 8, 3)), (size, size), interpolation=cv2.INTER_CUBIC)
    annotations: list[dict[str, Any]] = []
    taken = np.zeros((size, size), dtype=bool)
    for _ in range(int(rng.integers(2, 5))):
        category = CATEGORIES[int(rng.integers(len(CATEGORIES)))]
        radius = rng.uniform(0.1, 0.24) * size
        centre = rng.uniform(radius + 1, size - radius - 1, 2)
        outline, keypoints = _outline(category["name"], centre, radius, rng.uniform(0, 2 * np.pi))
        share = _share(outline, size)
        if (taken & (share > 0)).any():
            continue
        taken |= share > 0
        colour = np.clip(np.array(COLOURS[category["name"]]) + rng.normal(0, 20, 3), 0, 255)
        canvas += share[..., None] * (colour - canvas)
        rle = encode_rle(share >= 0.5)
        annotation = {
            "category_id": category["id"],
            "segmentation": rle,
            "bbox": rle_bbox(rle),
            "area": rle_area(rle),
            "iscrowd": 0,
        }
        if keypoints is not None:
            annotation["keypoints"] = [float(v) for x, y in keypoints for v in (round(x, 2), round(y, 2), 2)]
            annotation["num_keypoints"] = len(keypoints)
        annotations.append(annotation)
    canvas += rng.normal(0, 4, canvas.shape)
    return np.clip(canvas, 0, 255).astype(np.uint8), annotations


def _outline(
    kind: str, centre: NDArray[np.float64], radius: float, angle: float
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Corners P×2 of a figure in pixels, and its keypoints."""
    if kind == "disc":
        turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
        return centre + radius * np.stack([np.cos(turn), np.sin(turn)], axis=1), None
    if kind == "square":
        turn = angle + np.arange(4) * np.pi / 2
        return centre + radius * np.stack([np.cos(turn), np.sin(turn)], axis=1), None
    # Tip, left, the notch between the barbs, right.
    corners = np.array([[1.0, 0.0], [-0.75, -0.65], [-0.3, 0.0], [-0.75, 0.65]])
    turned = corners @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    outline = centre + radius * turned
    return outline, outline


def _share(outline: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """The part of each pixel that the figure covers, 0 to 1."""
    fine = np.zeros((size * FINE, size * FINE), dtype=np.uint8)
    cv2.fillPoly(fine, [np.round(outline * FINE).astype(np.int32)], 1)
    return cv2.resize(fine.astype(np.float64), (size, size), interpolation=cv2.INTER_AREA)
