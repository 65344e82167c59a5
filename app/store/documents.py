"""Images and their instances as the data plane shows them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.messages.message import say
from app.roles import OWNER
from app.store.categories.listed import category_list
from app.store.editing.geometry import count_keypoints
from app.store.errors import InvalidFieldError, NotFoundError
from app.store.instance_state import InstanceState
from app.store.remarks.attributes import attributes_of
from app.store.remarks.filters import Remarked, narrowed, remarks_on, said_of, tags_of
from app.store.remarks.notes import notes_of
from app.store.tables import IMAGE_STATUSES, Edit, Image, Instance, counted
from app.store.tiles import tiling
from app.store.trash import kept_images
from app.values import value_problem

# Order of the gallery: column, whether the highest comes first.
ORDERS = {
    "id": (Image.id, False),
    "newest": (Image.id, True),
    "file_name": (Image.name_key, False),
    "updated": (Image.updated, True),
    "uncertainty": (Image.uncertainty, True),
}
# What a cursor may hold as the value of its last row.
CURSOR_VALUES: dict[str, tuple[type, ...]] = {
    "id": (int,),
    "newest": (int,),
    "file_name": (str,),
    "updated": (float, int),
    "uncertainty": (float, int, type(None)),
}


def find_image(session: Session, image_id: int) -> Image:
    """The image of an id; raises NotFoundError."""
    image = session.get(Image, image_id)
    if image is None or image.removed is not None:
        raise NotFoundError(say("no_image", image=image_id))
    return image


def find_images(session: Session, image_ids: Collection[int]) -> Sequence[Image]:
    """The images of many ids in one query; raises NotFoundError for the first that is not there."""
    found = {image.id: image for image in session.scalars(kept_images().where(Image.id.in_(image_ids)))}
    for image_id in image_ids:
        if image_id not in found:
            raise NotFoundError(say("no_image", image=image_id))
    return list(found.values())


def instance_json(instance: Instance) -> dict[str, Any]:
    """An instance as a COCO annotation, and where it comes from."""
    return state_json(instance.state, instance.image_id, instance.id, instance.revision)


def state_json(state: InstanceState, image_id: int, instance_id: int | None, revision: int) -> dict[str, object]:
    """The same of a state, whether it is stored or only suggested (`instance_id` is None then)."""
    return {
        "id": instance_id,
        "image_id": image_id,
        **state.shown(),
        "num_keypoints": count_keypoints(state.keypoints),
        **({"attributes": attributes} if (attributes := attributes_of(state.extra)) else {}),
        "revision": revision,
        **({"author": state.author} if state.author not in (None, OWNER.name) else {}),
    }


def instances_of(session: Session, image_id: int) -> Sequence[Instance]:
    """The instances of an image, by id."""
    return session.scalars(select(Instance).where(Instance.image_id == image_id).order_by(Instance.id)).all()


def document_json(session: Session, image: Image) -> dict[str, object]:
    """All there is about one image."""
    return {
        "image": {
            "image_id": image.id,
            "file_name": image.file_name,
            "width": image.width,
            "height": image.height,
            "status": image.status,
            **({"reviewed_by": image.reviewed_by} if image.reviewed_by is not None else {}),
            **said_of(image),
            **tiling(image),
        },
        **({"notes": notes} if (notes := notes_of(session, image)) else {}),
        "instances": [instance_json(instance) for instance in instances_of(session, image.id)],
        "categories": category_list(session).shown,
        "revision": image.revision,
        "can_undo": image.undo_edit is not None,
        "can_redo": image.redo_edit is not None,
    }


def standing_of(session: Session, image: Image) -> dict[str, object]:
    """What says whether a document is still the newest: its revision, and a digest of categories, tags and notes."""
    said = json.dumps([category_list(session).digest, image.excluded, tags_of(image), notes_of(session, image)])
    return {"revision": image.revision, "categories": hashlib.sha256(said.encode()).hexdigest()[:16]}


def list_images(
    session: Session,
    *,
    status: str | None = None,
    category_id: int | None = None,
    person: str | None = None,
    remarked: Remarked | None = None,
    order: str = "id",
    cursor: str | None = None,
    limit: int = 100,
) -> dict[str, Any]:
    """One page of the gallery and the cursor of the next.

    Pages follow the last row seen, not a row number: images that come and go in between are neither
    shown twice nor skipped. `person` takes the images where somebody of this name made an edit. Raises
    InvalidFieldError for an unknown status, order or cursor.
    """
    if status is not None and status not in IMAGE_STATUSES:
        raise InvalidFieldError("status", f"status is {status!r}: choose todo, in_progress or reviewed")
    if order not in ORDERS:
        raise InvalidFieldError("order", f"order is {order!r}: choose one of {', '.join(ORDERS)}")
    chosen: Select[object] = kept_images()
    if status is not None:
        chosen = chosen.where(Image.status == status)
    if category_id is not None:
        with_class = select(Instance.image_id).where(Instance.category_id == category_id, counted())
        chosen = chosen.where(Image.id.in_(with_class))
    if person is not None:
        chosen = chosen.where(exists().where(Edit.image_id == Image.id, Edit.author == person))
    if remarked is not None:
        chosen = narrowed(chosen, remarked)
    total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    page = list(session.scalars(_after_cursor(chosen, order, cursor).limit(limit + 1)))
    more, page = len(page) > limit, page[:limit]
    counts = _counts(session, [image.id for image in page])
    people = _people(session, [image.id for image in page])
    remarks = remarks_on(session, page)
    return {
        "images": [
            {
                "image_id": image.id,
                "file_name": image.file_name,
                "width": image.width,
                "height": image.height,
                **tiling(image),
                "status": image.status,
                "revision": image.revision,
                "people": people[image.id],
                "reviewed_by": image.reviewed_by,
                "counts": counts[image.id],
                "uncertainty": image.uncertainty,
                **remarks[image.id],
            }
            for image in page
        ],
        "total": total,
        "next_cursor": _write_cursor(order, page[-1]) if more else None,
    }


def _after_cursor(chosen: Select[object], order: str, cursor: str | None) -> Select[Any]:
    column, descending = ORDERS[order]
    # Images without a value (no predictions) come last whichever way the order runs, on every database.
    has_none = column.is_(None)
    chosen = chosen.order_by(has_none, column.desc() if descending else column, Image.id)
    if cursor is None:
        return chosen
    value, image_id = _read_cursor(order, cursor)
    same_then_later: ColumnElement[bool]
    if value is None:
        return chosen.where(has_none, Image.id > image_id)
    beyond = column < value if descending else column > value
    same_then_later = and_(column == value, Image.id > image_id)
    return chosen.where(or_(beyond, same_then_later, has_none))


def _write_cursor(order: str, image: Image) -> str:
    column, _ = ORDERS[order]
    text = json.dumps([order, getattr(image, column.key), image.id])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_cursor(order: str, cursor: str) -> tuple[object, int]:
    try:
        kind, value, image_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if value_problem([value, image_id]) is not None or type(image_id) is not int:
            kind = None
    except (ValueError, binascii.Error, TypeError, RecursionError):
        kind = None
    # Whoever makes one by hand may put anything in it, and a database compares a column with its own kind only.
    if kind != order or type(value) not in CURSOR_VALUES[order]:
        raise InvalidFieldError("cursor", f"the cursor is not one of order={order}: begin without a cursor")
    return value, image_id


def history_json(
    session: Session, image: Image, *, person: str | None = None, before: int | None = None, limit: int = 100
) -> dict[str, object]:
    """The edits of an image, the newest first, and the revision to go on before; `person` takes one author's."""
    chosen = select(Edit).where(Edit.image_id == image.id)
    if person is not None:
        chosen = chosen.where(Edit.author == person)
    if before is not None:
        chosen = chosen.where(Edit.revision < before)
    rows = list(session.scalars(chosen.order_by(Edit.revision.desc()).limit(limit + 1)))
    page = rows[:limit]
    targets = select(Edit.id, Edit.revision).where(Edit.id.in_([row.target for row in page if row.target is not None]))
    revision_of = {row.id: row.revision for row in session.execute(targets)}
    edits = [
        {
            "revision": row.revision,
            "kind": row.kind,
            "author": row.author,
            "created": row.created,
            "status": row.after["status"],
            "instances": sorted(map(int, row.after["instances"])),
            "of": revision_of.get(row.target) if row.target is not None else None,
        }
        for row in page
    ]
    return {"edits": edits, "next_before": page[-1].revision if len(rows) > limit else None}


def _people(session: Session, image_ids: Iterable[int]) -> dict[int, list[str]]:
    people: dict[int, list[str]] = {image_id: [] for image_id in image_ids}
    rows = select(Edit.image_id, Edit.author).where(Edit.image_id.in_(people), Edit.author.is_not(None)).distinct()
    for image_id, author in session.execute(rows.order_by(Edit.author)):
        people[image_id].append(str(author))
    return people


def _counts(session: Session, image_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    counts = {
        image_id: {"instances": 0, "proposed": 0, "accepted": 0, "predicted": 0, "edited": 0, "manual": 0}
        for image_id in image_ids
    }
    rows = session.execute(
        select(Instance.image_id, Instance.source, Instance.status, func.count())
        .where(Instance.image_id.in_(counts), counted())
        .group_by(Instance.image_id, Instance.source, Instance.status)
    )
    for image_id, source, status, number in rows:
        for key in ("instances", source, status):
            counts[image_id][key] += number
    return counts
