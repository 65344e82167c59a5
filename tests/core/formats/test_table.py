"""docs/formats.md says of each format what its module says."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from core.formats import FORMATS, write
from core.formats.format import Fact
from core.formats.tables import parquet as parquet
from tests.core.formats.data_sets import every_kind

# What a line says where the fact is lost; ids and image sizes are lost for all alike, as the table says.
SAID = {
    "masks": "its mask is not written",
    "overlaps": "pixels that",
    "boxes alone": "has no mask",
    "keypoints": "keypoints",
    "skeletons": "skeleton",
    "crowds": "a crowd",
    "scores": "score",
    "attributes": "attributes",
    "unused classes": "unused: a class without objects",
    "supercategories": "supercategory",
    "sources": "its source",
    "authors": "author of an object",
    "other fields": "'my field' of an object",
    "fields of images and classes": "of a class is not written",
    "info and licences": "'info' of the data set",
}


def test_the_table_is_what_the_modules_say(project_root: Path) -> None:
    text = (project_root / "docs" / "formats.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("| \n").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    header, _, *formats = rows
    assert header[1:] == list(get_args(Fact))
    assert [row[0].strip("`") for row in formats] == list(FORMATS)
    for name, *marks in formats:
        assert set(marks) <= {"✓", "–"}
        lacking = {fact for fact, mark in zip(header[1:], marks, strict=True) if mark == "–"}
        assert lacking == FORMATS[name.strip("`")].CANNOT_CARRY, name


def test_every_format_is_described_below_the_table(project_root: Path) -> None:
    text = (project_root / "docs" / "formats.md").read_text(encoding="utf-8")
    for name in FORMATS:
        assert f"- **`{name}`**" in text or f", **`{name}`**" in text, name


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "parquet" or parquet.is_available()])
def test_what_is_lost_is_said(name: str, tmp_path: Path) -> None:
    notes = write(every_kind(), name, tmp_path)
    cannot = FORMATS[name].CANNOT_CARRY
    for fact, words in SAID.items():
        if fact in cannot and not (fact == "overlaps" and "masks" in cannot):
            assert any(words in note for note in notes), (fact, notes)
    if not cannot:
        assert notes == []
