"""metrics.jsonl: what happened in a run, one JSON object a line, readable while it grows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.training.checkpoints import write_atomically

METRICS = "metrics.jsonl"


class MetricsLog:
    """Appends lines to a run's metrics.jsonl; each is on its way to readers when `write` returns."""

    def __init__(self, directory: Path, *, keep_until_step: int | None = None) -> None:
        """Begin anew, or go on after `keep_until_step`: lines that a resumed run will write again are dropped."""
        path = directory / METRICS
        kept: list[str] = []
        if keep_until_step is not None and path.exists():
            kept = [line for line in path.read_text(encoding="utf-8").splitlines() if _before(line, keep_until_step)]
        write_atomically(path, lambda new: new.write_text("".join(line + "\n" for line in kept), encoding="utf-8"))
        self.file = path.open("a", encoding="utf-8")

    def write(self, kind: str, **values: Any) -> None:
        """Append one line."""
        self.file.write(json.dumps({"kind": kind, **values}, ensure_ascii=False) + "\n")
        self.file.flush()

    def close(self) -> None:
        """Nothing more will be written."""
        self.file.close()


def _before(line: str, step: int) -> bool:
    """Whether a line tells of something up to `step`; a half-written one and the end of the run before do not."""
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        return False
    return entry.get("kind") == "start" or entry.get("step", step + 1) <= step
