"""The keypoint branch trained alone on frozen feature maps, as `mask_branch` does it with the mask branch.

The pieces are core's: `roi_features`, `keypoint_targets`, `KeypointHead`, `keypoint_loss`, `heatmaps_to_keypoints`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from mask_branch import STRIDES, Scene, train_head
from torch import Tensor

from core import ModelConfig
from core.model.roi_heads.heatmaps import heatmaps_to_keypoints
from core.model.roi_heads.keypoint import KeypointHead, keypoint_loss, keypoint_targets
from core.model.roi_heads.mask import MASK_RESOLUTION
from core.model.roi_heads.sampling import SampledRois
from core.model.roi_ops import roi_features

HEATMAP = 56  # cells a side, section 5


@dataclass
class KeypointRegions:
    """RoIs of all objects with keypoints, read and ready for a head."""

    features: Tensor  # float32 R×C×14×14
    positions: Tensor  # int64 R×J, y · 56 + x
    visible: Tensor  # bool R×J: labelled and inside the RoI
    rois: Tensor  # float32 R×4, input pixels
    points: Tensor  # float32 R×J×2, where the keypoints are in input pixels
    areas: Tensor  # float32 R, of the objects' own boxes in input pixels


@torch.no_grad()
def read_keypoint_regions(
    scenes: Sequence[Scene], config: ModelConfig, levels: Sequence[int] = (2, 3, 4, 5), *, moves: int = 0, seed: int = 0
) -> KeypointRegions:
    """The regions of objects with keypoints, boxes moved as in `mask_branch.read_regions`."""
    generator = torch.Generator().manual_seed(seed)
    strides = [STRIDES[level - 2] for level in levels]
    parts: list[tuple[Tensor, ...]] = []
    for scene in scenes:
        if scene.objects.keypoints is None:
            continue
        has_keypoints = (scene.objects.keypoints[..., 2] > 0).any(dim=1)
        index = torch.nonzero(has_keypoints).squeeze(1).repeat(max(moves, 1))
        own = scene.objects.boxes[index]
        size = (own[:, 2:] - own[:, :2]).repeat(1, 2)
        rois = own + 0.05 * size * torch.randn(own.shape, generator=generator).clamp(-2, 2) if moves else own
        sampled = SampledRois(rois, scene.objects.labels[index], index)
        positions, visible = keypoint_targets(sampled, scene.objects, scene.scale, HEATMAP)
        features = roi_features([scene.maps[level - 2] for level in levels], strides, [rois], MASK_RESOLUTION, config)
        points = scene.objects.keypoints[index, :, :2] * scene.scale[:2]
        parts.append((features, positions, visible, rois, points, size[:, :2].prod(dim=1)))
    return KeypointRegions(*(torch.cat(each) for each in zip(*parts, strict=True)))


def train_keypoint_head(
    config: ModelConfig,
    regions: KeypointRegions,
    *,
    seed: int,
    steps: int,
    batch_size: int = 32,
    learning_rate: float = 2e-3,
) -> KeypointHead:
    """A new keypoint head of the configuration; the seed draws weights and order."""
    torch.manual_seed(seed)
    head = KeypointHead(config, regions.features.shape[1])

    def loss_of(rows: Tensor) -> Tensor:
        return keypoint_loss(head(regions.features[rows]), regions.positions[rows], regions.visible[rows])

    train_head(head, loss_of, len(regions.rois), steps=steps, batch_size=batch_size, learning_rate=learning_rate)
    return head.eval()


@torch.no_grad()
def keypoint_distances(head: KeypointHead, regions: KeypointRegions) -> Tensor:
    """How far each visible keypoint is found from where it is, float32, in square roots of the box's area."""
    found, _ = heatmaps_to_keypoints(head(regions.features), regions.rois)
    return ((found - regions.points).norm(dim=2) / regions.areas.sqrt()[:, None])[regions.visible]


def keypoint_summary(distances: Tensor) -> dict[str, float]:
    """The median distance, and the shares of keypoints that are found within 2.5, 5 and 10 % of the object's size."""
    shares = {
        f"within {100 * near:g} %": float((distances <= near).float().mean()) * 100 for near in (0.025, 0.05, 0.1)
    }
    return {"median distance": float(distances.median()) * 100, **shares}
