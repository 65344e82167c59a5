"""Datumaro's own JSON: annotations/SUBSET.json, the pictures in images/SUBSET/ (or images/).

Annotations of one label and one group are one object, as where Datumaro and CVAT write COCO.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.coco.json_values import is_number, is_whole
from core.formats.building import Building, BuiltImage, Keypoint
from core.formats.datumaro.labels import Label, classes_of, dictionaries, read_labels
from core.formats.datumaro.writing import DEFAULT_SUBSET, write_subset
from core.formats.files import Folder, joined, parent, stem
from core.formats.format import BESIDE_OBJECTS, Coco, Fact
from core.formats.notes import Notes
from core.formats.parts import Parts, gather
from core.formats.pictures import Pictures, said_size, tidy_name, with_split
from core.formats.shapes import ellipse_polygon, turned_box
from core.masks import segmentation_to_rle

NAME = "datumaro"
TITLE = "Datumaro (JSON)"
PICTURES = f"images/{DEFAULT_SUBSET}"
CANNOT_CARRY: frozenset[Fact] = BESIDE_OBJECTS | {"ids"}


def recognise(folder: Folder) -> list[str]:
    """The folders of data sets, in which annotations/ lies; of other JSON files that are Datumaro's their own."""
    return sorted({_root(name) for name in _files(folder)})


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All subsets of a data set; a broken file is a note."""
    notes = Notes()
    building = Building(notes)
    entries: list[tuple[str, dict[str, Any], list[Label]]] = []  # the file of an item, it, and the labels there
    for name in _files(folder):
        if _root(name) == place:
            data = folder.json(name)
            labels = read_labels(data["categories"])
            for label in classes_of(labels):
                more = {"skeleton": label.skeleton} if label.skeleton else {}
                supercategory = {"supercategory": label.parent} if label.parent else {}
                building.category(label.name, label.keypoints, **more, **supercategory)
            entries += [(name, item, labels) for item in _pictured(data, name, notes)]
    times = Counter(_path(item) for _, item, _ in entries)
    readings = [_readings(name, _path(item), times) for name, item, _ in entries]
    found = pictures.meant(readings, place)
    for (name, item, labels), picture in zip(entries, found, strict=True):
        path = _path(item)
        called = picture or (with_split(path, _subset(name)) if times[path] == 1 else _in_subset(_subset(name), path))
        size = _size(item) or (pictures.size(picture) if picture else None)
        image = building.image(called, size)
        if image is not None:
            _add_annotations(building, image, dictionaries(item, "annotations"), labels, f"{_subset(name)} {path}")
    return building.finish(), notes.lines()


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write annotations/default.json; the pictures belong into images/default/."""
    return write_subset(coco, folder / "annotations" / f"{DEFAULT_SUBSET}.json")


# -- files and names --------------------------------------------------------------------------------


def _files(folder: Folder) -> list[str]:
    return [
        name for name, outline in folder.json_files() if not outline.is_list and {"items", "categories"} <= outline.keys
    ]


def _root(name: str) -> str:
    place = parent(name)
    return parent(place) if place.rpartition("/")[2] == "annotations" else place


def _subset(name: str) -> str:
    return stem(name.rpartition("/")[2])


def _pictured(data: Mapping[str, Any], name: str, notes: Notes) -> list[dict[str, Any]]:
    """The items of a file that are pictures."""
    items = []
    for item in dictionaries(data, "items"):
        if {"point_cloud", "video", "video_frame"} & item.keys():
            notes.add("is a video or a point cloud: left out", f"{name} {item.get('id')}")
        else:
            items.append(item)
    return items


def _path(item: Mapping[str, Any]) -> str:
    """What an item calls its picture; without one its id, which has no ending."""
    image = item.get("image")
    path = image.get("path") if isinstance(image, dict) else None
    return tidy_name(path if isinstance(path, str) and path else str(item.get("id") or ""))


def _readings(name: str, path: str, times: Mapping[str, int]) -> list[str]:
    """What an item's picture may be called, from the data set's folder: two subsets may have pictures of one name."""
    subset = _subset(name)
    readings = [joined(f"images/{subset}", path), _in_subset(subset, path)]
    return [*readings, joined("images", path), path] if times[path] == 1 else readings


def _in_subset(subset: str, path: str) -> str:
    own = not path or subset == DEFAULT_SUBSET or path.startswith(f"{subset}/")
    return path if own else f"{subset}/{path}"


def _size(item: Mapping[str, Any]) -> tuple[int, int] | None:
    image = item.get("image")
    size = image.get("size") if isinstance(image, dict) else None
    return said_size(*size) if isinstance(size, list) and len(size) == 2 else None


# -- annotations ------------------------------------------------------------------------------------


def _add_annotations(
    building: Building, image: BuiltImage, entries: list[dict[str, Any]], labels: list[Label], name: str
) -> None:
    objects: dict[object, Parts] = {}
    for number, entry in enumerate(entries):
        about = f"{name} annotation {number}"
        label = _label_of(entry, labels)
        kind = entry.get("type")
        if kind == "label":
            image.setdefault("tags", []).append(label.name)
            building.notes.add("a label of a whole image is kept as the image's, not as an object", label.name)
            continue
        if kind in ("caption", "hash_key"):
            building.notes.add(f"a {kind} is no object: left out", about)
            continue
        try:
            found = _parts(entry, label, labels, image, about)
        except (ValueError, TypeError, OverflowError) as error:
            building.lose(image, f"{error}: left out", about)
            continue
        group = entry.get("group")
        key = (label.name, group) if is_whole(group) and group else about
        gather(objects, key, found)
    for parts in objects.values():
        parts.add_to(building, image)


def _label_of(entry: Mapping[str, Any], labels: list[Label]) -> Label:
    label_id = entry.get("label_id")
    return labels[label_id] if is_whole(label_id) and 0 <= label_id < len(labels) else Label("")


def _parts(entry: Mapping[str, Any], label: Label, labels: list[Label], image: BuiltImage, about: str) -> Parts:
    """One annotation by itself; ValueError where it cannot be read."""
    parts = Parts(label.name, about)
    kind = entry.get("type")
    attributes = dict(entry["attributes"]) if isinstance(entry.get("attributes"), dict) else {}
    if kind == "polygon":
        parts.polygons.append(_numbers(entry.get("points")))
    elif kind == "mask":
        parts.masks.append(segmentation_to_rle(_rle(entry), image["height"], image["width"]))
    elif kind == "bbox":
        parts.box = _numbers(entry.get("bbox"), 4)
        rotation = attributes.get("rotation")
        if is_number(rotation) and rotation % 360:
            # As CVAT has it: the box before it was turned.
            parts.polygons.append(turned_box(parts.box, rotation, around_centre=True))
            del attributes["rotation"]
            parts.box = None
    elif kind == "rotated_bbox":
        cx, cy, width, height, degrees = _numbers(entry.get("points"), 5)
        parts.polygons.append(turned_box([cx - width / 2, cy - height / 2, width, height], degrees, around_centre=True))
    elif kind == "ellipse":
        left, top, right, bottom = _numbers(entry.get("points"), 4)
        parts.polygons.append(
            ellipse_polygon((left + right) / 2, (top + bottom) / 2, abs(right - left) / 2, abs(bottom - top) / 2)
        )
    elif kind in ("points", "skeleton"):
        parts.keypoints = _elements(entry, labels) if "elements" in entry else _points(entry, label)
    else:
        raise ValueError(f"a {kind} encloses nothing in the image")
    _take_attributes(parts, attributes, entry)
    return parts


def _rle(entry: Mapping[str, Any]) -> dict[str, Any]:
    rle = entry.get("rle")
    if not isinstance(rle, dict):
        raise ValueError("a mask without its rle")
    return rle


def _points(entry: Mapping[str, Any], label: Label) -> dict[str, Keypoint]:
    """Keypoints under the names of their label, those beyond by number; a skeleton's come with their visibility."""
    flat = _numbers(entry.get("points"))
    if entry.get("type") == "skeleton":
        x, y, seen = flat[::3], flat[1::3], flat[2::3]
    else:
        x, y = flat[::2], flat[1::2]
        visibility = entry.get("visibility")
        seen = _numbers(visibility, len(x)) if visibility else [2.0] * len(x)
    if not len(x) == len(y) == len(seen) or not x:
        raise ValueError("points that are not an x and a y each")
    names = [*label.keypoints, *(str(number) for number in range(len(label.keypoints) + 1, len(x) + 1))]
    return {name: _keypoint(*point) for name, *point in zip(names, x, y, seen, strict=False)}


def _elements(entry: Mapping[str, Any], labels: list[Label]) -> dict[str, Keypoint]:
    """CVAT's skeletons: each point is an annotation, and its name a label."""
    found: dict[str, Keypoint] = {}
    for number, element in enumerate(dictionaries(entry, "elements"), 1):
        x, y = _numbers(element.get("points"), 2)
        visibility = element.get("visibility")
        seen = _numbers(visibility, 1)[0] if visibility else 2.0
        found[_label_of(element, labels).name or str(number)] = _keypoint(x, y, seen)
    return found


def _keypoint(x: float, y: float, seen: float) -> Keypoint:
    return (x, y, 1 if seen == 1 else 2) if seen > 0 else (0, 0, 0)


def _take_attributes(parts: Parts, attributes: dict[str, Any], entry: Mapping[str, Any]) -> None:
    """Datumaro's own attributes are COCO's fields; its numbers of depth and track become attributes."""
    parts.crowd = attributes.pop("is_crowd", False) is True
    score = attributes.get("score")
    if is_number(score) and 0 <= score <= 1:
        parts.fields["score"] = float(attributes.pop("score"))
    for key, none in (("z_order", 0), ("object_id", -1)):
        value = entry.get(key)
        if is_whole(value) and value != none:
            attributes.setdefault(key, value)
    parts.fields["attributes"] = attributes


def _numbers(values: object, count: int | None = None) -> list[float]:
    if not isinstance(values, list) or not all(map(is_number, values)) or count not in (None, len(values)):
        raise ValueError(
            "its points are not a list of numbers" if count is None else f"its place is not {count} numbers"
        )
    return [float(value) for value in values]
