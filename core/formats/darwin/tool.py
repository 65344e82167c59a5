"""V7's Darwin JSON, 2.0 and 1.0: a file an image.

Annotations of one class and one `instance_id` are one object; paths of a polygon are filled by the even-odd rule.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.coco.json_values import is_number, is_whole
from core.formats.building import Building, BuiltImage, Keypoint
from core.formats.darwin.raster_layers import masks_of_layer
from core.formats.darwin.writing import CROWD, JSON_VALUE, write_files
from core.formats.files import Folder, Outline, joined, parent, stem
from core.formats.format import BESIDE_OBJECTS, Coco, Fact
from core.formats.notes import Notes
from core.formats.parts import Parts, gather
from core.formats.pictures import (
    ImageFile,
    Pictures,
    Size,
    images_of_files,
    relative_name,
    said_size,
    tidy_name,
    with_split,
)
from core.formats.shapes import ellipse_polygon, filled_rings
from core.masks import Rle

NAME = "darwin"
TITLE = "V7 Darwin (JSON)"
CANNOT_CARRY: frozenset[Fact] = (BESIDE_OBJECTS - {"authors"}) | {
    "skeletons",
    "unused classes",
    "supercategories",
    "ids",
}
_TRIANGLE = 6  # numbers of the least polygon
_NO_OBJECTS = ("tag", "raster_layer")
_OTHERS = ("line", "cuboid", "eye", "graph", "string", "table", "simple_table", "link")  # V7's other shapes


def recognise(folder: Folder) -> list[str]:
    """The top of the folder, where the JSON of an image lies anywhere in it."""
    return [""] if any(_is_about_an_image(outline) for _, outline in folder.json_files()) else []


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All JSON files below the folder; a broken one is a note."""
    notes = Notes()
    building = Building(notes)
    about = {
        name: (_called(data), _size(data))
        for name, outline in folder.json_files()
        if _is_about_an_image(outline) and _is_picture(data := folder.json(name), name, notes)
    }
    times = Counter(called for called, _ in about.values())
    files = [_image_file(name, called, size, times) for name, (called, size) in about.items()]
    for file, (called, picture) in zip(files, images_of_files(files, pictures, "", notes), strict=True):
        image = building.image(called, file.size or (pictures.size(picture) if picture else None))
        if image is not None:
            _add_annotations(building, image, folder.json(file.file), file.file)
    return building.finish(), notes.lines()


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write a JSON for each image, which V7 takes as Darwin 2.0."""
    return write_files(coco, folder)


# -- files and names --------------------------------------------------------------------------------


def _is_about_an_image(outline: Outline) -> bool:
    if outline.is_list or "annotations" not in outline.keys:
        return False
    return {"item", "version"} <= outline.keys or {"image", "dataset"} <= outline.keys


def _slot(data: Mapping[str, Any]) -> dict[str, Any]:
    """Where width and height of the image stand: in its first slot, in 1.0 in `image`."""
    item = data.get("item")
    slots = item.get("slots") if isinstance(item, dict) else None
    slot = slots[0] if isinstance(slots, list) and slots else data.get("image")
    return slot if isinstance(slot, dict) else {}


def _is_picture(data: Mapping[str, Any], name: str, notes: Notes) -> bool:
    kind = _slot(data).get("type", "image")
    if kind != "image" or "frame_count" in _slot(data):
        notes.add(f"is a {kind if kind != 'image' else 'video'}: left out", name)
        return False
    return True


def _called(data: Mapping[str, Any]) -> str:
    """What a file calls its image, with the folder in V7; "" where it does not."""
    item = data.get("item", data.get("image"))
    if not isinstance(item, dict):
        return ""
    name = item.get("name") or item.get("original_filename") or item.get("filename")
    path = item.get("path")
    return tidy_name(f"{path if isinstance(path, str) else ''}/{name}") if isinstance(name, str) else ""


def _image_file(name: str, called: str, size: Size | None, times: Mapping[str, int]) -> ImageFile:
    """What the image of a file may be called; pictures lie in images/ beside annotations/, or beside the file."""
    place = parent(name)
    if place.rpartition("/")[2] == "annotations":
        place = parent(place)
    there = [relative_name(f"../images/{called}", parent(name)), relative_name(called, parent(name))]
    last = with_split(called, place) if times[called] == 1 else joined(place, called)
    return ImageFile(name, [*there, last] if called else [], [stem(name)], size)


def _size(data: Mapping[str, Any]) -> Size | None:
    height, width = _slot(data).get("height"), _slot(data).get("width")
    return said_size(height, width)


# -- annotations ------------------------------------------------------------------------------------


def _add_annotations(building: Building, image: BuiltImage, data: Mapping[str, Any], name: str) -> None:
    entries = data.get("annotations")
    entries = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    masks = _masks(building.notes, image, entries, name)
    instances = Counter(_instance(entry) for entry in entries)
    slot = _slot(data).get("slot_name")
    objects: dict[object, Parts] = {}
    for number, entry in enumerate(entries):
        about = f"{name} annotation {number}"
        title = str(entry.get("name") or "")
        if "tag" in entry:
            image.setdefault("tags", []).append(title)
            building.notes.add("a tag of a whole image is kept as the image's, not as an object", title)
        if any(kind in entry for kind in _NO_OBJECTS):
            continue
        try:
            if isinstance(entry.get("slot_names"), list) and slot not in (None, *entry["slot_names"]):
                raise ValueError("of another slot than the first")
            found = _parts(entry, masks, image, about)
        except (ValueError, TypeError, OverflowError) as error:
            building.lose(image, f"{error}: left out", about)
            continue
        _take_fields(found, entry)
        bound = _instance(entry)
        key: Any = about if bound is None or instances[bound] == 1 else bound
        if key is bound:
            found.fields["attributes"].pop("instance_id", None)
        gather(objects, key, found)
    for parts in objects.values():
        parts.add_to(building, image)


def _masks(notes: Notes, image: BuiltImage, entries: list[dict[str, Any]], name: str) -> dict[str, Rle]:
    """The masks of all raster layers of a file, by the ids of their annotations."""
    found: dict[str, Rle] = {}
    for entry in entries:
        if "raster_layer" in entry:
            try:
                found |= masks_of_layer(entry["raster_layer"], image["height"], image["width"])
            except ValueError as error:
                notes.add(str(error), name)
    return found


def _instance(entry: Mapping[str, Any]) -> tuple[str, int] | None:
    """Class and number of the instance that an annotation belongs to; None for none."""
    instance = entry.get("instance_id")
    value = instance.get("value") if isinstance(instance, dict) else None
    return (str(entry.get("name")), value) if is_whole(value) else None


def _parts(entry: Mapping[str, Any], masks: Mapping[str, Rle], image: BuiltImage, about: str) -> Parts:
    """One annotation by itself; ValueError where it cannot be read."""
    parts = Parts(entry.get("name"), about)
    if "polygon" in entry or "complex_polygon" in entry:
        rings = [_path(path) for path in _paths(entry)]
        rings = [ring for ring in rings if len(ring) >= _TRIANGLE] or rings  # a click too many is no part
        filled = filled_rings(rings, image["height"], image["width"]) if len(rings) > 1 else rings
        if isinstance(filled, dict):
            parts.masks.append(filled)
        else:
            parts.polygons += filled
    elif "bounding_box" in entry:
        parts.box = [_number(entry["bounding_box"], key) for key in ("x", "y", "w", "h")]
    elif "mask" in entry:
        if str(entry.get("id")) not in masks:
            raise ValueError("a mask that no raster layer has")
        parts.masks.append(masks[str(entry.get("id"))])
    elif "ellipse" in entry:
        ellipse = entry["ellipse"] if isinstance(entry["ellipse"], dict) else {}
        cx, cy, rx, ry = (_number(ellipse.get(key), axis) for key in ("center", "radius") for axis in "xy")
        parts.polygons.append(ellipse_polygon(cx, cy, rx, ry, _number(ellipse, "angle", 0.0)))
    elif "keypoint" in entry:
        point = (_number(entry["keypoint"], "x"), _number(entry["keypoint"], "y"), 2)
        parts.keypoints = {" ".join(str(entry.get("name") or "point").split()): point}
    elif "skeleton" in entry:
        parts.keypoints = _nodes(entry["skeleton"])
    elif "frames" in entry:
        raise ValueError("of a video")
    else:
        kind = next((kind for kind in _OTHERS if kind in entry), "shape without a kind that is known")
        raise ValueError(f"a {kind} encloses nothing in the image")
    return parts


def _paths(entry: Mapping[str, Any]) -> list[Any]:
    """All paths of a polygon, in the four ways in which versions write them."""
    polygon = entry.get("polygon", entry.get("complex_polygon"))
    polygon = polygon if isinstance(polygon, dict) else {}
    path, more = polygon.get("path"), polygon.get("additional_paths")
    paths = polygon.get("paths")
    if paths is None and isinstance(path, list):
        paths = path if path and isinstance(path[0], list) else [path]
    if not isinstance(paths, list) or not paths:
        raise ValueError("a polygon without paths")
    return paths + (more if isinstance(more, list) else [])


def _path(points: object) -> list[float]:
    if not isinstance(points, list):
        raise ValueError("a path that is no list of points")
    return [_number(point, axis) for point in points for axis in "xy"]


def _nodes(skeleton: object) -> dict[str, Keypoint]:
    nodes = skeleton.get("nodes") if isinstance(skeleton, dict) else None
    found: dict[str, Keypoint] = {}
    for number, node in enumerate(nodes if isinstance(nodes, list) else (), 1):
        point = (_number(node, "x"), _number(node, "y"), 1 if node.get("occluded") is True else 2)
        found[" ".join(str(node.get("name") or number).split())] = point
    if not found:
        raise ValueError("a skeleton without nodes")
    return found


def _take_fields(parts: Parts, entry: Mapping[str, Any]) -> None:
    """What else is said of an annotation: flags, properties and a text, who drew it, how sure a model was."""
    flags = entry.get("attributes")
    attributes: dict[str, Any] = {str(flag): True for flag in (flags if isinstance(flags, list) else ())}
    parts.crowd = attributes.pop(CROWD, False)
    attributes |= _properties(entry.get("properties"))
    text = entry.get("text")
    if isinstance(text, dict) and isinstance(text.get("text"), str) and text["text"]:
        attributes.setdefault("text", text["text"])
    if (bound := _instance(entry)) is not None:
        attributes["instance_id"] = bound[1]
    inference = entry.get("inference")
    inference = inference if isinstance(inference, dict) else {}
    score, model = inference.get("confidence"), inference.get("model")
    people = entry.get("annotators")
    person = people[0] if isinstance(people, list) and people and isinstance(people[0], dict) else {}
    author = person.get("full_name") or person.get("email")
    parts.fields = {
        "score": float(score) if is_number(score) and 0 <= score <= 1 else None,
        "model": model["name"] if isinstance(model, dict) and isinstance(model.get("name"), str) else None,
        "author": author if isinstance(author, str) else None,
        "attributes": attributes,
    }


def _properties(entries: object) -> dict[str, Any]:
    """Values by name; of a property with several choices a list."""
    found: dict[str, list[Any]] = {}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("name") is not None:
            value = entry.get("value")
            if entry.get("type") == JSON_VALUE and isinstance(value, str):
                with suppress(ValueError, RecursionError):
                    value = json.loads(value)
            found.setdefault(str(entry["name"]), []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _number(values: object, key: str, default: float | None = None) -> float:
    value = values.get(key, default) if isinstance(values, dict) else None
    if not is_number(value):
        raise ValueError(f"{key} is no number")
    return float(value)
