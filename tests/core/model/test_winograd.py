"""Winograd's convolution against torch's own."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from core.config import ModelConfig
from core.model import winograd
from core.model.mask_rcnn import MaskRCNN
from core.model.winograd import (
    LearningConv2d,
    WinogradConv2d,
    exchange_convolutions,
    learning_convolutions,
)

any_size_in_any_portions = given(
    count=st.integers(1, 3),
    height=st.integers(1, 23),
    width=st.integers(1, 23),
    bias=st.booleans(),
    at_once=st.sampled_from([1, 40, 300, 1 << 16]),
    layout=st.sampled_from([torch.contiguous_format, torch.channels_last]),
)


def difference(convolution: nn.Conv2d, images: torch.Tensor) -> float:
    """The largest difference, as a part of the largest output."""
    with torch.no_grad():
        expected, found = convolution(images), WinogradConv2d(convolution)(images)
    assert found.shape == expected.shape
    return float((found - expected).abs().max() / expected.abs().max())


@settings(max_examples=40, deadline=None)
@any_size_in_any_portions
def test_any_size_in_portions_of_any_size(
    count: int, height: int, width: int, bias: bool, at_once: int, layout: torch.memory_format
) -> None:
    torch.manual_seed(0)
    images = torch.randn(count, 5, height, width).contiguous(memory_format=layout)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(winograd, "AT_ONCE", at_once)
        assert difference(nn.Conv2d(5, 7, 3, padding=1, bias=bias), images) < 1e-5


def test_as_exact_with_many_channels() -> None:
    torch.manual_seed(0)
    assert difference(nn.Conv2d(512, 256, 3, padding=1), torch.randn(1, 512, 30, 41).relu()) < 3e-5


def test_only_what_gains_is_exchanged() -> None:
    kept = [
        nn.Conv2d(128, 128, 1),
        nn.Conv2d(128, 128, 3),
        nn.Conv2d(128, 128, 3, padding=1, stride=2),
        nn.Conv2d(128, 128, 3, padding=2, dilation=2),
        nn.Conv2d(128, 128, 3, padding=1, groups=2),
        nn.Conv2d(128, 128, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(64, 128, 3, padding=1),
        nn.ConvTranspose2d(128, 128, 3, padding=1),
    ]
    model = nn.Sequential(*kept, nn.Conv2d(128, 256, 3, padding=1), nn.ModuleList([nn.Conv2d(256, 128, 3, padding=1)]))
    exchange_convolutions(model)
    assert list(model)[: len(kept)] == kept
    assert isinstance(model[-2], WinogradConv2d)
    assert isinstance(model[-1][0], WinogradConv2d)  # type: ignore[index]


def test_a_model_finds_the_same_with_exchanged_convolutions() -> None:
    torch.manual_seed(0)
    config = ModelConfig(backbone="resnet18", num_classes=3, num_keypoints=5, min_size=128, max_size=192)
    model = MaskRCNN(config).eval().requires_grad_(False)
    image = torch.rand(3, 120, 160)
    (expected,) = model([image])
    exchange_convolutions(model)
    assert any(isinstance(module, WinogradConv2d) for module in model.modules())
    (found,) = model([image])
    torch.testing.assert_close(found.boxes, expected.boxes, atol=0.01, rtol=1e-4)
    torch.testing.assert_close(found.scores, expected.scores, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(found.masks, expected.masks, atol=1e-3, rtol=1e-3)


def gradients(convolution: nn.Module, images: torch.Tensor) -> list[torch.Tensor]:
    """Outputs, and the gradients of images, kernels and bias for a loss that weighs each output differently."""
    images = images.clone().requires_grad_()
    outputs = convolution(images).sigmoid_()  # in place, as in the heads; smooth, as rounding decides a ReLU around 0
    weights = torch.randn(outputs.shape, generator=torch.Generator().manual_seed(1))
    parameters = [parameter for parameter in convolution.parameters() if parameter.requires_grad]
    return [outputs, *torch.autograd.grad((outputs * weights).sum(), [images, *parameters])]


@settings(max_examples=40, deadline=None)
@any_size_in_any_portions
def test_gradients_are_torchs_for_any_size_in_portions_of_any_size(
    count: int, height: int, width: int, bias: bool, at_once: int, layout: torch.memory_format
) -> None:
    torch.manual_seed(0)
    images = torch.randn(count, 5, height, width).contiguous(memory_format=layout)
    convolution = nn.Conv2d(5, 7, 3, padding=1, bias=bias)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(winograd, "AT_ONCE", at_once)
        patch.setattr(winograd, "MOST_EMPTY", 100)
        patch.setattr(winograd, "FEWEST_TILES", 1)
        found = gradients(LearningConv2d(convolution), images)
    for ours, theirs in zip(found, gradients(convolution, images), strict=True):
        assert (ours - theirs).abs().max() <= 2e-5 * theirs.abs().max()


def test_a_convolution_that_learns_keeps_its_parameters_and_asks_for_no_gradient_of_frozen_ones() -> None:
    convolution = nn.Conv2d(256, 256, 3, padding=1)
    convolution.weight.requires_grad_(False)
    model = nn.Sequential(convolution)
    names = list(model.state_dict())
    images = torch.randn(6, 256, 9, 13)
    with learning_convolutions(model):
        assert isinstance(model[0], LearningConv2d)
        assert model[0].weight is convolution.weight
        assert list(model.state_dict()) == names
        with torch.inference_mode():
            WinogradConv2d(convolution)(images)  # what inference has used first serves training too
        found = gradients(model, images)
    assert model[0] is convolution
    assert len(found) == 3  # outputs, and the gradients of images and bias
    for ours, theirs in zip(found, gradients(convolution, images), strict=True):
        assert (ours - theirs).abs().max() <= 1e-4 * theirs.abs().max()


@pytest.mark.parametrize(
    ("channels", "count", "size", "gains"),
    [(128, 4, 14, False), (128, 1, 32, True), (256, 4, 14, True), (256, 3, 14, False), (512, 4, 4, False)],
)
def test_many_tiles_gain_and_with_few_channels_only_where_the_map_fills_them(
    channels: int, count: int, size: int, gains: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = []
    convolved = winograd._convolved
    monkeypatch.setattr(winograd, "_convolved", lambda *inputs: used.append(1) or convolved(*inputs))
    layer = LearningConv2d(nn.Conv2d(channels, channels, 3, padding=1))
    images = torch.randn(count, channels, size, size)
    layer(images)
    assert bool(used) == gains
    used.clear()
    with torch.no_grad():
        layer(images)
    assert not used  # without gradients it is torch's own, which a graph can record
