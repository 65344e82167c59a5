"""Recipes: the numbers of the papers, what overrides them, and what another batch makes of them."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import ModelConfig, TrainConfig
from core.__main__ import main
from core.commands.arguments import Train, parse
from core.recipes import batch_note, read_recipe, recipe_config, recipe_names
from core.training.learning.schedules import division_steps, learning_rate_factor

DATA = {"images": "images", "annotations": "a.json", "output": "run"}
DATA_OPTIONS = ["--images", "images", "--annotations", "a.json", "--output", "run"]

# name: steps, images a step, learning rate, steps where it is divided by 10, shorter edges in training
PUBLISHED: dict[str, tuple[int, int, float, list[int], tuple[int, int] | None]] = {
    "coco-1x": (160_000, 16, 0.02, [120_000], None),
    "coco-c4": (160_000, 16, 0.02, [120_000], None),
    "coco-resnext101": (160_000, 8, 0.01, [120_000], None),
    "coco-updated-baseline": (180_000, 16, 0.02, [120_000, 160_000], None),
    "coco-end-to-end": (180_000, 16, 0.02, [120_000, 160_000], None),
    "coco-train-time-augmentation": (260_000, 16, 0.02, [200_000, 240_000], (640, 800)),
    "coco-resnext152": (260_000, 8, 0.01, [200_000, 240_000], (640, 800)),
    "coco-non-local": (260_000, 8, 0.01, [200_000, 240_000], (640, 800)),
    "coco-3x": (270_000, 16, 0.02, [210_000, 250_000], (640, 800)),
    "coco-keypoints": (90_000, 16, 0.02, [60_000, 80_000], (640, 800)),
    "coco-keypoints-and-masks": (90_000, 16, 0.02, [60_000, 80_000], (640, 800)),
    "coco-keypoints-updated-baseline": (130_000, 16, 0.02, [100_000, 120_000], (640, 800)),
    "cityscapes": (24_000, 8, 0.01, [18_000], (800, 1024)),
    "cityscapes-from-coco": (4_000, 8, 0.01, [3_000], (800, 1024)),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_recipe_has_the_published_numbers(name: str) -> None:
    steps, images, learning_rate, divided, sizes = PUBLISHED[name]
    config = recipe_config(name, **DATA)
    assert (config.steps, config.batch_size, config.learning_rate) == (steps, images, learning_rate)
    assert (config.optimizer, config.momentum, config.weight_decay, config.schedule) == ("sgd", 0.9, 1e-4, "step")
    assert (min(config.min_sizes), max(config.min_sizes)) == sizes if sizes else config.min_sizes == ()
    assert batch_note(name, config) is None

    # What the loop makes of it, at the steps around every change.
    assert division_steps(steps, config) == divided
    for count, step in enumerate(divided):
        assert learning_rate_factor(step - 1, steps, config) == pytest.approx(0.1**count)
        assert learning_rate_factor(step, steps, config) == pytest.approx(0.1 ** (count + 1))
    warmup = min(config.warmup_steps, steps // 10)
    assert learning_rate_factor(warmup, steps, config) == 1.0
    assert learning_rate_factor(0, steps, config) == pytest.approx(1 / (warmup + 1))
    assert learning_rate_factor(warmup - 1, steps, config) == pytest.approx(warmup / (warmup + 1))


def test_every_recipe_makes_a_configuration() -> None:
    assert {*PUBLISHED, *recipe_names()} == set(recipe_names())
    for name in recipe_names():
        recipe = read_recipe(name)
        assert recipe.description
        assert recipe.source
        config = recipe_config(name, **DATA)
        values = json.loads(config.model_config) if config.model_config else {}
        assert ModelConfig.from_dict(values).min_size == recipe.model["min_size"]
    assert read_recipe("coco-keypoints").model["mask_head"] is None


def model_of(name: str) -> ModelConfig:
    return ModelConfig.from_dict(json.loads(recipe_config(name, **DATA).model_config or ""))


def test_each_row_of_the_paper_is_itself_and_nothing_of_another_row() -> None:
    first = ("coco-1x", "coco-c4", "coco-resnext101", "cityscapes", "cityscapes-from-coco")
    assert [model_of(name).nms_threshold for name in first] == [0.3] * 5
    c4 = model_of("coco-c4")
    assert (c4.features, c4.c4_res5, c4.rois_per_image, c4.proposals_test) == ("c4", "stride1", 64, 300)
    assert model_of("coco-resnext101").backbone == "resnext101_64x4d"
    # Appendix B, each row one thing more than the one before.
    rows = ["coco-updated-baseline", "coco-end-to-end", "coco-train-time-augmentation", "coco-resnext152"]
    assert [model_of(name).nms_threshold for name in rows] == [0.5] * 4
    assert [recipe_config(name, **DATA).training for name in rows] == ["rpn_separate", "joint", "joint", "joint"]
    assert model_of("coco-updated-baseline") == model_of("coco-end-to-end") == model_of("coco-train-time-augmentation")
    assert recipe_config(rows[2], **DATA).min_sizes == recipe_config(rows[3], **DATA).min_sizes
    assert replace(model_of("coco-non-local"), non_local_blocks=0) == model_of("coco-resnext152")
    both = model_of("coco-keypoints-and-masks")
    assert replace(both, mask_head=None) == model_of("coco-keypoints")
    assert recipe_config("coco-keypoints-and-masks", **DATA).select_by == "keypoints"


def test_every_command_of_the_readmes_table_makes_a_configuration(project_root: Path) -> None:
    table = (project_root / "core" / "README.md").read_text(encoding="utf-8").split("## Paper row")[1].split("\n## ")[0]
    commands = re.findall(r"`R ([a-z0-9-]+)(?: X101)?(?: --model-config '([^']*)')?`", table)
    assert {name for name, _ in commands} >= set(PUBLISHED) - {"coco-3x"}
    for name, changes in commands:
        config = recipe_config(name, **DATA, **({"model_config": changes} if changes else {}))
        values = json.loads(config.model_config or "{}")
        assert values.items() >= json.loads(changes or "{}").items()
        ModelConfig.from_dict(values)


def test_what_the_readme_calls_x101_makes_of_a_recipe_the_row_of_table_8_on_the_papers_8_gpus(
    project_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "8")
    text = (project_root / "core" / "README.md").read_text(encoding="utf-8")
    found = re.search(r"`X101` stands for `([^`]*)`", text)
    assert found is not None
    command = parse(["train", "--recipe", "coco-train-time-augmentation", *shlex.split(found[1]), *DATA_OPTIONS])
    assert isinstance(command, Train)
    assert (command.steps, 8 * command.batch_size, command.learning_rate) == (260_000, 8, 0.01)
    assert json.loads(command.model_config or "{}")["backbone"] == "resnext101_64x4d"


def test_without_scaling_a_recipe_stays_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    config = recipe_config("coco-resnext101", **DATA, batch_size=2, scaling=False)
    assert (config.learning_rate, config.steps, config.warmup_steps) == (0.01, 160_000, 500)
    command = parse(["train", "--recipe", "coco-1x", "--no-scaling", "--batch-size", "8", *DATA_OPTIONS])
    assert isinstance(command, Train)
    assert (command.learning_rate, command.steps, command.batch_size) == (0.02, 160_000, 8)
    assert "made for 16 images a step, here are 8: learning rate 0.02" in capsys.readouterr().err


def test_another_number_of_images_scales_learning_rate_and_steps() -> None:
    config = recipe_config("coco-updated-baseline", **DATA, batch_size=2)
    assert (config.learning_rate, config.steps, config.warmup_steps) == (0.0025, 1_440_000, 4000)
    assert division_steps(config.steps, config) == [960_000, 1_280_000]
    note = batch_note("coco-updated-baseline", config)
    assert note == (
        "coco-updated-baseline is made for 16 images a step, here are 2: "
        "learning rate 0.0025, warm-up of 4000 steps, 1440000 steps"
    )
    # Eight processes share the sixteen; with 4 each there are twice as many.
    assert recipe_config("coco-1x", processes=8, **DATA) == recipe_config("coco-1x", **DATA, batch_size=16).__class__(
        **(vars(recipe_config("coco-1x", **DATA)) | {"batch_size": 2})
    )
    more = recipe_config("coco-1x", processes=8, **DATA, batch_size=4)
    assert (more.learning_rate, more.steps) == (0.04, 80_000)
    # Three cannot share sixteen: five each, and the rule for fifteen.
    three = recipe_config("coco-1x", processes=3, **DATA)
    assert (three.batch_size, three.learning_rate) == (5, pytest.approx(0.02 * 15 / 16))


def test_what_is_given_goes_before_the_recipe() -> None:
    config = recipe_config("coco-1x", **DATA, batch_size=2, learning_rate=0.02, steps=1000, warmup_steps=7)
    assert (config.learning_rate, config.steps, config.warmup_steps) == (0.02, 1000, 7)
    assert division_steps(1000, config) == [750]  # the schedule keeps its shape
    config = recipe_config("coco-1x", **DATA, epochs=3, model_config='{"backbone": "resnet101"}')
    assert (config.steps, config.epochs) == (None, 3)
    values = json.loads(config.model_config or "")
    assert (values["backbone"], values["max_size"]) == ("resnet101", 1333)
    # A model that is given has its own configuration.
    assert recipe_config("coco-1x", **DATA, model="starter").model_config is None
    transfer = recipe_config("cityscapes-from-coco", **DATA, model="mine")
    assert json.loads(transfer.model_config or "") == {"min_size": 1024, "max_size": 2048, "nms_threshold": 0.3}
    assert not transfer.keep_base_classes


def test_options_on_the_command_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    command = parse(["train", "--recipe", "coco-1x", *DATA_OPTIONS])
    assert isinstance(command, Train)
    assert command.config() == recipe_config("coco-1x", **DATA)
    assert capsys.readouterr().err == ""
    # An option that says what the recipe says anyway is an option: this learning rate is not scaled.
    command = parse(
        ["train", *DATA_OPTIONS, "--recipe=coco-1x", "--batch-size=4", "--learning-rate", "0.02", "--resume"]
    )
    assert (command.batch_size, command.learning_rate, command.steps, command.resume) == (4, 0.02, 640_000, True)
    assert "here are 4: learning rate 0.02, warm-up of 2000 steps, 640000 steps" in capsys.readouterr().err
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert parse(["train", "--recipe", "coco-1x", *DATA_OPTIONS]).batch_size == 2
    monkeypatch.delenv("WORLD_SIZE")
    assert parse(["train", *DATA_OPTIONS]).config() == TrainConfig(**DATA)

    assert main(["train", "--recipe", "list"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in recipe_names())


RECIPE = 'description = "mine"\nsource = "me"\n[train]\n{train}\n[model]\n{model}\n'
WRONG: dict[str, tuple[str, str]] = {
    "an unknown field": (
        RECIPE.format(train="speed = 3", model=""),
        r"\[train\]: unknown field 'speed'; choose from .*steps",
    ),
    "a field of the user": (RECIPE.format(train='images = "x"', model=""), r"\[train\]: unknown field 'images'"),
    "an unknown model field": (RECIPE.format(train="", model="speed = 3"), r"\[model\]: unknown field 'speed'"),
    "a word for a number": (RECIPE.format(train='steps = "9"', model=""), r"\[train\] steps = '9': int or NoneType"),
    "a number for a list": (RECIPE.format(train="min_sizes = 800", model=""), r"min_sizes = 800: tuple"),
    "an unknown choice": (RECIPE.format(train='optimizer = "lion"', model=""), "'lion': choose one of 'sgd', 'adamw'"),
    "a model that cannot be": (RECIPE.format(train="", model="num_classes = 0"), "num_classes=0: at least one"),
    "no source": ('description = "mine"\n[train]\n[model]\n', "a recipe needs a line source"),
    "no table": ('description = "mine"\nsource = "me"\n[train]\n', r"a recipe needs a table \[model\]"),
    "another entry": ('name = "x"\n' + RECIPE.format(train="", model=""), "unknown entry 'name'"),
    "no TOML": ("{", "not a TOML file"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_recipe_says_so_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        read_recipe(str(file))
    assert "\n" not in str(error.value)
    assert "mine.toml" in str(error.value) or "ModelConfig" in str(error.value)


def test_an_unknown_recipe_lists_the_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--recipe", "coco-9x", *DATA_OPTIONS]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert errors[0] == (f"error: no recipe 'coco-9x': choose one of {', '.join(recipe_names())}, or give a .toml file")
    assert main(["train", "--recipe", "nowhere.toml", *DATA_OPTIONS]) == 2
    assert "nowhere.toml: there is no such recipe" in capsys.readouterr().err


def test_a_recipe_of_one_s_own_trains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.core.toy_data import TINY_MODEL, write_toy_data

    file = write_toy_data(tmp_path / "data", 2)
    model = "\n".join(f"{name} = {json.dumps(value)}" for name, value in TINY_MODEL.items())
    train = 'model = ""\nsteps = 4\nbatch_size = 2\nlearning_rate = 0.002\noptimizer = "sgd"\nschedule = "step"'
    (tmp_path / "tiny.toml").write_text(RECIPE.format(train=train, model=model))
    arguments = ["train", "--recipe", str(tmp_path / "tiny.toml"), "--images", str(tmp_path / "data" / "images")]
    arguments += ["--annotations", str(file), "--output", str(tmp_path / "run"), "--batch-size", "1", "--device", "cpu"]
    assert main([*arguments, "--steps", "2"]) == 0
    written: dict[str, Any] = json.loads((tmp_path / "run" / "train.json").read_text())
    assert (written["learning_rate"], written["steps"], written["batch_size"]) == (0.001, 2, 1)
    assert json.loads((tmp_path / "run" / "model.json").read_text())["config"]["fpn_channels"] == 32
