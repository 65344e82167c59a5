"""Whose turn it is to write: SQLite lets one write at a time, and whoever has much to write lets others in between."""

from __future__ import annotations

import threading
import time

from sqlalchemy.orm import Session

TURN = 0.25  # seconds that a long piece of work writes before it looks whether somebody waits
ALONE = 1.0  # the same where nobody waits in this process: a notebook's kernel may
OTHERS = 0.5  # seconds at most that are given to those who wait
UNSEEN = 0.12  # seconds that are given to other processes: SQLite asks every 100 ms at the latest


class Writers:
    """Who writes or waits to in this process; at most `most` at a time, so that threads are left for readers."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._number = 0
        self._changed = threading.Condition()

    def enter(self) -> bool:
        """Join them; False where they are too many already."""
        with self._changed:
            if self._number >= self._most:
                return False
            self._number += 1
            return True

    def leave(self) -> None:
        """Be done, or give up."""
        with self._changed:
            self._number -= 1
            self._changed.notify_all()

    @property
    def others_wait(self) -> bool:
        """Whether somebody besides the caller, who is one of them, wants to write."""
        return self._number > 1

    def wait_for_others(self, seconds: float) -> None:
        """Until the caller is the only one, or so long."""
        with self._changed:
            self._changed.wait_for(lambda: not self.others_wait, seconds)


class LongWriting:
    """Much to write in one session: `pause`, called between its parts, keeps what was written and lets others write."""

    def __init__(self, session: Session, writers: Writers) -> None:
        self.session = session
        self.kept = 0  # how often something was kept for good
        self._writers = writers
        self._began = time.monotonic()

    def pause(self, *, at_once: bool = False) -> bool:
        """Commit and let others write where it is time to; True: rows that are held may have changed since.

        `at_once`: whether it is time or not, for something long that needs no right to write.
        """
        passed = time.monotonic() - self._began
        if not at_once and passed < (TURN if self._writers.others_wait else ALONE):
            return False
        self.session.commit()
        self.kept += 1
        if self._writers.others_wait:
            self._writers.wait_for_others(OTHERS)
        elif not at_once:
            time.sleep(UNSEEN)
        self._began = time.monotonic()
        return True
