"""Objects a class and size, reviews a day and person, actions an object: everything that the database can count."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from app.store.tables import IMAGE_STATUSES, Category, Edit, Image, Instance, counted

# The side of a square of an object's area, in pixels: where a size begins. 32 and 96 are COCO's small and medium.
SIZE_EDGES = (16, 32, 64, 96, 128, 256, 512)
SIZES = ("< 16", *(f"{low} – {high}" for low, high in pairwise(SIZE_EDGES)), "≥ 512")

# What a hand did to objects: one edit is one action, however many objects it touched.
ACTIONS = ("create", "update", "delete", "batch", "accept_all", "propagate", "undo", "redo")


def counts_json(session: Session, utc_offset: int = 0) -> dict[str, object]:
    """Everything that is counted; days begin `utc_offset` minutes before they do in UTC. The trash is left out."""
    classes, authored = _objects(session)
    return {
        "images": _images(session),
        "sizes": list(SIZES),
        "classes": classes,
        "people": _people(session, authored),
        "reviews": _reviews(session, utc_offset),
        "pairs": pairs_json(session),
    }


def _in_trash(column: Any) -> ColumnElement[bool]:
    return column.in_(select(Image.id).where(Image.removed.is_not(None)))  # type: ignore[no-any-return]


def _images(session: Session) -> dict[str, int]:
    kept = select(Image.status, func.count()).where(Image.removed.is_(None))
    found = {str(status): number for status, number in session.execute(kept.group_by(Image.status))}
    counts = {str(status): found.get(status, 0) for status in IMAGE_STATUSES}
    return {"total": sum(counts.values()), **counts}


def _objects(session: Session) -> tuple[list[dict[str, Any]], Counter[str | None]]:
    """Counts of each class that has objects, and how many accepted objects each author wrote last."""
    size = case(*((Instance.area < edge**2, index) for index, edge in enumerate(SIZE_EDGES)), else_=len(SIZE_EDGES))
    rows = session.execute(
        select(Instance.category_id, Instance.status, Instance.source, Instance.author, size, func.count())
        .where(counted(), ~_in_trash(Instance.image_id))
        .group_by(Instance.category_id, Instance.status, Instance.source, Instance.author, size)
    )
    accepted: defaultdict[int, Counter[str]] = defaultdict(Counter)
    sizes: defaultdict[int, list[int]] = defaultdict(lambda: [0] * len(SIZES))
    proposed: Counter[int] = Counter()
    authored: Counter[str | None] = Counter()
    for category_id, status, source, author, index, number in rows:
        if status == "proposed":
            proposed[category_id] += number
            continue
        accepted[category_id][source] += number
        sizes[category_id][index] += number
        authored[author] += number
    images = dict(
        session.execute(
            select(Instance.category_id, func.count(Instance.image_id.distinct()))
            .where(Instance.status == "accepted", ~_in_trash(Instance.image_id))
            .group_by(Instance.category_id)
        ).all()
    )
    classes = [
        {
            "category_id": category.id,
            "name": category.name,
            "color": category.color,
            "objects": accepted[category.id].total(),
            "drawn": accepted[category.id]["manual"],
            "corrected": accepted[category.id]["edited"],
            "confirmed": accepted[category.id]["predicted"],
            "proposed": proposed[category.id],
            "images": images.get(category.id, 0),
            "sizes": sizes[category.id],
        }
        for category in session.scalars(select(Category).order_by(Category.id))
        if accepted[category.id] or proposed[category.id]
    ]
    return sorted(classes, key=lambda one: (-one["objects"], -one["proposed"], one["name"])), authored


def _people(session: Session, authored: Counter[str | None]) -> list[dict[str, Any]]:
    rows = session.execute(
        select(Edit.author, Edit.kind, func.count())
        .where(Edit.author.is_not(None), ~_in_trash(Edit.image_id))
        .group_by(Edit.author, Edit.kind)
    )
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for author, kind, number in rows:
        kinds[str(author)][kind] = number
    reviewed = dict(
        session.execute(
            select(Image.reviewed_by, func.count())
            .where(Image.status == "reviewed", Image.removed.is_(None))
            .group_by(Image.reviewed_by)
        ).all()
    )
    names = sorted({*kinds, *(name for name in (*authored, *reviewed) if name is not None)})
    return [
        {
            "person": name,
            "objects": authored[name],
            "reviewed": reviewed.get(name, 0),
            "actions": (actions := sum(kinds[name][kind] for kind in ACTIONS)),
            "actions_an_object": actions / authored[name] if authored[name] else None,
            "kinds": {kind: kinds[name][kind] for kind in ACTIONS},
        }
        for name in names
    ]


def _reviews(session: Session, utc_offset: int) -> list[dict[str, object]]:
    """How many of the images that stand reviewed were so since which day, by whom."""
    standing = set(
        session.scalars(select(Image.reviewed_edit).where(Image.status == "reviewed", Image.removed.is_(None)))
    )
    # By kind, which the index knows: the rows themselves hold every object that a review accepted.
    edits = session.execute(
        select(Edit.id, Edit.author, Edit.created).where(Edit.kind.in_(("status", "import"))).order_by(Edit.created)
    )
    shift = timedelta(minutes=utc_offset)
    days: Counter[tuple[str, str | None]] = Counter()
    for edit_id, author, created in edits:
        if edit_id in standing:
            days[((datetime.fromtimestamp(created, UTC) + shift).date().isoformat(), author)] += 1
    return [
        {"day": day, "person": author, "images": number}
        for (day, author), number in sorted(days.items(), key=lambda item: (item[0][0], item[0][1] or ""))
    ]


def pairs_json(session: Session) -> list[dict[str, object]]:
    """Every two people who made edits on the same images, and on how many; the most first."""
    people: defaultdict[int, list[str]] = defaultdict(list)
    rows = session.execute(
        select(Edit.image_id, Edit.author)
        .where(Edit.author.is_not(None), ~_in_trash(Edit.image_id))
        .distinct()
        .order_by(Edit.image_id, Edit.author)
    )
    for image_id, author in rows:
        people[image_id].append(str(author))
    shared = Counter(pair for names in people.values() for pair in combinations(sorted(names), 2))
    return [{"people": list(pair), "images": number} for pair, number in shared.most_common()]


def shared_images(session: Session, people: Sequence[str], limit: int) -> list[int]:
    """The images that both of two people made edits on, those changed last first."""
    chosen = select(Image.id).where(Image.removed.is_(None))
    for person in people:
        chosen = chosen.where(Image.id.in_(select(Edit.image_id).where(Edit.author == person)))
    return list(session.scalars(chosen.order_by(Image.updated.desc(), Image.id).limit(limit)))
