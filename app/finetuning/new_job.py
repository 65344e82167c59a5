"""A new job: its directory with all that it needs, then its row; both are there afterwards or neither."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from sqlalchemy.orm import Session

from app.finetuning import job_directory
from app.finetuning.reviewed_data import ReviewedData, write_snapshot
from app.json_files import write_json
from app.store.database import Store
from app.store.image_files import original_path
from app.store.tables import Job


def fill_directory(
    store: Store, session: Session, data: ReviewedData, description: dict[str, object], directory: Path
) -> None:
    """Write the data, as read in this session, and what is to be done with it into an empty directory."""
    write_snapshot(session, data, directory, lambda image: original_path(store.workspace, image.sha256))
    write_json(directory / job_directory.JOB, description)


def prepared_directory(
    store: Store, session: Session, data: ReviewedData, description: dict[str, object], runs: Path
) -> Path:
    """The filled directory of a job that has no number yet."""
    new = runs / f".new-{uuid.uuid4().hex}"
    try:
        new.mkdir()
        fill_directory(store, session, data, description, new)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    return new


def put_in_line(
    store: Store, prepared: Path, description: dict[str, object], runs: Path, author: str | None = None
) -> int:
    """Give a prepared job its number and its row."""
    try:
        with store.writing() as session:
            job = Job(directory="", config=description, author=author)
            session.add(job)
            session.flush()
            directory = runs / str(job.id)
            shutil.rmtree(directory, ignore_errors=True)  # of a row that was never committed
            prepared.rename(directory)
            job.directory = str(directory)
            return job.id
    except BaseException:
        shutil.rmtree(prepared, ignore_errors=True)
        raise
