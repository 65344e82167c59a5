"""Anchors: where they stand, how large they are, in which order."""

from __future__ import annotations

import math

import pytest
import torch

from core.config import ModelConfig
from core.model.anchors import anchors_for, anchors_per_position, cell_anchors, feature_strides, grid_anchors

CPU = torch.device("cpu")


def test_anchors_of_one_size_share_their_area_and_differ_in_shape() -> None:
    anchors = cell_anchors([64], [0.5, 1.0, 2.0])
    width, height = (anchors[:, 2:] - anchors[:, :2]).T
    torch.testing.assert_close(width * height, torch.full((3,), 64.0**2))
    torch.testing.assert_close(height / width, torch.tensor([0.5, 1.0, 2.0]))
    torch.testing.assert_close(anchors[:, :2], -anchors[:, 2:])  # centred on the origin


def test_the_order_is_ratio_first_then_size() -> None:
    anchors = cell_anchors([32, 64], [0.5, 2.0])
    size_and_ratio = [
        (round(math.sqrt((x1 - x0) * (y1 - y0))), round((y1 - y0) / (x1 - x0), 1))
        for x0, y0, x1, y1 in anchors.tolist()
    ]
    assert size_and_ratio == [(32, 0.5), (64, 0.5), (32, 2.0), (64, 2.0)]


def test_a_grid_repeats_the_cell_row_by_row_at_the_stride() -> None:
    cell = torch.tensor([[-1.0, -2.0, 1.0, 2.0], [-3.0, -3.0, 3.0, 3.0]])
    expected = [[x + a, y + b, x + c, y + d] for y in (0, 8) for x in (0, 16, 32) for a, b, c, d in cell.tolist()]
    assert grid_anchors(cell, height=2, width=3, stride_y=8, stride_x=16).tolist() == expected


@pytest.mark.parametrize(("features", "positions"), [("fpn", 3), ("c4", 15), ("c5", 15), ("dc5", 15)])
def test_anchors_a_position(features: str, positions: int) -> None:
    config = ModelConfig(features=features)  # type: ignore[arg-type]
    assert anchors_per_position(config) == positions
    maps = [(6, 8)] * len(feature_strides(config))
    levels = anchors_for(config, maps, (96, 128), CPU)
    assert [len(level) for level in levels] == [6 * 8 * positions] * len(maps)


def test_an_oblong_image_keeps_the_stride_of_every_level_in_both_directions() -> None:
    """P6 of an 800 pixels high image has 13 rows, but its anchors still step by 64, not by 800 // 13."""
    config = ModelConfig(anchor_ratios=(1.0,))
    maps = [(200, 336), (100, 168), (50, 84), (25, 42), (13, 21)]
    for level, (_, width), stride in zip(
        anchors_for(config, maps, (800, 1344), CPU), maps, (4, 8, 16, 32, 64), strict=True
    ):
        assert (level[1] - level[0]).tolist() == [stride, 0, stride, 0]
        assert (level[width] - level[0]).tolist() == [0, stride, 0, stride]


def test_torchvisions_rounding_is_of_anchors_and_of_steps() -> None:
    config = ModelConfig(anchors_rounded=True)
    maps = [(200, 336), (100, 168), (50, 84), (25, 42), (13, 21)]
    top = anchors_for(config, maps, (800, 1344), CPU)[-1]
    assert torch.equal(top, top.round())
    assert (top[21 * 3] - top[0]).tolist() == [0, 61, 0, 61]


def test_images_of_one_size_share_their_anchors() -> None:
    config = ModelConfig()
    maps = [(16, 16), (8, 8), (4, 4), (2, 2), (1, 1)]
    first, second = anchors_for(config, maps, (64, 64), CPU), anchors_for(config, maps, (64, 64), CPU)
    assert all(one is other for one, other in zip(first, second, strict=True))
