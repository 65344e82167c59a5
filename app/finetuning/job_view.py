"""Jobs as the data plane and the page show them: a row of the store, and what the job's directory says."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, TypedDict

from app.finetuning import job_directory
from app.finetuning.reviewed_data import ClassCount, SideCounts
from app.finetuning.training_log import TrainingLog
from app.json_files import read_json
from app.messages.message import say
from app.store.tables import Job

NO_MESSAGE = say("no_message")


class JobSummary(TypedDict):
    """A job without its curves. Times are seconds since 1970, `progress` is 0..1."""

    id: int
    state: str
    cancelling: bool
    phase: str | None
    base_model: str
    model: str | None  # that it made
    epochs: int | None
    images: SideCounts
    classes: list[ClassCount]
    progress: float
    seconds_left: float | None
    seconds: float | None
    created: float
    started: float | None
    finished: float | None
    error: str | None
    author: str | None
    result: dict[str, Any] | None  # figures before and after, of a finished one


class JobCurves(TypedDict):
    """What a job logged so far."""

    loss: list[dict[str, float]]
    precision: list[dict[str, Any]]


class FullJob(JobSummary):
    """A job with its curves."""

    curves: JobCurves
    steps_an_epoch: float | None


class JobView:
    """Reads the logs of jobs, each line once however often it is asked."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs  # the folder of the jobs' directories
        self._logs: dict[int, TrainingLog] = {}

    def log(self, job: Job) -> TrainingLog:
        """The training log of a job, as far as it is written."""
        known = self._logs.setdefault(job.id, TrainingLog(self.runs / str(job.id) / "metrics.jsonl"))
        return known.refresh()

    def summary(self, job: Job) -> JobSummary:
        """A job without its curves."""
        directory = self.runs / str(job.id)
        description = job.config
        running = job.state == "running"
        log = self.log(job)
        return {
            "id": job.id,
            "state": job.state,
            "cancelling": running and (directory / job_directory.CANCEL).exists(),
            "phase": _read_or(directory / job_directory.PHASE, {"phase": say("starting")})["phase"]
            if running
            else None,
            "base_model": description["base_model"],
            "model": model_name(job.id) if job.state == "finished" else None,
            "epochs": _read_or(directory / job_directory.JOB, description)["epochs"],
            "images": description["images"],
            "classes": description["classes"],
            "progress": 1.0 if job.state == "finished" else log.progress,
            "seconds_left": log.seconds_left if running else None,
            "seconds": ((job.finished or time.time()) - job.started) if job.started else None,
            "created": job.created,
            "started": job.started,
            "finished": job.finished,
            "error": job.error,
            "author": job.author,
            "result": job.result,
        }

    def full(self, job: Job) -> FullJob:
        """A job with its curves of loss and of average precision."""
        log = self.log(job)
        curves: JobCurves = {"loss": log.loss_curve(), "precision": log.precision_curve()}
        return {**self.summary(job), "curves": curves, "steps_an_epoch": log.steps_an_epoch}


def model_name(job_id: int) -> str:
    """What the version that a job makes is called."""
    return f"fine-tuned-{job_id}"


def last_error(output: Path) -> str:
    """Why a job failed, in one line: the last error that its process printed."""
    try:
        lines = output.read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return NO_MESSAGE
    for line in reversed(lines):
        if (error := re.match(r"(?:error|([\w.]+(?:Error|Exception))): (.+)", line)) is not None:
            return error[2].strip() if error[1] is None else error[0].strip()
    return NO_MESSAGE


def _read_or(path: Path, otherwise: object) -> Any:
    try:
        return read_json(path)
    except FileNotFoundError:
        return otherwise
