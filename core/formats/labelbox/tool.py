"""Labelbox's exports: a data row with its labels a line (export v2), and the older JSON.

Boxes, polygons and points are in it; masks are addresses on Labelbox's server, which nobody but its users can open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.coco.json_values import is_number
from core.formats.building import Building, BuiltImage
from core.formats.files import Folder, parent
from core.formats.format import Coco
from core.formats.labelbox.rows import image_names, is_image, is_row, label_of, shared_names, size_of
from core.formats.notes import Notes
from core.formats.pictures import Pictures, with_split
from core.formats.shapes import flat_points

NAME = "labelbox"
TITLE = "Labelbox (JSON lines)"
_ADDRESS = "a mask that is only an address on Labelbox's server: left out; of these export polygons"


def recognise(folder: Folder) -> list[str]:
    """The files of data rows, whose first line tells."""
    return [name for name, outline in folder.json_files() if is_row(outline)]


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All rows of a file."""
    data = folder.json(place)
    notes = Notes()
    building = Building(notes)
    rows = []
    for number, row in enumerate(data if isinstance(data, list) else [data], 1):
        if not isinstance(row, dict):
            notes.add("no data row: left out", f"row {number}")
        elif is_image(row):
            rows.append((f"row {number}", row, image_names(row)))
        else:
            notes.add("is no image: left out", next(iter(image_names(row)), f"row {number}"))
    shared = shared_names([row for _, row, _ in rows])
    for about, _, names in rows:
        for name in shared.intersection(names):
            names.remove(name)
            notes.add(f"several images are called {name}: a picture of this name is taken for none of them", about)
    found = pictures.meant([names for _, _, names in rows], parent(place))
    for (about, row, names), picture in zip(rows, found, strict=True):
        name = picture or with_split(names[0] if names else "", parent(place))
        image = building.image(name, size_of(row) or (pictures.size(picture) if picture else None))
        if image is not None:
            for label in label_of(row, notes, about):
                _add_label(building, image, label, about)
    return building.finish(), notes.lines()


def _add_label(building: Building, image: BuiltImage, label: Mapping[str, Any], about: str) -> None:
    objects = label.get("objects")
    author = label["author"] if isinstance(label["author"], str) and label["author"] else None
    for number, thing in enumerate(objects if isinstance(objects, list) else ()):
        where = f"{about} object {number}"
        if not isinstance(thing, dict):
            building.lose(image, "is no object: left out", where)
            continue
        attributes = _answers(thing.get("classifications"))
        try:
            shape = _shape(thing)
        except ValueError as error:
            building.lose(image, str(error) if str(error) == _ADDRESS else f"{error}: left out", where)
            continue
        building.add(image, _class_of(thing), where, author=author, attributes=attributes, **shape)
    for name, answer in _answers(label.get("classifications")).items():
        image.setdefault("tags", []).append(f"{name}: {answer}")
        building.notes.add("an answer on the whole image is kept as the image's tag, not as an object", name)


def _class_of(thing: Mapping[str, Any]) -> object:
    return thing.get("name") or thing.get("title") or thing.get("value")


def _shape(thing: Mapping[str, Any]) -> dict[str, Any]:
    """Mask, box or keypoints of an object, as `Building.add` takes them; ValueError where it has none."""
    if (box := thing.get("bounding_box", thing.get("bbox"))) is not None:
        return {"box": [_number(box, key) for key in ("left", "top", "width", "height")]}
    if (polygon := thing.get("polygon")) is not None:
        return {"segmentation": [flat_points(_pairs(polygon))]}
    if (point := thing.get("point")) is not None:
        name = " ".join(str(_class_of(thing) or "point").split())
        return {"keypoints": {name: (_number(point, "x"), _number(point, "y"), 2)}}
    if {"mask", "composite_mask", "instanceURI"} & thing.keys():
        raise ValueError(_ADDRESS)
    if "line" in thing:
        raise ValueError("a line encloses nothing in the image")
    raise ValueError(f"a shape that is not read ({thing.get('annotation_kind', 'of no kind')})")


def _pairs(points: object) -> list[list[float]]:
    if not isinstance(points, list):
        raise ValueError("a polygon that is no list of points")
    return [[_number(point, "x"), _number(point, "y")] for point in points]


def _answers(entries: object) -> dict[str, Any]:
    """What was answered by the name of the question; of a checklist a list, questions within answers beside it."""
    found: dict[str, Any] = {}
    for entry in entries if isinstance(entries, list) else ():
        name = (entry.get("name") or entry.get("title")) if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name:
            continue
        text, radio = entry.get("text_answer", entry.get("answer")), entry.get("radio_answer", entry.get("answer"))
        if isinstance(entry.get("text_answer"), dict):
            text = entry["text_answer"].get("content")
        choices = entry.get("checklist_answers", entry.get("answers"))
        if isinstance(choices, list):
            named = [choice for choice in choices if isinstance(choice, dict)]
            found[name] = [_title(choice) for choice in named]
        elif isinstance(radio, dict):
            named = [radio]
            found[name] = _title(radio)
        else:
            named = []
            found |= {name: text} if isinstance(text, str) else {}
        for choice in named:
            found = _answers(choice.get("classifications")) | found
    return found


def _title(choice: Mapping[str, Any]) -> str:
    return str(choice.get("name") or choice.get("title") or choice.get("value") or "")


def _number(values: object, key: str) -> float:
    value = values.get(key) if isinstance(values, dict) else None
    if not is_number(value):
        raise ValueError(f"{key} is no number")
    return float(value)
