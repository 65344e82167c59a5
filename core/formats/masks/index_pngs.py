"""PNGs whose pixels are numbers of objects or classes, with or without a palette."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.datasets.images import PIXEL_LIMIT

_FORMATS = ("PNG", "TIFF", "BMP", "GIF")  # those that keep numbers


def voc_palette() -> NDArray[np.uint8]:
    """Pascal VOC's 256 colours: the bits of a number spread over red, green and blue. 256×3."""
    colours = np.zeros((256, 3), dtype=np.uint8)
    for number in range(256):
        for bit in range(8):
            colours[number, bit % 3] |= ((number >> bit) & 1) << (7 - bit // 3)
    return colours


@cache
def _numbers_of_palette() -> dict[tuple[int, int, int], int]:
    return {(r, g, b): number for number, (r, g, b) in reversed(list(enumerate(voc_palette().tolist())))}


def number_of_colour(red: int, green: int, blue: int) -> int:
    """What `read_numbers` makes of a colour, 0..255 each: its number in Pascal VOC's palette, else one above 255."""
    known = _numbers_of_palette().get((red, green, blue))
    return 256 + ((red << 16) | (green << 8) | blue) if known is None else known


def read_numbers(path: Path, name: str, by_colour: bool = False) -> NDArray[np.int64]:
    """The number of each pixel, H×W: a palette's index, a grey value, or a number for each colour of a coloured PNG.

    Colours of Pascal VOC's palette are their numbers there, others get numbers above 255; what is transparent is 0.
    `by_colour`: of a PNG with a palette the colours count, too. Raises ValueError in one line for what is no such
    picture.
    """
    try:
        with Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > PIXEL_LIMIT:
                raise ValueError(f"{name}: more than {PIXEL_LIMIT / 1e6:g} megapixels")
            image.load()
            if (image.mode == "P" and not by_colour) or image.mode in ("L", "1") or image.mode.startswith("I"):
                return np.asarray(image).astype(np.int64)
            coloured = np.asarray(image.convert("RGBA")).astype(np.int64)
    except ValueError:
        raise
    except Exception:  # decoders raise whatever their format suggests
        raise ValueError(f"{name}: not a PNG, or damaged") from None
    packed = (coloured[..., 0] << 16) | (coloured[..., 1] << 8) | coloured[..., 2]
    packed[coloured[..., 3] == 0] = 0
    colours, where = np.unique(packed, return_inverse=True)
    named = [number_of_colour(colour >> 16, (colour >> 8) & 255, colour & 255) for colour in colours.tolist()]
    return np.asarray(named, dtype=np.int64)[where].reshape(packed.shape)


def has_colours(path: Path) -> bool:
    """Whether a picture has colours, in a palette too, and is not grey alone; False for what is no such picture."""
    try:
        with Image.open(path, formats=_FORMATS) as image:
            return image.mode not in ("L", "1", "LA") and not image.mode.startswith("I")
    except Exception:  # decoders raise whatever their format suggests; reading it says so
        return False


def save_indexed(numbers: NDArray[np.uint8], path: Path) -> None:
    """A PNG of numbers 0..255 in Pascal VOC's colours."""
    image = Image.frombytes("P", (numbers.shape[1], numbers.shape[0]), numbers.tobytes())
    image.putpalette(voc_palette().ravel().tolist())
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, format="PNG")
