"""Datumaro's JSON, written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.coco.json_values import is_whole
from core.formats.coco.instances import write_json
from core.formats.content import Content, Object, Picture, content_of, keypoint_names, skeleton_lines
from core.formats.files import stem
from core.formats.notes import Notes

DEFAULT_SUBSET = "default"  # what Datumaro calls the part of a data set that has no parts
_IMAGE = 2  # Datumaro's number for data sets of pictures


def write_subset(coco: Mapping[str, object], file: Path) -> list[str]:
    """Write all images into one JSON."""
    notes = Notes()
    content = content_of(coco, notes)
    numbers = {name: number for number, name in enumerate(content.names)}
    stems = Counter(stem(picture.name) for picture in content.pictures)
    file.parent.mkdir(parents=True, exist_ok=True)
    data = {
        "dm_format_version": "1.0",
        "media_type": _IMAGE,
        "infos": {},
        "categories": _categories(content, notes),
        "items": [_item(picture, numbers, stems, notes) for picture in content.pictures],
    }
    write_json(data, file)
    return notes.lines()


def _categories(content: Content, notes: Notes) -> dict[str, Any]:
    points = {str(entry["name"]): keypoint_names(entry) for entry in content.categories}
    attributes: dict[str, set[str]] = {name: set() for name in content.names}
    for _, thing in content.objects():
        attributes[thing.name] |= _attributes(thing)["attributes"].keys()
        if thing.keypoints:
            points[thing.name] = [name for name, *_ in thing.keypoints]
    labels, items = [], []
    for number, category in enumerate(content.categories):
        name = str(category["name"])
        parent = category.get("supercategory")
        parent = parent if isinstance(parent, str) else ""
        if name in points.get(parent, ()):
            notes.add("called like a keypoint of its supercategory, which is not written", name)
            parent = ""
        labels.append({"name": name, "parent": parent, "attributes": sorted(attributes[name])})
        if points[name]:
            lines = skeleton_lines(category, len(points[name]))
            items.append({"label_id": number, "labels": points[name], "joints": lines})
    return {
        "label": {"labels": labels, "label_groups": [], "attributes": ["is_crowd"]},
        "points": {"items": items},
    }


def _item(picture: Picture, numbers: Mapping[str, int], stems: Mapping[str, int], notes: Notes) -> dict[str, Any]:
    annotations: list[dict[str, Any]] = []
    for group, thing in enumerate(picture.objects, 1):
        shapes = _shapes(thing)
        for shape in shapes:
            more = {"label_id": numbers[thing.name], "group": group if len(shapes) > 1 else 0}
            annotations.append({"id": len(annotations) + 1, **shape, **more, **_attributes(thing)})
    # Items are told apart by their ids, in which endings are left out.
    own = stem(picture.name) if stems[stem(picture.name)] == 1 else picture.name
    image = {"path": picture.name, "size": [picture.height, picture.width]}
    return {"id": own, "annotations": annotations, "image": image}


def _shapes(thing: Object) -> list[dict[str, Any]]:
    """The annotations of an object: its parts, and its keypoints."""
    found: list[dict[str, Any]] = []
    if not thing.segmentation:
        found.append({"type": "bbox", "bbox": list(thing.box)})
    elif thing.polygons is None:
        found.append({"type": "mask", "rle": dict(thing.rle)})
    else:
        found += [{"type": "polygon", "points": list(polygon)} for polygon in thing.polygons]
    if any(visibility for *_, visibility in thing.keypoints):
        points = [float(value) for _, x, y, _ in thing.keypoints for value in (x, y)]
        found.append({"type": "points", "points": points, "visibility": [point[3] for point in thing.keypoints]})
    return found


def _attributes(thing: Object) -> dict[str, Any]:
    attributes = dict(thing.attributes)
    z_order = attributes.get("z_order")
    if is_whole(z_order) and z_order:
        del attributes["z_order"]
    if thing.crowd:
        attributes["is_crowd"] = True
    if thing.score is not None:
        attributes["score"] = thing.score
    return {"attributes": attributes, "z_order": z_order if is_whole(z_order) else 0}
