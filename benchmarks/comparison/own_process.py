"""A function that runs in a process of its own, so that two ways of doing a thing meet the same fresh process."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import torch


class OwnProcess:
    """A function in another process; `cpu_seconds` counts what all its calls took of a processor there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.cpu_seconds = 0.0

    def __call__(self, argument: Any) -> Any:
        self._connection.send(argument)
        answer, seconds = self._connection.recv()  # EOFError where the process ended: what it says is on the terminal
        self.cpu_seconds += seconds
        return answer

    def cpu_seconds_of(self, action: Callable[[], object]) -> float:
        """What an action that calls this function makes the other process take of a processor, all threads together."""
        before = self.cpu_seconds
        action()
        return self.cpu_seconds - before


@contextmanager
def in_own_process(build: Callable[..., Callable[[Any], Any]], *arguments: Any) -> Iterator[OwnProcess]:
    """What `build(*arguments)` returns there, to be called from here; it sees the threads that are set here.

    How one side keeps its memory, or how its heap looks after an hour, is then nothing to the other.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, torch.get_num_threads(), build, arguments), daemon=True)
    process.start()
    theirs.close()

    try:
        yield OwnProcess(ours)
    finally:
        ours.close()
        process.join()


def _serve(
    connection: Connection, threads: int, build: Callable[..., Callable[[Any], Any]], arguments: tuple[Any, ...]
) -> None:
    torch.set_num_threads(threads)
    action = build(*arguments)
    while True:
        try:
            argument = connection.recv()
        except EOFError:  # the other end is closed
            return
        before = time.process_time()
        answer = action(argument)
        connection.send((answer, time.process_time() - before))
