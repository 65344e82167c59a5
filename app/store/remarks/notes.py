"""Notes on an image or on one of its objects: what a second pair of eyes has to say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from app.messages.message import say
from app.store.editing.edits import instance_of
from app.store.errors import InvalidFieldError, NotFoundError
from app.store.tables import Image, Instance, Note

LONGEST_NOTE = 2000


def add_note(
    session: Session, image: Image, text: str, instance_id: int | None = None, *, returned: bool = False
) -> Note:
    """Write a note on an image or on an object of it; `returned` says that the image goes back with it.

    Raises InvalidFieldError for a note without words, NotFoundError or ConflictError for an object that is not there.
    """
    words = text.strip()
    if not words or len(words) > LONGEST_NOTE:
        raise InvalidFieldError("note", say("note_words", most=LONGEST_NOTE))
    if instance_id is not None:
        instance_of(session, image, instance_id)
    person = session.info.get("person")
    note = Note(
        image_id=image.id,
        instance_id=instance_id,
        text=words,
        returned=returned,
        author=person.name if person is not None else None,
    )
    session.add(note)
    session.flush()
    return note


def find_note(session: Session, image: Image, note_id: int) -> Note:
    """The note of an id on this image; raises NotFoundError."""
    note = session.get(Note, note_id)
    if note is None or note.image_id != image.id:
        raise NotFoundError(say("no_note", note=note_id, image=image.id))
    return note


def notes_of(session: Session, image: Image) -> list[dict[str, object]]:
    """The notes on an image and on the objects that are on it now, the oldest first."""
    rows = session.scalars(select(Note).where(Note.image_id == image.id, _stands()).order_by(Note.id))
    return [note_json(note) for note in rows]


def note_json(note: Note) -> dict[str, object]:
    """A note as the data plane shows it."""
    return {
        "id": note.id,
        "instance": note.instance_id,
        "text": note.text,
        "returned": note.returned,
        "done": note.done,
        "author": note.author,
        "created": note.created,
    }


def settle_returns(session: Session, image: Image) -> None:
    """What an image went back for is done: it is reviewed."""
    for note in session.scalars(select(Note).where(Note.image_id == image.id, Note.returned, Note.done.is_(False))):
        note.done = True


def is_noted() -> ColumnElement[bool]:
    """Of images: whether a note on them is open."""
    return exists().where(Note.image_id == Image.id, Note.done.is_(False), _stands())


def is_returned() -> ColumnElement[bool]:
    """Of images: whether they went back with a note, and were not reviewed since."""
    return (Image.status != "reviewed") & exists().where(Note.image_id == Image.id, Note.done.is_(False), Note.returned)


def open_notes(session: Session, image_ids: Iterable[int]) -> dict[int, tuple[int, bool]]:
    """For each image with open notes, how many there are, and whether one of them sent it back."""
    rows: Sequence[Any] = session.execute(
        select(Note.image_id, func.count(), func.max(cast(Note.returned, Integer)))
        .where(Note.image_id.in_(list(image_ids)), Note.done.is_(False), _stands())
        .group_by(Note.image_id)
    ).all()
    return {image_id: (number, bool(returned)) for image_id, number, returned in rows}


def _stands() -> ColumnElement[bool]:
    """Whether what a note is on is there: an object may be deleted, and come back by an undo."""
    return or_(Note.instance_id.is_(None), exists().where(Instance.id == Note.instance_id))
