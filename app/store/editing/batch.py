"""Many objects of one image changed, made and removed in one edit: all of it is carried out, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy.orm import Session

from app.messages.message import say
from app.store.editing.edits import begun, category_of, changed_state, check_revision, instance_of
from app.store.editing.geometry import checked_status, new_state
from app.store.editing.history import carried_out, image_for_writing, write
from app.store.errors import ConflictError, InvalidFieldError
from app.store.instance_state import InstanceState
from app.store.tables import Edit, Image, Instance


def edit_batch(
    session: Session,
    image_id: int,
    create: Collection[Mapping[str, object]] = (),
    update: Mapping[int, tuple[int, Mapping[str, object]]] | None = None,
    delete: Mapping[int, int] | None = None,
    request_key: str | None = None,
) -> tuple[Image, list[Instance], list[Instance]]:
    """Carry out many edits as one, which undo takes back as one; returns what was changed and what was made.

    `create`: the fields of each new object; `update`: base revision and fields by id; `delete`: base revision
    by id. Raises what the edits raise one by one, and InvalidFieldError where an id is in both.
    """
    image = image_for_writing(session, image_id)
    update, delete = update or {}, delete or {}
    if (done := carried_out(session, image, request_key)) is not None:
        return image, *_as_carried_out(session, image, done)
    if both := update.keys() & delete.keys():
        raise InvalidFieldError("delete", f"instance {min(both)} is to be changed and deleted; send one of them")
    changed: dict[int, InstanceState | None] = {}
    for instance_id, (base_revision, fields) in update.items():
        instance = instance_of(session, image, instance_id)
        check_revision(image, instance, base_revision)
        state = changed_state(session, image, instance, fields)
        if state != instance.state:
            changed[instance_id] = state
    for instance_id, base_revision in delete.items():
        check_revision(image, instance_of(session, image, instance_id), base_revision)
        changed[instance_id] = None
    made = [
        new_state(
            image,
            category_of(session, fields.get("category_id")),
            fields,
            status=checked_status(fields.get("status", "accepted")),
        )
        for fields in create
    ]
    created: list[Instance] = []
    if changed or made:
        written = write(session, image, "batch", changed, made, status=begun(image), request_key=request_key)
        created = written[len(written) - len(made) :]
    return image, [instance_of(session, image, instance_id) for instance_id in update], created


def _as_carried_out(session: Session, image: Image, done: Edit) -> tuple[list[Instance], list[Instance]]:
    """What an earlier request of the same key changed and made, as far as it is still there."""
    changed: list[Instance] = []
    created: list[Instance] = []
    for key, state in done.after["instances"].items():
        instance = session.get(Instance, int(key))
        if state is not None and instance is not None and instance.image_id == image.id:
            (changed if done.before["instances"][key] is not None else created).append(instance)
    if sum(done.before["instances"][key] is None for key in done.after["instances"]) != len(created):
        raise ConflictError(say("made_and_deleted"))
    return changed, sorted(created, key=lambda instance: instance.id)
