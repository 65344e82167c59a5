"""YOLO detection: boxes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.formats.content import Object, content_of
from core.formats.files import Folder
from core.formats.format import Fact
from core.formats.notes import Notes
from core.formats.yolo.files import NO_YOLO_CARRIES, write_yolo
from core.formats.yolo.labels import fractions, read_labels, recognised

NAME = "yolo-box"
TITLE = "YOLO detection"
CANNOT_CARRY: frozenset[Fact] = NO_YOLO_CARRIES | {"masks", "several parts", "holes", "overlaps", "keypoints"}
read = read_labels


def recognise(folder: Folder) -> list[str]:
    """The folders with labels of boxes alone."""
    return recognised(folder, "box")


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write the box of every object."""
    notes = Notes()

    def line_of(thing: Object) -> str | None:
        if thing.keypoints:
            notes.add("its keypoints are not written (yolo-pose has them)", thing.about)
        if thing.segmentation:
            notes.add("its mask is not written (yolo-seg has it)", thing.about)
        return box_fractions(thing)

    return write_yolo(content_of(coco, notes), folder, notes, line_of)


def box_fractions(thing: Object) -> str:
    """Centre, width and height of an object's box as fractions of its image."""
    x, y, width, height = thing.box
    return fractions([x + width / 2, y + height / 2, width, height], thing.size[1], thing.size[0])
