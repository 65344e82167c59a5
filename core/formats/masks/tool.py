"""Masks as PNGs beside the images: one an object, one a class, or one an image whose pixels are numbers of objects.

masks/NAME/001_cat.png             one object of images/NAME.jpg; what is written
masks/NAME.png, NAME_mask.png      numbers of objects, or an outline in white whose separate parts are objects
masks/cat/NAME.png                 a class of an image, separate parts are objects
masks/NAME_cat.png, NAME_cat_1.png the same without folders
IMAGE/images/x.png, IMAGE/masks/*  a folder an image, as the Data Science Bowl 2018 had it
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.files import write_text_atomically
from core.formats.building import UNNAMED, Building
from core.formats.content import content_of
from core.formats.files import Folder, is_inside, joined, parent, stem, suffix
from core.formats.format import BESIDE_OBJECTS, Coco, Fact
from core.formats.masks.index_pngs import WHITE, read_numbers, values_in, without_soft_edges
from core.formats.notes import Notes
from core.formats.pictures import Pictures, Size
from core.masks import encode_rle

NAME = "masks"
TITLE = "mask PNGs"
CANNOT_CARRY: frozenset[Fact] = BESIDE_OBJECTS | frozenset(
    {
        "boxes alone",
        "keypoints",
        "masks beside keypoints",
        "skeletons",
        "crowds",
        "scores",
        "attributes",
        "unused classes",
        "supercategories",
        "ids",
    }
)
LIST = "images.csv"
_COLUMNS = ("file_name", "height", "width")
_KINDS = (".png", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg")
_SEPARATE = "one mask of several parts that do not touch: each comes as an object"


@dataclass(frozen=True)
class _Mask:
    """One PNG, and what its name says."""

    file: str
    image: str  # as it is listed, or the picture's name
    label: str | None  # None: numbers of objects, or white
    whole: bool  # all of it is one object


def recognise(folder: Folder) -> list[str]:
    """The folders that have a folder of masks in them; where each image has its own, the folder above those."""
    places = {parent(found) for name in folder.pictures if (found := mask_folder(name))}
    header = ",".join(_COLUMNS)
    places |= {parent(name) for name in folder.texts() if folder.head(name).partition("\n")[0] == header}
    above = {parent(place) for place in places if place and _is_bowl(folder, place)}
    return sorted((places - {place for place in places if parent(place) in above and place}) | above)


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All masks below a folder; the names of the images are those of the pictures, or of images.csv."""
    notes = Notes()
    building = Building(notes)
    listed = _listed(folder, place, notes)
    files = [name for name in folder.inside(place) if mask_folder(name) and suffix(name) in _KINDS]
    there = set(folder.pictures)
    no_masks = there - set(files)
    images = [name for name in folder.inside(place) if name in no_masks]
    images += [name for name in pictures.in_folder("") if name not in there]
    keys = _keys(list(listed), place) | _keys(images, place)
    names = {name: pictures.meant([[name]], place)[0] or name for name in listed}
    masks = []
    for file in files:
        mask = _meaning(file, keys, images)
        if mask is None:
            notes.add("no picture that it could be the mask of: left out", file)
        else:
            masks.append(mask)
    for name, size in listed.items():
        building.image(names[name], size)
    for mask in masks:
        _add(building, folder, mask, names.get(mask.image, mask.image), pictures)
    return building.finish(), notes.lines()


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write a PNG for each object, and images.csv."""
    notes = Notes()
    content = content_of(coco, notes)
    table = io.StringIO(newline="")
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(_COLUMNS)
    keys: set[str] = set()
    for picture in content.pictures:
        key = stem(picture.name)
        key = picture.name if key in keys else key
        keys.add(key)
        rows.writerow((picture.name, picture.height, picture.width))
        for number, thing in enumerate(picture.objects, 1):
            if thing.crowd or not thing.segmentation:
                notes.add("a crowd: left out" if thing.crowd else "has no mask: left out", thing.about)
                continue
            for has, what in (
                (thing.keypoints, "keypoints are"),
                (thing.attributes, "attributes are"),
                (thing.score is not None, "score is"),
            ):
                if has:
                    notes.add(f"its {what} not written", thing.about)
            file = folder / "masks" / key / f"{number:03d}_{quote(thing.name, safe=' ')}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(thing.bitmap * np.uint8(255)).save(file, format="PNG")
    write_text_atomically(folder / LIST, table.getvalue())
    return notes.lines()


# -- names ------------------------------------------------------------------------------------------


def mask_folder(name: str) -> str | None:
    """The folder of masks that a file lies in: masks, PedMasks, instance_mask …"""
    parts = name.split("/")
    for at, part in enumerate(parts[:-1]):
        if part.lower().endswith(("masks", "mask")):
            return "/".join(parts[: at + 1])
    return None


def _is_bowl(folder: Folder, place: str) -> bool:
    """Whether a folder is that of one image: images/ with one picture beside masks/."""
    inside = [name for name in folder.pictures if is_inside(name, joined(place, "images"))]
    return len(inside) == 1


def _keys(names: list[str], place: str) -> dict[str, str]:
    """Images by what masks call them: the path below the folder of images, without ending."""
    keys: dict[str, str] = {}
    for name in names:
        inside = name[len(place) + 1 :] if place and is_inside(name, place) else name
        folder, _, below = inside.partition("/")
        keys[stem(inside)] = name
        if below and re.fullmatch(r"\w*(images|img|imgs|photos|image)", folder.lower()):
            keys[stem(below)] = name
    # Two images that differ in the ending alone go by their full names.
    return keys | {name: name for name in names}


def _meaning(file: str, keys: Mapping[str, str], images: list[str]) -> _Mask | None:
    """What a mask's path says; None where it fits no image."""
    top = mask_folder(file) or ""
    path = stem(file[len(top) + 1 :])
    folder, base = parent(path), path.rpartition("/")[2]
    if folder in keys and folder:
        return _Mask(file, keys[folder], _label(base), whole=True)
    for key in (path, re.sub(r"[_-]?(mask|masks|seg|label|instances?)$", "", path, flags=re.IGNORECASE)):
        if key in keys:
            return _Mask(file, keys[key], None, whole=False)
    label, _, below = path.partition("/")
    if below in keys:
        return _Mask(file, keys[below], _label(label), whole=False)
    for at in range(len(path) - 1, 0, -1):
        if path[at] in "_-" and path[:at] in keys:
            return _Mask(file, keys[path[:at]], _label(path[at + 1 :]), whole=bool(re.search(r"\d$", path)))
    beside = [name for name in images if is_inside(name, joined(parent(top), "images"))]
    if len(beside) == 1 and parent(top):
        return _Mask(file, beside[0], UNNAMED, whole=True)
    return None


def _label(text: str) -> str:
    """The class in the name of a mask, without the number before or behind it."""
    if re.match(r"\d+_.", text):
        return unquote(text.partition("_")[2])
    found = re.sub(r"[_-]?\d+$", "", unquote(text))
    return found or UNNAMED


def _listed(folder: Folder, place: str, notes: Notes) -> dict[str, Size]:
    """The images that images.csv lists."""
    name = joined(place, LIST)
    found: dict[str, Size] = {}
    if name in folder.names:
        for row in csv.DictReader(io.StringIO(folder.text_or_empty(name), newline="")):
            file_name, height, width = (row.get(key) or "" for key in _COLUMNS)
            if file_name and height.isdecimal() and width.isdecimal():
                found[file_name] = (int(height), int(width))
            else:
                notes.add("a row without file_name, height and width: left out", name)
    return found


# -- pixels -----------------------------------------------------------------------------------------


def _add(building: Building, folder: Folder, mask: _Mask, name: str, pictures: Pictures) -> None:
    try:
        numbers = read_numbers(folder.path(mask.file), mask.file)
    except ValueError as error:
        fact = f"{str(error).rpartition(': ')[2]}: left out"
        known = building.image(name, pictures.size(name)) if pictures.size(name) else None
        if known is None:
            building.notes.add(fact, mask.file)
        else:
            building.lose(known, fact, mask.file)
        return
    size = (numbers.shape[0], numbers.shape[1])
    image = building.image(name, pictures.size(name) or size)
    if image is None:
        return
    if size != (image["height"], image["width"]):
        building.lose(image, "another size than its image: left out", mask.file)
        return
    if not numbers.any():
        building.notes.add("nothing is set in it: left out", mask.file)
    for bitmap in _objects(numbers, mask, building.notes):
        building.add(image, mask.label or UNNAMED, mask.file, segmentation=encode_rle(bitmap))


def _objects(numbers: NDArray[np.int64], mask: _Mask, notes: Notes) -> Iterator[NDArray[np.bool_]]:
    """The objects in a mask."""
    numbers = without_soft_edges(numbers)
    if mask.whole:
        yield numbers != 0
        return
    values = [value for value in values_in(numbers) if value]
    # White alone is drawn, not counted; a single object's number would be 1.
    if values and (mask.label is not None or values == [WHITE]):
        count, labels = cv2.connectedComponents((numbers != 0).astype(np.uint8), connectivity=8)
        if count > 2:
            notes.add(_SEPARATE, mask.file)
        for label in range(1, count):
            yield labels == label
        return
    for value in values:
        yield numbers == value
