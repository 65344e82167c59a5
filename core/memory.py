"""What becomes of memory that was freed: kept for the next image, or given back to the system.

Both are matters of glibc's heap and change nothing with another C library. They concern the whole process, so
programs decide them (`python -m core`, the training loop), never the package when it is imported.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

# Often enough to keep a run from growing, seldom enough: at every step it would cost a sixth of the time.
STEPS_BETWEEN = 5

KEPT = 1 << 30  # bytes free at the end of the heap that stay with the process: what an image of 1080p takes

# Of <malloc.h>.
M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4


def keep_freed_memory() -> None:
    """Let this process keep what it frees, up to `KEPT`, for images that follow one another.

    By default each large tensor is memory fresh from the system, which is cleared page by page when it is
    first touched: a tenth to a sixth of the time that an image takes.
    """
    mallopt = _glibc("mallopt")
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, KEPT)


def memory_release() -> Callable[[], None]:
    """A function that gives free memory back; it does nothing where the C library cannot.

    Images of many sizes leave holes of many sizes in glibc's heap. What they hold is free, but no
    tensor of the next step fits, and the heap grows to several times of what is in use.
    """
    trim = _glibc("malloc_trim")

    def release() -> None:
        if trim is not None:
            trim(0)

    return release


def _glibc(name: str) -> Callable[..., int] | None:
    """A function of the C library; None where it has none of that name, as musl."""
    try:
        return getattr(ctypes.CDLL(None), name) if sys.platform == "linux" else None
    except (AttributeError, OSError):
        return None
