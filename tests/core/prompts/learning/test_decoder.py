"""A decoder behind another trunk: it answers as it did, as far as the trunk can say the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.prompts.config import PromptConfig
from core.prompts.learning.decoder import take_decoder
from core.prompts.learning.samples import SampleMaker
from core.prompts.network import PromptNetwork, as_input, prompt_maps_of
from core.prompts.objects import read_objects
from tests.core.toy_data import write_toy_data

CONFIG = PromptConfig(size=64, channels=16)


@pytest.fixture
def maker(tmp_path: Path) -> SampleMaker:
    write_toy_data(tmp_path, 4)
    return SampleMaker(read_objects([tmp_path / "images"], [tmp_path / "annotations.json"]), 64, seed=0)


def test_behind_a_trunk_that_says_the_same_it_answers_the_same(maker: SampleMaker) -> None:
    network, other = PromptNetwork(CONFIG), PromptNetwork(CONFIG)
    network.trunk.load_state_dict(other.trunk.state_dict())
    take_decoder(network, other, maker, batches=4)
    samples = [maker.draw() for _ in range(8)]
    crops = as_input([sample.image for sample in samples], CONFIG)
    prompts = prompt_maps_of([sample.maps() for sample in samples])
    with torch.no_grad():
        ours, theirs = network(crops, prompts)[0], other(crops, prompts)[0]
    assert float((ours - theirs).abs().mean()) < 0.1 * float(theirs.std())


def test_behind_another_trunk_the_decoder_is_the_others(maker: SampleMaker) -> None:
    network, other = PromptNetwork(replace(CONFIG, trunk="efficientnet_lite2")), PromptNetwork(CONFIG)
    take_decoder(network, other, maker, batches=1)
    torch.testing.assert_close(network.stages.state_dict(), other.stages.state_dict())
    assert not network.state_dict()["prompt_stem.2.weight"].any()


def test_a_decoder_of_another_size_is_refused(maker: SampleMaker) -> None:
    with pytest.raises(ValueError, match="16 channels and 2 blocks a stride, the network's 64 and 2"):
        take_decoder(PromptNetwork(replace(CONFIG, channels=64)), PromptNetwork(CONFIG), maker)
