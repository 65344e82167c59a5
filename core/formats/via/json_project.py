"""VIA, the VGG Image Annotator, version 2 (and 1): JSON of a project or of annotations alone.

The class stands under a freely named key of `region_attributes`; `class_key` finds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.coco.json_values import is_number
from core.formats.building import Building, BuiltImage
from core.formats.coco.instances import write_json
from core.formats.content import Object, Picture, content_of
from core.formats.files import Folder, parent
from core.formats.format import BESIDE_OBJECTS, Coco, Fact
from core.formats.notes import Notes
from core.formats.outlines import single_polygon
from core.formats.pictures import Pictures, tidy_name, with_split
from core.formats.shapes import box_around, ellipse_polygon

NAME = "via"
TITLE = "VIA 2 (JSON)"
CANNOT_CARRY: frozenset[Fact] = BESIDE_OBJECTS | frozenset(
    {"keypoints", "masks beside keypoints", "skeletons", "crowds", "supercategories", "ids"}
)
_CLASS_KEYS = ("class", "label", "name", "type", "category", "object", "class_name", "object_name")
_CHOICES = ("dropdown", "radio", "checkbox")


def recognise(folder: Folder) -> list[str]:
    """JSON files of projects, and of regions by file name."""
    return [
        name
        for name, outline in folder.json_files()
        if not outline.is_list and ("_via_img_metadata" in outline.keys or {"filename", "regions"} <= outline.inner)
    ]


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All images of a VIA file, with the sizes of the pictures: VIA itself does not keep them."""
    data = folder.json(place)
    if not isinstance(data, dict):
        raise ValueError(f"{place}: not a VIA project or its annotations")
    entries = data.get("_via_img_metadata", data)
    settings = data.get("_via_attributes")
    regions = settings.get("region") if isinstance(settings, dict) else None
    if not isinstance(entries, dict):
        raise ValueError(f"{place}: its _via_img_metadata is no dictionary")
    return read_entries(list(entries.values()), regions if isinstance(regions, dict) else {}, place, pictures)


def read_entries(
    entries: list[object], attributes: Mapping[str, object], place: str, pictures: Pictures
) -> tuple[Coco, list[str]]:
    """The images that VIA's JSON or CSV lists; `attributes` are the project's definitions of region attributes."""
    notes = Notes()
    building = Building(notes)
    images = [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("filename"), str)]
    if len(images) < len(entries):
        notes.add("an entry without filename and regions: left out", place)
    key = class_key([region for entry in images for _, region in _regions(entry)], attributes)
    definition = attributes.get(key) if key else None
    options = definition.get("options") if isinstance(definition, dict) else None
    for name in options if isinstance(options, dict) else ():
        building.category(str(name))
    found = pictures.meant([[_name(entry["filename"])] for entry in images], parent(place))
    for entry, picture in zip(images, found, strict=True):
        name = picture or with_split(_name(entry["filename"]), parent(place))
        image = building.image(name, (pictures.size(picture) if picture else None) or _size(entry))
        if image is None:
            continue
        for number, region in _regions(entry):
            about = f"{name} region {number}"
            try:
                _add_region(building, image, region, key, about)
            except (ValueError, TypeError, KeyError) as error:
                text = f"no {error}" if isinstance(error, KeyError) else str(error)
                building.lose(image, f"{text}: the region is left out", about)
    return building.finish(), notes.lines()


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write via_project.json, which VIA opens as a project."""
    data, notes = project_of(coco)
    write_json(data, folder / "via_project.json")
    return notes


def project_of(coco: Mapping[str, object]) -> tuple[dict[str, Any], list[str]]:
    """A data set as a project of VIA, and a line for each thing that was left out."""
    notes = Notes()
    content = content_of(coco, notes)
    used = {name for _, thing in content.objects() for name in thing.attributes}
    key = next(name for name in (*_CLASS_KEYS, *(f"class {number}" for number in range(99))) if name not in used)
    names = sorted(used | ({"score"} if any(thing.score is not None for _, thing in content.objects()) else set()))
    classes = {
        "type": "dropdown",
        "description": "",
        "options": dict.fromkeys(content.names, ""),
        "default_options": {},
    }
    texts = {name: {"type": "text", "description": "", "default_value": ""} for name in names}
    data = {
        "_via_settings": {"core": {"filepath": {}, "default_filepath": ""}, "project": {"name": "annotations"}},
        "_via_img_metadata": {f"{picture.name}-1": _entry(picture, key, notes) for picture in content.pictures},
        "_via_attributes": {"region": {key: classes, **texts}, "file": {}},
        "_via_data_format_version": "2.0.10",
        "_via_image_id_list": [f"{picture.name}-1" for picture in content.pictures],
    }
    return data, notes.lines()


def class_key(regions: list[Mapping[str, object]], attributes: Mapping[str, object]) -> str | None:
    """The region attribute that is the class: by its name, else the one choice of the project, else the commonest.

    None where no region has an attribute.
    """
    counts: Counter[str] = Counter()
    values: dict[str, set[str]] = {}
    for region in regions:
        for key, value in _attributes(region).items():
            if value not in ("", None, {}):
                counts[key] += 1
                values.setdefault(key, set()).add(str(value))
    known = list(dict.fromkeys([*attributes, *counts]))
    by_name = [key for wanted in _CLASS_KEYS for key in known if key.strip().lower() == wanted]
    if by_name:
        return by_name[0]
    choices = [key for key, entry in attributes.items() if isinstance(entry, dict) and entry.get("type") in _CHOICES]
    if len(choices) == 1:
        return choices[0]
    # Of those that stand at as many regions, the one with fewer different values is the class, not a note.
    return min(counts, key=lambda key: (-counts[key], len(values[key])), default=None)


# -- reading ----------------------------------------------------------------------------------------


def _regions(entry: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    regions = entry.get("regions")  # a list in version 2, a dictionary in version 1
    pairs = regions.items() if isinstance(regions, dict) else enumerate(regions) if isinstance(regions, list) else ()
    for number, region in pairs:
        if isinstance(region, dict):
            yield str(number), region


def _attributes(region: Mapping[str, object]) -> Mapping[str, object]:
    attributes = region.get("region_attributes")
    return attributes if isinstance(attributes, dict) else {}


def _name(filename: str) -> str:
    """The name of an image, of a URL its path."""
    return tidy_name(filename.split("://", 1)[1].partition("/")[2] if "://" in filename else filename)


def _size(entry: Mapping[str, object]) -> tuple[int, int] | None:
    """The size that we write as an attribute of the file."""
    values = entry.get("file_attributes")
    size = [str(values.get(key, "")) for key in ("height", "width")] if isinstance(values, dict) else []
    return (int(size[0]), int(size[1])) if size and all(text.isdecimal() and len(text) < 8 for text in size) else None


def _add_region(
    building: Building, image: BuiltImage, region: Mapping[str, object], key: str | None, about: str
) -> None:
    shape = region.get("shape_attributes")
    if not isinstance(shape, dict):
        raise ValueError("no shape_attributes")
    attributes = dict(_attributes(region))
    label = attributes.pop(key, "") if key else ""
    if isinstance(label, dict):  # of a checkbox: {"cat": true, "dog": false}
        label = next((name for name, chosen in label.items() if chosen), "")
    score = attributes.get("score")
    if is_number(score) and 0 <= score <= 1:
        del attributes["score"]
    else:
        score = None
    kind = shape.get("name")
    geometry: dict[str, Any] = {}
    if kind in ("polygon", "polyline"):
        points = _polygon(shape)
        closed = points[:2] == points[-2:]
        if kind == "polyline" and not closed:
            raise ValueError("a polyline encloses nothing")
        geometry["segmentation"] = [points[:-2] if closed and len(points) > 6 else points]
    elif kind == "rect":
        x, y, width, height = (_number(shape, part) for part in ("x", "y", "width", "height"))
        geometry["box"] = box_around([x, y, x + width, y + height])
    elif kind == "circle":
        radius = _number(shape, "r")
        geometry["segmentation"] = [ellipse_polygon(_number(shape, "cx"), _number(shape, "cy"), radius, radius)]
    elif kind == "ellipse":
        turned = _number(shape, "theta") if "theta" in shape else 0.0
        cx, cy, rx, ry = (_number(shape, part) for part in ("cx", "cy", "rx", "ry"))
        geometry["segmentation"] = [ellipse_polygon(cx, cy, rx, ry, turned)]
    elif kind == "point":
        building.notes.add("a point comes as an object of one keypoint", about)
        geometry["keypoints"] = {"point": (_number(shape, "cx"), _number(shape, "cy"), 2)}
    else:
        raise ValueError(f"{kind!r} is no shape that is read")
    building.add(image, label, about, **geometry, score=score, attributes=attributes)


def _polygon(shape: Mapping[str, object]) -> list[float]:
    x, y = shape["all_points_x"], shape["all_points_y"]
    if not (isinstance(x, list) and isinstance(y, list) and len(x) == len(y) and x and all(map(is_number, [*x, *y]))):
        raise ValueError("all_points_x and all_points_y are not as many numbers each")
    return [float(value) for point in zip(x, y, strict=True) for value in point]


def _number(shape: Mapping[str, object], key: str) -> float:
    value = shape[key]
    if not is_number(value):
        raise ValueError(f"{key} is no number")
    return float(value)


# -- writing ----------------------------------------------------------------------------------------


def _entry(picture: Picture, key: str, notes: Notes) -> dict[str, object]:
    regions = []
    for thing in picture.objects:
        if thing.crowd:
            notes.add("a crowd: left out, VIA would take it for one object", thing.about)
            continue
        if thing.keypoints:
            notes.add("its keypoints are not written", thing.about)
        score = {} if thing.score is None else {"score": thing.score}
        attributes = {key: thing.name, **thing.attributes, **score}
        regions.append({"shape_attributes": _shape(thing), "region_attributes": attributes})
    size = {"width": str(picture.width), "height": str(picture.height)}
    return {"filename": picture.name, "size": -1, "regions": regions, "file_attributes": size}


def _shape(thing: Object) -> dict[str, Any]:
    if not thing.segmentation:
        x, y, width, height = map(_plain, thing.box)
        return {"name": "rect", "x": x, "y": y, "width": width, "height": height}
    polygon = [_plain(value) for value in single_polygon(thing)]
    return {"name": "polygon", "all_points_x": polygon[::2], "all_points_y": polygon[1::2]}


def _plain(value: float) -> float:
    return int(value) if float(value).is_integer() else float(value)
