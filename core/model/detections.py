"""From head outputs to detections: NMS of boxes, masks, keypoints (section 3.1, "Inference")."""

from __future__ import annotations

import torch
from torch import Tensor
from torchvision.ops import batched_nms

from core.config import ModelConfig
from core.model.boxes import clip_boxes, decode_boxes
from core.model.losses import select_class
from core.model.targets import BOX_WEIGHTS

SMALLEST_DETECTION = 1e-2  # pixels


def select_detections(
    logits: Tensor, deltas: Tensor, proposals: Tensor, size: tuple[int, int], config: ModelConfig
) -> tuple[Tensor, Tensor, Tensor]:
    """The best boxes of one image: (float32 D×4 in input pixels, int64 D labels, float32 D scores).

    Args:
        logits: float32 R×(K+1), background first.
        deltas: float32 R×K×4.
        proposals: float32 R×4 in input pixels.
        size: height, width of the resized image.
    """
    boxes, labels, scores = all_detections(logits, deltas, proposals, size, config)
    best = slice(config.detections_per_image)
    return boxes[best], labels[best], scores[best]


def all_detections(
    logits: Tensor, deltas: Tensor, proposals: Tensor, size: tuple[int, int], config: ModelConfig
) -> tuple[Tensor, Tensor, Tensor]:
    """The same, the best first, before `detections_per_image` cuts it."""
    scores = logits.softmax(dim=1)[:, 1:]
    # Only the pairs above the threshold are decoded: a handful of R·K.
    roi, label = torch.nonzero(scores > config.score_threshold, as_tuple=True)
    boxes = clip_boxes(decode_boxes(deltas[roi, label], proposals[roi], BOX_WEIGHTS), *size)
    kept_scores = scores[roi, label]
    large = ((boxes[:, 2:] - boxes[:, :2]) >= SMALLEST_DETECTION).all(dim=1)
    boxes, kept_scores, label = boxes[large], kept_scores[large], label[large]
    best = batched_nms(boxes, kept_scores, label, config.nms_threshold)
    return boxes[best], label[best] + 1, kept_scores[best]


def mask_channel(labels: Tensor, config: ModelConfig) -> Tensor:
    """The mask channel that holds the foreground of each label, int64 N."""
    first = 1 if config.mask_loss == "softmax" else 0
    return torch.full_like(labels, first) if config.mask_class_agnostic else labels - 1 + first


def mask_probabilities(logits: Tensor, labels: Tensor, config: ModelConfig) -> Tensor:
    """Each detection's mask from N×C×M×M logits, float32 N×M×M in 0..1."""
    if config.mask_loss == "softmax":
        channel = mask_channel(labels, config)
        return logits.softmax(dim=1)[torch.arange(len(logits), device=logits.device), channel]
    return select_class(logits, labels).sigmoid()


def mean_of_masks(logits: Tensor, probabilities: Tensor, config: ModelConfig) -> Tensor:
    """The mean of all classes' masks, weighted by class probabilities R×K: R×C×M×M logits to float32 R×M×M."""
    masks = logits.softmax(dim=1)[:, 1:] if config.mask_loss == "softmax" else logits.sigmoid()
    if masks.shape[1] == 1:
        return masks[:, 0]
    weights = probabilities / probabilities.sum(dim=1, keepdim=True).clamp(min=1e-6)
    return torch.einsum("rkhw,rk->rhw", masks, weights)
