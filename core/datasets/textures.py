"""Surfaces, light and camera faults of the synthetic scenes; everything float32 H×W×3 in 0..255 unless said."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Surface = NDArray[np.float32]


def random_colour(rng: np.random.Generator) -> Surface:
    """One colour: any, greyish or strong in equal parts."""
    colour = rng.uniform(0, 255, 3)
    kind = rng.integers(3)
    if kind == 0:
        colour = colour.mean() + 0.25 * (colour - colour.mean())
    elif kind == 1:
        colour = np.clip(colour.mean() + 1.8 * (colour - colour.mean()), 0, 255)
    return colour.astype(np.float32)


def surface(rng: np.random.Generator, height: int, width: int, like: Surface | None = None) -> Surface:
    """A random material: plain, gradient, noise, stripes, checks or spots; near the colour `like` if one is given."""
    first = random_colour(rng)
    if like is not None:  # near, but far enough to be told apart
        away = rng.standard_normal(3)
        first = np.clip(like + rng.uniform(30, 55) * away / np.linalg.norm(away), 0, 255)
    # A second colour, close to the first or not, so that some materials have strong edges inside.
    near = np.clip(first + rng.normal(0, 25, 3), 0, 255)
    second = near if rng.random() < 0.5 else random_colour(rng)
    make = _PATTERNS[rng.choice(len(_PATTERNS), p=_PATTERN_SHARES)]
    blend = make(rng, height, width)[..., None]
    result = first + (second - first).astype(np.float32) * blend
    if rng.random() < 0.6:
        grain = value_noise(rng, height, width, rng.uniform(1.5, 6)) - 0.5
        result = result + rng.uniform(8, 60) * grain[..., None]
    return result.astype(np.float32)


def value_noise(rng: np.random.Generator, height: int, width: int, cell: float, octaves: int = 3) -> Surface:
    """float32 H×W in about 0..1: smooth random values on grids of `cell` pixels, halved from octave to octave."""
    total = np.zeros((height, width), dtype=np.float32)
    weights = 0.0
    for octave in range(octaves):
        size = max(cell / 2**octave, 1.0)
        grid = rng.random((int(height / size) + 2, int(width / size) + 2), dtype=np.float32)
        total += cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR) / 2**octave
        weights += 1 / 2**octave
    return total / np.float32(weights)


def lighting(rng: np.random.Generator, height: int, width: int, strength: float) -> Surface:
    """float32 H×W factors around 1: light falling off in one direction."""
    low = 1 - rng.uniform(0, strength)
    return (low + (1 / low - low) * _ramp(rng, height, width)).astype(np.float32)


def camera(rng: np.random.Generator, image: Surface) -> NDArray[np.uint8]:
    """What a camera does to a scene: light, contrast, blur, noise, loss of colour, JPEG; uint8 H×W×3."""
    height, width = image.shape[:2]
    if rng.random() < 0.5:
        image = image * lighting(rng, height, width, 0.4)[..., None]
    contrast, brightness = rng.uniform(0.6, 1.15), rng.uniform(-25, 25)
    image = (image - 127.5) * np.float32(contrast) + np.float32(127.5 + brightness)
    if rng.random() < 0.4:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.3))
    if rng.random() < 0.6:
        noise = rng.standard_normal((height, width, 1 if rng.random() < 0.5 else 3), dtype=np.float32)
        image = image + np.float32(rng.uniform(1, 10)) * noise
    if rng.random() < 0.1:
        image = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2)
    pixels = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))]
        _, encoded = cv2.imencode(".jpg", pixels[..., ::-1], quality)
        pixels = np.ascontiguousarray(np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))[..., ::-1])
    return pixels


def background(rng: np.random.Generator, height: int, width: int) -> Surface:
    """A scene without objects: one to three surfaces that meet in straight or wavy lines, with thin lines across."""
    image = surface(rng, height, width)
    for _ in range(rng.integers(0, 3)):
        edge = _ramp(rng, height, width) + rng.uniform(0, 0.15) * value_noise(rng, height, width, 60)
        beyond = (edge > rng.uniform(0.3, 0.8))[..., None]
        image = np.where(beyond, surface(rng, height, width), image)
    for _ in range(rng.integers(0, 6) if rng.random() < 0.4 else 0):
        ends = rng.uniform(-0.2, 1.2, (2, 2)) * (width, height)
        colour = random_colour(rng).tolist()
        start, end = (tuple(int(value) for value in point) for point in ends)
        cv2.line(image, start, end, colour, int(rng.integers(1, 4)), cv2.LINE_AA)
    if rng.random() < 0.3:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(1, 4))  # out of focus behind the objects
    return np.ascontiguousarray(image, dtype=np.float32)


# -- patterns: float32 H×W in 0..1, the share of the second colour --------------------------------------


def _plain(rng: np.random.Generator, height: int, width: int) -> Surface:
    return np.zeros((height, width), dtype=np.float32)


def _axes(rng: np.random.Generator, height: int, width: int) -> tuple[Surface, Surface]:
    """Coordinates in pixels along two perpendicular directions turned at random."""
    angle = rng.uniform(0, 2 * np.pi)
    x = np.arange(width, dtype=np.float32)[None]
    y = np.arange(height, dtype=np.float32)[:, None]
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return cosine * x + sine * y, cosine * y - sine * x


def _ramp(rng: np.random.Generator, height: int, width: int) -> Surface:
    along, _ = _axes(rng, height, width)
    low, high = along.min(), along.max()
    ramp: Surface = (along - low) / max(high - low, 1)
    return ramp


def _noise(rng: np.random.Generator, height: int, width: int) -> Surface:
    cell = np.exp(rng.uniform(np.log(3), np.log(max(height, width, 8))))
    noise = value_noise(rng, height, width, cell, int(rng.integers(1, 5)))
    surface: Surface = np.clip((noise - 0.5) * rng.uniform(1, 4) + 0.5, 0, 1)
    return surface


def _stripes(rng: np.random.Generator, height: int, width: int) -> Surface:
    along, across = _axes(rng, height, width)
    period = rng.uniform(4, 40)
    bend = 6 * value_noise(rng, height, width, 40) if rng.random() < 0.4 else 0
    wave = np.sin((along + bend) * np.float32(2 * np.pi / period) + 0 * across)
    surface: Surface = np.clip(wave * rng.uniform(0.5, 6) + 0.5 + rng.uniform(-0.5, 0.5), 0, 1)
    return surface


def _checks(rng: np.random.Generator, height: int, width: int) -> Surface:
    along, across = _axes(rng, height, width)
    period = np.float32(2 * np.pi / rng.uniform(8, 50))
    surface: Surface = np.clip(np.sin(along * period) * np.sin(across * period) * 8 + 0.5, 0, 1)
    return surface


def _spots(rng: np.random.Generator, height: int, width: int) -> Surface:
    noise = value_noise(rng, height, width, rng.uniform(5, 25), 1)
    surface: Surface = np.clip((noise - rng.uniform(0.55, 0.75)) * 20, 0, 1)
    return surface


_PATTERNS: tuple[Callable[[np.random.Generator, int, int], Surface], ...] = (
    _plain,
    _ramp,
    _noise,
    _stripes,
    _checks,
    _spots,
)
_PATTERN_SHARES = (0.22, 0.18, 0.3, 0.13, 0.07, 0.1)
