"""metrics.jsonl: what happened in a run, one JSON object a line, readable while it grows."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import torch
from torch import Tensor

from core.files import write_text_atomically

METRICS = "metrics.jsonl"
NEWEST = 0.3  # weight of the newest steps in what a step takes: a machine that got busy says so soon


class MetricsLog:
    """Appends lines to a run's metrics.jsonl; each is on its way to readers when `write` returns.

    Without a directory, in a process that is not the one to write, it does nothing.
    """

    def __init__(self, directory: Path | None, *, keep_until_step: int | None = None) -> None:
        """Begin anew, or go on after `keep_until_step`: lines that a resumed run will write again are dropped."""
        self.file: TextIO | None = None
        if directory is None:
            return
        path = directory / METRICS
        kept: list[str] = []
        if keep_until_step is not None and path.exists():
            kept = [line for line in path.read_text(encoding="utf-8").splitlines() if _before(line, keep_until_step)]
        write_text_atomically(path, "".join(line + "\n" for line in kept))
        self.file = path.open("a", encoding="utf-8")

    def write(self, kind: str, **values: object) -> None:
        """Append one line."""
        if self.file is not None:
            try:
                self.file.write(json.dumps({"kind": kind, **values}, ensure_ascii=False) + "\n")
                self.file.flush()
            except OSError as error:
                raise OSError(error.errno, error.strerror, self.file.name) from None

    def close(self) -> None:
        """Nothing more will be written."""
        if self.file is not None:
            with contextlib.suppress(OSError):  # a full disk was told of when the line was written
                self.file.close()


def _before(line: str, step: int) -> bool:
    """Whether a line tells of something up to `step`; a half-written one and the end of the run before do not."""
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        return False
    return bool(entry.get("kind") == "start" or entry.get("step", step + 1) <= step)


class StepMeter:
    """Losses averaged since the last line, and speed; the device is asked once a line, not once a step."""

    def __init__(self, steps_left: int, images_a_step: int) -> None:
        self.steps_left, self.images_a_step = steps_left, images_a_step
        self.window_began = time.perf_counter()
        self.pace: float | None = None  # seconds a step, the last ones counting most
        self.left_out = 0.0  # seconds
        self.steps = self.window_steps = 0
        self.sums: dict[str, Tensor] = {}

    def add(self, losses: Mapping[str, Tensor]) -> None:
        """Count a step with its losses."""
        self.steps += 1
        self.window_steps += 1
        for name, loss in losses.items():
            self.sums[name] = self.sums[name] + loss.detach() if name in self.sums else loss.detach()

    def leave_out(self, seconds: float) -> None:
        """Time that went into something else than steps, such as validation; the time left still reckons with it."""
        self.window_began += seconds
        self.left_out += seconds

    def summary(self) -> dict[str, float]:
        """Mean losses and speed since the last summary, and an estimate of the seconds left."""
        now = time.perf_counter()
        means = (torch.stack(list(self.sums.values())).float() / self.window_steps).tolist()
        images_per_second = self.window_steps * self.images_a_step / max(1e-9, now - self.window_began)
        pace = (now - self.window_began) / self.window_steps
        self.pace = pace if self.pace is None else (1 - NEWEST) * self.pace + NEWEST * pace
        seconds_left = (self.pace + self.left_out / self.steps) * (self.steps_left - self.steps)
        values = {"loss": sum(means), **dict(zip(self.sums, means, strict=True))}
        self.window_began, self.window_steps, self.sums = now, 0, {}
        return values | {"images_per_second": images_per_second, "eta_seconds": seconds_left}
