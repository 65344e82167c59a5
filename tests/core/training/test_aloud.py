"""A run says what it does not learn, and chooses its best model by what it is about."""

from __future__ import annotations

import argparse
import json
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torchvision.models.resnet import resnet18

from core import CocoDataset, train
from core.training.records.selection import selected_kind
from core.training.start import starting_model
from tests.core.model.tiny_models import tiny_model
from tests.core.toy_data import TINY_MODEL, toy_config, write_toy_data


@pytest.mark.parametrize("held", ["alone", "under state_dict", "in DataParallel", "compiled", "beside options"])
def test_backbone_weights_are_found_in_what_training_scripts_save(held: str, tmp_path: Path) -> None:
    torch.manual_seed(3)
    state = resnet18(weights=None).state_dict()
    content: Any = {
        "alone": state,
        "under state_dict": {"state_dict": {f"encoder.{name}": tensor for name, tensor in state.items()}, "epoch": 3},
        "in DataParallel": {f"module.{name}": tensor for name, tensor in state.items()},
        "compiled": {"model": {f"_orig_mod.{name}": tensor for name, tensor in state.items()}},
        "beside options": {"model": state, "args": argparse.Namespace(lr=0.1)},
    }[held]
    torch.save(content, tmp_path / "imagenet.pth")
    config = toy_config(Path(), Path(), backbone_weights=str(tmp_path / "imagenet.pth"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = starting_model(config, [{"id": 1, "name": "cat"}])
    assert torch.equal(model.backbone.state_dict()["layer4.1.conv2.weight"], state["layer4.1.conv2.weight"])
    torch.save({"weights": torch.zeros(3)}, tmp_path / "imagenet.pth")
    with pytest.raises(ValueError, match="not a state dict of tensors of a ResNet or MobileNet") as error:
        starting_model(config, [{"id": 1, "name": "cat"}])
    assert "\n" not in str(error.value)


def test_classes_that_a_resumed_run_began_without_are_counted(tmp_path: Path) -> None:
    file = write_toy_data(tmp_path / "data", 2)
    config = toy_config(tmp_path / "data", tmp_path / "run", steps=1)
    train(config)
    data = json.loads(file.read_text())
    data["categories"] += [{"id": 8, "name": "star"}, {"id": 9, "name": "moon"}]
    data["annotations"].append(data["annotations"][0] | {"id": 90, "category_id": 8})
    file.write_text(json.dumps(data))
    with pytest.warns(UserWarning, match=r"1 of 5 objects are not learned: .* without their classes \(star, moon\)"):
        assert train(replace(config, steps=2, resume=True)).steps == 2


@pytest.mark.parametrize(
    ("fields", "figures", "kind"),
    [
        ({}, ["bbox", "segm"], "segm"),
        ({"mask_head": None}, ["bbox"], "bbox"),
        ({"num_keypoints": 2}, ["bbox", "segm", "keypoints"], "segm"),
        ({"num_keypoints": 2, "mask_head": None}, ["bbox", "keypoints"], "keypoints"),
        ({"num_keypoints": 2, "mask_head": None}, ["bbox"], "bbox"),  # the validation data has no keypoints
    ],
)
def test_the_best_model_is_the_best_at_what_the_run_is_about(fields: Any, figures: list[str], kind: str) -> None:
    config = toy_config(Path(), Path())
    assert selected_kind(config, tiny_model(**fields), figures) == kind
    assert selected_kind(replace(config, select_by="bbox"), tiny_model(**fields), figures) == "bbox"


def test_a_keypoint_run_names_its_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(write_toy_data(tmp_path / "data", 2, keypoints=True))
    model_config = json.dumps(TINY_MODEL | {"mask_head": None})
    config = toy_config(tmp_path / "data", tmp_path / "run", steps=1, val_annotations=file, model_config=model_config)
    assert train(config).metrics["selected"] == "the best keypoints AP of all validations"
    assert "keypoints AP" in capsys.readouterr().err


@pytest.mark.parametrize("given", ["a file", "a sequence"])
def test_a_model_that_no_validation_could_choose_is_refused_before_the_run(given: str, tmp_path: Path) -> None:
    file = str(write_toy_data(tmp_path / "data", 2))
    config = toy_config(tmp_path / "data", tmp_path / "run", select_by="keypoints")
    dataset = CocoDataset(config.images, file)
    validation = None if given == "a file" else [dataset[0]]
    config = replace(config, val_annotations=file if given == "a file" else None)
    with pytest.raises(ValueError, match="select_by='keypoints', but model and validation data have bbox, segm in"):
        train(config, validation=validation)
    assert not (tmp_path / "run").exists()


def test_a_choice_without_validation_data_is_said_to_be_none(tmp_path: Path) -> None:
    write_toy_data(tmp_path / "data", 2)
    config = toy_config(tmp_path / "data", tmp_path / "run", steps=1, select_by="bbox")
    with pytest.warns(UserWarning, match="select_by='bbox' chooses by validation data, and there is none: the last"):
        assert train(config).metrics["selected"] == "the last step"
