"""Read torchvision's detection state dicts: the key table, and the configuration that a file implies.

Facts kept with the weights: RoIAlign without the half-pixel shift, anchors rounded to whole pixels,
masks resized into whole-pixel boxes, class row 0 for background in every class-sized tensor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor
from torchvision.models.detection import KeypointRCNN_ResNet50_FPN_Weights, MaskRCNN_ResNet50_FPN_Weights

from core.config import ModelConfig
from core.model.backbones import RESNETS
from core.structures import Category

# torchvision's key → ours, first match wins; older files name some modules without a sequence number.
KEYS: list[tuple[str, str]] = [
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
KEYPOINT_CONV = re.compile(r"roi_heads\.keypoint_head\.(\d+)\.(.+)")

PERSON_SKELETON = [
    [16, 14], [14, 12], [17, 15], [15, 13], [12, 13], [6, 12], [7, 13], [6, 7], [6, 8], [7, 9],
    [8, 10], [9, 11], [2, 3], [1, 2], [1, 3], [2, 4], [3, 5], [4, 6], [5, 7],
]  # fmt: skip


def is_torchvision(state_dict: Mapping[str, Tensor]) -> bool:
    """Whether the keys are those of a torchvision R-CNN with a ResNet and a pyramid."""
    return "roi_heads.box_predictor.cls_score.weight" in state_dict and "backbone.body.conv1.weight" in state_dict


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
    return config, tensors, _categories(config)


def _config_of(state_dict: Mapping[str, Tensor]) -> ModelConfig:
    second = any("fpn.inner_blocks.0.1." in key for key in state_dict)  # BN in the pyramid: the v2 models
    batch_norm = any(key.startswith("backbone.body") and key.endswith("num_batches_tracked") for key in state_dict)
    keypoints = state_dict.get("roi_heads.keypoint_predictor.kps_score_lowres.weight")
    has_masks = "roi_heads.mask_predictor.mask_fcn_logits.weight" in state_dict
    config = ModelConfig(
        backbone=_backbone_of(state_dict),  # type: ignore[arg-type]
        num_classes=len(state_dict["roi_heads.box_predictor.cls_score.weight"]) - 1,
        # The first COCO weights were trained with eps 0; files with a batch counter carry torch's own.
        backbone_norm_eps=1e-5 if batch_norm else 0.0,
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


def _backbone_of(state_dict: Mapping[str, Tensor]) -> str:
    blocks = [
        1 + max(int(key.split(".")[3]) for key in state_dict if key.startswith(f"backbone.body.layer{stage}."))
        for stage in (1, 2, 3, 4)
    ]
    bottleneck = "backbone.body.layer1.0.conv3.weight" in state_dict
    middle = state_dict["backbone.body.layer1.0.conv2.weight"]
    for name, (block, depths, groups, width) in RESNETS.items():
        wide = width * groups if bottleneck else 64
        same_width = tuple(middle.shape[:2]) == (wide, wide // groups)
        if (block.expansion > 1) == bottleneck and depths == blocks and same_width:
            return name
    raise ValueError(f"no known ResNet has stages of {blocks} blocks: the backbone of this file is not supported")


def coco_category_names() -> list[str]:
    """COCO's 80 class names, in the order of their ids."""
    return [name for name in MaskRCNN_ResNet50_FPN_Weights.COCO_V1.meta["categories"][1:] if name != "N/A"]


def _categories(config: ModelConfig) -> list[Category]:
    """COCO's names where the class count is COCO's, else numbers."""
    person_keypoints = list(KeypointRCNN_ResNet50_FPN_Weights.COCO_V1.meta["keypoint_names"])
    if config.num_classes == 90:
        names = MaskRCNN_ResNet50_FPN_Weights.COCO_V1.meta["categories"][1:]
        # COCO's ids have gaps; torchvision keeps a row for each. They stay, so scores stay exact.
        return [
            {"id": label, "name": name} if name != "N/A" else {"id": label, "name": f"unused {label}", "unused": True}
            for label, name in enumerate(names, 1)
        ]
    if config.num_classes == 1 and config.num_keypoints == 17:
        return [{"id": 1, "name": "person", "keypoints": person_keypoints, "skeleton": PERSON_SKELETON}]
    return [{"id": label, "name": str(label)} for label in range(1, config.num_classes + 1)]
