"""On which images a model that learns new classes is asked to answer as its base does.

The base's own training images are not at hand. Half of the images are synthetic scenes, drawn anew for each step; the
others are, in turn, images that the step learns from, and cuttings of the photographs that come with the project.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.datasets.images import read_image
from core.datasets.synthetic_scenes import generate_scene
from core.shipped import shipped

SMALLEST_SCALE = 0.5  # of the model's own size, up to 1: an image costs about half of one that is learned from
SMALLEST_CUTTING = 0.5  # of the sides of a photograph


def distillation_image(
    seed: int, step: int, images: Sequence[Tensor], targets: Sequence[Mapping[str, Any]]
) -> tuple[Tensor, Tensor, float]:
    """The image of a step: float 3×H×W in 0..1, the boxes of its annotated objects N×4 xyxy, and a factor of its size.

    The same for a seed and a step; `images` and `targets` are those that the step learns from.
    """
    rng = np.random.default_rng([seed, step])
    scale = float(rng.uniform(SMALLEST_SCALE, 1))
    photographs = _photographs()
    if step % 4 == 1 or (step % 4 == 3 and not photographs):
        return images[0], targets[0]["boxes"].float(), scale
    if step % 4 == 3:
        pixels = _cutting(rng, read_image(photographs[int(rng.integers(len(photographs)))]))
    else:
        pixels, _ = generate_scene([seed, step])
    image = torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1).float() / 255
    return image, torch.zeros((0, 4)), scale


def _photographs() -> list[Path]:
    return sorted(shipped("photographs").glob("*.jpg"))


def _cutting(rng: np.random.Generator, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A part of a photograph, mirrored half of the time."""
    height, width = (int(side * rng.uniform(SMALLEST_CUTTING, 1)) for side in pixels.shape[:2])
    top, left = int(rng.integers(pixels.shape[0] - height + 1)), int(rng.integers(pixels.shape[1] - width + 1))
    cut = pixels[top : top + height, left : left + width]
    return cut[:, ::-1] if rng.random() < 0.5 else cut
