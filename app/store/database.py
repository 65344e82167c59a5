"""Opening the store: one SQLite file in the workspace, or PostgreSQL by URL."""

from __future__ import annotations

import contextlib
import copy
import logging
import os
import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from app.roles import Person
from app.store.migrations.database_copy import sqlite_copy
from app.store.migrations.migrate import open_schema
from app.store.turns import LongWriting, Writers
from app.store.workspace_lock import WorkspaceLock

logger = logging.getLogger("maskloop")

DATABASE_NAME = "maskloop.db"
UNFINISHED_RESTORE = ".restore-unfinished"  # in a folder that a backup is being restored into
IN_MEMORY = "sqlite://"  # one connection is all of it
LEFTOVER_AGE = 24 * 3600  # seconds
PART_AGE = 600  # seconds
WRITE_WAIT = 10.0  # seconds that an edit waits for its turn; it is answered 503 then, and can be sent again
MOST_WAITING = 24  # edits at a time; more are 503 at once, so that threads are left for those who only look
POOL: dict[str, object] = {"pool_size": 8, "max_overflow": MOST_WAITING, "pool_timeout": WRITE_WAIT}


class Store:
    """A workspace folder and its database.

    `reading()` and `writing()` open one transaction each; `writing()` commits when its block ends and
    takes everything back when it raises. Raises ValueError in one line where the database cannot be
    opened.
    """

    def __init__(
        self, workspace: str | Path, database_url: str | None = None, *, migrate_without_backup: bool = False
    ) -> None:
        self.workspace = Path(workspace).expanduser().absolute()
        self.sender: str | None = None  # the page whose edits those of `writing()` are
        self.person: Person | None = None  # who makes them; None for a model
        try:
            _make_workspace(self.workspace)
        except OSError as error:
            raise ValueError(f"--workspace {self.workspace}: {error.strerror}; choose a folder you can write") from None
        check_restored(self.workspace)
        self._clear_leftovers()
        self._writers = Writers(MOST_WAITING)
        self._lock = WorkspaceLock(self.workspace)
        try:
            url = database_url or f"sqlite:///{self.workspace / DATABASE_NAME}"
            self.engine = _open_engine(url)
            # Connections of their own: edits that wait for a lock held elsewhere may have all of the others.
            self._reading_engine = self.engine if url == IN_MEMORY else _open_engine(url)
            with _one_line_errors(place="" if database_url else f" in {self.workspace}"):
                open_schema(self.engine, self._lock, self.workspace, copy_first=not migrate_without_backup)
        except BaseException:
            self._lock.close()
            raise

    def sent_by(self, sender: str | None, person: Person | None = None) -> Store:
        """The same store, whose edits are those of a page ("" for a program that does not say) and of a person."""
        same = copy.copy(self)
        same.sender, same.person = sender, person
        return same

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database from beginning to end."""
        engine = self._reading_engine
        if engine.dialect.name == "postgresql":  # its default shows other people's commits half-way through
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with Session(engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that owns the right to write until it commits at the end of the block.

        Raises SQLAlchemy's OperationalError or TimeoutError where somebody else keeps that right for too long.
        """
        with self._session_that_writes() as session, session.begin():
            yield session

    @contextmanager
    def writing_at_length(self) -> Iterator[LongWriting]:
        """A session that writes so much that others must not wait until it ends: see `LongWriting.pause`.

        What was written since the last pause is kept when the block ends, and taken back when it raises; what was
        before it stays. Raises as `writing` does.
        """
        with self._session_that_writes() as session:
            yield LongWriting(session, self._writers)
            session.commit()

    @contextmanager
    def trying(self) -> Iterator[Session]:
        """A session whose work is thrown away when the block ends.

        SQLite lets one write at a time: there it works on a copy, so that a question keeps nobody from writing.
        """
        information = {"sender": self.sender, "person": self.person}
        with ExitStack() as stack:
            engine = self.engine
            if engine.dialect.name == "sqlite" and self._reading_engine is not self.engine:
                folder = stack.enter_context(self.temporary_folder())
                copied = folder / DATABASE_NAME
                try:
                    sqlite_copy(self._reading_engine)(copied)
                except sqlite3.Error as error:  # a full disk: told as any other failure of the database
                    raise OperationalError("a copy to try things on", {}, error) from error
                engine = _open_engine(f"sqlite:///{copied}")
                stack.callback(engine.dispose)
            connection = stack.enter_context(engine.connect().execution_options(maskloop_writes=True))
            session = stack.enter_context(Session(connection, expire_on_commit=False, info=information))
            yield session
            session.rollback()

    @contextmanager
    def _session_that_writes(self) -> Iterator[Session]:
        if not self._writers.enter():
            raise PoolTimeoutError("too many edits wait for their turn")
        try:
            with (
                self.engine.connect().execution_options(maskloop_writes=True) as connection,
                Session(
                    connection, expire_on_commit=False, info={"sender": self.sender, "person": self.person}
                ) as session,
            ):
                yield session
        finally:
            self._writers.leave()

    @contextmanager
    def temporary_file(self, suffix: str) -> Iterator[Path]:
        """A path in the workspace for a file that is finished or thrown away; gone when the block ends."""
        folder = self.workspace / "temporary"
        folder.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(suffix=suffix, dir=folder)
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    @contextmanager
    def temporary_folder(self) -> Iterator[Path]:
        """A folder in the workspace, gone with what is in it when the block ends."""
        (self.workspace / "temporary").mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.workspace / "temporary") as folder:
            yield Path(folder)

    def _clear_leftovers(self) -> None:
        """Remove temporary files and folders of a server that was killed; not those of one that is still running."""
        for path in (self.workspace / "temporary").glob("*"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > LEFTOVER_AGE:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
        # Parts of image files have names of their own; one that is being written is never as old.
        for folder in ("images", "upright", "thumbnails"):
            for path in (self.workspace / folder).glob("*/.part-*"):
                with contextlib.suppress(OSError):
                    if time.time() - path.stat().st_mtime > PART_AGE:
                        path.unlink()

    def close(self) -> None:
        """Let go of the database and of the workspace."""
        self.engine.dispose()
        self._reading_engine.dispose()
        self._lock.close()


def check_restored(workspace: Path) -> None:
    """Raise ValueError, in one line, for a folder in which a restore has not come to its end.

    Pictures are missing there, and the restore that goes on puts the backup's database in the place of what was done.
    """
    if (workspace / UNFINISHED_RESTORE).exists():
        raise ValueError(f"{workspace} is restored in part: run the same `restore` into it once more")


def _make_workspace(workspace: Path) -> None:
    """The folder of a workspace, for its owner alone: pictures that are not public.

    One that has something in it stays as it is, since somebody may have opened it to others on purpose.
    """
    workspace.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.name != "posix" or not stat.S_IMODE(workspace.stat().st_mode) & 0o077:
        return
    if any(workspace.iterdir()):
        logger.warning("others on this machine can enter %s: chmod 700 it, unless they are meant to", workspace)
    else:
        with contextlib.suppress(PermissionError):  # somebody else's folder, in which we may write
            workspace.chmod(0o700)


def _open_engine(url: str) -> Engine:
    with _one_line_errors(url):
        parsed = make_url(url)
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise ValueError(f"--database-url {url}: SQLite and PostgreSQL are supported, e.g. postgresql://host/name")
        is_sqlite = parsed.get_backend_name() == "sqlite"
        engine = create_engine(
            parsed,
            json_serializer=_json_text,
            json_deserializer=orjson.loads,
            **({} if url == IN_MEMORY else POOL),
            # A request waits its turn for the file rather than failing.
            **({"connect_args": {"timeout": WRITE_WAIT}} if is_sqlite else {"pool_pre_ping": True}),
        )
    if is_sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)
    return engine


@contextmanager
def _one_line_errors(url: str = "", *, place: str = "") -> Iterator[None]:
    try:
        yield
    except ArgumentError:
        raise ValueError(f"--database-url {url}: not a database URL, e.g. postgresql://user@host/name") from None
    except ModuleNotFoundError as error:
        raise ValueError(f"--database-url: no driver {error.name}; run pip install 'psycopg[binary]'") from None
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise ValueError(f"the database{place} cannot be opened: {reason}") from None


def _json_text(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own idea of when to begin is turned off; `_begin_sqlite` says it.
    connection.isolation_level = None
    cursor = connection.cursor()
    # WAL with synchronous=FULL: a commit is on the disk before it is answered, so neither kill -9 nor
    # a power cut loses a saved edit; readers never wait for a writer.
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: two writers queue up instead of failing half-way.
    writes = connection.get_execution_options().get("maskloop_writes", False)
    if writes:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(1000 * WRITE_WAIT)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("maskloop_writes", False):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(1000 * WRITE_WAIT)}")
