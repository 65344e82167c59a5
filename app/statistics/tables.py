"""The statistics as CSV: a table for each plot of the page."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, Literal, get_args

from app.statistics.counts import ACTIONS

Table = Literal["classes", "sizes", "reviews", "people", "agreement"]
TABLES: tuple[Table, ...] = get_args(Table)

CLASS_COLUMNS = ("name", "objects", "drawn", "corrected", "confirmed", "proposed", "images")
AGREEMENT_COLUMNS = (
    "image_id", "file_name", "first", "second",
    "matched", "renamed", "only_first", "only_second", "agreement", "mean_iou", "mean_oks",
)  # fmt: skip


def counts_csv(table: Table, counts: Mapping[str, Any]) -> str:
    """One of the tables of what `counts_json` counts."""
    if table == "classes":
        return _csv(["class", *CLASS_COLUMNS[1:]], ([row[key] for key in CLASS_COLUMNS] for row in counts["classes"]))
    if table == "sizes":
        return _csv(["class", *counts["sizes"]], ([row["name"], *row["sizes"]] for row in counts["classes"]))
    if table == "reviews":
        return _csv(
            ["day", "person", "images"],
            ([row["day"], row["person"] or "", row["images"]] for row in counts["reviews"]),
        )
    columns = ("person", "objects", "reviewed", "actions", "actions_an_object")
    rows = ([*(row[key] for key in columns), *(row["kinds"][kind] for kind in ACTIONS)] for row in counts["people"])
    return _csv([*columns, *ACTIONS], rows)


def agreement_csv(agreement: Mapping[str, Any]) -> str:
    """A row an image of what `agreement_json` compares."""
    return _csv(AGREEMENT_COLUMNS, ([row[key] for key in AGREEMENT_COLUMNS] for row in agreement["images"]))


def _csv(header: Sequence[str], rows: Any) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    # A spreadsheet takes a text that begins so for a formula; the quote makes it a text to it.
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return "" if value is None else value
