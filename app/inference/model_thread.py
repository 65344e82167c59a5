"""The thread that runs the model: what a person waits for goes before what is done ahead of time.

There is one, so that two pieces of work never share the cores. It does not end the one that it is at: that gives way
between its layers, and goes on from there.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

Result = TypeVar("Result")


class Haste(float, Enum):
    """Of a piece of work: seconds that what came later, but is more urgent, may be ahead of it. None waits for ever."""

    AT_ONCE = 0.0  # a person's click or box waits for it
    SOON = 10.0  # an image that a person looks at
    AHEAD = 60.0  # images that nobody looks at yet
    IDLE = 120.0


@dataclass(order=True)
class _Work:
    due: float
    number: int  # in the order that they came in
    haste: Haste = field(compare=False)
    run: Callable[[], None] = field(compare=False)
    future: Future[Any] = field(compare=False)


class ModelThread:
    """Work in the order of its haste, and of its arrival among equals. `may_give_way` says whether the work that is
    going on leaves the model as another may use it.
    """

    def __init__(self, may_give_way: Callable[[], bool]) -> None:
        self._may_give_way = may_give_way
        self._urgent: deque[_Work] = deque()  # what others give way to
        self._others: list[_Work] = []  # a heap
        self._is_closed = False
        self._changed = threading.Condition()  # guards the three above
        self._numbers = itertools.count()
        self._at = Haste.AT_ONCE
        # A daemon: a download or a long prediction must not keep the server from ending.
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    def submit(self, task: Callable[[], Result], haste: Haste) -> Future[Result]:
        """Have `task` run when its turn comes; the result raises what it raises, CancelledError after the end."""
        future: Future[Result] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(task())
            except BaseException as error:  # handed to whoever waits for it
                future.set_exception(error)

        with self._changed:
            if self._is_closed:
                future.cancel()
                return future
            work = _Work(time.monotonic() + haste, next(self._numbers), haste, run, future)
            if haste is Haste.AT_ONCE:
                self._urgent.append(work)
            else:
                heapq.heappush(self._others, work)
            self._changed.notify()
        return future

    def give_way(self, *_: Any) -> None:
        """Let one of those go first for whom a person waits; called by work in this thread where it can pause.

        One at a time, so that the work itself goes on however many there are: nothing else needs to go before them,
        however long it has waited. Nothing happens in other threads.
        """
        if not self._urgent or self._at is Haste.AT_ONCE or threading.current_thread() is not self._thread:
            return
        if self._may_give_way() and not self._is_closed:
            self._do(self._urgent.popleft())  # taken by this thread alone: what was there is there still

    def close(self) -> None:
        """Let the thread end after what it is at, which is waited for at most 10 seconds; the rest is cancelled."""
        with self._changed:
            self._is_closed = True
            rest = [*self._urgent, *self._others]
            self._changed.notify()
        for work in rest:
            work.future.cancel()
        # A thread that is inside torch when the interpreter goes away takes the process down with it.
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while (work := self._next()) is not None:
            self._do(work)

    def _next(self) -> _Work | None:
        """What comes next, once there is any; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._urgent or self._others)
            if self._is_closed:
                return None
            if self._urgent and (not self._others or self._urgent[0] < self._others[0]):
                return self._urgent.popleft()
            return heapq.heappop(self._others)

    def _do(self, work: _Work) -> None:
        before, self._at = self._at, work.haste
        try:
            work.run()
        finally:
            self._at = before
