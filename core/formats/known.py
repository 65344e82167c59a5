"""The formats that are read and written: a new one is its module and a line here."""

from __future__ import annotations

from types import ModuleType

from core.formats import (
    coco,
    coco_panoptic,
    coco_results,
    csv_table,
    cvat,
    label_studio,
    labelme,
    masks,
    parquet,
    via,
    via_csv,
    voc,
    yolo_box,
    yolo_pose,
    yolo_seg,
)

FORMATS: dict[str, ModuleType] = {
    module.NAME: module
    for module in (
        coco,
        coco_results,
        coco_panoptic,
        yolo_seg,
        yolo_box,
        yolo_pose,
        labelme,
        cvat,
        voc,
        via,
        via_csv,
        label_studio,
        masks,
        csv_table,
        parquet,
    )
}


def format_of(name: str) -> ModuleType:
    """The module of a format; ValueError with all names for one that is not known."""
    if name not in FORMATS:
        raise ValueError(f"there is no format {name!r}; the formats are {', '.join(FORMATS)}")
    return FORMATS[name]
