"""The losses of the heads on sampled RoIs: what each head is shown, and what it should have said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from core.model.ground_truth import ObjectsOfImage
from core.model.losses import box_loss, classification_loss, keypoint_loss, mask_loss
from core.model.targets import SampledRois, keypoint_targets, mask_targets

if TYPE_CHECKING:
    from core.model.mask_rcnn import MaskRCNN


def head_losses(
    model: MaskRCNN,
    maps: list[Tensor],
    sampled: list[SampledRois],
    objects: list[ObjectsOfImage],
    scales: list[Tensor],
) -> dict[str, Tensor]:
    """L_cls + L_box + L_mask (section 3), and the keypoints' loss (section 5), of those heads that the model has.

    One entry an image in `sampled`, `objects` and `scales` (factors x, y, x, y from original to input pixels).
    """
    features = model.box_features(maps, [item.rois for item in sampled])
    losses = _box_losses(model, features, sampled, objects)
    if model.mask_head is not None:
        # An object of which only a box is known says nothing about its shape.
        known = [_masks_known(item, truth) for item, truth in zip(sampled, objects, strict=True)]
        teaching = [_positives(item, which) for item, which in zip(sampled, known, strict=True)]
        if model.res5 is not None:
            # Figure 4, left: the mask branch continues from the box branch's res5.
            mask_features = features[_rows_of_positives(sampled, known)]
        else:
            mask_features = model.mask_features(maps, [item.rois for item in teaching])
        losses["loss_mask"] = _mask_loss(model, mask_features, teaching, objects, scales)
    if model.keypoint_head is not None:
        losses["loss_keypoint"] = _keypoint_loss(model, maps, sampled, objects, scales)
    return losses


def _box_losses(
    model: MaskRCNN, features: Tensor, sampled: list[SampledRois], objects: list[ObjectsOfImage]
) -> dict[str, Tensor]:
    logits, deltas = model.box_outputs(features)
    labels = torch.cat([item.labels for item in sampled])
    positive = _rows_of_positives(sampled)
    own_deltas = deltas[positive, labels[positive] - 1]
    targets = torch.cat([item.box_targets for item in sampled])
    return {
        "loss_classifier": classification_loss(logits, labels, _annotated(model, sampled, objects)),
        "loss_box": box_loss(own_deltas, targets, len(labels), model.config.box_loss),
    }


def _annotated(model: MaskRCNN, sampled: list[SampledRois], objects: list[ObjectsOfImage]) -> Tensor | None:
    """bool R×(K+1): the classes that each RoI's image has annotations of; None where all images have all."""
    if all(item.annotated is None for item in objects):
        return None
    every = torch.ones(model.config.num_classes + 1, dtype=torch.bool, device=sampled[0].labels.device)
    return torch.cat(
        [
            (every if item.annotated is None else item.annotated).expand(len(rois.labels), -1)
            for item, rois in zip(objects, sampled, strict=True)
        ]
    )


def _mask_loss(
    model: MaskRCNN,
    features: Tensor,
    sampled: list[SampledRois],
    objects: list[ObjectsOfImage],
    scales: list[Tensor],
) -> Tensor:
    assert model.mask_head is not None
    if len(features) == 0:
        return _nothing(model.mask_head)
    logits = model.mask_head(features)
    size = logits.shape[-1]
    targets = torch.cat([mask_targets(*item, size) for item in zip(sampled, objects, scales, strict=True)])
    labels = torch.cat([item.labels[: item.positives] for item in sampled])
    return mask_loss(logits, labels, targets, model.config.mask_loss)


def _keypoint_loss(
    model: MaskRCNN,
    maps: list[Tensor],
    sampled: list[SampledRois],
    objects: list[ObjectsOfImage],
    scales: list[Tensor],
) -> Tensor:
    assert model.keypoint_head is not None
    teaching = [_with_keypoints(item, truth) for item, truth in zip(sampled, objects, strict=True)]
    rois = [item.rois for item in teaching]
    if not any(len(boxes) for boxes in rois):
        return _nothing(model.keypoint_head)
    heatmaps = model.keypoint_head(model.keypoint_features(maps, rois))
    size = heatmaps.shape[-1]
    targets = [
        keypoint_targets(item, truth, scale, size)
        for item, truth, scale in zip(teaching, objects, scales, strict=True)
        if truth.keypoints is not None
    ]
    positions, visible = (torch.cat(parts) for parts in zip(*targets, strict=True))
    return keypoint_loss(heatmaps, positions, visible)


def _masks_known(sampled: SampledRois, objects: ObjectsOfImage) -> Tensor | None:
    """bool P: the positives whose object has a mask; None for all of them, which needs no indexing."""
    return None if objects.has_mask is None else objects.has_mask[sampled.objects]


def _with_keypoints(sampled: SampledRois, objects: ObjectsOfImage) -> SampledRois:
    """The positive RoIs whose object has a labelled keypoint: the others teach the keypoint head nothing."""
    if objects.keypoints is None:
        return _positives(sampled, torch.zeros(sampled.positives, dtype=torch.bool, device=sampled.rois.device))
    return _positives(sampled, (objects.keypoints[sampled.objects, :, 2] > 0).any(dim=1))


def _positives(sampled: SampledRois, which: Tensor | None) -> SampledRois:
    """The positive RoIs alone, or those of them that `which` (bool P) chooses."""
    positives = sampled.positives
    rows = slice(None) if which is None else which
    return SampledRois(
        sampled.rois[:positives][rows],
        sampled.labels[:positives][rows],
        sampled.objects[rows],
        sampled.box_targets[rows],
    )


def _rows_of_positives(sampled: list[SampledRois], which: list[Tensor | None] | None = None) -> Tensor:
    """Where the positives of all images, or those chosen (bool P each), are among all RoIs: each image's come first."""
    rows, start = [], 0
    for index, item in enumerate(sampled):
        own = torch.arange(start, start + item.positives, device=item.rois.device)
        chosen = None if which is None else which[index]
        rows.append(own if chosen is None else own[chosen])
        start += len(item.rois)
    return torch.cat(rows)


def _nothing(head: nn.Module) -> Tensor:
    """A zero that keeps every parameter of the head in the graph, as other processes expect.

    The head itself is not run: batch statistics over no RoIs are no numbers.
    """
    return torch.stack([parameter.sum() for parameter in head.parameters()]).sum() * 0
