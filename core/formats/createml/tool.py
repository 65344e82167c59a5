"""CreateML, Apple's format for object detectors: a JSON list of images, each with boxes by centre and size.

Roboflow and labelImg write `image` and `annotations`, Apple's own manual says `imagefilename` and `annotation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from core.coco.json_values import is_number
from core.formats.building import Building, BuiltImage
from core.formats.coco.instances import write_json
from core.formats.content import content_of
from core.formats.files import Folder, parent
from core.formats.format import Coco, Fact
from core.formats.notes import Notes
from core.formats.pictures import Pictures, tidy_name, with_split
from core.formats.shapes import snapped

NAME = "createml"
TITLE = "CreateML (JSON)"
PICTURES = ""
CANNOT_CARRY: frozenset[Fact] = frozenset(get_args(Fact)) - {"boxes alone", "images without objects"}
_IMAGE = ("image", "imagefilename")
_BOXES = ("annotations", "annotation")
_KEYS = {*_IMAGE, *_BOXES, "verified"}
_SIDES = ("x", "y", "width", "height")


def recognise(folder: Folder) -> list[str]:
    """JSON lists of images with boxes."""
    return [
        name
        for name, outline in folder.json_files()
        if outline.is_list
        and outline.keys & {*_IMAGE}
        and outline.keys & {*_BOXES}
        and ("coordinates" in outline.listed or (not outline.listed and outline.keys <= _KEYS))
    ]


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All images of a file, with the sizes of the pictures: the format has none."""
    data = folder.json(place)
    notes = Notes()
    building = Building(notes)
    images = [entry for entry in data if isinstance(entry, dict) and _name(entry)] if isinstance(data, list) else []
    if not images:
        raise ValueError(f"{place}: no image with its name is in it")
    if len(images) < len(data):
        notes.add("an entry without the name of its image: left out", place)
    in_fractions = _is_in_fractions(images)
    found = pictures.meant([[_name(entry)] for entry in images], parent(place))
    for entry, picture in zip(images, found, strict=True):
        name = picture or with_split(_name(entry), parent(place))
        image = building.image(name, pictures.size(picture) if picture else None)
        if image is not None:
            for number, box in enumerate(_boxes(entry)):
                _add_box(building, image, box, in_fractions, f"{name} box {number}")
    return building.finish(), notes.lines()


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write _annotations.createml.json, to lie beside the pictures."""
    notes = Notes()
    images = []
    for picture in content_of(coco, notes).pictures:
        boxes = []
        for thing in picture.objects:
            if thing.crowd:
                notes.add("a crowd: left out, CreateML would take it for one object", thing.about)
                continue
            for what, there in (
                ("its mask is", bool(thing.segmentation)),
                ("its keypoints are", bool(thing.keypoints)),
                ("its score is", thing.score is not None),
                ("its attributes are", bool(thing.attributes)),
            ):
                if there:
                    notes.add(f"{what} not written", thing.about)
            x, y, width, height = thing.box
            sides = (x + width / 2, y + height / 2, width, height)
            boxes.append({"label": thing.name, "coordinates": dict(zip(_SIDES, sides, strict=True))})
        images.append({"image": picture.name, "annotations": boxes})
    write_json(images, folder / "_annotations.createml.json")
    return notes.lines()


def _name(entry: Mapping[str, Any]) -> str:
    name = next((entry[key] for key in _IMAGE if key in entry), None)
    return tidy_name(name) if isinstance(name, str) else ""


def _boxes(entry: Mapping[str, Any]) -> list[Any]:
    boxes = next((entry[key] for key in _BOXES if key in entry), None)
    return boxes if isinstance(boxes, list) else []


def _places(box: object) -> list[float] | None:
    """Centre and size of a box; None where it has not all four."""
    place = box.get("coordinates") if isinstance(box, dict) else None
    values: list[Any] = [place.get(side) for side in _SIDES] if isinstance(place, dict) else []
    return [float(value) for value in values] if values and all(map(is_number, values)) else None


def _is_in_fractions(images: list[dict[str, Any]]) -> bool:
    """Whether boxes are in fractions of their images: where no number is above 1."""
    places: Iterator[list[float] | None] = (_places(box) for entry in images for box in _boxes(entry))
    sides = [side for place in places if place for side in place]
    return bool(sides) and max(sides) <= 1


def _add_box(building: Building, image: BuiltImage, box: Any, in_fractions: bool, about: str) -> None:
    place = _places(box)
    if place is None:
        building.lose(image, "no x, y, width and height: the box is left out", about)
        return
    across, down = (image["width"], image["height"]) if in_fractions else (1, 1)
    x, y, width, height = (value * extent for value, extent in zip(place, (across, down) * 2, strict=True))
    left, top, right, bottom = x - width / 2, y - height / 2, x + width / 2, y + height / 2
    if in_fractions:
        left, right = snapped(left, across), snapped(right, across)
        top, bottom = snapped(top, down), snapped(bottom, down)
    building.add(image, box.get("label"), about, box=[left, top, right - left, bottom - top])
