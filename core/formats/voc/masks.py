"""The masks in Pascal VOC's SegmentationObject, and which object of the XML each belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.formats.files import Folder, joined
from core.formats.masks.class_lists import VOC_CLASSES
from core.formats.masks.index_pngs import number_of_colour, read_numbers
from core.masks import Rle, encode_rle

VOID = 255  # the number of the borders between objects, which belong to none
LABEL_MAP = "labelmap.txt"
_INSIDE = 0.9  # of a mask's pixels lie in the box of the object with its number, if the numbers mean the order
_EDGE = 2  # pixels that a mask may pass its box by
_OVERLAP = 0.3  # IoU of a mask's box with its object's, where the numbers mean nothing


def class_names(folder: Folder, place: str) -> dict[int, str]:
    """The classes by their number in SegmentationClass, as labelmap.txt lists them; empty without one.

    A class is found by its colour; where that is none of VOC's, as people choose them in CVAT, by its line too.
    """
    name = joined(place, LABEL_MAP)
    if name not in folder.names:
        return {}
    by_colour: dict[int, str] = {}
    by_line: dict[int, str] = {}
    lines = [line for line in folder.text_or_empty(name).splitlines() if line.strip() and not line.startswith("#")]
    for at, line in enumerate(lines):
        label, *columns = line.rsplit(":", 3)  # label:colour:parts:actions
        parts = [part.strip() for part in columns[0].split(",")] if len(columns) == 3 else []
        number = None
        if len(parts) == 3 and all(part.isdecimal() and len(part) <= 3 and int(part) < 256 for part in parts):
            number = number_of_colour(int(parts[0]), int(parts[1]), int(parts[2]))
            by_colour[number] = " ".join(label.split())
        if number is None or number > VOID:
            by_line[at] = " ".join(label.split())
    for at, label in by_line.items():
        by_colour.setdefault(at, label)
    return {number: label for number, label in by_colour.items() if number and label}


@dataclass
class ObjectMasks:
    """The numbers of an image's pixels: of objects, and of classes where there is a PNG of them."""

    objects: NDArray[np.int64]
    classes: NDArray[np.int64] | None
    names: Mapping[int, str]

    @classmethod
    def read(cls, folder: Folder, place: str, key: str, names: Mapping[int, str]) -> ObjectMasks | None:
        """The masks of an image, None where it has none; ValueError in one line for a PNG that is damaged."""
        name = joined(place, f"SegmentationObject/{key}.png")
        if name not in folder.names:
            return None
        objects = read_numbers(folder.path(name), name)
        other = joined(place, f"SegmentationClass/{key}.png")
        classes = read_numbers(folder.path(other), other) if other in folder.names else None
        if classes is not None and classes.shape != objects.shape:
            classes = None
        return cls(objects, classes, names or dict(enumerate(VOC_CLASSES, 1)))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.objects.shape[0], self.objects.shape[1]

    def rle(self, number: int) -> Rle:
        """The pixels of one object."""
        return encode_rle(self.objects == number)

    def class_of(self, number: int) -> str | None:
        """The class that most of an object's pixels have; None where no PNG says it."""
        if self.classes is None:
            return None
        values = self.classes[(self.objects == number) & (self.classes != VOID)]
        found, times = np.unique(values, return_counts=True)  # of colours, numbers of millions
        return self.names.get(int(found[times.argmax()])) if len(values) else None

    def owners(self, boxes: Sequence[Sequence[float] | None]) -> dict[int, int | None]:
        """For each number in the PNG the place of its object in the XML, None where it has none.

        VOC numbers its objects in the order of the XML. Where a mask does not lie in the box of that object, the
        numbers mean nothing, and each mask goes to the object whose box is most like its own.
        """
        numbers = [number for number in np.unique(self.objects).tolist() if number not in (0, VOID)]
        in_order = all(number <= len(boxes) and self._lies_in(number, boxes[number - 1]) for number in numbers)
        if in_order:
            return {number: number - 1 for number in numbers}
        owners: dict[int, int | None] = dict.fromkeys(numbers)
        pairs = [
            (_box_iou(self._box(number), box), number, place)
            for number in numbers
            for place, box in enumerate(boxes)
            if box is not None
        ]
        taken: set[int] = set()
        for iou, number, place in sorted(pairs, reverse=True):
            if iou >= _OVERLAP and owners[number] is None and place not in taken:
                owners[number] = place
                taken.add(place)
        return owners

    def _lies_in(self, number: int, box: Sequence[float] | None) -> bool:
        if box is None:
            return False
        y, x = np.nonzero(self.objects == number)
        left, top, right, bottom = box[0] - _EDGE, box[1] - _EDGE, box[0] + box[2] + _EDGE, box[1] + box[3] + _EDGE
        return bool(((x >= left) & (x < right) & (y >= top) & (y < bottom)).mean() >= _INSIDE)

    def _box(self, number: int) -> list[float]:
        return [float(value) for value in cv2.boundingRect((self.objects == number).astype(np.uint8))]


def _box_iou(first: Sequence[float], second: Sequence[float]) -> float:
    across = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    down = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    common = max(across, 0) * max(down, 0)
    return common / max(first[2] * first[3] + second[2] * second[3] - common, 1e-9)
