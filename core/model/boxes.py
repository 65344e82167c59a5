"""Box arithmetic: the regression parametrisation and its loss, matching to ground truth, sampling."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.ops import box_iou

from core.model.exporting import is_exporting

# A larger exp() would let one wild regression make an infinite box.
MAX_LOG_SCALE = math.log(1000.0 / 16)
# Pairs of boxes whose overlaps are in memory at a time, some 150 MB; those of 600 objects and 270,000 anchors are 4 GB.
MOST_PAIRS = 2**22
# Where smooth L1 turns from a square into a line.
SMOOTH_L1_BETA = 1.0 / 9


def encode_boxes(boxes: Tensor, references: Tensor, weights: tuple[float, float, float, float]) -> Tensor:
    """Regression targets (dx, dy, dw, dh) that move `references` onto `boxes`, float32 N×4.

    The parametrisation of R-CNN (Girshick et al. 2014, appendix C), scaled by `weights`.
    """
    reference_size = (references[:, 2:] - references[:, :2]).clamp(min=1e-4)
    size = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1e-4)
    reference_centre = references[:, :2] + 0.5 * reference_size
    centre = boxes[:, :2] + 0.5 * size
    scale = boxes.new_tensor(weights)
    shift = (centre - reference_centre) / reference_size * scale[:2]
    stretch = torch.log(size / reference_size) * scale[2:]
    return torch.cat([shift, stretch], dim=1)


def decode_boxes(deltas: Tensor, references: Tensor, weights: tuple[float, float, float, float]) -> Tensor:
    """The inverse of `encode_boxes`; deltas and result are float32 N×…×4, references N×4."""
    while references.dim() < deltas.dim():
        references = references.unsqueeze(-2)
    size = references[..., 2:] - references[..., :2]
    centre = references[..., :2] + 0.5 * size
    scale = deltas.new_tensor(weights)
    deltas = deltas / scale
    new_centre = deltas[..., :2] * size + centre
    half = 0.5 * torch.exp(deltas[..., 2:].clamp(max=MAX_LOG_SCALE)) * size
    return torch.cat([new_centre - half, new_centre + half], dim=-1)


def box_loss(deltas: Tensor, targets: Tensor, sampled: int, kind: str) -> Tensor:
    """Box regression of the positives' P×4 deltas, "smooth_l1" or "l1", divided by all that were sampled.

    The RPN's over anchors and the box head's over RoIs (deltas of their own class) are the same.
    """
    beta = SMOOTH_L1_BETA if kind == "smooth_l1" else 0.0
    return F.smooth_l1_loss(deltas, targets, beta=beta, reduction="sum") / max(sampled, 1)


def clip_boxes(boxes: Tensor, height: int, width: int) -> Tensor:
    """Boxes of any leading shape, cut to the image."""
    x = boxes[..., 0::2].clamp(0, width)
    y = boxes[..., 1::2].clamp(0, height)
    return torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], dim=-1)


def match_anchors(ground_truth: Tensor, anchors: Tensor, positive_iou: float, negative_iou: float) -> Tensor:
    """For each anchor the index of its object, -1 for background, -2 for between the thresholds.

    An object that no anchor reaches with `positive_iou` takes every anchor that shares its best
    overlap (Faster R-CNN, section 3.1.2). int64, one an anchor.
    """
    if len(ground_truth) == 0:
        return torch.full((len(anchors),), -1, dtype=torch.int64, device=anchors.device)
    best_iou, matches = anchors.new_zeros(len(anchors)), anchors.new_zeros(len(anchors), dtype=torch.int64)
    forced = torch.zeros_like(matches, dtype=torch.bool)
    for first, some in _some_at_a_time(ground_truth, len(anchors)):
        iou = box_iou(some, anchors)
        best_of_anchor, objects = iou.max(dim=0)
        better = best_of_anchor > best_iou
        best_iou = torch.where(better, best_of_anchor, best_iou)
        matches = torch.where(better, objects + first, matches)
        best_of_object = iou.max(dim=1, keepdim=True).values
        forced |= ((iou == best_of_object) & (best_of_object > 0)).any(dim=0)
    result = matches.clone()
    result[best_iou < positive_iou] = -2
    result[best_iou < negative_iou] = -1
    return torch.where(forced, matches, result)


def match_rois(ground_truth: Tensor, rois: Tensor, positive_iou: float = 0.5) -> Tensor:
    """For each RoI the index of its object, -1 for background (IoU below 0.5, section 3.1)."""
    if len(ground_truth) == 0:
        return torch.full((len(rois),), -1, dtype=torch.int64, device=rois.device)
    best_iou, matches = box_iou(ground_truth, rois).max(dim=0)
    return torch.where(best_iou >= positive_iou, matches, torch.full_like(matches, -1))


def ignore_crowds(matches: Tensor, boxes: Tensor, crowds: Tensor, covered: float = 0.5) -> Tensor:
    """Background boxes that lie mostly inside a crowd become -2: they are neither right nor wrong.

    COCO's evaluation treats a crowd the same way: the share of the box that it covers counts.
    """
    if len(crowds) == 0:
        return matches
    area = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1).clamp(min=1e-6)
    inside = torch.zeros_like(matches, dtype=torch.bool)
    for _, some in _some_at_a_time(crowds, len(boxes)):
        top_left = torch.maximum(boxes[:, None, :2], some[None, :, :2])
        bottom_right = torch.minimum(boxes[:, None, 2:], some[None, :, 2:])
        overlap = (bottom_right - top_left).clamp(min=0).prod(dim=2)
        inside |= (overlap / area[:, None] >= covered).any(dim=1)
    return torch.where((matches == -1) & inside, torch.full_like(matches, -2), matches)


def _some_at_a_time(boxes: Tensor, others: int) -> Iterator[tuple[int, Tensor]]:
    """Parts of N×4 boxes, each with where it begins, that together with `others` are no more than `MOST_PAIRS`."""
    at_once = max(1, MOST_PAIRS // max(1, others))
    for first in range(0, len(boxes), at_once):
        yield first, boxes[first : first + at_once]


def voted_boxes(kept: Tensor, boxes: Tensor, labels: Tensor, scores: Tensor, least_iou: float) -> Tensor:
    """The mean of all boxes N×4 that agree with each of the `kept` ones, int64 D, weighted by scores: float32 D×4.

    Those agree that have its label and an IoU of at least `least_iou` with it, as it has itself.
    """
    voted = []
    for some in [kept] if is_exporting() else kept.split(max(1, MOST_PAIRS // max(1, len(boxes)))):
        agree = (labels[some, None] == labels) & (box_iou(boxes[some], boxes) >= least_iou)
        votes = torch.where(agree, scores, 0.0)
        voted.append(votes @ boxes / votes.sum(dim=1, keepdim=True))
    return torch.cat(voted)


def sample_matches(matches: Tensor, count: int, positive_fraction: float) -> tuple[Tensor, Tensor]:
    """Indices of up to `count` boxes at random: (positives, negatives), at most the fraction positive."""
    positives = torch.nonzero(matches >= 0).squeeze(1)
    negatives = torch.nonzero(matches == -1).squeeze(1)
    positive_count = min(len(positives), int(count * positive_fraction))
    negative_count = min(len(negatives), count - positive_count)
    positives = positives[torch.randperm(len(positives), device=positives.device)[:positive_count]]
    negatives = negatives[torch.randperm(len(negatives), device=negatives.device)[:negative_count]]
    return positives, negatives
