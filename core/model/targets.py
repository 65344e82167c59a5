"""Training targets of the heads: RoIs sampled, and the ground truth projected onto them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.ops import roi_align

from core.config import ModelConfig
from core.model.boxes import encode_boxes, ignore_crowds, match_rois, sample_matches
from core.model.ground_truth import ObjectsOfImage

BOX_WEIGHTS = (10.0, 10.0, 5.0, 5.0)


@dataclass
class SampledRois:
    """RoIs of one image chosen for the heads; the first `positives` of them lie on objects."""

    rois: Tensor  # float32 R×4, input pixels
    labels: Tensor  # int64 R, 0 is background
    objects: Tensor  # int64 P, the object of each positive
    box_targets: Tensor  # float32 P×4

    @property
    def positives(self) -> int:
        return len(self.objects)


def sample_rois(proposals: Tensor, objects: ObjectsOfImage, config: ModelConfig) -> SampledRois:
    """Choose N RoIs of an image, a quarter of them on objects where there are enough (section 3.1)."""
    # The objects' own boxes join the proposals, so that the first steps have positives too.
    candidates = torch.cat([proposals, objects.boxes])
    matches = ignore_crowds(match_rois(objects.boxes, candidates), candidates, objects.crowds)
    positives, negatives = sample_matches(matches, config.rois_per_image, config.roi_positive_fraction)
    matched = matches[positives]
    rois = torch.cat([candidates[positives], candidates[negatives]])
    labels = torch.cat([objects.labels[matched], torch.zeros_like(negatives)])
    box_targets = encode_boxes(objects.boxes[matched], candidates[positives], BOX_WEIGHTS)
    return SampledRois(rois, labels, matched, box_targets)


def mask_targets(sampled: SampledRois, objects: ObjectsOfImage, scale: Tensor, size: int) -> Tensor:
    """The part of each positive's mask that its RoI shows, float32 P×size×size in 0..1.

    Bitmaps over the whole image are read where they are; bitmaps over boxes never leave their
    boxes, so no N×H×W tensor is needed.
    """
    rois = sampled.rois[: sampled.positives] / scale
    if objects.box_masks is not None:
        owner = objects.original_boxes[sampled.objects]
        source = objects.box_masks[sampled.objects, None].float()
        side = source.shape[-1]
        extent = (owner[:, 2:] - owner[:, :2]).repeat(1, 2)
        rois = (rois - owner[:, :2].repeat(1, 2)) / extent * side
        index = torch.arange(len(rois), dtype=rois.dtype, device=rois.device)
    else:
        assert objects.masks is not None
        source = objects.masks[:, None].float()
        index = sampled.objects.to(rois.dtype)
    if len(rois) == 0:
        return rois.new_zeros((0, size, size))
    indexed = torch.cat([index[:, None], rois], dim=1)
    # Mask pixel (r, c) covers [c, c + 1) × [r, r + 1): its value belongs to its centre, which is what "aligned" says.
    return roi_align(source, indexed, size, 1.0, -1, aligned=True)[:, 0]


def keypoint_targets(sampled: SampledRois, objects: ObjectsOfImage, scale: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """One-hot positions of each positive's keypoints in its RoI's heatmap (section 5).

    Returns:
        int64 P×J positions y · size + x, and bool P×J: labelled and inside the RoI.
    """
    assert objects.keypoints is not None
    rois = sampled.rois[: sampled.positives]
    points = objects.keypoints[sampled.objects]
    xy = points[..., :2] * scale[:2]
    corner, extent = rois[:, None, :2], (rois[:, 2:] - rois[:, :2])[:, None]
    cell = torch.floor((xy - corner) / extent * size).to(torch.int64)
    # A keypoint on the far edge belongs to the last cell.
    cell = torch.where(xy == rois[:, None, 2:], torch.full_like(cell, size - 1), cell)
    inside = ((cell >= 0) & (cell < size)).all(dim=-1)
    visible = inside & (points[..., 2] > 0)
    position = cell[..., 1] * size + cell[..., 0]
    return torch.where(visible, position, torch.zeros_like(position)), visible
