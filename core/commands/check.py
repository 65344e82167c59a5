"""`python -m core check`."""

from __future__ import annotations

import sys

from core.commands.arguments import Check
from core.datasets.check import check_coco


def check(command: Check) -> int:
    """Print every problem in one line; 1 where there is any."""
    problems = check_coco(command.file, command.images, command.fix_to)
    for problem in problems:
        print(problem)
    found = f"{len(problems)} problems" if len(problems) != 1 else "1 problem"
    print(f"{command.file}: {found if problems else 'no problems'}", file=sys.stderr)
    if command.fix_to is not None:
        print(f"wrote {command.fix_to}", file=sys.stderr)
    return 1 if problems else 0
