"""The prompt network: a crop and its prompt maps → mask logits.

Prompts enter twice: after the first convolution of the trunk, so that what is seen depends on what is asked (RITM,
Sofiiuk et al. 2021, "Conv1S"), and at each level of the decoder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from core.prompts.config import PromptConfig
from core.prompts.trunks import SHAPES, STEM_CHANNELS, build_trunk, load_trunk

PROMPT_MAPS = 6  # see core/prompts/prompt_maps.py
STRIDES = (4, 8, 16, 32)


class PromptNetwork(nn.Module):
    """Crops float32 B×3×S×S (normalised) and prompt maps B×6×S×S → logits B×1×S/2×S/2 of one object each, and how
    good they are: the logit B of the mask's IoU with the object, as the network expects it.
    """

    def __init__(self, config: PromptConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.trunk = build_trunk(config.trunk)
        widths = SHAPES[config.trunk].channels
        self.prompt_stem = nn.Sequential(
            nn.Conv2d(PROMPT_MAPS, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(16, STEM_CHANNELS, 3, padding=1)
        )
        self.laterals = nn.ModuleList(nn.Conv2d(width, channels, 1) for width in widths[1:])
        self.prompt_laterals = nn.ModuleList(nn.Conv2d(PROMPT_MAPS, channels, 1) for _ in STRIDES)
        self.context = nn.Conv2d(channels, channels, 1)
        self.stages = nn.ModuleList(
            nn.Sequential(*(DepthwiseBlock(channels) for _ in range(config.blocks))) for _ in STRIDES
        )
        self.detail = nn.Conv2d(widths[0], 32, 1)
        self.coarse = nn.Conv2d(channels, 32, 1)
        self.fine = nn.Sequential(nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU())
        self.logits = nn.Conv2d(32, 1, 3, padding=1)
        self.quality = nn.Sequential(nn.Linear(2 * channels + 32, channels), nn.ReLU(), nn.Linear(channels, 1))
        last = self.prompt_stem[-1]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        nn.init.zeros_(last.weight)  # the trunk begins as it learned to see without prompts
        nn.init.zeros_(last.bias)

    def forward(self, crops: Tensor, prompts: Tensor) -> tuple[Tensor, Tensor]:
        """Logits at half the crop's resolution, and their quality."""
        maps = self.trunk_maps(crops, prompts)
        x = None
        seen = []  # what the quality is told by
        for level in reversed(range(len(STRIDES))):
            pooled = F.avg_pool2d(prompts, STRIDES[level])
            lateral = self.laterals[level](maps[level + 1]) + self.prompt_laterals[level](pooled)
            if x is None:
                x = lateral + self.context(lateral.mean(dim=(2, 3), keepdim=True))
            else:
                x = lateral + F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = self.stages[level](x)
            if level in (0, len(STRIDES) - 1):
                seen.append(x.mean(dim=(2, 3)))
        assert x is not None
        up = F.interpolate(self.coarse(x), scale_factor=2.0, mode="bilinear", align_corners=False)
        fine = self.fine(up + self.detail(maps[0]))
        logits = self.logits(fine)
        inside = torch.sigmoid(logits)
        seen.append((fine * inside).sum(dim=(2, 3)) / (inside.sum(dim=(2, 3)) + 1))
        # The quality learns from what there is; it does not bend the mask towards what is easy to judge.
        return logits, self.quality(torch.cat(seen, dim=1).detach())[:, 0]

    def embedding(self, crops: Tensor, prompts: Tensor) -> Tensor:
        """How objects look, whatever their place and size: float32 B×D from maps of stride 8, 16 and 32.

        Each map is averaged over the previous mask, which has to be there, and brought to length one.
        """
        mask = prompts[:, 1:2]
        parts = []
        for features in self.trunk_maps(crops, prompts)[2:]:
            weight = F.interpolate(mask, size=features.shape[-2:], mode="area")
            mean = (features * weight).sum(dim=(2, 3)) / (weight.sum(dim=(2, 3)) + 1e-3)
            parts.append(F.normalize(mean))
        return torch.cat(parts, dim=1)

    def load_trunk(self, state_dict: Mapping[str, Tensor]) -> None:
        """Begin from a classifier's weights (`core.prompts.trunks.load_trunk`); raises ValueError for another's."""
        load_trunk(self.trunk, self.config.trunk, state_dict)

    def trunk_maps(self, crops: Tensor, prompts: Tensor) -> list[Tensor]:
        """The trunk's maps of stride 2, 4, 8, 16 and 32."""
        x = self.trunk[0](crops)
        x = x + self.prompt_stem(prompts)
        maps, start = [], 1
        for end in SHAPES[self.config.trunk].ends:
            x = self.trunk[start:end](x)
            maps.append(x)
            start = end
        return maps


class DepthwiseBlock(nn.Module):
    """A residual block: depthwise 5×5, then two 1×1 convolutions; without normalisation, it begins as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.spatial = nn.Conv2d(channels, channels, 5, padding=2, groups=channels)
        self.widen: nn.Module = nn.Conv2d(channels, 2 * channels, 1)
        self.activation: nn.Module = nn.ReLU()
        self.narrow = nn.Conv2d(2 * channels, channels, 1)
        nn.init.normal_(self.narrow.weight, std=1e-3)
        assert self.narrow.bias is not None
        nn.init.zeros_(self.narrow.bias)

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W to the same."""
        refined: Tensor = x + self.narrow(self.activation(self.widen(self.spatial(x))))
        return refined


def probabilities(logits: Tensor, size: int) -> Tensor:
    """Logits B×1×h×w to probabilities B×size×size."""
    return torch.sigmoid(F.interpolate(logits, size=(size, size), mode="bilinear", align_corners=False))[:, 0]


def as_input(images: Sequence[NDArray[np.uint8]], config: PromptConfig) -> Tensor:
    """RGB uint8 S×S×3 arrays as the network's input, float32 B×3×S×S in channels-last layout."""
    crops = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float().div_(255)
    mean = torch.tensor(config.image_mean).view(1, 3, 1, 1)
    std = torch.tensor(config.image_std).view(1, 3, 1, 1)
    return ((crops - mean) / std).contiguous(memory_format=torch.channels_last)


def prompt_maps_of(maps: Sequence[NDArray[np.float32]]) -> Tensor:
    """Prompt maps 6×S×S of several objects as the network's input, float32 B×6×S×S in channels-last layout."""
    return torch.from_numpy(np.stack(maps)).contiguous(memory_format=torch.channels_last)
