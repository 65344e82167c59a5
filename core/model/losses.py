"""The losses of the paper: L = L_cls + L_box + L_mask (section 3), the RPN's two and the keypoints'.

Each is a mean over what was sampled, and a zero that keeps the graph whole where nothing was.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# Where the RPN's and the box head's smooth L1 turn from a square into a line.
SMOOTH_L1_BETA = 1.0 / 9


def objectness_loss(logits: Tensor, is_object: Tensor) -> Tensor:
    """Binary cross-entropy of sampled anchors; float32 S logits and 0/1 labels."""
    if logits.numel() == 0:
        return logits.sum()
    return F.binary_cross_entropy_with_logits(logits, is_object)


def classification_loss(logits: Tensor, labels: Tensor, annotated: Tensor | None = None) -> Tensor:
    """Softmax cross-entropy of R RoIs over background and K classes (Fast R-CNN's L_cls).

    Args:
        logits: float32 R×(K+1), background first.
        labels: int64 R, 0 is background.
        annotated: bool R×(K+1) or None. Classes that the RoI's data set does not annotate take no
            part in background RoIs: an unlabelled object of such a class is no evidence against it,
            so fine-tuning on new classes does not unlearn the old. RoIs on objects keep the full
            softmax, since an object has one class.
    """
    if labels.numel() == 0:
        return logits.sum() * 0
    if annotated is not None:
        silent = ~annotated & (labels == 0)[:, None]
        logits = logits.masked_fill(silent, torch.finfo(logits.dtype).min)
    return F.cross_entropy(logits, labels)


def box_loss(deltas: Tensor, targets: Tensor, sampled: int, kind: str) -> Tensor:
    """Box regression of the positives' P×4 deltas, "smooth_l1" or "l1", divided by all that were sampled.

    The RPN's over anchors and the box head's over RoIs (deltas of their own class) are the same.
    """
    beta = SMOOTH_L1_BETA if kind == "smooth_l1" else 0.0
    return F.smooth_l1_loss(deltas, targets, beta=beta, reduction="sum") / max(sampled, 1)


def mask_loss(logits: Tensor, labels: Tensor, targets: Tensor, kind: str) -> Tensor:
    """L_mask of the positive RoIs (section 3; table 2b compares the two kinds).

    Args:
        logits: float32 P×C×M×M. "sigmoid": C = K, or 1 where class-agnostic; only the channel of
            the RoI's own class counts. "softmax": C = K + 1 (or 2) with background first, classes
            compete at every pixel.
        labels: int64 P, 1..K.
        targets: float32 P×M×M in 0..1.
    """
    if logits.numel() == 0:
        return logits.sum()
    if kind == "softmax":
        channel = labels if logits.shape[1] > 2 else torch.ones_like(labels)
        per_pixel = torch.where(targets >= 0.5, channel[:, None, None], torch.zeros_like(labels)[:, None, None])
        return F.cross_entropy(logits, per_pixel)
    own = select_class(logits, labels)
    return F.binary_cross_entropy_with_logits(own, targets)


def keypoint_loss(heatmaps: Tensor, positions: Tensor, visible: Tensor) -> Tensor:
    """Cross-entropy over the m² positions of each visible keypoint (section 5).

    Args:
        heatmaps: float32 P×J×m×m logits.
        positions: int64 P×J, y · m + x of the one-hot target.
        visible: bool P×J, labelled and inside the RoI.
    """
    # A weighted mean instead of indexing: no keypoint visible needs no special case and no sync.
    per_keypoint = F.cross_entropy(heatmaps.flatten(0, 1).flatten(1), positions.flatten(), reduction="none")
    weights = visible.flatten().to(per_keypoint.dtype)
    return (per_keypoint * weights).sum() / weights.sum().clamp(min=1)


def select_class(logits: Tensor, labels: Tensor) -> Tensor:
    """Each RoI's own channel of N×C×M×M logits, N×M×M; the one channel where C is 1."""
    if logits.shape[1] == 1:
        return logits[:, 0]
    return logits[torch.arange(len(logits), device=logits.device), labels - 1]
