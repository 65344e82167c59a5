"""Which images are asked for, by what was said of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Select, String, cast, or_, select
from sqlalchemy.orm import Session

from app.store.remarks.notes import is_noted, is_returned, open_notes
from app.store.tables import Image, Instance, counted


@dataclass(frozen=True)
class Remarked:
    """What images have to have; None is anything."""

    tag: str | None = None
    text: str | None = None  # in the file name or a tag, in upper or lower case
    noted: bool | None = None  # an open note on it or on an object
    review: Literal["returned", "changed"] | None = None  # sent back; edited since it was reviewed
    excluded: bool | None = None


def narrowed(chosen: Select[object], wanted: Remarked) -> Select[Any]:
    """The images among `chosen` that have what is wanted."""
    tags = cast(Image.extra["tags"], String)
    if wanted.tag is not None:
        chosen = chosen.where(tags.contains(orjson.dumps(wanted.tag).decode(), autoescape=True))
    if wanted.text:
        inside = orjson.dumps(wanted.text).decode()[1:-1]
        name = Image.file_name.icontains(wanted.text, autoescape=True)
        chosen = chosen.where(or_(name, tags.icontains(inside, autoescape=True)))
    if wanted.noted is not None:
        chosen = chosen.where(is_noted() if wanted.noted else ~is_noted())
    if wanted.review is not None:
        chosen = chosen.where(is_returned() if wanted.review == "returned" else changed_since_review())
    if wanted.excluded is not None:
        chosen = chosen.where(Image.excluded.is_(wanted.excluded))
    return chosen


def changed_since_review() -> Any:
    """Of images, in a query: what `Image.changed` is of one."""
    return (
        (Image.status == "reviewed")
        & Image.reviewed_edit.is_not(None)
        & Image.undo_edit.is_distinct_from(Image.reviewed_edit)
    )


def remarks_on(session: Session, images: Iterable[Image]) -> dict[int, dict[str, Any]]:
    """What the gallery shows of images beside their counts, by id: open notes, standing in review, classes, tags."""
    rows = {image.id: image for image in images}
    notes = open_notes(session, rows)
    classes: dict[int, list[int]] = {image_id: [] for image_id in rows}
    pairs = select(Instance.image_id, Instance.category_id).where(Instance.image_id.in_(rows), counted()).distinct()
    for image_id, category_id in session.execute(pairs.order_by(Instance.category_id)):
        classes[image_id].append(category_id)
    return {
        image.id: {
            "notes": notes.get(image.id, (0, False))[0],
            "returned": image.status != "reviewed" and notes.get(image.id, (0, False))[1],
            "changed": image.changed,
            "categories": classes[image.id],
            "excluded": image.excluded,
            "tags": tags_of(image),
        }
        for image in rows.values()
    }


def said_of(image: Image) -> dict[str, object]:
    """What is said of an image in its document; what is not so is not there."""
    said = {"changed": image.changed, "excluded": image.excluded, "tags": tags_of(image)}
    return {name: value for name, value in said.items() if value}


def tags_of(image: Image) -> list[str]:
    """A person's words for an image."""
    tags = (image.extra or {}).get("tags", [])
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
