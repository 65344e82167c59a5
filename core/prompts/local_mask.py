"""A mask as its bitmap inside its bounds: what it costs does not depend on the size of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class LocalMask:
    """`crop`, uint8 of 0 and 1, lies with its first pixel at column `left` and row `top` of the image."""

    left: int
    top: int
    crop: NDArray[np.uint8]

    @classmethod
    def empty(cls) -> LocalMask:
        """A mask without a pixel."""
        return cls(0, 0, np.zeros((0, 0), dtype=np.uint8))

    @classmethod
    def of(cls, mask: NDArray[Any], left: int = 0, top: int = 0) -> LocalMask:
        """The mask of a bitmap H×W (anything but 0 counts) that lies at (left, top), cut to its bounds."""
        bitmap = np.ascontiguousarray(mask != 0).astype(np.uint8)
        x, y, width, height = cv2.boundingRect(bitmap) if bitmap.size else (0, 0, 0, 0)
        if not width:
            return cls.empty()
        return cls(left + x, top + y, bitmap[y : y + height, x : x + width])

    @property
    def is_empty(self) -> bool:
        """Whether it has no pixel."""
        return not self.crop.size

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Its bounds x0, y0, x1, y1."""
        height, width = self.crop.shape
        return float(self.left), float(self.top), float(self.left + width), float(self.top + height)

    def within(self, left: int, top: int, width: int, height: int) -> NDArray[np.uint8]:
        """Its part over a rectangle of the image, as a new bitmap height×width."""
        bitmap = np.zeros((height, width), dtype=np.uint8)
        if self.is_empty:
            return bitmap
        rows, columns = self.crop.shape
        x0, x1 = max(left, self.left), min(left + width, self.left + columns)
        y0, y1 = max(top, self.top), min(top + height, self.top + rows)
        if x0 < x1 and y0 < y1:
            bitmap[y0 - top : y1 - top, x0 - left : x1 - left] = self.crop[
                y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left
            ]
        return bitmap

    def whole(self, height: int, width: int) -> NDArray[np.uint8]:
        """The bitmap of the whole image."""
        return self.within(0, 0, width, height)
