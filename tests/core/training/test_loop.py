"""Whole runs: learning, stopping, resuming, diverging, and data that is odd but allowed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from core import CocoDataset, TrainConfig, evaluate, load_model, train
from core.training.checkpoints import load_checkpoint, save_checkpoint
from core.training.learning.divergence import TrainingDivergedError
from tests.core.toy_data import TINY_MODEL, toy_config, write_toy_data


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with toy images and annotations.json (keypoints too)."""
    folder = tmp_path_factory.mktemp("toy")
    write_toy_data(folder, 12, keypoints=True)
    return folder


def config_for(toy: Path, output: Path, **fields: Any) -> TrainConfig:
    return toy_config(toy, output, **({"log_every": 2} | fields))


def log_of(run: Path, kind: str) -> list[dict[str, Any]]:
    entries = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [entry for entry in entries if entry["kind"] == kind]


def test_a_tiny_model_learns(tmp_path: Path) -> None:
    write_toy_data(tmp_path / "data", 24, seed=1, keypoints=True)
    run = tmp_path / "run"
    config = config_for(tmp_path / "data", run, batch_size=4, epochs=6, validate_every=3, log_every=6)
    validating = replace(config, val_annotations=config.annotations)  # it must have learnt what it was shown
    result = train(validating)
    assert not result.stopped
    assert result.steps == 36

    start, steps = log_of(run, "start")[0], log_of(run, "step")
    assert (start["steps_total"], start["epochs"], start["categories"]) == (36, 6, ["disc", "square"])
    assert [entry["step"] for entry in steps] == [6, 12, 18, 24, 30, 36]
    assert steps[-1]["loss"] < 0.75 * steps[0]["loss"]
    parts = [name for name in steps[0] if name.startswith("loss_")]
    assert sum(steps[0][name] for name in parts) == pytest.approx(steps[0]["loss"])
    assert {"epoch", "learning_rate", "images_per_second", "eta_seconds"} <= steps[0].keys()
    validations = log_of(run, "validation")
    assert [entry["epoch"] for entry in validations] == [3, 6]
    assert log_of(run, "end") == [{"kind": "end", "reason": "finished", "message": "36 of 36 steps"}]

    assert result.metrics["segm"]["AP50"] > 0.4
    assert result.metrics["keypoints"]["AP50"] > 0.3
    assert result.metrics["selected"] == "the best segm AP of all validations"
    sidecar = json.loads((run / "model.json").read_text())
    assert sidecar["metrics"] == result.metrics
    assert sidecar["lineage"]["images"] == 24
    dataset = CocoDataset(config.images, config.annotations)
    again = evaluate(load_model(run), dataset)
    assert again["segm"]["AP"] == pytest.approx(result.metrics["segm"]["AP"], abs=1e-6)


def test_resuming_ends_where_an_uninterrupted_run_ends(toy: Path, tmp_path: Path) -> None:
    # Every source of chance is on, and the break is in the middle of an epoch.
    config = config_for(toy, tmp_path / "whole", steps=5, colour_jitter=0.3, min_sizes=(64, 96), checkpoint_every=100)
    train(config)
    broken = replace(config, output=str(tmp_path / "broken"), checkpoint_every=3)
    with pytest.MonkeyPatch.context() as patch:
        _fail_at_step(patch, 5)
        with pytest.raises(RuntimeError, match="the power went"):
            train(broken)
    assert log_of(tmp_path / "broken", "end")[-1]["reason"] == "error"
    assert [entry["step"] for entry in log_of(tmp_path / "broken", "step")] == [2, 4]
    result = train(replace(broken, resume=True))
    assert result.steps == 5
    whole, resumed = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "broken"))
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    # The steps after the checkpoint were done twice and are told once.
    assert [entry["step"] for entry in log_of(tmp_path / "broken", "step")] == [2, 4, 5]
    assert [entry["reason"] for entry in log_of(tmp_path / "broken", "end")] == ["finished"]
    with pytest.raises(ValueError, match="at the end of its 5 steps"):
        train(replace(broken, resume=True))


def test_a_run_resumed_without_validation_gives_its_last_model(toy: Path, tmp_path: Path) -> None:
    """Not that of the validation before the break: what it learned since would be lost."""
    judged = {"val_images": str(toy / "images"), "val_annotations": str(toy / "annotations.json")}
    for name, first, then in (
        ("without", judged, {}),
        ("last", judged, judged | {"select_by": "last"}),
        ("other", judged, judged | {"select_by": "bbox"}),
    ):
        config = config_for(toy, tmp_path / name, steps=1)
        train(replace(config, **first))
        before = load_file(tmp_path / name / "model.safetensors")
        result = train(replace(config, steps=2, resume=True, **then))
        after = load_file(tmp_path / name / "model.safetensors")
        assert any(not torch.equal(tensor, after[key]) for key, tensor in before.items()), name
        chosen = "the best bbox AP of all validations" if name == "other" else "the last step"
        assert (result.metrics["selected"], result.metrics["step"]) == (chosen, 2)


def test_resuming_is_exact_with_jitter_and_pasted_objects_too(toy: Path, tmp_path: Path) -> None:
    varied = {"large_scale_jitter": (0.5, 1.5), "crop_size": 96, "copy_paste": 0.8, "colour_jitter": 0.3}
    config = config_for(toy, tmp_path / "whole", steps=4, **varied)
    train(config)
    broken = replace(config, output=str(tmp_path / "broken"), checkpoint_every=2)
    with pytest.MonkeyPatch.context() as patch:
        _fail_at_step(patch, 4)
        with pytest.raises(RuntimeError, match="the power went"):
            train(broken)
    # Read ahead by other processes, in which chance starts from other seeds.
    assert train(replace(broken, resume=True, workers=2)).steps == 4
    whole, resumed = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "broken"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    train(replace(config, output=str(tmp_path / "plain"), large_scale_jitter=(), copy_paste=0.0))
    varied_losses, plain_losses = (
        [entry["loss"] for entry in log_of(tmp_path / name, "step")] for name in ("whole", "plain")
    )
    assert varied_losses != plain_losses


def test_a_checkpoint_is_written_by_the_clock_too(toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a step takes a minute, two hundred of them are hours that a power cut would cost."""
    written: list[int] = []
    monkeypatch.setattr("core.training.loop.write_checkpoint", lambda run: written.append(run.done))
    train(config_for(toy, tmp_path / "seldom", steps=4, checkpoint_every=100))
    assert written == [4]
    written.clear()
    monkeypatch.setattr("core.training.checkpoints.FIRST_AFTER", 0.0)
    train(config_for(toy, tmp_path / "first", steps=4, checkpoint_every=100))
    assert written == [1, 4]
    written.clear()
    monkeypatch.setattr("core.training.checkpoints.EVERY", 0.0)
    train(config_for(toy, tmp_path / "each", steps=4, checkpoint_every=100))
    assert written == [1, 2, 3, 4]


def _fail_at_step(patch: pytest.MonkeyPatch, failing: int) -> None:
    """Let the optimizer's n-th step be the last thing that happens."""
    step, done = torch.optim.AdamW.step, []

    def count(self: torch.optim.AdamW, *arguments: Any, **options: Any) -> Any:
        done.append(1)
        if len(done) == failing:
            raise RuntimeError("the power went")
        return step(self, *arguments, **options)

    patch.setattr(torch.optim.AdamW, "step", count)


def test_sigterm_leaves_a_checkpoint_to_go_on_from(toy: Path, tmp_path: Path, project_root: Path) -> None:
    run = tmp_path / "run"
    config = config_for(toy, run, steps=10_000)
    command = [sys.executable, "-m", "core", "train", "--output", str(run), "--steps", "10000", "--log-every", "1"]
    command += ["--images", config.images, "--annotations", config.annotations, "--device", "cpu"]
    command += ["--model=", "--model-config", json.dumps(TINY_MODEL)]
    process = subprocess.Popen(command, cwd=project_root, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if (run / "metrics.jsonl").exists() and len(log_of(run, "step")) >= 2:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    assert "stopped; --resume goes on" in error
    done = log_of(run, "step")[-1]["step"]
    assert log_of(run, "end") == [{"kind": "end", "reason": "stopped", "message": f"{done} of 10000 steps"}]
    assert load_model(run).categories[0]["name"] == "disc"
    result = train(replace(config, steps=done + 1, resume=True))
    assert result.steps == done + 1
    assert not [name for name in os.listdir(run) if name.startswith(".")]  # no temporary file is left


def test_a_loss_that_is_no_number_names_its_images_and_overwrites_nothing(toy: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train(config_for(toy, run, steps=2))
    files = ("checkpoint.pt", "model.safetensors", "model.json")
    before = {name: (run / name).read_bytes() for name in files}
    spoilt = torch.load(run / "checkpoint.pt", weights_only=True)
    spoilt["model"]["rpn.head.conv.0.weight"].fill_(1e38)  # finite, and infinite after one convolution
    torch.save(spoilt, run / "checkpoint.pt")
    before["checkpoint.pt"] = (run / "checkpoint.pt").read_bytes()
    with pytest.raises(
        TrainingDivergedError, match=r"step 3, on the images with id \d+ \(toy\d+\.png\), \d+ "
    ) as error:
        train(config_for(toy, run, steps=6, resume=True))
    assert "\n" not in str(error.value)
    assert {name: (run / name).read_bytes() for name in files} == before
    assert log_of(run, "end")[-1] == {"kind": "end", "reason": "nan", "message": str(error.value)}


def test_new_classes_leave_the_rows_of_old_ones_alone(toy: Path, tmp_path: Path) -> None:
    train(config_for(toy, tmp_path / "base", steps=2))
    data = json.loads((toy / "annotations.json").read_text())
    data["categories"] = [{"id": 1, "name": "square"}, {"id": 2, "name": "moon"}]
    for annotation in data["annotations"]:
        annotation["category_id"] = {3: 2, 7: 1}[annotation["category_id"]]  # every disc is a moon now
        annotation.pop("keypoints", None)
    (tmp_path / "moons.json").write_text(json.dumps(data))
    config = config_for(toy, tmp_path / "run", annotations=str(tmp_path / "moons.json"), steps=2)
    train(replace(config, model=str(tmp_path / "base"), model_config=None))
    base, tuned = load_model(tmp_path / "base"), load_model(tmp_path / "run")
    assert [category["name"] for category in tuned.categories] == ["disc", "square", "moon"]
    old, new = base.state_dict(), tuned.state_dict()
    for name, each, first in (("roi_heads.box_predictor.scores", 1, 1), ("roi_heads.box_predictor.deltas", 4, 0)):
        before, after = old[f"{name}.weight"][first:], new[f"{name}.weight"][first:]
        assert torch.equal(before[:each], after[:each])  # disc
        assert not torch.equal(before[each : 2 * each], after[each : 2 * each])  # square
    assert torch.equal(
        old["roi_heads.mask_head.predictor.logits.bias"][0], new["roi_heads.mask_head.predictor.logits.bias"][0]
    )
    assert not torch.equal(old["fpn.output.0.0.weight"], new["fpn.output.0.0.weight"])


def test_odd_annotations_train(toy: Path, tmp_path: Path) -> None:
    """No objects, a one-pixel box, crowds alone, and objects without keypoints."""
    data = json.loads((toy / "annotations.json").read_text())
    image = {"iscrowd": 0, "category_id": 3}
    crowd = {"size": [96, 96], "counts": [0, 96 * 40, 96 * 56]}
    data["annotations"] = [
        image | {"id": 0, "image_id": 1, "bbox": [10, 10, 1, 1], "segmentation": [[10, 10, 11, 10, 11, 11, 10, 11]]},
        image | {"id": 1, "image_id": 2, "bbox": [0, 0, 40, 96], "segmentation": crowd, "iscrowd": 1},
        image | {"id": 2, "image_id": 3, "bbox": [5, 5, 40, 30], "keypoints": [0] * 6, "num_keypoints": 0},
        image | {"id": 3, "image_id": 4, "bbox": [5, 5, 40, 30], "keypoints": [9, 9, 2, 0, 0, 0]},
        image | {"id": 4, "image_id": 5, "bbox": [5, 5, 40, 30], "category_id": 7},
    ]
    data["images"] = data["images"][:6]
    file = tmp_path / "odd.json"
    file.write_text(json.dumps(data))
    config = config_for(toy, tmp_path / "run", annotations=str(file), batch_size=1, epochs=1, val_annotations=str(file))
    result = train(replace(config, log_every=1))
    assert not result.stopped, "this process was told to end (SIGTERM, Ctrl+C), which a training answers by stopping"
    assert result.steps == 6
    losses = [entry["loss"] for entry in log_of(tmp_path / "run", "step")]
    assert len(losses) == 6
    assert all(torch.isfinite(torch.tensor(losses)))


def test_a_second_run_does_not_destroy_the_first(toy: Path, tmp_path: Path) -> None:
    config = config_for(toy, tmp_path / "run", steps=1)
    train(config)
    before = (tmp_path / "run" / "metrics.jsonl").read_bytes()
    with pytest.raises(ValueError, match="holds a run already"):
        train(config)
    assert (tmp_path / "run" / "metrics.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"resume": True}, r"there is no run to resume in .*run: it has no checkpoint\.pt"),
        ({"model_config": None}, "backbone_norm='frozen' holds on to statistics"),
        ({"model": "nowhere", "model_config": None}, "no model 'nowhere'"),
        ({"model": "starter"}, "model_config does not fit the weights of starter"),
        ({"model": "starter", "model_config": None, "backbone_weights": "x.pth"}, "give model='' with them"),
        ({"model_config": '{"backbone": "resnet18", }'}, "model_config: not a JSON file"),
        ({"images": "nowhere"}, r"nowhere/toy000\.png"),
        ({"device": "quantum"}, "device 'quantum' is not known"),
        ({"training": "at once"}, "training='at once': choose one of 'joint', 'rpn_separate', 'alternating'"),
        ({"backbone_weights": "nowhere.pth"}, r"nowhere\.pth: there is no such file"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_line(
    toy: Path, tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises((ValueError, FileNotFoundError), match=message) as error:
        train(config_for(toy, tmp_path / "run", steps=1, **fields))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("checkpoint", ["of now", "without options, as older ones are"])
def test_a_resumed_run_keeps_the_options_that_its_optimizer_was_made_with(
    toy: Path, tmp_path: Path, checkpoint: str
) -> None:
    config = config_for(toy, tmp_path / "run", steps=1, model_config=json.dumps(TINY_MODEL | {"min_size": 64}))
    train(config)
    if checkpoint != "of now":
        file = tmp_path / "run" / "checkpoint.pt"
        state = torch.load(file, weights_only=True)
        del state["options"]
        torch.save(state, file)
    written = (tmp_path / "run" / "train.json").read_text()
    changes: list[tuple[dict[str, Any], str]] = [
        ({"optimizer": "sgd"}, "optimizer='adamw', not 'sgd'"),
        ({"weight_decay": 0.5}, "weight_decay=0.0001, not 0.5"),
        ({"backbone_learning_rate_factor": 1.0}, "backbone_learning_rate_factor=0.25, not 1.0"),
        ({"freeze_stages": 1}, "freeze_stages=2, not 1"),
        ({"ema": 0.9}, "ema=0.0, not 0.9"),
        ({"model": "starter"}, "model='', not 'starter'"),
    ]
    for fields, message in changes:
        with pytest.raises(ValueError, match=f"began with {re.escape(message)}: resume it with the same"):
            train(replace(config, steps=2, resume=True, **fields))
    assert (tmp_path / "run" / "train.json").read_text() == written
    # What the checkpoint says nothing of may change, and momentum is of SGD alone.
    assert train(replace(config, steps=2, resume=True, learning_rate=1e-3, momentum=0.5)).steps == 2


def test_a_checkpoint_of_another_command_is_named(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, {"network": {}, "step": 3})
    with pytest.raises(ValueError, match="is of a run of python -m core train-prompts: resume it with that"):
        load_checkpoint(tmp_path)
    save_checkpoint(tmp_path, {"model_config": {}, "step": 3})
    with pytest.raises(ValueError, match="is of a run of python -m core train: resume it with that, not with train-pr"):
        load_checkpoint(tmp_path, "train-prompts")


@pytest.mark.parametrize("training", ["joint", pytest.param("alternating", marks=pytest.mark.slow)])
def test_two_processes_train_as_one(toy: Path, tmp_path: Path, project_root: Path, training: str) -> None:
    run = tmp_path / "run"
    # Every other image without objects: the heads of one process then have nothing to learn at a step of the other's.
    data = json.loads((toy / "annotations.json").read_text())
    data["annotations"] = [annotation for annotation in data["annotations"] if annotation["image_id"] % 2]
    (tmp_path / "half.json").write_text(json.dumps(data))
    config = config_for(toy, run, annotations=str(tmp_path / "half.json"))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "core"]
    command += ["train", "--output", str(run), "--steps", "3", "--log-every", "1", "--batch-size", "1", "--model="]
    command += ["--images", config.images, "--annotations", config.annotations, "--device", "cpu"]
    command += ["--model-config", json.dumps(TINY_MODEL), "--val-annotations", config.annotations]
    command += ["--training", training, "--accumulate", "2", "--ema", "0.9"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, cwd=project_root, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [entry["step"] for entry in log_of(run, "step")] == list(range(1, 4 if training == "joint" else 13))
    assert len(log_of(run, "start")) == len(log_of(run, "validation")) == 1
    assert load_model(run).config.num_keypoints == 2
