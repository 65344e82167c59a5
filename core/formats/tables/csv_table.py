"""CSV with a row an object."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path

from core.files import write_text_atomically
from core.formats.files import PICTURE_SUFFIXES, Folder, parent, suffix
from core.formats.format import BESIDE_OBJECTS, Coco, Fact
from core.formats.notes import Notes
from core.formats.pictures import Pictures
from core.formats.tables.open_images import is_of_open_images, names_of_codes, plain_table
from core.formats.tables.rows import COLUMNS, meant_columns, read_table, rows_of

NAME = "csv"
TITLE = "CSV, a row an object"
CANNOT_CARRY: frozenset[Fact] = (BESIDE_OBJECTS - {"sources", "authors"}) | {
    "skeletons",
    "unused classes",
    "supercategories",
    "ids",
}
_VIA = "region_shape_attributes"
_WITHOUT_HEADER = (
    ["file_name", "x1", "y1", "x2", "y2", "class"],  # keras-retinanet's table
    ["class", "x", "y", "w", "h", "file_name", "image_width", "image_height"],  # makesense.ai's
)


def recognise(folder: Folder) -> list[str]:
    """The CSV files with a column of file names and columns of a box or mask."""
    found = []
    for name in folder.texts():
        header = folder.head(name).partition("\n")[0]
        columns = [column.strip(' "\r') for column in header.replace(";", ",").replace("\t", ",").split(",")]
        if len(columns) > 1 and _VIA not in header and (meant_columns(columns) or _columns_of_row(columns)):
            found.append(name)
    return found


def _columns_of_row(cells: list[str]) -> list[str] | None:
    """The columns of a table without a header, whose first line is an object or an image without one; else None."""
    for columns in _WITHOUT_HEADER:
        if len(cells) != len(columns):
            continue
        by_column = dict(zip(columns, cells, strict=True))
        numbers = [by_column[column] for column in columns if column not in ("file_name", "class")]
        if suffix(by_column["file_name"]) in PICTURE_SUFFIXES and (
            all(re.fullmatch(r"-?\d+(\.\d+)?", number) for number in numbers) or not any(numbers)
        ):
            return columns
    return None


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All rows; separated by commas, semicolons or tabs."""
    import pandas as pd

    text = folder.text(place)
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    names = _columns_of_row([cell.strip(' "\r') for cell in header.split(separator)])
    try:
        # As text, so that a class "007" stays what it is.
        table = pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, names=names)
    except (ValueError, pd.errors.ParserError) as error:
        raise ValueError(f"{place}: broken CSV ({' '.join(str(error).split())})") from None
    if separator == ";":  # where the comma is free, it is what some languages write for the point of a number
        table = table.map(lambda cell: re.sub(r"^(-?\d+),(\d+)$", r"\1.\2", cell) if isinstance(cell, str) else cell)
    if is_of_open_images(table.columns):
        table = plain_table(table, names_of_codes(folder, parent(place)))
    return read_table(table, place, parent(place), pictures)


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write annotations.csv."""
    import pandas as pd

    notes = Notes()
    table = pd.DataFrame(rows_of(coco, notes), columns=list(COLUMNS), dtype=object)
    write_text_atomically(folder / "annotations.csv", table.to_csv(index=False, lineterminator="\n"))
    return notes.lines()
