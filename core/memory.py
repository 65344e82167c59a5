"""What becomes of memory that was freed: kept for the next image, or given back to the system.

Both are matters of glibc's heap and change nothing with another C library; how Python looks for what is no longer used
is here too. All of it concerns the whole process, so programs decide it (`python -m core`, the training loop, the
application), never the package when it is imported.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

KEPT = 1 << 30  # bytes free at the end of the heap that stay with the process: what an image of 1080p takes

# Of <malloc.h>.
M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4


def keep_freed_memory() -> None:
    """Let this process keep what it frees, up to `KEPT`, for images that follow one another.

    By default each large tensor is memory fresh from the system, which is cleared page by page when it is
    first touched: a tenth to a seventh of the time that an image takes.
    """
    mallopt = _glibc("mallopt")
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, KEPT)


def give_back_freed_memory() -> None:
    """Hand all memory that is free back to the system.

    Images of many sizes leave holes of many sizes in glibc's heap. What they hold is free, but no
    tensor of the next step fits, and the heap grows to several times of what is in use.
    """
    malloc_trim = _glibc("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


_in_blocks = 0  # threads that are inside `without_full_collections`
_threshold = 0  # what they found
_counting = threading.Lock()
NEVER = 10**9  # younger collections between two full ones


@contextmanager
def without_full_collections() -> Iterator[None]:
    """Inside the block Python does not go through all objects for those that only refer to each other.

    With millions of them that takes a second and more, in which no other thread runs. Young objects are looked at as
    always; what grew old inside the block is looked at when it has ended.
    """
    global _in_blocks, _threshold
    with _counting:
        first, second, third = gc.get_threshold()
        if _in_blocks == 0:
            _threshold = third
            gc.set_threshold(first, second, NEVER)
        _in_blocks += 1
    try:
        yield
    finally:
        with _counting:
            _in_blocks -= 1
            if _in_blocks == 0:
                first, second, _ = gc.get_threshold()
                gc.set_threshold(first, second, _threshold)


def _glibc(name: str) -> Callable[..., int] | None:
    """A function of the C library; None where it has none of that name, as musl."""
    try:
        return getattr(ctypes.CDLL(None), name) if sys.platform == "linux" else None
    except (AttributeError, OSError):
        return None
