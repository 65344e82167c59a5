"""The edit history of an image: every change goes through `write`, and undo and redo read it back.

Edits are only ever added. The undo stack is a chain through the rows: `Image.undo_edit` is its top and
`Edit.below` leads to what lay under it; `Image.redo_edit` and the `below` of undo rows are the redo stack.
So undo and redo cost the same after ten edits and after ten thousand, and both are in the history themselves.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.store.errors import ConflictError, NotFoundError
from app.store.instance_state import InstanceState
from app.store.tables import Category, Edit, Image, ImageStatus, Instance


def image_for_writing(session: Session, image_id: int) -> Image:
    """The row of an image, held until the transaction ends; raises NotFoundError."""
    image = session.get(Image, image_id, with_for_update=True)
    if image is None:
        raise NotFoundError(f"there is no image {image_id}")
    return image


def write(
    session: Session,
    image: Image,
    kind: str,
    changed: Mapping[int, InstanceState | None] | None = None,
    created: Sequence[InstanceState] = (),
    status: ImageStatus | None = None,
    request_key: str | None = None,
) -> list[Instance]:
    """Record one edit and carry it out: `changed` maps instance ids to their new state, None deletes.

    Returns the instances that it wrote, those of `created` last. Whatever had been undone before can no
    longer be redone.
    """
    edit, instances = _carry_out(session, image, kind, changed or {}, created, status)
    edit.below, edit.request_key = image.undo_edit, request_key
    session.flush()
    image.undo_edit, image.redo_edit = edit.id, None
    return instances


def carried_out(session: Session, image: Image, request_key: str | None) -> Edit | None:
    """The edit that an earlier request of the same key made: its answer was lost on the way."""
    if request_key is None:
        return None
    return session.scalar(select(Edit).where(Edit.image_id == image.id, Edit.request_key == request_key))


def undo(session: Session, image: Image, request_key: str | None = None) -> None:
    """Take back the last edit that stands; raises ConflictError where there is none."""
    target = session.get(Edit, image.undo_edit) if image.undo_edit is not None else None
    if target is None:
        raise ConflictError(f"there is nothing to undo on image {image.id}")
    edit = _replay(session, image, "undo", target, target.before)
    edit.below, edit.request_key = image.redo_edit, request_key
    session.flush()
    image.undo_edit, image.redo_edit = target.below, edit.id


def redo(session: Session, image: Image, request_key: str | None = None) -> None:
    """Do again what the last undo took back; raises ConflictError where there is nothing."""
    undone = session.get(Edit, image.redo_edit) if image.redo_edit is not None else None
    target = session.get(Edit, undone.target) if undone is not None else None
    if undone is None or target is None:
        raise ConflictError(f"there is nothing to redo on image {image.id}")
    edit = _replay(session, image, "redo", target, target.after)
    edit.request_key = request_key
    image.undo_edit, image.redo_edit = target.id, undone.below


def _replay(session: Session, image: Image, kind: str, target: Edit, side: dict[str, Any]) -> Edit:
    changed: dict[int, InstanceState | None] = {}
    for instance_id, values in side["instances"].items():
        state = InstanceState.from_json(values) if values is not None else None
        if state is not None and state.keypoints:
            # The category may have got other keypoints since.
            category = session.get_one(Category, state.category_id)
            if len(state.keypoints) != 3 * len(category.keypoints):
                state = replace(state, keypoints=[])
        changed[int(instance_id)] = state
    edit, _ = _carry_out(session, image, kind, changed, (), side["status"])
    edit.target = target.id
    return edit


def _carry_out(
    session: Session,
    image: Image,
    kind: str,
    changed: Mapping[int, InstanceState | None],
    created: Sequence[InstanceState],
    status: ImageStatus | None,
) -> tuple[Edit, list[Instance]]:
    now = time.time()
    image.revision += 1
    image.updated = now
    rows = {row.id: row for row in _rows(session, image, changed)}
    before = {str(key): rows[key].state.to_json() if key in rows else None for key in changed}
    after = {str(key): state.to_json() if state is not None else None for key, state in changed.items()}
    written = []
    for instance_id, state in changed.items():
        row = rows.get(instance_id)
        if state is None:
            if row is not None:
                session.delete(row)
            continue
        if row is None:
            row = Instance(id=instance_id, image_id=image.id)
            session.add(row)
        _assign(row, state, image.revision, now)
        written.append(row)
    new_rows = [Instance(image_id=image.id) for _ in created]
    for row, state in zip(new_rows, created, strict=True):
        _assign(row, replace(state, created=now), image.revision, now)
    session.add_all(new_rows)
    session.flush()
    before.update({str(row.id): None for row in new_rows})
    after.update({str(row.id): row.state.to_json() for row in new_rows})
    new_status: ImageStatus = status or image.status
    edit = Edit(
        image_id=image.id,
        revision=image.revision,
        kind=kind,
        before={"status": image.status, "instances": before},
        after={"status": new_status, "instances": after},
        created=now,
    )
    session.add(edit)
    image.status = new_status
    image.uncertainty = session.scalar(
        select(func.avg(1 - Instance.score)).where(Instance.image_id == image.id, Instance.status == "proposed")
    )
    return edit, written + new_rows


def _rows(session: Session, image: Image, ids: Mapping[int, Any]) -> Sequence[Instance]:
    if len(ids) == 1:
        row = session.get(Instance, next(iter(ids)))
        return [row] if row is not None and row.image_id == image.id else []
    if not ids:
        return []
    every = session.scalars(select(Instance).where(Instance.image_id == image.id)).all()
    return [row for row in every if row.id in ids]


def _assign(row: Instance, state: InstanceState, revision: int, now: float) -> None:
    # A history may be older than a field of it: what it does not say stays as it is.
    row.state = state if state.created is not None else replace(state, created=row.created or now)
    row.revision = revision
    row.updated = now
