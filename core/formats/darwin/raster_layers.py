"""V7's raster layers: all masks of an image as one list of values and how many pixels each takes, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.coco.json_values import is_whole
from core.masks import Rle, encode_rle

_MOST_PIXELS = 2**31


def masks_of_layer(layer: object, height: int, width: int) -> dict[str, Rle]:
    """The mask of each annotation by its id; ValueError where the layer does not fill the image exactly."""
    runs = layer.get("dense_rle") if isinstance(layer, dict) else None
    numbers = layer.get("mask_annotation_ids_mapping") if isinstance(layer, dict) else None
    if not isinstance(runs, list) or not isinstance(numbers, dict):
        raise ValueError("a raster layer without dense_rle and mask_annotation_ids_mapping")
    labels = _pixels(runs, height, width)
    return {str(key): encode_rle(labels == value) for key, value in numbers.items() if is_whole(value)}


def _pixels(runs: list[Any], height: int, width: int) -> NDArray[np.int64]:
    """Height × width numbers of annotations."""
    if len(runs) % 2 or not all(is_whole(run) and 0 <= run <= _MOST_PIXELS for run in runs):
        raise ValueError("a raster layer whose dense_rle is not values and lengths in turns")
    pairs = np.asarray(runs, dtype=np.int64).reshape(-1, 2)
    if (total := int(pairs[:, 1].sum())) != height * width:
        raise ValueError(f"a raster layer of {total} pixels, not the {height * width} of the image")
    return np.repeat(pairs[:, 0], pairs[:, 1]).reshape(height, width)
