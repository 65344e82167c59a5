"""Polygon ↔ run-length encoding ↔ bitmap, and what can be read off them.

A mask pixel (r, c) covers [c, c+1) × [r, r+1). A polygon traced from a mask runs along pixel edges: a 10×10 block
at (5, 5) is [5, 5, 15, 5, 15, 15, 5, 15], and rasterising it gives back exactly that block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from pycocotools import mask as coco_mask

from core.contours import outer_rings, simplify_ring
from core.paste import paste_in_box
from core.run_lengths import checked_runs

__all__ = [
    "Polygon",
    "Rle",
    "bitmap_iou",
    "crop_has_holes",
    "crop_to_polygons",
    "crop_to_rle",
    "decode_rle",
    "encode_rle",
    "mask_has_holes",
    "mask_to_polygons",
    "paste_in_box",
    "polygon_area",
    "polygons_bbox",
    "polygons_to_mask",
    "polygons_to_rle",
    "rle_area",
    "rle_bbox",
    "rle_iou",
    "segmentation_area",
    "segmentation_bbox",
    "segmentation_to_rle",
    "validate_segmentation",
]

Polygon = list[float]  # x0, y0, x1, y1, …


class Rle(TypedDict):
    """Compressed COCO run-length encoding, column by column; what JSON can hold."""

    size: list[int]  # height, width
    counts: str


# -- bitmap ↔ RLE -----------------------------------------------------------------------------------


def encode_rle(mask: NDArray[np.generic]) -> Rle:
    """The RLE of an H×W bitmap (bool or number; everything but 0 is mask)."""
    return _as_text(coco_mask.encode(np.asfortranarray(mask != 0, dtype=np.uint8)))


def decode_rle(rle: Rle | dict[str, Any]) -> NDArray[np.uint8]:
    """The uint8 H×W bitmap of 0 and 1 that an RLE stands for: counts as text, as bytes or as a list of runs."""
    height, width = (int(value) for value in rle["size"])
    runs = checked_runs(rle, height, width)
    values = np.arange(len(runs), dtype=np.uint8) & 1
    return np.repeat(values, runs).reshape(width, height).T


def crop_to_rle(crop: NDArray[np.generic], left: int, top: int, height: int, width: int) -> Rle:
    """The RLE over a height × width image of a bitmap that lies in it at (left, top), without that image being made.

    Raises ValueError where the crop reaches beyond the image.
    """
    crop_height, crop_width = crop.shape
    if crop.size and not (0 <= left <= width - crop_width and 0 <= top <= height - crop_height):
        raise ValueError(f"a {crop_width}×{crop_height} crop at ({left}, {top}) reaches beyond {width}×{height}")
    # A closing zero below each column (and one before the first) ends every run inside its column.
    columns = np.zeros((crop_width, crop_height + 1), dtype=np.uint8)
    columns[:, :crop_height] = crop.T != 0
    flat = np.concatenate([np.zeros(1, dtype=np.uint8), columns.ravel()])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    column, row = np.divmod(changes, crop_height + 1)
    bounds = (column + left) * height + row + top
    # Runs that touch over the seam of two full-height columns are one run.
    touching = np.flatnonzero(bounds[1:] == bounds[:-1])
    bounds = np.delete(bounds, np.concatenate([touching, touching + 1]))
    counts = np.diff(bounds, prepend=0, append=height * width)
    if counts[-1] == 0:
        counts = counts[:-1]
    return _as_text(coco_mask.frPyObjects({"size": [height, width], "counts": counts.tolist()}, height, width))


# -- polygons ↔ bitmap ------------------------------------------------------------------------------


def polygons_to_rle(polygons: Sequence[Sequence[float]], height: int, width: int) -> Rle:
    """The RLE of the union of polygons over a height × width image; an empty one for no polygons.

    Raises ValueError where `validate_segmentation` does.
    """
    validate_segmentation(polygons, height, width)
    if not polygons:
        return crop_to_rle(np.zeros((0, 0), dtype=np.uint8), 0, 0, height, width)
    return _as_text(coco_mask.merge(coco_mask.frPyObjects([list(polygon) for polygon in polygons], height, width)))


def polygons_to_mask(polygons: Sequence[Sequence[float]], height: int, width: int) -> NDArray[np.uint8]:
    """The uint8 height × width bitmap of 0 and 1 of the union of polygons."""
    return decode_rle(polygons_to_rle(polygons, height, width))


def mask_to_polygons(mask: NDArray[np.generic], tolerance: float = 0.0) -> list[Polygon]:
    """The outlines of an H×W bitmap along pixel edges, one a connected part, holes left out.

    With tolerance 0 rasterising them gives the mask back exactly (its holes closed); otherwise points are left out
    as far as `simplify_ring` lets `tolerance` pixels go. A polygon has at least 3 points and, however small its part
    of the mask, never rasterises to nothing.
    """
    return crop_to_polygons(mask, 0, 0, tolerance)


def crop_to_polygons(crop: NDArray[Any], left: int, top: int, tolerance: float = 0.0) -> list[Polygon]:
    """`mask_to_polygons` of a bitmap that lies in its image at (left, top)."""
    polygons = []
    for ring in outer_rings(crop):
        points = simplify_ring(ring, tolerance)
        if len(points) < len(ring) and not _covers_a_pixel(points):
            points = ring.astype(np.float64)
        polygons.append((points + np.array([left, top])).ravel().tolist())
    return polygons


def mask_has_holes(mask: NDArray[np.generic]) -> bool:
    """Whether polygons, which are filled, would lose something of an H×W bitmap: some gap in it is enclosed."""
    # Around the mask there is one background part; any further one is a hole. 8-connected, as in `outer_rings`.
    background = np.pad(mask == 0, 1, constant_values=True).astype(np.uint8)
    parts, _ = cv2.connectedComponents(background, connectivity=8)
    return bool(parts > 2)


crop_has_holes = mask_has_holes


# -- COCO segmentations -----------------------------------------------------------------------------


def segmentation_to_rle(segmentation: Any, height: int, width: int) -> Rle:
    """The RLE of a COCO segmentation over a height × width image: polygons, runs as a list, or compressed runs.

    Raises ValueError where `validate_segmentation` does.
    """
    if not isinstance(segmentation, dict):
        return polygons_to_rle(segmentation, height, width)
    validate_segmentation(segmentation, height, width)
    counts = segmentation["counts"]
    if isinstance(counts, bytes):
        counts = counts.decode("ascii")
    if isinstance(counts, str):
        return {"size": [height, width], "counts": counts}
    return _as_text(coco_mask.frPyObjects({"size": [height, width], "counts": list(counts)}, height, width))


def segmentation_area(segmentation: object, height: int, width: int) -> float:
    """The pixels that a COCO segmentation covers in a height × width image; parts that overlap count once."""
    return rle_area(segmentation_to_rle(segmentation, height, width))


def segmentation_bbox(segmentation: Any, height: int, width: int) -> list[float]:
    """The x, y, width, height that enclose a COCO segmentation within its height × width image.

    Polygons keep their fractions of a pixel; [0, 0, 0, 0] for no polygons and for an RLE without a pixel.
    """
    if isinstance(segmentation, dict):
        return rle_bbox(segmentation_to_rle(segmentation, height, width))
    validate_segmentation(segmentation, height, width)
    return polygons_bbox(segmentation, height, width)


def polygons_bbox(polygons: Sequence[Sequence[float]], height: int, width: int) -> list[float]:
    """`segmentation_bbox` of polygons that are known to be valid."""
    if not polygons:
        return [0.0, 0.0, 0.0, 0.0]
    points = np.concatenate([np.asarray(polygon, dtype=np.float64).reshape(-1, 2) for polygon in polygons])
    points = np.clip(points, 0, (width, height))
    low, high = points.min(axis=0), points.max(axis=0)
    return [*low.tolist(), *(high - low).tolist()]


def validate_segmentation(segmentation: object, height: int, width: int) -> None:
    """Raises ValueError, in one line, for what is no COCO segmentation of a height × width image.

    No polygons ([]) are valid: an object with nothing but a box. So are polygons that reach a little beyond the image.
    """
    if isinstance(segmentation, dict):
        checked_runs(segmentation, height, width)
        return
    if not isinstance(segmentation, (list, tuple)):
        raise ValueError(f"segmentation is {type(segmentation).__name__}: a list of polygons or an RLE is needed")
    if segmentation and isinstance(segmentation[0], (int, float)):
        raise ValueError("segmentation is one list of numbers: write [[x, y, …]] with a list for each polygon")
    for number, polygon in enumerate(segmentation):
        _validate_polygon(number, polygon, height, width)


def _validate_polygon(number: int, polygon: object, height: int, width: int) -> None:
    name = f"segmentation polygon {number}"
    if not isinstance(polygon, (list, tuple)):
        raise ValueError(f"{name} is {type(polygon).__name__}: a list of numbers x0, y0, x1, y1, … is needed")
    try:
        values = np.asarray(polygon)
    except ValueError:
        values = np.asarray(["nested"])
    if values.size and (values.ndim != 1 or values.dtype.kind not in "iuf"):
        raise ValueError(f"{name} holds something that is not a number: x0, y0, x1, y1, … are needed")
    if len(polygon) < 6:
        raise ValueError(f"{name} has {len(polygon)} numbers: at least 3 points, 6 numbers, are needed")
    if len(polygon) % 2:
        raise ValueError(f"{name} has {len(polygon)} numbers: an x or a y is missing")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} has a coordinate that is not finite (NaN or infinity)")
    points = values.reshape(-1, 2)
    # pycocotools draws every edge pixel by pixel, so that one absurd coordinate could fill the memory.
    if (points < (-width - 1, -height - 1)).any() or (points > (2 * width + 1, 2 * height + 1)).any():
        raise ValueError(f"{name} lies far outside the image of {width}×{height} pixels")


# -- figures ----------------------------------------------------------------------------------------


def rle_area(rle: Rle) -> float:
    """The pixels of a compressed RLE."""
    return float(coco_mask.area(rle))


def rle_bbox(rle: Rle) -> list[float]:
    """The x, y, width, height of the pixels of a compressed RLE; [0, 0, 0, 0] where it has none."""
    box: list[float] = coco_mask.toBbox(rle).tolist()
    return box


def bitmap_iou(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Intersection over union of two bitmaps H×W of 0 and 1; 1 where both are empty."""
    union = np.count_nonzero(first | second)
    return np.count_nonzero(first & second) / union if union else 1.0


def rle_iou(first: Rle, second: Rle) -> float:
    """Intersection over union of two compressed RLEs of one image size; 0 where both are empty."""
    return float(coco_mask.iou([first], [second], [0])[0, 0])


def polygon_area(polygon: ArrayLike) -> float:
    """The area that one polygon x0, y0, x1, y1, … encloses, in square pixels."""
    x, y = np.asarray(polygon, dtype=np.float64).reshape(-1, 2).T
    closing = x[-1] * y[0] - y[-1] * x[0]
    return float(abs(np.dot(x[:-1], y[1:]) - np.dot(y[:-1], x[1:]) + closing) / 2)


def _as_text(rle: dict[str, Any]) -> Rle:
    return {"size": [int(value) for value in rle["size"]], "counts": rle["counts"].decode("ascii")}


def _covers_a_pixel(points: NDArray[np.float64]) -> bool:
    """Whether rasterising a closed K×2 polygon sets any pixel."""
    low = np.floor(points.min(axis=0))
    width, height = (np.ceil(points.max(axis=0)) - low).astype(int).tolist()
    local = coco_mask.frPyObjects([(points - low).ravel().tolist()], max(height, 1), max(width, 1))
    return bool(coco_mask.area(local)[0] > 0)
