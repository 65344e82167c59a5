"""What the linter for COCO files says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a COCO file; as text it is one line."""

    subject: str  # "annotation 12", "image 3", "category 1", "categories"
    message: str
    repair: str | None = None  # what becomes of it in a repaired copy; None: it stays as it is
    annotation_id: Any = None  # as in the file

    def __str__(self) -> str:
        mend = f" [repair: {self.repair}]" if self.repair else ""
        return " ".join(f"{self.subject}: {self.message}{mend}".split())


@dataclass
class Report:
    """The problems found so far."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, subject: str, message: str, repair: str | None = None, annotation_id: Any = None) -> None:
        """Notes one problem."""
        self.problems.append(Problem(subject, message, repair, annotation_id))
