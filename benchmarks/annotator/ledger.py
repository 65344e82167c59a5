"""What is done to an image, counted, and what drawing all of it by hand would take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.masks import bitmap_iou, decode_rle, mask_to_polygons, polygons_to_mask, segmentation_to_rle

SATISFIED = 0.85  # IoU with the truth at which a mask is left as it is
# Seconds of the keystroke-level model: point 1.1, press 0.2, think 1.35; a polygon's corner 1.3.
SECONDS = {
    "accept": 1.35 + 0.2,
    "threshold": 1.35 + 2 * 1.1 + 0.4,
    "delete": 1.35 + 1.1 + 2 * 0.2,
    "select": 1.1 + 0.2,
    "tool": 0.2,
    "box": 1.35 + 2 * 1.1 + 2 * 0.2,
    "class": 1.35 + 0.2,
    "click": 1.35 + 1.1 + 0.2,
    "vertex": 1.3,
}


@dataclass
class Ledger:
    """Actions by kind."""

    actions: Counter[str] = field(default_factory=Counter)

    def book(self, kind: str, times: int = 1) -> None:
        """Add actions of a kind of `SECONDS`."""
        assert kind in SECONDS, kind
        self.actions[kind] += times

    @property
    def total(self) -> int:
        """All actions."""
        return sum(self.actions.values())

    @property
    def seconds(self) -> float:
        """What they take a practised person."""
        return sum(SECONDS[kind] * times for kind, times in self.actions.items())


@dataclass(frozen=True)
class Target:
    """An object as it should be: its mask, the store's class, and what drawing it by hand takes."""

    mask: NDArray[np.uint8]
    category_id: int
    polygons: list[list[float]]

    @property
    def box(self) -> list[float]:
        """The box around its mask: x0, y0, x1, y1."""
        x, y, width, height = cv2.boundingRect(self.mask)
        return [x, y, x + width, y + height]

    @property
    def vertices(self) -> int:
        """Clicks of its polygons: one a corner, and one that closes each."""
        return sum(len(polygon) // 2 + 1 for polygon in self.polygons)


def targets_of(annotations: Sequence[dict[str, Any]], height: int, width: int) -> list[Target]:
    """COCO annotations with the store's category ids, class by class, which saves keys."""
    targets = []
    for annotation in sorted(annotations, key=lambda one: one["category_id"]):
        mask = decode_rle(segmentation_to_rle(annotation["segmentation"], height, width))
        if mask.any():
            targets.append(Target(mask, annotation["category_id"], fewest_corners(mask)))
    return targets


def by_hand(targets: Sequence[Target]) -> Ledger:
    """Every object as a polygon with the fewest corners that satisfy: a strong opponent."""
    ledger = Ledger()
    ledger.book("tool")
    ledger.book("vertex", sum(target.vertices for target in targets))
    ledger.book("class", len({target.category_id for target in targets}))
    ledger.book("accept")  # marks the image reviewed
    return ledger


def fewest_corners(mask: NDArray[np.uint8]) -> list[list[float]]:
    """The polygons with the fewest corners, of a few dozen simplifications, that satisfy."""
    for tolerance in np.geomspace(0.25 * float(np.sqrt(mask.sum())), 0.2, 40):
        polygons = mask_to_polygons(mask, tolerance=float(tolerance))
        if polygons and bitmap_iou(polygons_to_mask(polygons, *mask.shape), mask) >= SATISFIED:
            return polygons
    return mask_to_polygons(mask)
