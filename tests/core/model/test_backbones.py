"""Backbones: classification weights, frozen stages, and dilation that keeps what was learned."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torchvision.models import mobilenet_v3_large, resnet18

from core.model.backbones import build_backbone, load_classification_weights
from tests.core.model.tiny_models import image, target, tiny_config, tiny_model, total


@pytest.mark.parametrize("features", ["fpn", "c4", "c5", "dc5"])
def test_classification_weights_reach_every_stage(features: str) -> None:
    torch.manual_seed(5)
    published = resnet18(weights=None).eval()
    model = tiny_model(features=features).eval()
    model.load_backbone_weights(published.state_dict())
    x = torch.rand((1, 3, 64, 96), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        stem = published.maxpool(published.relu(published.bn1(published.conv1(x))))
        c4 = published.layer3(published.layer2(published.layer1(stem)))
        maps = model.backbone(x)
        torch.testing.assert_close(maps[2], c4, atol=1e-4, rtol=1e-4)
        last = model.roi_heads.res5(c4) if model.roi_heads.res5 is not None else maps[3]
        if features == "dc5":
            last = last[..., ::2, ::2]
        torch.testing.assert_close(last, published.layer4(c4), atol=1e-4, rtol=1e-4)


def test_weights_of_another_network_name_the_tensor() -> None:
    model = tiny_model()
    with pytest.raises(ValueError, match=r"backbone weights lack 'conv1\.weight'"):
        model.load_backbone_weights(mobilenet_v3_large(weights=None).state_dict())
    narrow = {
        name: tensor[:8] if tensor.dim() else tensor for name, tensor in resnet18(weights=None).state_dict().items()
    }
    with pytest.raises(ValueError, match=r"'conv1\.weight' is \(8, 3, 7, 7\), the network needs \(64, 3, 7, 7\)"):
        load_classification_weights(model.backbone, narrow)


def test_imagenet_features_of_a_real_file_load(shared_data: Path) -> None:
    state = torch.load(shared_data / "backbone_weights" / "mobilenet_v2_imagenet_fp16.pth", weights_only=True)
    backbone = build_backbone(tiny_config(backbone="mobilenet_v2"))
    load_classification_weights(backbone, state)
    first = dict(backbone.named_parameters())["features.0.0.weight"]
    torch.testing.assert_close(first.detach(), state["features.0.0.weight"].float())


@pytest.mark.parametrize("stride_in_1x1", [False, True])
@pytest.mark.parametrize("backbone", ["resnet18", "resnet50"])
def test_the_dilated_stage_sees_at_every_second_position_what_the_strided_one_saw(
    backbone: str, stride_in_1x1: bool
) -> None:
    changes = {"backbone": backbone, "stride_in_1x1": stride_in_1x1}
    strided, dilated = tiny_model(features="c5", **changes).eval(), tiny_model(features="dc5", **changes).eval()
    dilated.backbone.load_state_dict(strided.backbone.state_dict())
    x = torch.rand((1, 3, 128, 192), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        coarse, fine = strided.features(x)[0], dilated.features(x)[0]
    assert (coarse.shape[-2:], fine.shape[-2:]) == ((4, 6), (8, 12))
    torch.testing.assert_close(fine[..., ::2, ::2], coarse, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenet_v2"])
def test_frozen_stages_learn_neither_weights_nor_statistics(backbone: str) -> None:
    model = tiny_model(backbone=backbone, backbone_norm="batch").train()
    model.freeze_stages(2)
    frozen = [module for stage in model.backbone.stages()[:2] for module in stage]
    before = [tensor.clone() for module in frozen for tensor in module.state_dict().values()]
    total(model([image()], [target()])).backward()  # type: ignore[arg-type]
    torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1).step()
    after = [tensor for module in frozen for tensor in module.state_dict().values()]
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert all(parameter.grad is None for module in frozen for parameter in module.parameters())
    model.eval()
    assert not model.train().backbone.stages()[0][-1].training
