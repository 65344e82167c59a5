"""ResNets and ResNeXts: torchvision's, cut into the stages C2 to C5 (section 3, "Network architecture")."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from core.config import ModelConfig
from core.model.backbones.base import Backbone
from core.model.backbones.non_local import NonLocalBlock
from core.model.backbones.norms import norm_layer

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


class ResNetBackbone(Backbone):
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
        x: Tensor = self.layer3[:first](c3)
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
    stage: nn.Sequential = build_resnet(config, norm_layer(config.backbone_norm, config.backbone_norm_eps)).layer4
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
