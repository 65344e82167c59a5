"""How far imports are, for whoever waits for them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Any, TypeVar

Item = TypeVar("Item")


class ImportProgress:
    """What one import is doing: written by the thread that carries it out, read by others."""

    def __init__(self, key: str = "") -> None:
        self.key = key  # what its sender calls it
        self.stage = "receiving files"
        self.done = 0
        self.total: int | None = None  # None where nobody can say
        self._begun = time.monotonic()

    def enter(self, stage: str, total: int | None = None) -> None:
        """Begin what is said with `stage`."""
        self.stage, self.done, self.total = stage, 0, total

    def over(self, stage: str, items: Iterable[Item]) -> Iterator[Item]:
        """The items, each counted when it is done with."""
        self.enter(stage, len(items) if isinstance(items, Sized) else None)
        for item in items:
            yield item
            self.done += 1

    def shown(self) -> dict[str, Any]:
        """What the route answers."""
        seconds = round(time.monotonic() - self._begun, 1)
        return {"key": self.key, "stage": self.stage, "done": self.done, "total": self.total, "seconds": seconds}


class GoingImports:
    """The imports that a server is carrying out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._going: list[ImportProgress] = []

    @contextmanager
    def one(self, key: str) -> Iterator[ImportProgress]:
        """An import, in the list until the block ends."""
        progress = ImportProgress(key)
        with self._lock:
            self._going.append(progress)
        try:
            yield progress
        finally:
            with self._lock:
                self._going.remove(progress)

    def shown(self) -> list[dict[str, Any]]:
        """All of them, the oldest first."""
        with self._lock:
            return [progress.shown() for progress in self._going]
