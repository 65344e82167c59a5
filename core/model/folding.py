"""A model for inference: batch normalisation folded into the convolutions before it, and a fast layout."""

from __future__ import annotations

import copy
import itertools
from typing import TypeVar

import torch
from torch import Tensor, nn
from torchvision.ops import FrozenBatchNorm2d

from core.model.roi_heads.box import BoxPredictor
from core.model.rpn import RpnHead
from core.model.winograd import exchange_convolutions

Network = TypeVar("Network", bound=nn.Module)


def for_inference(model: Network, device: torch.device, dtype: torch.dtype = torch.float32) -> Network:
    """A copy of a model on a device, in evaluation mode, that finds the same faster; it cannot be trained.

    With bfloat16 for `dtype` its networks compute in it, and find nearly the same. What says a score or moves a box
    stays in float32: of 8 bits, many scores would be equal, and which of two boxes is the better one left to chance.
    """
    model = folded(model)
    if device.type == "cpu" and dtype == torch.float32:
        exchange_convolutions(model)  # the processor's own instructions for 16 bits are faster than that
    exact = _exact_layers(model, device) if dtype != torch.float32 else []
    model = model.to(device=device, dtype=dtype).to(memory_format=torch.channels_last)
    for module, name, layer in exact:
        setattr(module, name, layer)
    return model


def _exact_layers(model: nn.Module, device: torch.device) -> list[tuple[nn.Module, str, InFloat32]]:
    """The layers that stay in float32, copied, with the module that each belongs to and its name there."""
    owners = [module for module in model.modules() if isinstance(module, (RpnHead, BoxPredictor))]
    return [
        (owner, name, InFloat32(copy.deepcopy(getattr(owner, name)).to(device)))
        for owner in owners
        for name in owner.last_layers
    ]


class InFloat32(nn.Module):
    """A layer of a network of 16 bits that computes in float32."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """The layer's result, float32, for an input of any precision."""
        result: Tensor = self.layer(x.float())
        return result


def folded(model: Network) -> Network:
    """A copy of a model in evaluation mode whose convolutions carry the normalisation that follows them.

    With fixed statistics, BN is an affine map per channel: one multiplication of the weights now
    instead of one of every feature map later. The copy cannot be trained.
    """
    model = copy.deepcopy(model).eval().requires_grad_(False)
    for module in model.modules():
        children = list(module.named_children())
        for (_, first), (name, second) in itertools.pairwise(children):
            norms = (nn.BatchNorm2d, nn.SyncBatchNorm, FrozenBatchNorm2d)
            if isinstance(first, nn.Conv2d) and isinstance(second, norms):
                _fold(first, second)
                setattr(module, name, nn.Identity())
    return model


def _fold(convolution: nn.Conv2d, norm: nn.BatchNorm2d | nn.SyncBatchNorm | FrozenBatchNorm2d) -> None:
    mean, variance = norm.running_mean, norm.running_var
    assert isinstance(mean, torch.Tensor)
    assert isinstance(variance, torch.Tensor)
    scale = norm.weight * torch.rsqrt(variance + norm.eps)
    bias = torch.zeros_like(mean) if convolution.bias is None else convolution.bias
    convolution.weight = nn.Parameter(convolution.weight * scale[:, None, None, None], requires_grad=False)
    convolution.bias = nn.Parameter((bias - mean) * scale + norm.bias, requires_grad=False)
