"""What other tools write beside COCO's own fields: kept as it came, and written again on export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import orjson

from app.store.categories import LARGEST_ID
from core.coco.json_values import is_whole

# What has columns of its own, or is computed from them.
_OWN = {
    "annotation": {
        "id", "image_id", "category_id", "segmentation", "bbox", "area", "iscrowd", "keypoints", "num_keypoints",
        "score", "source", "status", "model", "origin",
    },
    "category": {"id", "name", "supercategory", "color", "keypoints", "skeleton", "model_names"},
    "image": {"id", "file_name", "width", "height"},
}  # fmt: skip
CLASS_LISTS = {"neg_category_ids", "not_exhaustive_category_ids"}  # of an image, as LVIS has them: ids of classes
LARGEST = 20_000  # bytes of JSON of one object


def foreign_fields(entry: Mapping[str, Any], kind: Literal["annotation", "category", "image"]) -> dict[str, Any]:
    """The fields of an entry that the store has no columns for; its id too, as text, where the store cannot have it.

    What is no plain JSON (numbers beyond 64 bits, lone surrogates) or too long is left out.
    """
    kept = {}
    size = 0
    for key, value in entry.items():
        if key in _OWN[kind]:
            continue
        try:
            length = len(orjson.dumps({key: value}))
        except TypeError:
            continue
        size += length
        if size <= LARGEST:
            kept[key] = value
    if is_whole(entry.get("id")) and abs(entry["id"]) >= LARGEST_ID:
        kept["id"] = str(entry["id"])
    return kept


def shown_id(own: int, extra: Mapping[str, Any] | None) -> int:
    """The id that an export writes: the file's where it is beyond the store's, else the store's."""
    text = (extra or {}).get("id")
    return int(text) if isinstance(text, str) and text.lstrip("-").isdigit() else own


def shown_image_fields(extra: Mapping[str, Any] | None, categories: Mapping[int, int]) -> dict[str, Any]:
    """Those of an image, classes by the ids that the export gives them; `categories` are these by the store's."""
    fields = shown_fields(extra)
    for key in CLASS_LISTS & fields.keys():
        fields[key] = [categories[number] for number in fields[key] if number in categories]
    return fields


def shown_fields(extra: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields that an export writes beside its own."""
    return {key: value for key, value in (extra or {}).items() if key not in ("id", "origin", "model_names")}
