"""metrics.jsonl in other places: each writer says what the log says, after a break too."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping
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


@pytest.fixture
def tensorboard(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """In place of the library: what a SummaryWriter is asked to do."""
    calls: list[Any] = []

    class SummaryWriter:
        def __init__(self, folder: str, purge_step: int | None) -> None:
            calls.append(("open", Path(folder).name, purge_step))

        def add_scalar(self, name: str, value: float, step: int) -> None:
            calls.append((name, value, step))

        def flush(self) -> None:
            pass

        def close(self) -> None:
            calls.append("close")

    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = SummaryWriter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    return calls


def test_tensorboard_gets_each_number_at_its_step_and_forgets_what_is_done_again(
    toy: Path, tmp_path: Path, tensorboard: list[Any]
) -> None:
    config = config_for(toy, tmp_path / "run", writers=("tensorboard",))
    train(config, callbacks=[Stops()])
    train(replace(config, resume=True))
    scalars = [call for call in tensorboard if call != "close" and call[0] != "open"]
    expected = [(name, value, step) for step, numbers in measured(tmp_path / "run") for name, value in numbers.items()]
    assert scalars == expected
    assert [call for call in tensorboard if call == "close" or call[0] == "open"] == [
        ("open", "tensorboard", None), "close", ("open", "tensorboard", 2), "close"
    ]  # fmt: skip


def test_weights_and_biases_gets_each_line_and_goes_on_with_its_run(
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
        ("paper", "paper", "writers: 'paper' is not known; choose among csv, tensorboard, wandb"),
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
