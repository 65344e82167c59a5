"""Fine-tuning jobs: each a process and a directory of its own, which outlive the page and the server.

The directory `<workspace>/runs/<id>/` holds the frozen data, the log and the model. Whether a job runs is
asked of its process, never read from its log. One job trains at a time; the others wait in line.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.finetuning import job_directory
from app.finetuning.held_out import read_split, remember_split
from app.finetuning.job_processes import ACTIVE, JobFollower
from app.finetuning.job_view import FullJob, JobSummary, JobView
from app.finetuning.likeness import HASHES, ImageHashes
from app.finetuning.new_job import fill_directory, prepared_directory, put_in_line
from app.finetuning.plan import choose_epochs, expected_seconds, planned_minutes, useful_epochs
from app.finetuning.reviewed_data import ClassCount, ReviewedData, SideCounts, TooLittleDataError, reviewed_data
from app.finetuning.step_time import MachineSpeed
from app.inference.registry import ModelRegistry
from app.messages.message import say
from app.store.database import Store
from app.store.errors import ConflictError, InvalidFieldError, NotFoundError
from app.store.image_files import original_path
from app.store.tables import Category, Job

SPLIT = "split.json"  # in the folder of all runs: the part that each image was assigned for ever

MOST_EPOCHS = 1000

# TrainConfig's fields that a fine-tuning changes besides data, model, epochs and device.
TRAINING: dict[str, object] = {}


class ImageCounts(SideCounts):
    """All that are reviewed, and what becomes of them."""

    reviewed: int


class Plan(TypedDict):
    """What a fine-tuning would learn from, how long it would take, and what is missing for it."""

    base_model: str
    images: ImageCounts
    classes: list[ClassCount]
    missing: str | None  # one line
    sides: list[list[str]]  # classes that only their side tells apart
    staying: list[str]  # classes of the base model with too few objects to learn from
    epochs: int
    seconds_per_image: float | None
    seconds: float | None


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
        self.runs = store.workspace / "runs"
        self.runs.mkdir(exist_ok=True)
        self.speed = MachineSpeed(self.runs, device)
        self.hashes = ImageHashes(self.runs / HASHES)
        self._view = JobView(self.runs)
        self._lock = threading.RLock()
        self._follower = JobFollower(store, registry, self.speed, self._lock, kill_after)

    # -- what a person asks ---------------------------------------------------------------------

    def plan(self, base_model: str, categories: Collection[str | int] | None = None) -> Plan:
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
            "staying": data.staying(self.registry.learned_classes(base_model)),
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
    ) -> FullJob:
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
        self._follower.look()
        return self.job(job_id)

    def cancel(self, job_id: int) -> FullJob:
        """Stop a job: at once where it waits, else after the step it is in. Raises ConflictError where it has ended."""
        with self._lock, self.store.writing() as session:
            job = _find(session, job_id)
            if job.state == "queued":
                job.state, job.finished = "cancelled", time.time()
            elif job.state == "running":
                self._follower.ask_to_stop(job)
            else:
                raise ConflictError(say("job_over", job=job_id, state=job.state))
        return self.job(job_id)

    def jobs(self) -> list[JobSummary]:
        """All jobs, the newest first, without their curves."""
        with self.store.reading() as session:
            rows = session.scalars(select(Job).order_by(Job.id.desc())).all()
        return [self._view.summary(row) for row in rows]

    def job(self, job_id: int) -> FullJob:
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

    def open(self) -> None:
        """Take up the jobs that are in line or running, and follow them in a thread until `close`."""
        for leftover in self.runs.glob(".new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        self._follower.open()

    def close(self) -> None:
        """Stop following; running jobs go on."""
        self.speed.give_up()
        self._follower.close()

    def follow(self) -> bool:
        """Look at the processes once, as the thread does; returns whether a job is active."""
        return self._follower.follow()

    # -- what a job is made of ------------------------------------------------------------------

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
            "accepted": list(data.accepted),
            "sides": data.sides(),
        }


def _find(session: Session, job_id: int) -> Job:
    job = session.get(Job, job_id)
    if job is None:
        raise NotFoundError(say("no_job", job=job_id))
    return job
