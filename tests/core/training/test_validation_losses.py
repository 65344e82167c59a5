"""Losses on data from which nothing is learned: what they are, and that a training does not notice them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from core import CocoDataset, MaskRCNN, ModelConfig, TrainConfig, save_model, train
from core.__main__ import main
from core.datasets.transforms import training_transforms
from core.training.validation import validation_losses
from tests.core.toy_data import CATEGORIES, TINY_MODEL, write_toy_data

# Batch statistics everywhere.
MODEL = TINY_MODEL | {"backbone": "mobilenet_v2", "fpn_norm": "batch", "head_norm": "batch"}
NAMES = ["loss", "loss_objectness", "loss_rpn_box", "loss_classifier", "loss_box", "loss_mask", "loss_keypoint"]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("losses")
    write_toy_data(folder, 4, keypoints=True)
    return folder


def model_of(**fields: Any) -> MaskRCNN:
    torch.manual_seed(0)
    config = ModelConfig.from_dict(MODEL | {"num_classes": 2, "num_keypoints": 2} | fields)
    return MaskRCNN(config, CATEGORIES[: config.num_classes])  # type: ignore[arg-type]


def test_losses_change_nothing_and_are_the_same_each_time(toy: Path) -> None:
    dataset = CocoDataset(toy / "images", toy / "annotations.json", box_masks=True)
    model = model_of().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.manual_seed(5)
    seen: list[int] = []
    losses = validation_losses(model, dataset, device="cpu", progress=seen.append)
    drawn = torch.rand(3)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(3))
    assert model.training
    assert model.backbone.training
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert sum(seen) == 4

    assert list(losses) == NAMES
    assert losses["loss"] == pytest.approx(sum(losses[name] for name in NAMES[1:]))
    assert all(value > 0 for value in losses.values())
    dataset.transforms = training_transforms(dataset, TrainConfig(horizontal_flip=1.0))  # they learn of it besides
    assert validation_losses(model.eval(), dataset, device="cpu") == losses
    assert not model.rpn.training
    with torch.no_grad():
        model.roi_heads.mask_head.predictor.logits.bias.fill_(-3.0)  # type: ignore[union-attr]
    worse = validation_losses(model, dataset, device="cpu")
    assert worse["loss_mask"] > losses["loss_mask"] + 0.5  # objects fill most of their boxes
    assert worse["loss_box"] == losses["loss_box"]


def test_a_training_with_them_is_the_training_without(toy: Path, tmp_path: Path) -> None:
    def run(name: str, wanted: bool) -> list[dict[str, Any]]:
        train(
            TrainConfig(
                images=str(toy / "images"),
                annotations=str(toy / "annotations.json"),
                val_annotations=str(toy / "annotations.json"),
                output=str(tmp_path / name),
                model="",
                model_config=json.dumps(MODEL),
                epochs=2,
                batch_size=2,
                learning_rate=2e-3,
                device="cpu",
                validation_losses=wanted,
            )
        )
        lines = [json.loads(line) for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()]
        return [line for line in lines if line["kind"] == "validation"]

    with_losses, without = run("with", True), run("without", False)
    assert [list(line["losses"]) for line in with_losses] == [NAMES, NAMES]
    assert not any("losses" in line for line in without)
    assert [line["metrics"] for line in with_losses] == [line["metrics"] for line in without]
    states = [torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["model"] for name in ("with", "without")]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_evaluate_prints_them(toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # A model that knows discs alone: the squares are left out, not an error.
    save_model(model_of(num_classes=1), tmp_path / "model")
    command = ["evaluate", "--annotations", str(toy / "annotations.json"), "--losses", "--device", "cpu"]
    arguments = [
        "--model",
        str(tmp_path / "model"),
        "--images",
        str(toy / "images"),
        "--output",
        str(tmp_path / "m.json"),
    ]
    assert main([*command, *arguments]) == 0
    written = json.loads((tmp_path / "m.json").read_text())
    assert list(written["losses"]) == NAMES
    assert f"loss_mask {written['losses']['loss_mask']:.4f}" in capsys.readouterr().out
    assert main([*command, "--results", "x.json"]) == 2
    assert "--losses and --calibrate are a model's" in capsys.readouterr().err
