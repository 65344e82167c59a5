"""Parquet with a row an object; needs pyarrow, which the project does not bring."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path

from core.files import write_atomically
from core.formats.files import Folder, joined, parent, suffix
from core.formats.format import Coco, Fact
from core.formats.notes import Notes
from core.formats.pictures import Pictures
from core.formats.refused import is_geti
from core.formats.tables import csv_table as csv_table
from core.formats.tables.rows import COLUMNS, read_table, rows_of

NAME = "parquet"
TITLE = "Parquet, a row an object"
CANNOT_CARRY: frozenset[Fact] = csv_table.CANNOT_CARRY


def recognise(folder: Folder) -> list[str]:
    """The files that begin as Parquet does, but for those of Geti, which are no rows of objects."""
    found = [name for name in folder.texts() if folder.head(name).startswith("PAR1") or suffix(name) == ".parquet"]
    return [name for name in found if not _is_of_geti(folder, name)]


def read(folder: Folder, place: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """All rows."""
    _need_pyarrow(place)
    import pandas as pd

    try:
        table = pd.read_parquet(folder.path(place))
    except Exception as error:  # pyarrow raises its own kinds
        raise ValueError(f"{place}: no Parquet, or damaged ({' '.join(str(error).split())})") from None
    return read_table(table, place, parent(place), pictures)


def write(coco: Mapping[str, object], folder: Path) -> list[str]:
    """Write annotations.parquet."""
    _need_pyarrow("annotations.parquet")
    import pandas as pd

    notes = Notes()
    table = pd.DataFrame(rows_of(coco, notes), columns=list(COLUMNS))
    write_atomically(folder / "annotations.parquet", lambda path: table.to_parquet(path, index=False))
    return notes.lines()


def is_available() -> bool:
    """Whether pyarrow is installed."""
    return importlib.util.find_spec("pyarrow") is not None


def _is_of_geti(folder: Folder, name: str) -> bool:
    """Whether the metadata.json of Geti's export lies beside a file."""
    beside = joined(parent(name), "metadata.json")
    outline = folder.outline(beside) if beside in folder.names else None
    return outline is not None and is_geti(outline)


def _need_pyarrow(name: str) -> None:
    if not is_available():
        raise ValueError(f"{name}: Parquet needs pyarrow, which is not installed: pip install pyarrow, or use csv")
