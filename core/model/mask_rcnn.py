"""Mask R-CNN: backbone, region proposals, and the heads in parallel (He et al. 2017, section 3)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Literal, Self, cast

import torch
from torch import Tensor, nn

from core.config import ModelConfig
from core.model.backbones import build_backbone, load_classification_weights
from core.model.backbones.base import Backbone
from core.model.backbones.fpn import build_pyramid
from core.model.categories import check_categories, default_categories, with_person_keypoints
from core.model.copies import copied_parts, fitted_weights
from core.model.freezing import Freezable, MapMemory
from core.model.ground_truth import ObjectsOfImage, read_targets
from core.model.images import ImageBatch, batch_images
from core.model.instances import instances_of_images
from core.model.roi_heads import RoiHeads
from core.model.roi_heads.box import all_detections
from core.model.roi_heads.grouped import GroupedRoiHeads, build_roi_heads
from core.model.roi_heads.keypoint import keypoints_of
from core.model.roi_heads.sampling import sample_rois
from core.model.rpn import GroupedRpn, RpnOutput, build_rpn
from core.model.score_thresholds import ScoreThresholds
from core.structures import Category, Instances

# Whose losses are wanted: of everything, or of one of two stages that learn in turn.
Learning = Literal["all", "rpn", "heads"]
Grouped = GroupedRpn | GroupedRoiHeads


class MaskRCNN(Freezable):
    """A Mask R-CNN (Faster R-CNN without a mask head) built from one `ModelConfig`.

    In training mode `model(images, targets)` gives a dictionary of losses; in evaluation mode
    `model(images)` gives one `Instances` an image. Images are a list of float 3×H×W in 0..1 of any
    size, targets torchvision's dictionaries: `boxes` float N×4 xyxy, `labels` int64 N (1..K),
    `masks` uint8 N×H×W (or `box_masks` uint8 N×S×S over each box), `keypoints` float N×J×3,
    `iscrowd` bool N, `has_mask` bool N (False: only the box is known, the mask teaches nothing),
    `annotated_labels` bool K+1 (the classes that the image's data set shows; the others are not
    learned as background).

    Args:
        backbone: a module of one's own that gives maps (`GivenBackbone` says which) in place of the configuration's.
        roi_heads: heads of one's own, with the methods of `RoiHeads`, for maps of `fpn_channels` or the backbone's.

    Raises:
        ValueError: the categories or the backbone do not fit the configuration; one line that says why.
    """

    def __init__(
        self,
        config: ModelConfig,
        categories: Sequence[Category] | None = None,
        *,
        backbone: nn.Module | None = None,
        roi_heads: RoiHeads | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.categories: list[Category] = list(categories) if categories else default_categories(config)
        check_categories(self.categories, config)
        self.score_thresholds = ScoreThresholds()
        self.backbone = build_backbone(config, backbone)
        channels = config.fpn_channels if config.has_pyramid else self.backbone.channels[-1]
        self.fpn = build_pyramid(config, self.backbone.channels)
        own = config.rpn_backbone == "own"
        self.rpn_backbone = build_backbone(config, copy.deepcopy(backbone)) if own else None
        self.rpn_fpn = build_pyramid(config, self.backbone.channels) if own else None
        self.rpn = build_rpn(config, channels)
        self.roi_heads = build_roi_heads(config, channels) if roi_heads is None else roi_heads
        given = {"backbone": backbone, "roi_heads": roi_heads}  # what no configuration can build again
        self.own_parts = tuple(name for name, part in given.items() if part is not None)
        self.map_memory: MapMemory | None = None  # of the backbone, while it is frozen and heads learn
        # A second model that only adds keypoints to this one's persons.
        self.keypoint_model: MaskRCNN | None = None

    def forward(
        self,
        images: Sequence[Tensor],
        targets: Sequence[Mapping[str, object]] | None = None,
        *,
        min_size: int | None = None,
        max_size: int | None = None,
        learning: Learning = "all",
        detections_per_image: int | None = None,
    ) -> dict[str, Tensor] | list[Instances]:
        """Losses in training mode (see `losses`), else detections; sizes and limit default to the configuration's.

        Raises:
            ValueError: targets missing in training mode, or malformed; one line that says which.
        """
        if not len(images) and not self.training:
            return []
        batch = batch_images(images, self.config, min_size, max_size)
        if not self.training:
            return self.detect(batch, self.features(batch.tensor), detections_per_image=detections_per_image)
        if targets is None:
            raise ValueError("targets are needed in training mode; call model.eval() for detections")
        return self.losses(batch, read_targets(targets, batch, self.config), learning)

    # -- the stages, each usable alone --------------------------------------------------------------

    def features(self, images: Tensor) -> list[Tensor]:
        """Normalised images B×3×H×W to the maps that RPN and heads read: P2..P6, or the one map of C4 or C5."""
        remembered = self.map_memory if self.training else None
        return _maps(images, self.backbone, self.fpn, remembered)

    def rpn_output(self, maps: list[Tensor], batch: ImageBatch) -> RpnOutput:
        """The RPN on the maps of `features`, or on those of its own backbone (`rpn_backbone="own"`)."""
        own = maps if self.rpn_backbone is None else _maps(batch.tensor, self.rpn_backbone, self.rpn_fpn)
        return cast(RpnOutput, self.rpn(own, batch))

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
        proposals, _ = self.rpn.proposals(rpn_output, batch, self.config.training_proposals)
        sampled = [sample_rois(boxes, item, self.config) for boxes, item in zip(proposals, objects, strict=True)]
        scales = [batch.scale(index, batch.tensor.device) for index in range(len(objects))]
        return losses | self.roi_heads.losses(maps, sampled, objects, scales)

    @torch.no_grad()
    def detect(
        self,
        batch: ImageBatch,
        maps: list[Tensor],
        *,
        score_threshold: float | None = None,
        detections_per_image: int | None = None,
    ) -> list[Instances]:
        """Detections of every image: boxes first, then masks and keypoints on those boxes only (section 3.1).

        Threshold and limit are the configuration's unless given.
        """
        limit = detections_per_image or self.config.detections_per_image
        proposals, _ = self.rpn.proposals(self.rpn_output(maps, batch), batch)
        logits, deltas = self.classify(maps, proposals)
        counts = [len(boxes) for boxes in proposals]
        each = zip(logits.split(counts), deltas.split(counts), proposals, batch.sizes, strict=True)
        found = [all_detections(*item, self.config, score_threshold) for item in each]
        instances = self.predict_given_boxes(maps, batch, [f[0][:limit] for f in found], [f[1][:limit] for f in found])
        for item, (_, _, scores) in zip(instances, found, strict=True):
            item.scores, item.left_out = scores[:limit], max(0, len(scores) - limit)
        return instances

    def classify(self, maps: list[Tensor], rois: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """The box head on every RoI: logits R×(K+1), background first, and deltas R×K×4."""
        return self.roi_heads.classify(maps, rois)

    @torch.no_grad()
    def predict_given_boxes(
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
        own_labels = torch.cat(list(labels))
        described = self.roi_heads.describe(maps, boxes, own_labels, probabilities)
        if self.describing_model is not None:
            described |= keypoints_of(
                boxes,
                self.labels_with_keypoints().to(own_labels.device)[own_labels],
                [batch.scale(index, own_labels.device) for index in range(len(boxes))],
                lambda chosen: self.keypoint_heatmaps(maps, batch, chosen),
                self.describing_model.config,
            )
        return instances_of_images(batch, boxes, labels, described, self.categories, self.config)

    # -- keypoints, by the model's own head or by a model attached for them ---------------------------

    def attach_keypoint_model(self, keypoint_model: MaskRCNN) -> None:
        """Let a keypoint model describe the persons that this model finds; it does not learn with it.

        Raises:
            ValueError: the keypoint model has no keypoint head, or this model has no class "person".
        """
        if keypoint_model.roi_heads.keypoint_head is None:
            raise ValueError("the keypoint model has no keypoint head: build it with num_keypoints=17")
        theirs, ours = keypoint_model.config, self.config
        if (theirs.image_mean, theirs.image_std) != (ours.image_mean, ours.image_std):
            raise ValueError("the keypoint model sees images of another image_mean and image_std than this one")
        self.categories = with_person_keypoints(self.categories, keypoint_model.categories[0])
        self.keypoint_model = keypoint_model.requires_grad_(False).eval()

    @property
    def describing_model(self) -> MaskRCNN | None:
        """The model whose keypoint head describes this one's boxes: itself, the attached one, or none."""
        return self if self.roi_heads.keypoint_head is not None else self.keypoint_model

    def keypoint_heatmaps(self, maps: list[Tensor], batch: ImageBatch, boxes: Sequence[Tensor]) -> Tensor:
        """Heatmap logits of each box (float32 N×4 in input pixels, one tensor an image), R×J×56×56."""
        describing = self.describing_model
        assert describing is not None
        if describing is not self:
            # The attached model's maps are computed when the first person needs them.
            batch.keypoint_maps = batch.keypoint_maps or describing.features(batch.tensor)
            maps = batch.keypoint_maps
        return describing.roi_heads.heatmaps(maps, boxes)

    def labels_with_keypoints(self) -> Tensor:
        """bool K+1: classes whose category lists keypoint names; all where none does."""
        named = [bool(category.get("keypoints")) for category in self.categories]
        return torch.tensor([False, *(named if any(named) else [True] * len(named))])

    # -- weights: where they come from, and what does not learn ---------------------------------------

    def load_backbone_weights(self, state_dict: Mapping[str, Tensor]) -> None:
        """Start from torchvision classification weights: the backbone, and res5 where it is the head.

        Raises:
            ValueError: the weights are those of another network; the message names the tensor.
        """
        for backbone in self.backbones():
            load_classification_weights(backbone, state_dict)
        if self.roi_heads.res5 is not None:
            prefix = "layer4."
            stage = {key[len(prefix) :]: tensor for key, tensor in state_dict.items() if key.startswith(prefix)}
            load_classification_weights(self.roi_heads.res5, stage)

    def with_config(self, **changes: object) -> MaskRCNN:
        """A copy of the model with some fields of its configuration changed; nothing in it is frozen.

        A backbone of the RPN's own begins with the weights of the heads', one that it gives up is forgotten.

        Raises:
            ValueError: a field or value is not known, or the weights do not fit the changes; one line that names it.
        """
        changed = self.blank(ModelConfig.from_dict(self.config.to_dict() | changes), self.categories)
        changed.load_state_dict(fitted_weights(self.state_dict(), changed.state_dict(), changes))
        if self.keypoint_model is not None:
            changed.attach_keypoint_model(self.keypoint_model)
        changed.score_thresholds = self.score_thresholds
        return changed.to(next(self.parameters()).device)

    def blank(self, config: ModelConfig, categories: Sequence[Category]) -> MaskRCNN:
        """A new model of another configuration; parts of one's own are copied, all others have random weights.

        Raises:
            ValueError: heads of one's own are for other classes; one line.
        """
        parts = copied_parts(self.backbone, self.roi_heads, self.own_parts, config)
        return MaskRCNN(config, categories, **parts)

    def backbones(self) -> list[Backbone]:
        """The backbone, and the RPN's own where it has one."""
        return [self.backbone] if self.rpn_backbone is None else [self.backbone, self.rpn_backbone]

    def freeze_stages(self, count: int) -> None:
        """Stop the first `count` stages of the backbone from learning, the stem counted as one."""
        for backbone in self.backbones():
            self.freeze(module for modules in backbone.stages()[:count] for module in modules)

    def freeze_features(self, *, keypoints: bool = True) -> None:
        """Stop all from learning but the RPN and the RoI heads, of `class_groups` those of the last one.

        Without `keypoints` the keypoint head stays as it is, too.
        """
        grouped = [part.groups[:-1] for part in (self.rpn, self.roi_heads) if isinstance(part, Grouped)]
        parts = [self.fpn, self.rpn_fpn, None if keypoints else self.roi_heads.keypoint_head]
        self.freeze([*self.backbones(), *grouped, *(part for part in parts if part is not None)])

    def train(self, mode: bool = True) -> Self:
        """Training or evaluation mode; what is frozen, and an attached model, stays in evaluation mode."""
        super().train(mode)
        if self.keypoint_model is not None:
            self.keypoint_model.eval()
        return self


def _maps(
    images: Tensor, backbone: nn.Module, fpn: nn.Module | None, remembered: MapMemory | None = None
) -> list[Tensor]:
    images = images.to(next(backbone.parameters(), images).dtype)
    maps: list[Tensor] = backbone(images) if remembered is None else remembered.maps(images, backbone)
    return fpn(maps) if fpn is not None else maps[-1:]
