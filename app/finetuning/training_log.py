"""A training run's metrics.jsonl, read line by line while it grows."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CURVE_POINTS = 500  # a browser draws this many without a stutter


class TrainingLog:
    """What a run has written so far; `refresh` reads only what is new since the last call."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._forget()

    def _forget(self) -> None:
        self._offset = 0
        self.start: dict[str, Any] | None = None
        self.steps: list[dict[str, Any]] = []
        self.validations: list[dict[str, Any]] = []
        self.end: dict[str, Any] | None = None

    def refresh(self) -> TrainingLog:
        """Read the lines that were completed since the last call; a line still being written is left for the next."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            return self
        if size < self._offset:  # the run began anew in the same directory
            self._forget()
        with self.path.open("rb") as file:
            file.seek(self._offset)
            complete, newline, _ = file.read().rpartition(b"\n")
        self._offset += len(complete) + len(newline)
        for line in complete.splitlines():
            if line.strip():
                self._add(json.loads(line))
        return self

    def _add(self, entry: dict[str, object]) -> None:
        kind = entry.get("kind")
        if kind == "start":
            self.start = entry
        elif kind == "step":
            self.steps.append(entry)
        elif kind == "validation":
            self.validations.append(entry)
        elif kind == "end":
            self.end = entry

    @property
    def progress(self) -> float:
        """The fraction of the run's steps that are done, 0 to 1."""
        if self.start is None or not self.steps:
            return 0.0
        last = self.steps[-1]
        return min(1.0, float(last["step"]) / max(1, int(last.get("steps_total", self.start["steps_total"]))))

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the last step by the run's own estimate, less the time since it was written; None before it."""
        if not self.steps or self.steps[-1].get("eta_seconds") is None:
            return None
        age = time.time() - self.path.stat().st_mtime
        return max(0.0, float(self.steps[-1]["eta_seconds"]) - age)

    @property
    def steps_an_epoch(self) -> float | None:
        """How many steps one pass over the images takes; None before the run has begun."""
        if self.start is None or not self.start.get("epochs"):
            return None
        return float(self.start["steps_total"]) / float(self.start["epochs"])

    def loss_curve(self, points: int = CURVE_POINTS) -> list[dict[str, float]]:
        """`{"step", "loss"}` at most `points` times: of the images alone, the mean over equally many steps each."""
        return [
            {"step": bucket[-1]["step"], "loss": sum(map(_loss_on_images, bucket)) / len(bucket)}
            for bucket in _buckets(self.steps, points)
        ]

    def precision_curve(self, points: int = CURVE_POINTS) -> list[dict[str, Any]]:
        """`{"epoch", "step", "bbox", "segm"}` of every validation: AP and AP50 of boxes and masks, 0 to 1."""
        curve = []
        for bucket in _buckets(self.validations, points):
            entry = bucket[-1]
            point = {"epoch": entry["epoch"], "step": entry["step"]}
            for task in ("bbox", "segm"):
                if task in entry["metrics"]:
                    point[task] = {name: entry["metrics"][task][name] for name in ("AP", "AP50")}
            curve.append(point)
        return curve


def _loss_on_images(entry: dict[str, Any]) -> float:
    """The loss of a step without what keeps the base's classes: that says nothing of what is learned."""
    return float(entry["loss"] - sum(value for name, value in entry.items() if name.startswith("distil_")))


def _buckets(entries: Sequence[dict[str, object]], count: int) -> list[Sequence[dict[str, Any]]]:
    """`entries` in order, cut into at most `count` runs of equal length."""
    size = max(1, -(-len(entries) // count))
    return [entries[first : first + size] for first in range(0, len(entries), size)]
