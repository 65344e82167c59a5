"""torchvision's model and ours with the same weights, such that there is something to detect.

Published weights need a network to download, and what a forward pass costs does not depend on what was
learned, only on how many boxes there are. So the weights are random, and then calibrated on photographs until
the model behaves like a trained one: normalised activations, proposals of distinct objectness, and about as
many class scores above the threshold as a COCO model gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN, KeypointRCNN
from torchvision.models.detection import MaskRCNN as TorchvisionMaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import mobilenet_backbone, resnet_fpn_backbone
from torchvision.ops import FrozenBatchNorm2d

Task = Literal["masks", "keypoints", "mobilenet"]  # the last: boxes, by MobileNetV3-large and a pyramid
SCORES_ABOVE_THRESHOLD = 1500  # of 90,000 an image; NMS then leaves more than the 100 that are kept


def write_weights(task: Task, images: Sequence[Tensor], file: Path) -> None:
    """A state dict as torchvision's weights of the task are published, calibrated on float 3×H×W images in 0..1."""
    torch.manual_seed(0)
    calibrated = _build(task, nn.BatchNorm2d)
    _calibrate(calibrated, images)
    state = calibrated.state_dict()
    torch.save({key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}, file)


def torchvision_model(task: Task, file: Path) -> nn.Module:
    """torchvision's model with the weights in a file, in evaluation mode, its BN frozen as around published weights."""
    model = _build(task, FrozenBatchNorm2d)
    model.load_state_dict(torch.load(file, weights_only=True))
    # FrozenBatchNorm2d's eps is 1e-5, which `load_model` takes for a file that is not one of torchvision's.
    return model.eval()


def _build(task: Task, norm: type[nn.Module]) -> nn.Module:
    # Through the parts, because `maskrcnn_resnet50_fpn` and its like freeze BN only around downloaded weights.
    if task == "mobilenet":
        body = mobilenet_backbone(
            backbone_name="mobilenet_v3_large", weights=None, fpn=True, norm_layer=norm, trainable_layers=3
        )
        anchors = AnchorGenerator(((32, 64, 128, 256, 512),) * 3, ((0.5, 1.0, 2.0),) * 3)
        return FasterRCNN(body, num_classes=91, rpn_anchor_generator=anchors)
    backbone = resnet_fpn_backbone(backbone_name="resnet50", weights=None, norm_layer=norm, trainable_layers=3)
    if task == "masks":
        return TorchvisionMaskRCNN(backbone, num_classes=91)
    return KeypointRCNN(backbone, num_classes=2, num_keypoints=17)


@torch.no_grad()
def _calibrate(model: nn.Module, images: Sequence[Tensor]) -> None:
    """Set statistics and scales of the layers from what the images give, front to back."""
    batch, _ = model.transform(list(images))
    for module in model.backbone.body.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # plain averages
    model.backbone.body.train()
    features = model.backbone(batch.tensors)
    model.eval()
    features = model.backbone(batch.tensors)

    # Objectness that differs from place to place, deltas that move a box by a tenth.
    hidden = [model.rpn.head.conv(level) for level in features.values()]
    _scale(model.rpn.head.cls_logits, torch.cat([_positions(level) for level in hidden]), spread=3.0)
    _scale(model.rpn.head.bbox_pred, torch.cat([_positions(level) for level in hidden]), spread=0.2)

    proposals, _ = model.rpn(batch, features)
    vectors = model.roi_heads.box_head(model.roi_heads.box_roi_pool(features, proposals, batch.image_sizes))
    predictor = model.roi_heads.box_predictor
    _scale(predictor.cls_score, vectors, spread=2.0)
    _scale(predictor.bbox_pred, vectors, spread=0.5)
    wanted = SCORES_ABOVE_THRESHOLD * len(images)
    threshold = model.roi_heads.score_thresh
    low, high = -20.0, 40.0
    for _ in range(30):  # the background's bias that lets as many scores pass as wanted
        predictor.cls_score.bias[0] = (low + high) / 2
        passing = int((predictor.cls_score(vectors).softmax(1)[:, 1:] > threshold).sum())
        low, high = ((low + high) / 2, high) if passing > wanted else (low, (low + high) / 2)
    if model.roi_heads.has_mask():
        _scale(model.roi_heads.mask_predictor.mask_fcn_logits, None, spread=2.0)


def _positions(level: Tensor) -> Tensor:
    return level.permute(0, 2, 3, 1).flatten(0, 2)


def _scale(layer: nn.Module, inputs: Tensor | None, spread: float) -> None:
    """Scale a last layer so that its outputs vary by `spread` around 0."""
    weight = layer.weight.flatten(1)
    if inputs is None:
        layer.weight.mul_(spread / 0.05)
        return
    outputs = inputs @ weight.T
    layer.weight.mul_((spread / outputs.std(dim=0).clamp(min=1e-6)).view(-1, *[1] * (layer.weight.dim() - 1)))
    layer.bias.copy_(-outputs.mean(dim=0) * spread / outputs.std(dim=0).clamp(min=1e-6))
