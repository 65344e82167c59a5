"""Circles, ellipses and turned boxes as polygons, bitmaps and holes as masks; lists of points out of JSON and text."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.coco.json_values import is_number
from core.masks import Rle, crop_to_rle, encode_rle, polygons_to_mask

_DEVIATION = 0.05  # pixels between a curve and the polygon that stands for it
_SIX_DECIMALS = 1e-6  # what tools write of a fraction
_LARGEST = 1e6  # pixels; nothing larger lies in an image


def ellipse_polygon(cx: float, cy: float, rx: float, ry: float, turned: float = 0.0) -> list[float]:
    """The polygon of an ellipse, or a circle, with corners enough; `turned` in radians, clockwise on the screen.

    Raises ValueError for what has no extent.
    """
    if not (0 < rx < _LARGEST and 0 < ry < _LARGEST and abs(cx) < _LARGEST and abs(cy) < _LARGEST):
        raise ValueError("a circle or ellipse without extent")
    corners = max(16, math.ceil(math.pi / math.acos(max(1 - _DEVIATION / max(rx, ry), 0.0))))
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    x, y = rx * np.cos(angle), ry * np.sin(angle)
    return _placed(np.stack([x, y], axis=1), cx, cy, turned)


def turned_box(box: Sequence[float], degrees: float, around_centre: bool) -> list[float]:
    """The corners of a box that is turned clockwise on the screen, around its centre or its upper left corner."""
    x, y, width, height = box
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float64)
    if not around_centre:
        return _placed(corners, x, y, math.radians(degrees))
    return _placed(corners - [width / 2, height / 2], x + width / 2, y + height / 2, math.radians(degrees))


def snapped(value: float, extent: int) -> float:
    """A coordinate that was a fraction of `extent`: on the whole pixel that its sixth decimal cannot tell it from.

    Else without what dividing and multiplying left behind the sixth decimal of a pixel: 100.5 stays 100.5, on which
    it depends to which pixel an edge belongs.
    """
    whole = float(round(value))
    return whole if abs(value - whole) <= _SIX_DECIMALS * extent else round(value, 6)


def flat_points(points: object) -> list[float]:
    """[[x, y], …] as x, y, …; ValueError where it is no such list of numbers."""
    if not isinstance(points, (list, tuple)):
        raise ValueError("no list of points")
    flat: list[float] = []
    for point in points:
        if not (isinstance(point, (list, tuple)) and len(point) >= 2 and is_number(point[0]) and is_number(point[1])):
            raise ValueError("a point that is not x, y")
        flat += [float(point[0]), float(point[1])]
    return flat


def box_around(flat: Sequence[float]) -> list[float]:
    """x, y, width, height around the points x, y, …; ValueError for fewer than two."""
    if len(flat) < 4:
        raise ValueError("a box of fewer than two points")
    left, top = min(flat[::2]), min(flat[1::2])
    return [left, top, max(flat[::2]) - left, max(flat[1::2]) - top]


def placed_mask(crop: NDArray[np.bool_], x: object, y: object, height: int, width: int) -> Rle:
    """The RLE over a height × width image of a bitmap whose upper left corner is at x, y; what lies outside is cut off.

    ValueError where x and y are no numbers of pixels.
    """
    if not (is_number(x) and is_number(y) and abs(x) < _LARGEST and abs(y) < _LARGEST):
        raise ValueError("a mask whose corner is not x, y")
    left, top = round(x), round(y)
    crop = crop[max(-top, 0) : max(height - top, 0), max(-left, 0) : max(width - left, 0)]
    return crop_to_rle(crop, max(left, 0) if crop.size else 0, max(top, 0) if crop.size else 0, height, width)


def mask_with_holes(outline: list[float], holes: Sequence[list[float]], height: int, width: int) -> Rle:
    """The RLE of a polygon without the polygons that are its holes; ValueError where the outline is none.

    A hole of fewer than three points is none.
    """
    bitmap = polygons_to_mask([outline], height, width)
    for hole in holes:
        if len(hole) >= 6:
            bitmap &= 1 - polygons_to_mask([hole], height, width)
    return encode_rle(bitmap)


def filled_rings(rings: Sequence[list[float]], height: int, width: int) -> list[list[float]] | Rle:
    """What several rings enclose by the even-odd rule: they themselves where none lies on another, else a mask.

    ValueError where one of them is no polygon.
    """
    inside = np.zeros((height, width), dtype=np.uint8)
    pixels = 0
    for ring in rings:
        bitmap = polygons_to_mask([ring], height, width)
        pixels += int(bitmap.sum())
        inside ^= bitmap
    return list(rings) if int(inside.sum()) == pixels else encode_rle(inside)


def _placed(points: NDArray[np.float64], x: float, y: float, turned: float) -> list[float]:
    cosine, sine = math.cos(turned), math.sin(turned)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    placed: list[float] = (points @ turn + [x, y]).ravel().tolist()
    return placed
