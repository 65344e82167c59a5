"""What one person left on an image, and what the next one left: read back from the history.

An image has one document, which everybody works on, so there are no two independent annotations of it to compare.
What the store does know is each step: how the image was when somebody took it over, and how it was when they were done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.store.instance_state import InstanceState
from app.store.tables import Category, Edit, Image, Instance

Objects = Mapping[int, InstanceState]  # by instance id


@dataclass(frozen=True)
class Versions:
    """The accepted objects of an image before and after the second person's first visit."""

    first: str  # who left what the second found
    second: str
    before: Objects
    after: Objects


def versions_of(session: Session, image: Image, people: Sequence[str]) -> Versions | None:
    """What the first of two people left on an image and what the other made of it; None where one did nothing there.

    The second's visit ends where anybody else makes an edit. What no person sent (a model's proposals) belongs to
    whoever was at the image.
    """
    steps = session.execute(
        select(Edit.revision, Edit.author).where(Edit.image_id == image.id).order_by(Edit.revision)
    ).all()
    named = [(revision, author) for revision, author in steps if author is not None]
    began: dict[str, int] = {}
    for revision, author in named:
        began.setdefault(author, revision)
    if any(person not in began for person in people):
        return None
    first, second = sorted(people, key=lambda person: began[person])
    begin = end = began[second]
    for revision, author in named:
        if revision > begin:
            if author != second:
                break
            end = revision
    before, after = _objects_after(session, image, (begin - 1, end))
    return Versions(first, second, before, after)


def _objects_after(session: Session, image: Image, revisions: tuple[int, int]) -> tuple[Objects, Objects]:
    """The accepted objects of an image as they were after two revisions, the earlier first.

    Goes back from what is there today, one edit after the other.
    """
    earlier, later = revisions
    now = session.scalars(select(Instance).where(Instance.image_id == image.id))
    states: dict[int, InstanceState] = {row.id: row.state for row in now}
    merged = dict(
        session.execute(select(Category.id, Category.merged_into).where(Category.merged_into.is_not(None))).all()
    )
    rows = session.execute(
        select(Edit.revision, Edit.before)
        .where(Edit.image_id == image.id, Edit.revision > earlier)
        .order_by(Edit.revision.desc())
    ).all()
    after: Objects | None = None
    for revision, before in rows:
        if revision <= later and after is None:
            after = _accepted(states, merged)
        for key, values in before["instances"].items():
            if values is None:
                states.pop(int(key), None)
            else:
                states[int(key)] = InstanceState.from_json(values)
    found = _accepted(states, merged)
    return found, after if after is not None else found


def _accepted(states: Objects, merged: Mapping[int, int | None]) -> Objects:
    return {
        key: replace(state, category_id=_of_today(state.category_id, merged))
        for key, state in states.items()
        if state.status == "accepted"
    }


def _of_today(category_id: int, merged: Mapping[int, int | None]) -> int:
    """The class that a class of an older edit has become."""
    while (into := merged.get(category_id)) is not None:
        category_id = into
    return category_id
