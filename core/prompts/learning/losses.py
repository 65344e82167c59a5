"""What a prompt network is punished for."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def prompt_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Binary cross-entropy plus Dice loss of logits B×1×h×w against coverage B×1×h×w, the mean over the batch."""
    cross_entropy = F.binary_cross_entropy_with_logits(logits, truth)
    probability = logits.sigmoid()
    common = (probability * truth).sum(dim=(1, 2, 3))
    total = (probability.square() + truth.square()).sum(dim=(1, 2, 3))
    dice = 1 - (2 * common + 1) / (total + 1)
    return cross_entropy + dice.mean()


def quality_loss(quality: Tensor, logits: Tensor, truth: Tensor) -> Tensor:
    """Binary cross-entropy of the expected IoU (logits B) against the answer's with the object, over the batch."""
    with torch.no_grad():
        answer, object_ = logits > 0, truth >= 0.5
        common = (answer & object_).sum(dim=(1, 2, 3))
        iou = common / (answer | object_).sum(dim=(1, 2, 3)).clamp(min=1)
    return F.binary_cross_entropy_with_logits(quality, iou)
