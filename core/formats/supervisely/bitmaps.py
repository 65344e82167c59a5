"""Supervisely's bitmaps: a PNG, mostly zlib-compressed once more, in base64, whose alpha or grey is the mask."""

from __future__ import annotations

import base64
import binascii
import zlib
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.formats.shapes import placed_mask
from core.masks import Rle

_HEAD = 65536  # bytes of a PNG beside its pixels
_PIXEL = 4  # bytes of one, not compressed


def decode_bitmap(data: object, origin: object, height: int, width: int) -> Rle:
    """The RLE over a height × width image of a bitmap whose upper left corner is at `origin` (x, y).

    ValueError where it cannot be read, or is larger than the image.
    """
    if not isinstance(data, str) or not (isinstance(origin, list) and len(origin) == 2):
        raise ValueError("a bitmap without its data or its origin")
    try:
        png = base64.b64decode(data)
        if not png.startswith(b"\x89PNG"):
            png = _inflated(png, _HEAD + _PIXEL * height * width)
        with Image.open(BytesIO(png), formats=("PNG",)) as image:
            if image.width > width or image.height > height:
                raise ValueError("a bitmap larger than its image")
            crop = _mask_of(image)
    except (binascii.Error, zlib.error, OSError, SyntaxError, Image.DecompressionBombError):
        raise ValueError("a bitmap whose PNG is damaged") from None
    return placed_mask(crop, origin[0], origin[1], height, width)


def encode_bitmap(bitmap: NDArray[np.uint8]) -> dict[str, object]:
    """Data and origin of a mask, as Supervisely has them: a palette whose first colour is transparent."""
    left, top, width, height = cv2.boundingRect(bitmap)
    image = Image.fromarray(bitmap[top : top + height, left : left + width])
    image.putpalette([0, 0, 0, 255, 255, 255])
    file = BytesIO()
    image.save(file, format="PNG", transparency=0)
    return {"data": base64.b64encode(zlib.compress(file.getvalue())).decode("ascii"), "origin": [left, top]}


def _inflated(data: bytes, limit: int) -> bytes:
    """What zlib packed, which is not larger than a PNG of the image can be."""
    packed = zlib.decompressobj()
    png = packed.decompress(data, limit)
    if packed.unconsumed_tail:
        raise ValueError("a bitmap larger than its image")
    return png


def _mask_of(image: Image.Image) -> NDArray[np.bool_]:
    if "A" in image.mode or "transparency" in image.info:
        alpha: NDArray[np.bool_] = np.asarray(image.convert("RGBA"))[:, :, 3] != 0
        return alpha
    values: NDArray[np.bool_] = np.asarray(image) != 0
    inside: NDArray[np.bool_] = np.any(values.reshape(*values.shape[:2], -1), axis=2)
    return inside
