"""Bitmaps of objects resampled over their own boxes: mask targets whose cost does not grow with the image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pycocotools import mask as coco_mask

from core.masks import decode_rle, segmentation_to_rle

BOX_MASK_SIZE = 112  # cells a side: four for each cell of a 28×28 mask target


def box_mask(
    segmentation: Any, box: ArrayLike, height: int, width: int, size: int = BOX_MASK_SIZE
) -> NDArray[np.uint8]:
    """uint8 size × size: a COCO segmentation of a height × width image, resampled over a box x0, y0, x1, y1.

    Raises ValueError for an empty box and for what `segmentation_to_rle` refuses.
    """
    x0, y0, x1, y1 = (float(value) for value in np.asarray(box))
    if x1 <= x0 or y1 <= y0:
        raise ValueError(f"box {[x0, y0, x1, y1]} is empty: no bitmap can be resampled over it")
    if not isinstance(segmentation, dict):
        # Polygons are drawn into the box's own frame; no bitmap of the image is made ...
        scale = np.array([size / (x1 - x0), size / (y1 - y0)])
        scaled = [(np.reshape(polygon, (-1, 2)) - (x0, y0)) * scale for polygon in segmentation]
        # ... unless they reach so far out of the box that drawing their edges there would take long.
        if scaled and all((np.abs(points) <= 20 * size).all() for points in scaled):
            drawn = coco_mask.merge(coco_mask.frPyObjects([points.ravel().tolist() for points in scaled], size, size))
            return decode_rle({"size": [size, size], "counts": drawn["counts"]})
    bitmap = decode_rle(segmentation_to_rle(segmentation, height, width))
    # Each cell is the pixel that its centre lies in.
    rows = np.floor(y0 + (np.arange(size) + 0.5) * (y1 - y0) / size).astype(np.int64)
    columns = np.floor(x0 + (np.arange(size) + 0.5) * (x1 - x0) / size).astype(np.int64)
    cells: NDArray[np.uint8] = bitmap[np.ix_(rows.clip(0, height - 1), columns.clip(0, width - 1))]
    return cells
