"""From keypoint heatmaps to positions (section 5), for all boxes at once."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

# The factor that torch, OpenCV and torchvision's keypoint models share.
CUBIC_A = -0.75
LARGEST_GROUP = 2**23  # values of upsampled heatmaps that are in memory at a time


def heatmaps_to_keypoints(heatmaps: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """The best position of each keypoint, found at the resolution of the box's own pixels.

    Each heatmap is resized to its box by bicubic interpolation and its maximum taken. Resizing is a
    matrix product from either side, so boxes of like size share one.

    Args:
        heatmaps: float32 N×J×m×m logits.
        boxes: float32 N×4 xyxy, input pixels.

    Returns:
        float32 N×J×2 positions (x, y) in input pixels, and float32 N×J logits there.
    """
    joints = heatmaps.shape[1]
    extents = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1)
    sizes = extents.ceil().to(torch.int64)
    cells = boxes.new_zeros((len(boxes), joints, 2))
    scores = boxes.new_zeros((len(boxes), joints))
    # Half precision, where it is switched on around this, would move the maximum.
    with torch.autocast(boxes.device.type, enabled=False):
        for rows, width, height in _groups_of_like_size(sizes, joints):
            cells[rows], scores[rows] = _peaks(heatmaps[rows].float(), sizes[rows], width, height)
    pixel = extents / sizes
    return boxes[:, None, :2] + (cells + 0.5) * pixel[:, None], scores


def _groups_of_like_size(sizes: Tensor, joints: int) -> Iterator[tuple[Tensor, int, int]]:
    """Boxes that are padded to one width and height: (int64 rows, width, height); int64 N×2 sizes."""
    order = sizes.prod(dim=1).argsort()
    # One transfer for all boxes.
    members = list(zip(order.tolist(), sizes[order].tolist(), strict=True))
    group: list[int] = []
    width = height = area = 0
    for index, (own_width, own_height) in members:
        wider, taller = max(width, own_width), max(height, own_height)
        padded = (len(group) + 1) * wider * taller
        # No more than half of a product may be padding.
        if group and (padded * joints > LARGEST_GROUP or padded > 2 * (area + own_width * own_height)):
            yield torch.tensor(group, device=sizes.device), width, height
            group, wider, taller, area = [], own_width, own_height, 0
        group.append(index)
        width, height, area = wider, taller, area + own_width * own_height
    if group:
        yield torch.tensor(group, device=sizes.device), width, height


def _peaks(heatmaps: Tensor, sizes: Tensor, width: int, height: int) -> tuple[Tensor, Tensor]:
    """The cell (x, y) of the maximum of each heatmap resized to its size, float32 n×J×2, and its value n×J."""
    count, joints, side, _ = heatmaps.shape
    from_columns = _cubic_weights(sizes[:, 0], width, side)
    from_rows = _cubic_weights(sizes[:, 1], height, side)
    # n×H×m · n×m×(J·m) · n×m×W, the joints riding along.
    tall = from_rows @ heatmaps.permute(0, 2, 1, 3).flatten(2)
    fine = tall.view(count, height * joints, side) @ from_columns.transpose(1, 2)
    best_in_row = fine.view(count, height, joints, width).max(dim=3)
    best = best_in_row.values.max(dim=1)
    x = best_in_row.indices.gather(1, best.indices[:, None])[:, 0]
    # Padding repeats the last row and column.
    cells = torch.minimum(torch.stack([x, best.indices], dim=2), sizes[:, None] - 1)
    return cells.to(heatmaps.dtype), best.values


def _cubic_weights(sizes: Tensor, longest: int, side: int) -> Tensor:
    """Matrices that resize `side` samples to each of the sizes, float32 n×longest×side; rows past a size repeat."""
    cell = torch.minimum(torch.arange(longest, device=sizes.device), sizes[:, None] - 1)
    source = (cell + 0.5) * (side / sizes[:, None]) - 0.5
    first = source.floor()
    taps = first[..., None] + torch.arange(-1, 3, device=sizes.device)
    distance = (source[..., None] - taps).abs()
    near = ((CUBIC_A + 2) * distance - (CUBIC_A + 3)) * distance**2 + 1
    far = ((CUBIC_A * distance - 5 * CUBIC_A) * distance + 8 * CUBIC_A) * distance - 4 * CUBIC_A
    weights = torch.where(distance <= 1, near, far)
    matrix = weights.new_zeros((len(sizes), longest, side))
    return matrix.scatter_add_(2, taps.clamp(0, side - 1).to(torch.int64), weights)
