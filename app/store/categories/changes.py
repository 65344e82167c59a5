"""Removing classes and merging one into another, on every image that has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.messages.message import say
from app.store.categories import add_model_names, class_for_object, find_category, has_keypoints, model_names
from app.store.editing.history import write
from app.store.errors import ConflictError, InvalidFieldError
from app.store.instance_state import InstanceState
from app.store.tables import Category, Image, Instance

IMAGES_AT_A_TIME = 50  # whose objects are read together, and changed image by image


def remove_category(session: Session, category_id: int) -> None:
    """Take a class off the list; an undo that brings back an object of it brings it back too.

    Raises ConflictError while instances have it, also on images in the trash.
    """
    category = _held(session, category_id)
    number = session.scalar(select(func.count()).where(Instance.category_id == category.id)) or 0
    if number:
        raise ConflictError(say("category_used", name=category.name, number=number))
    category.state = "removed"


def merge_category(session: Session, category_id: int, into: int, pause: Callable[..., bool] | None = None) -> int:
    """Give every object of a class another class, one edit an image, and take the class off the list.

    Names by which models know it lead to the other one from then on. Returns how many objects changed. `pause` is
    called between images (`LongWriting.pause`): what was changed by then stays where it is cut off, and merging once
    more changes the rest. Raises ConflictError where keypoints of the objects would not fit, InvalidFieldError for a
    class and itself.
    """
    changed = 0
    while True:
        class_for_object(session, into)
        category, target = find_category(session, category_id), find_category(session, into)
        if category.id == target.id:
            raise InvalidFieldError("into", say("category_into_itself", name=category.name))
        if category.keypoints != target.keypoints and has_keypoints(session, category):
            raise ConflictError(say("keypoints_not_named", name=category.name, other=target.name))
        images = _images_with(session, category)
        if not images:
            # After those who have just drawn one: they may wait for images, of which none is held here.
            _held(session, category_id)
            if not _images_with(session, category):
                break
            if pause is not None:
                pause(at_once=True)
                session.expire_all()
        for image_id in images:
            changed += _merge_on_image(session, image_id, category, target)
            if pause is not None and pause():
                session.expire_all()  # others may have changed what was read
                break
    add_model_names(target, [category.name, *model_names(category)])
    category.state, category.merged_into = "removed", target.id
    category.name = f"{category.name[:170]} (merged, {category.id})"  # its name is free again
    return changed


def _images_with(session: Session, category: Category) -> Sequence[int]:
    """Some images with objects of a class."""
    having = select(Instance.image_id).where(Instance.category_id == category.id).distinct()
    return session.scalars(having.order_by(Instance.image_id).limit(IMAGES_AT_A_TIME)).all()


def _merge_on_image(session: Session, image_id: int, category: Category, target: Category) -> int:
    """Give the objects of a class on one image another class; returns how many they are."""
    image = session.get(Image, image_id, with_for_update=True)
    if image is None:  # gone for good since its objects were listed, and they with it
        return 0
    rows = session.scalars(
        select(Instance).where(Instance.image_id == image.id, Instance.category_id == category.id)
    ).all()
    if image.removed is not None:
        for row in rows:  # they wait in the trash, without an edit of their own
            row.category_id = target.id
        session.flush()
        return len(rows)
    changed: dict[int, InstanceState | None] = {row.id: replace(row.state, category_id=target.id) for row in rows}
    as_reviewed = not image.changed
    write(session, image, "update", changed)
    if as_reviewed and image.status == "reviewed":  # another name for the same is no change of the work
        image.reviewed_edit = image.undo_edit
    session.flush()
    return len(rows)


def _held(session: Session, category_id: int) -> Category:
    """A class to which nobody gives an object until the transaction ends; raises NotFoundError.

    Whoever draws one holds the class too (`class_for_object`): on PostgreSQL an object that is drawn at the same moment
    would have a class that is gone.
    """
    session.get(Category, category_id, with_for_update=True)
    return find_category(session, category_id)
