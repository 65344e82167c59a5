"""A function that runs in a process of its own, so that two ways of doing a thing meet the same fresh process."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import torch


@contextmanager
def in_own_process(build: Callable[..., Callable[[Any], Any]], *arguments: Any) -> Iterator[Callable[[Any], Any]]:
    """What `build(*arguments)` returns there, to be called from here; it sees the threads that are set here.

    How one side keeps its memory, or how its heap looks after an hour, is then nothing to the other.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, torch.get_num_threads(), build, arguments), daemon=True)
    process.start()
    theirs.close()

    def call(argument: Any) -> Any:
        ours.send(argument)
        return ours.recv()  # EOFError where the process ended: what it says stands on the terminal

    try:
        yield call
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
        connection.send(action(argument))
