"""RoIAlign, RoIPool and RoIWarp (section 3, tables 2c and 2d), over one map or a pyramid."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision import ops

from core.config import ModelConfig

# FPN, equation 1: an RoI of ImageNet's 224×224 is read from P4 (index 2 of P2..P5).
CANONICAL_SIZE = 224
CANONICAL_LEVEL = 4
FINEST_LEVEL = 2


def assign_levels(rois: Tensor, levels: int) -> Tensor:
    """The pyramid level of each RoI, int64 in 0..levels-1 (0 is P2).

    k = floor(4 + log2(sqrt(w · h) / 224)), FPN's equation 1; rois are float32 N×4 in input pixels.
    """
    size = (rois[:, 2:] - rois[:, :2]).prod(dim=1).clamp(min=0).sqrt()
    # The epsilon keeps exact powers of two on the upper side, as the published weights expect.
    level = torch.floor(CANONICAL_LEVEL + torch.log2(size / CANONICAL_SIZE) + 1e-6)
    return (level.clamp(FINEST_LEVEL, FINEST_LEVEL + levels - 1) - FINEST_LEVEL).to(torch.int64)


def roi_features(
    maps: Sequence[Tensor], strides: Sequence[int], rois: Sequence[Tensor], size: int, config: ModelConfig
) -> Tensor:
    """Features of every RoI, R×C×size×size, images in order.

    Args:
        maps: the levels that RoIs are read from, each B×C×H×W; P2..P5 with FPN, else one.
        strides: input pixels a map pixel, one a level.
        rois: for each image float32 N×4 xyxy in input pixels.
    """
    flat = _with_image_index(rois)
    if len(maps) == 1:
        return roi_op(maps[0], flat, strides[0], size, config)
    levels = assign_levels(flat[:, 1:], len(maps))
    order, parts = [], []
    for level, (feature_map, stride) in enumerate(zip(maps, strides, strict=True)):
        chosen = torch.nonzero(levels == level).squeeze(1)
        # A level that no RoI is read from stays in the graph: other processes wait for its parameters' gradients.
        if len(chosen) or feature_map.requires_grad:
            order.append(chosen)
            parts.append(roi_op(feature_map, flat[chosen], stride, size, config))
    if not parts:
        return maps[0].new_zeros((0, maps[0].shape[1], size, size))
    # Put together once and then sorted: tens of MB, which filling a result level by level would copy four times.
    return torch.cat(parts)[torch.argsort(torch.cat(order))]


def plain_layout(maps: Sequence[Tensor]) -> list[Tensor]:
    """The same maps with a plane a channel, as RoI operations read them; for inference.

    Convolutions are faster where the channels of a pixel lie together, and each RoI operation on such a map
    would turn the whole map first: two to three times an image.
    """
    return [level if level.is_contiguous() else _planes(level) for level in maps]


def _planes(level: Tensor) -> Tensor:
    batch, channels, height, width = level.shape
    result = level.new_empty((batch, channels, height * width))
    for planes, image in zip(result, level, strict=True):
        # As the transpose of a matrix, which torch copies in blocks: less than half the time of `contiguous`.
        planes.copy_(image.permute(1, 2, 0).reshape(height * width, channels).t())
    return result.view(level.shape)


def roi_op(feature_map: Tensor, rois: Tensor, stride: int, size: int, config: ModelConfig) -> Tensor:
    """The configured operation on one map; rois are R×5: image index, then xyxy in input pixels."""
    rois = rois.to(feature_map.dtype)
    if config.roi_op == "pool":
        return ops.roi_pool(feature_map, rois, size, 1.0 / stride)
    if config.roi_op == "warp":
        return roi_warp(feature_map, rois, stride, size, config.roi_reduce, config.roi_samples)
    return roi_align(feature_map, rois, stride, size, config.roi_reduce, config.roi_samples, config.roi_aligned)


def roi_align(
    feature_map: Tensor, rois: Tensor, stride: int, size: int, reduce: str, samples: int, aligned: bool
) -> Tensor:
    """RoIAlign: bilinear samples at exact positions, averaged or maximised in each bin (section 3)."""
    if reduce == "avg":
        sampling_ratio = samples if samples > 0 else -1
        return ops.roi_align(feature_map, rois, size, 1.0 / stride, sampling_ratio, aligned)
    # A bin of s×s samples is s×s bins of one sample at the same positions; the maximum is over those.
    fine = ops.roi_align(feature_map, rois, size * samples, 1.0 / stride, 1, aligned)
    return F.max_pool2d(fine, samples)


def roi_warp(feature_map: Tensor, rois: Tensor, stride: int, size: int, reduce: str, samples: int) -> Tensor:
    """RoIWarp (MNC, Dai et al. 2016): the RoI is rounded to the map's grid, then sampled bilinearly.

    It keeps RoIPool's quantisation and RoIAlign's interpolation, which is what table 2c separates.
    """
    corners = torch.round(rois[:, 1:] / stride)
    top_left = corners[:, :2]
    # RoIPool's rounding counts the last map pixel as inside: at least one pixel wide.
    bottom_right = torch.maximum(corners[:, 2:] + 1, top_left + 1)
    quantised = torch.cat([rois[:, :1], top_left * stride, bottom_right * stride], dim=1)
    return roi_align(feature_map, quantised, stride, size, reduce, samples, aligned=True)


def _with_image_index(rois: Sequence[Tensor]) -> Tensor:
    return torch.cat(
        [torch.cat([boxes.new_full((len(boxes), 1), float(index)), boxes], dim=1) for index, boxes in enumerate(rois)]
    )
