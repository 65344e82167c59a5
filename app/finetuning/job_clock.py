"""How long a job has worked, over all of its processes: one that was killed, and the next that went on for it."""

from __future__ import annotations

import time
from pathlib import Path

from app.finetuning import job_directory
from app.json_files import read_json, write_json
from core.training.checkpoints import CHECKPOINT
from core.training.records.metrics_log import METRICS

SIGNS = (job_directory.PHASE, METRICS, CHECKPOINT)  # written again and again while a process works


class JobClock:
    """Goes on from where the processes before stopped to write; the time until the next one began is not counted."""

    def __init__(self, directory: Path) -> None:
        """Start it for a process that begins now."""
        path, self._before = directory / job_directory.CLOCK, 0.0
        if path.exists():
            last = read_json(path)
            signs = [file.stat().st_mtime for name in SIGNS if (file := directory / name).exists()]
            self._before = last["worked"] + max(0.0, max(signs, default=0.0) - last["began"])
        self._began = time.time()
        write_json(path, {"worked": self._before, "began": self._began})

    @property
    def seconds(self) -> float:
        """What the job has taken so far."""
        return self._before + time.time() - self._began
