"""Read torchvision's detection state dicts: the key table, and the configuration that a file implies.

Facts kept with the weights: RoIAlign without the half-pixel shift, anchors rounded to whole pixels,
masks resized into whole-pixel boxes, class row 0 for background in every class-sized tensor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from core.config import ModelConfig
from core.model.weights.coco_categories import categories_of
from core.model.weights.resnet_shapes import resnet_of
from core.structures import Category

# torchvision's key → ours, first match wins; older files name some modules without a sequence number.
KEYS: list[tuple[str, str]] = [
    (r"backbone\.body\.(\d+\..+)", r"backbone.features.\1"),  # MobileNets name their blocks by number
    (r"backbone\.body\.(.+)", r"backbone.\1"),
    (r"backbone\.fpn\.inner_blocks\.(\d)\.([01]\..+)", r"fpn.lateral.\1.\2"),
    (r"backbone\.fpn\.inner_blocks\.(\d)\.(weight|bias)", r"fpn.lateral.\1.0.\2"),
    (r"backbone\.fpn\.layer_blocks\.(\d)\.([01]\..+)", r"fpn.output.\1.\2"),
    (r"backbone\.fpn\.layer_blocks\.(\d)\.(weight|bias)", r"fpn.output.\1.0.\2"),
    (r"rpn\.head\.conv\.(\d)\.0\.(.+)", r"rpn.head.conv.\1.\2"),
    (r"rpn\.head\.conv\.(weight|bias)", r"rpn.head.conv.0.\1"),
    (r"rpn\.head\.cls_logits\.(.+)", r"rpn.head.objectness.\1"),
    (r"rpn\.head\.bbox_pred\.(.+)", r"rpn.head.deltas.\1"),
    (r"roi_heads\.box_head\.fc6\.(.+)", r"box_head.fc.0.\1"),
    (r"roi_heads\.box_head\.fc7\.(.+)", r"box_head.fc.1.\1"),
    (r"roi_heads\.box_head\.([0-3])\.([01]\..+)", r"box_head.convs.\1.\2"),
    (r"roi_heads\.box_head\.5\.(.+)", r"box_head.fc.0.\1"),
    (r"roi_heads\.box_predictor\.cls_score\.(.+)", r"box_predictor.scores.\1"),
    (r"roi_heads\.box_predictor\.bbox_pred\.(.+)", r"box_predictor.deltas.\1"),
    (r"roi_heads\.mask_head\.(\d)\.([01]\..+)", r"mask_head.convs.\1.\2"),
    (r"roi_heads\.mask_head\.mask_fcn1\.(.+)", r"mask_head.convs.0.0.\1"),
    (r"roi_heads\.mask_head\.mask_fcn2\.(.+)", r"mask_head.convs.1.0.\1"),
    (r"roi_heads\.mask_head\.mask_fcn3\.(.+)", r"mask_head.convs.2.0.\1"),
    (r"roi_heads\.mask_head\.mask_fcn4\.(.+)", r"mask_head.convs.3.0.\1"),
    (r"roi_heads\.mask_predictor\.conv5_mask\.(.+)", r"mask_head.predictor.deconv.\1"),
    (r"roi_heads\.mask_predictor\.mask_fcn_logits\.(.+)", r"mask_head.predictor.logits.\1"),
    (r"roi_heads\.keypoint_predictor\.kps_score_lowres\.(.+)", r"keypoint_head.deconv.\1"),
]
MOBILE_STEM = "backbone.body.0.0.weight"
KEYPOINT_CONV = re.compile(r"roi_heads\.keypoint_head\.(\d+)\.(.+)")


def is_ours_to_read(state_dict: Mapping[str, Tensor]) -> bool:
    """Whether the keys are those of a torchvision R-CNN with a ResNet or MobileNet and a pyramid."""
    stems = ("backbone.body.conv1.weight", MOBILE_STEM)
    return "roi_heads.box_predictor.cls_score.weight" in state_dict and any(stem in state_dict for stem in stems)


def our_key(key: str) -> str | None:
    """The name that a torchvision key has in `MaskRCNN`, or None for a key that is not known."""
    keypoint_conv = KEYPOINT_CONV.fullmatch(key)
    if keypoint_conv:
        # A flat sequence there, convolution and ReLU in turn.
        return f"keypoint_head.convs.{int(keypoint_conv[1]) // 2}.0.{keypoint_conv[2]}"
    for pattern, replacement in KEYS:
        match = re.fullmatch(pattern, key)
        if match:
            return match.expand(replacement)
    return None


def convert(state_dict: Mapping[str, Tensor]) -> tuple[ModelConfig, dict[str, Tensor], list[Category]]:
    """The configuration, the renamed tensors and the categories of a torchvision state dict.

    Class-sized tensors lose their background rows where our heads have none (box regression and
    masks); the classifier keeps all rows, so scores stay what they were.

    Raises:
        ValueError: a key is not known, or no ResNet has these layers; the message names it.
    """
    config = _config_of(state_dict)
    tensors: dict[str, Tensor] = {}
    for key, tensor in state_dict.items():
        name = our_key(key)
        if name is None:
            raise ValueError(f"unknown tensor {key!r} in a torchvision state dict: not a Mask or Keypoint R-CNN")
        # Backbone statistics are frozen here, so their counter has no place.
        if name.startswith("backbone.") and name.endswith("num_batches_tracked"):
            continue
        if name.startswith("box_predictor.deltas."):
            tensor = tensor[4:]
        elif name.startswith("mask_head.predictor.logits."):
            tensor = tensor[1:]
        tensors[name] = tensor
    return config, tensors, categories_of(config)


def _config_of(state_dict: Mapping[str, Tensor]) -> ModelConfig:
    second = any("fpn.inner_blocks.0.1." in key for key in state_dict)  # BN in the pyramid: the v2 models
    keypoints = state_dict.get("roi_heads.keypoint_predictor.kps_score_lowres.weight")
    has_masks = "roi_heads.mask_predictor.mask_fcn_logits.weight" in state_dict
    config = ModelConfig(
        **_backbone_of(state_dict),
        num_classes=len(state_dict["roi_heads.box_predictor.cls_score.weight"]) - 1,
        anchors_rounded=True,
        roi_aligned=False,
        mask_paste="integer_box",
        mask_head="fcn" if has_masks else None,
        num_keypoints=0 if keypoints is None else keypoints.shape[1],
    )
    if not second:
        return config
    head_norm = "batch" if any("box_head.0.1." in key or "mask_head.0.1." in key for key in state_dict) else "none"
    return replace(
        config,
        fpn_norm="batch",
        rpn_conv_depth=2,
        box_head="conv4fc1",
        head_norm=head_norm,  # type: ignore[arg-type]
    )


def _backbone_of(state_dict: Mapping[str, Tensor]) -> dict[str, Any]:
    """The fields of the backbone and of what torchvision builds on it."""
    if MOBILE_STEM not in state_dict:
        return {"backbone": resnet_of(state_dict, [f"backbone.body.layer{stage}." for stage in (1, 2, 3, 4)])}
    names = {16: "mobilenet_v3_large", 32: "mobilenet_v2"}
    backbone = names.get(len(state_dict[MOBILE_STEM]))
    laterals = {key.split(".")[3] for key in state_dict if key.startswith("backbone.fpn.inner_blocks.")}
    if backbone is None or len(laterals) != 2:
        raise ValueError(
            f"a MobileNet with a pyramid on {len(laterals)} maps: MobileNetV2 and MobileNetV3-large are read, "
            "with torchvision's own two"
        )
    return {"backbone": backbone, "features": "fpn_mobile", "rpn_score_threshold": 0.05}
