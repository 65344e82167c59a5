"""Images that say of themselves where each pixel came from, with targets to be transformed beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.datasets.box_masks import box_mask
from core.masks import encode_rle, paste_in_box

Scene = tuple[Tensor, dict[str, Any]]


def scene(seed: int, height: int, width: int, objects: int = 3, largest: int = 28, box_masks: bool = False) -> Scene:
    """An image whose first two channels are the x and y of each pixel's centre, as shares of its size, and a target.

    Objects are speckled bitmaps in whole-pixel boxes of up to `largest` pixels, four box mask cells to a pixel and
    more unless they are larger; each has three keypoints.
    """
    rng = np.random.default_rng(seed)
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    image = np.stack([np.broadcast_to(x, (height, width)), np.broadcast_to(y[:, None], (height, width))] * 2)[:3]
    bitmaps = np.zeros((objects, height, width), dtype=np.uint8)
    boxes = np.zeros((objects, 4), dtype=np.float32)
    keypoints = np.zeros((objects, 3, 3), dtype=np.float32)
    for number in range(objects):
        w, h = rng.integers(2, min(largest, width) + 1), rng.integers(2, min(largest, height) + 1)
        left, top = rng.integers(0, width - w + 1), rng.integers(0, height - h + 1)
        bitmap = rng.random((h, w)) < 0.6
        bitmap[0, 0] = bitmap[-1, -1] = True  # so that the box is the bitmap's
        bitmaps[number, top : top + h, left : left + w] = bitmap
        boxes[number] = left, top, left + w, top + h
        # At the centres of pixels, of which each is in one place only.
        points = np.stack([left + rng.integers(0, w, 3), top + rng.integers(0, h, 3)], axis=1) + 0.5
        visibility = rng.integers(0, 3, 3)
        keypoints[number] = np.concatenate([points, visibility[:, None]], axis=1) * (visibility[:, None] > 0)
    target: dict[str, Any] = {
        "boxes": torch.from_numpy(boxes),
        "labels": torch.from_numpy(rng.integers(1, 3, objects)),
        "iscrowd": torch.zeros(objects, dtype=torch.bool),
        "area": torch.from_numpy(bitmaps.sum((1, 2))).float(),
        "has_mask": torch.ones(objects, dtype=torch.bool),
        "image_id": seed,
        "keypoints": torch.from_numpy(keypoints),
        "masks": torch.from_numpy(bitmaps),
    }
    if box_masks:
        target["box_masks"] = to_box_masks(target.pop("masks"), target["boxes"])
    return torch.from_numpy(image.astype(np.float32)), target


def to_box_masks(masks: Tensor, boxes: Tensor) -> Tensor:
    """The box masks that `CocoDataset` would give for bitmaps of an image."""
    height, width = masks.shape[1:]
    cells = [box_mask(encode_rle(m.numpy()), b, height, width) for m, b in zip(masks, boxes.numpy(), strict=True)]
    return torch.from_numpy(np.stack(cells)) if cells else torch.zeros((0, 112, 112), dtype=torch.uint8)


def bitmaps_of(target: dict[str, Any], height: int, width: int) -> NDArray[np.bool_]:
    """N×H×W: the pixels of each object, painted from the box masks where there are only those."""
    if "masks" in target:
        return target["masks"].bool().numpy()
    painted = np.zeros((len(target["boxes"]), height, width), dtype=bool)
    for bitmap, cells, box in zip(painted, target["box_masks"].numpy(), target["boxes"].numpy(), strict=True):
        crop, left, top = paste_in_box(cells, box, height, width)
        bitmap[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
    return painted


def extent(bitmap: NDArray[np.bool_]) -> list[int]:
    """x0, y0, x1, y1 of what a bitmap shows, by looking for it."""
    rows, columns = np.nonzero(bitmap.any(axis=1))[0], np.nonzero(bitmap.any(axis=0))[0]
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]
