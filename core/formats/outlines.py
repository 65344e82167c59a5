"""One closed polygon that stands for a mask of several parts and with holes, for formats that have nothing else.

Its parts and holes hang together by bridges, lines that are walked there and back: by the even-odd rule, by which
pycocotools fills, they enclose nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.contours import outer_rings
from core.formats.content import Object
from core.masks import polygons_to_rle, rle_iou

_MOST_PAIRS = 4_000_000  # of corners between which the shortest bridge is looked for

Points = NDArray[np.float64]  # K×2


def single_polygon(thing: Object) -> list[float]:
    """A polygon that rasterises to exactly the object's pixels; its own where it has one alone."""
    if isinstance(thing.segmentation, list):
        if len(thing.segmentation) == 1:
            return list(thing.segmentation[0])
        polygon = bridged([np.asarray(part, dtype=np.float64).reshape(-1, 2) for part in thing.segmentation])
        # Parts that overlap would cancel each other there.
        if rle_iou(polygons_to_rle([polygon], *thing.size), thing.rle) == 1:
            return polygon
    return bridged(rings_of(thing.bitmap))


def rings_of(bitmap: NDArray[np.uint8]) -> list[Points]:
    """The outlines of a mask and, turned the other way, of its holes: filled by the even-odd rule they are the mask."""
    rings: list[Points] = []
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(bitmap, connectivity=4)
    for label in range(1, count):
        left, top, width, height = boxes[label, :4].tolist()
        part = (labels[top : top + height, left : left + width] == label).astype(np.uint8)
        corner = np.array([left, top], dtype=np.float64)
        rings.append(outer_rings(part)[0] + corner)
        rings += [hole[::-1] + corner for hole in outer_rings(_holes(part))]
    return rings


def _holes(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The gaps that a mask encloses; one that reaches the outside over a corner is none, as in `outer_rings`."""
    _, labels = cv2.connectedComponents(np.pad(1 - part, 1, constant_values=1), connectivity=8)
    holes: NDArray[np.uint8] = ((part == 0) & (labels[1:-1, 1:-1] != labels[0, 0])).astype(np.uint8)
    return holes


def bridged(rings: Sequence[Points]) -> list[float]:
    """One polygon of all rings: from each, a bridge to the nearest corner of those that hang together already."""
    path = rings[0]
    for ring in rings[1:]:
        at, start = 0, 0
        if len(path) * len(ring) <= _MOST_PAIRS:
            distances = ((path[:, None, :] - ring[None, :, :]) ** 2).sum(axis=2)
            at, start = divmod(int(distances.argmin()), len(ring))
        loop = np.roll(ring, -start, axis=0)
        path = np.concatenate([path[: at + 1], loop, loop[:1], path[at:]])
    return path.ravel().tolist()
