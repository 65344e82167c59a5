"""What becomes of memory that was freed: kept for the next image, or given back to the system.

Both are matters of glibc's heap and change nothing with another C library. They concern the whole process, so
programs decide them (`python -m core`, the training loop), never the package when it is imported.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

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


def _glibc(name: str) -> Callable[..., int] | None:
    """A function of the C library; None where it has none of that name, as musl."""
    try:
        return getattr(ctypes.CDLL(None), name) if sys.platform == "linux" else None
    except (AttributeError, OSError):
        return None
