"""A prompt model that was tuned is kept only where the images that were held out say that it is better."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from core.datasets.coco import CocoDataset
from core.datasets.synthetic_scenes import write_shapes
from core.model.weights.sidecar import read_json
from core.prompts.config import PromptConfig
from core.prompts.learning import tuning
from core.prompts.learning.tuning import PromptTuning, answered_ious, tune_prompts
from core.prompts.network import PromptNetwork
from core.prompts.objects import PromptObjects
from core.prompts.prompter import MaskPrompter
from core.prompts.weights import load_prompt_network, save_prompt_network


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes")
    write_shapes(folder, images=6, seed=0, height=96, width=96, max_objects=4)
    save_prompt_network(PromptNetwork(PromptConfig(size=64, channels=8, blocks=1)), folder / "weights")
    return folder


Ious = tuple[float, float]  # of the answers to boxes, and to a click after each


def tuned(data: Path, output: Path, monkeypatch: pytest.MonkeyPatch, before: Ious, after: Ious) -> PromptTuning:
    """A second of training, judged as the test says."""
    figures: Iterator[Ious] = iter((before, after))
    monkeypatch.setattr(tuning, "answered_ious", lambda *_: next(figures))
    file = data / "annotations.json"
    weights = str(data / "weights")
    result = tune_prompts(data / "images", file, file, output, weights=weights, seconds=1.0, device="cpu")
    assert result is not None
    return result


def test_better_weights_are_kept_and_can_be_loaded(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = tuned(data, tmp_path / "run", monkeypatch, (0.7, 0.8), (0.75, 0.81))
    assert (result.before, result.after, result.kept) == (pytest.approx(0.75), pytest.approx(0.78), True)
    before, after = load_prompt_network(data / "weights"), load_prompt_network(tmp_path / "run")
    assert any((one != other).any() for one, other in zip(before.parameters(), after.parameters(), strict=True))
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"prompts.safetensors", "prompts.json", "log.jsonl"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param((0.75, 0.8), (0.752, 0.801), id="by chance"),
        pytest.param((0.75, 0.8), (0.79, 0.79), id="boxes better, clicks worse"),
        pytest.param((0.75, 0.8), (0.74, 0.85), id="clicks better, boxes worse"),
    ],
)
def test_weights_that_are_no_better_are_not_kept(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: Ious, after: Ious
) -> None:
    assert not tuned(data, tmp_path / "run", monkeypatch, before, after).kept
    with pytest.raises(FileNotFoundError):
        load_prompt_network(tmp_path / "run")


def test_a_click_where_the_answer_to_a_box_is_wrong_is_judged_too(data: Path) -> None:
    objects = PromptObjects()
    objects.add(CocoDataset(str(data / "images"), str(data / "annotations.json")), 0)
    prompter = MaskPrompter()
    box_iou, click_iou = answered_ious(prompter, objects)
    assert 0.5 < box_iou < click_iou <= 1  # the model that ships mends by a click what it did not see
    assert answered_ious(prompter, objects) == (box_iou, click_iou)  # the same boxes and clicks each time


def test_few_objects_judge_nothing(data: Path, tmp_path: Path) -> None:
    write_shapes(tmp_path / "one", images=1, seed=3, height=96, width=96, max_objects=1)
    file = tmp_path / "one" / "annotations.json"
    assert tune_prompts(tmp_path / "one" / "images", file, file, tmp_path / "run") is None


def test_what_is_kept_is_a_mean_of_the_tuned_weights_and_those_before(data: Path, tmp_path: Path) -> None:
    before, other = load_prompt_network(data / "weights"), load_prompt_network(data / "weights")
    for parameter in other.parameters():
        parameter.data.add_(0.5)
    save_prompt_network(other, tmp_path, {"steps": 3})
    tuning.mix_with(before, tmp_path, 0.6)
    mean = load_prompt_network(tmp_path)
    for one, early in zip(mean.parameters(), before.parameters(), strict=True):
        torch.testing.assert_close(one, early + 0.3, atol=2e-3, rtol=2e-3)
    assert read_json(tmp_path / "prompts.json")["lineage"] == {"steps": 3, "tuned_share": 0.6}


def test_the_fewer_images_were_learned_from_the_less_of_it_is_kept(data: Path) -> None:
    objects = PromptObjects()
    objects.of_image = [[0, 1], [], [2], [3], [4]]
    assert tuning.tuned_share(objects) == pytest.approx(tuning.TUNED_SHARE / 2)  # four images with objects
    objects.of_image = [[0]]
    few = tuning.tuned_share(objects)
    objects.of_image = [[number] for number in range(100)]
    assert few < 0.25 * tuning.TUNED_SHARE < 0.9 * tuning.TUNED_SHARE < tuning.tuned_share(objects) < tuning.TUNED_SHARE
