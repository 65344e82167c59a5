"""Fine-tuning jobs: each a process and a directory of its own, which outlive the page and the server.

The directory `<workspace>/runs/<id>/` holds the frozen data, the log and the model. Whether a job runs is
asked of its process, never read from its log. One job trains at a time; the others wait in line.
"""

from __future__ import annotations

import logging
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.finetuning import job_directory
from app.finetuning.held_out import read_split, remember_split
from app.finetuning.interruptions import may_go_on
from app.finetuning.job_view import NO_MESSAGE, JobView, last_error, model_name
from app.finetuning.likeness import HASHES, ImageHashes
from app.finetuning.new_job import fill_directory, prepared_directory, put_in_line
from app.finetuning.plan import choose_epochs, expected_seconds, planned_minutes, useful_epochs
from app.finetuning.reviewed_data import ReviewedData, TooLittleDataError, reviewed_data
from app.finetuning.step_time import MachineSpeed
from app.inference.registry import ModelRegistry
from app.json_files import read_json, write_json
from app.processes import find_process, is_running, signal_process, start_process
from app.store.database import Store
from app.store.errors import ConflictError, InvalidFieldError, NotFoundError
from app.store.image_files import original_path
from app.store.tables import Category, Job

WORKER = "app.finetuning.worker"
SPLIT = "split.json"  # in the folder of all runs: the part that each image was assigned for ever

ACTIVE = ("queued", "running")
MOST_EPOCHS = 1000

TRAINING: dict[str, Any] = {}  # TrainConfig's fields that a fine-tuning changes besides data, model, epochs and device


class FineTuning:
    """The jobs of one workspace. `open` takes up those that an earlier server left, and follows all of them."""

    def __init__(
        self,
        store: Store,
        registry: ModelRegistry,
        *,
        device: str = "auto",
        training: dict[str, object] | None = None,
        kill_after: float = 1.5,
    ) -> None:
        """`training` are TrainConfig fields; `kill_after` is how many seconds a cancelled job may take to stop."""
        self.store = store
        self.registry = registry
        self.device = device
        self.training = TRAINING if training is None else training
        self.kill_after = kill_after
        self.runs = store.workspace / "runs"
        self.runs.mkdir(exist_ok=True)
        self.speed = MachineSpeed(self.runs, device)
        self.hashes = ImageHashes(self.runs / HASHES)
        self._view = JobView(self.runs)
        self._children: dict[int, subprocess.Popen[bytes]] = {}  # by job; asked so that they do not stay as zombies
        self._lock = threading.RLock()
        self._something_to_follow = threading.Event()
        self._closed = threading.Event()
        self._follower: threading.Thread | None = None

    # -- what a person asks ---------------------------------------------------------------------

    def plan(self, base_model: str, categories: Collection[str | int] | None = None) -> dict[str, Any]:
        """What a fine-tuning of `base_model` would learn from, how long it would take, and what is missing for it.

        `missing` is one line or None; `seconds_per_image` and `seconds`, for the number of epochs it
        proposes, are None until a training of this base model has been timed on this machine.
        """
        self.registry.location(base_model)
        with self.store.reading() as session:
            data = self._data(session, categories)
        images = data.image_counts()
        speed = self.speed.of(base_model)
        epochs = useful_epochs(images["train"]) if speed is None else choose_epochs(**images, seconds_per_image=speed)
        return {
            "base_model": base_model,
            "images": {"reviewed": len(data.images), **images},
            "classes": data.class_counts(),
            "missing": data.what_is_missing(),
            "sides": data.sides(),
            "epochs": epochs,
            "seconds_per_image": speed,
            "seconds": None if speed is None else expected_seconds(epochs, **images, seconds_per_image=speed),
        }

    def measure(self, base_model: str) -> None:
        """Time a base model in the background where that has not been done and there is something to train on."""
        location = self.registry.location(base_model)
        with self.store.reading() as session:
            data = self._data(session, None)
            busy = session.scalar(select(Job.id).where(Job.state.in_(ACTIVE)).limit(1)) is not None
            if busy or data.what_is_missing() is not None or self.speed.of(base_model) is not None:
                return

            def prepare(directory: Path) -> None:
                fill_directory(self.store, session, data, self._description(base_model, location, data, 1), directory)

            self.speed.measure(base_model, prepare)

    def start(
        self,
        base_model: str,
        categories: Collection[str | int] | None = None,
        epochs: int | None = None,
        minutes: float | None = None,
        author: str | None = None,
    ) -> dict[str, Any]:
        """Freeze the reviewed images and put a job in line; returns it.

        Without `epochs` their number is chosen from the amount of data and the speed of this machine. With `minutes`
        the job ends when they are over, however many epochs that is; without both it is the time that was planned.
        Raises NotFoundError for an unknown base model, InvalidFieldError for categories or epochs that
        cannot be meant, TooLittleDataError where there is nothing to learn from; nothing is left behind then.
        """
        location = self.registry.location(base_model)
        if epochs is not None and not 1 <= epochs <= MOST_EPOCHS:
            raise InvalidFieldError("epochs", f"epochs is {epochs}: choose 1 to {MOST_EPOCHS}")
        with self._lock:
            with self.store.reading() as session:
                data = self._data(session, categories)
                if (missing := data.what_is_missing()) is not None:
                    raise TooLittleDataError(missing)
                speed = self.speed.of(base_model)
                images = data.image_counts()
                if epochs is None and minutes is not None:
                    epochs = useful_epochs(images["train"])
                elif epochs is None and speed is not None:
                    epochs = choose_epochs(**images, seconds_per_image=speed)
                    minutes = planned_minutes(epochs, **images, seconds_per_image=speed)
                description = self._description(base_model, location, data, epochs) | {"minutes": minutes}
                prepared = prepared_directory(self.store, session, data, description, self.runs)
            job_id = put_in_line(self.store, prepared, description, self.runs, author)
            remember_split(self.runs / SPLIT, data.parts)
        self.speed.give_up()  # the job tells better, and needs the processor
        self._something_to_follow.set()
        return self.job(job_id)

    def cancel(self, job_id: int) -> dict[str, Any]:
        """Stop a job: at once where it waits, else after the step it is in. Raises ConflictError where it has ended."""
        with self._lock, self.store.writing() as session:
            job = _find(session, job_id)
            if job.state == "queued":
                job.state, job.finished = "cancelled", time.time()
            elif job.state == "running":
                cancel_file = self._directory(job) / job_directory.CANCEL
                if not cancel_file.exists():
                    write_json(cancel_file, {"requested": time.time()})
                if job.pid is not None and is_running(job.pid, self._directory(job)):
                    signal_process(job.pid, signal.SIGTERM)
            else:
                raise ConflictError(f"job {job_id} has {job.state} already")
        return self.job(job_id)

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs, the newest first, without their curves."""
        with self.store.reading() as session:
            rows = session.scalars(select(Job).order_by(Job.id.desc())).all()
        return [self._view.summary(row) for row in rows]

    def job(self, job_id: int) -> dict[str, Any]:
        """One job with its curves; raises NotFoundError."""
        with self.store.reading() as session:
            row = _find(session, job_id)
        return self._view.full(row)

    def comparison(self, job_id: int, number: int) -> Path:
        """A picture of a held-out image as both models see it; raises NotFoundError where there is none."""
        path = self.runs / str(job_id) / job_directory.COMPARISON / f"{number}.jpg"
        if self.job(job_id)["state"] != "finished" or not path.is_file():
            raise NotFoundError(f"job {job_id} has no picture {number}")
        return path

    # -- following the processes ----------------------------------------------------------------

    def open(self) -> None:
        """Take up the jobs that are in line or running, and follow them in a thread until `close`."""
        for leftover in self.runs.glob(".new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        self._something_to_follow.set()
        self._follower = threading.Thread(target=self._follow_until_closed, name="fine-tuning", daemon=True)
        self._follower.start()

    def close(self) -> None:
        """Stop following; running jobs go on."""
        self.speed.give_up()
        self._closed.set()
        self._something_to_follow.set()
        if self._follower is not None:
            self._follower.join()

    def follow(self) -> bool:
        """Bring the rows up to date with the processes and start what is next; returns whether a job is active."""
        chosen = select(Job).where(Job.state.in_(ACTIVE)).order_by(Job.id)
        with self.store.reading() as session:
            if session.scalar(chosen.limit(1)) is None:
                return False
        with self._lock, self.store.writing() as session:
            active = session.scalars(chosen).all()
            for job in active:
                if job.state == "running":
                    self._follow_running(session, job)
            waiting = [job for job in active if job.state == "queued"]
            if waiting and not any(job.state == "running" for job in active):
                self._start_process(waiting[0])
            return any(job.state in ACTIVE for job in active)

    def _follow_until_closed(self) -> None:
        while not self._closed.is_set():
            self._something_to_follow.wait()
            self._something_to_follow.clear()
            try:
                if self.follow():
                    self._something_to_follow.set()
            except Exception:  # a database that is busy now may answer a second later
                logging.getLogger(__name__).exception("the fine-tuning jobs could not be followed; trying again")
                self._something_to_follow.set()
            self._closed.wait(1.0)

    def _start_process(self, job: Job) -> None:
        directory = self._directory(job)
        job.state, job.started = "running", job.started or time.time()
        # A server that was killed right after it had started the process never wrote that down.
        job.pid = find_process(WORKER, directory)
        if job.pid is None:
            child = start_process(WORKER, directory, directory / job_directory.OUTPUT)
            self._children[job.id] = child
            job.pid = child.pid

    def _follow_running(self, session: Session, job: Job) -> None:
        directory = self._directory(job)
        if (child := self._children.get(job.id)) is not None:
            child.poll()
        cancel = directory / job_directory.CANCEL
        if job.pid is not None and is_running(job.pid, directory):
            if cancel.exists() and time.time() - read_json(cancel)["requested"] > self.kill_after:
                signal_process(job.pid, signal.SIGKILL)
            return
        self._children.pop(job.id, None)
        job.finished = time.time()
        if (directory / job_directory.RESULT).exists():
            self._finish(session, job, directory)
        elif cancel.exists():
            job.state = "cancelled"
        elif (line := last_error(directory / job_directory.OUTPUT)) == NO_MESSAGE and may_go_on(directory):
            job.finished = None
            self._start_process(job)
        else:
            job.state, job.error = "failed", line

    def _finish(self, session: Session, job: Job, directory: Path) -> None:
        result = read_json(directory / job_directory.RESULT)
        job.state, job.result = "finished", result
        self.registry.add_run(
            session,
            model_name(job.id),
            directory,
            parent=job.config["base_model"],
            metrics={
                "held_out_images": job.config["images"]["held_out"],
                "before": result["before"],
                **(result["after"] or {}),
            },
            categories=read_json(directory / "model.json")["categories"],
            prompts=directory / job_directory.PROMPTS if (result.get("prompts") or {}).get("kept") else None,
        )
        self.speed.record(job.config["base_model"], result["seconds_per_image"])

    def _data(self, session: Session, categories: Collection[str | int] | None) -> ReviewedData:
        ids: list[Any] | None = None
        if categories is not None:
            known = {row.name: row.id for row in session.scalars(select(Category))}
            for name_or_id in categories:
                if name_or_id not in known and name_or_id not in known.values():
                    raise InvalidFieldError("categories", f"there is no category {name_or_id!r}")
            ids = [known.get(str(name_or_id), name_or_id) for name_or_id in categories]
        file_of = partial(original_path, self.store.workspace)
        return reviewed_data(session, read_split(self.runs / SPLIT), ids, partial(self.hashes.groups, file_of=file_of))

    def _description(self, base_model: str, location: str, data: ReviewedData, epochs: int | None) -> dict[str, object]:
        """What `job.json` says."""
        return {
            "base_model": base_model,
            "base_location": location,
            "epochs": epochs,
            "device": self.device,
            "training": self.training,
            "images": data.image_counts(),
            "classes": data.class_counts(),
            "sides": data.sides(),
        }

    def _directory(self, job: Job) -> Path:
        """Where a job lies in this workspace; its row knows where that was when it was started."""
        return self.runs / str(job.id)


def _find(session: Session, job_id: int) -> Job:
    job = session.get(Job, job_id)
    if job is None:
        raise NotFoundError(f"there is no fine-tuning job {job_id}")
    return job
