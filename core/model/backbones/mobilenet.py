"""MobileNets: torchvision's, cut where they reach the strides that detection needs."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from torch import Tensor, nn
from torchvision.models.mobilenetv2 import mobilenet_v2
from torchvision.models.mobilenetv3 import mobilenet_v3_large

from core.config import ModelConfig
from core.model.backbones.base import Backbone
from core.model.backbones.norms import norm_layer

# Where the inverted-residual networks reach each stride: index one past the last block at strides
# 4, 8, 16, 32. The closing 1×1 convolution before the classifier is left out.
MOBILENET_STAGES: dict[str, tuple[Callable[..., nn.Module], tuple[int, int, int, int], tuple[int, int, int, int]]] = {
    "mobilenet_v2": (mobilenet_v2, (4, 7, 14, 18), (24, 32, 96, 320)),
    "mobilenet_v3_large": (mobilenet_v3_large, (4, 7, 13, 16), (24, 40, 112, 160)),
}
# What torchvision's pyramid on such a network reads: the stage of stride 32 from the block that halves it on, and the
# closing 1×1 convolution, both of stride 32.
MOBILENET_PYRAMIDS: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "mobilenet_v2": ((15, 19), (160, 1280)),
    "mobilenet_v3_large": ((14, 17), (160, 960)),
}


class MobileNetBackbone(Backbone):
    """C2 to C5 of a MobileNetV2 or MobileNetV3-large, or the two maps that torchvision's pyramid reads."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        build, stage_ends, stage_channels = MOBILENET_STAGES[config.backbone]
        mobile = config.features == "fpn_mobile"
        ends: tuple[int, ...]
        channels: tuple[int, ...]
        ends, channels = MOBILENET_PYRAMIDS[config.backbone] if mobile else (stage_ends, stage_channels)
        self.ends = ends
        self.stage_ends = stage_ends
        norm = norm_layer(config.backbone_norm, config.backbone_norm_eps)
        network = build(weights=None, norm_layer=norm).features
        assert isinstance(network, nn.Sequential)
        self.features = network[: self.ends[-1]]
        self.channels = list(channels)

    def forward(self, images: Tensor) -> list[Tensor]:
        """float32 B×3×H×W to the maps [C2, C3, C4, C5], or to the two of torchvision's pyramid."""
        maps = []
        start, x = 0, images
        for end in self.ends:
            x = self.features[start:end](x)
            maps.append(x)
            start = end
        return maps

    def stages(self) -> list[list[nn.Module]]:
        """The modules of each stage in order, the stem first, for freezing."""
        edges = [0, 2, *self.stage_ends[:-1], len(self.features)]
        return [list(self.features[start:end]) for start, end in itertools.pairwise(edges)]
