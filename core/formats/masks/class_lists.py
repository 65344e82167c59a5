"""Which class a pixel of a semantic mask is: lists of names by number or by colour, as tools put them beside masks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.formats.files import PICTURE_SUFFIXES, Folder, parent, suffix
from core.formats.masks.index_pngs import number_of_colour

# Labelmaps of CVAT and VOC, CamVid's colours, Roboflow's and Kaggle's tables, Supervisely's, names of labelme and YOLO.
FILES = (
    "labelmap.txt", "label_colors.txt", "label_colors.csv", "_classes.csv", "class_dict.csv", "classes.csv",
    "labels.csv", "obj_class_to_machine_color.json", "class_names.txt", "classes.txt", "labels.txt",
)  # fmt: skip
VOC_CLASSES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog",
    "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
VOID = 255  # what is neither a class nor background, where no list says otherwise
# Names, in lower case, of what is no object.
NO_CLASS = frozenset(
    {"background", "_background_", "__background__", "bg", "back_ground", "void", "unlabeled", "unlabelled"}
    | {"unlabeled area", "__ignore__", "ignore", "_ignore_", "unknown"}
)

_COLOUR_FIRST = re.compile(r"\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)[\s,:]+(\S.*)")
_NUMBER_FIRST = re.compile(r"\s*(\d+)\s*[:,\s]\s*(\S.*)")


@dataclass
class ClassList:
    """Names of classes; those in NO_CLASS too."""

    by_number: dict[int, str] = field(default_factory=dict)
    by_colour: dict[int, str] = field(default_factory=dict)  # by `number_of_colour`
    lines: list[str] = field(default_factory=list)  # without numbers: which is the first shows in the masks

    def __bool__(self) -> bool:
        """Whether anything is named."""
        return bool(self.by_number or self.by_colour or self.lines)

    @property
    def named(self) -> list[str]:
        """The classes in their order."""
        names = [*self.by_number.values(), *self.by_colour.values(), *self.lines]
        return [name for name in dict.fromkeys(names) if name.lower() not in NO_CLASS]


def list_in(folder: Folder, place: str) -> ClassList:
    """The classes that a file in a folder lists; empty without one, or where it is none."""
    there = {name.rpartition("/")[2].lower(): name for name in folder.texts() if parent(name) == place}
    for name in FILES:
        if name in there and (found := _read(folder, there[name])):
            return found
    return ClassList()


def numbered(names: list[str], values: Iterable[int]) -> dict[int, str]:
    """Names without numbers by the numbers that masks have: from 0 on where background is named, else mostly from 1.

    `__ignore__` is labelme's -1 and has none. Without background 0 is a class where each number but 255, which is
    there too, has its name then.
    """
    if names and names[0] == "__ignore__":
        names = names[1:]
    highest = max((value for value in values if value != VOID), default=0)
    from_zero = any(name.lower() in NO_CLASS for name in names)
    if not from_zero and highest == len(names) - 1 and VOID in values:
        from_zero = True
    return dict(enumerate(names, 0 if from_zero else 1))


def _read(folder: Folder, path: str) -> ClassList:
    kind = path.lower()
    if kind.endswith(".json"):
        try:
            return _of_colours(folder.json(path))
        except (ValueError, OSError):
            return ClassList()
    found = ClassList()
    lines = folder.text_or_empty(path).lstrip("\ufeff").splitlines()
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    for line in lines:
        numbers, name = _parts(line, kind)
        if len(numbers) in (3, 4) and name:
            found.by_colour.setdefault(number_of_colour(*numbers[-3:]), name)
        if len(numbers) in (1, 4) and name:
            found.by_number.setdefault(numbers[0], name)
        elif name and not numbers and not kind.endswith(".csv"):
            found.lines.append(name)
    if found.lines and found.by_colour:
        found.lines = []  # a title above the colours
    elif found.lines and found.by_number:
        return ClassList(lines=[" ".join(line.split()) for line in lines])  # "8 ball" is a name
    return found


def _parts(line: str, kind: str) -> tuple[list[int], str]:
    """The name in a line, and its numbers of 0..255: that of the class, its colour's three, or both in this order.

    `kind` is the file's name in lower case. A line about a picture, such as a table of labels of whole images has,
    names no class.
    """
    if kind.endswith("labelmap.txt") and line.count(":") >= 3:  # name:r,g,b:parts:actions
        name, colour, *_ = line.rsplit(":", 3)
        cells = [*colour.split(","), name]
    elif kind.endswith(".csv"):
        cells = re.split(r"[,;\t]", line)
    elif found := _COLOUR_FIRST.match(line) or _NUMBER_FIRST.match(line):
        cells = list(found.groups())
    else:
        cells = [line]
    cells = [cell.strip().strip("\"'") for cell in cells]
    numbers = [int(cell) for cell in cells if cell.isdecimal() and len(cell) <= 3 and int(cell) <= VOID]
    words = [" ".join(cell.split()) for cell in cells if cell and not cell.isdecimal()]
    if any(suffix(word) in PICTURE_SUFFIXES for cell in cells for word in cell.split()):
        return [], ""
    if len(cells) == 1:
        return [], " ".join(cells[0].split())
    return (numbers, words[0]) if words else ([], "")


def _of_colours(data: object) -> ClassList:
    """Supervisely's: {"kiwi": [1, 1, 1]}, which are numbers where the masks are grey."""
    found = ClassList()
    for name, colour in data.items() if isinstance(data, Mapping) else ():
        if isinstance(colour, list) and len(colour) == 3 and all(isinstance(v, int) and 0 <= v <= VOID for v in colour):
            found.by_colour.setdefault(number_of_colour(*colour), str(name))
            if colour[0] == colour[1] == colour[2]:
                found.by_number.setdefault(colour[0], str(name))
    return found
