"""Where a graph for export is recorded: sizes are open there, and every branch is taken once for all."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.ops import batched_nms, nms


def is_exporting() -> bool:
    """Whether `torch.export` is recording what is computed."""
    exporting = getattr(torch.compiler, "is_exporting", None)  # since torch 2.7
    return exporting is not None and bool(exporting())


def nms_by_group(boxes: Tensor, scores: Tensor, groups: Tensor, threshold: float) -> Tensor:
    """NMS among the boxes of each group (float32 N×4, int64 N): indices of what is kept, the best first."""
    kept: Tensor
    if not is_exporting():
        kept = batched_nms(boxes, scores, groups, threshold)
        return kept
    # torchvision chooses between two ways by the number of boxes; this is the one for few: groups side by side.
    apart = groups.to(boxes) * (torch.cat([boxes.flatten(), boxes.new_zeros(1)]).max() + 1)
    # A graph takes it for granted that two boxes at least are kept: two that meet no other and are the last of all.
    more = boxes.new_tensor([[-4.0, -4.0, -3.0, -3.0], [-2.0, -2.0, -1.0, -1.0]])
    kept = nms(torch.cat([boxes + apart[:, None], more]), torch.cat([scores, scores.new_full((2,), -1.0)]), threshold)
    return kept[:-2]
