"""The keypoint branch: one heatmap a keypoint in every RoI (section 5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.config import ModelConfig
from core.model.ground_truth import ObjectsOfImage
from core.model.roi_heads.heatmaps import heatmaps_to_keypoints
from core.model.roi_heads.layers import convolutions
from core.model.roi_heads.sampling import SampledRois, nothing_to_learn


class KeypointHead(nn.Module):
    """Eight 3×3 512-d convolutions, a deconvolution and 2× bilinear upsampling: 56×56 heatmaps (section 5)."""

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        sizes = [channels] + [config.keypoint_head_channels] * config.keypoint_head_convs
        self.convs = convolutions(sizes, "none")
        self.deconv = nn.ConvTranspose2d(sizes[-1], config.num_keypoints, 4, stride=2, padding=1)
        nn.init.kaiming_normal_(self.deconv.weight, mode="fan_out", nonlinearity="relu")
        assert self.deconv.bias is not None
        nn.init.zeros_(self.deconv.bias)

    def forward(self, features: Tensor) -> Tensor:
        """RoI features R×C×14×14 to heatmap logits R×J×56×56."""
        low = self.deconv(self.convs(features))
        return F.interpolate(low, scale_factor=2, mode="bilinear", align_corners=False).float()


# -- training -----------------------------------------------------------------------------------------


def with_keypoints(sampled: SampledRois, objects: ObjectsOfImage) -> SampledRois:
    """The positive RoIs whose object has a labelled keypoint: the others teach the keypoint head nothing."""
    if objects.keypoints is None:
        return sampled.teaching(torch.zeros(sampled.positives, dtype=torch.bool, device=sampled.rois.device))
    return sampled.teaching((objects.keypoints[sampled.objects, :, 2] > 0).any(dim=1))


def keypoint_losses(
    head: nn.Module,
    features: Tensor,
    teaching: Sequence[SampledRois],
    objects: Sequence[ObjectsOfImage],
    scales: Sequence[Tensor],
) -> Tensor:
    """The keypoints' loss of the RoIs of `with_keypoints`; `features` are theirs, images in order."""
    if len(features) == 0:
        return nothing_to_learn(head)
    heatmaps = head(features)
    size = heatmaps.shape[-1]
    targets = [
        keypoint_targets(item, truth, scale, size)
        for item, truth, scale in zip(teaching, objects, scales, strict=True)
        if truth.keypoints is not None
    ]
    positions, visible = (torch.cat(parts) for parts in zip(*targets, strict=True))
    return keypoint_loss(heatmaps, positions, visible)


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


# -- inference ----------------------------------------------------------------------------------------


def keypoints_of(
    rois: Sequence[Tensor],
    wanted: Tensor,
    scales: Sequence[Tensor],
    heatmaps: Callable[[list[Tensor]], Tensor],
    config: ModelConfig,
) -> dict[str, Tensor]:
    """`keypoints` of RoIs, float32 R×J×3 in original pixels, images in order, and `keypoint_scores` R×J.

    Visibility is 2, or 0 (at x = y = 0) where no keypoints are wanted.

    Args:
        rois: float32 N×4 in input pixels of each image.
        wanted: bool R, the RoIs whose keypoints are looked for.
        scales: float32 4 of each image, factors from original to input pixels.
        heatmaps: gives the heatmap logits of chosen RoIs of each image; not called without any.
        config: of the model that the head belongs to.
    """
    flat = torch.cat(list(rois))
    keypoints = flat.new_zeros((len(flat), config.num_keypoints, 3))
    scores = flat.new_zeros((len(flat), config.num_keypoints))
    chosen = torch.nonzero(wanted).squeeze(1)
    if len(chosen):
        counts = torch.tensor([len(item) for item in rois])
        image = torch.repeat_interleave(torch.arange(len(rois)), counts).to(flat.device)[chosen]
        own = [flat[chosen[image == index]] for index in range(len(rois))]
        scale = torch.stack(list(scales))[image]
        keypoints[chosen], scores[chosen] = read_keypoints(heatmaps(own), flat[chosen], scale, config.keypoint_offset)
    return {"keypoints": keypoints, "keypoint_scores": scores}


def read_keypoints(heatmaps: Tensor, boxes: Tensor, scales: Tensor, offset: float) -> tuple[Tensor, Tensor]:
    """Keypoints of boxes in original pixels, float32 N×J×3 with visibility 2, and their scores N×J.

    Args:
        heatmaps: float32 N×J×m×m logits.
        boxes: float32 N×4 in input pixels.
        scales: float32 N×4, factors from original to input pixels.
        offset: the configuration's `keypoint_offset`.
    """
    positions, scores = heatmaps_to_keypoints(heatmaps, boxes)
    own = positions / scales[:, None, :2] - offset
    return torch.cat([own, torch.full_like(own[..., :1], 2)], dim=2), scores
