"""Outlines of the synthetic scenes' objects: geometric shapes, free forms and people with 17 keypoints.

A figure is drawn on a grid several times finer than the image, each cell holding the number of the material that is
seen there (0 is outside), so that edges can be anti-aliased and the exact share of every pixel is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

SHAPES = ("circle", "square", "triangle", "star", "ring", "blob")


@dataclass
class Figure:
    """An object before it is placed under others."""

    materials: NDArray[np.uint8]  # (fine · height) × (fine · width); 0 outside, 1.. what is seen there
    fine: int  # cells a pixel and axis
    left: int  # of the figure's first pixel in the image; may be negative
    top: int
    keypoints: NDArray[np.float64] | None = (
        None  # P×3: x, y in pixels of the image; 1 if the body itself hides it, else 0
    )


def shape(rng: np.random.Generator, kind: str, centre: tuple[float, float], size: float) -> Figure:
    """A figure of one of `SHAPES`, about `size` pixels wide or high, turned, stretched and uneven at random."""
    turn = rng.uniform(0, 2 * np.pi)
    stretch = np.array([1.0, rng.uniform(0.7, 1)])
    if kind == "circle":
        outline = _circle() * (1, rng.uniform(0.85, 1))
        stretch = np.ones(2)
    elif kind == "square":
        outline = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) + rng.normal(0, 0.06, (4, 2))
        turn = turn if rng.random() < 0.6 else rng.normal(0, 0.05)
    elif kind == "triangle":
        angles = np.array([0, 2, 4]) * np.pi / 3 + rng.normal(0, 0.25, 3)
        outline = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    elif kind == "star":
        points = int(rng.integers(5, 8))
        radius = np.where(np.arange(2 * points) % 2, rng.uniform(0.35, 0.6), 1.0)
        angles = np.arange(2 * points) * np.pi / points
        outline = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radius[:, None]
    elif kind == "ring":
        outline = _circle()
    elif kind == "blob":
        outline = _free_form(rng)
        stretch[1] = rng.uniform(0.35, 1)
    else:
        raise ValueError(f"shape kind {kind!r}: choose one of {', '.join(SHAPES)}")
    cosine, sine = np.cos(turn), np.sin(turn)
    outline = outline * stretch @ np.array([[cosine, sine], [-sine, cosine]])
    outline *= size / np.ptp(outline, axis=0).max()
    middle = (outline.max(axis=0) + outline.min(axis=0)) / 2
    outline += np.asarray(centre) - middle
    figure, origin = empty_figure(outline, 0)
    cells = fine_cells(outline, origin, figure.fine)
    cv2.fillPoly(figure.materials, [cells], 1)
    if kind == "ring":
        hole = (outline - centre) * rng.uniform(0.35, 0.75) + centre
        cv2.fillPoly(figure.materials, [fine_cells(hole, origin, figure.fine)], 0)
    elif rng.random() < 0.3:
        # A second material on one side: real objects have strong edges inside them too.
        side = fine_cells(_free_form(rng) * size * 0.6 + rng.normal(0, 0.5, 2) * size + centre, origin, figure.fine)
        part = np.zeros_like(figure.materials)
        cv2.fillPoly(part, [side], 1)
        figure.materials += part & figure.materials
    return figure


def _circle(points: int = 48) -> NDArray[np.float64]:
    angles = np.arange(points) * 2 * np.pi / points
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _free_form(rng: np.random.Generator) -> NDArray[np.float64]:
    """A closed curve whose distance from the centre wavers smoothly or wildly."""
    angles = np.arange(72) * 2 * np.pi / 72
    waves = np.arange(1, 8)
    amplitude = rng.normal(0, rng.uniform(0.1, 0.45), 7) / waves
    radius = 1 + (amplitude * np.cos(angles[:, None] * waves + rng.uniform(0, 2 * np.pi, 7))).sum(axis=1)
    curve: NDArray[np.float64] = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.maximum(radius, 0.2)[:, None]
    return curve


def empty_figure(points: NDArray[np.float64], margin: float) -> tuple[Figure, NDArray[np.int64]]:
    """A figure large enough for points in pixels of the image, with its left and top pixel."""
    origin = np.floor(points.min(axis=0) - margin).astype(np.int64)
    width, height = (np.ceil(points.max(axis=0) + margin).astype(np.int64) - origin + 1).tolist()
    extent = max(width, height)
    fine = 4 if extent < 80 else 3 if extent < 160 else 2
    grid = np.zeros((height * fine, width * fine), dtype=np.uint8)
    return Figure(grid, fine, int(origin[0]), int(origin[1])), origin


def fine_cells(points: NDArray[np.float64], origin: NDArray[np.int64], fine: int) -> NDArray[np.int32]:
    """Points of the image as cells of a figure, for OpenCV, to which whole numbers are the centres of cells."""
    return np.rint((points - origin) * fine - 0.5).astype(np.int32)
