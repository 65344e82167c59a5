"""The programs behind docs/reliability.md in small: the whole application is started, page included, and holds.

Each is run for real with the numbers of that document by the command that stands there.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.reliability import annotators, backup_under_load, big_import, hostile, kill_rounds, stranger
from benchmarks.reliability.whole_application import WholeApplication, add_category, add_image
from tests.app.reviewed_workspace import write_tiny_model


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that loads at once."""
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny", backbone="mobilenet_v2")


@pytest.fixture(scope="module")
def workspace() -> Iterator[Path]:
    """Where the application of this module keeps its work; others may enter the folder above it."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder) / "workspace"


@pytest.fixture(scope="module")
def app(workspace: Path, tiny_model: Path) -> Iterator[WholeApplication]:
    """`python app/main.py`, running."""
    with WholeApplication(workspace, model=str(tiny_model)) as app:
        yield app


def test_hostile_files_and_bodies_get_no_5xx_and_leave_no_trace(app: WholeApplication, workspace: Path) -> None:
    tried = hostile.run(app, workspace, files=14, every=800)
    assert tried.problems == []
    assert tried.of("files 4") >= 8
    assert tried.of("bodies") >= 5


def test_damaged_weights_are_refused_in_one_line(tiny_model: Path, tmp_path: Path) -> None:
    tried = hostile.Tried()
    hostile.try_weights(tiny_model, tmp_path, 9, tried)
    assert tried.problems == []
    assert tried.of("weights refused") >= 5


def test_strangers_read_nothing(app: WholeApplication, workspace: Path) -> None:
    found = stranger.run(app, workspace)
    assert {kind: one.leaks for kind, one in found.items()} == {kind: [] for kind in found}
    assert os.getuid() != 0 or found["another user"].files > 10


def test_a_workspace_that_others_may_enter_is_noticed(app: WholeApplication, workspace: Path) -> None:
    """The program would say so: it is not blind to what it looks for."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    workspace.chmod(0o755)
    try:
        leaks = stranger.other_user(app, workspace, asks=False).leaks
    finally:
        workspace.chmod(0o700)
    assert any("maskloop.db" in line for line in leaks)


def test_annotators_work_side_by_side(app: WholeApplication) -> None:
    seen = annotators.run(app, 2, 0.5, pause=(0.0, 0.02))
    assert not seen.failures
    assert len(seen.edits) >= 2
    assert seen.memory[-1][1] > 10**7


def test_edits_go_on_beside_an_import(app: WholeApplication) -> None:
    pull = big_import.run(app, 150_000, alone_seconds=0.1)
    assert not pull.failures
    assert pull.objects > 100
    assert pull.during


def test_a_backup_under_load_is_the_same_by_hash(app: WholeApplication, workspace: Path, tmp_path: Path) -> None:
    found = backup_under_load.run(app, workspace, tmp_path, people=2)
    assert found.problems == []
    assert found.acknowledged >= 20
    assert found.files >= 2
    # And what was changed afterwards is noticed.
    restored = tmp_path / "0"
    with sqlite3.connect(restored / "maskloop.db") as connection:
        connection.execute("UPDATE edits SET author = 'somebody else' WHERE id = 1")
    min((restored / "images").rglob("*/*")).write_bytes(b"other bytes")
    backup_under_load.compare(workspace, restored, [(1, 10**6)], [b"never uploaded"], found)
    assert len(found.problems) == 4


def test_an_edit_that_was_lost_would_be_noticed(app: WholeApplication) -> None:
    with app.client() as client:
        person = kill_rounds.Annotator(add_image(client, 77), 1)
        person.known = {12: [1.0, 1.0, 12.0, 12.0]}
        said = person.check(client)
    assert said is not None
    assert "acknowledged {12" in said


def test_after_a_kill_the_whole_application_has_all_that_it_acknowledged(
    app: WholeApplication, workspace: Path, tiny_model: Path
) -> None:
    with app.client() as client:
        category = add_category(client, "killed")
        work = kill_rounds.Work([kill_rounds.Annotator(add_image(client, seed), category) for seed in (81, 82)])
    work.until_killed(app, 10, 0.0, seed=1)
    assert kill_rounds.integrity(workspace) == []
    with WholeApplication(workspace, model=str(tiny_model)) as again:
        work.check(again)
    assert work.lost == []
    assert work.edits >= 10
