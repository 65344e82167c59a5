"""What the linter for COCO files says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or only to be known, in a COCO file; as text it is one line."""

    subject: str  # "annotation 12", "image 3", "category 1", "categories"
    message: str
    repair: str | None = None  # what becomes of it in a repaired copy; None: it stays as it is
    annotation_id: Any = None  # as in the file
    is_note: bool = False  # legal, but good to know

    def __str__(self) -> str:
        kind = "note: " if self.is_note else ""
        mend = f" [repair: {self.repair}]" if self.repair else ""
        return " ".join(f"{kind}{self.subject}: {self.message}{mend}".split())


@dataclass
class Report:
    """The problems found so far."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, subject: str, message: str, repair: str | None = None, annotation_id: Any = None) -> None:
        """Takes down one problem."""
        self.problems.append(Problem(subject, message, repair, annotation_id))

    def note(self, subject: str, message: str, repair: str | None = None) -> None:
        """Takes down something that is legal but may surprise."""
        self.problems.append(Problem(subject, message, repair, is_note=True))
