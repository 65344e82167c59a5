"""Training targets: checked at the door, sampled as RoIs, projected onto them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torchvision.ops import roi_align

from core.config import ModelConfig
from core.model.boxes import encode_boxes, ignore_crowds, match_rois, sample_matches
from core.model.images import ImageBatch

BOX_WEIGHTS = (10.0, 10.0, 5.0, 5.0)


@dataclass
class ObjectsOfImage:
    """The ground truth of one image as the model uses it: objects apart from crowds, boxes resized."""

    boxes: Tensor  # float32 N×4, input pixels
    original_boxes: Tensor  # float32 N×4, original pixels
    labels: Tensor  # int64 N, 1..K
    crowds: Tensor  # float32 C×4, input pixels
    masks: Tensor | None  # uint8 N×H×W over the original image ...
    box_masks: Tensor | None  # ... or uint8 N×S×S, each over its own box
    keypoints: Tensor | None  # float32 N×J×3, original pixels
    annotated: Tensor | None  # bool K+1


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


def read_targets(targets: Sequence[Mapping[str, Any]], batch: ImageBatch, config: ModelConfig) -> list[ObjectsOfImage]:
    """Check torchvision-style target dictionaries and bring their boxes to input pixels.

    Raises:
        ValueError: one line that names the image's place in the batch, the field and the mend.
    """
    if len(targets) != len(batch.sizes):
        raise ValueError(f"{len(batch.sizes)} images but {len(targets)} targets: give one target an image")
    return [_read_target(target, index, batch, config) for index, target in enumerate(targets)]


def _read_target(target: Mapping[str, Any], index: int, batch: ImageBatch, config: ModelConfig) -> ObjectsOfImage:
    device = batch.tensor.device
    where = f"target {index} (image id {target.get('image_id', '?')})"
    boxes = torch.as_tensor(target["boxes"], dtype=torch.float32, device=device)
    if boxes.shape[-1:] != (4,) or boxes.dim() != 2:
        raise ValueError(f"{where}: boxes are {tuple(boxes.shape)}, an image without objects needs (0, 4)")
    labels = torch.as_tensor(target["labels"], dtype=torch.int64, device=device)
    if len(labels) != len(boxes):
        raise ValueError(f"{where}: {len(boxes)} boxes but {len(labels)} labels")
    iscrowd = target.get("iscrowd")
    crowd = torch.zeros(len(boxes), dtype=torch.bool, device=device)
    if iscrowd is not None:
        crowd = torch.as_tensor(iscrowd, device=device).bool()
    # A box without an area has no regression target: log(0). It is left out, not clamped.
    usable = ~crowd & (boxes[:, 2:] > boxes[:, :2]).all(dim=1)
    if not target.get("labels_checked") and len(labels):
        low, high = int(labels.min()), int(labels.max())
        if low < 1 or high > config.num_classes:
            span = f"labels span {low}..{high}"
            raise ValueError(f"{where}: {span}, the model's are 1..{config.num_classes} (0 is background)")
    scale = batch.scale(index, device)

    def of_objects(name: str) -> Tensor | None:
        value = target.get(name)
        return None if value is None else torch.as_tensor(value, device=device)[usable]

    masks, box_masks, keypoints = of_objects("masks"), of_objects("box_masks"), of_objects("keypoints")
    if config.mask_head is not None and masks is None and box_masks is None:
        raise ValueError(f"{where}: no masks, but the model has a mask head; build it with mask_head=None")
    if config.num_keypoints and keypoints is not None and keypoints.shape[1] != config.num_keypoints:
        raise ValueError(f"{where}: {keypoints.shape[1]} keypoints an object, the model has {config.num_keypoints}")
    annotated = target.get("annotated_labels")
    return ObjectsOfImage(
        boxes=boxes[usable] * scale,
        original_boxes=boxes[usable],
        labels=labels[usable],
        crowds=boxes[crowd] * scale,
        masks=masks,
        box_masks=box_masks,
        keypoints=None if keypoints is None else keypoints.float(),
        annotated=None if annotated is None else torch.as_tensor(annotated, device=device).bool(),
    )


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
    return roi_align(source, indexed, size, 1.0, -1, aligned=objects.box_masks is not None)[:, 0]


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
