"""A prompt model that was tuned is kept only where the images that were held out say that it is better."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.datasets.synthetic_scenes import write_shapes
from core.prompts.config import PromptConfig
from core.prompts.learning import tuning
from core.prompts.learning.tuning import PromptTuning, tune_prompts
from core.prompts.network import PromptNetwork
from core.prompts.weights import load_prompt_network, save_prompt_network


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes")
    write_shapes(folder, images=6, seed=0, height=96, width=96, max_objects=4)
    save_prompt_network(PromptNetwork(PromptConfig(size=64, channels=8, blocks=1)), folder / "weights")
    return folder


def tuned(data: Path, output: Path, monkeypatch: pytest.MonkeyPatch, before: float, after: float) -> PromptTuning:
    """A second of training, judged as the test says."""
    figures: Iterator[float] = iter((before, after))
    monkeypatch.setattr(tuning, "box_iou", lambda *_: next(figures))
    file = data / "annotations.json"
    weights = str(data / "weights")
    result = tune_prompts(data / "images", file, file, output, weights=weights, seconds=1.0, device="cpu")
    assert result is not None
    return result


def test_better_weights_are_kept_and_can_be_loaded(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = tuned(data, tmp_path / "run", monkeypatch, 0.7, 0.75)
    assert (result.before, result.after, result.kept) == (0.7, 0.75, True)
    before, after = load_prompt_network(data / "weights"), load_prompt_network(tmp_path / "run")
    assert any((one != other).any() for one, other in zip(before.parameters(), after.parameters(), strict=True))
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"prompts.safetensors", "prompts.json", "log.jsonl"}


def test_weights_that_are_no_better_are_not_kept(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not tuned(data, tmp_path / "run", monkeypatch, 0.75, 0.751).kept
    with pytest.raises(FileNotFoundError):
        load_prompt_network(tmp_path / "run")


def test_few_objects_judge_nothing(data: Path, tmp_path: Path) -> None:
    write_shapes(tmp_path / "one", images=1, seed=3, height=96, width=96, max_objects=1)
    file = tmp_path / "one" / "annotations.json"
    assert tune_prompts(tmp_path / "one" / "images", file, file, tmp_path / "run") is None
