"""Every class as the data plane shows it, as fast with tens of thousands of them as a list that most requests need.

What the database says is compared with what it said last, and only what differs is made anew: other processes may have
written too, so it is asked each time.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Integer, String, cast, select
from sqlalchemy.orm import Session

from app.store.categories import category_json
from app.store.tables import Category


class _Row(NamedTuple):
    """The columns of a class that are shown; those of JSON as its text, which is compared faster than it is read."""

    id: int
    name: str
    supercategory: str | None
    color: str
    state: str
    position: int | None
    key: str | None
    hidden: Any
    keypoints: Any
    skeleton: Any
    extra: Any


class CategoryList(NamedTuple):
    """Every class that was not removed, by id, those that a model suggests among them; not to be changed."""

    rows: list[Any]
    shown: list[dict[str, object]]
    digest: str  # of all that is shown


_last = CategoryList([], [], "")


def category_list(session: Session) -> CategoryList:
    """The classes as they are now; `shown` is as `category_json` says them."""
    global _last
    numbers = {"hidden": Integer}
    texts = {"keypoints": String, "skeleton": String, "extra": String}
    columns = [
        cast(getattr(Category, name), kind) if (kind := {**numbers, **texts}.get(name)) else getattr(Category, name)
        for name in _Row._fields
    ]
    rows = session.execute(select(*columns).where(Category.state != "removed").order_by(Category.id)).all()
    before = _last
    if rows == before.rows:
        return before
    known = dict(zip(before.rows, before.shown, strict=True))
    shown = [known.get(row) or _shown(_Row(*row)) for row in rows]
    digest = hashlib.sha256(orjson.dumps(shown)).hexdigest()[:16]
    _last = CategoryList(list(rows), shown, digest)
    return _last


def _shown(row: _Row) -> dict[str, object]:
    keypoints, skeleton, extra = map(_read, (row.keypoints, row.skeleton, row.extra))
    # As a `Category` has them; making one of each row would take ten times as long.
    read: Any = row._replace(keypoints=keypoints or [], skeleton=skeleton or [], extra=extra, hidden=bool(row.hidden))
    return category_json(read)


def _read(text: str | None) -> Any:
    return json.loads(text) if text else None
