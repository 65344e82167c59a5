"""Whoever has much to write lets others write in between; a workspace is its owner's alone."""

from __future__ import annotations

import logging
import stat
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.store import database
from app.store.database import Store
from app.store.tables import Image
from tests.app.conftest import image_row


def row(name: str) -> Image:
    image = image_row(1, 1)
    image.file_name = name
    return image


def images_of(store: Store, names: str = "%") -> int:
    with store.reading() as session:
        return session.scalar(select(func.count(Image.id)).where(Image.file_name.like(names))) or 0


def test_edits_need_not_wait_until_a_long_piece_of_work_ends(store: Store) -> None:
    begun, stop = threading.Event(), threading.Event()

    def work_long() -> None:
        with store.writing_at_length() as writing:
            for number in range(10_000):
                writing.session.add(row(f"long {number}"))
                writing.session.flush()
                writing.pause()
                begun.set()
                if stop.is_set():
                    return

    worker = threading.Thread(target=work_long)
    worker.start()
    try:
        begun.wait()
        for number in range(3):
            with store.writing() as session:
                session.add(row(f"short {number}"))
            assert worker.is_alive()
    finally:
        stop.set()
        worker.join()
    assert images_of(store, "short%") == 3
    assert images_of(store, "long%") >= 1


def test_what_was_kept_at_a_pause_stays_where_the_rest_fails(store: Store) -> None:
    def fail_in_the_middle() -> None:
        with store.writing_at_length() as writing:
            writing.session.add(row("1"))
            assert not writing.pause()  # it is too early for one
            assert writing.pause(at_once=True)
            writing.session.add(row("2"))
            raise KeyError

    with pytest.raises(KeyError):
        fail_in_the_middle()
    assert images_of(store) == 1
    with store.writing() as session:  # and nobody is counted as waiting any more
        session.add(row("3"))


def test_those_who_wait_are_given_no_more_than_their_time(store: Store) -> None:
    """Somebody who never gets to write must not stop the long work for ever."""
    store._writers.enter()
    began = time.monotonic()
    with store.writing_at_length() as writing:
        writing.pause(at_once=True)
    assert 0.4 < time.monotonic() - began < 5


def test_too_many_writers_are_turned_away_at_once(store: Store) -> None:
    for _ in range(database.MOST_WAITING):
        assert store._writers.enter()
    with pytest.raises(PoolTimeoutError), store.writing():
        pass
    store._writers.leave()
    with store.writing() as session:
        session.add(row("1"))


def test_a_workspace_is_its_owners_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name, before in (("new", None), ("empty", 0o755), ("used", 0o755)):
        folder = tmp_path / name
        if before is not None:
            folder.mkdir()
            folder.chmod(before)
        if name == "used":
            (folder / "of somebody").write_text("x")
        with caplog.at_level(logging.WARNING):
            Store(folder).close()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"new": 0o700, "empty": 0o700, "used": 0o755}
    assert [record.getMessage() for record in caplog.records] == [
        f"others on this machine can enter {tmp_path / 'used'}: chmod 700 it, unless they are meant to"
    ]
