"""How long learning from an image once more takes here: `python -m app.finetuning.step_time DIR` trains on a few."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.finetuning import job_directory
from app.finetuning.job_directory import training_config
from app.finetuning.training_log import TrainingLog
from app.json_files import read_json, write_json
from app.processes import start_process
from core.config import TrainConfig

STEPS = 4
AGAIN = 0.45  # of the time that an image takes at first: on a CPU its features are remembered
SPEEDS = "seconds_per_image.json"
ANSWER = "seconds.json"
PATIENCE = 600.0  # seconds; a machine that needs longer for a few steps is told to train one epoch anyway


def seconds_per_image(config: TrainConfig, scratch: Path) -> float:
    """Seconds of a training step of `config` for each image in it, from a few steps run in `scratch`.

    Of images that were seen before, which a few steps hardly come to: it is worked out from what first looks take.
    """
    from core import train  # brings torch, which the server does without until it is up
    from core.devices import choose_device

    probe = replace(
        config, output=str(scratch), steps=STEPS, val_images=None, val_annotations=None, log_every=1, resume=False
    )
    try:
        train(probe)
        return measured_seconds_per_image(scratch) * (AGAIN if choose_device(config.device).type == "cpu" else 1)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def measured_seconds_per_image(run: Path) -> float:
    """The same from the log of a run that has been made; raises ValueError where it has no steps."""
    speeds = [step["images_per_second"] for step in TrainingLog(run / "metrics.jsonl").refresh().steps]
    if not speeds:
        raise ValueError(f"{run} has no training step to measure")
    return 1 / float(statistics.median(speeds[1:] or speeds))  # the first step warms up


class MachineSpeed:
    """Seconds that one training image takes, for each base model, as last measured; kept in the folder of all runs."""

    def __init__(self, runs: Path, device: str) -> None:
        self.runs = runs
        self.device = device
        self._lock = threading.Lock()
        self._asked: set[str] = set()
        self._child: subprocess.Popen[bytes] | None = None
        self._waiting: threading.Thread | None = None

    def of(self, base_model: str) -> float | None:
        """Seconds an image; None where this base model was never timed here."""
        return self._all().get(self._key(base_model))

    def record(self, base_model: str, seconds: float) -> None:
        """Keep what was measured."""
        with self._lock:
            write_json(self.runs / SPEEDS, self._all() | {self._key(base_model): seconds})

    def measure(self, base_model: str, prepare: Callable[[Path], None]) -> None:
        """Time a base model in the background, once: `prepare` fills the directory of a job for it.

        One at a time, in a process of its own. A measurement that fails leaves the speed unknown.
        """
        with self._lock:
            if base_model in self._asked or self.measuring:
                return
            self._asked.add(base_model)
            directory = self.runs / f".new-{uuid.uuid4().hex}"
            try:
                directory.mkdir()
                prepare(directory)
                self._child = start_process("app.finetuning.step_time", directory, directory / job_directory.OUTPUT)
            except BaseException:
                shutil.rmtree(directory, ignore_errors=True)
                raise
            self._waiting = threading.Thread(
                target=self._wait, args=(base_model, directory, self._child), name="measuring", daemon=True
            )
            self._waiting.start()

    @property
    def measuring(self) -> bool:
        """Whether a measurement is under way."""
        return self._waiting is not None and self._waiting.is_alive()

    def give_up(self) -> None:
        """End a measurement that is under way."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    def _wait(self, base_model: str, directory: Path, child: subprocess.Popen[bytes]) -> None:
        try:
            child.wait(PATIENCE)
            if (directory / ANSWER).exists():
                self.record(base_model, read_json(directory / ANSWER))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def _all(self) -> dict[str, float]:
        path = self.runs / SPEEDS
        return read_json(path) if path.exists() else {}

    def _key(self, base_model: str) -> str:
        return f"{base_model} on {self.device}"


def main() -> None:
    """Measure with the data and the base model of the job in the directory named on the command line."""
    if hasattr(os, "nice"):
        os.nice(5)
    directory = Path(sys.argv[1])
    config = training_config(directory, read_json(directory / job_directory.JOB))
    write_json(directory / ANSWER, seconds_per_image(config, directory / job_directory.MEASURING))


if __name__ == "__main__":
    main()
