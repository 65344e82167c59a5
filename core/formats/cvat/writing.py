"""CVAT for images 1.1, written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from core.files import write_atomically
from core.formats.content import Content, Object, Picture, content_of, keypoint_names, skeleton_lines
from core.formats.cvat.labels import drawing_of, type_of
from core.formats.cvat.row_runs import runs_of_mask
from core.formats.notes import Notes
from core.formats.texts import xml_text

_OWN = ("occluded", "z_order")  # attributes that CVAT has a place for


def write_cvat(coco: Mapping[str, object], file: Path) -> list[str]:
    """Write all images into one XML."""
    notes = Notes()
    content = content_of(coco, notes)
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    _add_labels(SubElement(SubElement(SubElement(root, "meta"), "task"), "labels"), content)
    for number, picture in enumerate(content.pictures):
        _add_image(root, number, picture, notes)
    indent(root)
    write_atomically(file, lambda path: ElementTree(root).write(path, encoding="utf-8", xml_declaration=True))
    return notes.lines()


def _add_labels(labels: Element, content: Content) -> None:
    values: dict[str, dict[str, list[object]]] = {name: {} for name in content.names}
    points: dict[str, list[str]] = {str(entry["name"]): keypoint_names(entry) for entry in content.categories}
    for _, thing in content.objects():
        for name, value in _attributes(thing).items():
            values[thing.name].setdefault(name, []).append(value)
        if thing.keypoints:
            points[thing.name] = [name for name, *_ in thing.keypoints]
    for category in content.categories:
        name = str(category["name"])
        label = SubElement(labels, "label")
        SubElement(label, "name").text = xml_text(name)
        SubElement(label, "type").text = "skeleton" if points[name] else "any"
        attributes = SubElement(label, "attributes")
        for key, seen in values[name].items():
            attribute = SubElement(attributes, "attribute")
            SubElement(attribute, "name").text = xml_text(key)
            SubElement(attribute, "mutable").text = "False"
            SubElement(attribute, "input_type").text = type_of(seen)
        if points[name]:
            SubElement(label, "svg").text = xml_text(
                drawing_of(points[name], skeleton_lines(category, len(points[name])))
            )
        for point in points[name]:
            part = SubElement(labels, "label")
            SubElement(part, "name").text = xml_text(point)
            SubElement(part, "type").text = "points"
            SubElement(part, "parent").text = xml_text(name)


def _add_image(root: Element, number: int, picture: Picture, notes: Notes) -> None:
    size = {"width": str(picture.width), "height": str(picture.height)}
    image = SubElement(root, "image", {"id": str(number), "name": xml_text(picture.name), **size})
    for group, thing in enumerate(picture.objects, 1):
        shapes = [*_bodies(thing)]
        if thing.keypoints:
            shapes.append(_skeleton(thing))
        for shape in shapes:
            shape.set("label", xml_text(thing.name))
            shape.set("source", _source(thing))
            shape.set("occluded", "1" if thing.attributes.get("occluded") is True else "0")
            shape.set("z_order", str(thing.attributes.get("z_order", 0)))
            if len(shapes) > 1:
                shape.set("group_id", str(group))
            for name, value in _attributes(thing).items():
                SubElement(shape, "attribute", {"name": xml_text(name)}).text = xml_text(_as_text(value))
            image.append(shape)
        if thing.crowd:
            notes.add("a crowd is marked by an attribute 'iscrowd': CVAT itself sees one object", thing.about)


def _source(thing: Object) -> str:
    """Who drew it, in CVAT's words: a person, a model, or a person with a model's help."""
    source = thing.annotation.get("source")
    if source in ("manual", "edited"):
        return "semi-auto" if source == "edited" else "manual"
    return "auto" if source == "predicted" or thing.score is not None else "manual"


def _bodies(thing: Object) -> list[Element]:
    """The shapes of an object without its keypoints."""
    if not thing.segmentation:
        x, y, width, height = thing.box
        return [_shape("box", xtl=x, ytl=y, xbr=x + width, ybr=y + height)]
    if thing.polygons is None:
        runs, (left, top, width, height) = runs_of_mask(thing.bitmap)
        mask = _shape("mask", left=left, top=top, width=width, height=height)
        mask.set("rle", ", ".join(map(str, runs)))
        return [mask]
    found = []
    for polygon in thing.polygons:
        shape = Element("polygon")
        shape.set(
            "points", ";".join(f"{_digits(x)},{_digits(y)}" for x, y in zip(polygon[::2], polygon[1::2], strict=True))
        )
        found.append(shape)
    return found


def _skeleton(thing: Object) -> Element:
    skeleton = Element("skeleton")
    for name, x, y, visibility in thing.keypoints:
        marks = {"outside": str(int(visibility == 0)), "occluded": str(int(visibility == 1))}
        SubElement(skeleton, "points", {"label": xml_text(name), **marks, "points": f"{_digits(x)},{_digits(y)}"})
    return skeleton


def _attributes(thing: Object) -> dict[str, object]:
    """What is written as attributes of the label."""
    found = {key: value for key, value in thing.attributes.items() if not (key in _OWN and is_own(key, value))}
    if thing.score is not None:
        found["score"] = thing.score
    if thing.crowd:
        found["iscrowd"] = True
    return found


def is_own(key: str, value: object) -> bool:
    """Whether CVAT has a place of its own for an attribute: occluded true or false, a whole z_order."""
    return isinstance(value, bool) if key == "occluded" else isinstance(value, int) and not isinstance(value, bool)


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shape(tag: str, **numbers: float) -> Element:
    return Element(tag, {key: _digits(value) for key, value in numbers.items()})


def _digits(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
