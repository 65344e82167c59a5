"""CVAT for images 1.1: one XML for all images. Shapes of one label and one `group_id` are one object, as in CVAT's own
COCO export; a skeleton among them gives it keypoints. CVAT for video 1.1: tracks, of which each frame has a shape."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from core.coco.json_values import is_number
from core.formats.building import Building, BuiltImage
from core.formats.cvat.labels import Labels, read_labels, value_of
from core.formats.cvat.row_runs import mask_of_runs
from core.formats.cvat.tracks import frames_of_tracks
from core.formats.cvat.writing import write_cvat
from core.formats.files import Folder, joined, parent
from core.formats.format import BESIDE_OBJECTS, Coco, Fact
from core.formats.notes import Notes
from core.formats.parts import Parts, gather
from core.formats.pictures import Pictures, tidy_name, with_split
from core.formats.shapes import box_around, ellipse_polygon, turned_box

NAME = "cvat"
TITLE = "CVAT for images 1.1"
CANNOT_CARRY: frozenset[Fact] = (BESIDE_OBJECTS - {"sources"}) | {"supercategories", "ids"}
_BODIES = ("polygon", "mask")  # what one group makes one object of
_IGNORED = ("polyline", "cuboid")
_SOURCES = {"auto": "predicted", "semi-auto": "edited"}  # CVAT's words for who drew a shape; else a person


def recognise(folder: Folder) -> list[str]:
    """The XML files whose outermost element is <annotations>."""
    return folder.xml_files("annotations")


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All images of a CVAT XML, and the frames of a video's tracks."""
    notes = Notes()
    root = folder.xml(place)
    labels = read_labels(root)
    building = Building(notes)
    for name, label in labels.items():
        more = {"skeleton": label.skeleton} if label.skeleton else {}
        building.category(name, label.keypoints, **more)
    entries = [*root.findall("image"), *frames_of_tracks(root, notes)]
    readings = _readings(entries)
    found = pictures.meant(readings, parent(place))
    for entry, names, picture in zip(entries, readings, found, strict=True):
        size = _size(entry) or (pictures.size(picture) if picture else None)
        part = joined(parent(place), entry.get("subset", ""))
        image = building.image(picture or with_split(names[-1], part), size)
        if image is not None:
            _add_shapes(building, image, entry, labels)
    return building.finish(), notes.lines()


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write annotations.xml, which CVAT takes as 'CVAT for images 1.1'."""
    return write_cvat(coco, folder / "annotations.xml")


def _readings(entries: list[Element]) -> list[list[str]]:
    """What each image may be called: two parts of a project, or two of its tasks, may have images of one name."""
    names = [tidy_name(entry.get("name", "")) for entry in entries]
    times = Counter(names)
    tasks: dict[tuple[str, str], set[str]] = {}
    for entry, name in zip(entries, names, strict=True):
        tasks.setdefault((entry.get("subset", ""), name), set()).add(entry.get("task_id", ""))
    readings = []
    for entry, name in zip(entries, names, strict=True):
        part = entry.get("subset", "")
        in_part = f"{part}/{name}" if part else name
        if len(tasks[part, name]) > 1:  # which of both a picture of this name is cannot be told
            readings.append([f"task {entry.get('task_id')}/{in_part}"])
        else:
            readings.append([in_part, name] if times[name] == 1 else [in_part])
    return readings


def _size(entry: Element) -> tuple[int, int] | None:
    height, width = entry.get("height", ""), entry.get("width", "")
    return (int(height), int(width)) if height.isdecimal() and width.isdecimal() else None


def _add_shapes(building: Building, image: BuiltImage, entry: Element, labels: Mapping[str, Labels]) -> None:
    objects: dict[object, Parts] = {}
    size = (image["height"], image["width"])
    for number, shape in enumerate(entry):
        about = f"{image['file_name']} {shape.tag} {number}"
        label = shape.get("label", "")
        if shape.tag == "tag":
            image.setdefault("tags", []).append(label)
            building.notes.add("a tag of a whole image is kept as the image's, not as an object", label)
        elif shape.tag in _IGNORED:
            building.lose(image, f"a {shape.tag} encloses nothing in the image: left out", about)
        else:
            key: Any = (label, shape.get("group_id")) if shape.get("group_id", "0") != "0" else about
            try:
                found = _parts(shape, label, about, size, labels)
            except (ValueError, OverflowError) as error:
                building.lose(image, f"{error}: left out", about)
                continue
            if found.fields.get("source") == "predicted":
                building.notes.add("drawn by a model (source auto): comes as predicted, a proposal on import", about)
            gather(objects, key, found)
    for parts in objects.values():
        parts.add_to(building, image)


def _parts(shape: Element, label: str, about: str, size: tuple[int, int], labels: Mapping[str, Labels]) -> Parts:
    """One shape by itself; ValueError where it cannot be read."""
    parts = Parts(label, about)
    rotation = _number(shape, "rotation", 0.0)
    if shape.tag == "polygon":
        parts.polygons.append(_points(shape))
    elif shape.tag == "mask":
        box = (_whole(shape, "left"), _whole(shape, "top"), _whole(shape, "width"), _whole(shape, "height"))
        parts.masks.append(mask_of_runs(_runs(shape), box, size))
    elif shape.tag == "box":
        corners = [_number(shape, key) for key in ("xtl", "ytl", "xbr", "ybr")]
        parts.box = box_around(corners)
        if rotation % 360:
            parts.polygons.append(turned_box(parts.box, rotation, around_centre=True))
            parts.box = None
    elif shape.tag == "ellipse":
        cx, cy, rx, ry = (_number(shape, key) for key in ("cx", "cy", "rx", "ry"))
        parts.polygons.append(ellipse_polygon(cx, cy, rx, ry, math.radians(rotation)))
    elif shape.tag == "points":
        flat = _points(shape)
        visibility = 1 if shape.get("occluded") == "1" else 2
        for number, (x, y) in enumerate(zip(flat[::2], flat[1::2], strict=True), 1):
            parts.keypoints[str(number)] = (x, y, visibility)
    elif shape.tag == "skeleton":
        for point in shape.iter("points"):
            x, y = _points(point)[:2]
            visibility = 0 if point.get("outside") == "1" else 1 if point.get("occluded") == "1" else 2
            parts.keypoints[point.get("label", "")] = (x, y, visibility) if visibility else (0, 0, 0)
    else:
        raise ValueError(f"a {shape.tag} is no shape that is read")
    _take_attributes(parts, shape, labels.get(label))
    return parts


def _take_attributes(parts: Parts, shape: Element, label: Labels | None) -> None:
    """The shape's attributes by the types that the label gives them; `iscrowd` and `score` are what we wrote so."""
    attributes: dict[str, Any] = {}
    for attribute in shape.findall("attribute"):
        name = attribute.get("name", "")
        attributes[name] = value_of(attribute.text or "", label.types.get(name, "text") if label else "text")
    if shape.get("occluded") == "1" and shape.tag != "points":
        attributes["occluded"] = True
    if shape.get("z_order", "0") not in ("", "0"):
        attributes["z_order"] = value_of(shape.get("z_order", ""), "number")
    parts.crowd = attributes.pop("iscrowd", False) in (True, "true")
    score = attributes.get("score")
    if is_number(score) and 0 <= score <= 1:
        parts.fields["score"] = float(attributes.pop("score"))
    source = _SOURCES.get(shape.get("source", ""))
    # A score without a word on who drew it would be a model's.
    parts.fields["source"] = "manual" if "score" in parts.fields and source is None else source
    parts.fields["attributes"] = attributes


def _points(shape: Element) -> list[float]:
    flat: list[float] = []
    for point in shape.get("points", "").split(";"):
        x, _, y = point.partition(",")
        try:
            flat += [float(x), float(y)]
        except ValueError:
            raise ValueError("a point that is not x,y") from None
    return flat


def _runs(shape: Element) -> list[int]:
    try:
        return [int(run) for run in shape.get("rle", "").split(",")]
    except ValueError:
        raise ValueError("a mask whose runs are not whole numbers") from None


def _number(shape: Element, key: str, default: float | None = None) -> float:
    try:
        value = float(shape.get(key, "" if default is None else default))
    except ValueError:
        raise ValueError(f"{key} is no number") from None
    if not abs(value) < 1e9:
        raise ValueError(f"{key} is no number of pixels")
    return value


def _whole(shape: Element, key: str) -> int:
    return round(_number(shape, key))
