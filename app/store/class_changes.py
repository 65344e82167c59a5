"""Removing classes and merging one into another, on every image that has them."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.messages.message import say
from app.store.categories import add_model_names, find_category, model_names
from app.store.editing.history import image_for_writing, write
from app.store.errors import ConflictError, InvalidFieldError
from app.store.instance_state import InstanceState
from app.store.tables import Image, Instance


def remove_category(session: Session, category_id: int) -> None:
    """Take a class off the list; an undo that brings back an object of it brings it back too.

    Raises ConflictError while instances have it, also on images in the trash.
    """
    category = find_category(session, category_id)
    number = session.scalar(select(func.count()).where(Instance.category_id == category.id)) or 0
    if number:
        raise ConflictError(say("category_used", name=category.name, number=number))
    category.state = "removed"


def merge_category(session: Session, category_id: int, into: int) -> int:
    """Give every object of a class another class, one edit an image, and take the class off the list.

    Names by which models know it lead to the other one from then on. Returns how many objects changed. Raises
    ConflictError where keypoints of the objects would not fit, InvalidFieldError for a class and itself.
    """
    category, target = find_category(session, category_id), find_category(session, into)
    if category.id == target.id:
        raise InvalidFieldError("into", say("category_into_itself", name=category.name))
    rows = session.scalars(select(Instance).where(Instance.category_id == category.id)).all()
    if category.keypoints != target.keypoints and any(row.keypoints for row in rows):
        raise ConflictError(say("keypoints_not_named", name=category.name, other=target.name))
    by_image: dict[int, dict[int, InstanceState | None]] = {}
    removed = set(session.scalars(select(Image.id).where(Image.removed.is_not(None))))
    for row in rows:
        if row.image_id in removed:  # they wait in the trash, without an edit of their own
            row.category_id = target.id
        else:
            by_image.setdefault(row.image_id, {})[row.id] = replace(row.state, category_id=target.id)
    for image_id, changed in by_image.items():
        image = image_for_writing(session, image_id)
        as_reviewed = not image.changed
        write(session, image, "update", changed)
        if as_reviewed and image.status == "reviewed":  # another name for the same is no change of the work
            image.reviewed_edit = image.undo_edit
    add_model_names(target, [category.name, *model_names(category)])
    category.state, category.merged_into = "removed", target.id
    category.name = f"{category.name[:170]} (merged, {category.id})"  # its name is free again
    return len(rows)
