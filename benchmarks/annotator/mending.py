"""What mends a mask by hand: a new edge (the page's Ctrl in the tools of clicks), or polygons around what is wrong."""

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
BESIDE = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))
EDGE_KEYS = 1  # Ctrl with its first point
POLYGON_KEYS = 3  # the polygon tool, Shift or Ctrl with its first point, the next object's tool
WAY_BACK = 8.0  # pixels that the ends of a new edge may lie off the region
SURROUNDINGS = 0.25  # `combine.js` of the page has it


@dataclass(frozen=True)
class Patch:
    """One mend: its clicks (a corner each, and the one that closes a polygon), keys, and what it leaves."""

    clicks: int
    keys: int
    mask: NDArray[np.uint8]
    iou: float

    @property
    def actions(self) -> int:
        """All that it takes."""
        return self.clicks + self.keys


def mending_patches(mask: NDArray[np.uint8], truth: NDArray[np.uint8], most: int) -> list[Patch] | None:
    """The mends, one after the other, after which a mask satisfies; None where that takes more than `most` actions.

    H×W bitmaps; each patch's mask is the whole one after it.
    """
    x, y, width, height = cv2.boundingRect(mask | truth)
    room = MARGIN + int(SURROUNDINGS * max(width, height))
    rows, columns = slice(max(0, y - room), y + height + room), slice(max(0, x - room), x + width + room)
    now, wanted = mask[rows, columns].copy(), truth[rows, columns].copy()
    patches: list[Patch] = []
    reached = bitmap_iou(now, wanted)
    while reached < SATISFIED:
        possible = [
            patch
            for include, region in _wrong(now, wanted)
            for patch in (*_edges(region, include, now, wanted), *_polygons(region, include, now, wanted))
        ]
        better = [patch for patch in possible if patch.iou > reached]
        left = most - sum(patch.actions for patch in patches)
        if not better or left <= 0:
            return None
        enough = [patch for patch in better if patch.iou >= SATISFIED]
        best = (
            min(enough, key=lambda patch: patch.actions)
            if enough
            else max(better, key=lambda patch: (patch.iou - reached) / patch.actions)
        )
        if best.actions > left:
            return None
        whole = mask.copy()
        whole[rows, columns] = best.mask
        now, reached = best.mask, best.iou
        patches.append(Patch(best.clicks, best.keys, whole, best.iou))
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


def _polygons(
    region: NDArray[np.uint8], include: bool, now: NDArray[np.uint8], wanted: NDArray[np.uint8]
) -> list[Patch]:
    """Polygons around a region, from few corners to many."""
    patches: dict[int, Patch] = {}
    for tolerance in np.geomspace(0.5 * float(np.sqrt(region.sum())), 0.3, 12):
        outlines = mask_to_polygons(region, tolerance=float(tolerance))
        if not outlines:
            continue
        outline = max(outlines, key=len)
        drawn = polygons_to_mask([outline], *region.shape)
        after = now | drawn if include else now & (1 - drawn)
        # A new edge that closes without crossing the mask's makes a part beside it, or a hole in it.
        crosses = (cv2.dilate(drawn, BESIDE) & (now if include else 1 - now)).any()
        keys = POLYGON_KEYS if crosses else EDGE_KEYS
        _keep_better(patches, Patch(len(outline) // 2 + 1, keys, after, bitmap_iou(after, wanted)))
    return list(patches.values())


def _edges(region: NDArray[np.uint8], include: bool, now: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> list[Patch]:
    """New edges along the side of a region that is the object's own, from few corners to many.

    One that adds goes out of the mask and back into it, one that cuts off goes in and out again.
    """
    own_side = now if include else 1 - now  # where it begins and ends
    arc = _true_edge(region, own_side)
    if arc is None:
        return []
    ends = [_onto(own_side, arc[0]), _onto(own_side, arc[-1])]
    if ends[0] is None or ends[1] is None:
        return []
    patches: dict[int, Patch] = {}
    for tolerance in np.geomspace(0.5 * float(np.sqrt(region.sum())), 0.3, 12):
        corners = cv2.approxPolyDP(arc[:, None].astype(np.int32), float(tolerance), False)[:, 0]
        line = np.concatenate([[ends[0]], corners, [ends[1]]])
        for points in (line, np.concatenate([line[:1], line[2:-2], line[-1:]])):  # the ends may do for the outermost
            after = _changed(now, points, include)
            if after is not None:
                _keep_better(patches, Patch(len(points), EDGE_KEYS, after, bitmap_iou(after, wanted)))
    return list(patches.values())


def _keep_better(patches: dict[int, Patch], patch: Patch) -> None:
    if patch.clicks not in patches or patches[patch.clicks].iou < patch.iou:
        patches[patch.clicks] = patch


def _true_edge(region: NDArray[np.uint8], own_side: NDArray[np.uint8]) -> NDArray[np.int32] | None:
    """The longest stretch of a region's outline, N×2 (x, y), that does not touch the side from which it is drawn.

    None where all of it does, or nothing.
    """
    outlines, _ = cv2.findContours(region, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = outlines[0][:, 0]
    touches = cv2.dilate(own_side, BESIDE)[outline[:, 1], outline[:, 0]].astype(bool)
    if touches.all() or not touches.any():
        return None
    first = int(np.argmax(touches))
    outline, touches = np.roll(outline, -first, axis=0), np.roll(touches, -first)
    edges = np.flatnonzero(np.diff(np.concatenate([[1], touches.astype(int), [1]])))
    begin, end = max(zip(edges[::2], edges[1::2], strict=True), key=lambda run: run[1] - run[0])
    return np.asarray(outline[begin:end], np.int32)


def _onto(side: NDArray[np.uint8], place: NDArray[np.int32]) -> NDArray[np.int32] | None:
    """The place of a side that is nearest, a pixel or two inside it where it is wide enough; None where that is far."""
    for within in (cv2.erode(side, BESIDE, iterations=2), side):
        reach = int(WAY_BACK)
        x0, y0 = max(0, place[0] - reach), max(0, place[1] - reach)
        there = np.argwhere(within[y0 : place[1] + reach + 1, x0 : place[0] + reach + 1])
        if len(there):
            nearest = there[np.argmin(((there - [place[1] - y0, place[0] - x0]) ** 2).sum(1))]
            return np.array([nearest[1] + x0, nearest[0] + y0], np.int32)
    return None


def _changed(now: NDArray[np.uint8], line: NDArray[np.int32], include: bool) -> NDArray[np.uint8] | None:
    """What the page makes of a mask by a new edge; None where it cuts nothing apart.

    Of what the line cuts apart (surroundings where it adds, else the object) all but the largest piece changes sides.
    """
    cut = (1 - now if include else now).copy()
    _, parts = cv2.connectedComponents(cut, connectivity=4)
    barrier = np.zeros(now.shape, np.uint8)
    cv2.polylines(barrier, [line[:, None].astype(np.int32)], isClosed=False, color=1)
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(cut & (1 - barrier), connectivity=4)
    part_of = {label: int(parts[pieces == label][0]) for label in range(1, count)}
    of_part: dict[int, list[int]] = {}
    for label, part in part_of.items():
        if stats[label, cv2.CC_STAT_AREA] >= LEAST_REGION:
            of_part.setdefault(part, []).append(label)
    apart = [label for labels in of_part.values() if len(labels) > 1 for label in labels]
    if not apart:
        return None
    largest = max(apart, key=lambda label: int(stats[label, cv2.CC_STAT_AREA]))
    turned = np.isin(pieces, [label for label in apart if label != largest]).astype(np.uint8)
    turned |= cv2.dilate(turned, BESIDE) & barrier & cut
    return (now | turned if include else now & (1 - turned)).astype(np.uint8)
