"""Test-time augmentation of boxes, masks and keypoints (appendix B): several scales, each also mirrored.

Boxes of all versions of the image compete in one NMS. What remains is described in every version, and masks and
heatmaps, which live inside their boxes and so fit on each other, are averaged.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.ops import batched_nms

from core.keypoint_sides import keypoint_partners, unclear_sides
from core.model.images import ImageBatch, batch_images
from core.model.mask_rcnn import MaskRCNN
from core.model.roi_heads.box import all_detections
from core.model.roi_heads.keypoint import read_keypoints
from core.structures import Instances

SCALES = (0.75, 1.0, 1.25)  # of the configured size: 600, 800 and 1000 pixels


@dataclass
class _Version:
    """The image at one scale, mirrored or not."""

    batch: ImageBatch
    maps: list[Tensor]
    mirrored: bool

    def to_version(self, boxes: Tensor) -> Tensor:
        """Boxes from pixels of the image to input pixels of this version."""
        return self._mirror(boxes) * self.batch.scale(0, boxes.device)

    def to_image(self, boxes: Tensor) -> Tensor:
        """The inverse of `to_version`."""
        return self._mirror(boxes / self.batch.scale(0, boxes.device))

    def _mirror(self, boxes: Tensor) -> Tensor:
        if not self.mirrored:
            return boxes
        width = self.batch.original_sizes[0][1]
        return torch.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], dim=1)


@torch.no_grad()
def detect_augmented(
    model: MaskRCNN,
    image: Tensor,
    scales: Sequence[float] = SCALES,
    mirror: bool = True,
    *,
    original_size: tuple[int, int] | None = None,
    min_size: int | None = None,
    max_size: int | None = None,
    score_threshold: float | None = None,
    detections_per_image: int | None = None,
) -> Instances:
    """The objects of one image, found at several scales and mirrored.

    Args:
        model: in evaluation mode.
        image: float32 3×H×W in 0..1, on the model's device.
        scales: factors of `min_size` and `max_size`, which default to the configuration's, and of how far it
            enlarges a small image.
        mirror: whether each scale is seen mirrored too. Left and right keypoints, told by their
            `flip_pairs` or names, are exchanged back; where that is unclear, keypoints are those of the
            images that are not mirrored, and a warning says so.
        original_size: height and width of the picture that `image` is a smaller one of; what is found is in its pixels.
        score_threshold, detections_per_image: the configuration's unless given.

    Raises:
        ValueError: no scale, or one that is not positive.
    """
    if not scales or min(scales) <= 0:
        raise ValueError(f"scales {tuple(scales)}: one positive factor at least is needed, 1.0 for the configured size")
    sides = (False, True) if mirror else (False,)
    sizes, original = (min_size, max_size), original_size or (image.shape[1], image.shape[2])
    versions = [_version(model, image, original, sizes, scale, mirrored) for scale in scales for mirrored in sides]
    limit = detections_per_image or model.config.detections_per_image
    boxes, labels, scores, left_out = _boxes(model, versions, score_threshold, limit)
    described = _described(model, versions, boxes, labels)
    keypoints, keypoint_scores = _keypoints(model, versions, boxes, labels)
    return Instances(
        image_size=original,
        boxes=boxes,
        labels=labels,
        scores=scores,
        masks=described.pop("masks", None),
        keypoints=keypoints,
        keypoint_scores=keypoint_scores,
        categories=tuple(model.categories),
        mask_paste=model.config.mask_paste,
        extras=described,
        left_out=left_out,
    )


def _version(
    model: MaskRCNN,
    image: Tensor,
    original_size: tuple[int, int],
    sizes: tuple[int | None, int | None],
    scale: float,
    mirrored: bool,
) -> _Version:
    batch = batch_images([image.flip(-1) if mirrored else image], model.config, *sizes, scale)
    batch.original_sizes = [original_size]
    return _Version(batch, model.features(batch.tensor), mirrored)


def _boxes(
    model: MaskRCNN, versions: Sequence[_Version], score_threshold: float | None, limit: int
) -> tuple[Tensor, Tensor, Tensor, int]:
    """Boxes in pixels of the image, labels and scores of what all versions agree on after NMS; how many were cut."""
    found = []
    for version in versions:
        proposals, _ = model.rpn.proposals(model.rpn_output(version.maps, version.batch), version.batch)
        logits, deltas = model.classify(version.maps, proposals)
        size = version.batch.sizes[0]
        boxes, labels, scores = all_detections(logits, deltas, proposals[0], size, model.config, score_threshold)
        found.append((version.to_image(boxes), labels, scores))
    boxes, labels, scores = (torch.cat(parts) for parts in zip(*found, strict=True))
    every = batched_nms(boxes, scores, labels, model.config.nms_threshold)
    best = every[:limit]
    return boxes[best], labels[best], scores[best], max(0, len(every) - limit)


def _described(model: MaskRCNN, versions: Sequence[_Version], boxes: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """The mean over all versions of what the heads say of boxes."""
    said = []
    for version in versions:
        own = model.roi_heads.describe(version.maps, [version.to_version(boxes)], labels)
        if version.mirrored and "masks" in own:
            own["masks"] = own["masks"].flip(-1)
        said.append(own)
    return {name: torch.stack([own[name] for own in said]).mean(dim=0) for name in said[0]}


def _keypoints(
    model: MaskRCNN, versions: Sequence[_Version], boxes: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor] | tuple[None, None]:
    describing = model.describing_model
    if describing is None:
        return None, None
    joints = describing.config.num_keypoints
    keypoints, scores = boxes.new_zeros((len(boxes), joints, 3)), boxes.new_zeros((len(boxes), joints))
    chosen = torch.nonzero(model.labels_with_keypoints().to(labels.device)[labels]).squeeze(1)
    if len(chosen) == 0:
        return keypoints, scores
    partners = torch.arange(joints).repeat(len(model.categories) + 1, 1)
    named = keypoint_partners(model.categories)
    partners[:, : named.shape[1]] = named
    partner_of = partners.to(boxes.device)[labels[chosen]]
    unclear = unclear_sides(model.categories) if any(version.mirrored for version in versions) else []
    if unclear:
        warnings.warn(f"keypoints are not averaged with those of mirrored images: {unclear[0]}", stacklevel=3)
        versions = [version for version in versions if not version.mirrored]
    total = boxes.new_zeros(())
    for version in versions:
        heatmaps = model.keypoint_heatmaps(version.maps, version.batch, [version.to_version(boxes[chosen])])
        if version.mirrored:
            # What the mirrored image shows as a left wrist is a right one.
            heatmaps = heatmaps.flip(-1).gather(1, partner_of[:, :, None, None].expand_as(heatmaps))
        total = total + heatmaps
    # Peaks are sought in the pixels of the largest version: the finest grid that was looked at.
    finest = max((version for version in versions if not version.mirrored), key=lambda item: item.batch.sizes[0])
    scale, offset = finest.batch.scale(0, boxes.device).expand(len(chosen), -1), describing.config.keypoint_offset
    own = finest.to_version(boxes[chosen])
    keypoints[chosen], scores[chosen] = read_keypoints(total / len(versions), own, scale, offset)
    return keypoints, scores
