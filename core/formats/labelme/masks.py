"""labelme's mask shapes: a PNG in base64 that lies between two corners of the image."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.formats.files import Folder, joined, parent, stem, suffix
from core.formats.pictures import tidy_name
from core.formats.shapes import placed_mask
from core.masks import Rle


def pasted_mask(png: object, corners: list[float], height: int, width: int) -> Rle:
    """The RLE of a mask shape; ValueError where its PNG cannot be read, or is larger than the image."""
    if not isinstance(png, str) or len(corners) < 2:
        raise ValueError("a mask without its PNG or its corner")
    try:
        with Image.open(BytesIO(base64.b64decode(png)), formats=("PNG",)) as image:
            if image.width > width or image.height > height:
                raise ValueError("a mask larger than its image")
            crop = np.asarray(image.convert("L")) != 0
    except (binascii.Error, OSError, SyntaxError, Image.DecompressionBombError):
        raise ValueError("a mask whose PNG is damaged") from None
    return placed_mask(crop, min(corners[::2]), min(corners[1::2]), height, width)


def size_inside(data: Any) -> tuple[int, int] | None:
    """Height and width of the picture that old versions keep inside the JSON; None where there is none."""
    try:
        with Image.open(BytesIO(base64.b64decode(data)), formats=("JPEG", "PNG", "BMP", "WEBP")) as image:
            return image.height, image.width
    except (TypeError, ValueError, OSError, SyntaxError, Image.DecompressionBombError):
        return None


def write_pictures_inside(folder: Folder, wanted: Callable[[str], bool]) -> list[str]:
    """Write the pictures that labelme keeps inside its JSONs beside these; the names of those that are `wanted`.

    `wanted` is asked with the picture's name in the folder. One that is there is left alone, one that is damaged is
    passed over: its JSON is read all the same. Where several files name one picture, each has its own, called as it is.
    """
    files = [
        name for name, outline in folder.json_files() if not outline.is_list and {"shapes", "imageData"} <= outline.keys
    ]
    named = {name: _picture_of(name, folder.json(name)) for name in files}
    times = Counter(named.values())
    written = []
    for name, picture in named.items():
        if times[picture] > 1:
            picture = stem(name) + suffix(picture)
        data = folder.json(name)["imageData"]
        if size_inside(data) is None or folder.path(picture).exists() or not wanted(picture):
            continue
        with suppress(OSError):  # a name that no disk takes
            folder.path(picture).write_bytes(base64.b64decode(data))
            written.append(picture)
    return written


def _picture_of(name: str, data: Any) -> str:
    """The picture beside a JSON, as that names it."""
    base = tidy_name(str(data.get("imagePath") or "")).rpartition("/")[2]
    return joined(parent(name), base) if base else f"{stem(name)}.png"


def mask_shape(bitmap: NDArray[np.uint8]) -> dict[str, object]:
    """Points, kind and PNG of a mask shape; its second corner is the last pixel, as labelme has it."""
    left, top, width, height = cv2.boundingRect(bitmap)
    crop = bitmap[top : top + height, left : left + width]
    file = BytesIO()
    Image.fromarray(crop.astype(bool)).save(file, format="PNG")
    return {
        "points": [[left, top], [left + width - 1, top + height - 1]],
        "shape_type": "mask",
        "mask": base64.b64encode(file.getvalue()).decode("ascii"),
    }
