"""COCO data sets: instances, keypoints, boxes. What is not about file names is passed on as it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.coco.names import layout_part
from core.files import write_text_atomically
from core.formats.files import Folder, parent
from core.formats.format import Coco, Fact
from core.formats.notes import Notes
from core.formats.pictures import Pictures, relative_name, tidy_name

NAME = "coco"
TITLE = "COCO (instances, keypoints)"
CANNOT_CARRY: frozenset[Fact] = frozenset()
FILE = "annotations.json"


def recognise(folder: Folder) -> list[str]:
    """The JSON files with COCO's three lists; captions and panoptic segments are something else."""
    return [
        name
        for name, outline in folder.json_files()
        if not outline.is_list
        and {"images", "annotations", "categories"} <= outline.keys
        and not {"segments_info", "caption"} & outline.listed
    ]


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """A COCO file with its file names as the pictures are called; ValueError where it is none.

    Sizes that the file lacks are those of the pictures. Everything else is left to who uses the data set.
    """
    data = folder.json(place)
    for key in ("images", "annotations", "categories"):
        if not isinstance(data, dict) or not isinstance(data.get(key), list):
            raise ValueError(f"{place}: no list {key!r}, so this is not a COCO data set")
    notes = Notes()
    images = _named_images(data["images"], place, pictures, notes)
    lists = {key: [entry for entry in data[key] if isinstance(entry, dict)] for key in ("annotations", "categories")}
    for key, kept in lists.items():
        if len(kept) < len(data[key]):
            notes.add(f"what is no dictionary in {key!r} is left out", place)
    return {**data, **lists, "images": images}, notes.lines()


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write the data set as it is."""
    write_json(dict(coco), folder / FILE)
    return []


def write_json(data: object, path: Path) -> None:
    """Write JSON that is there in full or not at all."""
    try:
        write_text_atomically(path, json.dumps(data, ensure_ascii=False))
    except UnicodeEncodeError:  # half a pair of surrogates, which JSON can escape and UTF-8 cannot hold
        write_text_atomically(path, json.dumps(data))


def _named_images(raw: list[object], place: str, pictures: Pictures, notes: Notes) -> list[dict[str, Any]]:
    images = [dict(image) for image in raw if isinstance(image, dict)]
    if len(images) < len(raw):
        notes.add("what is no dictionary in 'images' is left out", place)
    named = [image for image in images if isinstance(image.get("file_name"), str) and image["file_name"]]
    near = parent(place)
    written = [tidy_name(image["file_name"]) for image in named]
    part = layout_part(place)
    readings = [
        list(dict.fromkeys([*([f"{part}/{name}"] if part else []), name, relative_name(image["file_name"], near)]))
        for name, image in zip(written, named, strict=True)
    ]
    for image, name, found in zip(named, written, pictures.meant(readings, near), strict=True):
        image["file_name"] = found or name
        if found and not (image.get("height") and image.get("width")):
            size = pictures.size(found)
            if size:
                image["height"], image["width"] = size
                notes.add("no height and width: taken from the picture", name)
    return images
