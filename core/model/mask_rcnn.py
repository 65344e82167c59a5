"""Mask R-CNN: backbone, region proposals, and the heads in parallel (He et al. 2017, section 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from core.config import ModelConfig
from core.model.backbones import build_backbone, build_resnet, norm_layer
from core.model.detections import heatmaps_to_keypoints, mask_channel, mask_probabilities, select_detections
from core.model.fpn import FeaturePyramid
from core.model.heads import (
    BOX_RESOLUTION,
    C4_RESOLUTION,
    MASK_RESOLUTION,
    BoxHead,
    BoxPredictor,
    KeypointHead,
    MaskPredictor,
    build_mask_head,
    mask_channels,
)
from core.model.images import ImageBatch, batch_images
from core.model.losses import box_loss, classification_loss, keypoint_loss, mask_loss
from core.model.roi_ops import roi_features
from core.model.rpn import RegionProposalNetwork
from core.model.targets import (
    ObjectsOfImage,
    SampledRois,
    keypoint_targets,
    mask_targets,
    read_targets,
    sample_rois,
)
from core.structures import Category, Instances


class MaskRCNN(nn.Module):
    """A Mask R-CNN (Faster R-CNN without a mask head) built from one `ModelConfig`.

    In training mode `model(images, targets)` gives a dictionary of losses; in evaluation mode
    `model(images)` gives one `Instances` an image. Images are a list of float 3×H×W in 0..1 of any
    size, targets torchvision's dictionaries: `boxes` float N×4 xyxy, `labels` int64 N (1..K),
    `masks` uint8 N×H×W (or `box_masks` uint8 N×S×S over each box), `keypoints` float N×J×3,
    `iscrowd` bool N.
    """

    def __init__(self, config: ModelConfig, categories: Sequence[Category] | None = None) -> None:
        super().__init__()
        self.config = config
        self.categories: list[Category] = list(categories) if categories else default_categories(config)
        if len(self.categories) != config.num_classes:
            raise ValueError(f"{len(self.categories)} categories, but ModelConfig.num_classes={config.num_classes}")
        self.backbone = build_backbone(config)
        self.fpn: FeaturePyramid | None = None
        self.res5: nn.Module | None = None
        if config.features == "fpn":
            self.fpn = FeaturePyramid(self.backbone.channels, config.fpn_channels, config.fpn_norm)
            channels = config.fpn_channels
        else:
            channels = self.backbone.channels[-1]
        self.strides = {"fpn": [4, 8, 16, 32], "c4": [16], "c5": [32], "dc5": [16]}[config.features]
        self.rpn = RegionProposalNetwork(config, channels)
        if config.features == "c4":
            self._build_c4_heads(channels)
        else:
            self.box_head: BoxHead | None = BoxHead(config, channels)
            self.box_predictor = BoxPredictor(self.box_head.channels, config.num_classes)
            self.mask_head: nn.Module | None = build_mask_head(config, channels)
        self.keypoint_head = KeypointHead(config, channels) if config.num_keypoints else None
        # A second model that only adds keypoints to this one's persons.
        self.keypoint_model: MaskRCNN | None = None
        self.frozen_stages = 0

    def _build_c4_heads(self, channels: int) -> None:
        # Figure 4, left: res5 is the head, shared by box and mask.
        config = self.config
        norm = norm_layer(config.backbone_norm, config.backbone_norm_eps)
        self.res5 = build_resnet(config, norm).layer4
        self.box_head = None
        self.box_predictor = BoxPredictor(2 * channels, config.num_classes)
        width = config.mask_head_channels
        has_masks = config.mask_head is not None
        self.mask_head = MaskPredictor(2 * channels, width, mask_channels(config)) if has_masks else None

    def forward(
        self,
        images: Sequence[Tensor],
        targets: Sequence[Mapping[str, Any]] | None = None,
        *,
        min_size: int | None = None,
        max_size: int | None = None,
    ) -> dict[str, Tensor] | list[Instances]:
        """Losses in training mode, detections in evaluation mode; sizes default to the configuration's.

        Raises:
            ValueError: targets missing in training mode, or malformed; one line that says which.
        """
        batch = batch_images(images, self.config, min_size, max_size)
        if not self.training:
            return self.detect(batch, self.features(batch.tensor))
        if targets is None:
            raise ValueError("targets are needed in training mode; call model.eval() for detections")
        return self.losses(batch, read_targets(targets, batch, self.config))

    def attach_keypoint_model(self, keypoint_model: MaskRCNN) -> None:
        """Let a keypoint model describe the persons that this model finds; it does not learn with it.

        Raises:
            ValueError: the keypoint model has no keypoint head, or this model has no class "person".
        """
        if keypoint_model.keypoint_head is None:
            raise ValueError("the keypoint model has no keypoint head: build it with num_keypoints=17")
        person = next((item for item in self.categories if item["name"] == "person"), None)
        if person is None:
            raise ValueError("this model has no class 'person' that keypoints could belong to")
        described = keypoint_model.categories[0]
        self.categories[self.categories.index(person)] = {
            **person,
            "keypoints": described.get("keypoints", []),
            "skeleton": described.get("skeleton", []),
        }
        self.keypoint_model = keypoint_model.requires_grad_(False).eval()

    def freeze_stages(self, count: int) -> None:
        """Stop the first `count` stages of the backbone from learning, the stem counted as one."""
        self.frozen_stages = count
        for modules in self.backbone.stages()[:count]:
            for module in modules:
                module.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> MaskRCNN:
        """Training or evaluation mode; the batch statistics of frozen stages stay as they are."""
        super().train(mode)
        for modules in self.backbone.stages()[: self.frozen_stages]:
            for module in modules:
                module.eval()
        if self.keypoint_model is not None:
            self.keypoint_model.eval()
        return self

    # -- the stages, each usable alone --------------------------------------------------------------

    def features(self, images: Tensor) -> list[Tensor]:
        """Normalised images B×3×H×W to the maps that the RPN reads: P2..P6, or the one map of C4 or C5."""
        maps = self.backbone(images)
        return self.fpn(maps) if self.fpn is not None else maps[-1:]

    def losses(self, batch: ImageBatch, objects: list[ObjectsOfImage]) -> dict[str, Tensor]:
        """The multi-task loss L = L_cls + L_box + L_mask and the RPN's two, unweighted (section 3)."""
        maps = self.features(batch.tensor)
        rpn_output = self.rpn(maps, batch)
        objectness, rpn_box = self.rpn.losses(
            rpn_output, [item.boxes for item in objects], [item.crowds for item in objects]
        )
        proposals, _ = self.rpn.proposals(rpn_output, batch)
        sampled = [sample_rois(boxes, item, self.config) for boxes, item in zip(proposals, objects, strict=True)]
        losses = {"loss_objectness": objectness, "loss_rpn_box": rpn_box}
        losses.update(self._box_losses(maps, sampled, objects))
        scales = [batch.scale(index, batch.tensor.device) for index in range(len(objects))]
        if self.mask_head is not None:
            losses["loss_mask"] = self._mask_loss(maps, sampled, objects, scales)
        if self.keypoint_head is not None:
            losses["loss_keypoint"] = self._keypoint_loss(maps, sampled, objects, scales)
        return losses

    @torch.no_grad()
    def detect(self, batch: ImageBatch, maps: list[Tensor]) -> list[Instances]:
        """Detections of every image: boxes first, then masks and keypoints on those boxes only (section 3.1)."""
        proposals, _ = self.rpn.proposals(self.rpn(maps, batch), batch)
        logits, deltas = self.classify(maps, proposals)
        counts = [len(boxes) for boxes in proposals]
        results, start = [], 0
        for index, (boxes, count) in enumerate(zip(proposals, counts, strict=True)):
            rows = slice(start, start + count)
            start += count
            found = select_detections(logits[rows], deltas[rows], boxes, batch.sizes[index], self.config)
            results.append(found)
        instances = self.describe_boxes(maps, batch, [f[0] for f in results], [f[1] for f in results])
        for item, (_, _, scores) in zip(instances, results, strict=True):
            item.scores = scores
        return instances

    def classify(self, maps: list[Tensor], rois: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """The box head on every RoI: logits R×(K+1), background first, and deltas R×K×4."""
        if self.box_head is not None:
            vectors = self.box_head(self._roi_features(maps, rois, BOX_RESOLUTION))
        else:
            vectors = self._res5_features(maps, rois).mean(dim=(2, 3))
        return self.box_predictor(vectors)

    @torch.no_grad()
    def describe_boxes(
        self, maps: list[Tensor], batch: ImageBatch, boxes: Sequence[Tensor], labels: Sequence[Tensor]
    ) -> list[Instances]:
        """Masks and keypoints of given boxes (float32 N×4 in input pixels) of given labels; scores are 1.

        The result is in original pixels.
        """
        all_labels = torch.cat(list(labels))
        masks = self._masks_of(maps, boxes, all_labels) if self.mask_head is not None else None
        keypoints = keypoint_scores = None
        if self.keypoint_head is not None:
            keypoints, keypoint_scores = self._keypoints_of(maps, boxes, all_labels)
        elif self.keypoint_model is not None:
            keypoints, keypoint_scores = self._keypoints_of_persons(batch, boxes, all_labels)
        instances, start = [], 0
        for index, (own_boxes, own_labels) in enumerate(zip(boxes, labels, strict=True)):
            rows = slice(start, start + len(own_boxes))
            start += len(own_boxes)
            scale = batch.scale(index, own_boxes.device)
            points = None
            if keypoints is not None:
                points = keypoints[rows] / torch.cat([scale[:2], scale.new_ones(1)])
            instances.append(
                Instances(
                    image_size=batch.original_sizes[index],
                    boxes=own_boxes / scale,
                    labels=own_labels,
                    scores=torch.ones_like(own_labels, dtype=torch.float32),
                    masks=None if masks is None else masks[rows],
                    keypoints=points,
                    keypoint_scores=None if keypoint_scores is None else keypoint_scores[rows],
                    categories=tuple(self.categories),
                    mask_paste=self.config.mask_paste,
                )
            )
        return instances

    @torch.no_grad()
    def mean_masks(self, maps: list[Tensor], boxes: Sequence[Tensor], probabilities: Tensor) -> Tensor:
        """For each box the mean of the classes' masks, weighted by class probabilities R×K; float32 R×M×M."""
        assert self.mask_head is not None
        logits = self.mask_head(self._mask_features(maps, boxes))
        if self.config.mask_loss == "softmax":
            masks = logits.softmax(dim=1)[:, 1:]
        else:
            masks = logits.sigmoid()
        if masks.shape[1] == 1:
            return masks[:, 0]
        weights = probabilities / probabilities.sum(dim=1, keepdim=True).clamp(min=1e-6)
        return torch.einsum("rkhw,rk->rhw", masks, weights)

    # -- heads on regions ---------------------------------------------------------------------------

    def _roi_features(self, maps: list[Tensor], rois: Sequence[Tensor], size: int) -> Tensor:
        # RoIs are read from P2..P5; P6 serves the RPN alone.
        return roi_features(maps[: len(self.strides)], self.strides, rois, size, self.config)

    def _res5_features(self, maps: list[Tensor], rois: Sequence[Tensor]) -> Tensor:
        assert self.res5 is not None
        return self.res5(self._roi_features(maps, rois, C4_RESOLUTION))

    def _mask_features(self, maps: list[Tensor], rois: Sequence[Tensor]) -> Tensor:
        if self.res5 is not None:
            return self._res5_features(maps, rois)
        return self._roi_features(maps, rois, MASK_RESOLUTION)

    def _masks_of(self, maps: list[Tensor], boxes: Sequence[Tensor], labels: Tensor) -> Tensor:
        assert self.mask_head is not None
        features = self._mask_features(maps, boxes)
        if self.config.mask_loss == "softmax":
            return mask_probabilities(self.mask_head(features), labels, self.config)
        # Independent classes: the other K - 1 masks of each box need not be computed at all.
        return self.mask_head(features, mask_channel(labels, self.config))[:, 0].sigmoid()

    def _keypoints_of_persons(
        self, batch: ImageBatch, boxes: Sequence[Tensor], labels: Tensor
    ) -> tuple[Tensor, Tensor]:
        """`_keypoints_of` by the attached model, whose maps are computed when the first person needs them."""
        assert self.keypoint_model is not None
        chosen = self.labels_with_keypoints().to(labels.device)[labels]
        if batch.keypoint_maps is None and bool(chosen.any()):
            batch.keypoint_maps = self.keypoint_model.features(batch.tensor)
        return self.keypoint_model._keypoints_of(batch.keypoint_maps or [], boxes, labels, chosen)

    def _keypoints_of(
        self, maps: list[Tensor], boxes: Sequence[Tensor], labels: Tensor, has_keypoints: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """float32 N×J×3 in input pixels (visibility 2, or 0 where the class has no keypoints) and scores N×J."""
        assert self.keypoint_head is not None
        flat = torch.cat(list(boxes))
        joints = self.config.num_keypoints
        keypoints, scores = flat.new_zeros((len(flat), joints, 3)), flat.new_zeros((len(flat), joints))
        if has_keypoints is None:
            has_keypoints = self.labels_with_keypoints().to(labels.device)[labels]
        chosen = torch.nonzero(has_keypoints).squeeze(1)
        if len(chosen):
            counts = [len(item) for item in boxes]
            own = [item[mask] for item, mask in zip(boxes, has_keypoints.split(counts), strict=True)]
            heatmaps = self.keypoint_head(self._mask_features(maps, own))
            positions, found = heatmaps_to_keypoints(heatmaps, flat[chosen])
            visible = torch.full_like(found, 2.0)[..., None]
            keypoints[chosen] = torch.cat([positions, visible], dim=2)
            scores[chosen] = found
        return keypoints, scores

    def labels_with_keypoints(self) -> Tensor:
        """bool K+1: classes whose category lists keypoint names; all where none does."""
        named = [bool(category.get("keypoints")) for category in self.categories]
        if not any(named):
            named = [True] * len(named)
        return torch.tensor([False, *named])

    # -- losses of the heads ------------------------------------------------------------------------

    def _box_losses(
        self, maps: list[Tensor], sampled: list[SampledRois], objects: list[ObjectsOfImage]
    ) -> dict[str, Tensor]:
        logits, deltas = self.classify(maps, [item.rois for item in sampled])
        labels = torch.cat([item.labels for item in sampled])
        annotated = None
        if any(item.annotated is not None for item in objects):
            everything = torch.ones(self.config.num_classes + 1, dtype=torch.bool, device=labels.device)
            rows = [
                (everything if item.annotated is None else item.annotated).expand(len(rois.labels), -1)
                for item, rois in zip(objects, sampled, strict=True)
            ]
            annotated = torch.cat(rows)
        positive = torch.nonzero(labels > 0).squeeze(1)
        own_deltas = deltas[positive, labels[positive] - 1]
        targets = torch.cat([item.box_targets for item in sampled])
        return {
            "loss_classifier": classification_loss(logits, labels, annotated),
            "loss_box": box_loss(own_deltas, targets, len(labels), self.config.box_loss),
        }

    def _mask_loss(
        self, maps: list[Tensor], sampled: list[SampledRois], objects: list[ObjectsOfImage], scales: list[Tensor]
    ) -> Tensor:
        assert self.mask_head is not None
        positives = [item.rois[: item.positives] for item in sampled]
        logits = self.mask_head(self._mask_features(maps, positives))
        size = logits.shape[-1]
        targets = torch.cat([mask_targets(*item, size) for item in zip(sampled, objects, scales, strict=True)])
        labels = torch.cat([item.labels[: item.positives] for item in sampled])
        return mask_loss(logits, labels, targets, self.config.mask_loss)

    def _keypoint_loss(
        self, maps: list[Tensor], sampled: list[SampledRois], objects: list[ObjectsOfImage], scales: list[Tensor]
    ) -> Tensor:
        assert self.keypoint_head is not None
        losses_of = [_with_keypoints(item, truth) for item, truth in zip(sampled, objects, strict=True)]
        rois = [item.rois for item in losses_of]
        if not any(len(boxes) for boxes in rois):
            return maps[0].sum() * 0
        heatmaps = self.keypoint_head(self._mask_features(maps, rois))
        size = heatmaps.shape[-1]
        found = [
            keypoint_targets(item, truth, scale, size)
            for item, truth, scale in zip(losses_of, objects, scales, strict=True)
            if truth.keypoints is not None
        ]
        positions, visible = (torch.cat(parts) for parts in zip(*found, strict=True))
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


def default_categories(config: ModelConfig) -> list[Category]:
    """Categories named by their numbers, for a model whose classes nobody has named yet."""
    return [{"id": label, "name": str(label)} for label in range(1, config.num_classes + 1)]
