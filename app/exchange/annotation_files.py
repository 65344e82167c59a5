"""The annotation files of an import, and the names that pictures which came along are kept under."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.store.images import clean_file_name
from core.coco.names import FileNames, base_name, picture_folders, plain_name


@dataclass(frozen=True)
class AnnotationFile:
    """One COCO data set of an import."""

    name: str  # its path in the upload
    data: dict[str, Any]
    source: str = ""  # what its objects are remembered by: merged again, they are updated


def with_sources(files: Sequence[AnnotationFile]) -> list[AnnotationFile]:
    """The files, those without a source remembered by their name; by their path where several have that name."""
    names = [base_name(file.name) for file in files]
    times = Counter(names)
    return [
        replace(file, source=file.source or (file.name if times[name] > 1 else name))
        for file, name in zip(files, names, strict=True)
    ]


def _own_name(name: str, path: str, near: Sequence[str]) -> str:
    """What an uploaded picture is called here: as its annotations call it, its last part as the picture is called."""
    if re.match(r"[/\\]|[A-Za-z]:|.*(://|\?|\.\.)", name):  # where it lay on another machine
        return clean_file_name(path)
    folder = plain_name(name).rpartition("/")[0]
    if near and not f"{folder}/".startswith(f"{near[0]}/"):
        folder = f"{near[0]}/{folder}" if folder else near[0]
    base = base_name(path)
    return clean_file_name(f"{folder}/{base}" if folder else base)


def names_of_images(
    files: Sequence[AnnotationFile], paths: Sequence[str]
) -> tuple[dict[str, str], list[AnnotationFile]]:
    """The name that each uploaded image is kept under, by its path, and the files with these names in their entries.

    A name in an annotation file is looked for beside the file first. One file's images keep the names that it gives
    them; those of several get the folder of their pictures in front, so that no two are one.
    """
    names = FileNames([path.replace("\\", "/") for path in paths])
    kept: dict[str, str] = {}
    taken: set[str] = set()
    renamed = []
    for file in files:
        near = picture_folders(file.name)
        entries = []
        listed = [str(e["file_name"]) for e in file.data["images"] if isinstance(e, dict) and e.get("file_name")]
        plain = frozenset(map(plain_name, listed))
        for entry in file.data["images"]:
            if isinstance(entry, dict) and isinstance(entry.get("file_name"), str):
                name = entry["file_name"]
                places = names.find(name, plain, near)
                if len(places) == 1:
                    path = paths[places[0]]
                    if path not in kept:
                        own = _own_name(name, path, near if len(files) > 1 else [])
                        kept[path] = own if own not in taken else clean_file_name(path)
                        taken.add(kept[path])
                    entry = {**entry, "file_name": kept[path]}
            entries.append(entry)
        renamed.append(replace(file, data={**file.data, "images": entries}))
    return kept, renamed
