"""Updates of a PostgreSQL database. MASKLOOP_TEST_POSTGRESQL is the URL of an empty one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from app.store.database import Store
from app.store.images import add_image
from app.store.migrations import migrate
from app.store.tables import Base
from tests.app.conftest import file_bytes, picture
from tests.app.store.old_workspace import longer_chain

URL = os.environ.get("MASKLOOP_TEST_POSTGRESQL", "")
pytestmark = pytest.mark.skipif(not URL, reason="MASKLOOP_TEST_POSTGRESQL is not set to the URL of an empty database")

OLDER = (
    f"DROP TABLE {migrate.VERSION_TABLE}",
    "ALTER TABLE edits DROP COLUMN request_key",
    "ALTER TABLE models DROP COLUMN current, DROP COLUMN prompts",
    "DROP TABLE notes",
    "DROP TABLE people",
    "DROP TABLE licenses",
    "ALTER TABLE edits DROP COLUMN sender, DROP COLUMN author",
    "ALTER TABLE jobs DROP COLUMN author",
    "ALTER TABLE instances DROP COLUMN extra, DROP COLUMN author, DROP COLUMN threshold",
    "ALTER TABLE categories DROP COLUMN extra, DROP COLUMN state, DROP COLUMN merged_into",
    "ALTER TABLE categories DROP COLUMN position, DROP COLUMN key, DROP COLUMN hidden",
    "DROP INDEX images_by_content",
    "ALTER TABLE images DROP COLUMN extra, DROP COLUMN removed, DROP COLUMN excluded, DROP COLUMN name_key",
    "ALTER TABLE images DROP COLUMN reviewed_by, DROP COLUMN reviewed_edit",
    "ALTER TABLE images ADD CONSTRAINT images_sha256_key UNIQUE (sha256)",
)
OPEN = """
import sys
from pathlib import Path
from app.store.migrations import migrate
from app.store.database import Store
migrate.MIGRATIONS = Path(sys.argv[3])
Store(sys.argv[1], sys.argv[2], migrate_without_backup=True)
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    """A workspace with one image, whose database is of a program from before versions."""
    folder = tmp_path / "workspace"
    store = Store(folder, URL)
    add_image(store, file_bytes(picture(1)), "a.png")
    with store.engine.begin() as connection:
        for statement in OLDER:
            connection.execute(text(statement))
    store.close()
    yield folder
    engine = create_engine(URL)
    with engine.begin() as connection:
        Base.metadata.drop_all(connection)
        connection.execute(text(f"DROP TABLE IF EXISTS {migrate.VERSION_TABLE}, reviews"))
    engine.dispose()


def state() -> tuple[str | None, set[str], int]:
    """Version, columns of two tables, and number of images."""
    engine = create_engine(URL)
    with engine.connect() as connection:
        columns = {f"{table}.{row['name']}" for table in ("edits", "models", "instances")
                   for row in inspect(connection).get_columns(table)}  # fmt: skip
        found = (
            migrate.version_of(connection),
            columns,
            int(connection.scalar(text("SELECT count(*) FROM images")) or 0),
        )
    engine.dispose()
    return found


def test_an_old_database_is_dumped_and_updated(workspace: Path) -> None:
    store = Store(workspace, URL)
    with store.engine.connect() as connection:
        indexes = {row["name"] for row in inspect(connection).get_indexes("edits")}
    store.close()
    version, columns, images = state()
    assert (version, images) == (migrate.known_versions()[-1], 1)
    assert {"edits.request_key", "models.current"} <= columns
    assert "edits_by_request" in indexes
    (dump,) = (workspace / "backups").iterdir()
    listed = subprocess.run(["pg_restore", "--list", str(dump)], capture_output=True, text=True, check=True).stdout
    assert "TABLE DATA public images" in listed
    Store(workspace, URL).close()
    assert len(list((workspace / "backups").iterdir())) == 1


def test_without_pg_dump_it_asks_for_a_backup_first(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = state()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ValueError, match=r"pg_dump is not installed.*--migrate-without-backup") as caught:
        Store(workspace, URL)
    assert "\n" not in str(caught.value)
    assert state() == old
    Store(workspace, URL, migrate_without_backup=True).close()
    assert state()[0] == migrate.known_versions()[-1]


def test_more_steps_run_and_their_database_is_newer(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(migrate, "MIGRATIONS", longer_chain(tmp_path / "chain"))
        Store(workspace, URL).close()
    assert state()[0] == "9002"
    with pytest.raises(ValueError, match="schema 9002, this program knows none after"):
        Store(workspace, URL)


def test_killed_in_an_update_it_is_the_old_database(workspace: Path, tmp_path: Path) -> None:
    old, marker = state(), tmp_path / "marker"
    chain = longer_chain(tmp_path / "chain", f"open({str(marker)!r}, 'w'); __import__('time').sleep(60)")
    process = subprocess.Popen(
        [sys.executable, "-c", OPEN, str(workspace), URL, str(chain)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    deadline = time.monotonic() + 60
    while not marker.exists():
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert state() == old
    Store(workspace, URL).close()
    assert state()[0] == migrate.known_versions()[-1]
