"""What a prompt network expects of its answers is learned from these answers, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core import MaskPrompter
from core.prompts.config import TrainPromptsConfig
from core.prompts.learning.quality import judged_answers, learn_quality
from core.prompts.learning.samples import SampleMaker
from core.prompts.learning.training import train_prompts
from core.prompts.objects import read_objects
from tests.core.toy_data import write_toy_data


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> TrainPromptsConfig:
    """A short run, whose network tells a disc from its surroundings."""
    folder = tmp_path_factory.mktemp("quality")
    write_toy_data(folder, 8)
    config = TrainPromptsConfig(
        (str(folder / "images"),), (str(folder / "annotations.json"),), str(folder / "run"), size=64, channels=16,
        batch_size=8, steps=25, warmup_steps=5, average=0.9, learning_rate=3e-3, trunk_factor=1.0,
    )  # fmt: skip
    train_prompts(config)
    return config


def maker_of(config: TrainPromptsConfig, seed: int) -> SampleMaker:
    return SampleMaker(read_objects(config.images, config.annotations), config.size, seed)


def test_every_answer_comes_with_what_was_seen_of_it_and_how_right_it_was(run: TrainPromptsConfig) -> None:
    answers = judged_answers(MaskPrompter(run.output), maker_of(run, 1), objects=6)
    assert 2 * 6 <= len(answers.ious) <= 4 * 6  # up to three candidates for a click, one answer to a box
    assert answers.seen.shape == (len(answers.ious), 2 * 16 + 32)
    assert ((answers.ious >= 0) & (answers.ious <= 1)).all()
    assert answers.ious.std() > 0.05


def test_it_expects_what_is_right_and_answers_as_before(run: TrainPromptsConfig) -> None:
    before = MaskPrompter(run.output)
    after = learn_quality(Path(run.output), maker_of(run, 2), objects=40)
    unseen = judged_answers(before, maker_of(run, 3), objects=20)
    errors = [
        float((prompter.network.quality(unseen.seen)[:, 0].sigmoid() - unseen.ious).abs().mean().detach())
        for prompter in (before, after)
    ]
    assert errors[1] < 0.8 * errors[0], errors
    theirs = after.network.state_dict()
    changed = {name for name, values in before.network.state_dict().items() if not torch.equal(values, theirs[name])}
    assert changed == {name for name in theirs if name.startswith("quality.")}


def test_a_run_ends_with_it_where_that_is_asked_for(run: TrainPromptsConfig, tmp_path: Path) -> None:
    config = TrainPromptsConfig(
        run.images, run.annotations, str(tmp_path / "run"), weights=run.output, size=64, steps=1, quality_objects=3
    )
    train_prompts(config)
    bare = TrainPromptsConfig(**{**vars(config), "output": str(tmp_path / "bare"), "quality_objects": 0})
    train_prompts(bare)
    learned, left = (MaskPrompter(one.output).network.quality[0].weight for one in (config, bare))
    assert not torch.equal(learned, left)
