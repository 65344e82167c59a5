"""Pascal VOC, written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

import numpy as np

from core.files import write_atomically, write_text_atomically
from core.formats.content import Object, Picture, content_of
from core.formats.files import own_stem
from core.formats.masks.index_pngs import save_indexed, voc_palette
from core.formats.notes import Notes
from core.formats.texts import xml_text
from core.formats.voc.masks import LABEL_MAP

_MOST = 254  # numbers in a PNG, between 0 and void
_FLAGS = ("truncated", "difficult", "occluded")


def write_voc(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write an XML and, for an image with masks, two PNGs; a pixel of two objects is the later one's."""
    notes = Notes()
    content = content_of(coco, notes)
    numbers = {name: number for number, name in enumerate(content.names, 1)}
    if len(numbers) > _MOST:
        notes.add(f"SegmentationClass has room for {_MOST} classes: those beyond are not in its PNGs")
    keys: list[str] = []
    taken: set[str] = set()
    for picture in content.pictures:
        key = own_stem(picture.name, taken)
        keys.append(key)
        kept = [thing for thing in picture.objects if not _is_crowd(thing, notes)]
        file = folder / "Annotations" / f"{key}.xml"
        file.parent.mkdir(parents=True, exist_ok=True)
        root = _xml(picture, kept, notes)
        write_atomically(file, lambda path, root=root: ElementTree(root).write(path, encoding="utf-8"))  # type: ignore[misc]
        _write_masks(picture, kept, numbers, folder, key, notes)
    for task in ("Main", "Segmentation"):
        (folder / "ImageSets" / task).mkdir(parents=True, exist_ok=True)
        write_text_atomically(folder / "ImageSets" / task / "default.txt", "".join(f"{key}\n" for key in keys))
    colours = [",".join(map(str, colour)) for colour in voc_palette().tolist()]
    lines = ["# label:color_rgb:parts:actions", f"background:{colours[0]}::"]
    lines += [f"{name}:{colours[number] if number <= _MOST else ''}::" for name, number in numbers.items()]
    write_text_atomically(folder / LABEL_MAP, "\n".join(lines) + "\n")
    return notes.lines()


def _is_crowd(thing: Object, notes: Notes) -> bool:
    if thing.crowd:
        notes.add("a crowd: left out, VOC would take it for one object", thing.about)
    return thing.crowd


def _xml(picture: Picture, objects: list[Object], notes: Notes) -> Element:
    root = Element("annotation")
    SubElement(root, "filename").text = xml_text(picture.name)
    SubElement(SubElement(root, "source"), "database").text = "Unknown"
    size = SubElement(root, "size")
    for key, value in (("width", picture.width), ("height", picture.height), ("depth", 3)):
        SubElement(size, key).text = str(value)
    SubElement(root, "segmented").text = str(int(any(thing.segmentation for thing in objects)))
    for thing in objects:
        if thing.keypoints:
            notes.add("its keypoints are not written", thing.about)
        if thing.score is not None:
            notes.add("its score is not written", thing.about)
        root.append(_object(thing))
    indent(root)
    return root


def _object(thing: Object) -> Element:
    element = Element("object")
    SubElement(element, "name").text = xml_text(thing.name)
    more = dict(thing.attributes)
    pose = more.pop("pose", "Unspecified")
    SubElement(element, "pose").text = xml_text(str(pose))
    for flag in _FLAGS:
        set_ = isinstance(more.get(flag), bool)
        SubElement(element, flag).text = str(int(more.pop(flag))) if set_ else "0"
    x, y, width, height = thing.box
    box = SubElement(element, "bndbox")
    for key, value in (("xmin", x), ("ymin", y), ("xmax", x + width), ("ymax", y + height)):
        SubElement(box, key).text = str(int(value)) if float(value).is_integer() else repr(float(value))
    if more:
        attributes = SubElement(element, "attributes")
        for key, value in more.items():
            attribute = SubElement(attributes, "attribute")
            SubElement(attribute, "name").text = xml_text(key)
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            SubElement(attribute, "value").text = xml_text(text)
    return element


def _write_masks(
    picture: Picture, objects: list[Object], numbers: Mapping[str, int], folder: Path, key: str, notes: Notes
) -> None:
    if not any(thing.segmentation for thing in objects):
        return
    of_object = np.zeros((picture.height, picture.width), dtype=np.uint8)
    of_class = np.zeros_like(of_object)
    for number, thing in enumerate(objects, 1):
        if thing.segmentation and number > _MOST:
            notes.add(f"beyond the {_MOST} objects that a PNG has room for: its mask is not written", thing.about)
        elif thing.segmentation:
            mask = thing.bitmap.astype(bool)
            for covered in np.unique(of_object[mask]).tolist():
                if covered:
                    notes.add(
                        "the pixels that it shares with a later object are that one's", objects[covered - 1].about
                    )
            of_object[mask] = number
            of_class[mask] = numbers[thing.name] if numbers[thing.name] <= _MOST else 0
    save_indexed(of_object, folder / "SegmentationObject" / f"{key}.png")
    save_indexed(of_class, folder / "SegmentationClass" / f"{key}.png")
