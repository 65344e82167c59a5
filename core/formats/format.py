"""What a format module is, and what the formats may lack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from core.formats.files import Folder
from core.formats.pictures import Pictures

Coco = dict[str, Any]

# What a data set may hold, in the order of the table in docs/formats.md.
Fact = Literal[
    "masks",  # exactly these pixels
    "several parts",  # of one object
    "holes",
    "overlaps",  # pixels that belong to two objects
    "boxes alone",  # objects without a mask
    "keypoints",
    "masks beside keypoints",  # of one object
    "skeletons",
    "crowds",
    "scores",
    "attributes",
    "images without objects",
    "image sizes",  # without looking at the pictures
    "unused classes",
    "supercategories",
    "ids",
    "sources",  # who drew an object: manual, edited, predicted
    "authors",
    "other fields",  # of an object
    "fields of images and classes",  # licences, dates, colours …
    "info and licences",  # and other fields of the data set
]

# What COCO has room for beside its objects, and most formats have not.
BESIDE_OBJECTS: frozenset[Fact] = frozenset(
    {"sources", "authors", "other fields", "fields of images and classes", "info and licences"}
)


class Format(Protocol):
    """What a module of a format has: a new format is one such module, and its line in `known.py`.

    One that is only read (`known.ONLY_READ`) has neither `CANNOT_CARRY` nor `write`.
    """

    NAME: str  # as it is written on the command line
    TITLE: str  # as people call it
    CANNOT_CARRY: frozenset[Fact]
    # PICTURES: str, where the tool looks for pictures, from the folder that is written; "images" where it is not said.
    recognise: Callable[[Folder], list[str]]
    """Where data sets of this format are, by content: names of files or of folders ("" is the top)."""
    read: Callable[[Folder, str, Pictures], tuple[Coco, list[str]]]
    """One of those, and a line for each thing that was changed or left out; ValueError where nothing can be read.
    File names of images are relative to the folder's top where the picture is there, else as the file has them."""
    write: Callable[[Mapping[str, Any], Path], list[str]]
    """Writes a data set into a folder that is there, and gives a line for each thing that was left out."""
