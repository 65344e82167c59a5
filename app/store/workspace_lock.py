"""Who has a workspace open: everybody shares a lock on it, and whoever changes its schema holds it alone.

Where the system has no such locks (Windows) everybody gets it: two programs that start at once on a workspace of an
older version are then not kept apart.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:
    fcntl = None

LOCK_NAME = "open.lock"


class WorkspaceLock:
    """A lock on a file in the workspace. The system lets go of it when the process ends, however that comes."""

    def __init__(self, workspace: Path) -> None:
        path = workspace / LOCK_NAME
        try:
            self._file = path.open("a")
        except OSError as error:
            raise ValueError(f"{path}: {error.strerror}; the workspace has to be writable") from None

    def share(self) -> bool:
        """Hold it together with others; False where somebody has it alone."""
        return fcntl is None or self._take(fcntl.LOCK_SH)

    def own(self) -> bool:
        """Hold it alone; False where others have it too."""
        return fcntl is None or self._take(fcntl.LOCK_EX)

    def release(self) -> None:
        """Let go of it, to take it again."""
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of it for good."""
        self._file.close()

    def _take(self, kind: int) -> bool:
        assert fcntl is not None
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise ValueError(
                f"{self._file.name}: {error.strerror}; the workspace has to be on a disk where files can be locked"
            ) from None
        return True
