"""Read detectron2's model-zoo state dicts: R50, R101 and X101 with FPN, C4 and DC5, masks and keypoints.

What its conventions become here:

| detectron2 | here |
|---|---|
| BGR images in 0..255 | RGB in 0..1: first convolution's channels reversed, mean and deviation divided by 255 |
| stride of a bottleneck in the 1×1 (not X101) | `stride_in_1x1` |
| exact anchors, all ratios of a size, then the next size | exact anchors; rows of the RPN put in order |
| RoIAlign with the half-pixel shift and as many samples as a bin has pixels | `roi_aligned`, `roi_samples=0` |
| background as the last class | the classifier's last row becomes the first |
| boxes and masks of foreground classes only | the same |
| masks sampled at pixel centres | `mask_paste="pixel_centres"` |
| keypoints at pixel centres | `keypoint_offset=0.5` |
| L1 box loss | `box_loss="l1"` |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from core.config import ModelConfig
from core.model.weights.coco_categories import categories_of
from core.model.weights.resnet_shapes import resnet_of
from core.structures import Category

# detectron2's key → ours. Backbones lie in `backbone.bottom_up` with FPN, else in `backbone`.
BLOCK = r"res([2-5])\.(\d+)\."
KEYS: list[tuple[str, str]] = [
    (r"backbone\.(?:bottom_up\.)?stem\.conv1\.weight", r"backbone.conv1.weight"),
    (r"backbone\.(?:bottom_up\.)?stem\.conv1\.norm\.(.+)", r"backbone.bn1.\1"),
    (rf"backbone\.(?:bottom_up\.)?{BLOCK}conv(\d)\.weight", r"backbone.layer<\1>.\2.conv\3.weight"),
    (rf"backbone\.(?:bottom_up\.)?{BLOCK}conv(\d)\.norm\.(.+)", r"backbone.layer<\1>.\2.bn\3.\4"),
    (rf"backbone\.(?:bottom_up\.)?{BLOCK}shortcut\.weight", r"backbone.layer<\1>.\2.downsample.0.weight"),
    (rf"backbone\.(?:bottom_up\.)?{BLOCK}shortcut\.norm\.(.+)", r"backbone.layer<\1>.\2.downsample.1.\3"),
    (r"roi_heads\.res5\.(\d+)\.conv(\d)\.weight", r"res5.\1.conv\2.weight"),
    (r"roi_heads\.res5\.(\d+)\.conv(\d)\.norm\.(.+)", r"res5.\1.bn\2.\3"),
    (r"roi_heads\.res5\.(\d+)\.shortcut\.weight", r"res5.\1.downsample.0.weight"),
    (r"roi_heads\.res5\.(\d+)\.shortcut\.norm\.(.+)", r"res5.\1.downsample.1.\2"),
    (r"backbone\.fpn_lateral([2-5])\.(weight|bias)", r"fpn.lateral.[\1].0.\2"),
    (r"backbone\.fpn_output([2-5])\.(weight|bias)", r"fpn.output.[\1].0.\2"),
    (r"proposal_generator\.rpn_head\.conv\.(weight|bias)", r"rpn.head.conv.0.\1"),
    (r"proposal_generator\.rpn_head\.objectness_logits\.(weight|bias)", r"rpn.head.objectness.\1"),
    (r"proposal_generator\.rpn_head\.anchor_deltas\.(weight|bias)", r"rpn.head.deltas.\1"),
    (r"roi_heads\.box_head\.fc1\.(weight|bias)", r"box_head.fc.0.\1"),
    (r"roi_heads\.box_head\.fc2\.(weight|bias)", r"box_head.fc.1.\1"),
    (r"roi_heads\.box_predictor\.cls_score\.(weight|bias)", r"box_predictor.scores.\1"),
    (r"roi_heads\.box_predictor\.bbox_pred\.(weight|bias)", r"box_predictor.deltas.\1"),
    (r"roi_heads\.mask_head\.mask_fcn([1-4])\.(weight|bias)", r"mask_head.convs.(\1).0.\2"),
    (r"roi_heads\.mask_head\.deconv\.(weight|bias)", r"mask_head.predictor.deconv.\1"),
    (r"roi_heads\.mask_head\.predictor\.(weight|bias)", r"mask_head.predictor.logits.\1"),
    (r"roi_heads\.keypoint_head\.conv_fcn([1-8])\.(weight|bias)", r"keypoint_head.convs.(\1).0.\2"),
    (r"roi_heads\.keypoint_head\.score_lowres\.(weight|bias)", r"keypoint_head.deconv.\1"),
]
# In the table <n> is a stage that counts from res2, [n] a level that counts from P2, (n) a layer that counts from 1.
COUNTED_FROM = {"<": 1, "[": 2, "(": 1}
# Constants of the file's model that are no weights.
PASSED_OVER = re.compile(r"pixel_(mean|std)|proposal_generator\.anchor_generator\..+|.+\.num_batches_tracked")

BGR_MEAN = (103.530, 116.280, 123.675)
BGR_STD = (1.0, 1.0, 1.0)
RESNEXT_BGR_STD = (57.375, 57.120, 58.395)  # the ResNeXts were trained on unit deviation
ANCHOR_SIZES, ANCHOR_RATIOS = 5, 3


def is_ours_to_read(state_dict: Mapping[str, Tensor]) -> bool:
    """Whether the keys are those of a detectron2 R-CNN."""
    return "proposal_generator.rpn_head.conv.weight" in state_dict and any(
        key.startswith("roi_heads.box_predictor.cls_score.") for key in state_dict
    )


def our_key(key: str) -> str | None:
    """The name that a detectron2 key has in `MaskRCNN`, or None for a key that is not known."""
    for pattern, replacement in KEYS:
        match = re.fullmatch(pattern, key)
        if match is None:
            continue
        name = match.expand(replacement)
        return re.sub(r"([<\[(])(\d)[>\])]", lambda found: str(int(found[2]) - COUNTED_FROM[found[1]]), name)
    return None


def convert(state_dict: Mapping[str, Tensor]) -> tuple[ModelConfig, dict[str, Tensor], list[Category]]:
    """The configuration, the renamed tensors and the categories of a detectron2 state dict.

    Raises:
        ValueError: a key is not known, or no ResNet has these layers; the message names it.
        KeyError: a tensor that every such model has is missing.
    """
    config = _config_of(state_dict)
    tensors: dict[str, Tensor] = {}
    for key, tensor in state_dict.items():
        if PASSED_OVER.fullmatch(key):
            continue
        name = our_key(key)
        if name is None:
            raise ValueError(f"unknown tensor {key!r}: not a Mask or Keypoint R-CNN of detectron2's model zoo")
        if config.features == "c4":
            # There the mask head is its predictor alone, behind res5.
            name = name.replace("mask_head.predictor.", "mask_head.")
        tensors[name] = _in_our_order(name, tensor, config)
    return config, tensors, categories_of(config)


def _in_our_order(name: str, tensor: Tensor, config: ModelConfig) -> Tensor:
    if name == "backbone.conv1.weight":
        return tensor.flip(1)  # BGR to RGB
    if name.startswith("box_predictor.scores."):
        return tensor.roll(1, dims=0)  # background from the last row to the first
    if config.features != "fpn" and name.startswith(("rpn.head.objectness.", "rpn.head.deltas.")):
        # Size by size there, ratio by ratio here; a delta has four rows an anchor.
        anchors: Tensor = tensor.unflatten(0, (ANCHOR_SIZES, ANCHOR_RATIOS, -1))
        return anchors.transpose(0, 1).flatten(0, 2)
    return tensor


def _config_of(state_dict: Mapping[str, Tensor]) -> ModelConfig:
    pyramid = "backbone.fpn_lateral2.weight" in state_dict
    features = "fpn" if pyramid else "c4" if any(key.startswith("roi_heads.res5.") for key in state_dict) else "dc5"
    backbone = _backbone_of(state_dict)
    resnext = backbone.startswith("resnext")
    mean = _constant(state_dict, "pixel_mean", BGR_MEAN)
    std = _constant(state_dict, "pixel_std", RESNEXT_BGR_STD if resnext else BGR_STD)
    keypoints = state_dict.get("roi_heads.keypoint_head.score_lowres.weight")
    anchors = len(state_dict["proposal_generator.rpn_head.objectness_logits.weight"])
    if anchors != ANCHOR_RATIOS * (1 if pyramid else ANCHOR_SIZES):
        raise ValueError(f"{anchors} anchors a position: the model zoo's have 3 on each level, or 15 on one map")
    values: dict[str, Any] = {
        "backbone": backbone,
        "features": features,
        "num_classes": len(state_dict["roi_heads.box_predictor.cls_score.weight"]) - 1,
        "stride_in_1x1": not resnext,
        "image_mean": mean,
        "image_std": std,
        "proposals_train": 1000 if pyramid else 2000,
        "proposals_test": 1000,
        "proposals_before_nms_train": 2000 if pyramid else 12000,
        "proposals_before_nms_test": 1000 if pyramid else 6000,
        "rois_per_image": 512,
        "roi_samples": 0,
        "roi_aligned": True,
        "box_loss": "l1",
        "mask_head": "fcn" if "roi_heads.mask_head.predictor.weight" in state_dict else None,
        "num_keypoints": 0 if keypoints is None else keypoints.shape[1],
        "keypoint_offset": 0.0 if keypoints is None else 0.5,
    }
    return ModelConfig(**values)


def _backbone_of(state_dict: Mapping[str, Tensor]) -> str:
    prefix = "backbone.bottom_up." if any(key.startswith("backbone.bottom_up.") for key in state_dict) else "backbone."
    last = "roi_heads.res5." if any(key.startswith("roi_heads.res5.") for key in state_dict) else f"{prefix}res5."
    return resnet_of(state_dict, [f"{prefix}res2.", f"{prefix}res3.", f"{prefix}res4.", last])


def _constant(
    state_dict: Mapping[str, Tensor], name: str, published: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Three numbers of the file (it may leave out what its configuration says), as RGB in 0..1."""
    values = state_dict[name].flatten().tolist() if name in state_dict else list(published)
    if len(values) != 3:
        raise ValueError(f"tensor {name!r} has {len(values)} values, three are needed")
    blue, green, red = values
    return red / 255, green / 255, blue / 255
