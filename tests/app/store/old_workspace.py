"""Workspaces of older programs, and steps that only tests know.

`fixtures/workspace-0001` was made by the last program without schema versions: four images in every status with
polygons, a mask with a hole, a crowd, a box alone, keypoints, proposals, an undone edit, two models and a finished
job, and the export that it made of them. It is never made anew.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from app.store.migrations import migrate

FIXTURE = Path(__file__).parent / "fixtures" / "workspace-0001"
EXPORT = FIXTURE / "export.json"
# What the very first program did not have yet.
OLDER = """
    DROP INDEX edits_by_request;
    ALTER TABLE edits DROP COLUMN request_key;
    ALTER TABLE models DROP COLUMN current;
    DROP INDEX images_by_uncertainty;
    DROP TABLE jobs;
"""
ADDS_A_COLUMN = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9001", "{last}"

def upgrade():
    op.add_column("instances", sa.Column("note", sa.Text, nullable=False, server_default="none"))
    op.create_table("reviews", sa.Column("id", sa.Integer, primary_key=True))
    {between}
"""
REBUILDS_TABLES = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9002", "9001"

def upgrade():
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    for table in ("images", "categories", "instances", "edits"):
        with op.batch_alter_table(table, recreate=recreate, table_kwargs={"sqlite_autoincrement": True}) as batch:
            batch.add_column(sa.Column("more", sa.Integer))
"""


def old_workspace(folder: Path, changes: str = "") -> Path:
    """The fixture as a workspace in `folder`, with SQL run on it."""
    folder.mkdir()
    shutil.copytree(FIXTURE / "images", folder / "images")
    connection = sqlite3.connect(folder / "maskloop.db")
    connection.executescript((FIXTURE / "maskloop.sql").read_text())
    connection.executescript(changes)
    connection.close()
    return folder


def shorter_chain(folder: Path, last: str) -> Path:
    """The steps that a program of before had, of which `last` was its newest."""
    shutil.copytree(migrate.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for step in (folder / "versions").glob("*.py"):
        if step.name[:4].isdigit() and step.name[:4] > last:
            step.unlink()
    return folder


def longer_chain(folder: Path, between: str = "pass") -> Path:
    """The program's steps and two more, of which the first runs `between` before it ends."""
    shutil.copytree(migrate.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    versions = folder / "versions"
    last = migrate.known_versions()[-1]
    (versions / "9001_column.py").write_text(ADDS_A_COLUMN.format(last=last, between=between))
    (versions / "9002_tables.py").write_text(REBUILDS_TABLES)
    return folder


def schema(database: Path) -> dict[str, object]:
    """Columns and indexes of every table, in no order."""
    connection = sqlite3.connect(database)
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found: dict[str, object] = {}
    for name in names:
        if name.startswith(("sqlite_", migrate.VERSION_TABLE)):
            continue
        # Numbers of another width are the same to SQLite, and so is where a column stands.
        columns = {tuple(row[1:2] + row[3:4] + row[5:6]) for row in connection.execute(f"PRAGMA table_info({name})")}
        indexes = {row[1]: row[2] for row in connection.execute(f"PRAGMA index_list({name})")}
        found[name] = (columns, {key: value for key, value in indexes.items() if not key.startswith("sqlite_")})
    connection.close()
    return found


def version(database: Path) -> str | None:
    """The number of its schema."""
    connection = sqlite3.connect(database)
    tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (migrate.VERSION_TABLE,)).fetchone()
    row = connection.execute(f"SELECT version_num FROM {migrate.VERSION_TABLE}").fetchone() if tables else None
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    return row[0] if row else None
