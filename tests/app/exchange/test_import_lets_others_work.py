"""A long import keeps what it has at its pauses: others edit and remove in them, and a full disk loses nothing."""

from __future__ import annotations

import errno
import io
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api import exchange
from app.api.uploads import packed_files
from app.exchange.brought_objects import BroughtObjects
from app.store import turns
from app.store.turns import LongWriting
from tests.app.conftest import Upload, block


def data_of(images: int) -> dict[str, Any]:
    numbers = range(1, images + 1)
    return {
        "images": [{"id": number, "file_name": f"{number}.png", "photographer": "Ada"} for number in numbers],
        "categories": [{"id": 1, "name": "cell"}, {"id": 2, "name": "nucleus"}],
        "annotations": [
            {"id": number, "image_id": number, "category_id": 1 + number % 2, "segmentation": block(number, 5, 9, 9)}
            for number in numbers
        ],
    }


@pytest.fixture
def three(upload: Upload) -> list[int]:
    """Three images that the file names."""
    return [upload(number, f"{number}.png") for number in (1, 2, 3)]


@pytest.fixture
def in_pauses(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What happens in the pauses, one after the other; there is one after each image."""
    for name in ("TURN", "ALONE", "UNSEEN"):
        monkeypatch.setattr(turns, name, 0.0)
    deeds: list[Callable[[], None]] = []
    pause = LongWriting.pause

    def pause_and_act(self: LongWriting, **options: bool) -> bool:
        paused = pause(self, **options)
        assert paused
        if deeds:
            deeds.pop(0)()
        return paused

    monkeypatch.setattr(LongWriting, "pause", pause_and_act)
    return deeds


def nothing() -> None:
    pass


def test_others_edit_in_the_pauses_and_neither_loses_anything(
    client: TestClient, three: list[int], in_pauses: list[Callable[[], None]], document: Callable[[int], Any]
) -> None:
    apple = client.post("/api/categories", json={"name": "apple"}).json()["id"]

    def edit() -> None:
        for image in three:
            new = {"category_id": apple, "segmentation": block(50, 50, 9, 9)}
            assert client.post(f"/api/images/{image}/instances", json=new).status_code == 201
        assert client.patch("/api/images", json={"image_ids": three, "add_tags": ["mine"]}).status_code == 200

    in_pauses += [edit, edit, edit]
    answer = client.post("/api/import", json=data_of(3))
    assert (answer.status_code, answer.json()["annotations"]) == (200, 3), answer.text
    for image in three:
        found = document(image)
        assert len(found["instances"]) == 4
        assert found["image"]["tags"] == ["mine"]
        edits = client.get(f"/api/images/{image}/history").json()["edits"]
        assert [one["revision"] for one in edits] == [4, 3, 2, 1]  # each on top of the one before
    kept = client.get("/api/export").json()["images"]
    assert {image["photographer"] for image in kept} == {"Ada"}


def test_an_image_that_is_removed_meanwhile_is_named_and_a_class_that_is_merged_leads_on(
    client: TestClient, three: list[int], in_pauses: list[Callable[[], None]], document: Callable[[int], Any]
) -> None:
    def remove_and_merge() -> None:
        client.delete(f"/api/images/{three[1]}")
        client.delete(f"/api/trash/{three[1]}")
        classes = {one["name"]: one["id"] for one in client.get("/api/categories").json()["categories"]}
        merged = client.post(f"/api/categories/{classes['nucleus']}/merge", json={"into": classes["cell"]})
        assert merged.status_code == 200

    in_pauses += [nothing, nothing, remove_and_merge]  # before the check, the first image, the second
    answer = client.post("/api/import", json=data_of(3)).json()
    assert [error["error"] for error in answer["errors"]] == ["2.png: the image was removed meanwhile"]
    assert answer["annotations"] == 2
    names = {one["id"]: one["name"] for one in document(three[2])["categories"]}
    assert [names[one["category_id"]] for image in (three[0], three[2]) for one in document(image)["instances"]] == [
        "cell",
        "cell",
    ]


def test_a_full_disk_in_the_middle_says_that_a_part_is_there_and_the_same_files_again_bring_the_rest(
    client: TestClient, three: list[int], in_pauses: list[Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = BroughtObjects.write, 0

    def write_until_it_is_full(self: BroughtObjects, *arguments: Any) -> None:
        nonlocal written
        written += 1
        if written == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(BroughtObjects, "write", write_until_it_is_full)
        answer = client.post("/api/import", json=data_of(3))
    assert answer.status_code == 507
    assert "a part of it was stored; import the same files again" in answer.json()["error"]
    again = client.post("/api/import", json=data_of(3)).json()
    assert (again["annotations"], again["already_there"], again["errors"]) == (1, 2, [])


def test_a_dry_run_keeps_nothing_and_nobody_from_writing(
    client: TestClient, three: list[int], monkeypatch: pytest.MonkeyPatch, document: Callable[[int], Any]
) -> None:
    write = BroughtObjects.write
    answers = []

    def write_and_let_others(self: BroughtObjects, *arguments: Any) -> None:
        write(self, *arguments)
        answers.append(client.post("/api/categories", json={"name": f"apple {len(answers)}"}).status_code)

    monkeypatch.setattr("app.store.database.WRITE_WAIT", 0.2)
    monkeypatch.setattr(BroughtObjects, "write", write_and_let_others)
    answer = client.post("/api/import?dry_run=true", json=data_of(3)).json()
    assert (answer["annotations"], answers) == (3, [201, 201, 201])
    assert [document(image)["instances"] for image in three] == [[], [], []]
    names = [category["name"] for category in client.get("/api/categories").json()["categories"]]
    assert names == ["apple 0", "apple 1", "apple 2"]


def test_a_dry_run_that_finds_no_room_for_its_copy_is_507(
    client: TestClient, three: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_engine: object) -> Callable[[Path], None]:
        def write(_path: Path) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        return write

    monkeypatch.setattr("app.store.database.sqlite_copy", no_room)
    answer = client.post("/api/import?dry_run=true", json=data_of(3))
    assert answer.status_code == 507
    assert "the disk is full" in answer.json()["error"]


def test_annotations_in_the_body_are_bounded_as_a_file_is(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (exchange, packed_files):
        monkeypatch.setattr(module, "LARGEST_ANNOTATIONS", 1000)
    big = b'{"images": [], "categories": [], "annotations": []' + b" " * 1000 + b"}"
    answer = client.post("/api/import", content=big)
    assert answer.status_code == 413
    assert "more than" in answer.json()["error"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels/a.csv", big)
    for name, data in (("a.json", big), ("a.txt", big), ("a.zip", packed.getvalue())):
        answer = client.post("/api/import", files=[("annotations", (name, data))])
        assert answer.status_code == 422
        assert "GB of annotations" in answer.json()["error"]
    many = [(f"text {number}", (None, "x")) for number in range(20)]
    assert client.post("/api/import", files=many).status_code == 400
