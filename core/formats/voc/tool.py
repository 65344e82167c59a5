"""Pascal VOC: an XML an image with boxes, and PNGs in which each pixel has the number of its object, or its class."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import Element

from core.formats.building import Building, BuiltImage
from core.formats.cvat.labels import value_of
from core.formats.files import Folder, is_inside, parent, stem, suffix
from core.formats.format import BESIDE_OBJECTS, Coco, Fact
from core.formats.notes import Notes
from core.formats.parts import Parts
from core.formats.pictures import ImageFile, Pictures, images_of_files, tidy_name, with_split
from core.formats.shapes import box_around, turned_box
from core.formats.voc.masks import ObjectMasks, class_names
from core.formats.voc.writing import write_voc

NAME = "voc"
TITLE = "Pascal VOC (XML and segmentation PNGs)"
CANNOT_CARRY: frozenset[Fact] = BESIDE_OBJECTS | frozenset(
    {"overlaps", "keypoints", "masks beside keypoints", "skeletons", "crowds", "scores", "supercategories", "ids"}
)
_XML, _PNGS, _CLASSES, PICTURES = "Annotations", "SegmentationObject", "SegmentationClass", "JPEGImages"
_FLAGS = ("truncated", "difficult", "occluded")


def recognise(folder: Folder) -> list[str]:
    """The folders that hold `Annotations` or `SegmentationObject`, else those in which the XMLs lie."""
    places = set()
    for name in folder.xml_files("annotation"):
        places.add(_above(name, _XML) if _XML in name.split("/")[:-1] else parent(name))
    places |= {_above(name, _PNGS) for name in folder.pictures if _PNGS in name.split("/")[:-1]}
    return sorted(place for place in places if not any(is_inside(place, other) and place != other for other in places))


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All XMLs below the folder, the masks of their objects with them; an XML that is broken is a note."""
    notes = Notes()
    building = Building(notes)
    classes = class_names(folder, place)
    for name in classes.values() if classes else ():
        building.category(name)
    files = _files(folder, place, notes)
    _say_of_classes(folder, place, notes)
    images = images_of_files([_image_file(key, root) for key, root in files.items()], pictures, place, notes)
    for (key, root), (name, picture) in zip(files.items(), images, strict=True):
        damaged = ""
        try:
            masks = ObjectMasks.read(folder, place, key, classes)
        except ValueError as error:
            masks, damaged = None, f"{str(error).partition(': ')[2]}: its masks are left out"
        size = _size(root) or (pictures.size(picture) if picture else None) or (masks.size if masks else None)
        image = building.image(name, size)
        if image is None:
            notes.add(damaged, name) if damaged else None
            continue
        if masks and masks.size != (image["height"], image["width"]):
            masks, damaged = None, "its segmentation PNG has another size than the image: its masks are left out"
        if damaged and root is None:
            building.lose(image, damaged, name)
        elif damaged:  # its objects come as the boxes in the XML
            notes.add(damaged, name)
        _add_objects(building, image, root, masks, key)
    return building.finish(), notes.lines()


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write Annotations, SegmentationObject, SegmentationClass, ImageSets and labelmap.txt."""
    return write_voc(coco, folder)


def _above(name: str, part: str) -> str:
    parts = name.split("/")
    return "/".join(parts[: len(parts) - 2 - parts[-2::-1].index(part)])


def _files(folder: Folder, place: str, notes: Notes) -> dict[str, Element | None]:
    """The XMLs by their name below `Annotations`, without ending; None for masks without an XML."""
    files: dict[str, Element | None] = {}
    for name in folder.xml_files("annotation"):
        if is_inside(name, place):
            try:
                files[_key(name, place, _XML)] = folder.xml(name)
            except (ValueError, OSError) as error:
                notes.add(str(error).partition(": ")[2] or "cannot be read", name)
    for name in folder.inside(place):
        if _PNGS in name.split("/")[:-1] and suffix(name) == ".png":
            files.setdefault(_key(name, place, _PNGS), None)
    return files


def _say_of_classes(folder: Folder, place: str, notes: Notes) -> None:
    """A line for masks of classes that have no masks of objects beside them, which say what is one object."""
    there = set(folder.names)
    for name in folder.inside(place):
        if f"/{_CLASSES}/" in f"/{name}" and suffix(name) == ".png":
            of_objects = f"/{name}".replace(f"/{_CLASSES}/", f"/{_PNGS}/")[1:]
            if of_objects not in there:
                notes.add("a mask of classes without one of objects: not read beside XML; give these alone", name)


def _key(name: str, place: str, part: str) -> str:
    """The name that XML, PNGs and picture share: below their folders, without ending."""
    inside = name[len(place) + 1 :] if place else name
    return stem(inside.removeprefix(f"{part}/"))


def _image_file(key: str, root: Element | None) -> ImageFile:
    """What the picture may be called: as the XML says, else as the XML is called."""
    said, of_split = "", ""
    if root is not None:
        said = tidy_name(root.findtext("filename") or "")
        of_split = with_split(said, tidy_name(root.findtext("folder") or ""))
    folder = parent(key)
    below = [f"{PICTURES}/{folder}/{said}", f"{folder}/{said}"] if folder else []
    names = [f"{PICTURES}/{said}", *below, of_split] if said else []
    return ImageFile(f"{key}.xml", names, [f"{PICTURES}/{key}", key], _size(root))


def _size(root: Element | None) -> tuple[int, int] | None:
    if root is None:
        return None
    height, width = ((root.findtext(f"size/{key}") or "").strip() for key in ("height", "width"))
    sizes = (int(height), int(width)) if height.isdecimal() and width.isdecimal() else (0, 0)
    return sizes if min(sizes) > 0 else None


def _add_objects(
    building: Building, image: BuiltImage, root: Element | None, masks: ObjectMasks | None, about: str
) -> None:
    found: list[Parts] = []
    database = (root.findtext("source/database") or "") if root is not None else ""
    # VOC itself counts pixels from 1 and includes the last; tools that write its XML have edges.
    from_one = re.search(r"VOC ?\d{4}", database) is not None
    for number, element in enumerate(root.findall("object") if root is not None else ()):
        where = f"{image['file_name']} object {number}"
        try:
            found.append(_parts(element, where, from_one, building.notes))
        except (ValueError, OverflowError) as error:
            building.lose(image, f"{error}: left out", where)
    if masks:
        owners = masks.owners([parts.box for parts in found])
        for number, owner in owners.items():
            if owner is not None:
                found[owner].masks.append(masks.rle(number))
                continue
            name = masks.class_of(number)
            if name is None:
                building.lose(image, "a mask of no object in the XML: left out", f"{about} number {number}")
            else:
                found.append(Parts(name, f"{about} number {number}", masks=[masks.rle(number)]))
    for parts in found:
        parts.add_to(building, image)


def _parts(element: Element, where: str, from_one: bool, notes: Notes) -> Parts:
    """An object of the XML; ValueError where it has neither box nor polygon."""
    parts = Parts(element.findtext("name"), where)
    box = element.find("bndbox")
    turned = element.find("robndbox")
    if element.find("part") is not None:
        notes.add("parts of an object, such as a head, are left out", where)
    try:
        polygon = _polygon(element.find("polygon"))
    except ValueError as error:
        if box is None:
            raise
        notes.add(f"{error}: it comes as its box", where)
        polygon = []
    if box is not None:
        corners = [_number(box, key) for key in ("xmin", "ymin", "xmax", "ymax")]
        if from_one:
            corners = [corners[0] - 1, corners[1] - 1, corners[2], corners[3]]
        parts.box = box_around(corners)
    elif turned is not None:
        polygon = polygon or _turned(turned)
    elif not polygon:
        raise ValueError("neither bndbox nor polygon")
    if polygon:
        parts.polygons.append(polygon)
    attributes: dict[str, object] = {
        key: True for key in _FLAGS if (element.findtext(key) or "").strip() in ("1", "true")
    }
    pose = (element.findtext("pose") or "").strip()
    if pose and pose not in ("Unspecified", "unspecified"):
        attributes["pose"] = pose
    for attribute in element.findall("attributes/attribute"):
        text = attribute.findtext("value") or ""
        kind = "checkbox" if text.lower() in ("true", "false") else "number"
        attributes[attribute.findtext("name") or ""] = value_of(text, kind)
    parts.fields["attributes"] = attributes
    return parts


def _turned(element: Element) -> list[float]:
    """The corners of roLabelImg's box, which is turned around its centre by radians, clockwise on the screen."""
    cx, cy, width, height, angle = (_number(element, key) for key in ("cx", "cy", "w", "h", "angle"))
    return turned_box([cx - width / 2, cy - height / 2, width, height], math.degrees(angle), around_centre=True)


def _polygon(element: Element | None) -> list[float]:
    """Roboflow's polygon: <x1>, <y1>, <x2>, … in any order; or the <pt>s of the old web LabelMe."""
    if element is None:
        return []
    points = element.findall("pt")
    if points:
        return [_number(point, axis) for point in points for axis in "xy"]
    numbers: dict[tuple[int, str], float] = {}
    for child in element:
        named = re.fullmatch(r"([xy])(\d{1,6})", child.tag)
        if named:
            numbers[int(named[2]), named[1]] = _number(element, child.tag)
    count = len(numbers) // 2
    if sorted(numbers) != [(number, axis) for number in range(1, count + 1) for axis in "xy"]:
        raise ValueError("a polygon that lacks an x or a y")
    return [numbers[key] for key in sorted(numbers)]


def _number(element: Element, key: str) -> float:
    try:
        value = float(element.findtext(key) or "")
    except ValueError:
        raise ValueError(f"{key} is no number") from None
    if not abs(value) < 1e9:
        raise ValueError(f"{key} is no number of pixels")
    return value
