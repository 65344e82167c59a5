"""Supervisely's projects, written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.coco.json_values import is_number
from core.formats.coco.instances import write_json
from core.formats.content import Content, Object, Picture, content_of, keypoint_names, skeleton_lines
from core.formats.notes import Notes
from core.formats.supervisely.bitmaps import encode_bitmap
from core.formats.supervisely.project import SCORES, class_entry, tag_entry

DEFAULT_DATA_SET = "ds0"  # of images without a folder: a project has data sets


def write_project(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write meta.json and the JSON of each image, in ann/ of the data set that is called as its folder."""
    notes = Notes()
    content = content_of(coco, notes)
    values: dict[str, list[object]] = {}
    shapes: dict[str, set[str]] = {name: set() for name in content.names}
    # Where a folder of images has that name already, images without one lie at the top.
    taken = any(picture.name.startswith(f"{DEFAULT_DATA_SET}/") for picture in content.pictures)
    for picture in content.pictures:
        figures = [
            figure for number, thing in enumerate(picture.objects, 1) for figure in _figures(thing, number, notes)
        ]
        for figure in figures:
            shapes[str(figure["classTitle"])].add(str(figure["geometryType"]))
        for thing in picture.objects:
            for name, value in _tags(thing):
                values.setdefault(name, []).append(value)
        _write_image(picture, figures, folder / _place(picture.name, "" if taken else DEFAULT_DATA_SET))
    for picture in content.pictures:
        for thing in picture.objects:
            if thing.crowd:
                notes.add("a crowd is marked by a tag 'iscrowd': Supervisely itself sees one object", thing.about)
    tags = [tag_entry(number, name, seen) for number, (name, seen) in enumerate(values.items())]
    meta = {"classes": _classes(content, shapes), "tags": tags, "projectType": "images"}
    write_json(meta, folder / "meta.json")
    return notes.lines()


def _place(name: str, default: str) -> str:
    """Where the JSON of an image lies: data sets in others are in `datasets` there."""
    parts = name.split("/")
    data_set = "/datasets/".join(parts[:-1]) or default
    return f"{data_set}/ann/{parts[-1]}.json".removeprefix("/")


def _write_image(picture: Picture, figures: list[dict[str, Any]], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    size = {"height": picture.height, "width": picture.width}
    write_json({"description": "", "name": picture.name, "tags": [], "size": size, "objects": figures}, path)


def _classes(content: Content, shapes: Mapping[str, set[str]]) -> list[dict[str, Any]]:
    points = {str(entry["name"]): keypoint_names(entry) for entry in content.categories}
    for _, thing in content.objects():
        if thing.keypoints:
            points[thing.name] = [name for name, *_ in thing.keypoints]
    entries = []
    for number, category in enumerate(content.categories):
        name = str(category["name"])
        shape = next(iter(shapes[name])) if len(shapes[name]) == 1 else "any"
        entries.append(class_entry(number, name, shape, points[name], skeleton_lines(category, len(points[name]))))
    return entries


def _figures(thing: Object, number: int, notes: Notes) -> list[dict[str, Any]]:
    """The figures of an object, bound together where they are several."""
    bodies = _bodies(thing)
    nodes = {
        name: {"loc": [_plain(x), _plain(y)]} | ({"disabled": True} if visibility == 1 else {})
        for name, x, y, visibility in thing.keypoints
        if visibility
    }
    if nodes:
        bodies.append({"geometryType": "graph", "nodes": nodes})
    more: dict[str, Any] = {"classTitle": thing.name, "description": str(thing.annotation.get("description") or "")}
    more["tags"] = [{"name": name, "value": _value(value)} for name, value in _tags(thing)]
    for name, value in thing.attributes.items():
        if value is None:
            notes.add("an attribute without a value is a tag without one, which is read as true", thing.about)
        elif thing.score is None and name in SCORES and is_number(value) and 0 <= value <= 1:
            notes.add(f"an attribute {name!r} is a tag of that name, which is read as a model's score", thing.about)
    author = thing.annotation.get("author")
    if isinstance(author, str) and author:
        more["labelerLogin"] = author
    elif author is not None:
        notes.add("the author of an object is no text: not written", thing.about)
    if len(bodies) > 1:
        more["instance"] = f"{number:032x}"
    return [{**more, **body} for body in bodies]


def _bodies(thing: Object) -> list[dict[str, Any]]:
    """The figures of an object without its keypoints: holes only fit into a bitmap beyond doubt."""
    if not thing.segmentation:
        x, y, width, height = thing.box
        return [_by_points("rectangle", [x, y, x + width, y + height])]
    if thing.polygons is None:
        return [{"geometryType": "bitmap", "bitmap": encode_bitmap(thing.bitmap)}]
    return [_by_points("polygon", polygon) for polygon in thing.polygons]


def _by_points(kind: str, flat: list[float]) -> dict[str, Any]:
    exterior = [[_plain(x), _plain(y)] for x, y in zip(flat[::2], flat[1::2], strict=True)]
    return {"geometryType": kind, "points": {"exterior": exterior, "interior": []}}


def _tags(thing: Object) -> list[tuple[str, object]]:
    """What is written as tags of the object: the score under the name that Supervisely's models give it."""
    found: list[tuple[str, object]] = [] if thing.score is None else [("confidence", thing.score)]
    if thing.crowd:
        found.append(("iscrowd", None))
    return found + list(thing.attributes.items())


def _value(value: object) -> object:
    """A tag's value: nothing, a number or a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None or isinstance(value, (str, int, float)) else json.dumps(value, ensure_ascii=False)


def _plain(value: float) -> float:
    return int(value) if float(value).is_integer() else float(value)
