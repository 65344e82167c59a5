"""The processes of fine-tuning jobs: begun one after the other, followed, and taken up again where they were killed.

Whether a job runs is asked of its process, never read from its log. A process that was killed, by the system where
memory ran out or with the machine, goes on by itself from its last checkpoint.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.finetuning import job_directory
from app.finetuning.job_view import NO_MESSAGE, last_error, model_name
from app.finetuning.step_time import MachineSpeed
from app.inference.registry import ModelRegistry
from app.json_files import read_json, write_json
from app.processes import find_process, is_running, signal_process, start_process
from app.store.database import Store
from app.store.tables import Job

WORKER = "app.finetuning.worker"
ACTIVE = ("queued", "running")
MOST_WITHOUT_PROGRESS = 3  # a run that dies at the same place each time will do so for ever


class JobFollower:
    """Brings the rows of jobs up to date with their processes; one job trains at a time."""

    def __init__(
        self,
        store: Store,
        registry: ModelRegistry,
        speed: MachineSpeed,
        lock: threading.RLock,
        kill_after: float,
    ) -> None:
        """`lock` is held by whoever changes jobs; a cancelled one is killed after `kill_after` seconds."""
        self._store, self._registry, self._speed, self._lock = store, registry, speed, lock
        self._kill_after = kill_after
        self._children: dict[int, subprocess.Popen[bytes]] = {}  # by job; asked so that they do not stay as zombies
        self._something_to_follow = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Follow in a thread until `close`."""
        self._something_to_follow.set()
        self._thread = threading.Thread(target=self._follow_until_closed, name="fine-tuning", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following; running jobs go on."""
        self._closed.set()
        self._something_to_follow.set()
        if self._thread is not None:
            self._thread.join()

    def look(self) -> None:
        """There is something to follow."""
        self._something_to_follow.set()

    def directory(self, job: Job) -> Path:
        """Where a job lies in this workspace; its row knows where that was when it was started."""
        return self._store.workspace / "runs" / str(job.id)

    def ask_to_stop(self, job: Job) -> None:
        """Let a running job end after the step that it is in."""
        cancel = self.directory(job) / job_directory.CANCEL
        if not cancel.exists():
            write_json(cancel, {"requested": time.time()})
        if job.pid is not None and is_running(job.pid, self.directory(job)):
            signal_process(job.pid, signal.SIGTERM)

    def follow(self) -> bool:
        """Bring the rows up to date with the processes and start what is next; returns whether a job is active."""
        chosen = select(Job).where(Job.state.in_(ACTIVE)).order_by(Job.id)
        with self._store.reading() as session:
            if session.scalar(chosen.limit(1)) is None:
                return False
        with self._lock, self._store.writing() as session:
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
        directory = self.directory(job)
        job.state, job.started = "running", job.started or time.time()
        # A server that was killed right after it had started the process never wrote that down.
        job.pid = find_process(WORKER, directory)
        if job.pid is None:
            child = start_process(WORKER, directory, directory / job_directory.OUTPUT)
            self._children[job.id] = child
            job.pid = child.pid

    def _follow_running(self, session: Session, job: Job) -> None:
        directory = self.directory(job)
        if (child := self._children.get(job.id)) is not None:
            child.poll()
        cancel = directory / job_directory.CANCEL
        if job.pid is not None and is_running(job.pid, directory):
            if cancel.exists() and time.time() - read_json(cancel)["requested"] > self._kill_after:
                signal_process(job.pid, signal.SIGKILL)
            return
        if (ended := self._children.pop(job.id, None)) is not None:
            with suppress(subprocess.TimeoutExpired):
                ended.wait(1.0)  # it may have ended since it was asked above, and would stay as a zombie
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
        self._registry.add_run(
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
        self._speed.record(job.config["base_model"], result["seconds_per_image"])


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
