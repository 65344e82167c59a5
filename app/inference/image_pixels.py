"""The pixels of the workspace's images, for prompts: those of the images that were looked at last are kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.store.image_files import original_path
from app.store.tables import Image
from core.datasets.images import read_image

IMAGES_KEPT = 2


class ImagePixels:
    """Upright RGB pixels, uint8 H×W×3. For any thread."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self._kept: OrderedDict[str, NDArray[np.uint8]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, image: Image) -> NDArray[np.uint8]:
        """Those of an image, which are kept for the next prompt on it."""
        with self._lock:
            kept = self._kept.pop(image.sha256, None)
            if kept is None:
                kept = self.read(image)
            self._kept[image.sha256] = kept
            while len(self._kept) > IMAGES_KEPT:
                self._kept.popitem(last=False)
            return kept

    def read(self, image: Image) -> NDArray[np.uint8]:
        """Those of an image that is looked at once."""
        return read_image(original_path(self.workspace, image.sha256), name=image.file_name)
