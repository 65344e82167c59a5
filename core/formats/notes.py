"""What is said about a conversion: one line for one fact, however many objects share it."""

from __future__ import annotations

_NAMED = 3  # of those that share a fact; the others are counted


class Notes:
    """Facts in the order in which they were first met, each with what it is about."""

    def __init__(self) -> None:
        self._about: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def add(self, fact: str, about: str = "") -> None:
        """One more case of a fact; `about` names the object, image or file."""
        self._counts[fact] = self._counts.get(fact, 0) + 1
        named = self._about.setdefault(fact, [])
        if about and len(named) < _NAMED:
            named.append(about)

    def lines(self) -> list[str]:
        """One line a fact: "a.json shape 3, b.json shape 1 and 7 more: fewer than 3 points, left out"."""
        lines = []
        for fact, count in self._counts.items():
            named = self._about[fact]
            more = f" and {count - len(named)} more" if named and count > len(named) else ""
            lines.append(" ".join(f"{', '.join(named)}{more}: {fact}".split()) if named else " ".join(fact.split()))
        return lines
