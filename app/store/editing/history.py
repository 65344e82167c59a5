"""The edit history of an image: every change goes through `write`, and undo and redo read it back.

Edits are only ever added. The undo stack is a chain through the rows: `Image.undo_edit` is its top and
`Edit.below` leads to what lay under it; `Image.redo_edit` and the `below` of undo rows are the redo stack.
So undo and redo cost the same after ten edits and after ten thousand, and both are in the history themselves.

Where several people are at an image, each takes back their own: the session knows its sender (`Store.sent_by`),
and what lies on the chain between them and their last edit stays.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.messages.message import say
from app.roles import Person, check_act, check_takes_back
from app.store.categories import class_for_object, keep_class
from app.store.errors import ConflictError, NotFoundError, OthersEditError
from app.store.instance_state import InstanceState
from app.store.tables import Category, Edit, Image, ImageStatus, Instance, counted

# Edits that write no objects of their own: who wrote these is said by the history or the file.
_BRINGS_AUTHORS = ("undo", "redo", "import")


def image_for_writing(session: Session, image_id: int) -> Image:
    """The row of an image, held until the transaction ends; raises NotFoundError."""
    image = session.get(Image, image_id, with_for_update=True)
    if image is None or image.removed is not None:
        raise NotFoundError(say("no_image", image=image_id))
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
    if _is_review(edit):
        image.reviewed_edit, image.reviewed_by = edit.id, edit.author
    return instances


def _is_review(edit: Edit) -> bool:
    """Whether an edit marks its image reviewed, for the first time or again."""
    return edit.after["status"] == "reviewed" and (edit.kind == "status" or edit.before["status"] != "reviewed")


def carried_out(session: Session, image: Image, request_key: str | None) -> Edit | None:
    """The edit that an earlier request of the same key made: its answer was lost on the way."""
    if request_key is None:
        return None
    return session.scalar(select(Edit).where(Edit.image_id == image.id, Edit.request_key == request_key))


def standing_edits(session: Session, image: Image, kinds: Sequence[str]) -> Sequence[Edit]:
    """The edits of these kinds on an image that nobody has taken back, the newest first."""
    links = select(Edit.id, Edit.below).where(Edit.image_id == image.id)
    below = {row.id: row.below for row in session.execute(links)}
    standing, at = set(), image.undo_edit
    while at is not None:
        standing.add(at)
        at = below[at]
    wanted = select(Edit).where(Edit.image_id == image.id, Edit.kind.in_(kinds)).order_by(Edit.revision.desc())
    return [edit for edit in session.scalars(wanted) if edit.id in standing]


def undo(session: Session, image: Image, request_key: str | None = None, *, anyones: bool = False) -> None:
    """Take back the last edit of the session's sender that stands; `anyones`: the last one, whose ever it is.

    What nobody sent (the model's proposals, an older history) belongs to everybody, and a sender without a name
    takes the last edit. Raises ConflictError where there is none, and where somebody else has changed since what
    it would put back; OthersEditError where all that stands is somebody else's.
    """
    target, above = _last_of(session, image, image.undo_edit, anyones)
    if target is None:
        raise ConflictError(say("nothing_to_undo", image=image.id))
    _check_may_take(session, target)
    edit = _replay(session, image, "undo", target, back=True, others_since=above is not None)
    edit.below, edit.request_key = image.redo_edit, request_key
    session.flush()
    if above is None:
        image.undo_edit = target.below
        if _is_review(target):  # what was reviewed before it is so again
            image.reviewed_edit = target.before.get("reviewed_edit", image.reviewed_edit)
    else:
        above.below = target.below
    image.redo_edit = edit.id


def redo(session: Session, image: Image, request_key: str | None = None, *, anyones: bool = False) -> None:
    """Do again what the last undo of the session's sender took back; raises as `undo` does."""
    undone, above = _last_of(session, image, image.redo_edit, anyones)
    target = session.get(Edit, undone.target) if undone is not None else None
    if undone is None or target is None:
        raise ConflictError(say("nothing_to_redo", image=image.id))
    _check_may_take(session, target)
    edit = _replay(session, image, "redo", target, back=False, others_since=above is not None)
    edit.request_key = request_key
    if above is None:
        image.redo_edit = undone.below
    else:
        above.below = undone.below
    target.below, image.undo_edit = image.undo_edit, target.id
    if image.status == "reviewed" and _is_review(target):
        image.reviewed_edit = target.id


def _last_of(session: Session, image: Image, top: int | None, anyones: bool) -> tuple[Edit | None, Edit | None]:
    """The uppermost edit of a stack that the session's sender may take, and the one right above it, if any."""
    edit = session.get(Edit, top) if top is not None else None
    sender = session.info.get("sender")
    if edit is None or anyones or not sender or edit.sender in (sender, None):
        return edit, None
    links = select(Edit.id, Edit.below, Edit.sender).where(Edit.image_id == image.id)
    chain = {row.id: (row.below, row.sender) for row in session.execute(links)}
    above, at = edit.id, edit.below
    while at is not None and chain[at][1] not in (sender, None):
        above, at = at, chain[at][0]
    if at is None:
        raise OthersEditError(say("others_edits", image=image.id))
    return session.get_one(Edit, at), session.get_one(Edit, above)


def _check_may_take(session: Session, target: Edit) -> None:
    """Raise NotAllowedError where the role of the session's person is too low to take an edit back, or do it again."""
    person: Person | None = session.info.get("person")
    if target.kind == "import":
        check_act(person, "take back an import")
    else:
        check_takes_back(person, target.author)


def _replay(session: Session, image: Image, kind: str, target: Edit, *, back: bool, others_since: bool) -> Edit:
    wanted, standing = (target.before, target.after) if back else (target.after, target.before)
    changed: dict[int, InstanceState | None] = {}
    for instance_id, values in wanted["instances"].items():
        state = InstanceState.from_json(values) if values is not None else None
        if state is not None:
            category = class_of_history(session, state.category_id)
            state = replace(state, category_id=category.id)
            if len(state.keypoints) != 3 * len(category.keypoints):  # it may have got others since
                state = replace(state, keypoints=[])
        changed[int(instance_id)] = state
    status = wanted["status"]
    if others_since:
        _check_untouched(session, image, kind, standing["instances"])
        # Their work has gone on: only a status that was what the edit was about is put back.
        status = status if target.kind == "status" and image.status == standing["status"] else image.status
    edit, _ = _carry_out(session, image, kind, changed, (), status)
    edit.target = target.id
    # Who reviewed it is who did so then, not who takes something back now; an older history does not say.
    if image.status == "reviewed" and back and not others_since:
        image.reviewed_by = target.before.get("reviewed_by", image.reviewed_by)
    elif image.status == "reviewed" and not back and _is_review(target):
        image.reviewed_by = target.author
    return edit


def _check_untouched(session: Session, image: Image, kind: str, left: Mapping[str, Any]) -> None:
    """Raise ConflictError where an instance is no longer as the edit left it."""
    now = {row.id: row.state.to_json() for row in _rows(session, image, dict.fromkeys(map(int, left)))}
    for key, values in left.items():
        found, expected = now.get(int(key)), values
        if found is not None and expected is not None:  # a history may be older than a field
            found = {name: value for name, value in found.items() if name in expected and name != "created"}
            expected = {name: value for name, value in expected.items() if name in found}
        if found != expected:
            done = "object_deleted_since" if found is None else "object_changed_since"
            raise ConflictError(say(done, act=kind), int(key))


def _carry_out(
    session: Session,
    image: Image,
    kind: str,
    changed: Mapping[int, InstanceState | None],
    created: Sequence[InstanceState],
    status: ImageStatus | None,
) -> tuple[Edit, list[Instance]]:
    now = time.time()
    person: Person | None = session.info.get("person")
    author = person.name if person is not None else None
    if kind not in _BRINGS_AUTHORS:
        changed = {key: state and replace(state, author=author) for key, state in changed.items()}
        created = [replace(state, author=author) for state in created]
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
    _keep_classes(session, [row.state for row in (*written, *new_rows)])
    edit = Edit(
        image_id=image.id,
        revision=image.revision,
        kind=kind,
        before={
            "status": image.status,
            "reviewed_by": image.reviewed_by,
            "reviewed_edit": image.reviewed_edit,
            "instances": before,
        },
        after={"status": new_status, "instances": after},
        sender=session.info.get("sender"),
        author=author,
        created=now,
    )
    session.add(edit)
    if new_status != "reviewed":
        image.reviewed_by = None
    elif image.status != "reviewed":
        image.reviewed_by = author
    image.status = new_status
    image.uncertainty = session.scalar(
        select(func.avg(1 - Instance.score)).where(
            Instance.image_id == image.id, Instance.status == "proposed", counted()
        )
    )
    return edit, written + new_rows


def class_of_history(session: Session, category_id: int) -> Category:
    """The class that an object of an older edit has today: merged ones lead on, removed ones come back."""
    category = class_for_object(session, category_id)
    while category is not None and category.merged_into is not None:
        category = class_for_object(session, category.merged_into)
    assert category is not None  # a row of a class is never deleted
    if category.state == "removed":
        category.state = "kept"
    return category


def _keep_classes(session: Session, states: Sequence[InstanceState]) -> None:
    """A class that a model suggested is a person's from the first object of it on that somebody accepts."""
    accepted = {state.category_id for state in states if state.status == "accepted"}
    suggested = select(Category).where(Category.id.in_(accepted), Category.state == "suggested")
    for category in session.scalars(suggested).all():
        keep_class(session, category)


def _rows(session: Session, image: Image, ids: Mapping[int, object]) -> Sequence[Instance]:
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
    row.revision, row.updated = revision, now
