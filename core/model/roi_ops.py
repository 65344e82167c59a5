"""RoIAlign, RoIPool and RoIWarp (section 3, tables 2c and 2d), over one map or a pyramid."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision import ops

from core.config import ModelConfig
from core.model.exporting import is_exporting

# FPN, equation 1: an RoI of ImageNet's 224×224 is read from P4 (index 2 of P2..P5).
CANONICAL_SIZE = 224
CANONICAL_LEVEL = 4
FINEST_LEVEL = 2


def assign_levels(rois: Tensor, levels: int, finest: int = FINEST_LEVEL) -> Tensor:
    """The pyramid level of each RoI, int64 in 0..levels-1 (0 is P2, or the `finest` that there is).

    k = floor(4 + log2(sqrt(w · h) / 224)), FPN's equation 1; rois are float32 N×4 in input pixels.
    """
    size = (rois[:, 2:] - rois[:, :2]).prod(dim=1).clamp(min=0).sqrt()
    # The epsilon keeps exact powers of two on the upper side, as the published weights expect.
    level = torch.floor(CANONICAL_LEVEL + torch.log2(size / CANONICAL_SIZE) + 1e-6)
    return (level.clamp(finest, finest + levels - 1) - finest).to(torch.int64)


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
    # Level k has stride 2^k; of two maps of one stride the first is read.
    finest, coarsest = strides[0].bit_length() - 1, strides[-1].bit_length() - 1
    levels = assign_levels(flat[:, 1:], coarsest - finest + 1, finest)
    if is_exporting():
        return _all_levels(maps, strides, flat, levels, size, config)
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


def _all_levels(
    maps: Sequence[Tensor], strides: Sequence[int], rois: Tensor, levels: Tensor, size: int, config: ModelConfig
) -> Tensor:
    """The same in a graph, which cannot know that a level has no RoI: there are as many rows as RoIs from the start."""
    features = maps[0].new_zeros((1, maps[0].shape[1], size, size)).expand(rois.shape[0], -1, -1, -1)
    for level, (feature_map, stride) in enumerate(zip(maps, strides, strict=True)):
        chosen = torch.nonzero(levels == level).squeeze(1)
        features = features.index_put((chosen,), roi_op(feature_map, rois[chosen], stride, size, config))
    return features


def roi_op(feature_map: Tensor, rois: Tensor, stride: int, size: int, config: ModelConfig) -> Tensor:
    """The configured operation on one map; rois are R×5: image index, then xyxy in input pixels."""
    if config.roi_op == "pool":
        exact = _exact(feature_map)
        pooled: Tensor = ops.roi_pool(feature_map.to(exact), rois.to(exact), size, 1.0 / stride)
        return pooled.to(feature_map.dtype)
    if config.roi_op == "warp":
        return roi_warp(feature_map, rois, stride, size, config.roi_reduce, config.roi_samples)
    return roi_align(feature_map, rois, stride, size, config.roi_reduce, config.roi_samples, config.roi_aligned)


def roi_align(
    feature_map: Tensor, rois: Tensor, stride: int, size: int, reduce: str, samples: int, aligned: bool
) -> Tensor:
    """RoIAlign: bilinear samples at exact positions, averaged or maximised in each bin (section 3).

    `samples` a bin and direction; 0 takes as many as the bin is pixels wide.
    """
    if reduce == "max":
        # A bin of s×s samples is s×s bins of one sample at the same positions; the maximum is over those.
        return F.max_pool2d(roi_align(feature_map, rois, stride, size * samples, "avg", 1, aligned), samples)
    if samples > 0 and feature_map.device.type == "cpu" and not is_exporting():
        return _bins_as_sums_of_pixels(feature_map, rois, stride, size, samples, aligned)
    exact, points = _exact(feature_map), samples if samples > 0 else -1  # -1: as many as the bin has pixels
    aligned_bins: Tensor = ops.roi_align(feature_map.to(exact), rois.to(exact), size, 1.0 / stride, points, aligned)
    return aligned_bins.to(feature_map.dtype)


def _exact(feature_map: Tensor) -> torch.dtype:
    """The type in which a map's RoIs are placed, float32 at least: bfloat16 would move them by up to 4 pixels of 1333.

    torchvision's operations take map and RoIs of one type, and have no bfloat16.
    """
    return torch.promote_types(feature_map.dtype, torch.float32)


def _bins_as_sums_of_pixels(
    feature_map: Tensor, rois: Tensor, stride: int, size: int, samples: int, aligned: bool
) -> Tensor:
    """RoIAlign on a CPU: the mean of bilinear samples is a weighted sum of 4·samples² pixels, a bag of embeddings.

    In channels-last layout a pixel is one row of memory, so this is ten times faster than torchvision's operation,
    which goes through the map channel by channel; backwards too.
    """
    _, channels, height, width = feature_map.shape
    pixels = feature_map.permute(0, 2, 3, 1).reshape(-1, channels)
    boxes = rois[:, 1:].to(_exact(feature_map)) / stride
    if aligned:
        boxes = boxes - 0.5
    extent = boxes[:, 2:] - boxes[:, :2]
    if not aligned:
        extent = extent.clamp(min=1)
    columns, column_weights = _pixels_along(boxes[:, 0], extent[:, 0], size, samples, width)
    rows, row_weights = _pixels_along(boxes[:, 1], extent[:, 1], size, samples, height)
    rows = rows * width + (rois[:, 0].to(torch.int32) * (height * width))[:, None, None]
    bag = (rows[:, :, None, :, None] + columns[:, None, :, None, :]).view(-1, 4 * samples**2)
    weights = (row_weights[:, :, None, :, None] * column_weights[:, None, :, None, :]).view(-1, 4 * samples**2)
    bins = F.embedding_bag(bag, pixels, mode="sum", per_sample_weights=weights.to(pixels.dtype))
    return bins.view(-1, size, size, channels).permute(0, 3, 1, 2)


def _pixels_along(start: Tensor, extent: Tensor, bins: int, samples: int, length: int) -> tuple[Tensor, Tensor]:
    """In one direction, what each bin of each RoI reads: int32 indices and weights, R×bins×2·samples.

    Positions are in map pixels with integers at their centres. As in torchvision's operation, a sample up to one
    pixel outside the map counts for the outermost, beyond that for 0.
    """
    steps = (torch.arange(bins * samples, dtype=start.dtype) + 0.5) / (bins * samples)
    position = start[:, None] + steps * extent[:, None]
    outside = (position < -1) | (position > length)
    position = position.clamp(0, length - 1)
    before = position.floor()
    after_weight = position - before
    indices = torch.stack([before, (before + 1).clamp(max=length - 1)], dim=-1).to(torch.int32)
    weights = torch.stack([1 - after_weight, after_weight], dim=-1).masked_fill(outside[..., None], 0) / samples
    return indices.view(-1, bins, 2 * samples), weights.view(-1, bins, 2 * samples)


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
        [torch.cat([torch.full_like(boxes[:, :1], float(index)), boxes], dim=1) for index, boxes in enumerate(rois)]
    )
