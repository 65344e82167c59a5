"""Training a prompt model: it learns, stops and goes on, and says in one line what it cannot use."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core import MaskPrompter
from core.__main__ import main
from core.masks import decode_rle
from core.prompts.clicks import next_click
from core.prompts.config import PromptConfig, TrainPromptsConfig
from core.prompts.learning.samples import SampleMaker, damaged
from core.prompts.learning.training import crop_size, train_prompts
from core.prompts.network import PromptNetwork, probabilities
from core.prompts.objects import read_objects
from tests.core.toy_data import write_toy_data


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy")
    write_toy_data(folder, 12)
    return folder


def config_of(toy: Path, output: Path, **fields: object) -> TrainPromptsConfig:
    small = {"size": 64, "channels": 16, "batch_size": 8, "warmup_steps": 5, "average": 0.9}
    base = TrainPromptsConfig((str(toy / "images"),), (str(toy / "annotations.json"),), str(output), **small)  # type: ignore[arg-type]
    return replace(base, **fields)  # type: ignore[arg-type]


def test_discs_and_squares_are_learned(toy: Path, tmp_path: Path) -> None:
    result = train_prompts(config_of(toy, tmp_path / "run", steps=60, learning_rate=3e-3, trunk_factor=1.0))
    assert result.steps == 60
    losses = [json.loads(line)["loss"] for line in (result.directory / "log.jsonl").read_text().splitlines()]
    assert losses[-1] < losses[0]
    prompter = MaskPrompter(result.directory)
    data = json.loads((toy / "annotations.json").read_text())
    ious = []
    for annotation in data["annotations"][:8]:
        truth = decode_rle(annotation["segmentation"])
        x, y, width, height = annotation["bbox"]
        file = toy / "images" / data["images"][annotation["image_id"]]["file_name"]
        answer = prompter(file, box=(x, y, x + width, y + height))
        ious.append((truth & answer).sum() / (truth | answer).sum())
    assert np.mean(ious) > 0.6  # untrained 0.2


def test_a_whole_model_takes_no_trunk_and_no_decoder(toy: Path, tmp_path: Path) -> None:
    for fields in ({"trunk": "efficientnet_lite2"}, {"decoder_weights": "x"}, {"trunk_weights": "x"}):
        with pytest.raises(ValueError, match="--weights is a whole model to go on from"):
            train_prompts(config_of(toy, tmp_path / "run", weights="x", **fields))


def test_a_run_that_is_resumed_goes_on(toy: Path, tmp_path: Path) -> None:
    config = config_of(toy, tmp_path / "run", steps=3)
    train_prompts(config)
    with pytest.raises(ValueError, match="holds a run already"):
        train_prompts(config)
    result = train_prompts(replace(config, steps=5, resume=True))
    steps = [json.loads(line)["step"] for line in (result.directory / "log.jsonl").read_text().splitlines()]
    assert steps == [3, 5]


def test_a_run_of_another_network_is_not_resumed(toy: Path, tmp_path: Path) -> None:
    config = config_of(toy, tmp_path / "run", steps=1, batch_size=2)
    train_prompts(config)
    for fields, message in (
        ({"channels": 32}, "--channels 16, not 32"),
        ({"trunk": "efficientnet_lite2"}, "--trunk mobilenet_v2, not efficientnet_lite2"),
    ):
        with pytest.raises(ValueError, match=f"{message}: resume it with its own"):
            train_prompts(replace(config, steps=2, resume=True, **fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("content", ["no pickle", "a tensor", "a list"])
def test_trunk_weights_that_are_no_state_dict_are_named(toy: Path, tmp_path: Path, content: str) -> None:
    file = tmp_path / "trunk.pth"
    if content == "no pickle":
        file.write_bytes(b"garbage")
    else:
        torch.save(torch.zeros(3) if content == "a tensor" else [1], file)
    with pytest.raises(ValueError, match=r"--trunk-weights .*trunk\.pth: not a state dict") as error:
        train_prompts(config_of(toy, tmp_path / "run", trunk_weights=str(file)))
    assert "\n" not in str(error.value)


def test_the_seconds_of_a_run_go_on_where_it_is_resumed(toy: Path, tmp_path: Path) -> None:
    config = config_of(toy, tmp_path / "run", steps=3)
    train_prompts(config)
    assert train_prompts(replace(config, steps=50, seconds=0.01, resume=True)).steps == 3  # they are spent
    assert train_prompts(replace(config, steps=4, seconds=3600.0, resume=True)).steps == 4


def test_crops_grow_over_the_first_half_of_a_run(toy: Path, tmp_path: Path) -> None:
    config = config_of(toy, tmp_path / "run", size=128, first_size=64)
    sizes = [crop_size(config, progress) for progress in (0, 0.24, 0.25, 0.49, 0.5, 1.0)]
    assert sizes == [64, 64, 96, 96, 128, 128]
    assert {crop_size(replace(config, first_size=0), progress) for progress in (0, 0.5, 1)} == {128}
    train_prompts(replace(config, steps=2, batch_size=2))
    assert MaskPrompter(tmp_path / "run").size == 128


def test_steps_learn_from_their_own_answer_as_the_mask_that_is_there(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.prompts.learning.training.AGAIN", 1.0)
    given, answers = [], []
    forward = PromptNetwork.forward

    def noted(self: PromptNetwork, crops: torch.Tensor, prompts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = forward(self, crops, prompts)
        given.append(prompts)
        answers.append((probabilities(found[0].detach(), 64) >= 0.5).float())
        return found

    monkeypatch.setattr(PromptNetwork, "forward", noted)
    train_prompts(config_of(toy, tmp_path / "run", steps=1, most_clicks=0))
    assert len(given) == 2
    torch.testing.assert_close(given[1][:, 1], answers[0])
    assert (given[1][:, 2] == 1).all()  # there is a mask, whatever the sample began from


def test_bfloat16_teaches_the_same(toy: Path, tmp_path: Path) -> None:
    losses, weights = [], []
    for mixed_precision in (False, True):
        config = config_of(toy, tmp_path / f"{mixed_precision}", steps=4, mixed_precision=mixed_precision)
        result = train_prompts(config)
        losses.append(json.loads((result.directory / "log.jsonl").read_text())["loss"])
        weights.append(MaskPrompter(result.directory).network.state_dict())
    assert losses[1] == pytest.approx(losses[0], rel=0.02)
    assert all(value.dtype == torch.float32 for value in weights[1].values())
    assert any(not torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_the_command_trains(toy: Path, tmp_path: Path) -> None:
    arguments = ["train-prompts", "--images", str(toy / "images"), "--annotations", str(toy / "annotations.json")]
    arguments += ["--output", str(tmp_path / "run"), "--steps", "2", "--size", "64", "--batch-size", "4"]
    assert main(arguments) == 0
    assert MaskPrompter(tmp_path / "run").size == 64


def test_what_cannot_be_used_is_one_line(toy: Path, tmp_path: Path) -> None:
    config = config_of(toy, tmp_path / "run")
    with pytest.raises(ValueError, match="multiple of 32"):
        train_prompts(replace(config, size=100))
    for first_size in (48, 128):
        with pytest.raises(ValueError, match=f"--first-size {first_size}: a multiple of 32 up to --size 64 is needed"):
            train_prompts(replace(config, first_size=first_size))
    with pytest.raises(ValueError, match="2 folders of --images for 1 files of --annotations"):
        train_prompts(replace(config, images=(*config.images, "more")))
    with pytest.raises(ValueError, match="1 data sets: give one each"):
        train_prompts(replace(config, held_out_every=(5, 5)))
    with pytest.raises(ValueError, match="a positive number for each of the 1 data sets"):
        train_prompts(replace(config, shares=(1.0, 2.0)))
    with pytest.raises(ValueError, match="'colour' is no setting"):
        PromptConfig.from_dict({"colour": 3})


def test_images_that_are_held_out_are_never_read(toy: Path) -> None:
    images, files = [str(toy / "images")], [str(toy / "annotations.json")]
    taken = {Path(file).name for file in read_objects(images, files, [4]).files}
    assert {"toy000.png", "toy004.png", "toy008.png"}.isdisjoint(taken)
    assert len(taken) == 9


def test_samples_repeat_with_their_seed_and_differ_within(toy: Path) -> None:
    objects = read_objects([str(toy / "images")], [str(toy / "annotations.json")])
    first = [SampleMaker(objects, 64, seed=1).draw() for _ in range(1)]
    again = [SampleMaker(objects, 64, seed=1).draw() for _ in range(1)]
    np.testing.assert_array_equal(first[0].image, again[0].image)
    maker = SampleMaker(objects, 64, seed=1)
    samples = [maker.draw() for _ in range(60)]
    assert any(sample.box is not None and not sample.clicks for sample in samples)
    assert any(sample.box is None and sample.mask is None and sample.clicks for sample in samples)
    assert any(sample.mask is not None for sample in samples)
    assert all(sample.truth.shape == (64, 64) and sample.maps().shape == (6, 64, 64) for sample in samples)


def test_the_next_click_lies_in_the_largest_error_on_its_side() -> None:
    truth = np.zeros((80, 80), dtype=np.uint8)
    truth[10:50, 10:50] = 1
    answer = truth.copy()
    answer[20:40, 20:40] = 0  # missing
    answer[60:66, 60:66] = 1  # too much, but smaller
    random = np.random.default_rng(0)
    x, y, include = next_click(truth, answer, random)  # type: ignore[misc]
    assert include
    assert 20 <= x < 40
    assert 20 <= y < 40
    answer[20:40, 20:40] = 1
    x, y, include = next_click(truth, answer, random)  # type: ignore[misc]
    assert not include
    assert 60 <= x < 66
    assert next_click(truth, truth, random) is None


def test_damage_leaves_most_of_a_mask() -> None:
    truth = np.zeros((96, 96), dtype=np.float32)
    truth[20:70, 20:70] = 1
    random = np.random.default_rng(0)
    ious = []
    for _ in range(40):
        mask = damaged(truth, random)
        assert set(np.unique(mask)) <= {0.0, 1.0}
        ious.append((mask * truth).sum() / np.maximum(mask, truth).sum())
    assert 0.4 < np.mean(ious) < 0.95


def test_a_data_set_with_a_share_is_drawn_oftener(toy: Path) -> None:
    images, files = [str(toy / "images")] * 2, [str(toy / "annotations.json")] * 2
    objects = read_objects(images, files)
    equal = SampleMaker(objects, 64, seed=0).weights
    first = SampleMaker(objects, 64, seed=0, shares=(3.0, 1.0)).weights
    half = len(objects.objects) // 2 - 1
    assert equal[half] == pytest.approx(0.5)
    assert first[half] == pytest.approx(0.75)
