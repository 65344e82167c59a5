"""Pictures that no browser draws as one: tiles at full size, at half, at a quarter, and one small picture of it all.

They lie in one archive a picture, `<workspace>/tiles/ab/abcdef….zip`: hundreds of files would each cost a sync.
"""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.store.errors import NotFoundError
from app.store.tables import Image

TILED_FROM = 40_000_000  # pixels; a browser decodes less in the blink that people wait for
TILE = 512  # pixels of a side
SMALL = 4096  # pixels of the longer side of the small picture, at most
QUALITY = 92  # of the JPEGs, without colour subsampling; what the model sees is the picture itself


def levels_of(width: int, height: int) -> int:
    """How often a picture is halved until it is small; 0 for one that is shown as it is."""
    if width * height < TILED_FROM:
        return 0
    levels = 1
    while max(width, height) / 2**levels > SMALL:
        levels += 1
    return levels


def tiling(image: Image) -> dict[str, Any]:
    """What a page has to know of an image's tiles; nothing where it has none."""
    levels = levels_of(image.width, image.height)
    return {"tiles": {"size": TILE, "levels": levels}} if levels else {}


def tiles_path(workspace: Path, sha256: str) -> Path:
    """Where the archive of a picture's tiles lies."""
    return workspace / "tiles" / sha256[:2] / f"{sha256}.zip"


def tile_archive(pixels: NDArray[np.uint8]) -> bytes:
    """The tiles of an RGB picture, `level/column_row.jpg`; the last level is one picture."""
    levels = levels_of(pixels.shape[1], pixels.shape[0])
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for level in range(levels + 1):
            if level:
                size = [(side + 1) // 2 for side in pixels.shape[1::-1]]
                pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
            side = TILE if level < levels else max(pixels.shape)
            for top in range(0, pixels.shape[0], side):
                for left in range(0, pixels.shape[1], side):
                    tile = pixels[top : top + side, left : left + side]
                    archive.writestr(f"{level}/{left // side}_{top // side}.jpg", _jpeg(tile))
    return buffer.getvalue()


def read_tile(path: Path, level: int, column: int, row: int) -> bytes:
    """The JPEG of a tile; raises NotFoundError where the picture has no such one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(f"{level}/{column}_{row}.jpg")
    except KeyError:
        raise NotFoundError(f"there is no tile {level}/{column}/{row}") from None


def _jpeg(rgb: NDArray[np.uint8]) -> bytes:
    options = [
        cv2.IMWRITE_JPEG_QUALITY,
        QUALITY,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(rgb[:, :, ::-1]), options)
    return data.tobytes()
