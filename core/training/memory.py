"""Memory that a training on the CPU no longer uses, given back to the system."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

# Often enough to keep a run from growing, seldom enough: at every step it would cost a sixth of the time.
STEPS_BETWEEN = 5


def memory_release() -> Callable[[], None]:
    """A function that gives free memory back; it does nothing where the C library cannot.

    Images of many sizes leave holes of many sizes in glibc's heap. What they hold is free, but no
    tensor of the next step fits, and the heap grows to several times of what is in use.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim if sys.platform == "linux" else None
    except (AttributeError, OSError):  # another C library, musl for one
        trim = None

    def release() -> None:
        if trim is not None:
            trim(0)

    return release
