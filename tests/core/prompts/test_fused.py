"""The network for answers computes what the network itself does."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from core.prompts.config import PromptConfig
from core.prompts.fused import FusedConvolution, for_answers
from core.prompts.network import PromptNetwork
from core.prompts.trunks import SHAPES
from core.prompts.weights import load_prompt_network

needs_onednn = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this torch has no oneDNN")


def crops_and_maps(number: int, size: int) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(size)
    crops = torch.randn(number, 3, size, size, generator=random)
    maps = torch.rand(number, 6, size, size, generator=random)
    return crops.contiguous(memory_format=torch.channels_last), maps.contiguous(memory_format=torch.channels_last)


@needs_onednn
@pytest.mark.parametrize(("number", "size"), [(1, 192), (3, 128), (16, 64)])
def test_the_shipped_network_answers_the_same_for_any_number_and_size_of_crops(number: int, size: int) -> None:
    network = load_prompt_network().to(memory_format=torch.channels_last)
    inputs = crops_and_maps(number, size)
    fused = for_answers(network)
    with torch.inference_mode():
        expected, found = network(*inputs), fused(*inputs)
        assert any(isinstance(module, FusedConvolution) for module in fused.modules())
        assert not any(isinstance(module, torch.nn.Conv2d) for module in fused.modules())
        assert torch.allclose(found[0], expected[0], atol=1e-4)
        assert torch.allclose(found[1], expected[1], atol=1e-4)
        assert torch.allclose(fused.embedding(*inputs), network.embedding(*inputs), atol=1e-5)


@pytest.mark.parametrize("trunk", SHAPES)
def test_every_trunk_can_be_fused(trunk: str) -> None:
    torch.manual_seed(0)
    network = PromptNetwork(PromptConfig(trunk=trunk, size=64, channels=16, blocks=1)).eval()
    inputs = crops_and_maps(2, 64)
    with torch.inference_mode():
        expected = network(*inputs)[0]
        assert torch.allclose(for_answers(network)(*inputs)[0], expected, rtol=1e-3, atol=1e-4 * expected.abs().max())


@needs_onednn
def test_the_network_itself_stays_as_it_was_and_what_it_learns_of_its_answers_holds_for_both() -> None:
    network = PromptNetwork(PromptConfig(size=64, channels=16, blocks=1)).eval()
    before = {name: values.clone() for name, values in network.state_dict().items()}
    fused = for_answers(network)
    assert all(torch.equal(values, before[name]) for name, values in network.state_dict().items())
    with torch.no_grad():
        network.quality[2].bias.fill_(7.0)
    assert fused.quality[2].bias.item() == 7.0


def test_without_onednn_the_network_answers_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    network = PromptNetwork(PromptConfig(size=64, channels=16, blocks=1)).eval()
    assert for_answers(network) is network
