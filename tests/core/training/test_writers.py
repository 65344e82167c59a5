"""metrics.jsonl in other places: each writer says what the log says, after a break too."""

from __future__ import annotations

import csv
import json
import struct
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from torch import Tensor

from core import TrainConfig, train
from core.training import Callback
from core.training.records.writers import numbers_of
from tests.core.toy_data import TINY_MODEL, toy_config, write_toy_data


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("writers")
    write_toy_data(folder, 2)
    return folder


def config_for(toy: Path, output: Path, **fields: Any) -> TrainConfig:
    model = json.dumps(TINY_MODEL | {"backbone": "mobilenet_v2", "min_size": 64})
    return toy_config(toy, output, **({"model_config": model, "steps": 2, "log_every": 1} | fields))


def measured(run: Path) -> list[tuple[int, dict[str, float]]]:
    """Step and numbers of each line of metrics.jsonl that has some."""
    entries = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [(entry["step"], numbers_of(entry)) for entry in entries if numbers_of(entry)]


class Stops(Callback):
    def on_step(self, run: Any, losses: Mapping[str, Tensor]) -> None:
        run.stop()


class Fails(Callback):
    def on_step(self, run: Any, losses: Mapping[str, Tensor]) -> None:
        if run.done == 4:
            raise RuntimeError("the power went")


def test_lines_are_flattened_to_numbers_by_name() -> None:
    figures = {"AP": 0.5, "per_category": {"cup": 0.5}}
    line = {"kind": "validation", "step": 4, "epoch": 1, "metrics": {"segm": figures}, "losses": {"loss": 2}}
    assert numbers_of(line) == {"validation/segm/AP": 0.5, "validation/losses/loss": 2.0}
    assert numbers_of({"kind": "step", "step": 1, "epoch": 1, "loss": 3.0}) == {"train/loss": 3.0}
    assert numbers_of({"kind": "start", "steps_total": 3}) == {}


def test_the_table_has_the_log_s_numbers_before_and_after_a_break(toy: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    config = config_for(toy, run, writers=("csv",), val_annotations=str(toy / "annotations.json"))
    train(config, callbacks=[Stops()])
    train(replace(config, resume=True, steps=3))
    with (run / "metrics.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    log = measured(run)
    assert [int(row["step"]) for row in table] == [step for step, _ in log]
    assert {row["kind"] for row in table} == {"step", "validation"}
    for row, (_, numbers) in zip(table, log, strict=True):
        filled = {name: float(value) for name, value in row.items() if value and "/" in name}
        assert filled == numbers


def broken_after_the_checkpoint(toy: Path, run: Path, writer: Any) -> None:
    """A run that a fault ends at step 4, after the checkpoint of step 2; what goes on with it does step 3 again."""
    config = config_for(toy, run, writers=(writer,), steps=4, checkpoint_every=2)
    with pytest.raises(RuntimeError, match="the power went"):
        train(config, callbacks=[Fails()])
    assert [step for step, _ in measured(run)] == [1, 2, 3]
    train(replace(config, resume=True, val_annotations=str(toy / "annotations.json")))
    assert [step for step, _ in measured(run)] == [1, 2, 3, 3, 4, 4]  # a validation after each step


def test_tensorboard_shows_each_number_at_its_step_and_once_what_was_done_twice(toy: Path, tmp_path: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    run = tmp_path / "run"
    broken_after_the_checkpoint(toy, run, "tensorboard")
    shown = accumulator.EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0}).Reload()
    values = [(name, event.step, event.value) for name in shown.Tags()["scalars"] for event in shown.Scalars(name)]
    expected = [(name, step, value) for step, numbers in measured(run) for name, value in numbers.items()]
    assert {"train/loss", "validation/segm/AP"} <= {name for name, _, _ in values}
    assert [entry[:2] for entry in sorted(values)] == [entry[:2] for entry in sorted(expected)]
    # An event file has 32 bits of a number.
    assert [entry[2] for entry in sorted(values)] == pytest.approx([entry[2] for entry in sorted(expected)], rel=1e-6)


def lines_in(file: Path) -> Iterator[tuple[int, dict[str, float]]]:
    """Step and numbers of each line in a run's file of Weights & Biases: records in blocks, as LevelDB's logs are."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, at, record = file.read_bytes(), 7, b""
    while at < len(data):
        if (left := 32768 - at % 32768) < 7:  # too little for the head of another part
            at += left
            continue
        _, length, kind = struct.unpack_from("<IHB", data, at)
        at += 7 + length
        record += data[at - length : at]
        if kind in (1, 4):  # whole, or its last part
            items = Record.FromString(record).history.item
            numbers = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}
            record = b""
            if numbers:
                yield numbers["_step"], {name: value for name, value in numbers.items() if not name.startswith("_")}


def test_weights_and_biases_keeps_each_number_at_its_step_in_one_run(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb")
    for name, value in {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_CACHE_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    run = tmp_path / "run"
    broken_after_the_checkpoint(toy, run, "wandb")
    files = sorted(run.glob("wandb/offline-run-*/run-*.wandb"))
    assert [file.name for file in files] == [f"run-{(run / 'wandb.txt').read_text().strip()}.wandb"] * 2
    kept: dict[int, dict[str, float]] = {}
    for file in files:
        kept.update(lines_in(file))  # step 3 is in both
    expected: dict[int, dict[str, float]] = {}
    for step, numbers in measured(run):
        expected.setdefault(step, {}).update(numbers)
    assert kept == expected


def test_weights_and_biases_is_asked_to_go_on_with_its_run(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[dict[str, Any]] = []
    logged: list[tuple[int, dict[str, float]]] = []
    ended: list[int] = []

    def init(**options: Any) -> Any:
        begun.append(options)
        return SimpleNamespace(
            id=options["id"] or "abc",
            log=lambda numbers, step: logged.append((step, numbers)),
            finish=lambda exit_code: ended.append(exit_code),
        )

    module = ModuleType("wandb")
    module.init = init  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wandb", module)
    config = config_for(toy, tmp_path / "run", writers=("wandb",))
    train(config, callbacks=[Stops()])
    train(replace(config, resume=True))
    assert logged == measured(tmp_path / "run")
    assert [(options["id"], options["name"]) for options in begun] == [(None, "run"), ("abc", "run")]
    assert begun[0]["config"]["learning_rate"] == config.learning_rate
    assert ended == [0, 0]


@pytest.mark.parametrize(
    ("writer", "missing", "message"),
    [
        ("wandb", "wandb", "writers: wandb is not installed: pip install wandb, or leave it out"),
        ("tensorboard", "torch.utils.tensorboard", "writers: tensorboard is not installed: pip install tensorboard"),
        ("paper", "paper", r"writers=\('paper',\): a tuple of 'csv', 'tensorboard', 'wandb' is needed"),
    ],
)
def test_a_writer_that_is_not_there_is_said_before_anything_is_done(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: Any, missing: str, message: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ValueError, match=message) as error:
        train(config_for(toy, tmp_path / "run", writers=(writer,)))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()
