"""A full disk is 507, a busy database 503, a request that is too large 413: one line each, and nothing half-done."""

from __future__ import annotations

import errno
import io
import os
import resource
import sqlite3
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from app.api.http import limits
from app.server import create_app
from app.serving import open_many_files
from app.store.database import DATABASE_NAME, Store
from tests.app.conftest import Upload, block, file_bytes, picture


def full_disk(*_arguments: Any, **_options: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


def full_database(*_arguments: Any, **_options: Any) -> Any:
    raise OperationalError("INSERT INTO instances", {}, sqlite3.OperationalError("database or disk is full"))


@pytest.fixture
def client(store: Store, tiny_model: Path) -> Iterator[TestClient]:
    """An application whose failures are answered, as they are to a browser."""
    app = create_app(store, model=str(tiny_model), device="cpu", with_page=False, load_at_once=False)
    with TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False) as client:
        yield client


@contextmanager
def few_files() -> Iterator[None]:
    """This process may open a dozen files more than it has open already."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 20, hard))
    taken = []
    try:
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(12):
            os.close(taken.pop())
        yield
    finally:
        for handle in taken:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def locked(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody else holds the right to write, longer than anybody here waits."""
    monkeypatch.setattr("app.store.database.WRITE_WAIT", 0.2)
    other = sqlite3.connect(store.workspace / DATABASE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


EDITS: list[Callable[[TestClient], Any]] = [
    lambda client: client.post("/api/images/1/instances", json={"category_id": 1, "bbox": [1, 1, 5, 5]}),
    lambda client: client.post("/api/categories", json={"name": "pear"}),
    lambda client: client.put("/api/images/1/status", json={"status": "reviewed"}),
    lambda client: client.post("/api/images", files=[("files", ("b.png", file_bytes(picture(2))))]),
    lambda client: client.post("/api/import", json=COCO),
    lambda client: client.post("/api/images/1/undo"),
]
COCO = {
    "images": [{"id": 1, "file_name": "a.png", "width": 120, "height": 80}],
    "categories": [{"id": 1, "name": "apple"}],
    "annotations": [{"image_id": 1, "category_id": 1, "segmentation": block(40, 40, 9, 9)}],
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_full_disk_is_507_and_nothing_is_stored(
    client: TestClient,
    upload: Upload,
    category: int,
    edit: Callable[[TestClient], Any],
    document: Callable[[int], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = upload(1, "a.png")
    client.post(f"/api/images/{image}/instances", json={"category_id": category, "bbox": [1, 1, 5, 5]})
    before = document(image)
    with monkeypatch.context() as patched:
        patched.setattr("sqlalchemy.orm.session.Session.flush", full_database)
        answer = edit(client)
    assert answer.status_code == 507, answer.text
    assert "disk is full" in answer.json()["error"]
    assert document(image) == before
    assert len(client.get("/api/images").json()["images"]) == 1


@pytest.mark.parametrize("path", ["/api/export", "/api/export?images=true"])
def test_an_export_onto_a_full_disk_is_507_and_leaves_nothing(
    client: TestClient, upload: Upload, store: Store, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(1)
    with monkeypatch.context() as patched:
        patched.setattr("app.exchange.export_files.export_coco", full_disk)
        answer = client.get(path)
    assert answer.status_code == 507
    assert "disk is full" in answer.json()["error"]
    assert list((store.workspace / "temporary").iterdir()) == []


def test_an_upload_onto_a_full_disk_is_507(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("app.store.image_files.os.fsync", full_disk)
        answer = client.post("/api/images", files=[("files", ("b.png", file_bytes(picture(2))))])
    assert answer.status_code == 507
    assert "disk is full" in answer.json()["error"]


def test_a_disk_that_fills_up_during_an_upload_keeps_what_is_on_it(
    client: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.api.uploads import taken_files

    real, tries = taken_files.add_image, []

    def until_the_second(*arguments: Any) -> Any:
        tries.append(arguments)
        return real(*arguments) if len(tries) == 1 else full_disk()

    monkeypatch.setattr(taken_files, "add_image", until_the_second)
    files = [("files", (f"{seed}.png", file_bytes(picture(seed)))) for seed in range(4)]
    answer = client.post("/api/images", files=files)
    assert answer.status_code == 201
    assert [image["file_name"] for image in answer.json()["images"]] == ["0.png"]
    assert [error["file_name"] for error in answer.json()["errors"]] == ["1.png", "2.png", "3.png"]
    assert all("disk is full" in error["error"] for error in answer.json()["errors"])
    assert len(tries) == 2  # the others are not even tried


@pytest.mark.parametrize("edit", EDITS)
def test_a_busy_database_is_503_and_says_to_try_again(
    client: TestClient,
    upload: Upload,
    category: int,
    store: Store,
    edit: Callable[[TestClient], Any],
    document: Callable[[int], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = upload(1, "a.png")
    client.post(f"/api/images/{image}/instances", json={"category_id": category, "bbox": [1, 1, 5, 5]})
    before = document(image)
    with locked(store, monkeypatch):
        answer = edit(client)
        assert document(image) == before  # reading goes on
        assert client.get("/api/export").status_code == 200
    assert answer.status_code == 503, answer.text
    assert "busy" in answer.json()["error"]
    assert edit(client).status_code < 300
    assert store.workspace.is_dir()


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_too_large_is_413(store: Store, tiny_model: Path, declared: bool) -> None:
    app = limits.RequestSize(
        create_app(store, model=str(tiny_model), device="cpu", with_page=False, load_at_once=False),
        body=10_000,
        upload=100_000,
    )
    client = TestClient(app, base_url="http://127.0.0.1:7860")
    body = b'{"name": "' + b"x" * 20_000 + b'"}'
    pieces = (body[start : start + 1000] for start in range(0, len(body), 1000))  # sent without a length
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/categories", content=body if declared else pieces, headers=headers)
    assert answer.status_code == 413
    assert "larger than" in answer.json()["error"]
    assert client.post("/api/import", content=b"[" + b" " * 20_000, headers=headers).status_code == 422
    assert client.post("/api/import", content=b"[" + b" " * 200_000, headers=headers).status_code == 413
    assert client.post("/api/categories", json={"name": "pear"}).status_code == 201


def test_an_archive_that_unpacks_to_too_much_is_refused_unread(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("annotations.json", "{}")
        for number in range(3):
            archive.writestr(f"{number}.png", bytes(500_000))
    monkeypatch.setattr("app.api.http.limits.LARGEST_UNPACKED", 1_000_000)
    answer = client.post("/api/import", files=[("files", ("set.zip", buffer.getvalue()))])
    assert answer.status_code == 422
    assert "unpacked" in answer.json()["error"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts the open files as Linux lists them")
def test_more_files_than_the_system_opens_are_one_line_and_the_server_goes_on(client: TestClient) -> None:
    large = file_bytes(picture(2)) + bytes(1_100_000)  # what is over a megabyte lies in a file of its own
    with few_files():
        answer = client.post("/api/images", files=[("files", (f"{n}.png", large)) for n in range(30)])
    assert answer.status_code == 503
    assert "send fewer at a time" in answer.json()["error"]
    assert client.get("/api/images").json()["images"] == []
    assert client.post("/api/images", files=[("files", ("b.png", file_bytes(picture(2))))]).status_code == 201


def test_the_program_may_open_as_many_files_as_an_upload_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    for had, wanted in {
        (256, 1024): [(1024, 1024)],
        (256, resource.RLIM_INFINITY): [(32768, -1)],
        (65536, 65536): [],
    }.items():
        monkeypatch.setattr(resource, "getrlimit", lambda _, had=had: had)
        asked.clear()
        open_many_files()
        assert asked == wanted
