"""`python -m core check`."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from core.coco.check import check_coco
from core.coco.report import grouped
from core.commands.arguments import Check


def check(command: Check) -> int:
    """Print every problem and note in one line, those of one kind together; 1 where there is a problem."""
    with _no_search_for_garbage():
        found = check_coco(command.file, command.images, command.fix_to, crowds_as_objects=command.crowds_as_objects)
    for line in grouped(found):
        print(line)
    notes = sum(problem.is_note for problem in found)
    problems = len(found) - notes
    summary = _count(problems, "problem") + (f", {_count(notes, 'note')}" if notes else "")
    print(f"{command.file}: {summary}", file=sys.stderr)
    if command.fix_to is not None:
        print(f"wrote {command.fix_to}", file=sys.stderr)
    return 1 if problems else 0


@contextmanager
def _no_search_for_garbage() -> Iterator[None]:
    """Millions of lists come out of a large file, and none is garbage: looking for some takes a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
