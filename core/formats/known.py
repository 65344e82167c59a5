"""The formats that are read and written: a new one is its module and a line here."""

from __future__ import annotations

from types import ModuleType

from core.formats import coco, cvat, label_studio, labelme, via, via_csv, yolo_box, yolo_pose, yolo_seg

FORMATS: dict[str, ModuleType] = {
    module.NAME: module
    for module in (
        coco,
        yolo_seg,
        yolo_box,
        yolo_pose,
        labelme,
        cvat,
        via,
        via_csv,
        label_studio,
    )
}


def format_of(name: str) -> ModuleType:
    """The module of a format; ValueError with all names for one that is not known."""
    if name not in FORMATS:
        raise ValueError(f"there is no format {name!r}; the formats are {', '.join(FORMATS)}")
    return FORMATS[name]
