"""What a person does to an image: each function is one edit, in the caller's transaction.

Every function that changes an instance takes the revision that its caller last saw, of the instance or of
the whole document, and raises ConflictError where the instance was written since. `fields` are a request's
values: category_id, segmentation, bbox, keypoints, iscrowd, attributes, status. Raises NotFoundError and
InvalidFieldError, in one line each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from app.messages.message import say
from app.roles import Person, check_act
from app.store.categories import class_for_object
from app.store.editing.geometry import checked_flag, checked_keypoints, checked_status, measured_segmentation, new_state
from app.store.editing.history import carried_out, image_for_writing, write
from app.store.errors import ConflictError, InvalidFieldError, NotFoundError
from app.store.instance_state import InstanceState
from app.store.remarks.attributes import with_attributes
from app.store.tables import IMAGE_STATUSES, Category, Edit, Image, ImageStatus, Instance

CONTENT = ("segmentation", "bbox", "keypoints", "iscrowd", "category_id", "extra")  # a change of it is a person's work


def create_instance(
    session: Session, image_id: int, fields: Mapping[str, object], request_key: str | None = None
) -> tuple[Image, Instance]:
    """Add an object to an image."""
    image = image_for_writing(session, image_id)
    if (done := carried_out(session, image, request_key)) is not None:
        return image, instance_of(session, image, int(next(iter(done.after["instances"]))))
    status = checked_status(fields.get("status", "accepted"))
    state = new_state(image, category_of(session, fields.get("category_id")), fields, status=status)
    (instance,) = write(session, image, "create", created=[state], status=begun(image), request_key=request_key)
    return image, instance


def update_instance(
    session: Session,
    image_id: int,
    instance_id: int,
    base_revision: int,
    fields: Mapping[str, object],
    request_key: str | None = None,
) -> tuple[Image, Instance]:
    """Change some fields of an object.

    A person's change makes a prediction "edited" and accepted; where only `status` is given it stays
    "predicted". Another category keeps the keypoints only if it has as many.
    """
    image = image_for_writing(session, image_id)
    if carried_out(session, image, request_key) is not None:
        return image, instance_of(session, image, instance_id)
    instance = instance_of(session, image, instance_id)
    check_revision(image, instance, base_revision)
    new = changed_state(session, image, instance, fields)
    if new == instance.state:
        return image, instance
    (instance,) = write(session, image, "update", {instance_id: new}, status=begun(image), request_key=request_key)
    return image, instance


def changed_state(session: Session, image: Image, instance: Instance, fields: Mapping[str, object]) -> InstanceState:
    """What a person's change of some fields makes of an object; see `update_instance`."""
    old = instance.state
    category = category_of(session, fields.get("category_id", old.category_id))
    new = replace(old, category_id=category.id)
    if "segmentation" in fields or "bbox" in fields:
        segmentation, bbox, area = measured_segmentation(
            fields.get("segmentation", old.segmentation), fields.get("bbox", old.bbox), image.height, image.width
        )
        new = replace(new, segmentation=segmentation, bbox=bbox, area=area)
    if "keypoints" in fields:
        keypoints = checked_keypoints(fields["keypoints"], category.keypoints, image.height, image.width)
        new = replace(new, keypoints=keypoints)
    elif len(new.keypoints) != 3 * len(category.keypoints):
        new = replace(new, keypoints=[])
    if "iscrowd" in fields:
        new = replace(new, iscrowd=checked_flag(fields["iscrowd"], "iscrowd"))
    if "attributes" in fields:
        new = replace(new, extra=with_attributes(new.extra, fields["attributes"]))
    if any(getattr(new, name) != getattr(old, name) for name in CONTENT):
        new = replace(new, status="accepted", source="edited" if new.source == "predicted" else new.source)
    if "status" in fields:
        new = replace(new, status=checked_status(fields["status"]))
    return new


def delete_instance(
    session: Session, image_id: int, instance_id: int, base_revision: int, request_key: str | None = None
) -> Image:
    """Take an object off an image."""
    image = image_for_writing(session, image_id)
    if carried_out(session, image, request_key) is None:
        check_revision(image, instance_of(session, image, instance_id), base_revision)
        write(session, image, "delete", {instance_id: None}, status=begun(image), request_key=request_key)
    return image


def accept_instances(
    session: Session,
    image_id: int,
    score_threshold: float | None = None,
    only: Collection[int] | None = None,
    request_key: str | None = None,
) -> Image:
    """Accept proposals on an image in one edit: those of at least a score, and of the ids in `only`.

    With neither it is those that count for their model; with ids alone all of these.
    """
    image = image_for_writing(session, image_id)
    if carried_out(session, image, request_key) is not None:
        return image
    changed: dict[int, InstanceState | None] = {
        instance.id: replace(instance.state, status="accepted")
        for instance in _proposals(session, image)
        if (only is None or instance.id in only)
        and ((only is not None and score_threshold is None) or instance.counts(score_threshold))
    }
    if changed:
        write(session, image, "accept_all", changed, status=begun(image), request_key=request_key)
    return image


def set_status(
    session: Session,
    image_id: int,
    status: str,
    score_threshold: float | None = None,
    request_key: str | None = None,
    *,
    by_category: Mapping[int, float] | None = None,
) -> Image:
    """Say how far the work on an image is.

    "reviewed" accepts the proposals that are left on it; those below the threshold are removed: the one of their
    class in `by_category`, else `score_threshold`, else that of their model. All of it is one edit, which undo takes
    back. A reviewer who says it of an image that somebody else reviewed accepts that review, which is theirs then.
    Raises NotAllowedError for somebody who may not return a reviewed image.
    """
    wanted = next((known for known in IMAGE_STATUSES if known == status), None)
    if wanted is None:
        raise InvalidFieldError("status", f"status is {status!r}: choose todo, in_progress or reviewed")
    image = image_for_writing(session, image_id)
    if carried_out(session, image, request_key) is not None:
        return image
    if image.status == "reviewed" and status != "reviewed":
        check_act(session.info.get("person"), "return a reviewed image")
    changed: dict[int, InstanceState | None] = {}
    if status == "reviewed":
        for instance in _proposals(session, image):
            stays = instance.counts(score_threshold, by_category)
            changed[instance.id] = replace(instance.state, status="accepted") if stays else None
    person: Person | None = session.info.get("person")
    accepts = (
        status == image.status == "reviewed"
        and person is not None
        and person.has("reviewer")
        and image.reviewed_by not in (None, person.name)
    )
    if changed or status != image.status or image.changed or accepts:
        write(session, image, "status", changed, status=wanted, request_key=request_key)
    return image


def instance_of(session: Session, image: Image, instance_id: int) -> Instance:
    """An instance of this image and no other; raises ConflictError where it was deleted, else NotFoundError."""
    instance = session.get(Instance, instance_id)
    if instance is not None and instance.image_id == image.id:
        return instance
    once_there = select(Edit.id).where(Edit.image_id == image.id, cast(Edit.before, String).like(f'%"{instance_id}":%'))
    if session.scalar(once_there.limit(1)) is not None:
        raise ConflictError(say("deleted_elsewhere", instance=instance_id), instance_id)
    raise NotFoundError(say("no_instance", instance=instance_id, image=image.id))


def category_of(session: Session, category_id: object) -> Category:
    """The category of an id in a request; raises InvalidFieldError."""
    if isinstance(category_id, bool) or not isinstance(category_id, int):
        raise InvalidFieldError("category_id", "category_id is needed: the id of a category of GET /api/categories")
    category = class_for_object(session, category_id)
    if category is None or category.state == "removed":
        raise InvalidFieldError("category_id", say("no_category", category=category_id))
    return category


def _proposals(session: Session, image: Image) -> list[Instance]:
    proposed = select(Instance).where(Instance.image_id == image.id, Instance.status == "proposed")
    return list(session.scalars(proposed.order_by(Instance.id)))


def begun(image: Image) -> ImageStatus:
    """The image's status once a person has worked on it."""
    return "in_progress" if image.status == "todo" else image.status


def check_revision(image: Image, instance: Instance, base_revision: int) -> None:
    """Raise ConflictError where an instance was written since its caller saw it."""
    # An instance's revision is the document revision that wrote it last, so a caller may send either.
    if base_revision > image.revision:
        line = say("ahead_of_image", base=base_revision, image=image.id, revision=image.revision)
        raise ConflictError(line, instance.id)
    if base_revision < instance.revision:
        line = say("changed_elsewhere", instance=instance.id, revision=instance.revision, base=base_revision)
        raise ConflictError(line, instance.id)
