"""The mask branch: one m×m mask a class in every RoI (section 3, "Mask Representation"; tables 2b and 2e)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import roi_align

from core.config import ModelConfig
from core.model.ground_truth import ObjectsOfImage
from core.model.roi_heads.layers import convolutions, linear_layers
from core.model.roi_heads.sampling import SampledRois, nothing_to_learn

MASK_RESOLUTION = 14  # RoI bins of the mask and keypoint heads, with FPN


# -- which channel is whose -----------------------------------------------------------------------------


def mask_channels(config: ModelConfig) -> int:
    """Masks predicted a RoI: one a class, one in all, and background's where classes compete."""
    foreground = 1 if config.mask_class_agnostic else config.num_classes
    return foreground + _first_foreground(config)


def mask_channel(labels: Tensor, config: ModelConfig) -> Tensor:
    """The mask channel that holds the foreground of each label, int64 N."""
    first = _first_foreground(config)
    return torch.full_like(labels, first) if config.mask_class_agnostic else labels - 1 + first


def _first_foreground(config: ModelConfig) -> int:
    return 1 if config.mask_loss == "softmax" else 0


def _own_channel(masks: Tensor, channel: Tensor) -> Tensor:
    """Of N×C×M×M each RoI's own, N×M×M."""
    return masks[torch.arange(masks.shape[0], device=masks.device), channel]


# -- layers -------------------------------------------------------------------------------------------


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
            every: Tensor = self.logits(x)
            return every.float()
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
        self.convs = convolutions(sizes, config.head_norm)
        self.predictor = MaskPredictor(sizes[-1], width, mask_channels(config))

    def forward(self, features: Tensor, channel: Tensor | None = None) -> Tensor:
        """RoI features R×C×14×14 to mask logits R×masks×28×28, or R×1×28×28 of one `channel` a RoI."""
        logits: Tensor = self.predictor(self.convs(features), channel)
        return logits


class MlpMaskHead(nn.Module):
    """Fully connected masks, the alternative that table 2e finds 2 points worse."""

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        # Hidden layers of 1024 before the one that writes the masks: two or three in table 2e.
        hidden = [1024] * (2 if config.mask_head == "mlp2" else 3)
        self.fc = linear_layers([channels * MASK_RESOLUTION**2, *hidden])
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
        return logits if channel is None else _own_channel(logits, channel)[:, None]


def build_mask_head(config: ModelConfig, channels: int) -> FcnMaskHead | MlpMaskHead | None:
    """The mask head that the configuration names, or None for Faster R-CNN."""
    if config.mask_head is None:
        return None
    return FcnMaskHead(config, channels) if config.mask_head == "fcn" else MlpMaskHead(config, channels)


# -- training -----------------------------------------------------------------------------------------


def masks_known(sampled: SampledRois, objects: ObjectsOfImage) -> Tensor | None:
    """bool P: the positives whose object has a mask, since a box alone says nothing about a shape; None for all."""
    return None if objects.has_mask is None else objects.has_mask[sampled.objects]


def mask_losses(
    head: nn.Module,
    features: Tensor,
    teaching: Sequence[SampledRois],
    objects: Sequence[ObjectsOfImage],
    scales: Sequence[Tensor],
    config: ModelConfig,
) -> Tensor:
    """L_mask of the positive RoIs whose objects have masks; `features` are theirs, images in order."""
    if len(features) == 0:
        return nothing_to_learn(head)
    logits = head(features)
    size = logits.shape[-1]
    targets = torch.cat([mask_targets(*item, size) for item in zip(teaching, objects, scales, strict=True)])
    labels = torch.cat([item.labels[: item.positives] for item in teaching])
    return mask_loss(logits, labels, targets, config)


def mask_targets(sampled: SampledRois, objects: ObjectsOfImage, scale: Tensor, size: int) -> Tensor:
    """The part of each positive's mask that its RoI shows, float32 P×size×size in 0..1.

    Bitmaps over the whole image are read where they are; bitmaps over boxes never leave their
    boxes, so no N×H×W tensor is needed.
    """
    rois = sampled.rois[: sampled.positives] / scale
    if objects.box_masks is not None:
        owner = objects.original_boxes[sampled.objects]
        source = objects.box_masks[sampled.objects, None].float()
        side = source.shape[-1]
        extent = (owner[:, 2:] - owner[:, :2]).repeat(1, 2)
        rois = (rois - owner[:, :2].repeat(1, 2)) / extent * side
        index = torch.arange(len(rois), dtype=rois.dtype, device=rois.device)
    else:
        assert objects.masks is not None
        source = objects.masks[:, None].float()
        index = sampled.objects.to(rois.dtype)
    if len(rois) == 0:
        return rois.new_zeros((0, size, size))
    indexed = torch.cat([index[:, None], rois], dim=1)
    # Mask pixel (r, c) covers [c, c + 1) × [r, r + 1): its value belongs to its centre, which is what "aligned" says.
    seen: Tensor = roi_align(source, indexed, size, 1.0, -1, aligned=True)[:, 0]
    return seen


def mask_loss(logits: Tensor, labels: Tensor, targets: Tensor, config: ModelConfig) -> Tensor:
    """L_mask of the positive RoIs (section 3; table 2b compares the two kinds).

    "sigmoid": only the channel of the RoI's own class counts. "softmax": classes and background
    compete at every pixel.

    Args:
        logits: float32 P×C×M×M with the channels of `mask_channels`.
        labels: int64 P, 1..K.
        targets: float32 P×M×M in 0..1.
    """
    if logits.numel() == 0:
        return logits.sum()
    channel = mask_channel(labels, config)
    if config.mask_loss == "softmax":
        per_pixel = torch.where(targets >= 0.5, channel[:, None, None], torch.zeros_like(labels)[:, None, None])
        return F.cross_entropy(logits, per_pixel)
    return F.binary_cross_entropy_with_logits(_own_channel(logits, channel), targets)


# -- inference ----------------------------------------------------------------------------------------


def predict_masks(
    head: nn.Module, features: Tensor, labels: Tensor, probabilities: Tensor | None, config: ModelConfig
) -> Tensor:
    """The masks of RoIs, float32 R×M×M in 0..1: the labels', or the mean of the classes' by their probabilities."""
    if probabilities is not None:
        return mean_of_masks(head(features), probabilities, config)
    if config.mask_loss == "softmax":
        return mask_probabilities(head(features), labels, config)
    # Independent classes: the other K - 1 masks of each box need not be computed at all.
    chosen: Tensor = head(features, mask_channel(labels, config))[:, 0].sigmoid()
    return chosen


def mask_probabilities(logits: Tensor, labels: Tensor, config: ModelConfig) -> Tensor:
    """Each detection's mask from N×C×M×M logits, float32 N×M×M in 0..1."""
    channel = mask_channel(labels, config)
    if config.mask_loss == "softmax":
        return _own_channel(logits.softmax(dim=1), channel)
    return _own_channel(logits, channel).sigmoid()


def mean_of_masks(logits: Tensor, probabilities: Tensor, config: ModelConfig) -> Tensor:
    """The mean of all classes' masks, weighted by class probabilities R×K: R×C×M×M logits to float32 R×M×M."""
    masks = logits.softmax(dim=1)[:, 1:] if config.mask_loss == "softmax" else logits.sigmoid()
    if masks.shape[1] == 1:
        return masks[:, 0]
    weights = probabilities / probabilities.sum(dim=1, keepdim=True).clamp(min=1e-6)
    return torch.einsum("rkhw,rk->rhw", masks, weights)
