"""Non-local blocks: what they compute, and that trained networks keep what they know."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from core.model.backbones.non_local import NonLocalBlock
from tests.core.model.tiny_models import image, target, tiny_model, total


def test_a_block_is_the_embedded_gaussian() -> None:
    """Against the formula of section 3.2, position by position; a map of odd sides."""
    torch.manual_seed(0)
    block = NonLocalBlock(6, nn.BatchNorm2d).eval()
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.normal_()
        x = torch.randn((2, 6, 5, 3))
        found = block(x)
        for index in range(2):
            phi, g = (block.pool(layer(x[index : index + 1]))[0].flatten(1) for layer in (block.phi, block.g))
            assert phi.shape == (3, 3 * 2)  # half the channels, half of each side rounded up
            theta = block.theta(x[index : index + 1])[0]
            for row in range(5):
                for column in range(3):
                    weights = torch.stack([(theta[:, row, column] * phi[:, j]).sum() for j in range(6)]).softmax(0)
                    y = (g * weights).sum(dim=1)
                    z = block.norm(block.output(y[None, :, None, None]))[0, :, 0, 0] + x[index, :, row, column]
                    torch.testing.assert_close(found[index, :, row, column], z, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("norm", ["frozen", "batch", "group"])
def test_a_network_begins_as_it_was_and_then_learns(norm: str) -> None:
    published = resnet18(weights=None).state_dict()
    models = [tiny_model(backbone_norm=norm, non_local_blocks=count) for count in (0, 1)]
    plain, extended = models
    if norm != "group":
        for model in models:
            model.load_backbone_weights(published)
    own = extended.state_dict()
    own.update(plain.state_dict())
    extended.load_state_dict(own)
    for expected, found in zip(plain.eval().features(X), extended.eval().features(X), strict=True):
        assert torch.equal(expected, found)

    optimizer = torch.optim.SGD(extended.train().parameters(), lr=0.1)
    before = {name: value.clone() for name, value in extended.backbone.non_local.named_parameters()}
    for _ in range(2):  # behind a zero the first layers have no gradient until the last has moved
        optimizer.zero_grad()
        losses = extended([image()], [target()])
        assert isinstance(losses, dict)
        total(losses).backward()
        optimizer.step()
    moved = {
        name for name, value in extended.backbone.non_local.named_parameters() if not torch.equal(value, before[name])
    }
    assert {"0.theta.weight", "0.phi.weight", "0.g.weight", "0.output.weight"} <= moved


def test_more_blocks_than_res4_has_room_for_are_refused() -> None:
    with pytest.raises(ValueError, match="non_local_blocks=2: res4 of resnet18 has room for 1"):
        tiny_model(non_local_blocks=2)


def test_a_frozen_stage_freezes_its_blocks() -> None:
    model = tiny_model(non_local_blocks=1)
    model.freeze_stages(4)
    assert not any(parameter.requires_grad for parameter in model.backbone.non_local.parameters())


X = torch.rand((1, 3, 64, 96), generator=torch.Generator().manual_seed(2))
