"""Anchors: the reference boxes of the region proposal network."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from core.config import ModelConfig
from core.model.exporting import is_exporting


def cell_anchors(sizes: Sequence[int], ratios: Sequence[float], rounded: bool = False) -> Tensor:
    """Anchors centred on the origin, float32 (len(ratios) · len(sizes))×4 xyxy.

    Every anchor of one size has the same area; `ratios` are height / width. The order is ratio
    first, then size, as in the published weights. `rounded` gives torchvision's whole pixels.
    """
    size = torch.as_tensor(sizes, dtype=torch.float32)
    height_factor = torch.as_tensor(ratios, dtype=torch.float32).sqrt()
    widths = (size / height_factor[:, None]).flatten()
    heights = (size * height_factor[:, None]).flatten()
    anchors = torch.stack([-widths, -heights, widths, heights], dim=1) / 2
    return anchors.round() if rounded else anchors


def grid_anchors(cell: Tensor, height: int, width: int, stride_y: int, stride_x: int) -> Tensor:
    """The cell anchors at every position of an H×W map, float32 (H·W·A)×4 xyxy in input pixels."""
    shift_x = torch.arange(width, dtype=torch.float32) * stride_x
    shift_y = torch.arange(height, dtype=torch.float32) * stride_y
    y, x = torch.meshgrid(shift_y, shift_x, indexing="ij")
    shifts = torch.stack([x, y, x, y], dim=-1).reshape(-1, 1, 4)
    return (shifts + cell).reshape(-1, 4)


def anchors_per_position(config: ModelConfig) -> int:
    """A: with FPN one size a level, otherwise every size on every map."""
    sizes = 1 if config.features == "fpn" else len(config.anchor_sizes)
    return sizes * len(config.anchor_ratios)


def feature_strides(config: ModelConfig) -> tuple[int, ...]:
    """Input pixels a map pixel on each level that the RPN reads: P2 to P6, or the one map."""
    strides = {"fpn": (4, 8, 16, 32, 64), "fpn_mobile": (32, 32, 64), "c4": (16,), "c5": (32,), "dc5": (16,)}
    return strides[config.features]


def roi_strides(config: ModelConfig) -> tuple[int, ...]:
    """Those of the levels that RoIs are read from: a pyramid's last, P6, serves the RPN alone."""
    strides = feature_strides(config)
    return strides[:-1] if config.has_pyramid else strides


def anchors_for(
    config: ModelConfig, map_sizes: Sequence[tuple[int, int]], input_size: tuple[int, int], device: torch.device
) -> tuple[Tensor, ...]:
    """Anchors of each level for maps of the given (height, width), float32 (H·W·A)×4 in input pixels."""
    strides = [(stride, stride) for stride in feature_strides(config)]
    if config.anchors_rounded:
        # torchvision divides sizes instead: 61 pixels on a P6 of 13 rows over 800.
        strides = [(input_size[0] // height, input_size[1] // width) for height, width in map_sizes]
    sizes = [config.anchor_sizes] * len(map_sizes)
    if config.features == "fpn":
        sizes = [(size,) for size in config.anchor_sizes]
    # Sizes that a graph leaves open are no numbers yet that something could be kept by.
    of_levels = _anchors_of_levels.__wrapped__ if is_exporting() else _anchors_of_levels
    return of_levels(
        tuple(sizes), config.anchor_ratios, config.anchors_rounded, tuple(map_sizes), tuple(strides), device
    )


@lru_cache(maxsize=16)
def _anchors_of_levels(
    sizes: tuple[tuple[int, ...], ...],
    ratios: tuple[float, ...],
    rounded: bool,
    map_sizes: tuple[tuple[int, int], ...],
    strides: tuple[tuple[int, int], ...],
    device: torch.device,
) -> tuple[Tensor, ...]:
    # Images of one size share their anchors; a handful of sizes covers a data set.
    return tuple(
        grid_anchors(cell_anchors(level, ratios, rounded), *map_size, *stride).to(device)
        for level, map_size, stride in zip(sizes, map_sizes, strides, strict=True)
    )
