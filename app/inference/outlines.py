"""From a model's bitmap to an outline that a person can edit: few vertices, no specks, still the same mask."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.masks import (
    crop_has_holes,
    crop_to_polygons,
    crop_to_rle,
    polygons_to_mask,
)

MOST_VERTICES = 60
LEAST_IOU = 0.97  # of the outline with the bitmap
LARGEST_CROP = 1_000_000  # pixels of a bitmap that is looked at as it is
TOLERANCES = (0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0)  # pixels
LEAST_IOU_WITHIN_A_PIXEL = 0.93  # small masks: half a pixel is much of them, and following every stair is no use
SPECK_FRACTION = 0.01  # parts and holes below this share of the mask are noise of the model


def outline(crop: NDArray[np.uint8], left: int, top: int, height: int, width: int) -> Any:
    """The COCO segmentation of a bitmap that lies at (left, top) of a height × width image.

    Polygons with about 60 vertices at most, as far as an IoU of 0.97 with the bitmap allows (0.93 where that
    would take stairs of single pixels; a large one at a coarser grid); an RLE where the mask has a hole, which
    polygons cannot say; [] where it is empty.
    """
    rows, columns = crop.shape
    step = int(np.ceil((crop.size / LARGEST_CROP) ** 0.5))
    if step > 1:  # of an object on a huge picture: ten looks at all its pixels would take seconds
        size = max(1, columns // step), max(1, rows // step)
        crop = (cv2.resize((crop != 0).astype(np.float32), size, interpolation=cv2.INTER_AREA) >= 0.5).astype(np.uint8)
    crop = without_specks(crop)
    if not crop.any():
        return []
    if crop_has_holes(crop):
        whole = cv2.resize(crop, (columns, rows), interpolation=cv2.INTER_NEAREST) if step > 1 else crop
        return crop_to_rle(whole, left, top, height, width)
    scale = columns / crop.shape[1], rows / crop.shape[0]
    area = int(crop.sum())
    best = crop_to_polygons(crop, 0, 0)
    for tolerance in TOLERANCES:
        polygons = crop_to_polygons(crop, 0, 0, tolerance)
        drawn = polygons_to_mask(polygons, *crop.shape)
        common = int(np.count_nonzero(drawn & crop))
        least = LEAST_IOU if tolerance > TOLERANCES[0] else LEAST_IOU_WITHIN_A_PIXEL
        if common < least * (area + int(drawn.sum()) - common):
            break
        best = polygons
        if sum(len(polygon) for polygon in polygons) <= 2 * MOST_VERTICES:
            break
    placed = [np.reshape(polygon, (-1, 2)) * scale + (left, top) for polygon in best]
    return [(polygon.round(2) if step > 1 else polygon).ravel().tolist() for polygon in placed]


def without_specks(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The bitmap without parts and without holes that are tiny beside it; its largest part always stays."""
    crop = (crop != 0).astype(np.uint8)
    limit = max(3.0, SPECK_FRACTION * float(crop.sum()))
    crop = _without_small_parts(crop, limit)
    padded = np.pad(1 - crop, 1, constant_values=1)
    return 1 - _without_small_parts(padded, limit)[1:-1, 1:-1]


def _without_small_parts(bitmap: NDArray[np.uint8], limit: float) -> NDArray[np.uint8]:
    number, labels, figures, _ = cv2.connectedComponentsWithStats(bitmap, connectivity=8)
    if number <= 2:
        return bitmap
    areas = figures[:, cv2.CC_STAT_AREA].astype(np.float64)
    areas[0] = 0
    keep = areas >= limit
    keep[int(areas.argmax())] = True
    keep[0] = False
    kept: NDArray[np.uint8] = keep[labels].astype(np.uint8)
    return kept


def exact_outline(crop: NDArray[np.uint8], left: int, top: int, height: int, width: int) -> object:
    """The COCO segmentation of a bitmap as `outline` gives it, but to the pixel and with every speck."""
    if crop_has_holes(crop):
        return crop_to_rle(crop, left, top, height, width)
    return [(np.reshape(polygon, (-1, 2)) + (left, top)).ravel().tolist() for polygon in crop_to_polygons(crop, 0, 0)]
