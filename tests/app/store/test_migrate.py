"""A workspace of an older program opens with all that is in it; what cannot be updated says so and is left alone."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app.exchange.coco_export import export_coco
from app.store.database import Store
from app.store.documents import document_json, find_image
from app.store.editing.history import image_for_writing, redo, undo
from app.store.migrations import migrate
from tests.app.store.old_workspace import EXPORT, OLDER, longer_chain, old_workspace, schema, shorter_chain, version

OPEN = """
import sys, time
from pathlib import Path
from app.store.migrations import migrate
from app.store.database import Store
migrate.MIGRATIONS = Path(sys.argv[2])
store = Store(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def exported(store: Store, path: Path) -> bytes:
    with store.reading() as session:
        export_coco(session, path)
    # What a later version writes beside that is not what this is about.
    return re.sub(rb',"status":"(proposed|accepted)"(,"model":"[^"]*")?', b"", path.read_bytes())


def instances(store: Store, image: int) -> dict[int, object]:
    with store.reading() as session:
        document = document_json(session, find_image(session, image))
    return {row["id"]: row["segmentation"] for row in document["instances"]}


def start(workspace: Path, migrations: Path) -> subprocess.Popen[str]:
    """Another program that opens the workspace and keeps it open until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", OPEN, str(workspace), str(migrations)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip


@pytest.fixture(params=["", OLDER], ids=["before versions", "the oldest"])
def workspace(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A workspace of an older program."""
    return old_workspace(tmp_path / "workspace", request.param)


@pytest.fixture(params=[False, True], ids=["the program's steps", "and two more"])
def steps(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The number that the steps lead to: of the program's, or of more that rebuild every table."""
    if request.param:
        chain = longer_chain(tmp_path / "chain")
        monkeypatch.setattr(migrate, "MIGRATIONS", chain)
    return migrate.known_versions()[-1]


def test_an_old_workspace_opens_exports_undoes_and_redoes(workspace: Path, steps: str, tmp_path: Path) -> None:
    database = workspace / "maskloop.db"
    assert version(database) is None
    store = Store(workspace)
    assert version(database) == steps
    assert exported(store, tmp_path / "export.json") == EXPORT.read_bytes()
    before = instances(store, 2)
    with store.writing() as session:
        redo(session, image_for_writing(session, 2))  # the edit that had been undone before
    assert set(instances(store, 2)) == {*before, 9}
    for _ in range(8):
        with store.writing() as session:
            undo(session, image_for_writing(session, 2))
    assert instances(store, 2) == {}
    for _ in range(7):
        with store.writing() as session:
            redo(session, image_for_writing(session, 2))
    assert instances(store, 2) == before
    assert exported(store, tmp_path / "export.json") == EXPORT.read_bytes()
    store.close()


@pytest.mark.parametrize("program", migrate.known_versions()[:-1])
def test_a_workspace_of_every_version_between_opens_exports_and_undoes(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = old_workspace(tmp_path / "workspace")
    database = workspace / "maskloop.db"
    engine = create_engine(f"sqlite:///{database}")
    with monkeypatch.context() as then, engine.begin() as connection:
        then.setattr(migrate, "MIGRATIONS", shorter_chain(tmp_path / "chain", program))
        migrate.run_steps(connection)
    engine.dispose()
    assert version(database) == program
    store = Store(workspace)
    assert version(database) == migrate.known_versions()[-1]
    assert exported(store, tmp_path / "export.json") == EXPORT.read_bytes()
    before = instances(store, 2)
    for step in (undo, redo):
        with store.writing() as session:
            step(session, image_for_writing(session, 2))
    assert instances(store, 2) == before
    store.close()
    Store(tmp_path / "new").close()
    assert schema(database) == schema(tmp_path / "new" / "maskloop.db")


def test_new_and_old_workspaces_have_one_schema(workspace: Path, tmp_path: Path) -> None:
    Store(workspace).close()
    Store(tmp_path / "new").close()
    assert schema(workspace / "maskloop.db") == schema(tmp_path / "new" / "maskloop.db")
    assert version(workspace / "maskloop.db") == version(tmp_path / "new" / "maskloop.db")


def test_the_steps_alone_lead_to_the_tables(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'steps.db'}")
    with engine.begin() as connection:
        migrate.run_steps(connection)
    engine.dispose()
    Store(tmp_path / "new").close()
    assert schema(tmp_path / "steps.db") == schema(tmp_path / "new" / "maskloop.db")


def test_the_database_is_copied_first_and_only_then(workspace: Path, tmp_path: Path) -> None:
    """The copy has what is still in the write-ahead log of a program that was killed."""
    writer = sqlite3.connect(workspace / "maskloop.db")
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("UPDATE images SET file_name = 'changed.png' WHERE id = 1")
    writer.commit()
    old = schema(workspace / "maskloop.db")
    Store(workspace).close()
    Store(workspace).close()
    (copy,) = (workspace / "backups").iterdir()
    assert copy.name.startswith("version-none-")
    assert copy.stat().st_mode & 0o777 == 0o600
    assert schema(copy) == old
    assert sqlite3.connect(copy).execute("SELECT file_name FROM images WHERE id = 1").fetchone() == ("changed.png",)
    writer.close()
    Store(tmp_path / "new").close()
    assert not (tmp_path / "new" / "backups").exists()


def test_only_the_last_copies_are_kept(workspace: Path) -> None:
    old = (workspace / "maskloop.db").read_bytes()
    for _ in range(7):
        (workspace / "maskloop.db").write_bytes(old)
        Store(workspace).close()
    assert len(list((workspace / "backups").iterdir())) == 5


def test_where_no_copy_can_be_made_nothing_is_changed(workspace: Path) -> None:
    (workspace / "backups").write_text("in the way")
    with pytest.raises(ValueError, match="could not be copied") as caught:
        Store(workspace)
    assert "\n" not in str(caught.value)
    assert version(workspace / "maskloop.db") is None
    Store(workspace, migrate_without_backup=True).close()
    assert version(workspace / "maskloop.db") is not None


def test_a_newer_schema_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = old_workspace(tmp_path / "workspace")
    with monkeypatch.context() as newer:
        newer.setattr(migrate, "MIGRATIONS", longer_chain(tmp_path / "chain"))
        Store(workspace).close()
    for _ in range(2):
        with pytest.raises(ValueError, match="schema 9002, this program knows none after") as caught:
            Store(workspace)
        assert "\n" not in str(caught.value)
    assert version(workspace / "maskloop.db") == "9002"


def test_undo_replays_a_history_from_before_a_column(tmp_path: Path) -> None:
    fields = ", ".join(f"'$.instances.{number}.created'" for number in (5, 8))
    changes = f"UPDATE edits SET before = json_remove(before, {fields}), after = json_remove(after, {fields});"
    store = Store(old_workspace(tmp_path / "workspace", changes))
    before = instances(store, 2)
    for _ in range(2):  # a deletion and a change
        with store.writing() as session:
            undo(session, image_for_writing(session, 2))
    assert instances(store, 2)[8] == []
    assert instances(store, 2)[5] == [[1.5, 2.25, 11.5, 2.25, 11.5, 14.25, 1.5, 14.25]]
    for _ in range(2):
        with store.writing() as session:
            redo(session, image_for_writing(session, 2))
    assert instances(store, 2) == before
    store.close()


def test_nothing_is_changed_while_another_program_has_it_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = old_workspace(tmp_path / "workspace")
    other = start(workspace, migrate.MIGRATIONS)
    assert other.stdout is not None
    assert other.stdout.readline() == "open\n"
    Store(workspace).close()  # of one version, many may have it open
    monkeypatch.setattr(migrate, "MIGRATIONS", longer_chain(tmp_path / "chain"))
    monkeypatch.setattr(migrate, "PATIENCE", 0.3)
    with pytest.raises(ValueError, match="another program has it open; close") as caught:
        Store(workspace)
    assert "\n" not in str(caught.value)
    assert version(workspace / "maskloop.db") != "9002"
    other.communicate()
    Store(workspace).close()
    assert version(workspace / "maskloop.db") == "9002"


def test_of_programs_that_start_at_once_one_updates(tmp_path: Path) -> None:
    workspace = old_workspace(tmp_path / "workspace")
    chain = longer_chain(tmp_path / "chain", "__import__('time').sleep(0.5)")
    others = [start(workspace, chain) for _ in range(3)]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
    for other in others:
        other.communicate()
    assert len(list((workspace / "backups").iterdir())) == 1
    assert version(workspace / "maskloop.db") == "9002"


@pytest.mark.parametrize("round_", range(6))
def test_killed_in_an_update_it_is_the_old_database_or_the_new(round_: int, tmp_path: Path) -> None:
    """The first round kills between two changes of one step, the others somewhere around the commit."""
    workspace, marker = old_workspace(tmp_path / "workspace"), tmp_path / "marker"
    pause = 60 if round_ == 0 else 0.05
    chain = longer_chain(tmp_path / "chain", f"open({str(marker)!r}, 'w'); __import__('time').sleep({pause})")
    old = schema(workspace / "maskloop.db")
    process = start(workspace, chain)
    deadline = time.monotonic() + 60
    while not marker.exists():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    time.sleep(0 if round_ == 0 else 0.05 + 0.02 * round_)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    reached = version(workspace / "maskloop.db")
    assert reached in ((None,) if round_ == 0 else (None, "9002"))
    if reached is None:
        assert schema(workspace / "maskloop.db") == old
        store = Store(workspace)
        assert exported(store, tmp_path / "export.json") == EXPORT.read_bytes()
        store.close()
    else:
        assert "reviews" in schema(workspace / "maskloop.db")


def test_a_step_that_would_lose_rows_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = old_workspace(tmp_path / "workspace")
    monkeypatch.setattr(migrate, "MIGRATIONS", longer_chain(tmp_path / "chain", "op.execute('DELETE FROM images')"))
    old = schema(workspace / "maskloop.db")
    with pytest.raises(ValueError, match="nothing was changed"):
        Store(workspace)
    assert version(workspace / "maskloop.db") is None
    assert schema(workspace / "maskloop.db") == old
    with sqlite3.connect(workspace / "maskloop.db") as connection:
        assert connection.execute("SELECT count(*) FROM images").fetchone() == (4,)


def test_foreign_keys_hold_again_after_an_update(tmp_path: Path) -> None:
    store = Store(old_workspace(tmp_path / "workspace"))
    with store.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    store.close()


def test_where_the_system_has_no_such_locks_it_opens_all_the_same(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.workspace_lock.fcntl", None)
    store = Store(workspace)
    with store.reading() as session:
        assert session.execute(text("SELECT count(*) FROM images")).scalar_one() > 0
    store.close()
