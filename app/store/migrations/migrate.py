"""Bringing the database of a workspace to the schema of this program, before anything else reads it.

The number of the schema is in the table `maskloop_version` (Alembic's, under a name of its own: a PostgreSQL
database may have others' tables in it). A database without the number but with our tables is from before there
were numbers. All missing steps are one transaction, so a crash leaves the old schema or the new one.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, delete, insert, inspect, select, text

from app.store.migrations.database_copy import copy_database
from app.store.tables import Base
from app.store.workspace_lock import WorkspaceLock

MIGRATIONS = Path(__file__).parent
VERSION_TABLE = "maskloop_version"
PATIENCE = 10.0  # seconds for another program that is updating this database, or is just closing it
POSTGRESQL_LOCK = 0x6D61736B6C6F6F70  # "maskloop"

_version = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))


def open_schema(engine: Engine, lock: WorkspaceLock, workspace: Path, *, copy_first: bool = True) -> None:
    """Bring the schema up to date where it is not, and share `lock` from then on.

    Raises ValueError, in one line, where the database is of a newer program, where another one has it open
    and it would have to change, and where no copy can be made of it.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        if lock.share():
            if is_current(engine):
                return
            lock.release()
        if lock.own():
            try:
                if not is_current(engine):
                    _bring_up_to_date(engine, workspace, copy_first)
            finally:
                lock.share()
            return
        if time.monotonic() > deadline:
            raise ValueError(
                f"{workspace} has to be updated for this version, but another program has it open; "
                "close MaskLoop and the notebooks that use it, then start again"
            )
        time.sleep(0.1)


def is_current(engine: Engine) -> bool:
    """Whether the database has this program's schema; raises ValueError where it has a newer one."""
    with engine.connect() as connection:
        version = version_of(connection)
        known = known_versions()
        if version is not None and version not in known:
            raise ValueError(
                f"the database has schema {version}, this program knows none after {known[-1]}; "
                "start the newer MaskLoop that made it, or restore a copy from the workspace's backups folder"
            )
        return version == known[-1] and _has_tables(connection)


def version_of(connection: Connection) -> str | None:
    """The number of the schema; None in a new database and in one from before there were numbers."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.scalar(select(_version.c.version_num))


def known_versions() -> list[str]:
    """The numbers of all steps in order. From the file names: Alembic is imported only where there is work for it."""
    matches = (re.match(r"(\d{4})_\w+\.py$", path.name) for path in (MIGRATIONS / "versions").iterdir())
    return sorted(match[1] for match in matches if match)


def _has_tables(connection: Connection) -> bool:
    return inspect(connection).has_table("images")


def _bring_up_to_date(engine: Engine, workspace: Path, copy_first: bool) -> None:
    with engine.connect() as connection:
        is_new, version = not _has_tables(connection), version_of(connection)
    if is_new:
        _create(engine, known_versions()[-1])
        return
    if copy_first:
        copy_database(engine, workspace, version)
    with engine.connect().execution_options(maskloop_writes=True) as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # A step that rebuilds a table drops the old one, to which rows of others point. Inside a
            # transaction the setting could not be changed.
            _driver(connection, "PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                _lock_others_out(connection)
                run_steps(connection)
                if sqlite and (broken := connection.execute(text("PRAGMA foreign_key_check")).first()) is not None:
                    raise ValueError(f"the update would lose what table {broken[0]} points at; nothing was changed")
        finally:
            if sqlite:
                _driver(connection, "PRAGMA foreign_keys = ON")


def _create(engine: Engine, version: str) -> None:
    """A new database begins with the schema of today; tests/app/store/test_migrate.py has the steps lead to it too."""
    with engine.connect().execution_options(maskloop_writes=True) as connection, connection.begin():
        _lock_others_out(connection)
        Base.metadata.create_all(connection)
        _version.create(connection, checkfirst=True)
        connection.execute(delete(_version))
        connection.execute(insert(_version).values(version_num=version))


def run_steps(connection: Connection) -> None:
    """Carry out the steps that the database lacks, in the transaction that the connection is in."""
    try:
        from alembic import command
        from alembic.config import Config
    except ModuleNotFoundError:
        raise ValueError("the database needs an update, for which Alembic is missing; pip install alembic") from None

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes.update(connection=connection, version_table=VERSION_TABLE)
    command.upgrade(config, "head")


def _lock_others_out(connection: Connection) -> None:
    """On PostgreSQL a program with another workspace folder may be at the same database."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": POSTGRESQL_LOCK})


def _driver(connection: Connection, statement: str) -> None:
    """Run a statement beside SQLAlchemy, which would begin a transaction for it."""
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute(statement)
