"""What other tools write beside COCO's own fields: kept as it came, and written again on export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

import orjson
from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from app.store.categories import LARGEST_ID
from app.store.tables import Category, Image, Instance
from core.coco.json_values import is_whole
from core.formats.building import LEFT_OUT

# What has columns of its own, or is computed from them.
_OWN = {
    "annotation": {
        "id", "image_id", "category_id", "segmentation", "bbox", "area", "iscrowd", "keypoints", "num_keypoints",
        "score", "source", "status", "model", "origin",
    },
    "category": {"id", "name", "supercategory", "color", "keypoints", "skeleton", "model_names"},
    "image": {"id", "file_name", "width", "height", LEFT_OUT},
}  # fmt: skip
CLASS_LISTS = {"neg_category_ids", "not_exhaustive_category_ids"}  # of an image, as LVIS has them: ids of classes
LARGEST = 20_000  # bytes of JSON of one object


def foreign_fields(
    entry: Mapping[str, Any], kind: Literal["annotation", "category", "image"], dropped: Counter[str]
) -> dict[str, Any]:
    """The fields of an entry that the store has no columns for; its id too, as text, where the store cannot have it.

    What is no plain JSON (numbers beyond 64 bits, lone surrogates) or too long is left out, and counted in `dropped`.
    """
    kept = {}
    size = 0
    for key, value in entry.items():
        if key in _OWN[kind]:
            continue
        try:
            length = len(orjson.dumps({key: value}))
        except TypeError:
            dropped[f"{kind}'s {key!r:.60}"] += 1
            continue
        if size + length > LARGEST:
            dropped[f"{kind}'s {key!r:.60}"] += 1
            continue
        size += length
        kept[key] = value
    if is_whole(entry.get("id")) and abs(entry["id"]) >= LARGEST_ID:
        kept["id"] = str(entry["id"])
    return kept


class ShownIds:
    """The ids that an export writes: the file's where it is beyond the store's and one row alone has it."""

    def __init__(self, session: Session) -> None:
        self._foreign = {table: _foreign_ids(session, table) for table in (Image, Category, Instance)}

    def __call__(self, row: Image | Category | Instance) -> int:
        """The id of a row."""
        return self._foreign[type(row)].get(row.id, row.id)


def _foreign_ids(session: Session, table: type[Image] | type[Category] | type[Instance]) -> dict[int, int]:
    mentions_id = cast(table.extra, String).like('%"id":%')
    found = {
        row.id: int(row.extra["id"])
        for row in session.execute(select(table.id, table.extra).where(mentions_id))
        if isinstance(row.extra.get("id"), str) and row.extra["id"].lstrip("-").isdigit()
    }
    times = Counter(found.values())
    return {own: foreign for own, foreign in found.items() if times[foreign] == 1}


def shown_image_fields(extra: Mapping[str, object] | None, categories: Mapping[int, int]) -> dict[str, Any]:
    """Those of an image, classes by the ids that the export gives them; `categories` are these by the store's."""
    fields = shown_fields(extra)
    for key in CLASS_LISTS & fields.keys():
        fields[key] = [categories[number] for number in fields[key] if number in categories]
    return fields


def shown_fields(extra: Mapping[str, object] | None) -> dict[str, Any]:
    """The fields that an export writes beside its own."""
    return {key: value for key, value in (extra or {}).items() if key not in ("id", "origin", "model_names")}
