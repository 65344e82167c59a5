"""A COCO data set as writers see it: every image with its objects, each of them checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.coco.json_values import is_number, is_whole
from core.formats.notes import Notes
from core.formats.pictures import tidy_name
from core.masks import (
    Rle,
    decode_rle,
    mask_has_holes,
    mask_to_polygons,
    polygons_bbox,
    rle_area,
    rle_bbox,
    segmentation_to_rle,
)


@dataclass(frozen=True)
class Object:
    """One object of an image; what it has is known to be right."""

    annotation: Mapping[str, Any]  # as it came
    about: str  # stands for it in notes
    category: Mapping[str, Any]
    size: tuple[int, int]  # height, width of its image
    segmentation: list[list[float]] | dict[str, Any]  # [] where there is nothing but a box
    box: list[float]  # x, y, width, height
    keypoints: list[tuple[str, float, float, int]]  # name, x, y, visibility: all of the category's, or none
    crowd: bool
    score: float | None
    attributes: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its class."""
        return str(self.category["name"])

    @cached_property
    def rle(self) -> Rle:
        """Its pixels, run by run."""
        return segmentation_to_rle(self.segmentation, *self.size)

    @property
    def bitmap(self) -> NDArray[np.uint8]:
        """Its pixels, height × width of 0 and 1; made anew each time, since those of a data set fill the memory."""
        return decode_rle(self.rle)

    @cached_property
    def polygons(self) -> list[list[float]] | None:
        """Polygons whose union is exactly its pixels; None where there are holes."""
        if isinstance(self.segmentation, list):
            return self.segmentation
        return None if mask_has_holes(self.bitmap) else mask_to_polygons(self.bitmap)


@dataclass
class Picture:
    """One image and its objects."""

    id: Any
    name: str  # with forward slashes, and always below the folder that it is relative to
    height: int
    width: int
    entry: Mapping[str, Any]  # as it came
    objects: list[Object] = field(default_factory=list)


@dataclass(frozen=True)
class Content:
    """What a data set holds that can be written."""

    pictures: list[Picture]
    categories: list[Mapping[str, Any]]

    @property
    def names(self) -> list[str]:
        """The classes in their order."""
        return [str(category["name"]) for category in self.categories]

    def objects(self) -> Iterator[tuple[Picture, Object]]:
        """Every object beside its image."""
        for picture in self.pictures:
            for thing in picture.objects:
                yield picture, thing


def content_of(coco: Mapping[str, object], notes: Notes) -> Content:
    """Images, classes and objects of a COCO data set; what cannot be written is left out with a note each."""
    pictures = _pictures(_dictionaries(coco, "images"), notes)
    categories: dict[object, Mapping[str, object]] = {}
    for entry in _dictionaries(coco, "categories"):
        if isinstance(entry.get("name"), str) and entry["name"].strip():
            # Half a pair of surrogates, which JSON can hold, is no character that any other file can.
            name = entry["name"].encode("utf-8", "replace").decode("utf-8")
            categories.setdefault(id_key(entry.get("id")), entry if name == entry["name"] else {**entry, "name": name})
        else:
            notes.add("a category without a name is left out", f"category {entry.get('id')!r}")
    for annotation in _dictionaries(coco, "annotations"):
        about = f"annotation {annotation.get('id')}"
        picture = pictures.get(id_key(annotation.get("image_id")))
        category = categories.get(id_key(annotation.get("category_id")))
        if picture is None or category is None:
            notes.add(f"its {'image' if picture is None else 'category'} is not in the data set: left out", about)
            continue
        thing = _object(annotation, about, category, (picture.height, picture.width), notes)
        if thing is not None:
            picture.objects.append(thing)
    return Content(list(pictures.values()), list(categories.values()))


def _pictures(images: list[dict[str, object]], notes: Notes) -> dict[Any, Picture]:
    found: dict[object, Picture] = {}
    names: set[str] = set()
    for image in images:
        raw = image.get("file_name")
        name = tidy_name(raw.encode("utf-8", "replace").decode("utf-8")) if isinstance(raw, str) else ""
        height, width = image.get("height"), image.get("width")
        if not name or "\0" in name or not (is_whole(height) and is_whole(width) and height > 0 and width > 0):
            notes.add(
                "no file_name that a file can have, or no height and width: the image is left out",
                f"image {image.get('id')!r}",
            )
        elif name in names:
            notes.add("a second image of this name is left out", name)
        else:
            if name != str(raw).replace("\\", "/"):
                notes.add(f"leads out of the folder of the images: becomes {name}", str(raw))
            names.add(name)
            found[id_key(image.get("id"))] = Picture(image.get("id"), name, height, width, image)
    return found


def _object(
    annotation: Mapping[str, Any], about: str, category: Mapping[str, object], size: tuple[int, int], notes: Notes
) -> Object | None:
    segmentation = annotation.get("segmentation") or []
    box = annotation.get("bbox")
    try:
        extent = _extent(segmentation, size)
    except (ValueError, TypeError) as error:
        notes.add(f"{error}: the mask is left out", about)
        segmentation, extent = [], None
    if extent is None:
        segmentation = []
        if not (isinstance(box, (list, tuple)) and len(box) == 4 and all(map(is_number, box)) and min(box[2:]) > 0):
            notes.add("neither a mask nor a box: left out", about)
            return None
        extent = [float(value) for value in box]
    score, attributes = annotation.get("score"), annotation.get("attributes")
    return Object(
        annotation,
        about,
        category,
        size,
        segmentation,
        extent,
        _keypoints(annotation, category, about, notes),
        bool(annotation.get("iscrowd")),
        float(score) if is_number(score) else None,
        attributes if isinstance(attributes, dict) else {},
    )


def _extent(segmentation: object, size: tuple[int, int]) -> list[float] | None:
    """The box around a segmentation, its fractions of a pixel kept; None where it covers no pixel."""
    if not segmentation:
        return None
    rle = segmentation_to_rle(segmentation, *size)
    if not rle_area(rle):
        return None
    return polygons_bbox(segmentation, *size) if isinstance(segmentation, list) else rle_bbox(rle)


def _keypoints(
    annotation: Mapping[str, Any], category: Mapping[str, object], about: str, notes: Notes
) -> list[tuple[str, float, float, int]]:
    values = annotation.get("keypoints")
    if not values:
        return []
    whole = isinstance(values, list) and len(values) % 3 == 0 and all(is_number(value) for value in values)
    names = keypoint_names(category)
    if not whole or (names and len(values) != 3 * len(names)):
        notes.add("its keypoints are not x, y, visibility for each name of the category: they are left out", about)
        return []
    names = names or [str(number) for number in range(1, len(values) // 3 + 1)]
    found = []
    for name, x, y, visibility in zip(names, values[::3], values[1::3], values[2::3], strict=True):
        found.append((name, x, y, int(visibility)) if visibility > 0 else (name, 0, 0, 0))
    return found


def keypoint_names(category: Mapping[str, object]) -> list[str]:
    """The names of a category's keypoints, each different from the others."""
    raw = category.get("keypoints")
    names = [str(name) for name in raw] if isinstance(raw, list) else []
    return [name if names.index(name) == at else f"{name} {at + 1}" for at, name in enumerate(names)]


def skeleton_lines(category: Mapping[str, object], count: int) -> list[list[int]]:
    """The lines of a category's skeleton, as pairs of numbers from 1 on, that join keypoints which there are."""
    skeleton = category.get("skeleton")
    pairs = skeleton if isinstance(skeleton, list) else []
    return [
        [int(pair[0]), int(pair[1])]
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2 and all(is_number(end) and 1 <= end <= count for end in pair)
    ]


def _dictionaries(coco: Mapping[str, object], key: str) -> list[dict[str, Any]]:
    values = coco.get(key)
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def id_key(value: object) -> str:
    """Ids that say the same number are the same, whatever their JSON type."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
