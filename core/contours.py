"""The outlines of a bitmap as polygons along pixel edges, exact or simplified.

A mask pixel (r, c) covers [c, c+1) × [r, r+1), so the outline of a 10×10 block at (5, 5) is the square with
corners 5 and 15. Foreground is 4-connected and background 8-connected: pixels that touch only at a corner
belong to separate outlines, and a gap that reaches the outside through such a corner is no hole.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def outer_rings(mask: NDArray[np.uint8]) -> list[NDArray[np.int64]]:
    """The outer outline of every 4-connected part of a binary H×W mask.

    Each is a K×2 array of the x, y of its corners, clockwise on the screen from its topmost, leftmost corner.
    Edges are alternately horizontal and vertical; where two pixels of one part touch diagonally the outline
    passes through that corner twice. Filled by the even-odd rule the outlines give the mask with holes closed.
    """
    padded = np.pad(mask != 0, 1)
    north_west, north_east = padded[:-1, :-1], padded[:-1, 1:]
    south_west, south_east = padded[1:, :-1], padded[1:, 1:]
    # A lattice point is a corner where an odd number of its four pixels is set; where two diagonal ones
    # are, it is a corner of two outlines (or twice of one), and each pixel keeps its own.
    odd = north_west ^ north_east ^ south_west ^ south_east
    falling = north_west & south_east & ~north_east & ~south_west
    rising = north_east & south_west & ~north_west & ~south_east
    twice = falling | rising
    y, x = np.divmod(np.flatnonzero(odd | twice), odd.shape[1])
    count = 1 + twice[y, x].astype(np.int64)
    first = np.cumsum(count) - count
    y, x = np.repeat(y, count), np.repeat(x, count)
    # In each row the corners pair up from left to right, two and two, as the ends of one horizontal edge.
    # A double corner ends the edge on its left and begins the one on its right, in this order.
    second = np.zeros(len(y), dtype=bool)
    second[first[count == 2] + 1] = True
    # The same in each column from top to bottom; of a rising pair it is the right-hand corner that ends
    # the edge above, because it belongs to the north-eastern pixel.
    lower = second ^ rising[y, x]
    by_column = np.lexsort((lower, y, x))
    vertical = np.empty_like(by_column)
    vertical[by_column] = by_column.reshape(-1, 2)[:, ::-1].ravel()

    next_corner = vertical.tolist()
    inside = south_east[y, x].tolist()
    corners = np.stack([x, y], axis=1)
    seen = bytearray(len(next_corner))
    rings = []
    for start in range(0, len(next_corner), 2):
        if seen[start]:
            continue
        ring = []
        corner = start
        while not seen[corner]:
            across = corner ^ 1
            seen[corner] = seen[across] = 1
            ring += [corner, across]
            corner = next_corner[across]
        # The first corner met is the topmost, leftmost of its ring: below it lies the object, or a hole.
        if inside[start]:
            rings.append(corners[ring])
    return rings


def simplify_ring(ring: NDArray[np.int64], tolerance: float) -> NDArray[np.float64]:
    """A K×2 ring of `outer_rings` with fewer points: no corner is farther than `tolerance` pixels from the new outline.

    From half a pixel on, the stairs that a slanted or curved outline makes on the pixel grid are first cut through
    the middle of their steps, and `tolerance` is counted from there: a corner of the stairs may then be half a pixel
    farther. The ring comes back as it is where nothing can be left out.
    """
    exact = ring.astype(np.float64)
    if tolerance <= 0 or len(ring) <= 4:
        return exact
    halved = tolerance >= 0.5
    points, corner_of = _halve_steps(exact) if halved else (exact, np.arange(len(exact)))
    farthest_allowed = tolerance + 0.5 * halved
    # Douglas-Peucker; OpenCV's goes beyond its limit now and then, and is then asked for less.
    for share in (1, 0.7, 0.4, 0.1):
        chosen = cv2.approxPolyDP(points.astype(np.float32), share * tolerance, True)[:, 0]
        simpler: NDArray[np.float64] = chosen.astype(np.float64)
        if len(simpler) >= 3 and _farthest(exact, corner_of, points, simpler) <= farthest_allowed:
            return simpler
    return points if len(points) >= 3 else exact


def _halve_steps(ring: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The ring with the two corners of every one-pixel step of a stair replaced by the step's middle.

    With it the number of the corner that each point replaces, or replaces together with the next one.
    """
    edge = np.roll(ring, -1, axis=0) - ring
    before = np.roll(edge, 1, axis=0)
    turn = np.sign(before[:, 0] * edge[:, 1] - before[:, 1] * edge[:, 0])
    step = (np.abs(edge).sum(axis=1) == 1) & (turn == -np.roll(turn, -1))
    chosen = np.flatnonzero(step | ~np.roll(step, 1))
    return np.where(step[:, None], ring + edge / 2, ring)[chosen], chosen


def _farthest(
    ring: NDArray[np.float64],
    corner_of: NDArray[np.int64],
    points: NDArray[np.float64],
    simpler: NDArray[np.float64],
) -> float:
    """The largest distance of a corner of `ring` from the edge of `simpler` that runs past it.

    `simpler` is a choice from `points` in their order, which stand at the corners `corner_of` of the ring.
    Infinite where it is not such a choice.
    """
    at = _positions(points, simpler)
    if at is None:
        return float("inf")
    # Edge k runs from chosen point k to the next; the corners from the one to the other belong to it.
    corners = corner_of[at]
    turned = (np.arange(len(ring)) + corners[0] + 1) % len(ring)
    edge_of = (
        np.searchsorted((corners - corners[0]) % len(ring), (turned - corners[0] - 1) % len(ring), side="right") - 1
    )
    start, end = simpler[edge_of], np.roll(simpler, -1, axis=0)[edge_of]
    edge, offset = end - start, ring[turned] - start
    length = np.maximum((edge**2).sum(axis=1), 1e-12)
    along = np.clip((offset * edge).sum(axis=1) / length, 0, 1)
    return float(np.sqrt(((offset - along[:, None] * edge) ** 2).sum(axis=1).max()))


def _positions(points: NDArray[np.float64], chosen: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """Where in a closed sequence of points the chosen ones stand, one after the other; None where they do not."""
    sequence = list(map(tuple, points.tolist()))
    wanted = list(map(tuple, chosen.tolist()))
    if wanted[0] not in sequence:
        return None
    start = sequence.index(wanted[0])
    found: list[int] = []
    for step, point in enumerate(sequence[start:] + sequence[:start]):
        if len(found) < len(wanted) and point == wanted[len(found)]:
            found.append((start + step) % len(sequence))
    return np.asarray(found) if len(found) == len(wanted) else None
