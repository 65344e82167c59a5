"""A training process that was killed: by the system where memory ran out, or with the machine. It goes on by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.finetuning import job_directory
from app.json_files import read_json, write_json

MOST_WITHOUT_PROGRESS = 3  # a run that dies at the same place each time will do so for ever


def may_go_on(directory: Path) -> bool:
    """Whether the job in `directory`, whose process was killed, is to be taken up from its last checkpoint.

    Counts it. False once it has been killed several times without another checkpoint in between.
    """
    from core.training.checkpoints import CHECKPOINT  # brings torch, which the server does without until it is up

    checkpoint = directory / CHECKPOINT
    reached: int | None = checkpoint.stat().st_mtime_ns if checkpoint.exists() else None
    path = directory / job_directory.INTERRUPTED
    before: dict[str, Any] = read_json(path) if path.exists() else {"times": 0, "checkpoint": None}
    times = before["times"] + 1 if before["checkpoint"] == reached else 1
    write_json(path, {"times": times, "checkpoint": reached})
    return times <= MOST_WITHOUT_PROGRESS
