"""Images that were removed: they wait in the trash, can be brought back, and are gone when it is emptied."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app.messages.message import say
from app.store.database import Store
from app.store.errors import NotFoundError
from app.store.image_files import browser_path, original_path, thumbnail_path
from app.store.tables import Edit, Image, Instance, Job, Note
from app.store.tiles import tiles_path

PURGED_AT_A_TIME = 50  # images; their files are deleted while nobody else can write


def kept_images() -> Select[Image]:
    """The images that are not in the trash."""
    return select(Image).where(Image.removed.is_(None))


def removed_images(session: Session) -> Sequence[Image]:
    """The images in the trash, the last one removed first."""
    return session.scalars(select(Image).where(Image.removed.is_not(None)).order_by(Image.removed.desc())).all()


def removed_json(image: Image) -> dict[str, object]:
    """An image as the trash shows it."""
    return {"image_id": image.id, "file_name": image.file_name, "removed": image.removed}


def remove_image(session: Session, image: Image) -> None:
    """Put an image into the trash with all that is on it; the list, exports and training no longer see it."""
    if image.removed is None:
        image.removed = time.time()


def restore_image(session: Session, image_id: int) -> Image:
    """Bring an image back as it was; raises NotFoundError where there is none, also none in the trash."""
    image = session.get(Image, image_id, with_for_update=True)  # it may be about to go for good
    if image is None:
        raise NotFoundError(say("no_image_in_trash", image=image_id))
    image.removed = None
    return image


def purge(store: Store, image_ids: Sequence[int] | None = None) -> list[int]:
    """Delete images in the trash (all, or those of the ids) for good: rows, history, bytes, copies of ended jobs.

    Returns their ids. Others write in between; what is brought back meanwhile stays. The rows go first, so that a crash
    leaves files that nobody names, never an image without its file. Bytes that another image has too stay.
    """
    with store.reading() as session:
        there = [image.id for image in removed_images(session) if image_ids is None or image.id in image_ids]
    purged: list[int] = []
    with store.writing_at_length() as writing:
        for first in range(0, len(there), PURGED_AT_A_TIME):
            images = _purge_rows(writing.session, there[first : first + PURGED_AT_A_TIME])
            writing.pause(at_once=True)
            # In a turn to write: nobody adds the same bytes meanwhile; `add_image` looks again after it did.
            _unlink_files(writing.session, store.workspace, images)
            purged += [image.id for image in images]
            writing.pause()
    return purged


def _purge_rows(session: Session, image_ids: Sequence[int]) -> Sequence[Image]:
    """Delete the rows of those that still lie in the trash, which it returns."""
    chosen = select(Image).where(Image.id.in_(image_ids), Image.removed.is_not(None)).order_by(Image.removed.desc())
    images = session.scalars(chosen.with_for_update()).all()
    ids = [image.id for image in images]
    for table in (Note, Instance, Edit):
        session.execute(delete(table).where(table.image_id.in_(ids)))
    session.execute(delete(Image).where(Image.id.in_(ids)), execution_options={"synchronize_session": False})
    session.expunge_all()
    return images


def _unlink_files(session: Session, workspace: Path, images: Sequence[Image]) -> None:
    """Delete the files of images whose rows are gone, unless another image has the same bytes."""
    digests = {image.sha256 for image in images}
    shared = set(session.scalars(select(Image.sha256).where(Image.sha256.in_(digests))))
    # A run that goes on needs its copies until it ends.
    ended = [workspace / "runs" / str(job) for job in session.scalars(select(Job.id).where(Job.finished.is_not(None)))]
    for image in images:
        if image.sha256 not in shared:
            for path in (*_files(workspace, image), *(job / "images" / image.sha256 for job in ended)):
                path.unlink(missing_ok=True)


def _files(workspace: Path, image: Image) -> list[Path]:
    return [
        original_path(workspace, image.sha256),
        thumbnail_path(workspace, image.sha256),
        tiles_path(workspace, image.sha256),
        browser_path(workspace, image.sha256, image.media_type, image.converted),
    ]
