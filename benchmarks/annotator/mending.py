"""Corners that mend a mask: polygons around what is missing (Shift in the page) and around what is too much (Ctrl)."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.annotator.ledger import SATISFIED
from core.masks import bitmap_iou, mask_to_polygons, polygons_to_mask

REGIONS = 3  # the largest that are wrong: the others are specks
LEAST_REGION = 4  # pixels
MARGIN = 2  # pixels around both masks


@dataclass(frozen=True)
class Patch:
    """One polygon: what it adds or cuts out, its clicks (a corner each, and the one that closes it), what it leaves."""

    include: bool
    clicks: int
    mask: NDArray[np.uint8]
    iou: float


def mending_patches(mask: NDArray[np.uint8], truth: NDArray[np.uint8], most: int) -> list[Patch] | None:
    """The polygons, one after the other, after which a mask satisfies; None where that takes more than `most` clicks.

    H×W bitmaps; each patch's mask is the whole one after it.
    """
    x, y, width, height = cv2.boundingRect(mask | truth)
    rows, columns = slice(max(0, y - MARGIN), y + height + MARGIN), slice(max(0, x - MARGIN), x + width + MARGIN)
    now, wanted = mask[rows, columns].copy(), truth[rows, columns].copy()
    patches: list[Patch] = []
    reached = bitmap_iou(now, wanted)
    while reached < SATISFIED:
        possible = [patch for region in _wrong(now, wanted) for patch in _around(region, now, wanted)]
        better = [patch for patch in possible if patch.iou > reached]
        left = most - sum(patch.clicks for patch in patches)
        if not better or left <= 0:
            return None
        enough = [patch for patch in better if patch.iou >= SATISFIED]
        best = (
            min(enough, key=lambda patch: patch.clicks)
            if enough
            else max(better, key=lambda patch: (patch.iou - reached) / patch.clicks)
        )
        if best.clicks > left:
            return None
        whole = mask.copy()
        whole[rows, columns] = best.mask
        now, reached = best.mask, best.iou
        patches.append(Patch(best.include, best.clicks, whole, best.iou))
    return patches


def _wrong(now: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> list[tuple[bool, NDArray[np.uint8]]]:
    """The largest regions that are missing (True) or too much."""
    regions = []
    for include, differing in ((True, wanted & ~now), (False, now & ~wanted)):
        count, labels, stats, _ = cv2.connectedComponentsWithStats(differing & 1, connectivity=8)
        for label in range(1, count):
            regions.append((int(stats[label, cv2.CC_STAT_AREA]), include, (labels == label).astype(np.uint8)))
    regions.sort(key=lambda region: -region[0])
    return [(include, region) for area, include, region in regions[:REGIONS] if area >= LEAST_REGION]


def _around(region: tuple[bool, NDArray[np.uint8]], now: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> list[Patch]:
    """Polygons around a region, from few corners to many."""
    include, bitmap = region
    patches: dict[int, Patch] = {}
    for tolerance in np.geomspace(0.5 * float(np.sqrt(bitmap.sum())), 0.3, 12):
        outlines = mask_to_polygons(bitmap, tolerance=float(tolerance))
        if not outlines:
            continue
        outline = max(outlines, key=len)
        drawn = polygons_to_mask([outline], *bitmap.shape)
        after = now | drawn if include else now & (1 - drawn)
        patch = Patch(include, len(outline) // 2 + 1, after, bitmap_iou(after, wanted))
        if patch.clicks not in patches or patches[patch.clicks].iou < patch.iou:
            patches[patch.clicks] = patch
    return list(patches.values())
