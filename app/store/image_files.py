"""The bytes of images: kept as they came under their SHA-256, with an upright version and a thumbnail where needed.

    <workspace>/images/ab/abcdef…       what was uploaded, byte for byte
    <workspace>/upright/ab/abcdef….png  RGB, turned: only where a browser would show the upload differently
    <workspace>/thumbnails/ab/abcdef….webp
    <workspace>/tiles/ab/abcdef….zip    only of a picture that no browser draws as one

A file appears under its name complete or not at all. No part of a user's file name is ever part of a path.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from contextlib import nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.store.tiles import levels_of, tile_archive, tiles_path
from core.datasets.images import LARGE_PIXEL_LIMIT, has_sixteen_bits, image_size, read_image

LARGEST_FILE = 512 * 1024 * 1024  # bytes; all pixels that are taken, without compression
LONGEST_JPEG = 65_500  # pixels; libjpeg's limit
THUMBNAIL_SIZE = 256  # pixels, the longer edge
UPRIGHT_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}

# A picture of 100 megapixels takes a gigabyte while it is converted: one of these at a time, two of the others, however
# many requests bring some.
_DECODING = threading.BoundedSemaphore(2)
_DECODING_LARGE = threading.Lock()
_EXIF_ORIENTATION = 0x0112
_SHOWN_BY_BROWSERS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


@dataclass(frozen=True)
class KeptImage:
    """An image file that is in the workspace."""

    sha256: str
    width: int  # upright, pixels
    height: int
    bytes: int
    media_type: str  # of what a browser is given
    converted: bool  # whether that is the upright version, not the upload


def original_path(workspace: Path, sha256: str) -> Path:
    """Where the uploaded bytes lie; `read_image` on it gives what the model sees."""
    return workspace / "images" / sha256[:2] / sha256


def browser_path(workspace: Path, sha256: str, media_type: str, converted: bool) -> Path:
    """The file that a browser is given: its pixels and orientation are those that the model sees."""
    if not converted:
        return original_path(workspace, sha256)
    return workspace / "upright" / sha256[:2] / f"{sha256}{UPRIGHT_SUFFIXES[media_type]}"


def thumbnail_path(workspace: Path, sha256: str) -> Path:
    """A WebP of at most 256 pixels."""
    return workspace / "thumbnails" / sha256[:2] / f"{sha256}.webp"


def sha256_of(data: bytes) -> str:
    """The name that an image is stored under."""
    return hashlib.sha256(data).hexdigest()


def keep_image(workspace: Path, data: bytes, name: str) -> KeptImage:
    """Decode an uploaded image and write its files; `name` stands for it in messages.

    Raises ValueError, in one line, for what is empty, too large, damaged or no image; nothing is written then.
    """
    if not data:
        raise ValueError(f"{name}: the file is empty")
    if len(data) > LARGEST_FILE:
        raise ValueError(f"{name}: {len(data) / 1e6:.0f} MB; at most {LARGEST_FILE / 1e6:.0f} MB are taken")
    with _DECODING_LARGE if _is_large(data) else nullcontext(), _DECODING:
        return _kept(workspace, data, name)


def _is_large(data: bytes) -> bool:
    try:
        height, width = image_size(data)
    except ValueError:
        return False  # said by whoever decodes it, with the file's name
    return levels_of(width, height) > 0


def _kept(workspace: Path, data: bytes, name: str) -> KeptImage:
    pixels = read_image(data, name=name, pixel_limit=LARGE_PIXEL_LIMIT)
    media_type, converted = _for_browser(data)
    sha256 = sha256_of(data)
    height, width = pixels.shape[:2]
    kept = KeptImage(sha256, width, height, len(data), media_type, converted)
    if levels_of(width, height):  # the page shows tiles; the upright file is made when somebody asks for it
        write_once(tiles_path(workspace, sha256), tile_archive(pixels))
    elif converted:
        write_once(browser_path(workspace, sha256, media_type, True), _upright_file(pixels, media_type))
    write_once(thumbnail_path(workspace, sha256), _thumbnail(pixels))
    write_once(original_path(workspace, sha256), data)
    return kept


def restore_derived(workspace: Path, sha256: str, media_type: str, converted: bool) -> None:
    """Make the upright version, if there is to be one, and the thumbnail where they are not there."""
    upright = browser_path(workspace, sha256, media_type, converted)
    thumbnail = thumbnail_path(workspace, sha256)
    if (converted and not upright.is_file()) or not thumbnail.is_file():
        pixels = stored_pixels(workspace, sha256)
        if converted:
            write_once(upright, _upright_file(pixels, media_type))
        write_once(thumbnail, _thumbnail(pixels))


def restore_tiles(workspace: Path, sha256: str) -> None:
    """Make the tiles of a picture where they are not there, as in a workspace from before there were any."""
    path = tiles_path(workspace, sha256)
    if not path.is_file():
        with _DECODING_LARGE:
            if not path.is_file():  # who waited finds them made
                write_once(path, tile_archive(stored_pixels(workspace, sha256)))


def stored_pixels(workspace: Path, sha256: str, name: str | None = None) -> NDArray[np.uint8]:
    """The upright RGB pixels of an image of the workspace; `name` stands for it in messages."""
    return read_image(original_path(workspace, sha256), name=name, pixel_limit=LARGE_PIXEL_LIMIT)


def windowed_file(workspace: Path, sha256: str, window: tuple[float, float]) -> tuple[bytes, str]:
    """The image with a part of the range of its numbers, each end 0..1, stretched over 0..255, and its media type.

    A JPEG where one can be of that size, else a PNG.

    It is made of the upload itself: of 16 bits there are more shades in it than the file for browsers has.
    """
    with _DECODING_LARGE:  # one after another: a slider asks often
        pixels = read_image(original_path(workspace, sha256), pixel_limit=LARGE_PIXEL_LIMIT, window=window)
    media_type = "image/jpeg" if max(pixels.shape) <= LONGEST_JPEG else "image/png"
    return _upright_file(pixels, media_type), media_type


def write_once(path: Path, data: bytes) -> None:
    """Write a file that holds all of `data` once it has its name, also after a power cut."""
    if path.is_file() and path.stat().st_size == len(data):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    if os.name == "posix":  # the name itself must reach the disk too
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _for_browser(data: bytes) -> tuple[str, bool]:
    """The media type that a browser gets, and whether the upload must be converted for it."""
    with Image.open(BytesIO(data)) as image:
        media_type = _SHOWN_BY_BROWSERS.get(image.format or "")
        # First: what is looked for below loads the image, and this can no longer be told.
        deep = has_sixteen_bits(image)
        plain = (
            media_type is not None
            and image.mode in ("RGB", "L")
            and _orientation(image) == 1
            and not image.has_transparency_data
            and not deep  # 12 bits of 16 are nearly black there
            and getattr(image, "n_frames", 1) == 1
            and "gamma" not in image.info
        )
        if plain and media_type is not None:
            return media_type, False
        # What came with JPEG's loss stays small as JPEG; everything else is kept to the last bit.
        return ("image/jpeg" if image.format in ("JPEG", "MPO", "HEIF") else "image/png"), True


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:  # a damaged EXIF block raises anything; a browser ignores it, and so does read_image
        return 1


def _upright_file(pixels: NDArray[np.uint8], media_type: str) -> bytes:
    buffer = BytesIO()
    options: dict[str, object] = {"compress_level": 3}
    if media_type == "image/jpeg":
        options = {"quality": 95, "subsampling": 0}
    # Grey needs a third of the time and of the room: seconds where a picture is large.
    grey = all(np.array_equal(pixels[:, :, 0], pixels[:, :, channel]) for channel in (1, 2))
    Image.fromarray(pixels[:, :, 0] if grey else pixels).save(
        buffer, "JPEG" if media_type == "image/jpeg" else "PNG", **options
    )
    return buffer.getvalue()


def _thumbnail(pixels: NDArray[np.uint8]) -> bytes:
    image = Image.fromarray(pixels)
    image.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE), Image.Resampling.BOX, reducing_gap=2.0)
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=80, method=2)
    return buffer.getvalue()
