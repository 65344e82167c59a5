"""Semantic masks without objects: PNGs whose pixels are classes, by number or by colour.

Which objects are in them is a guess: each part of a class that hangs together comes as a proposal for a person to
accept, mend or take apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from core.formats.building import Building
from core.formats.files import Folder
from core.formats.format import Coco
from core.formats.masks.class_lists import NO_CLASS, VOC_CLASSES, VOID, ClassList, list_in, numbered
from core.formats.masks.index_pngs import (
    has_colours,
    number_of_colour,
    read_numbers,
    shades,
    values_in,
    without_soft_edges,
)
from core.formats.masks.pairs import Partners, mask_files, name_without_picture, places
from core.formats.notes import Notes
from core.formats.pictures import Pictures
from core.masks import Rle, crop_to_rle

NAME = "semantic-masks"
TITLE = "semantic masks (PNGs of classes)"
# Of the image; smaller parts are what a brush or a model left over.
SMALLEST_PART = 1e-4


def recognise(folder: Folder) -> list[str]:
    """The folders with SegmentationClass, and those in which a list of classes lies beside masks."""
    return places(folder)


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """A proposal for each connected part of a class; how many, and how many specks are left out, is said."""
    notes = Notes()
    building = Building(notes)
    files = mask_files(folder, place)
    partners = Partners(dict.fromkeys(pictures.in_folder("")).keys() - set(files))
    images = {file: partners.of(file, place) for file in files}
    names = {file: image or name_without_picture(file, place) for file, image in images.items()}
    taken = Counter(names.values())
    classes = _Classes(list_in(folder, place), folder, files)
    for name in classes.listed.named:
        building.category(name)
    if not classes.listed:
        notes.add("no list of classes beside the masks: the numbers 1 to 20 are taken for Pascal VOC's", place)
    found: Counter[str] = Counter()
    for file in files:
        image = names[file]
        if taken[image] > 1:
            notes.add(f"{taken[image]} masks are of {image}: left out; leave the one that counts", file)
            continue
        _add(building, folder, file, image, pictures, classes, found)
    if found["parts"]:
        notes.add(
            f"masks of classes, not of objects: {found['parts']} parts that hang together come as proposals; "
            "objects of one class that touch are one"
        )
    if found["specks"]:
        notes.add(f"{found['specks']} parts of less than {SMALLEST_PART:.2%} of their image: left out")
    return building.finish(), notes.lines()


class _Classes:
    """What the pixels of masks are called."""

    def __init__(self, listed: ClassList, folder: Folder, files: list[str]) -> None:
        self.listed = listed
        self._folder = folder
        self._files = files

    def read(self, file: str) -> tuple[NDArray[np.int64], Mapping[int, str]]:
        """The numbers of a mask's pixels and what they are called; ValueError in one line where it is damaged."""
        path = self._folder.path(file)
        by_colour = bool(self.listed.by_colour) and has_colours(path)
        seen = read_numbers(path, file, by_colour)
        numbers = self._counted(seen)
        if by_colour:
            is_named = not self._greys.keys().isdisjoint(values_in(numbers))
            if numbers is seen or (is_named and len(self.listed.named) > 1):
                return seen, self.listed.by_colour
        return numbers, self._by_number

    def _counted(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers of a mask, which programs save as greys of a coloured picture as well.

        One class alone is drawn in white, too, and may have soft edges then.
        """
        numbers = shades(numbers)
        return without_soft_edges(numbers) if len(self.listed.named) == 1 else numbers

    @cached_property
    def _greys(self) -> Mapping[int, str]:
        """The names of the colours that are greys, by their shade; black is nothing in most lists."""
        by_colour = {shade: self.listed.by_colour.get(number_of_colour(*[shade] * 3)) for shade in range(1, VOID + 1)}
        return {shade: name for shade, name in by_colour.items() if name is not None}

    @cached_property
    def _by_number(self) -> Mapping[int, str]:
        if not self.listed:
            return dict(enumerate(VOC_CLASSES, 1))
        names: Mapping[int, str] = self.listed.by_number
        if not names and self._greys and self._values <= {0, VOID, *self._greys}:
            names = self._greys
        if not names:
            names = numbered(self.listed.lines or list(self.listed.by_colour.values()), self._values)
        # White alone is drawn, not counted: it is the one class that there is.
        if self._values <= {0, VOID} and VOID not in names and len(self.listed.named) == 1:
            return {VOID: self.listed.named[0]}
        return names

    @cached_property
    def _values(self) -> set[int]:
        """The numbers in all masks, those of colours left aside."""
        values: set[int] = set()
        for file in self._files:
            with suppress(ValueError):
                values.update(values_in(self._counted(read_numbers(self._folder.path(file), file))))
        return {value for value in values if value <= VOID}


def _add(
    building: Building,
    folder: Folder,
    file: str,
    name: str,
    pictures: Pictures,
    classes: _Classes,
    found: Counter[str],
) -> None:
    """The proposals of one mask; `found` counts them, and specks."""
    size = pictures.size(name)
    try:
        numbers, names = classes.read(file)
    except ValueError as error:
        image = building.image(name, size) if size else None
        fact = f"{str(error).rpartition(': ')[2]}: left out"
        building.lose(image, fact, file) if image else building.notes.add(fact, file)
        return
    image = building.image(name, size or numbers.shape)
    if image is None:
        return
    if numbers.shape != (image["height"], image["width"]):
        building.lose(image, "another size than its image: left out", file)
        return
    for value in values_in(numbers):
        label = names.get(value)
        if label is None and value not in (0, VOID):
            label = f"class {value}" if value <= VOID else f"#{value - VOID - 1:06x}"
            building.notes.add(f"no list names these pixels: they come as {label!r}", file)
        if label is None or label.lower() in NO_CLASS:
            continue
        for part in _parts(numbers == value, found):
            building.add(image, label, file, segmentation=part, status="proposed")


def _parts(bitmap: NDArray[np.bool_], found: Counter[str]) -> Iterator[Rle]:
    """The parts of a class that hang together, over their corners too; specks are only counted."""
    height, width = bitmap.shape
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(bitmap.astype(np.uint8), connectivity=8)
    for label in range(1, count):
        left, top, across, down, area = boxes[label].tolist()
        if area < SMALLEST_PART * height * width:
            found["specks"] += 1
            continue
        found["parts"] += 1
        crop = labels[top : top + down, left : left + across] == label
        yield crop_to_rle(crop, left, top, height, width)
