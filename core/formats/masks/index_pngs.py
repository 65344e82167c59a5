"""PNGs whose pixels are numbers of objects or classes, with or without a palette."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.datasets.images import PIXEL_LIMIT

_FORMATS = ("PNG", "TIFF", "BMP", "GIF", "JPEG")  # a JPEG keeps no numbers, but black and white
_MOST_GREY = 0.05  # of the pixels of a mask in black and white that a JPEG has blurred
WHITE = 255
_RGB_WHITE = 256 + 0xFFFFFF  # what `number_of_colour` makes of it


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
            if image.format == "JPEG":
                return _black_and_white(image, name)
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


def _black_and_white(image: Image.Image, name: str) -> NDArray[np.int64]:
    """0 and WHITE out of a JPEG, whose edges are blurred; ValueError where it is another picture."""
    grey = np.asarray(image.convert("L")).astype(np.int64)
    colours = np.asarray(image.convert("RGB")).astype(np.int64)
    is_grey = bool((np.ptp(colours, axis=2) < 32).all())
    if not is_grey or ((grey > 64) & (grey < 192)).mean() > _MOST_GREY or grey.max() < 128:
        raise ValueError(f"{name}: a JPEG that is not black and white, and keeps no numbers; save masks as PNG")
    return np.where(grey < 128, 0, WHITE)


def values_in(numbers: NDArray[np.int64]) -> list[int]:
    """The different numbers of a mask, the smallest first."""
    # Counting takes a tenth of the time that looking each one up takes.
    values = np.flatnonzero(np.bincount(numbers.ravel())) if numbers.max() <= WHITE else np.unique(numbers)
    found: list[int] = values.tolist()
    return found


def without_soft_edges(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """0 and WHITE of a mask that was drawn in white with soft edges; other numbers as they are.

    Shades of grey that are nowhere thicker than an edge are no objects of their own. White is WHITE in a coloured PNG,
    too, that has no other colours.
    """
    if (numbers == _RGB_WHITE).any():
        numbers = shades(numbers)
    between = (numbers > 0) & (numbers < WHITE)
    if numbers.max() != WHITE or len(np.unique(numbers[between])) < 3:
        return numbers
    core = cv2.erode(between.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0)
    is_edge = core.sum() <= _MOST_GREY * between.sum() and between.sum() < (numbers == WHITE).sum()
    return np.where(numbers < 128, 0, WHITE) if is_edge else numbers


def shades(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The greys, 0..255, of a coloured picture that has no other colours; other numbers as they are."""
    if numbers.max() <= WHITE:
        return numbers
    values, where = np.unique(numbers, return_inverse=True)
    packed = np.where(values > WHITE, values - 256, 0)
    packed[values == number_of_colour(128, 128, 128)] = 0x808080  # the one grey of Pascal VOC's palette
    greys = packed & 255
    if (packed != greys * 0x010101).any() or (packed[values != 0] == 0).any():
        return numbers
    return greys[where].reshape(numbers.shape)


def has_colours(path: Path) -> bool:
    """Whether a picture is kept in colours, in a palette too, be they grey; False for what is no such picture."""
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
