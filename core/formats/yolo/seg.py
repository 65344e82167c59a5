"""YOLO segmentation: one polygon an object; parts and holes hang together by bridges that enclose nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.formats.content import Object, content_of
from core.formats.files import Folder
from core.formats.format import Fact
from core.formats.notes import Notes
from core.formats.outlines import single_polygon
from core.formats.yolo.files import NO_YOLO_CARRIES, write_yolo
from core.formats.yolo.labels import fractions, read_labels, recognised

NAME = "yolo-seg"
TITLE = "YOLO segmentation"
CANNOT_CARRY: frozenset[Fact] = NO_YOLO_CARRIES | {"boxes alone", "keypoints"}
read = read_labels


def recognise(folder: Folder) -> list[str]:
    """The folders with labels of polygons."""
    return recognised(folder, "seg")


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write every object that has a mask; a line of a box alone would make Ultralytics drop all polygons."""
    notes = Notes()

    def line_of(thing: Object) -> str | None:
        if not thing.segmentation:
            notes.add("has no mask: left out (yolo-box has boxes)", thing.about)
            return None
        if thing.keypoints:
            notes.add("its keypoints are not written (yolo-pose has them)", thing.about)
        return fractions(single_polygon(thing), thing.size[1], thing.size[0])

    return write_yolo(content_of(coco, notes), folder, notes, line_of)
