"""State dicts as detectron2's model zoo has them: its names and shapes, random numbers."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

BLOCKS = {"R50": [3, 4, 6, 3], "R101": [3, 4, 23, 3], "X101": [3, 4, 23, 3]}
Shapes = dict[str, tuple[int, ...]]


def zoo_shapes(
    features: str = "fpn", depth: str = "R50", classes: int = 80, masks: bool = True, keypoints: int = 0
) -> Shapes:
    """The tensors of `mask_rcnn_{depth}_{FPN, C4, DC5}` or `keypoint_rcnn_{depth}_FPN`."""
    bottom = "backbone.bottom_up" if features == "fpn" else "backbone"
    shapes = _convolution_and_norm(f"{bottom}.stem.conv1", 64, 3, 7)
    groups, base = (32, 256) if depth == "X101" else (1, 64)
    for stage, blocks in enumerate(BLOCKS[depth]):
        prefix = "roi_heads.res5" if features == "c4" and stage == 3 else f"{bottom}.res{stage + 2}"
        width, outputs = base << stage, 256 << stage
        for block in range(blocks):
            inputs = outputs if block else 64 if stage == 0 else outputs // 2
            if block == 0:
                shapes |= _convolution_and_norm(f"{prefix}.0.shortcut", outputs, inputs, 1)
            shapes |= _convolution_and_norm(f"{prefix}.{block}.conv1", width, inputs, 1)
            shapes |= _convolution_and_norm(f"{prefix}.{block}.conv2", width, width // groups, 3)
            shapes |= _convolution_and_norm(f"{prefix}.{block}.conv3", outputs, width, 1)
    if features == "fpn":
        for level in (2, 3, 4, 5):
            shapes |= _layer(f"backbone.fpn_lateral{level}", 256, 64 << level, 1, 1)
            shapes |= _layer(f"backbone.fpn_output{level}", 256, 256, 3, 3)
    channels = {"fpn": 256, "c4": 1024, "dc5": 2048}[features]
    anchors = 3 if features == "fpn" else 15
    shapes |= _layer("proposal_generator.rpn_head.conv", channels, channels, 3, 3)
    shapes |= _layer("proposal_generator.rpn_head.objectness_logits", anchors, channels, 1, 1)
    shapes |= _layer("proposal_generator.rpn_head.anchor_deltas", 4 * anchors, channels, 1, 1)
    if features != "c4":
        shapes |= _layer("roi_heads.box_head.fc1", 1024, channels * 49)
        shapes |= _layer("roi_heads.box_head.fc2", 1024, 1024)
    vectors = 2048 if features == "c4" else 1024
    shapes |= _layer("roi_heads.box_predictor.cls_score", classes + 1, vectors)
    shapes |= _layer("roi_heads.box_predictor.bbox_pred", 4 * classes, vectors)
    if masks:
        for number in (1, 2, 3, 4) if features != "c4" else ():
            shapes |= _layer(f"roi_heads.mask_head.mask_fcn{number}", 256, channels if number == 1 else 256, 3, 3)
        shapes["roi_heads.mask_head.deconv.weight"] = (2048 if features == "c4" else 256, 256, 2, 2)
        shapes["roi_heads.mask_head.deconv.bias"] = (256,)
        shapes |= _layer("roi_heads.mask_head.predictor", classes, 256, 1, 1)
    if keypoints:
        for number in range(1, 9):
            shapes |= _layer(f"roi_heads.keypoint_head.conv_fcn{number}", 512, channels if number == 1 else 512, 3, 3)
        shapes["roi_heads.keypoint_head.score_lowres.weight"] = (512, keypoints, 4, 4)
        shapes["roi_heads.keypoint_head.score_lowres.bias"] = (keypoints,)
    return shapes


def random_tensors(shapes: Shapes, seed: int = 0) -> dict[str, Tensor]:
    """Numbers with which activations neither vanish nor overflow."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, shape in shapes.items():
        values = torch.randn(shape, generator=generator)
        if name.endswith(("norm.weight", "norm.running_var")):
            # Residual branches stay small: random networks of fifty layers explode.
            values = (0.3 if "conv3.norm.weight" in name else 1.0) + 0.1 * values.clamp(-2, 2)
        elif len(shape) == 1:
            values *= 0.1
        else:
            values *= (1.5 / int(np.prod(shape[1:]))) ** 0.5
        if name.endswith("stem.conv1.weight"):
            values *= 0.02  # its inputs are as large as 150
        if "anchor_deltas" in name or "bbox_pred" in name:
            values *= 0.1
        tensors[name] = values
    return tensors


def _layer(name: str, *shape: int) -> Shapes:
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


def _convolution_and_norm(name: str, outputs: int, inputs: int, kernel: int) -> Shapes:
    norms: Shapes = {f"{name}.norm.{part}": (outputs,) for part in ("weight", "bias", "running_mean", "running_var")}
    return {f"{name}.weight": (outputs, inputs, kernel, kernel)} | norms
