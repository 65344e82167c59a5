"""The prompt network for answers on a CPU: each convolution one call of oneDNN, together with its activation.

torch's own way there takes a slower convolution for the 1×1 kernels of a single crop, lays the kernels out anew in
every call and passes over each map once more for the activation. What is computed is the same, to float32's rounding.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from core.prompts.network import DepthwiseBlock, PromptNetwork
from core.prompts.trunks import InvertedResidual, SamePadded

# An activation by oneDNN's name, with its numbers.
Activation = tuple[str, list[float]]
NONE: Activation = ("none", [])
RELU: Activation = ("relu", [])
RELU6: Activation = ("hardtanh", [0.0, 6.0])


def for_answers(network: PromptNetwork) -> PromptNetwork:
    """A copy of a network on the CPU that answers the same, faster, as it is now; it cannot be trained.

    It shares with the network what judges an answer (`quality`). The network itself where this torch has no oneDNN.
    """
    if not torch.backends.mkldnn.is_available() or not hasattr(torch.ops.mkldnn, "_convolution_pointwise"):
        return network
    fused = copy.deepcopy(network, {id(network.quality): network.quality})
    for module in list(fused.modules()):
        if isinstance(module, InvertedResidual):
            _fuse(module, ("expand", "depthwise"), RELU6)
        elif isinstance(module, DepthwiseBlock):
            _fuse(module, ("widen",), RELU)
    for module in list(fused.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Conv2d):
                setattr(module, name, FusedConvolution(child, NONE))
    return fused


def _fuse(block: nn.Module, names: tuple[str, ...], activation: Activation) -> None:
    """Let the convolutions of a block apply the activation that follows them."""
    for name in names:
        convolution = getattr(block, name)
        if convolution is not None:
            setattr(block, name, FusedConvolution(convolution, activation))
    block.activation = nn.Identity()


class FusedConvolution(nn.Module):
    """What a convolution and an activation compute: float32 B×C×H×W in channels-last layout to the same."""

    weight: Tensor  # laid out as oneDNN wants it
    bias: Tensor | None

    def __init__(self, convolution: nn.Conv2d, activation: Activation) -> None:
        super().__init__()
        assert isinstance(convolution.padding, tuple)
        self.padded = convolution.padded if isinstance(convolution, SamePadded) else None
        self.layout = (list(convolution.padding), list(convolution.stride), list(convolution.dilation))
        self.groups, self.activation = convolution.groups, activation
        weight = convolution.weight.detach()
        self.register_buffer(
            "weight", torch.ops.mkldnn._reorder_convolution_weight(weight, *self.layout, self.groups, None)
        )
        self.register_buffer("bias", convolution.bias)

    def forward(self, x: Tensor) -> Tensor:
        """The convolution's result after the activation."""
        x = x if self.padded is None else self.padded(x)
        result: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self.weight, self.bias, *self.layout, self.groups, *self.activation, ""
        )
        return result
