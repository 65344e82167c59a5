"""The licences of a file's pictures: kept with the store's own ids, and written again for the images that name them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.store.tables import Image, License
from core.coco.json_values import whole

LONGEST = 2000  # characters of a name or an address


def import_licenses(session: Session, entries: object) -> dict[int, int]:
    """The store's ids of a file's licences, by the file's; the same name and address are one licence."""
    known = {(row.name, row.url): row.id for row in session.scalars(select(License))}
    taken = set(known.values())
    found = {}
    for entry in entries if isinstance(entries, list) else ():
        identifier = whole(entry.get("id")) if isinstance(entry, dict) else None
        if identifier is None:
            continue
        name, url = (_text(entry.get(key)) for key in ("name", "url"))
        if not (name or url):
            continue
        if (name, url) not in known:
            # Chosen here: PostgreSQL's own counter does not know of ids that a file brought.
            free = 0 < identifier < 2**31 and identifier not in taken
            known[name, url] = identifier if free else next(number for number in count(1) if number not in taken)
            taken.add(known[name, url])
            session.add(License(id=known[name, url], name=name, url=url))
        found[identifier] = known[name, url]
    return found


def shown_licenses(session: Session, images: Iterable[Image]) -> list[dict[str, object]]:
    """The entries of an export's list `licenses`: those that its images name."""
    rows = session.scalars(select(License).order_by(License.id)).all()
    if not rows:
        return []  # without a look at every image
    named = {number for image in images if (number := whole((image.extra or {}).get("license"))) is not None}
    return [{"id": row.id, "name": row.name, "url": row.url} for row in rows if row.id in named]


def _text(value: object) -> str:
    return value.strip()[:LONGEST] if isinstance(value, str) else ""
