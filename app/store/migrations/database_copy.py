"""The copy of the database that is made before its schema changes."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine

from core.files import write_atomically

FOLDER = "backups"
KEPT = 5
WITHOUT = "--migrate-without-backup"


def copy_database(engine: Engine, workspace: Path, version: str | None) -> Path:
    """Copy the whole database into the workspace, named by its version and the time; returns where.

    Older copies go, but for the last few. Raises ValueError, in one line, where there can be no copy.
    """
    sqlite = engine.dialect.name == "sqlite"
    folder = workspace / FOLDER
    # The time as far as nanoseconds, so that two copies never have one name.
    stamp = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{time.time_ns() % 10**9:09}"
    name = f"version-{version or 'none'}-{stamp}.{'db' if sqlite else 'dump'}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        write_atomically(folder / name, sqlite_copy(engine) if sqlite else _postgresql_dump(engine))
        (folder / name).chmod(0o600)
    except (OSError, sqlite3.Error) as error:
        raise ValueError(
            f"the database could not be copied to {folder / name} before its update: {error}; make room there"
        ) from None
    _sync(folder)
    # By name would not do: the version comes first.
    copies = sorted(folder.glob("version-*"), key=lambda path: path.stat().st_mtime_ns)
    for old in copies[:-KEPT]:
        old.unlink(missing_ok=True)
    return folder / name


def sqlite_copy(engine: Engine) -> Callable[[Path], None]:
    """By SQLite's own call, which takes what is still in the write-ahead log along."""

    def write(path: Path) -> None:
        connection: Connection
        with engine.connect() as connection:
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection)
            target = sqlite3.connect(path)
            try:
                source.backup(target)
            finally:
                target.close()

    return write


def _postgresql_dump(engine: Engine) -> Callable[[Path], None]:
    program = shutil.which("pg_dump")
    if program is None:
        raise ValueError(
            "pg_dump is not installed, so the database cannot be copied before its update; "
            f"back it up yourself and start once with {WITHOUT}"
        )
    url = engine.url
    # The password goes another way than the rest: what is on a command line, everybody on the machine can read.
    address = url.set(drivername="postgresql", password=None).render_as_string()
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}

    def write(path: Path) -> None:
        command = [program, "--format=custom", f"--file={path}", f"--dbname={address}"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            reason = " ".join(done.stderr.split())[:300] or f"exit status {done.returncode}"
            raise ValueError(
                f"the database could not be copied before its update ({reason}); "
                f"back it up yourself and start once with {WITHOUT}"
            )

    return write


def _sync(folder: Path) -> None:
    """Put the name of a new file on the disk, as its bytes are."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
