"""Keypoints of given boxes, by a model's own keypoint head or by the model attached for them (section 5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from core.model.heatmaps import heatmaps_to_keypoints
from core.model.images import ImageBatch

if TYPE_CHECKING:
    from core.model.mask_rcnn import MaskRCNN


def keypoint_heatmaps(model: MaskRCNN, maps: list[Tensor], batch: ImageBatch, boxes: Sequence[Tensor]) -> Tensor:
    """Heatmap logits of each box (float32 N×4 in input pixels, one tensor an image), R×J×56×56."""
    describing = describing_model(model)
    assert describing is not None
    assert describing.keypoint_head is not None
    if describing is not model:
        # The attached model's maps are computed when the first person needs them.
        batch.keypoint_maps = batch.keypoint_maps or describing.features(batch.tensor)
        maps = batch.keypoint_maps
    return describing.keypoint_head(describing.keypoint_features(maps, boxes))


def keypoints_of(
    model: MaskRCNN, maps: list[Tensor], batch: ImageBatch, boxes: Sequence[Tensor], labels: Tensor
) -> tuple[Tensor, Tensor] | tuple[None, None]:
    """Keypoints of the boxes of all images, R×J×3 in original pixels, and scores R×J; None without a head.

    Visibility is 2, or 0 (at x = y = 0) where the label's category has no keypoints.
    """
    describing = describing_model(model)
    if describing is None:
        return None, None
    flat, joints = torch.cat(list(boxes)), describing.config.num_keypoints
    keypoints, scores = flat.new_zeros((len(flat), joints, 3)), flat.new_zeros((len(flat), joints))
    chosen = torch.nonzero(model.labels_with_keypoints().to(labels.device)[labels]).squeeze(1)
    if len(chosen) == 0:
        return keypoints, scores
    counts = torch.tensor([len(item) for item in boxes])
    image = torch.repeat_interleave(torch.arange(len(boxes)), counts).to(flat.device)[chosen]
    own = [flat[chosen[image == index]] for index in range(len(boxes))]
    positions, scores[chosen] = heatmaps_to_keypoints(keypoint_heatmaps(model, maps, batch, own), flat[chosen])
    scales = torch.stack([batch.scale(index, flat.device) for index in range(len(boxes))])[image]
    keypoints[chosen, :, :2] = positions / scales[:, None, :2] - describing.config.keypoint_offset
    keypoints[chosen, :, 2] = 2
    return keypoints, scores


def describing_model(model: MaskRCNN) -> MaskRCNN | None:
    """The model whose keypoint head describes this one's boxes: itself, the attached one, or none."""
    return model if model.keypoint_head is not None else model.keypoint_model
