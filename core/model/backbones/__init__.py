"""Backbones: torchvision's classification networks, cut into the stages that detection needs.

A backbone turns a batch of images into the maps C2, C3, C4, C5 at strides 4, 8, 16, 32 (section 3,
"Network architecture"). The networks themselves are torchvision's; what is ours is where they are
cut and which normalisation they carry.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from core.config import ModelConfig
from core.model.backbones.base import Backbone
from core.model.backbones.given import GivenBackbone
from core.model.backbones.mobilenet import MOBILENET_STAGES, MobileNetBackbone
from core.model.backbones.resnet import ResNetBackbone


def build_backbone(config: ModelConfig, given: nn.Module | None = None) -> Backbone:
    """The backbone that the configuration names, with random weights, or a module `given` in its place."""
    if given is not None:
        return GivenBackbone(given, config)
    return MobileNetBackbone(config) if config.backbone in MOBILENET_STAGES else ResNetBackbone(config)


def load_classification_weights(backbone: nn.Module, state_dict: Mapping[str, Tensor]) -> None:
    """Copy a torchvision classification state dict into a backbone.

    The classifier and what the backbone does not have are passed over; every tensor that the
    backbone has must be there, except those of non-local blocks, which classifiers lack and which
    begin as the identity.

    Raises:
        ValueError: a tensor is missing or has another shape; the message names it.
    """
    own = backbone.state_dict()
    with torch.no_grad():
        for name, tensor in own.items():
            if name.endswith("num_batches_tracked") or name.startswith("non_local."):
                continue
            if name not in state_dict:
                raise ValueError(f"backbone weights lack {name!r}: they belong to another network")
            if state_dict[name].shape != tensor.shape:
                found, wanted = tuple(state_dict[name].shape), tuple(tensor.shape)
                raise ValueError(f"backbone weights: {name!r} is {found}, the network needs {wanted}")
            tensor.copy_(state_dict[name])
