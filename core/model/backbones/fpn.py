"""Feature pyramid network (Lin et al. 2017, the FPN of section 3)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from core.config import ModelConfig


class FeaturePyramid(nn.Module):
    """P2 to P6 from C2 to C5: 1×1 laterals, nearest upsampling, 3×3 outputs; P6 is P5 at stride 2."""

    def __init__(self, in_channels: list[int], channels: int, norm: str = "none") -> None:
        super().__init__()
        # A convolution before a norm layer needs no bias of its own.
        bias = norm == "none"
        self.lateral = nn.ModuleList(_conv(c, channels, 1, bias, norm) for c in in_channels)
        self.output = nn.ModuleList(_conv(channels, channels, 3, bias, norm) for _ in in_channels)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, a=1)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """[C2, …, C5] to [P2, …, P6], each with the pyramid's channels."""
        top = self.lateral[-1](maps[-1])
        outputs = [self.output[-1](top)]
        for index in range(len(maps) - 2, -1, -1):
            lateral = self.lateral[index](maps[index])
            # To the lateral's exact size: odd maps are not twice the level above.
            top = lateral + F.interpolate(top, size=lateral.shape[-2:], mode="nearest")
            outputs.insert(0, self.output[index](top))
        outputs.append(F.max_pool2d(outputs[-1], kernel_size=1, stride=2))
        return outputs


def build_pyramid(config: ModelConfig, in_channels: list[int]) -> FeaturePyramid | None:
    """The pyramid of a configuration, None where RPN and heads read one map."""
    return FeaturePyramid(in_channels, config.fpn_channels, config.fpn_norm) if config.has_pyramid else None


def _conv(in_channels: int, out_channels: int, kernel: int, bias: bool, norm: str) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2, bias=bias)]
    if norm == "batch":
        layers.append(nn.BatchNorm2d(out_channels))
    return nn.Sequential(*layers)
