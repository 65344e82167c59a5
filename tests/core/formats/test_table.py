"""docs/formats.md says of each format what its module says."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from core.formats import FORMATS
from core.formats.format import Fact


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
