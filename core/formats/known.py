"""The formats that are read and written, and those that are only read: a new one is its module and a line here."""

from __future__ import annotations

from types import ModuleType

from core.formats.coco import instances as coco
from core.formats.coco import panoptic as coco_panoptic
from core.formats.coco import results as coco_results
from core.formats.createml import tool as createml
from core.formats.cvat import tool as cvat
from core.formats.darwin import tool as darwin
from core.formats.datumaro import tool as datumaro
from core.formats.label_studio import tool as label_studio
from core.formats.labelbox import tool as labelbox
from core.formats.labelme import tool as labelme
from core.formats.masks import semantic as semantic_masks
from core.formats.masks import tool as masks
from core.formats.supervisely import tool as supervisely
from core.formats.tables import csv_table as csv_table
from core.formats.tables import parquet as parquet
from core.formats.via import csv_table as via_csv
from core.formats.via import json_project as via
from core.formats.voc import tool as voc
from core.formats.yolo import box as yolo_box
from core.formats.yolo import pose as yolo_pose
from core.formats.yolo import seg as yolo_seg

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
        supervisely,
        datumaro,
        darwin,
        createml,
        masks,
        csv_table,
        parquet,
    )
}

# What nobody would want back: exports that their own tool does not take in, and pixels of which objects are guessed.
ONLY_READ: dict[str, ModuleType] = {module.NAME: module for module in (labelbox, semantic_masks)}
READ: dict[str, ModuleType] = FORMATS | ONLY_READ


def format_of(name: str) -> ModuleType:
    """The module of a format to write; ValueError with all names for one that is not known, or only read."""
    if name not in FORMATS:
        fault = f"{name!r} is read and not written" if name in READ else f"there is no format {name!r}"
        raise ValueError(f"{fault}; the formats are {', '.join(FORMATS)}")
    return FORMATS[name]


def reader_of(name: str) -> ModuleType:
    """The module of a format to read; ValueError with all names for one that is not known."""
    if name not in READ:
        raise ValueError(f"there is no format {name!r}; the formats are {', '.join(READ)}")
    return READ[name]


def folder_of_pictures(name: str) -> str:
    """Where the tool of a format looks for pictures without a folder in their names; "" for beside what is written."""
    place: str = getattr(format_of(name), "PICTURES", "images")
    return place
