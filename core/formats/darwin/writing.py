"""V7's Darwin JSON 2.0, written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from core.coco.json_values import is_whole
from core.formats.coco.instances import write_json
from core.formats.content import Object, Picture, content_of
from core.formats.files import own_stem
from core.formats.notes import Notes
from core.formats.outlines import rings_of
from core.formats.shapes import filled_rings

CROWD = "iscrowd"  # a flag of ours: V7 itself has none
JSON_VALUE = "json"  # marks the property whose text stands for a number or the like; V7's are texts
_INSTANCE = "instance_id"


def write_files(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write a JSON for each image, in the folder that the image is in."""
    notes = Notes()
    taken: set[str] = set()
    for picture in content_of(coco, notes).pictures:
        name = f"{own_stem(picture.name, taken)}.json"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_json(_file_of(picture, notes), folder / name)
    return notes.lines()


def _file_of(picture: Picture, notes: Notes) -> dict[str, Any]:
    path, _, name = picture.name.rpartition("/")
    slot = {"type": "image", "slot_name": "0", "width": picture.width, "height": picture.height}
    slot["source_files"] = [{"file_name": name}]
    used = {thing.attributes.get(_INSTANCE) for thing in picture.objects}
    free = (number for number in count(1) if number not in used)
    annotations: list[dict[str, Any]] = []
    for thing in picture.objects:
        shapes = [_body(thing)]
        nodes = [
            {"name": label, "x": x, "y": y, "occluded": visibility == 1}
            for label, x, y, visibility in thing.keypoints
            if visibility
        ]
        if nodes:
            shapes.append({"skeleton": {"nodes": nodes}})
        more = _more(thing, next(free) if len(shapes) > 1 else None, notes)
        for shape in shapes:
            number = f"00000000-0000-4000-8000-{len(annotations) + 1:012x}"
            annotations.append({"id": number, "name": thing.name, "slot_names": ["0"], **shape, **more})
    item = {"name": name, "path": f"/{path}", "source_info": {}, "slots": [slot]}
    return {"version": "2.0", "item": item, "annotations": annotations}


def _body(thing: Object) -> dict[str, Any]:
    """The shape of an object without its keypoints: parts and holes are paths of one polygon."""
    box = dict(zip("xywh", thing.box, strict=True))
    if not thing.segmentation:
        return {"bounding_box": box}
    rings: list[list[float]] = thing.polygons or []
    # Where parts overlap, the even-odd rule would cut out what they share.
    if not rings or (len(rings) > 1 and isinstance(filled_rings(rings, *thing.size), dict)):
        rings = [ring.ravel().tolist() for ring in rings_of(thing.bitmap)]
    paths = [[{"x": x, "y": y} for x, y in zip(ring[::2], ring[1::2], strict=True)] for ring in rings]
    return {"polygon": {"paths": paths}, "bounding_box": box}


def _more(thing: Object, instance: int | None, notes: Notes) -> dict[str, Any]:
    """What else there is to say of an object: flags, properties, its author, a model's score."""
    attributes = dict(thing.attributes)
    if is_whole(attributes.get(_INSTANCE)):
        instance = attributes.pop(_INSTANCE)
    flags = [name for name, value in attributes.items() if value is True]
    if thing.crowd:
        flags.append(CROWD)
        notes.add("a crowd is marked by an attribute 'iscrowd': V7 itself sees one object", thing.about)
    more: dict[str, Any] = {"attributes": flags} if flags else {}
    more["properties"] = [_property(name, value) for name, value in attributes.items() if value is not True]
    if instance is not None:
        more[_INSTANCE] = {"value": instance}
    if thing.score is not None:
        more["inference"] = {"confidence": thing.score}
    author = thing.annotation.get("author")
    if isinstance(author, str) and author:
        more["annotators"] = [{"full_name": author, "email": ""}]
    elif author is not None:
        notes.add("the author of an object is no text: not written", thing.about)
    return more


def _property(name: str, value: object) -> dict[str, Any]:
    if isinstance(value, str):
        return {"name": name, "value": value, "frame_index": 0}
    return {"name": name, "value": json.dumps(value, ensure_ascii=False), "frame_index": 0, "type": JSON_VALUE}
