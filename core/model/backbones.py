"""Backbones: torchvision's classification networks, cut into the stages that detection needs.

A backbone turns a batch of images into the maps C2, C3, C4, C5 at strides 4, 8, 16, 32 (section 3,
"Network architecture"). The networks themselves are torchvision's; what is ours is where they are
cut and which normalisation they carry.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor, nn
from torchvision.models.mobilenetv2 import mobilenet_v2
from torchvision.models.mobilenetv3 import mobilenet_v3_large
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
from torchvision.ops import FrozenBatchNorm2d

from core.config import ModelConfig
from core.model.non_local import NonLocalBlock

# block, blocks a stage, groups of the 3×3 convolution, width of a group
RESNETS: dict[str, tuple[type[BasicBlock | Bottleneck], list[int], int, int]] = {
    "resnet18": (BasicBlock, [2, 2, 2, 2], 1, 64),
    "resnet34": (BasicBlock, [3, 4, 6, 3], 1, 64),
    "resnet50": (Bottleneck, [3, 4, 6, 3], 1, 64),
    "resnet101": (Bottleneck, [3, 4, 23, 3], 1, 64),
    "resnet152": (Bottleneck, [3, 8, 36, 3], 1, 64),
    "resnext50_32x4d": (Bottleneck, [3, 4, 6, 3], 32, 4),
    "resnext101_32x8d": (Bottleneck, [3, 4, 23, 3], 32, 8),
    "resnext101_64x4d": (Bottleneck, [3, 4, 23, 3], 64, 4),
    "resnext152_32x8d": (Bottleneck, [3, 8, 36, 3], 32, 8),
}

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


def norm_layer(kind: str, eps: float) -> Callable[[int], nn.Module]:
    """The constructor of a normalisation layer: "frozen", "batch", "sync" or "group"."""
    if kind == "frozen":
        return partial(FrozenBatchNorm2d, eps=eps)
    if kind == "batch":
        return partial(nn.BatchNorm2d, eps=eps)
    if kind == "sync":
        return partial(nn.SyncBatchNorm, eps=eps)
    return partial(_group_norm, eps=eps)


def _group_norm(channels: int, eps: float) -> nn.GroupNorm:
    # 32 groups as in the GroupNorm paper, where the (mobile) network's width allows it.
    groups = next(groups for groups in (32, 16, 8, 4, 2, 1) if channels % groups == 0)
    return nn.GroupNorm(groups, channels, eps=eps)


class ResNetBackbone(nn.Module):
    """C2 to C5 of a ResNet or ResNeXt; with features="c4" the last stage is left to the heads."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        norm = norm_layer(config.backbone_norm, config.backbone_norm_eps)
        network = build_resnet(config, norm)
        self.conv1, self.bn1, self.relu, self.maxpool = network.conv1, network.bn1, network.relu, network.maxpool
        self.layer1, self.layer2, self.layer3 = network.layer1, network.layer2, network.layer3
        self.layer4 = None if config.features == "c4" else network.layer4
        expansion = RESNETS[config.backbone][0].expansion
        self.channels = [64 * expansion, 128 * expansion, 256 * expansion, 512 * expansion]
        if config.features == "c4":
            self.channels.pop()
        # Not before the first, which C3 goes into.
        if config.non_local_blocks >= len(self.layer3):
            raise ValueError(
                f"ModelConfig.non_local_blocks={config.non_local_blocks}: "
                f"res4 of {config.backbone} has room for {len(self.layer3) - 1}"
            )
        # Frozen statistics have no scale that could leave zero.
        after = None if config.backbone_norm == "frozen" else norm
        # Beside layer3 and not in it, so that its blocks keep the names that weights files have for them.
        self.non_local = nn.ModuleList(NonLocalBlock(self.channels[2], after) for _ in range(config.non_local_blocks))

    def forward(self, images: Tensor) -> list[Tensor]:
        """float32 B×3×H×W to the maps [C2, C3, C4, C5], or [C2, C3, C4] without the last stage."""
        stem = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        c2 = self.layer1(stem)
        c3 = self.layer2(c2)
        maps = [c2, c3, self._res4(c3)]
        if self.layer4 is not None:
            maps.append(self.layer4(maps[-1]))
        return maps

    def _res4(self, c3: Tensor) -> Tensor:
        """C4; a non-local block before each of the last residual blocks."""
        first = len(self.layer3) - len(self.non_local)
        x = self.layer3[:first](c3)
        for non_local, block in zip(self.non_local, self.layer3[first:], strict=True):
            x = block(non_local(x))
        return x

    def stages(self) -> list[list[nn.Module]]:
        """The modules of each stage in order, the stem first, for freezing."""
        later = [
            [self.layer1],
            [self.layer2],
            [self.layer3, self.non_local],
            [self.layer4] if self.layer4 is not None else [],
        ]
        return [[self.conv1, self.bn1], *later]


class MobileNetBackbone(nn.Module):
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


def build_backbone(config: ModelConfig) -> ResNetBackbone | MobileNetBackbone:
    """The backbone that the configuration names, with random weights."""
    return MobileNetBackbone(config) if config.backbone in MOBILENET_STAGES else ResNetBackbone(config)


def build_resnet(config: ModelConfig, norm: Callable[[int], nn.Module]) -> ResNet:
    """torchvision's ResNet of the configured depth, stride and dilation."""
    block, blocks, groups, width = RESNETS[config.backbone]
    dilate = config.features == "dc5" and block is Bottleneck
    network = ResNet(
        block,
        blocks,
        groups=groups,
        width_per_group=width,
        norm_layer=norm,
        replace_stride_with_dilation=[False, False, dilate],
    )
    if config.features == "dc5" and block is BasicBlock:
        _dilate_basic_stage(network.layer4)
    if dilate and config.stride_in_1x1:
        # Its first 3×3 saw a map that the 1×1 had halved already.
        first = network.layer4[0].conv2
        assert isinstance(first, nn.Conv2d)
        first.dilation, first.padding = (2, 2), (2, 2)
    if config.stride_in_1x1:
        for module in network.modules():
            if isinstance(module, Bottleneck):
                # MSRA's original ResNets reduce resolution in the first 1×1, torchvision in the 3×3.
                module.conv1.stride, module.conv2.stride = module.conv2.stride, module.conv1.stride
    return network


def build_c4_head(config: ModelConfig) -> nn.Sequential:
    """Res5 as the head on RoIs of C4 (figure 4, left): R×C×14×14, or ×7×7 with `c4_res5="stride1"`, to R×2C×7×7."""
    stage = build_resnet(config, norm_layer(config.backbone_norm, config.backbone_norm_eps)).layer4
    if config.c4_res5 == "stride1":
        for module in stage.modules():
            if isinstance(module, nn.Conv2d):
                module.stride = (1, 1)
    return stage


def _dilate_basic_stage(stage: nn.Sequential) -> None:
    """Trade stride 2 for dilation 2 in a stage of BasicBlocks, which torchvision offers for Bottlenecks only.

    Every convolution sees the pixels that it saw before: the one that had the stride stays undilated.
    """
    for module in stage.modules():
        if isinstance(module, nn.Conv2d):
            if module.stride == (1, 1) and module.kernel_size == (3, 3):
                module.dilation, module.padding = (2, 2), (2, 2)
            module.stride = (1, 1)


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
