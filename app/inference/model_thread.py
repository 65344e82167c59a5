"""The thread that runs the model: what a person waits for goes before what is done ahead of time.

There is one, so that two pieces of work never share the cores. It does not end the one that it is at: that gives way
between its layers, and goes on from there.
"""

from __future__ import annotations

import itertools
import math
import queue
import threading
import time
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
    run: Callable[[], None] | None = field(compare=False)  # None ends the thread
    future: Future[Any] = field(compare=False)


class ModelThread:
    """Work in the order of its haste, and of its arrival among equals. `may_give_way` says whether the work that is
    going on leaves the model as another may use it.
    """

    def __init__(self, may_give_way: Callable[[], bool]) -> None:
        self._may_give_way = may_give_way
        self._waiting: queue.PriorityQueue[_Work] = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._urgent = 0  # how many wait that others give way to
        self._lock = threading.Lock()  # of that number
        self._at = Haste.AT_ONCE
        # A daemon: a download or a long prediction must not keep the server from ending.
        self._thread = threading.Thread(target=self._run, name="model", daemon=True)
        self._thread.start()

    def submit(self, task: Callable[[], Result], haste: Haste) -> Future[Result]:
        """Have `task` run when its turn comes; the result raises what it raises."""
        future: Future[Result] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(task())
            except BaseException as error:  # handed to whoever waits for it
                future.set_exception(error)

        self._waiting.put(_Work(time.monotonic() + haste, next(self._numbers), haste, run, future))
        with self._lock:
            self._urgent += haste is Haste.AT_ONCE
        return future

    def give_way(self, *_: Any) -> None:
        """Let one of those go first for whom a person waits; called by work in this thread where it can pause.

        One at a time, so that the work itself goes on however many there are. Nothing happens in other threads.
        """
        if not self._urgent or self._at is Haste.AT_ONCE or threading.current_thread() is not self._thread:
            return
        if not self._may_give_way():
            return
        work = self._waiting.get()  # by this thread alone: what is counted is there
        if work.run is not None and work.haste is Haste.AT_ONCE:
            self._do(work)
        else:
            self._waiting.put(work)  # the end, or what has waited for so long that it comes next

    def close(self) -> None:
        """Let the thread end after what it is at, which is waited for at most 10 seconds; the rest is cancelled."""
        self._waiting.put(_Work(-math.inf, next(self._numbers), Haste.AT_ONCE, None, Future()))
        # A thread that is inside torch when the interpreter goes away takes the process down with it.
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while (work := self._waiting.get()).run is not None:
            self._do(work)
        while not self._waiting.empty():
            self._waiting.get().future.cancel()

    def _do(self, work: _Work) -> None:
        before, self._at = self._at, work.haste
        with self._lock:
            self._urgent -= work.haste is Haste.AT_ONCE
        try:
            assert work.run is not None
            work.run()
        finally:
            self._at = before
