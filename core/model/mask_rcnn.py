"""Mask R-CNN: backbone, region proposals, and the heads in parallel (He et al. 2017, section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from core.config import ModelConfig
from core.model.anchors import roi_strides
from core.model.backbones import (
    MobileNetBackbone,
    ResNetBackbone,
    build_backbone,
    build_c4_head,
    load_classification_weights,
)
from core.model.categories import check_categories, default_categories, with_person_keypoints
from core.model.detections import all_detections, mask_channel, mask_probabilities, mean_of_masks
from core.model.fpn import build_pyramid
from core.model.ground_truth import ObjectsOfImage, read_targets
from core.model.head_losses import head_losses
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
from core.model.region_keypoints import keypoints_of
from core.model.roi_ops import roi_features
from core.model.rpn import RegionProposalNetwork, RpnOutput
from core.model.targets import sample_rois
from core.structures import Category, Instances

# Whose losses are wanted: of everything, or of one of two stages that learn in turn.
Learning = Literal["all", "rpn", "heads"]


class MaskRCNN(nn.Module):
    """A Mask R-CNN (Faster R-CNN without a mask head) built from one `ModelConfig`.

    In training mode `model(images, targets)` gives a dictionary of losses; in evaluation mode
    `model(images)` gives one `Instances` an image. Images are a list of float 3×H×W in 0..1 of any
    size, targets torchvision's dictionaries: `boxes` float N×4 xyxy, `labels` int64 N (1..K),
    `masks` uint8 N×H×W (or `box_masks` uint8 N×S×S over each box), `keypoints` float N×J×3,
    `iscrowd` bool N, `has_mask` bool N (False: only the box is known, the mask teaches nothing),
    `annotated_labels` bool K+1 (the classes that the image's data set shows; the others are not
    learned as background).

    Raises:
        ValueError: the categories do not fit the configuration; one line that names the category.
    """

    def __init__(self, config: ModelConfig, categories: Sequence[Category] | None = None) -> None:
        super().__init__()
        self.config = config
        self.categories: list[Category] = list(categories) if categories else default_categories(config)
        check_categories(self.categories, config)
        self.backbone = build_backbone(config)
        channels = config.fpn_channels if config.has_pyramid else self.backbone.channels[-1]
        self.fpn = build_pyramid(config, self.backbone.channels)
        own = config.rpn_backbone == "own"
        self.rpn_backbone = build_backbone(config) if own else None
        self.rpn_fpn = build_pyramid(config, self.backbone.channels) if own else None
        self.res5: nn.Module | None = None
        self.strides = roi_strides(config)
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
        self._frozen: list[nn.Module] = []

    def _build_c4_heads(self, channels: int) -> None:
        # Figure 4, left: res5 is the head, shared by box and mask.
        config = self.config
        self.res5 = build_c4_head(config)
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
        learning: Learning = "all",
    ) -> dict[str, Tensor] | list[Instances]:
        """Losses in training mode (see `losses`), detections in evaluation mode; sizes default to the configuration's.

        Raises:
            ValueError: targets missing in training mode, or malformed; one line that says which.
        """
        if not len(images) and not self.training:
            return []
        batch = batch_images(images, self.config, min_size, max_size)
        if not self.training:
            return self.detect(batch, self.features(batch.tensor))
        if targets is None:
            raise ValueError("targets are needed in training mode; call model.eval() for detections")
        return self.losses(batch, read_targets(targets, batch, self.config), learning)

    def load_backbone_weights(self, state_dict: Mapping[str, Tensor]) -> None:
        """Start from torchvision classification weights: the backbone, and res5 where it is the head.

        Raises:
            ValueError: the weights are those of another network; the message names the tensor.
        """
        for backbone in self.backbones():
            load_classification_weights(backbone, state_dict)
        if self.res5 is not None:
            prefix = "layer4."
            stage = {key[len(prefix) :]: tensor for key, tensor in state_dict.items() if key.startswith(prefix)}
            load_classification_weights(self.res5, stage)

    def attach_keypoint_model(self, keypoint_model: MaskRCNN) -> None:
        """Let a keypoint model describe the persons that this model finds; it does not learn with it.

        Raises:
            ValueError: the keypoint model has no keypoint head, or this model has no class "person".
        """
        if keypoint_model.keypoint_head is None:
            raise ValueError("the keypoint model has no keypoint head: build it with num_keypoints=17")
        theirs, ours = keypoint_model.config, self.config
        if (theirs.image_mean, theirs.image_std) != (ours.image_mean, ours.image_std):
            raise ValueError("the keypoint model sees images of another image_mean and image_std than this one")
        self.categories = with_person_keypoints(self.categories, keypoint_model.categories[0])
        self.keypoint_model = keypoint_model.requires_grad_(False).eval()

    def backbones(self) -> list[ResNetBackbone | MobileNetBackbone]:
        """The backbone, and the RPN's own where it has one."""
        return [self.backbone] if self.rpn_backbone is None else [self.backbone, self.rpn_backbone]

    def freeze_stages(self, count: int) -> None:
        """Stop the first `count` stages of the backbone from learning, the stem counted as one."""
        for backbone in self.backbones():
            self.freeze(module for modules in backbone.stages()[:count] for module in modules)

    def freeze(self, modules: Iterable[nn.Module]) -> None:
        """Stop modules from learning; their batch statistics stay as they are too."""
        for module in modules:
            self._frozen.append(module.requires_grad_(False))
        self.train(self.training)

    def train(self, mode: bool = True) -> MaskRCNN:
        """Training or evaluation mode; what is frozen stays in evaluation mode."""
        super().train(mode)
        for module in self._frozen:
            module.eval()
        if self.keypoint_model is not None:
            self.keypoint_model.eval()
        return self

    # -- the stages, each usable alone --------------------------------------------------------------

    def features(self, images: Tensor) -> list[Tensor]:
        """Normalised images B×3×H×W to the maps that RPN and heads read: P2..P6, or the one map of C4 or C5."""
        return _maps(images, self.backbone, self.fpn)

    def rpn_output(self, maps: list[Tensor], batch: ImageBatch) -> RpnOutput:
        """The RPN on the maps of `features`, or on those of its own backbone (`rpn_backbone="own"`)."""
        own = maps if self.rpn_backbone is None else _maps(batch.tensor, self.rpn_backbone, self.rpn_fpn)
        return self.rpn(own, batch)

    def losses(self, batch: ImageBatch, objects: list[ObjectsOfImage], learning: Learning = "all") -> dict[str, Tensor]:
        """The multi-task loss L = L_cls + L_box + L_mask and the RPN's two, unweighted (section 3).

        With `learning` "rpn" only its two; with "heads" only theirs, on the RPN's proposals.
        """
        needed = learning != "rpn" or self.rpn_backbone is None
        maps = self.features(batch.tensor) if needed else []
        rpn_output = self.rpn_output(maps, batch)
        losses: dict[str, Tensor] = {}
        if learning != "heads":
            losses["loss_objectness"], losses["loss_rpn_box"] = self.rpn.losses(
                rpn_output, [item.boxes for item in objects], [item.crowds for item in objects]
            )
        if learning == "rpn":
            return losses
        proposals, _ = self.rpn.proposals(rpn_output, batch)
        sampled = [sample_rois(boxes, item, self.config) for boxes, item in zip(proposals, objects, strict=True)]
        scales = [batch.scale(index, batch.tensor.device) for index in range(len(objects))]
        return losses | head_losses(self, maps, sampled, objects, scales)

    @torch.no_grad()
    def detect(self, batch: ImageBatch, maps: list[Tensor]) -> list[Instances]:
        """Detections of every image: boxes first, then masks and keypoints on those boxes only (section 3.1)."""
        proposals, _ = self.rpn.proposals(self.rpn_output(maps, batch), batch)
        logits, deltas = self.classify(maps, proposals)
        counts, limit = [len(boxes) for boxes in proposals], self.config.detections_per_image
        each = zip(logits.split(counts), deltas.split(counts), proposals, batch.sizes, strict=True)
        found = [all_detections(*item, self.config) for item in each]
        instances = self.describe_boxes(maps, batch, [f[0][:limit] for f in found], [f[1][:limit] for f in found])
        for item, (_, _, scores) in zip(instances, found, strict=True):
            item.scores, item.left_out = scores[:limit], max(0, len(scores) - limit)
        return instances

    def classify(self, maps: list[Tensor], rois: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """The box head on every RoI: logits R×(K+1), background first, and deltas R×K×4."""
        return self.box_outputs(self.box_features(maps, rois))

    @torch.no_grad()
    def describe_boxes(
        self,
        maps: list[Tensor],
        batch: ImageBatch,
        boxes: Sequence[Tensor],
        labels: Sequence[Tensor],
        probabilities: Tensor | None = None,
    ) -> list[Instances]:
        """Masks and keypoints of given boxes (float32 N×4 in input pixels) of given labels; scores are 1.

        With `probabilities` (float32 R×K over the boxes of all images) each mask is the mean of the
        classes' masks weighted by them, not that of the label. The result is in original pixels.
        """
        all_labels = torch.cat(list(labels))
        masks = self.masks_of(maps, boxes, all_labels, probabilities) if self.mask_head is not None else None
        keypoints, keypoint_scores = keypoints_of(self, maps, batch, boxes, all_labels)
        instances, start = [], 0
        for index, (own_boxes, own_labels) in enumerate(zip(boxes, labels, strict=True)):
            rows = slice(start, start + len(own_boxes))
            start += len(own_boxes)
            scale = batch.scale(index, own_boxes.device)
            instances.append(
                Instances(
                    image_size=batch.original_sizes[index],
                    boxes=own_boxes / scale,
                    labels=own_labels,
                    scores=torch.ones_like(own_labels, dtype=torch.float32),
                    masks=None if masks is None else masks[rows],
                    keypoints=None if keypoints is None else keypoints[rows],
                    keypoint_scores=None if keypoint_scores is None else keypoint_scores[rows],
                    categories=tuple(self.categories),
                    mask_paste=self.config.mask_paste,
                )
            )
        return instances

    # -- what the heads see of a region -------------------------------------------------------------

    def box_features(self, maps: list[Tensor], rois: Sequence[Tensor]) -> Tensor:
        """What the box head reads of each RoI: C×7×7 of the maps; for C4 after res5."""
        if self.res5 is not None:
            size = C4_RESOLUTION if self.config.c4_res5 == "stride2" else BOX_RESOLUTION
            return self.res5(roi_features(maps, self.strides, rois, size, self.config))
        return roi_features(maps[: len(self.strides)], self.strides, rois, BOX_RESOLUTION, self.config)

    def box_outputs(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """`box_features` to logits R×(K+1), background first, and deltas R×K×4."""
        if self.box_head is not None:
            return self.box_predictor(self.box_head(features))
        return self.box_predictor(features.mean(dim=(2, 3)))

    def mask_features(self, maps: list[Tensor], rois: Sequence[Tensor]) -> Tensor:
        """What the mask head reads of each RoI: C×14×14 of the maps; for C4 the box head's 7×7 after res5."""
        if self.res5 is not None:
            return self.box_features(maps, rois)
        return roi_features(maps[: len(self.strides)], self.strides, rois, MASK_RESOLUTION, self.config)

    def keypoint_features(self, maps: list[Tensor], rois: Sequence[Tensor]) -> Tensor:
        """What the keypoint head reads of each RoI, C×14×14: before res5, since it needs a high resolution."""
        return roi_features(maps[: len(self.strides)], self.strides, rois, MASK_RESOLUTION, self.config)

    def masks_of(
        self, maps: list[Tensor], boxes: Sequence[Tensor], labels: Tensor, probabilities: Tensor | None = None
    ) -> Tensor:
        """Masks of boxes (float32 N×4 in input pixels), float32 R×M×M in 0..1: the labels', or the classes' mean."""
        assert self.mask_head is not None
        features = self.mask_features(maps, boxes)
        if probabilities is not None:
            return mean_of_masks(self.mask_head(features), probabilities, self.config)
        if self.config.mask_loss == "softmax":
            return mask_probabilities(self.mask_head(features), labels, self.config)
        # Independent classes: the other K - 1 masks of each box need not be computed at all.
        return self.mask_head(features, mask_channel(labels, self.config))[:, 0].sigmoid()

    def labels_with_keypoints(self) -> Tensor:
        """bool K+1: classes whose category lists keypoint names; all where none does."""
        named = [bool(category.get("keypoints")) for category in self.categories]
        return torch.tensor([False, *(named if any(named) else [True] * len(named))])


def _maps(images: Tensor, backbone: nn.Module, fpn: nn.Module | None) -> list[Tensor]:
    maps = backbone(images)
    return fpn(maps) if fpn is not None else maps[-1:]
