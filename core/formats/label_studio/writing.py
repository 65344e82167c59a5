"""Label Studio's JSON, written: tasks to import, and the labelling setup that they need."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from core.files import write_atomically
from core.formats.coco.instances import write_json
from core.formats.content import Content, Object, Picture, content_of
from core.formats.label_studio.bit_runs import encode_brush
from core.formats.notes import Notes
from core.formats.texts import xml_text

_LOCAL = "/data/local-files/?d="  # how Label Studio reads a file below its document root


def write_tasks(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write tasks.json and label_config.xml."""
    notes = Notes()
    content = content_of(coco, notes)
    write_json(
        [_task(number, picture, notes) for number, picture in enumerate(content.pictures, 1)], folder / "tasks.json"
    )
    root = _setup(content)
    write_atomically(folder / "label_config.xml", lambda path: ElementTree(root).write(path, encoding="utf-8"))
    return notes.lines()


def _setup(content: Content) -> Element:
    view = Element("View")
    SubElement(view, "Image", {"name": "image", "value": "$image"})
    points = list(dict.fromkeys(name for _, thing in content.objects() for name, *_ in thing.keypoints))
    for tag, names in (
        ("PolygonLabels", content.names),
        ("BrushLabels", content.names),
        ("RectangleLabels", content.names),
        ("KeyPointLabels", points),
    ):
        if names:
            labels = SubElement(view, tag, {"name": tag.removesuffix("Labels").lower(), "toName": "image"})
            for name in names:
                SubElement(labels, "Label", {"value": xml_text(name)})
    indent(view)
    return view


def _task(number: int, picture: Picture, notes: Notes) -> dict[str, object]:
    results = [result for thing in picture.objects for result in _results(thing, notes)]
    data = {"image": f"{_LOCAL}{quote(picture.name)}", "width": picture.width, "height": picture.height}
    # A model's answer to a whole image is a prediction, which a person then corrects.
    if picture.objects and all(thing.score is not None for thing in picture.objects):
        scores = [thing.score for thing in picture.objects if thing.score is not None]
        prediction = {"model_version": "converted", "score": sum(scores) / len(scores), "result": results}
        return {"id": number, "data": data, "annotations": [], "predictions": [prediction]}
    for thing in picture.objects:
        if thing.score is not None:
            notes.add(
                "its score stays with it, but beside objects without score it is no prediction any more", thing.about
            )
    return {"id": number, "data": data, "annotations": [{"result": results}], "predictions": []}


def _results(thing: Object, notes: Notes) -> list[dict[str, object]]:
    """The region of an object, and its keypoints, which name it as their parent."""
    name = thing.about.replace(" ", "-")
    meta: dict[str, object] = {"attributes": dict(thing.attributes)} if thing.attributes else {}
    if thing.crowd:
        meta["iscrowd"] = True
        notes.add("a crowd is marked in `meta`: Label Studio itself sees one object", thing.about)
    body = _region(thing, name, *_body(thing))
    if meta:
        body["meta"] = meta
    found = [body]
    for label, x, y, visibility in thing.keypoints:
        if visibility:
            point = {"x": x * 100 / thing.size[1], "y": y * 100 / thing.size[0], "width": 0.5}
            region = _region(thing, f"{name}-{label}", "keypointlabels", point, label)
            found.append(region | {"parentID": name} | ({"meta": {"occluded": True}} if visibility == 1 else {}))
    return found


def _region(thing: Object, name: str, kind: str, value: dict[str, Any], label: str | None = None) -> dict[str, object]:
    size = {"original_width": thing.size[1], "original_height": thing.size[0], "image_rotation": 0}
    score = {} if thing.score is None else {"score": thing.score}
    names = {"from_name": kind.removesuffix("labels"), "to_name": "image"}
    return {"id": name, "type": kind, **names, **size, "value": {**value, kind: [label or thing.name]}, **score}


def _body(thing: Object) -> tuple[str, dict[str, Any]]:
    """The kind of a region and its shape: parts and holes only fit into a brush."""
    height, width = thing.size
    if not thing.segmentation:
        x, y, box_width, box_height = thing.box
        shape = {"x": x / width, "y": y / height, "width": box_width / width, "height": box_height / height}
        return "rectanglelabels", {key: 100 * value for key, value in shape.items()} | {"rotation": 0}
    if thing.polygons is None or len(thing.polygons) > 1:
        return "brushlabels", {"format": "rle", "rle": encode_brush(thing.bitmap)}
    (polygon,) = thing.polygons
    points = [[x * 100 / width, y * 100 / height] for x, y in zip(polygon[::2], polygon[1::2], strict=True)]
    return "polygonlabels", {"points": points, "closed": True}
