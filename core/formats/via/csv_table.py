"""VIA's CSV: a row a region, shape and attributes as JSON in cells."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.files import write_text_atomically
from core.formats.files import Folder
from core.formats.format import Coco, Fact
from core.formats.pictures import Pictures
from core.formats.via import json_project as via

NAME = "via-csv"
TITLE = "VIA 2 (CSV)"
CANNOT_CARRY: frozenset[Fact] = via.CANNOT_CARRY | {"unused classes"}
_COLUMNS = (
    "filename",
    "file_size",
    "file_attributes",
    "region_count",
    "region_id",
    "region_shape_attributes",
    "region_attributes",
)
_LONGEST_CELL = 2**26  # characters; a polygon of a million corners


def recognise(folder: Folder) -> list[str]:
    """The CSV files with VIA's columns."""
    return [
        name
        for name in folder.texts()
        if "region_shape_attributes" in folder.head(name).partition("\n")[0]
        and "filename" in folder.head(name).partition("\n")[0]
    ]


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All rows, as VIA's JSON is read; a cell that is broken costs its region."""
    previous = csv.field_size_limit(_LONGEST_CELL)
    try:
        text = folder.text(place)
        separator = max(",;\t", key=text.partition("\n")[0].count)  # as spreadsheets of some languages save it
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise ValueError(f"{place}: broken CSV ({error})") from None
    finally:
        csv.field_size_limit(previous)
    entries: dict[str, dict[str, Any]] = {}
    broken = []
    for number, row in enumerate(rows, 2):
        filename = row.get("filename") or row.get("#filename") or ""
        if not filename:
            broken.append(f"{place}: row {number} has no filename: left out")
            continue
        entry = entries.setdefault(filename, {"filename": filename, "regions": [], "file_attributes": {}})
        try:
            shape, attributes, of_file = (
                json.loads(row.get(key) or "{}")
                for key in ("region_shape_attributes", "region_attributes", "file_attributes")
            )
        except (ValueError, RecursionError):
            broken.append(f"{place}: row {number} has broken JSON in a cell: left out")
            continue
        entry["file_attributes"] = of_file
        if shape:
            entry["regions"].append({"shape_attributes": shape, "region_attributes": attributes})
    coco, notes = via.read_entries(list(entries.values()), {}, place, pictures)
    return coco, broken + notes


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write via_annotations.csv, which VIA imports."""
    data, notes = via.project_of(coco)
    file = io.StringIO(newline="")
    table = csv.writer(file, lineterminator="\n")
    table.writerow(_COLUMNS)
    for entry in data["_via_img_metadata"].values():
        regions = entry["regions"] or [{}]
        for number, region in enumerate(regions):
            cells = (region.get("shape_attributes", {}), region.get("region_attributes", {}))
            head = (entry["filename"], -1, _cell(entry["file_attributes"]), len(entry["regions"]), number)
            table.writerow([*head, *map(_cell, cells)])
    write_text_atomically(folder / "via_annotations.csv", file.getvalue())
    return notes


def _cell(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
