"""Folded models give the same answers with fewer operations."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.ops import FrozenBatchNorm2d

from core.model.folding import folded, for_inference
from core.model.mask_rcnn import MaskRCNN
from tests.core.model.tiny_models import image, tiny_config, tiny_model

NORMS = (nn.BatchNorm2d, nn.SyncBatchNorm, FrozenBatchNorm2d)


def with_statistics(model: MaskRCNN) -> MaskRCNN:
    """The model with statistics and affine terms that are not the identity."""
    torch.manual_seed(1)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, NORMS):
                assert isinstance(module.running_mean, torch.Tensor)
                assert isinstance(module.running_var, torch.Tensor)
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
                module.weight.uniform_(0.5, 1.2)
                module.bias.normal_(0, 0.1)
    return model.eval()


@pytest.mark.parametrize(
    "changes",
    [
        {"backbone_norm": "frozen", "backbone_norm_eps": 0.0},
        {"backbone_norm": "sync", "fpn_norm": "batch", "head_norm": "batch", "box_head": "conv4fc1"},
        {"backbone_norm": "batch", "features": "c4"},
        {"backbone_norm": "batch", "non_local_blocks": 1},
        {"backbone_norm": "batch", "backbone": "mobilenet_v2"},
        {"backbone_norm": "batch", "backbone": "mobilenet_v3_large"},
        {"backbone_norm": "group"},
        {"backbone_norm": "batch", "rpn_backbone": "own"},
    ],
    ids=str,
)
def test_a_folded_model_sees_what_the_model_saw(changes: dict[str, object]) -> None:
    model = with_statistics(tiny_model(**changes))
    fast = folded(model)
    assert not any(isinstance(module, NORMS) for module in fast.modules())
    x = torch.rand((1, 3, 64, 96), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        for expected, found in zip(model.features(x), fast.features(x), strict=True):
            torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-3)
    expected, found = model([image()])[0], fast([image()])[0]
    assert torch.equal(expected.labels, found.labels)
    torch.testing.assert_close(found.scores, expected.scores, atol=1e-4, rtol=1e-3)


def test_the_model_itself_stays_as_it_is() -> None:
    model = with_statistics(tiny_model(backbone_norm="batch"))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    fast = folded(model.train())
    assert model.training
    assert not fast.training
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("eps", [0.0, 1e-5, 1e-3])
def test_frozen_statistics_use_the_configured_epsilon(eps: float) -> None:
    """torchvision's first COCO weights were trained with 0; another value shifts every feature."""
    norm = MaskRCNN(tiny_config(backbone_norm_eps=eps)).backbone.bn1
    norm.running_var.fill_(1e-4)
    x = torch.ones((1, 64, 1, 1))
    torch.testing.assert_close(norm(x), x / (1e-4 + eps) ** 0.5)


def test_in_bfloat16_what_says_a_score_or_moves_a_box_keeps_its_float32_weights() -> None:
    model = tiny_model()
    fast = for_inference(model, torch.device("cpu"), torch.bfloat16)
    weights = {name.replace(".layer.", "."): weight for name, weight in fast.named_parameters()}
    exact = {name for name, weight in weights.items() if weight.dtype == torch.float32}
    ends = ("rpn.head.objectness", "rpn.head.deltas", "box_predictor.scores", "box_predictor.deltas")
    assert exact == {name for name in weights if name.rsplit(".", 1)[0].endswith(ends)}
    assert len(exact) == 8
    for name in exact:
        assert torch.equal(weights[name], model.get_parameter(name))
