"""The one door through which images come in: anything that opens becomes an upright RGB uint8 array."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pi_heif
from numpy.typing import NDArray
from PIL import Image

PIXEL_LIMIT = 100_000_000
LARGE_PIXEL_LIMIT = 175_000_000  # of pictures that somebody means to work on; Pillow itself opens little more
ROWS = 1024  # that are converted at a time: a copy of a large picture is a gigabyte
SECONDS_LIMIT = 30.0  # of the processor: a JPEG of a megabyte can ask for thousands of passes over all its pixels
BLOCK = 2048  # bytes that a decoder gets at a time, so that the limit is looked at in between
# What is looked for in a folder; a file that is named is read whatever it is called.
IMAGE_SUFFIXES = frozenset(
    {".bmp", ".gif", ".heic", ".heif", ".jpeg", ".jpg", ".mpo", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)

# What is decoded, whatever else Pillow could open: PostScript, for one, runs a program on the file.
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "JPEG2000", "AVIF", "HEIF", "PPM")
pi_heif.register_heif_opener()  # photographs of phones; it turns them upright itself

ImageSource = str | os.PathLike[str] | bytes | Image.Image | NDArray[Any]

MOST_FRAMES_COUNTED = 1000
_ORIENTATION = 0x0112  # EXIF tag
_SUBFILE = 254  # TIFF tag: bit 0 of it marks a smaller copy of another page
_BITS_PER_SAMPLE = 258  # TIFF tag
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


Window = tuple[float, float]  # the part of the range of an image's numbers that becomes 0..255, each end 0..1


def read_image(
    source: ImageSource, *, name: str | None = None, pixel_limit: int = PIXEL_LIMIT, window: Window | None = None
) -> NDArray[np.uint8]:
    """An image as contiguous uint8 H×W×3 RGB, turned upright as its EXIF orientation says.

    `source` is a path, the bytes of a file, a PIL image or an array (H×W, or H×W×1, 3 or 4 in RGB order; bool, uint8,
    uint16 or float). `name` stands for it in messages. Greyscale, palette, CMYK and 16-bit images are converted,
    transparent parts become white, of an animation or of many pages the first is taken (see `frames_left_out`).

    Numbers of more than 8 bits are scaled from the smallest of 8, 10, 12, 14 and 16 bits that holds the largest of
    them, so that 12-bit cameras do not come out black; floats from 0..1, or from their own range where they exceed it;
    NaN becomes black. `window` (low, high) stretches a part of that range over 0..255, from numbers of all their bits.

    Raises FileNotFoundError for a file that is not there, and ValueError for one that is no image, is cut short, has
    more than `pixel_limit` pixels (known from its header, before anything is decoded) or takes too long to decode.
    """
    if window is not None and not 0 <= window[0] < window[1] <= 1:
        raise ValueError(f"window is {window}: two numbers from 0 to 1 are needed, the lower one first")
    if isinstance(source, np.ndarray):
        return _rgb_from_array(source, name or "image array", pixel_limit, window)
    if isinstance(source, Image.Image):
        return _rgb_from_pil(source, name or getattr(source, "filename", "") or "image", pixel_limit, window)
    if isinstance(source, (bytes, bytearray, memoryview)):
        name, data = name or "image", bytes(source)
    else:
        name, data = name or os.fspath(source), _existing(source).read_bytes()
    with _open(_Timed(data), name) as image:
        has_deep_colour = image.mode in ("RGB", "RGBA", "LA") and has_sixteen_bits(image)
        pixels = _rgb_from_pil(image, name, pixel_limit, window, deep=data if has_deep_colour else None)
    return pixels


def frames_left_out(source: bytes | str | os.PathLike[str]) -> int:
    """How many pages of a TIFF or frames of an animation `read_image` passes over; 0 for what it does not read.

    Smaller copies of a TIFF's page are none, nor are the pictures beside a photograph in a phone's JPEG. No more than
    `MOST_FRAMES_COUNTED` are counted: PIL needs hours for the pages of a TIFF that has hundreds of thousands.
    """
    left_out = 0
    try:
        with Image.open(_Timed(source) if isinstance(source, bytes) else Path(source), formats=FORMATS) as image:
            if image.format == "MPO":
                return 0
            if image.format != "TIFF":
                return min(getattr(image, "n_frames", 1) - 1, MOST_FRAMES_COUNTED)
            for number in range(1, MOST_FRAMES_COUNTED + 1):
                image.seek(number)
                left_out += not image.tag_v2.get(_SUBFILE, 0) & 1  # type: ignore[attr-defined]
            return left_out
    except TimeoutError:
        return MOST_FRAMES_COUNTED
    except Exception:  # the end of a TIFF; damage behind the first page hinders nobody
        return left_out


def image_size(path: str | os.PathLike[str] | bytes) -> tuple[int, int]:
    """Height and width that `read_image` would give, from the header of a file or of bytes alone; the same errors."""
    file, name = (BytesIO(path), "the image") if isinstance(path, bytes) else (_existing(path), os.fspath(path))
    with _open(file, name) as image:
        width, height = image.size
        # PIL swaps the size of a TIFF itself when it reads the header.
        turned = image.format != "TIFF" and _orientation(image) >= 5
        return (width, height) if turned else (height, width)


class _Timed(BytesIO):
    """The bytes of a file, which are no longer given once their decoding has taken too long."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.began = time.thread_time()

    def read(self, size: int | None = -1, /) -> bytes:
        if time.thread_time() - self.began > SECONDS_LIMIT:
            raise TimeoutError
        return super().read(size)


def has_sixteen_bits(image: Image.Image) -> bool:
    """Whether PIL, which has no mode for colour of more than 8 bits, would drop the lower half of each number."""
    if image.format == "TIFF":
        return 16 in image.tag_v2.get(_BITS_PER_SAMPLE, ())  # type: ignore[attr-defined]
    return image.format == "PNG" and any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))


def _deep_colour(data: bytes, height: int, width: int) -> NDArray[np.uint16] | None:
    """The uint16 RGB or RGBA numbers of a PNG or TIFF; None where OpenCV reads it in another way than PIL."""
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if pixels is None or pixels.dtype != np.uint16 or pixels.ndim != 3 or pixels.shape[:2] != (height, width):
        return None
    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}.get(pixels.shape[2])
    return None if order is None else np.asarray(pixels[:, :, order], dtype=np.uint16)


def _existing(path: str | os.PathLike[str]) -> Path:
    if not Path(path).is_file():
        raise FileNotFoundError(f"{os.fspath(path)}: there is no such image file")
    return Path(path)


def _open(file: BytesIO | Path, name: str) -> Image.Image:
    try:
        return Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError:
        raise ValueError(f"{name}: far too many pixels to be opened; make the image smaller") from None
    except Exception:  # damaged headers raise whatever the format's reader stumbles over
        raise ValueError(
            f"{name}: not an image in a format that is read "
            "(JPEG, PNG, WebP, TIFF, BMP, GIF, JPEG 2000, AVIF, HEIC), or damaged"
        ) from None


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) where there is none or the EXIF block is damaged."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except (SyntaxError, ValueError, TypeError, KeyError, OSError, EOFError, OverflowError):
        return 1


def _rgb_from_pil(
    image: Image.Image, name: str, pixel_limit: int, window: Window | None, deep: bytes | None = None
) -> NDArray[np.uint8]:
    """`deep` are the bytes of a file whose colour has more bits than PIL keeps."""
    width, height = image.size
    _check_size(height, width, name, pixel_limit)
    try:
        image.decodermaxblock = BLOCK  # type: ignore[attr-defined]  # of files that are not read yet
        image.load()
    except TimeoutError:
        raise ValueError(
            f"{name}: decoding takes more than {SECONDS_LIMIT:g} s; save it anew as a plain PNG or JPEG"
        ) from None
    except Exception as error:  # decoders raise whatever their format suggests: OSError, SyntaxError, struct.error …
        reason = " ".join(str(error).split())
        raise ValueError(
            f"{name}: the image file is cut short or damaged" + (f" ({reason})" if reason else "")
        ) from None
    # After loading: PIL turns a TIFF itself and then says so.
    orientation = _orientation(image)
    if deep is not None and (pixels := _deep_colour(deep, height, width)) is not None:
        eight = _rgb_from_array(pixels, name, pixel_limit, window)
        return np.array(_turned(Image.fromarray(eight), orientation))
    image = _turned(image, orientation)
    if image.mode.startswith(("I", "F")):
        return _rgb_from_array(np.asarray(image), name, pixel_limit, window)
    rgb = _rgb_of_eight_bits(image)
    return rgb if window is None else _eight_bits(rgb, name, window)


def _rgb_of_eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    transparent = image.has_transparency_data
    if image.mode in ("1", "L") and not transparent:  # a fifth of the time that PIL takes
        return np.asarray(cv2.cvtColor(np.asarray(image.convert("L")), cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    rgb = np.empty((image.height, image.width, 3), dtype=np.uint8)
    for top in range(0, image.height, ROWS):
        strip = image.crop((0, top, image.width, min(top + ROWS, image.height)))
        if transparent:
            strip = strip.convert("RGBA")
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, (255, 255, 255, 255)), strip)
        rgb[top : top + ROWS] = np.asarray(strip.convert("RGB"))
    return rgb


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else image


def _rgb_from_array(
    array: NDArray[Any], name: str, pixel_limit: int, window: Window | None = None
) -> NDArray[np.uint8]:
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise ValueError(f"{name}: an array of shape {array.shape}; H×W or H×W×1, 3 or 4 is needed")
    _check_size(array.shape[0], array.shape[1], name, pixel_limit)
    if array.shape[2] == 4 and array.dtype == np.uint16:
        # Full opacity beside 12 bits of colour would make these black: each is scaled from a range of its own.
        colour = array[:, :, :3]
        opacity = np.rint(array[:, :, 3:] * (255 / _range(int(array.max())))).astype(np.uint8)
        levels = np.concatenate([_eight_bits(colour, name, window), opacity], axis=2)
    else:
        levels = _eight_bits(array, name, window)
    if levels.shape[2] == 4:
        alpha = levels[:, :, 3:].astype(np.uint16)
        # Over white, rounded; opaque pixels keep their value exactly.
        blended = (levels[:, :, :3] * alpha + 255 * (255 - alpha) + 127) // 255
        levels = blended.astype(np.uint8)
    return np.ascontiguousarray(levels if levels.shape[2] == 3 else np.repeat(levels, 3, axis=2))


def _eight_bits(array: NDArray[Any], name: str, window: Window | None = None) -> NDArray[np.uint8]:
    """The array's numbers as 0..255, as `read_image` describes."""
    low, high = window or (0.0, 1.0)

    def stretched(part: NDArray[Any]) -> NDArray[np.generic]:
        """Numbers as parts of their range, 0..1, of which the window becomes 0..255."""
        return np.rint(255 * np.clip((part - low) / (high - low), 0, 1))

    if array.dtype == np.uint8:
        return array if window is None else _by_strips(array, lambda strip: stretched(strip / 255))
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind in "iu":
        largest = int(array.max())
        if int(array.min()) >= 0 and largest < 2**16:
            if window is None:
                return _by_strips(array, lambda strip: np.rint(strip * (255 / _range(largest))))
            return _by_strips(array, lambda strip: stretched(strip / _range(largest)))
    elif array.dtype.kind != "f":
        raise ValueError(f"{name}: an array of {array.dtype}; uint8, uint16, bool or float is needed")
    finite = np.isfinite(array)
    there = array[finite]
    least, most = (float(there.min()), float(there.max())) if there.size else (0.0, 1.0)
    if least >= 0 and most <= 1:
        least, most = 0.0, 1.0

    def levels(strip: NDArray[Any]) -> NDArray[np.generic]:
        values = strip.astype(np.float64)
        part = (np.where(np.isfinite(values), values, least) - least) / max(most - least, 1e-300)
        return stretched(part)

    return _by_strips(array, levels)


def _by_strips(array: NDArray[np.generic], levels: Callable[[NDArray[Any]], NDArray[np.generic]]) -> NDArray[np.uint8]:
    """`levels` of the array, some rows at a time: eight bytes a number would be too many of a large picture."""
    result = np.empty(array.shape, dtype=np.uint8)
    for top in range(0, len(array), ROWS):
        result[top : top + ROWS] = levels(array[top : top + ROWS])
    return result


def _range(largest: int) -> int:
    """The largest number of as many bits as a camera needs for `largest`."""
    return 2 ** next(bits for bits in (8, 10, 12, 14, 16) if largest < 2**bits) - 1


def _check_size(height: int, width: int, name: str, pixel_limit: int) -> None:
    if height < 1 or width < 1:
        raise ValueError(f"{name}: an image of {width}×{height} pixels has nothing in it")
    if height * width > pixel_limit:
        raise ValueError(
            f"{name}: {width}×{height} is more than {pixel_limit / 1e6:g} megapixels; make the image smaller"
        )
