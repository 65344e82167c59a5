"""Data rows of Labelbox: which image one is about, and which of its labels counts.

Export v2 has a row with its labels a line; the older export one with `Label` and `External ID`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from core.formats.files import PICTURE_SUFFIXES, Outline, suffix
from core.formats.notes import Notes
from core.formats.pictures import Size, said_size, tidy_name


def is_row(outline: Outline) -> bool:
    """Whether a JSON, or the first of a list or of lines, is a data row."""
    new = "data_row" in outline.keys and bool({"projects", "experiments", "media_attributes"} & outline.keys)
    return new or {"Labeled Data", "Label"} <= outline.keys


def image_names(row: Mapping[str, Any]) -> list[str]:
    """What the image of a row may be called, the surest first; empty where it names none.

    A global key may be a number of somebody's own, an address ends with the name that the file has there.
    """
    data = row.get("data_row")
    data = data if isinstance(data, dict) else {}
    external, key = data.get("external_id", row.get("External ID")), data.get("global_key", row.get("Global Key"))
    address = _path_of(data.get("row_data", row.get("Labeled Data")))
    names = [_path_of(external), _path_of(key)]
    if "/" in address:
        address = address.rpartition("/")[2]
    names.append(address)
    names = [name for name in dict.fromkeys(names) if name]
    return sorted(names, key=lambda name: suffix(name) not in PICTURE_SUFFIXES)


def shared_names(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """The names that several images are called by: an external id may be given twice, and files of two folders.

    Which of them is meant by a picture of that name nobody can tell. Rows about one image may well be several.
    """
    images: dict[str, set[str]] = {}
    for row in rows:
        data = row.get("data_row")
        own = data.get("id") if isinstance(data, dict) else row.get("DataRow ID")
        own = own if isinstance(own, str) else str(row.get("Labeled Data")).partition("?")[0]
        for name in image_names(row):
            images.setdefault(name, set()).add(own)
    return {name for name, of in images.items() if len(of) > 1}


def size_of(row: Mapping[str, Any]) -> Size | None:
    """Height and width as the row says them; the older export does not."""
    media = row.get("media_attributes")
    return said_size(media.get("height"), media.get("width")) if isinstance(media, dict) else None


def is_image(row: Mapping[str, Any]) -> bool:
    """Whether a row is about an image, or does not say about what."""
    media = row.get("media_attributes")
    media = media if isinstance(media, dict) else {}
    kind = str(media.get("mime_type") or media.get("asset_type") or "image").lower()
    return kind.startswith("image") and "frame_count" not in media


def label_of(row: Mapping[str, Any], notes: Notes, about: str) -> list[dict[str, Any]]:
    """The label that counts of each project that the row is in: of several people's the first that was not skipped.

    Each has `objects`, `classifications` and `author`.
    """
    if "Label" in row:
        label = row["Label"]
        return [_older(row, label)] if isinstance(label, dict) else []
    projects = row.get("projects")
    found = []
    for project in projects.values() if isinstance(projects, dict) else ():
        labels = project.get("labels") if isinstance(project, dict) else None
        labels = [label for label in labels if isinstance(label, dict)] if isinstance(labels, list) else []
        answered = [label for label in labels if not _is_skipped(label)]
        if labels and not answered:
            notes.add("skipped by its annotator: nothing of what was drawn is taken", about)
        if len(answered) > 1:
            notes.add("labels of several people: the first is taken", about)
        found += [_newer(label) for label in answered[:1]]
    if row.get("experiments"):
        notes.add("what model runs predicted is left out: labels of projects are taken", about)
    return found


def _is_skipped(label: Mapping[str, Any]) -> bool:
    details = label.get("performance_details")
    return isinstance(details, dict) and details.get("skipped") is True


def _newer(label: Mapping[str, Any]) -> dict[str, Any]:
    details = label.get("label_details")
    author = details.get("created_by") if isinstance(details, dict) else None
    annotations = label.get("annotations")
    return {**(annotations if isinstance(annotations, dict) else {}), "author": author}


def _older(row: Mapping[str, Any], label: Mapping[str, Any]) -> dict[str, Any]:
    return {**label, "author": row.get("Created By")}


def _path_of(name: object) -> str:
    """A name, or the path in an address, decoded."""
    if not isinstance(name, str):
        return ""
    return tidy_name(unquote(urlsplit(name).path).rpartition("/")[2] if "://" in name else name)
