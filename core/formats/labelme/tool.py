"""labelme: a JSON beside each image. What X-AnyLabeling adds to it (score, attributes, keypoints by group) is read too.

`group_id` joins the shapes of one object: polygons and masks of one label are its parts, points are its keypoints.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.coco.json_values import is_number
from core.formats.building import Building, BuiltImage
from core.formats.coco.instances import write_json
from core.formats.content import Object, Picture, content_of
from core.formats.files import Folder, own_stem, parent, stem
from core.formats.format import BESIDE_OBJECTS, Coco, Fact
from core.formats.labelme.masks import mask_shape, pasted_mask, size_inside
from core.formats.notes import Notes
from core.formats.parts import Parts
from core.formats.pictures import ImageFile, Pictures, images_of_files, relative_name, said_size, tidy_name
from core.formats.shapes import box_around, ellipse_polygon, flat_points

NAME = "labelme"
TITLE = "labelme (and X-AnyLabeling)"
PICTURES = ""
CANNOT_CARRY: frozenset[Fact] = BESIDE_OBJECTS | {"skeletons", "unused classes", "supercategories", "ids"}
_NO_CLASSES = {"_background_", "__ignore__"}  # labelme's own names for what is none
_CROWD = "iscrowd"  # a flag of ours: labelme itself has none


def recognise(folder: Folder) -> list[str]:
    """The top of the folder, where a JSON with `shapes` lies anywhere in it."""
    found = any(
        not outline.is_list and "shapes" in outline.keys and {"imagePath", "imageData", "imageHeight"} & outline.keys
        for _, outline in folder.json_files()
    )
    return [""] if found else []


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All JSON files below the folder; a broken one is a note."""
    notes = Notes()
    building = Building(notes)
    names = [name for name, outline in folder.json_files() if not outline.is_list and "shapes" in outline.keys]
    images = images_of_files([_image_file(name, folder.json(name)) for name in names], pictures, "", notes)
    for name, (called, picture) in zip(names, images, strict=True):
        data = folder.json(name)
        size = _size(data) or (pictures.size(picture) if picture else None) or size_inside(data.get("imageData"))
        flags = {key: value for key, value in _flags(data).items() if value}
        image = building.image(called, size, **({"flags": flags} if flags else {}))
        if image is not None:
            _add_shapes(building, image, data.get("shapes"), name)
    return building.finish(), notes.lines()


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write a JSON for each image, to lie beside it: labelme opens it with the image."""
    notes = Notes()
    content = content_of(coco, notes)
    taken: set[str] = set()
    for picture in content.pictures:
        name = f"{own_stem(picture.name, taken)}.json"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_json(_file_of(picture, notes), folder / name)
    return notes.lines()


# -- reading ----------------------------------------------------------------------------------------


def _image_file(name: str, data: Mapping[str, Any]) -> ImageFile:
    """What the image may be called: as the file says, else as the JSON is called."""
    path = str(data.get("imagePath") or "")
    said = [relative_name(path, parent(name))] if tidy_name(path) else []
    return ImageFile(name, said, [stem(name)], _size(data))


def _size(data: Mapping[str, Any]) -> tuple[int, int] | None:
    return said_size(data.get("imageHeight"), data.get("imageWidth"))


def _add_shapes(building: Building, image: BuiltImage, shapes: object, name: str) -> None:
    if not isinstance(shapes, list):
        building.notes.add("its shapes are no list", name)
        return
    groups: dict[object, Parts] = {}
    points: list[tuple[object, str, object]] = []
    for number, shape in enumerate(shapes):
        about = f"{name} shape {number}"
        if not isinstance(shape, dict):
            building.lose(image, "is no shape with label and points: left out", about)
            continue
        label, group_id = shape.get("label"), shape.get("group_id")
        if isinstance(label, str) and label in _NO_CLASSES:
            building.notes.add(f"{label} is no class: left out", about)
        elif shape.get("shape_type") == "point":
            points.append((group_id, about, shape))
        else:
            key = (str(label), str(group_id)) if group_id is not None else about
            group = groups.setdefault(
                key, Parts(label, about, crowd=_flags(shape).get(_CROWD) is True, fields=_fields(shape))
            )
            try:
                _take(group, shape, image)
            except (ValueError, TypeError) as error:
                building.lose(image, f"{error}: the shape is left out", about)
    _add_points(building, image, groups, points)
    for group in groups.values():
        group.add_to(building, image)


def _take(group: Parts, shape: Mapping[str, object], image: BuiltImage) -> None:
    """Add a shape to its object; ValueError where it cannot be read."""
    kind = shape.get("shape_type") or "polygon"
    flat = flat_points(shape.get("points"))
    if kind in ("polygon", "rotation", "quadrilateral"):
        group.polygons.append(flat)
    elif kind == "rectangle":
        group.box = box_around([*flat, *_box_corners(group.box)])
    elif kind == "circle":
        if len(flat) < 4:
            raise ValueError("a circle needs its centre and a point on it")
        radius = math.dist(flat[:2], flat[2:4])
        group.polygons.append(ellipse_polygon(flat[0], flat[1], radius, radius))
    elif kind == "mask":
        group.masks.append(pasted_mask(shape.get("mask"), flat, image["height"], image["width"]))
    else:
        raise ValueError(f"a {kind} encloses nothing")


def _box_corners(box: list[float] | None) -> list[float]:
    return [] if box is None else [box[0], box[1], box[0] + box[2], box[1] + box[3]]


def _add_points(
    building: Building, image: BuiltImage, groups: dict[object, Parts], points: list[tuple[Any, str, Any]]
) -> None:
    """Points become keypoints of the one object of their group; a point without such an object is one by itself."""
    notes = building.notes
    bodies: dict[str, list[Parts]] = {}
    for key, group in groups.items():
        if isinstance(key, tuple):
            bodies.setdefault(key[1], []).append(group)
    for group_id, about, shape in points:
        try:
            x, y = flat_points(shape.get("points"))[:2]
        except ValueError as error:
            building.lose(image, f"{error}: the shape is left out", about)
            continue
        visibility = 1 if shape.get("difficult") is True else 2
        label = " ".join(str(shape.get("label") or "").split()) or "point"
        body = bodies.get(str(group_id), []) if group_id is not None else []
        if len(body) == 1:
            if label in body[0].keypoints:
                notes.add("a second keypoint of this name in its group: left out", about)
            body[0].keypoints.setdefault(label, (x, y, visibility))
        elif body:
            building.lose(image, "a point whose group has several objects: left out", about)
        else:
            notes.add("a point without an object comes as an object of one keypoint", about)
            groups[about] = Parts(label, about, keypoints={label: (x, y, visibility)}, fields=_fields(shape))


def _fields(shape: Mapping[str, object]) -> dict[str, object]:
    """What else a shape says about its object: score, description, and as attributes its own and its flags."""
    attributes = shape.get("attributes")
    attributes = dict(attributes) if isinstance(attributes, dict) else {}
    attributes |= {key: value for key, value in _flags(shape).items() if value and key != _CROWD}
    score, description = shape.get("score"), shape.get("description")
    return {
        "score": score if is_number(score) else None,
        "description": description if isinstance(description, str) and description else None,
        "attributes": attributes,
    }


def _flags(shape: Mapping[str, object]) -> Mapping[str, Any]:
    flags = shape.get("flags")
    return flags if isinstance(flags, dict) else {}


# -- writing ----------------------------------------------------------------------------------------


def _file_of(picture: Picture, notes: Notes) -> dict[str, object]:
    shapes: list[dict[str, object]] = []
    for number, thing in enumerate(picture.objects, 1):
        bodies = _bodies(thing)
        group_id = number if len(bodies) > 1 or thing.keypoints else None
        more: dict[str, object] = {"group_id": group_id, "description": str(thing.annotation.get("description") or "")}
        if thing.score is not None:
            more["score"] = thing.score
        if thing.attributes:
            more["attributes"] = dict(thing.attributes)
        if thing.crowd:
            notes.add("a crowd is marked by a flag that other tools do not know: they see one object", thing.about)
        flags = {_CROWD: True} if thing.crowd else {}
        shapes += [{"label": thing.name, **body, **more, "flags": flags} for body in bodies]
        shapes += [
            {"label": name, "points": [[x, y]], "group_id": group_id, "shape_type": "point", "flags": {}}
            | ({"difficult": True} if visibility == 1 else {})
            for name, x, y, visibility in thing.keypoints
            if visibility
        ]
    return {
        "version": "5.5.0",
        "flags": dict(_flags(picture.entry)),
        "shapes": shapes,
        "imagePath": picture.name.rpartition("/")[2],
        "imageData": None,
        "imageHeight": picture.height,
        "imageWidth": picture.width,
    }


def _bodies(thing: Object) -> list[dict[str, object]]:
    """The shapes of an object without its keypoints."""
    if not thing.segmentation:
        x, y, width, height = thing.box
        return [{"points": [[x, y], [x + width, y + height]], "shape_type": "rectangle"}]
    if thing.polygons is None:
        return [mask_shape(thing.bitmap)]
    return [
        {"points": [list(point) for point in zip(polygon[::2], polygon[1::2], strict=True)], "shape_type": "polygon"}
        for polygon in thing.polygons
    ]
