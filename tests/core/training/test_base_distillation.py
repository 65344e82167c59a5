"""What a base model knows stays while others' classes are learned: distillation from its frozen copy."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch._subclasses.fake_tensor import FakeTensorMode

from core import MaskRCNN, ModelConfig, load_model, train
from core.model.rpn import RpnOutput
from core.model.weights import save_model
from core.structures import Category
from core.training.callbacks import Callback
from core.training.class_transfer import merge_categories, move_to_categories
from core.training.learning.base_distillation import (
    BaseDistillation,
    kept_class_loss,
    kept_classes,
    mask_divergence,
    rpn_losses,
)
from core.training.learning.distillation_images import distillation_image
from core.training.run import Run
from tests.core.toy_data import TINY_MODEL, toy_config, write_toy_data

OLD: list[Category] = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
NEW: list[Category] = [{"id": 3, "name": "disc"}, {"id": 7, "name": "square"}]
NOTHING = torch.zeros((0, 4))


def base_model() -> MaskRCNN:
    """A model of cats and dogs whose random answers are sure of themselves."""
    torch.manual_seed(0)
    model = MaskRCNN(ModelConfig.from_dict(TINY_MODEL | {"num_classes": 2}), OLD)
    with torch.no_grad():
        model.roi_heads.box_predictor.scores.weight.normal_(std=1.0)
    return model.eval()


def image(seed: int = 1) -> torch.Tensor:
    return torch.rand(3, 96, 96, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a base model."""
    folder = tmp_path_factory.mktemp("base")
    save_model(base_model(), folder)
    return folder


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of discs and squares, which the base does not know."""
    folder = tmp_path_factory.mktemp("toy")
    write_toy_data(folder, 4)
    return folder


def extended() -> tuple[MaskRCNN, BaseDistillation]:
    """A model with room for new classes that has learned nothing yet, and its base's distillation."""
    before = base_model()
    model = move_to_categories(before, merge_categories(OLD, NEW, keep_base=True)).eval()
    return model, BaseDistillation(before, model.categories, kept_classes(before, model.categories, NEW))


def test_a_model_that_answers_as_its_base_has_no_loss_and_one_that_does_not_has() -> None:
    model, distillation = extended()
    with torch.no_grad():
        model.roi_heads.box_predictor.scores.bias[3:] = -1e9  # a new class is background for the base
        same = distillation.losses(model, image(), NOTHING)
        assert model.fpn is not None
        for parameter in model.fpn.parameters():
            parameter.mul_(-3)
        model.rpn.head.objectness.bias.sub_(5)  # to be surer of an object than the base is no loss
        other = distillation.losses(model, image(), NOTHING)
    names = {"objectness", "rpn_box", "classifier", "box", "mask"}
    assert set(same) == {f"distil_{name}" for name in names}
    assert {name: value.item() for name, value in same.items()} == pytest.approx(dict.fromkeys(same, 0), abs=1e-5)
    assert all(value > 1e-6 for value in other.values()), other


def test_a_gpus_autocast_takes_the_losses() -> None:
    """It refuses what a CPU's takes; tensors that have a device and no values need no GPU for that."""
    with FakeTensorMode():
        output = RpnOutput(
            torch.empty((1, 600), device="cuda"),
            torch.empty((1, 600, 4), device="cuda"),
            torch.empty((600, 4), device="cuda"),
            [600],
        )
        masks = torch.empty((3, 28, 28), device="cuda")
        torch.set_autocast_enabled("cuda", True)
        try:
            losses = *rpn_losses(output, output), mask_divergence(masks, masks)
        finally:
            torch.set_autocast_enabled("cuda", False)
    assert [loss.dtype for loss in losses] == [torch.float32] * 3
    assert {loss.device.type for loss in losses} == {"cuda"}


def test_what_lies_on_an_annotated_object_is_the_datas_to_teach() -> None:
    model, distillation = extended()
    with torch.no_grad():
        model.roi_heads.box_predictor.scores.bias[3] = 50.0  # all is a disc
        free = distillation.losses(model, image(), NOTHING)["distil_classifier"]
        ys, xs = torch.meshgrid(torch.arange(0, 96, 8.0), torch.arange(0, 96, 8.0), indexing="ij")
        corners = torch.stack([xs, ys], dim=-1).reshape(-1, 1, 2)
        sizes = torch.tensor([[s, t] for s in (8.0, 16, 32, 64, 96) for t in (8.0, 16, 32, 64, 96)])
        everywhere = torch.cat([corners.expand(-1, len(sizes), -1), corners + sizes], dim=-1).reshape(-1, 4)
        taught = distillation.losses(model, image(), everywhere.clamp(max=96))["distil_classifier"]
    assert free > 5
    assert taught < free / 2


def test_a_new_class_may_take_from_background_but_not_from_a_kept_class() -> None:
    wanted = torch.tensor([[0.0], [1.0]])  # the base saw nothing, then a cat; labels: background, cat, disc
    background, cat, disc = torch.tensor([[9.0, 0, 0]]), torch.tensor([[0.0, 9, 0]]), torch.tensor([[0.0, 0, 9]])
    labels = torch.tensor([1])

    def loss(logits: torch.Tensor, row: int) -> float:
        return kept_class_loss(logits, wanted[row : row + 1], labels).item()

    assert loss(background, 0) == pytest.approx(loss(disc, 0)) == pytest.approx(0, abs=1e-3)
    assert loss(cat, 1) == pytest.approx(0, abs=1e-3)
    assert loss(disc, 1) > 5
    assert loss(cat, 0) > 5


class Drift(Callback):
    """How far the model is from its base, on an image that it never learned from, after the last step."""

    def __init__(self) -> None:
        self.distance = 0.0

    def on_end(self, run: Run, reason: str) -> None:
        before = load_model(run.config.model)
        kept = kept_classes(before, run.model.categories, run.dataset.categories)
        judge = BaseDistillation(before, run.model.categories, kept)
        with torch.no_grad():
            losses = [judge.losses(run.model.eval(), image(seed), NOTHING) for seed in range(2)]
        self.distance = sum(sum(item.values()).item() for item in losses)


def test_a_run_on_new_classes_forgets_less_of_the_old_ones(base: Path, toy: Path, tmp_path: Path) -> None:
    distance = {}
    for weight in (0.0, 2.0):
        drift = Drift()
        config = toy_config(
            toy, tmp_path / str(weight), model=str(base), model_config=None, steps=8, base_distillation=weight
        )
        train(config, callbacks=[drift])
        distance[weight] = drift.distance
    assert distance[2.0] < 0.6 * distance[0.0], distance
    first = json.loads((tmp_path / "2.0" / "metrics.jsonl").read_text().splitlines()[1])
    assert first["distil_classifier"] > 0
    assert first["loss"] == pytest.approx(
        sum(value for name, value in first.items() if name.startswith(("loss_", "distil_")))
    )


class StopAfterOne(Callback):
    def on_step(self, run: Run, losses: Any) -> None:
        if run.done == 1:
            run.stop()


def test_a_resumed_run_is_held_to_the_same_base(base: Path, toy: Path, tmp_path: Path) -> None:
    config = toy_config(toy, tmp_path / "whole", model=str(base), model_config=None, steps=3)
    train(config)
    broken = replace(config, output=str(tmp_path / "broken"))
    train(broken, callbacks=[StopAfterOne()])
    train(replace(broken, resume=True))
    whole, resumed = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "broken"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_a_run_that_began_without_goes_on_without_and_says_so(base: Path, toy: Path, tmp_path: Path) -> None:
    config = toy_config(toy, tmp_path, model=str(base), model_config=None, steps=2, base_distillation=0.0)
    train(config, callbacks=[StopAfterOne()])
    with pytest.warns(UserWarning, match="began without base_distillation and goes on without it"):
        train(replace(config, resume=True, base_distillation=2.0))
    assert "distil" not in (tmp_path / "metrics.jsonl").read_text()


def test_where_the_data_shows_every_class_nothing_is_distilled(base: Path, tmp_path: Path) -> None:
    write_toy_data(tmp_path / "data", 2, categories=OLD)
    run = tmp_path / "run"
    train(toy_config(tmp_path / "data", run, model=str(base), model_config=None, steps=1))
    dropped = tmp_path / "dropped"
    write_toy_data(tmp_path / "new", 2)
    train(toy_config(tmp_path / "new", dropped, model=str(base), model_config=None, steps=1, keep_base_classes=False))
    for directory in (run, dropped):
        assert "distil" not in (directory / "metrics.jsonl").read_text()


def test_half_of_the_images_are_scenes_and_the_others_photographs_and_those_of_the_step() -> None:
    own, boxes = image(), torch.tensor([[1.0, 2, 30, 40]])
    seen = [distillation_image(5, step, [own], [{"boxes": boxes}]) for step in range(4)]
    assert torch.equal(seen[1][0], own)
    assert torch.equal(seen[1][1], boxes)
    for step in (0, 2, 3):
        pixels, objects, _ = seen[step]
        assert pixels.dtype == torch.float32
        assert pixels.max() <= 1
        assert len(objects) == 0
    assert not torch.equal(seen[0][0], seen[2][0])
    again = distillation_image(5, 3, [own], [{"boxes": boxes}])
    assert torch.equal(again[0], seen[3][0])
    assert all(0.5 <= scale <= 1 for _, _, scale in seen)
