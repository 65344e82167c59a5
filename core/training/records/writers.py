"""metrics.jsonl in other places: as a table, in TensorBoard, in Weights & Biases; callbacks that `writers` names."""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.files import write_text_atomically
from core.training.callbacks import Callback, RunInProgress
from core.training.records.metrics_log import METRICS

CSV = "metrics.csv"
TENSORBOARD = "tensorboard"  # folder in the run's directory
WANDB_ID = "wandb.txt"  # which run of theirs a resumed one goes on with
FIRST_COLUMNS = ("kind", "step", "epoch")


def writers_for(names: Sequence[str]) -> list[Callback]:
    """The writers of these names, `TrainConfig.writers`; ValueError, one line, where a library is not installed."""
    known: dict[str, type[Callback]] = {
        "csv": CsvWriter, "tensorboard": TensorBoardWriter, "wandb": WandbWriter
    }  # fmt: skip
    return [known[name]() for name in dict.fromkeys(names)]


def numbers_of(entry: Mapping[str, Any]) -> dict[str, float]:
    """What a line of metrics.jsonl measures, by names like "train/loss" and "validation/segm/AP".

    Empty for lines that are no steps and no validations; figures of single categories are left out.
    """
    room = {"step": "train", "validation": "validation"}.get(entry["kind"])
    return {} if room is None else dict(_numbers(room, entry))


def _numbers(room: str, values: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            if name != "per_category":
                yield from _numbers(room if name == "metrics" else f"{room}/{name}", value)
        elif isinstance(value, int | float) and name not in FIRST_COLUMNS:
            yield f"{room}/{name}", float(value)


class CsvWriter(Callback):
    """metrics.csv beside metrics.jsonl: a row for each step that was logged and for each validation."""

    def __init__(self) -> None:
        self.columns: list[str] = []

    def on_start(self, run: RunInProgress) -> None:
        """Begin with what a resumed run has behind it."""
        if run.processes.is_main:
            self._write_all(run.directory)

    def on_log(self, run: RunInProgress, entry: Mapping[str, object]) -> None:
        numbers = numbers_of(entry)
        if not numbers:
            return
        if not numbers.keys() <= set(self.columns):  # a new column is empty in the rows before
            self._write_all(run.directory)
            return
        with (run.directory / CSV).open("a", encoding="utf-8", newline="") as file:
            self._table(file).writerow(_first(entry) | numbers)

    def _write_all(self, directory: Path) -> None:
        lines = (directory / METRICS).read_text(encoding="utf-8").splitlines()
        entries = [entry for entry in map(json.loads, lines) if numbers_of(entry)]
        rows = [_first(entry) | numbers_of(entry) for entry in entries]
        names = dict.fromkeys(name for row in rows for name in row)
        self.columns = [*FIRST_COLUMNS, *(name for name in names if name not in FIRST_COLUMNS)]
        text = io.StringIO()
        table = self._table(text)
        table.writeheader()
        table.writerows(rows)
        write_text_atomically(directory / CSV, text.getvalue())

    def _table(self, file: Any) -> csv.DictWriter[str]:
        return csv.DictWriter(file, self.columns, restval="", lineterminator="\n")


class TensorBoardWriter(Callback):
    """Event files in the run's folder tensorboard; `tensorboard --logdir` of a folder above shows several runs."""

    def __init__(self) -> None:
        self.library = _library("torch.utils.tensorboard", "tensorboard")
        self.file: Any = None

    def on_start(self, run: RunInProgress) -> None:
        if run.processes.is_main:
            # Of a run that went on after its last checkpoint, what a resumed one does again is dropped.
            purge = run.done + 1 if run.done else None
            self.file = self.library.SummaryWriter(str(run.directory / TENSORBOARD), purge_step=purge)

    def on_log(self, run: RunInProgress, entry: Mapping[str, object]) -> None:
        for name, value in numbers_of(entry).items():
            self.file.add_scalar(name, value, entry["step"])
        self.file.flush()

    def on_end(self, run: RunInProgress, reason: str) -> None:
        if self.file is not None:
            self.file.close()


class WandbWriter(Callback):
    """A run of Weights & Biases with the name of the run's directory; its variables (WANDB_PROJECT …) say where."""

    def __init__(self) -> None:
        self.library = _library("wandb", "wandb")
        self.theirs: Any = None

    def on_start(self, run: RunInProgress) -> None:
        if not run.processes.is_main:
            return
        file = run.directory / WANDB_ID
        known = file.read_text(encoding="utf-8").strip() if run.done and file.is_file() else None
        self.theirs = self.library.init(
            name=run.directory.name, dir=str(run.directory), config=asdict(run.config), id=known, resume="allow"
        )
        write_text_atomically(file, self.theirs.id + "\n")

    def on_log(self, run: RunInProgress, entry: Mapping[str, object]) -> None:
        numbers = numbers_of(entry)
        if numbers:
            self.theirs.log(numbers, step=entry["step"])

    def on_end(self, run: RunInProgress, reason: str) -> None:
        if self.theirs is not None:
            self.theirs.finish(exit_code=int(reason in ("nan", "error")))


def _first(entry: Mapping[str, object]) -> dict[str, Any]:
    return {name: entry[name] for name in FIRST_COLUMNS}


def _library(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ValueError(f"writers: {package} is not installed: pip install {package}, or leave it out") from None
