"""`python -m core check`."""

from __future__ import annotations

import sys

from core.commands.arguments import Check
from core.datasets.check import check_coco


def check(command: Check) -> int:
    """Print every problem and note in one line; 1 where there is a problem."""
    found = check_coco(command.file, command.images, command.fix_to)
    for line in found:
        print(line)
    notes = sum(problem.is_note for problem in found)
    problems = len(found) - notes
    summary = _count(problems, "problem") + (f", {_count(notes, 'note')}" if notes else "")
    print(f"{command.file}: {summary}", file=sys.stderr)
    if command.fix_to is not None:
        print(f"wrote {command.fix_to}", file=sys.stderr)
    return 1 if problems else 0


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
