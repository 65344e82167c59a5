"""What is said of a COCO file: each fault once, however many annotations share it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

SHOWN = 8  # annotations that a line names


LEFT_OUT = "left out"  # what may become of an object


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or only to be known, in a COCO file; as text it is one line."""

    subject: str  # "annotation 12", "image 3", "category 1", "categories"
    message: str
    repair: str | None = None  # what becomes of it in a repaired copy; None: it stays as it is
    annotation_id: object = None  # as in the file
    is_note: bool = False  # legal, but good to know
    is_spelling: bool = False  # the same thing is meant, written as COCO does not write it
    number: int | None = None  # of the annotation, in the order of the file

    def __str__(self) -> str:
        kind = "note: " if self.is_note else ""
        mend = f" [repair: {self.repair}]" if self.repair else ""
        return " ".join(f"{kind}{self.subject}: {self.message}{mend}".split())


@dataclass
class Report:
    """The problems found so far."""

    problems: list[Problem] = field(default_factory=list)

    def add(
        self,
        subject: str,
        message: str,
        repair: str | None = None,
        annotation_id: Any = None,
        *,
        spelling: bool = False,
        number: int | None = None,
    ) -> None:
        """Takes down one problem."""
        self.problems.append(Problem(subject, message, repair, annotation_id, is_spelling=spelling, number=number))

    def note(self, subject: str, message: str, repair: str | None = None) -> None:
        """Takes down something that is legal but may surprise."""
        self.problems.append(Problem(subject, message, repair, is_note=True))


def grouped(problems: Iterable[Problem]) -> list[Problem]:
    """The problems with one for each fact: three or more annotations that differ in numbers alone share a line.

    So do images that differ in names too, which stand in quotes or before a colon.
    """
    facts: dict[tuple[str, str | None, bool], list[Problem]] = {}
    for problem in problems:
        about = problem.subject.partition(" ")[0]
        fact = _fact_of_image if about == "image" else _fact
        about = about if about in ("annotation", "image") else problem.subject
        key = (f"{about}: {fact(problem.message)}", fact(problem.repair), problem.is_note)
        facts.setdefault(key, []).append(problem)
    lines: list[Problem] = []
    for alike in facts.values():
        if len(alike) < 3:
            lines += alike
            continue
        kind = alike[0].subject.partition(" ")[0]
        names = [problem.subject.removeprefix(f"{kind} ") for problem in alike[:SHOWN]]
        more = f" and {len(alike) - SHOWN:,} more" if len(alike) > SHOWN else ""
        same = all(problem.message == alike[0].message for problem in alike)
        message = alike[0].message if same else f"{alike[0].message} (the first of them)"
        lines.append(replace(alike[0], subject=f"{kind}s {', '.join(names)}{more}", message=message))
    return lines


def _fact(text: str | None) -> str:
    """A message without what differs from one annotation to the next: numbers, and lists of them."""
    return re.sub(r"[-+]?\d[\d.,e+×-]*", "#", text or "")


def _fact_of_image(text: str | None) -> str:
    """The same without names of files."""
    return _fact(re.sub(r"'[^']*'|\"[^\"]*\"|^.*(?=: )", "…", text or ""))
