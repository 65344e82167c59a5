"""Which ResNet a state dict belongs to, told by the shapes of its tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from core.model.backbones.resnet import RESNETS


def resnet_of(tensors: Mapping[str, Tensor], stages: Sequence[str]) -> str:
    """The name of the ResNet or ResNeXt whose four stages begin with these prefixes.

    The blocks inside are named as torchvision's: `{stage}0.conv1.weight`.

    Raises:
        ValueError: no known network has these blocks.
    """
    blocks = []
    for stage in stages:
        numbers = [int(key[len(stage) :].split(".")[0]) for key in tensors if key.startswith(stage)]
        blocks.append(1 + max(numbers, default=-1))
    bottleneck = f"{stages[0]}0.conv3.weight" in tensors
    middle = tensors.get(f"{stages[0]}0.conv2.weight")
    for name, (block, depths, groups, width) in RESNETS.items():
        wide = width * groups if bottleneck else 64
        same_width = middle is not None and tuple(middle.shape[:2]) == (wide, wide // groups)
        if (block.expansion > 1) == bottleneck and depths == blocks and same_width:
            return name
    raise ValueError(f"no known ResNet has stages of {blocks} blocks of this width")
