"""The pixels of the workspace's images, for prompts: those of the images that were looked at last are kept."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.messages.message import say
from app.store.errors import NotFoundError
from app.store.image_files import original_path, stored_pixels
from app.store.images import short_name
from app.store.tables import Image
from app.store.tiles import levels_of

logger = logging.getLogger("maskloop")

IMAGES_KEPT = 2
BYTES_KEPT = 400 * 2**20  # of all, where they are more than one: a picture of 100 megapixels has 300 MB


class ImagePixels:
    """Upright RGB pixels, uint8 H×W×3. For any thread."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self._kept: OrderedDict[str, NDArray[np.uint8]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, image: Image) -> NDArray[np.uint8]:
        """Those of an image, which are kept for the next prompt on it; NotFoundError where its file cannot be read."""
        with self._lock:
            kept = self._kept.pop(image.sha256, None)
            if kept is None:
                kept = self._readable(image)
            self._kept[image.sha256] = kept
            while len(self._kept) > 1 and (len(self._kept) > IMAGES_KEPT or self._bytes() > BYTES_KEPT):
                self._kept.popitem(last=False)
            return kept

    def read(self, image: Image) -> NDArray[np.uint8]:
        """Those of an image that is looked at once; OSError and ValueError where its file cannot be read."""
        return stored_pixels(self.workspace, image.sha256, image.file_name)

    @contextmanager
    def named(self, image: Image) -> Iterator[None]:
        """Within it somebody else reads the file of an image: NotFoundError where it is that which cannot be read."""
        try:
            yield
        except (OSError, ValueError):
            self._readable(image)
            raise

    def _readable(self, image: Image) -> NDArray[np.uint8]:
        try:
            return self.read(image)
        except FileNotFoundError:
            raise NotFoundError(say("file_gone", name=short_name(image.file_name))) from None
        except ValueError as error:
            logger.warning("image %d: %s", image.id, error)
            raise NotFoundError(say("file_damaged", name=short_name(image.file_name))) from None

    def read_ahead(self, image: Image) -> None:
        """Begin to decode a large image that somebody opens, so that the first mask need not wait for that."""

        def read() -> None:
            with suppress(OSError, NotFoundError):  # said to whoever asks for a mask
                self.of(image)

        if image.sha256 not in self._kept:
            threading.Thread(target=read, name="read ahead", daemon=True).start()

    def source(self, image: Image) -> Path | NDArray[np.uint8]:
        """What a predictor reads: the file, or the pixels of a large picture, whose decoding takes seconds."""
        large = levels_of(image.width, image.height) > 0
        return self.of(image) if large else original_path(self.workspace, image.sha256)

    def _bytes(self) -> int:
        return sum(pixels.nbytes for pixels in self._kept.values())
