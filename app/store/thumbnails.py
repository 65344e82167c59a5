"""A thumbnail with the accepted objects on it, as the gallery shows it."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.store.remarks.attributes import z_order_of
from app.store.tables import Category, Instance
from app.store.tables import Image as Stored
from core.masks import segmentation_to_rle
from core.run_lengths import run_lengths

_FILL = 0.35  # how much of the class's colour lies over the picture
_UNKNOWN = "#9aa4b2"  # the colour of a class that is not there
_SUBPIXEL = 4  # bits of a coordinate behind the point


class Shape(NamedTuple):
    """What of an object is drawn: its segmentation and box in pixels of the image, and "#rrggbb"."""

    segmentation: Any
    bbox: list[float]
    color: str


def colors_of(session: Session) -> dict[int, str]:
    """The colour of each class."""
    rows = session.execute(select(Category.id, Category.color).where(Category.state != "removed"))
    return {row.id: row.color for row in rows}


def accepted_shapes(session: Session, image: Stored, colors: dict[int, str]) -> list[Shape]:
    """The accepted objects of an image, what lies at the bottom first; of equals the large ones."""
    chosen = select(Instance).where(Instance.image_id == image.id, Instance.status == "accepted")
    rows = session.scalars(chosen.order_by(Instance.area.desc(), Instance.id))
    return [
        Shape(instance.segmentation, instance.bbox, colors.get(instance.category_id, _UNKNOWN))
        for instance in sorted(rows, key=lambda row: z_order_of(row.extra))
    ]


def with_objects(thumbnail: bytes, shapes: Iterable[Shape], width: int, height: int) -> bytes:
    """The thumbnail of an image of `width` × `height` pixels as a WebP with the shapes on it, the last on top."""
    pixels = np.asarray(Image.open(BytesIO(thumbnail)).convert("RGB")).copy()
    high, wide = pixels.shape[:2]
    step = (width / wide, height / high)  # pixels of the image in one of the thumbnail
    for shape in shapes:
        x, y, across, down = shape.bbox
        left, top = max(0, int(x / step[0]) - 1), max(0, int(y / step[1]) - 1)
        right, bottom = min(wide, int((x + across) / step[0]) + 2), min(high, int((y + down) / step[1]) + 2)
        if right <= left or bottom <= top:
            continue
        columns, rows = (np.arange(left, right) + 0.5) * step[0], (np.arange(top, bottom) + 0.5) * step[1]
        if isinstance(shape.segmentation, list):
            mask = _of_polygons(shape, columns, rows, step)
        else:
            mask = _of_runs(shape.segmentation, columns, rows, width, height)
        if not mask.any():  # smaller than a pixel of the thumbnail
            mask[len(rows) // 2, len(columns) // 2] = 1
        _paint(pixels[top:bottom, left:right], mask, shape.color)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=80, method=2)
    return buffer.getvalue()


def _paint(part: NDArray[np.uint8], mask: NDArray[np.uint8], color: str) -> None:
    rgb = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)])
    inside = mask.astype(bool)
    rim = inside & ~cv2.erode(mask, np.ones((3, 3), np.uint8), borderValue=0).astype(bool)
    part[inside] = (part[inside] * (1 - _FILL) + rgb * _FILL).astype(np.uint8)
    part[rim] = rgb


def _of_polygons(
    shape: Shape, columns: NDArray[np.float64], rows: NDArray[np.float64], step: tuple[float, float]
) -> NDArray[np.uint8]:
    mask = np.zeros((len(rows), len(columns)), np.uint8)
    x, y, across, down = shape.bbox
    box = [x, y, x + across, y, x + across, y + down, x, y + down]
    for ring in shape.segmentation or [box]:
        points = (np.asarray(ring, float).reshape(-1, 2) - [columns[0], rows[0]]) / step
        cv2.fillPoly(mask, [np.rint(points * 2**_SUBPIXEL).astype(np.int32)], (1,), shift=_SUBPIXEL)
    return mask


def _of_runs(
    segmentation: object, columns: NDArray[np.float64], rows: NDArray[np.float64], width: int, height: int
) -> NDArray[np.uint8]:
    """The pixels at places of the image: what it costs grows with the thumbnail and the outline, not with the image."""
    runs = run_lengths(segmentation_to_rle(segmentation, height, width)["counts"].encode())
    across, down = np.minimum(columns.astype(int), width - 1), np.minimum(rows.astype(int), height - 1)
    places = across[None, :] * height + down[:, None]
    before: NDArray[np.int64] = np.searchsorted(np.cumsum(runs), places, side="right")
    return (before % 2).astype(np.uint8)
