"""The heads on a region of interest: box (class and regression), mask, keypoints (figure 4, section 5)."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.config import ModelConfig

BOX_RESOLUTION = 7  # RoI bins of the box head
MASK_RESOLUTION = 14  # of the mask and keypoint heads, with FPN
C4_RESOLUTION = 14  # before res5 halves it


def _conv3x3(in_channels: int, out_channels: int, norm: str) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=norm == "none")]
    if norm == "batch":
        layers.append(nn.BatchNorm2d(out_channels))
    layers.append(nn.ReLU(inplace=True))
    nn.init.kaiming_normal_(layers[0].weight, mode="fan_out", nonlinearity="relu")  # type: ignore[arg-type]
    if norm == "none":
        nn.init.zeros_(layers[0].bias)  # type: ignore[arg-type]
    return nn.Sequential(*layers)


class BoxHead(nn.Module):
    """Two fully connected layers, or four convolutions and one (Mask R-CNN's and the updated baseline's)."""

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        width = config.box_head_channels
        self.convs = nn.Sequential()
        if config.box_head == "conv4fc1":
            self.convs = nn.Sequential(*(_conv3x3(channels, channels, config.head_norm) for _ in range(4)))
        inputs = channels * BOX_RESOLUTION**2
        sizes = [inputs, width] if config.box_head == "conv4fc1" else [inputs, width, width]
        self.fc = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))
        self.channels = width

    def forward(self, features: Tensor) -> Tensor:
        """RoI features R×C×7×7 to vectors R×D."""
        x = self.convs(features).flatten(1)
        for layer in self.fc:
            x = F.relu(layer(x), inplace=True)
        return x


class BoxPredictor(nn.Module):
    """Class scores over background and K classes, and a box regression for each of the K classes."""

    def __init__(self, channels: int, num_classes: int) -> None:
        super().__init__()
        self.scores = nn.Linear(channels, num_classes + 1)
        self.deltas = nn.Linear(channels, num_classes * 4)
        nn.init.normal_(self.scores.weight, std=0.01)
        nn.init.normal_(self.deltas.weight, std=0.001)
        nn.init.zeros_(self.scores.bias)
        nn.init.zeros_(self.deltas.bias)

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """R×D to logits R×(K+1), background first, and deltas R×K×4."""
        return self.scores(vectors).float(), self.deltas(vectors).float().unflatten(1, (-1, 4))


def mask_channels(config: ModelConfig) -> int:
    """Masks predicted a RoI: one a class, one in all, and background's where classes compete."""
    foreground = 1 if config.mask_class_agnostic else config.num_classes
    return foreground + (1 if config.mask_loss == "softmax" else 0)


class MaskPredictor(nn.Module):
    """A 2× deconvolution, then a 1×1 convolution to the mask of each class."""

    def __init__(self, in_channels: int, channels: int, masks: int) -> None:
        super().__init__()
        self.deconv = nn.ConvTranspose2d(in_channels, channels, 2, stride=2)
        self.logits = nn.Conv2d(channels, masks, 1)
        nn.init.kaiming_normal_(self.deconv.weight, mode="fan_out", nonlinearity="relu")
        nn.init.normal_(self.logits.weight, std=0.001)  # masks start undecided, at a loss of log 2
        for layer in (self.deconv, self.logits):
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, channel: Tensor | None = None) -> Tensor:
        """R×C×m×m to logits R×masks×2m×2m; with `channel` (int64 R) only that mask of each RoI, R×1×2m×2m."""
        x = F.relu(self.deconv(x), inplace=True)
        if channel is None:
            return self.logits(x).float()
        # The 1×1 convolution restricted to one output channel a RoI: K times less work and memory.
        weight, bias = self.logits.weight[channel, :, 0, 0], self.logits.bias
        assert bias is not None
        return (torch.einsum("rchw,rc->rhw", x, weight) + bias[channel][:, None, None])[:, None].float()


class FcnMaskHead(nn.Module):
    """Four 3×3 convolutions and the mask predictor: 14×14 in, 28×28 out (figure 4, right)."""

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        width = config.mask_head_channels
        sizes = [channels] + [width] * config.mask_head_convs
        self.convs = nn.Sequential(*(_conv3x3(a, b, config.head_norm) for a, b in itertools.pairwise(sizes)))
        self.predictor = MaskPredictor(sizes[-1], width, mask_channels(config))

    def forward(self, features: Tensor, channel: Tensor | None = None) -> Tensor:
        """RoI features R×C×14×14 to mask logits R×masks×28×28, or R×1×28×28 of one `channel` a RoI."""
        return self.predictor(self.convs(features), channel)


class MlpMaskHead(nn.Module):
    """Fully connected masks, the alternative that table 2e finds 2 points worse."""

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        # Hidden layers of 1024 before the one that writes the masks: two or three in table 2e.
        hidden = [channels * MASK_RESOLUTION**2] + [1024] * (2 if config.mask_head == "mlp2" else 3)
        self.fc = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(hidden))
        self.masks = mask_channels(config)
        self.size = 2 * MASK_RESOLUTION
        self.logits = nn.Linear(1024, self.masks * self.size**2)
        nn.init.normal_(self.logits.weight, std=0.001)
        nn.init.zeros_(self.logits.bias)

    def forward(self, features: Tensor, channel: Tensor | None = None) -> Tensor:
        """RoI features R×C×14×14 to mask logits R×masks×28×28, or R×1×28×28 of one `channel` a RoI."""
        x = features.flatten(1)
        for layer in self.fc:
            x = F.relu(layer(x), inplace=True)
        logits = self.logits(x).float().unflatten(1, (self.masks, self.size, self.size))
        if channel is None:
            return logits
        return logits[torch.arange(len(logits), device=logits.device), channel][:, None]


class KeypointHead(nn.Module):
    """Eight 3×3 512-d convolutions, a deconvolution and 2× bilinear upsampling: 56×56 heatmaps (section 5)."""

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        width = config.keypoint_head_channels
        sizes = [channels] + [width] * config.keypoint_head_convs
        self.convs = nn.Sequential(*(_conv3x3(a, b, "none") for a, b in itertools.pairwise(sizes)))
        self.deconv = nn.ConvTranspose2d(sizes[-1], config.num_keypoints, 4, stride=2, padding=1)
        nn.init.kaiming_normal_(self.deconv.weight, mode="fan_out", nonlinearity="relu")
        assert self.deconv.bias is not None
        nn.init.zeros_(self.deconv.bias)

    def forward(self, features: Tensor) -> Tensor:
        """RoI features R×C×14×14 to heatmap logits R×J×56×56."""
        low = self.deconv(self.convs(features))
        return F.interpolate(low, scale_factor=2, mode="bilinear", align_corners=False).float()


def build_mask_head(config: ModelConfig, channels: int) -> FcnMaskHead | MlpMaskHead | None:
    """The mask head that the configuration names, or None for Faster R-CNN."""
    if config.mask_head is None:
        return None
    return FcnMaskHead(config, channels) if config.mask_head == "fcn" else MlpMaskHead(config, channels)
