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
        positives = [item.rois[: item.positives] for item in sampled]
        if model.res5 is not None:
            # Figure 4, left: the mask branch continues from the box branch's res5.
            mask_features = features[_rows_of_positives(sampled)]
        else:
            mask_features = model.mask_features(maps, positives)
        losses["loss_mask"] = _mask_loss(model, mask_features, sampled, objects, scales)
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


def _with_keypoints(sampled: SampledRois, objects: ObjectsOfImage) -> SampledRois:
    """The positive RoIs whose object has a labelled keypoint: the others teach the keypoint head nothing."""
    positives = sampled.positives
    if objects.keypoints is None:
        labelled = torch.zeros(positives, dtype=torch.bool, device=sampled.rois.device)
    else:
        labelled = (objects.keypoints[sampled.objects, :, 2] > 0).any(dim=1)
    return SampledRois(
        sampled.rois[:positives][labelled],
        sampled.labels[:positives][labelled],
        sampled.objects[labelled],
        sampled.box_targets[labelled],
    )


def _rows_of_positives(sampled: list[SampledRois]) -> Tensor:
    """Where the positives of all images are among all RoIs, int64: each image's come first."""
    rows, start = [], 0
    for item in sampled:
        rows.append(torch.arange(start, start + item.positives, device=item.rois.device))
        start += len(item.rois)
    return torch.cat(rows)


def _nothing(head: nn.Module) -> Tensor:
    """A zero that keeps every parameter of the head in the graph, as other processes expect.

    The head itself is not run: batch statistics over no RoIs are no numbers.
    """
    return torch.stack([parameter.sum() for parameter in head.parameters()]).sum() * 0
