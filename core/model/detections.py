"""From head outputs to detections: NMS of boxes, masks, keypoints (section 3.1, "Inference")."""

from __future__ import annotations

import torch
import torch.nn.functional as F
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
    scores = logits.softmax(dim=1)[:, 1:]
    # Only the pairs above the threshold are decoded: a handful of R·K.
    roi, label = torch.nonzero(scores > config.score_threshold, as_tuple=True)
    boxes = clip_boxes(decode_boxes(deltas[roi, label], proposals[roi], BOX_WEIGHTS), *size)
    kept_scores = scores[roi, label]
    large = ((boxes[:, 2:] - boxes[:, :2]) >= SMALLEST_DETECTION).all(dim=1)
    boxes, kept_scores, label = boxes[large], kept_scores[large], label[large]
    best = batched_nms(boxes, kept_scores, label, config.nms_threshold)[: config.detections_per_image]
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


def heatmaps_to_keypoints(heatmaps: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """The best position of each keypoint, found at the resolution of the box's own pixels.

    Args:
        heatmaps: float32 N×J×m×m logits.
        boxes: float32 N×4 xyxy, input pixels.

    Returns:
        float32 N×J×2 positions (x, y) in input pixels, and float32 N×J logits there.
    """
    count, joints, _side, _ = heatmaps.shape
    positions = boxes.new_zeros((count, joints, 2))
    scores = boxes.new_zeros((count, joints))
    extents = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1)
    # One transfer for all boxes instead of two a box.
    sizes = extents.ceil().to(torch.int64).tolist()
    for index, (width, height) in enumerate(sizes):
        fine = F.interpolate(heatmaps[index, None], size=(height, width), mode="bicubic", align_corners=False)[0]
        best = fine.flatten(1).max(dim=1)
        cell = torch.stack([best.indices % width, best.indices // width], dim=1)
        pixel = extents[index] / extents[index].ceil()
        positions[index] = boxes[index, :2] + (cell.float() + 0.5) * pixel
        scores[index] = best.values
    return positions, scores
