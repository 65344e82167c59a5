"""Label Studio: its JSON (tasks with results, and JSON_MIN). Coordinates are per cent of the image."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from core.coco.json_values import is_number
from core.formats.building import Building, BuiltImage
from core.formats.files import Folder, parent
from core.formats.format import BESIDE_OBJECTS, Coco, Fact
from core.formats.label_studio.bit_runs import decode_brush
from core.formats.label_studio.tasks import image_names, results_of, without_shared_names
from core.formats.label_studio.writing import write_tasks
from core.formats.notes import Notes
from core.formats.parts import Parts
from core.formats.pictures import Pictures, Size, said_size
from core.formats.shapes import ellipse_polygon, flat_points, snapped, turned_box
from core.masks import encode_rle

NAME = "label-studio"
TITLE = "Label Studio JSON"
CANNOT_CARRY: frozenset[Fact] = BESIDE_OBJECTS | {"skeletons", "supercategories", "ids"}
_SHAPES = frozenset(
    f"{shape}{labels}" for shape in ("polygon", "rectangle", "ellipse", "brush") for labels in ("labels", "")
) | {"labels"}
_CONFIG_TAGS = ("PolygonLabels", "BrushLabels", "RectangleLabels", "EllipseLabels", "Labels")


def recognise(folder: Folder) -> list[str]:
    """JSON files of tasks, in full or JSON_MIN."""
    return [
        name
        for name, outline in folder.json_files()
        if ("data" in outline.keys and {"annotations", "completions", "predictions"} & outline.keys)
        or (outline.is_list and "original_width" in outline.listed)
    ]


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All tasks of a file; of several people's annotations of one task the first."""
    data = folder.json(place)
    tasks = [task for task in (data if isinstance(data, list) else [data]) if isinstance(task, dict)]
    if not tasks:
        raise ValueError(f"{place}: no tasks are in it")
    notes = Notes()
    building = Building(notes)
    for name in _configured_classes(folder, parent(place), notes):
        building.category(name)
    names = without_shared_names([image_names(task) for task in tasks])
    found = pictures.meant(names, parent(place))
    for number, (task, readings, picture) in enumerate(zip(tasks, names, found, strict=True)):
        about = f"task {task.get('id', number)}"
        results, model = results_of(task, notes, about)
        size = _turned_back(results, _size(task, results), pictures.size(picture) if picture else None, notes, about)
        image = building.image(picture or (readings[0] if readings else ""), size)
        if image is not None:
            _add_results(building, image, results, model, about)
    return building.finish(), notes.lines()


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write tasks.json and label_config.xml, the labelling setup that it needs."""
    return write_tasks(coco, folder)


def _configured_classes(folder: Folder, near: str, notes: Notes) -> list[str]:
    """The classes that a labelling setup beside the tasks lists, in its order."""
    names: list[str] = []
    for name in folder.xml_files("View"):
        if parent(name) == near:
            try:
                root = folder.xml(name)
            except (ValueError, OSError) as error:
                notes.add(str(error).partition(": ")[2], name)
                continue
            for element in root.iter():
                if element.tag in _CONFIG_TAGS:
                    names += [label.get("value", "") for label in element.iter("Label")]
    return [name for name in dict.fromkeys(" ".join(name.split()) for name in names) if name]


def _size(task: Mapping[str, object], results: list[dict[str, object]]) -> tuple[int, int] | None:
    """Height and width as the first result says, else as the task's data says."""
    data = task.get("data")
    data = data if isinstance(data, dict) else {}
    sizes = [(result.get("original_height"), result.get("original_width")) for result in results]
    found = (said_size(*size) for size in [*sizes, (data.get("height"), data.get("width"))])
    return next((size for size in found if size), None)


def _turned_back(
    results: list[dict[str, object]], said: Size | None, there: Size | None, notes: Notes, about: str
) -> Size | None:
    """The size of the image as it is stored, where a person turned the view: per cent are of the picture as it is.

    Old versions exchanged width and height then; the picture itself tells, where it is here.
    """
    turned = [result["image_rotation"] for result in results if is_number(result.get("image_rotation"))]
    if any(turned):
        notes.add("drawn in a turned view (image_rotation): its objects are on the picture as it is stored", about)
        if said and there and said == there[::-1]:
            return there
    return said or there


def _add_results(
    building: Building, image: BuiltImage, results: list[dict[str, object]], model: str | None, about: str
) -> None:
    objects: dict[str, Parts] = {}
    points: list[tuple[str, dict[str, object]]] = []
    others: list[tuple[str, dict[str, object]]] = []
    for number, result in enumerate(results):
        where = f"{about} result {result.get('id', number)}"
        kind = str(result.get("type"))
        if kind in ("keypointlabels", "keypoint"):
            points.append((where, result))
        elif kind not in _SHAPES:
            others.append((where, result))
        else:
            try:
                _add_shape(objects, _parts(result, image, where), str(result.get("id", where)), model)
                if len(_labels(result.get("value"))) > 1:
                    building.notes.add("has several labels: the first is its class", where)
            except (ValueError, TypeError) as error:
                building.lose(image, f"{error}: left out", where)
    for where, result in points:
        try:
            _add_point(building.notes, objects, result, image, where)
        except ValueError as error:
            building.lose(image, f"{error}: left out", where)
    for where, result in others:
        _add_answer(building, image, objects.get(str(result.get("id"))), result, where)
    for parts in objects.values():
        parts.add_to(building, image)


def _add_shape(objects: dict[str, Parts], parts: Parts, key: str, model: str | None) -> None:
    """A region; of two results of one region, which is how the tag `Labels` writes it, the one with a label counts."""
    parts.fields["model"] = model
    known = objects.get(key)
    if known is None or not known.label:
        objects[key] = parts


def _add_answer(
    building: Building, image: BuiltImage, parts: Parts | None, result: Mapping[str, object], where: str
) -> None:
    """What was asked about a region (choices, text, a number, a rating) becomes its attribute."""
    value = result.get("value")
    kind = str(result.get("type"))
    if kind.endswith("labels"):
        building.lose(image, f"a result of type {kind!r} is no shape that is read: left out", where)
        return
    answer = value.get("text" if kind == "textarea" else kind) if isinstance(value, dict) else None
    if parts is None or answer is None:
        building.notes.add(f"a result of type {kind!r} is no object: left out", where)
        return
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    parts.fields["attributes"] = {**(parts.fields.get("attributes") or {}), str(result.get("from_name", kind)): answer}


def _parts(result: Mapping[str, object], image: BuiltImage, where: str) -> Parts:
    """The object of one result; ValueError where it is broken."""
    value = result.get("value")
    if not isinstance(value, dict):
        raise ValueError("no value")
    parts = Parts(_label(value), where, fields=_fields(result))
    meta = result.get("meta")
    parts.crowd = isinstance(meta, dict) and meta.get("iscrowd") is True
    width, height = image["width"], image["height"]
    if "points" in value:
        flat = flat_points(value["points"])
        parts.polygons.append([_pixel(part, height if at % 2 else width) for at, part in enumerate(flat)])
    elif "rle" in value:
        parts.masks.append(encode_rle(decode_brush(value["rle"], height, width)))
    elif "radiusX" in value:
        x, y, rx, ry = (_percent(value, key) for key in ("x", "y", "radiusX", "radiusY"))
        turned = math.radians(_percent(value, "rotation", 0.0))
        parts.polygons.append(
            ellipse_polygon(x * width / 100, y * height / 100, rx * width / 100, ry * height / 100, turned)
        )
    elif {"x", "y", "width", "height"} <= value.keys():
        x, y, across, down = (_percent(value, key) for key in ("x", "y", "width", "height"))
        left, right = _pixel(x, width), _pixel(x + across, width)
        top, bottom = _pixel(y, height), _pixel(y + down, height)
        parts.box = [left, top, right - left, bottom - top]
        rotation = _percent(value, "rotation", 0.0)
        if rotation % 360:
            parts.polygons.append(turned_box(parts.box, rotation, around_centre=False))
            parts.box = None
    else:
        raise ValueError("no shape that is read")
    return parts


def _fields(result: Mapping[str, object]) -> dict[str, object]:
    meta = result.get("meta")
    attributes = meta.get("attributes") if isinstance(meta, dict) else None
    score = result.get("score")
    return {
        "score": float(score) if is_number(score) else None,
        "attributes": attributes if isinstance(attributes, dict) else None,
    }


def _add_point(
    notes: Notes, objects: dict[str, Parts], result: Mapping[str, object], image: BuiltImage, where: str
) -> None:
    """A point becomes a keypoint of the region that it names as parent, else an object by itself."""
    value = result.get("value")
    if not isinstance(value, dict):
        raise ValueError("no value")
    label = " ".join(str(_label(value) or "point").split())
    meta = result.get("meta")
    visibility = 1 if isinstance(meta, dict) and meta.get("occluded") is True else 2
    point = (_pixel(_percent(value, "x"), image["width"]), _pixel(_percent(value, "y"), image["height"]), visibility)
    body = objects.get(str(result.get("parentID")))
    if body is not None:
        body.keypoints[label] = point
    else:
        notes.add("a point without an object comes as an object of one keypoint", where)
        objects[f"{where} point"] = Parts(label, where, keypoints={label: point}, fields=_fields(result))


def _label(value: object) -> object:
    """The first label; "" without one."""
    return next(iter(_labels(value)), "")


def _labels(value: object) -> list[object]:
    """The labels, under whichever key that ends with "labels"."""
    entries = value.items() if isinstance(value, dict) else ()
    return next((names for key, names in entries if key.endswith("labels") and isinstance(names, list) and names), [])


def _percent(value: Mapping[str, object], key: str, default: float | None = None) -> float:
    number = value.get(key, default)
    if not is_number(number):
        raise ValueError(f"{key} is no number")
    return float(number)


def _pixel(percent: float, extent: int) -> float:
    return snapped(percent * extent / 100, extent)
