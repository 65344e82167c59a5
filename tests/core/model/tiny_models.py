"""Models and images small enough that a step takes a fraction of a second."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from core.config import ModelConfig
from core.model.mask_rcnn import MaskRCNN

TINY: dict[str, Any] = {
    "backbone": "resnet18",
    "num_classes": 3,
    "fpn_channels": 16,
    "min_size": 64,
    "max_size": 96,
    "anchor_sizes": (8, 16, 32, 64, 96),
    "rpn_batch_size": 32,
    "rois_per_image": 16,
    "proposals_train": 30,
    "proposals_test": 12,
    "proposals_before_nms_train": 60,
    "proposals_before_nms_test": 40,
    "box_head_channels": 32,
    "mask_head_channels": 8,
    "mask_head_convs": 1,
    "keypoint_head_channels": 8,
    "keypoint_head_convs": 1,
    "score_threshold": 0.05,
    "detections_per_image": 10,
}


def tiny_config(**changes: Any) -> ModelConfig:
    """The tiny configuration with some fields changed."""
    return ModelConfig(**(TINY | changes))


def tiny_model(**changes: Any) -> MaskRCNN:
    """A tiny model with the same random weights every time."""
    torch.manual_seed(0)
    return MaskRCNN(tiny_config(**changes))


def image(height: int = 64, width: int = 96, seed: int = 0) -> Tensor:
    """float32 3×H×W noise in 0..1."""
    return torch.rand((3, height, width), generator=torch.Generator().manual_seed(seed))


def target(height: int = 64, width: int = 96, num_keypoints: int = 0) -> dict[str, Any]:
    """Two objects with masks, a crowd, and keypoints where asked for."""
    boxes = torch.tensor([[4.0, 6.0, 40.0, 50.0], [44.0, 10.0, 90.0, 60.0], [0.0, 0.0, 12.0, 12.0]])
    masks = torch.zeros((3, height, width), dtype=torch.uint8)
    for mask, (x0, y0, x1, y1) in zip(masks, boxes.int().tolist(), strict=True):
        mask[y0:y1, x0:x1] = 1
    result: dict[str, Any] = {
        "boxes": boxes,
        "labels": torch.tensor([1, 3, 2]),
        "masks": masks,
        "iscrowd": torch.tensor([False, False, True]),
        "image_id": 7,
    }
    if num_keypoints:
        corner, extent = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2])[:, None]
        place = torch.linspace(0.2, 0.8, num_keypoints)[None, :, None]
        points = corner + extent * place
        result["keypoints"] = torch.cat([points, torch.full_like(points[..., :1], 2)], dim=2)
    return result


def total(losses: dict[str, Tensor]) -> Tensor:
    """The multi-task loss: the plain sum (section 3)."""
    return torch.stack(list(losses.values())).sum()
