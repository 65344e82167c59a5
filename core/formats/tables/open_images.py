"""Open Images' tables of boxes: classes as codes, flags in columns, and a confidence that is no model's."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from core.formats.files import Folder, is_inside, suffix

if TYPE_CHECKING:
    import pandas as pd

_FLAGS = {
    "IsOccluded": "occluded",
    "IsTruncated": "truncated",
    "IsDepiction": "depiction",
    "IsInside": "inside",
}  # by the column


def is_of_open_images(columns: Iterable[str]) -> bool:
    """Whether a table's columns are those of boxes that people drew or confirmed."""
    return {"ImageID", "LabelName", "IsGroupOf"} <= set(columns)


def names_of_codes(folder: Folder, near: str) -> dict[str, str]:
    """The class names by code (/m/01g317), of tables such as class-descriptions-boxable.csv, those in `near` first."""
    found: dict[str, str] = {}
    tables = [name for name in folder.texts() if suffix(name) == ".csv" and _is_code(folder.head(name))]
    for name in sorted(tables, key=lambda name: not is_inside(name, near)):
        for row in csv.reader(io.StringIO(folder.text_or_empty(name), newline="")):
            if len(row) == 2 and _is_code(row[0]):
                found.setdefault(row[0].strip(), row[1].strip())
    return found


def plain_table(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """The table with our columns in the place of its own.

    Its confidence is 1 for every box, which no model gave; a group of more than five objects is a crowd.
    """
    plain = table.drop(columns=[column for column in ("Confidence", "IsGroupOf") if column in table])
    plain["iscrowd"] = table["IsGroupOf"]
    plain["Source"] = "manual"
    plain["LabelName"] = table["LabelName"].map(lambda code: names.get(str(code), code))
    flags = [column for column in _FLAGS if column in table]
    plain["attributes"] = [
        json.dumps({_FLAGS[column]: True for column, value in zip(flags, values, strict=True) if str(value) == "1"})
        for values in table[flags].itertuples(index=False, name=None)
    ]
    return plain


def _is_code(text: str) -> bool:
    return re.match(r"/[mgt]/\w", text) is not None
