"""The classes of an annotation file in the store: found by name, made where there are none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.exchange.brought_objects import ImportReport
from app.exchange.foreign_fields import foreign_fields
from app.store.categories import (
    LARGEST_ID,
    checked_keypoint_names,
    checked_name,
    has_keypoints,
    is_color,
    keep_class,
    new_category,
)
from app.store.editing.history import class_of_history
from app.store.errors import InvalidFieldError
from app.store.tables import Category


@dataclass(frozen=True)
class FileClasses:
    """A file's classes in the store. The rows are held: the session itself lets go of what nobody holds."""

    rows: dict[int, Category] = field(default_factory=dict)  # by the file's ids
    # By the file's ids, where keypoints are others here: for each of those here its place in the file, or None.
    keypoint_places: dict[int, list[int | None]] = field(default_factory=dict)

    def look_again(self, session: Session) -> None:
        """What others have made of them since: merged ones lead on, removed ones come back."""
        every = session.scalars(select(Category).execution_options(populate_existing=True)).all()  # in one go
        assert every or not self.rows
        self.rows.update({identifier: class_of_history(session, row.id) for identifier, row in self.rows.items()})


class _StoredClasses:
    """The classes of the store, looked up once: a file may have tens of thousands."""

    def __init__(self, session: Session) -> None:
        rows = session.scalars(select(Category)).all()
        self._by_name = {row.name: row for row in rows}
        self._ids = {row.id for row in rows}
        self._largest = max(self._ids, default=0)

    def named(self, name: str) -> Category | None:
        """The class of a name, as it is written."""
        return self._by_name.get(name)

    def add(self, session: Session, fields: dict[str, Any], wanted: int) -> Category:
        """A new class, under the id that is wanted where that is free, else above all others."""
        identifier = wanted
        if not 0 <= wanted < LARGEST_ID or wanted in self._ids:
            identifier = self._largest + 1
        if identifier >= LARGEST_ID:  # an id at the very end was asked for
            identifier = next(number for number in range(1, LARGEST_ID) if number not in self._ids)
        category = new_category(fields, identifier)
        session.add(category)
        self._by_name[category.name] = category
        self._ids.add(identifier)
        self._largest = max(self._largest, identifier)
        return category


def import_classes(session: Session, categories: list[dict[str, Any]], report: ImportReport) -> FileClasses:
    """The classes of a file, those that are new here stored; fills `report.categories`."""
    classes, stored = FileClasses(), _StoredClasses(session)
    for entry in categories:
        name, identifier = entry["name"], entry["id"]
        try:
            category, keypoints = _import_category(session, stored, entry, report)
        except InvalidFieldError as error:
            report.errors.append({"category": name, "error": f"category {name}: {error}"})
            continue
        report.categories[identifier], classes.rows[identifier] = category.id, category
        if keypoints and keypoints != category.keypoints:
            here = category.keypoints
            places = [keypoints.index(one) if one in keypoints else None for one in here]
            classes.keypoint_places[identifier] = places
            if lost := [one for one in keypoints if one not in here]:
                what = "its keypoints" if len(lost) == len(keypoints) else f"its keypoints {', '.join(lost)}"
                reason = f"{what} are not among those that it has here; they are left out"
                report.errors.append({"category": name, "error": f"category {name}: {reason}"})
    session.flush()
    return classes


def _import_category(
    session: Session, stored: _StoredClasses, entry: dict[str, Any], report: ImportReport
) -> tuple[Category, list[str]]:
    """The stored category of this name, made where there is none, and the names of the file's keypoints."""
    name = checked_name(entry.get("name"))
    keypoints, skeleton = checked_keypoint_names(entry.get("keypoints"), entry.get("skeleton"))
    category = stored.named(name)
    if category is None:
        color, supercategory = entry.get("color"), entry.get("supercategory")
        fields = {
            "name": name,
            "keypoints": keypoints,
            "skeleton": skeleton,
            "color": color if is_color(color) else None,
            "supercategory": supercategory if isinstance(supercategory, str) else None,
        }
        category = stored.add(session, fields, entry["id"])
        category.extra = foreign_fields(entry, "category", report.dropped)
        return category, keypoints
    may_have_others = set(category.keypoints) <= set(keypoints) or category.state == "removed"
    keep_class(session, category)  # the file names it
    if keypoints and keypoints != category.keypoints and may_have_others and not has_keypoints(session, category):
        if category.keypoints:
            report.notes.append(f"category {name}: its keypoints become the file's, as no object here has any")
        category.keypoints, category.skeleton = keypoints, skeleton
    return category, keypoints
