"""What the heads' networks are made of."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import nn


def conv3x3(in_channels: int, out_channels: int, norm: str) -> nn.Sequential:
    """A 3×3 convolution, batch normalisation where `norm` is "batch", and ReLU."""
    convolution = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=norm == "none")
    nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
    norms = [nn.BatchNorm2d(out_channels)] if norm == "batch" else []
    return nn.Sequential(convolution, *norms, nn.ReLU(inplace=True))


def convolutions(channels: Sequence[int], norm: str) -> nn.Sequential:
    """3×3 convolutions from each of the numbers of channels to the next."""
    return nn.Sequential(*(conv3x3(a, b, norm) for a, b in itertools.pairwise(channels)))


def linear_layers(sizes: Sequence[int]) -> nn.ModuleList:
    """Fully connected layers from each of the sizes to the next."""
    return nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))
