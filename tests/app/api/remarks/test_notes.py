"""A second pair of eyes: notes, images that go back, and images that were edited after their review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.app.conftest import Upload, block

Document = Callable[[int], dict[str, Any]]


@pytest.fixture
def image(upload: Upload) -> int:
    """An image of an empty workspace."""
    return upload(1)


@pytest.fixture
def drawn(client: TestClient, image: int, category: int) -> dict[str, Any]:
    """An object on it."""
    body = {"category_id": category, "segmentation": block(10, 10, 30, 20)}
    return dict(client.post(f"/api/images/{image}/instances", json=body).json()["instance"])


def listed(client: TestClient, **query: Any) -> list[int]:
    return [row["image_id"] for row in client.get("/api/images", params=query).json()["images"]]


def set_status(client: TestClient, image: int, status: str, **more: Any) -> None:
    assert client.put(f"/api/images/{image}/status", json={"status": status, **more}).status_code == 200


def test_a_note_on_an_image_or_an_object_is_shown_done_and_deleted(
    client: TestClient, image: int, drawn: dict[str, Any], document: Document
) -> None:
    on_image = client.post(f"/api/images/{image}/notes", json={"text": " look again "}).json()
    on_object = client.post(f"/api/images/{image}/notes", json={"text": "too wide", "instance": drawn["id"]}).json()
    assert [(note["text"], note["instance"]) for note in document(image)["notes"]] == [
        ("look again", None),
        ("too wide", drawn["id"]),
    ]
    assert listed(client, noted=True) == [image]
    client.patch(f"/api/images/{image}/notes/{on_image['id']}", json={"done": True})
    client.delete(f"/api/images/{image}/notes/{on_object['id']}")
    assert [note["done"] for note in document(image)["notes"]] == [True]
    assert listed(client, noted=True) == []
    assert listed(client, noted=False) == [image]


def test_a_note_goes_with_its_object_and_comes_back_with_it(
    client: TestClient, image: int, drawn: dict[str, Any], document: Document
) -> None:
    client.post(f"/api/images/{image}/notes", json={"text": "too wide", "instance": drawn["id"]})
    client.delete(f"/api/images/{image}/instances/{drawn['id']}?base_revision={drawn['revision']}")
    assert "notes" not in document(image)
    assert listed(client, noted=True) == []
    client.post(f"/api/images/{image}/undo")
    assert [note["text"] for note in document(image)["notes"]] == ["too wide"]


def test_an_image_goes_back_with_a_note_until_it_is_reviewed(
    client: TestClient, image: int, drawn: dict[str, Any], document: Document
) -> None:
    set_status(client, image, "reviewed")
    set_status(client, image, "in_progress", note="the stem is missing")
    assert listed(client, review="returned") == [image]
    (note,) = document(image)["notes"]
    assert (note["text"], note["returned"], note["done"]) == ("the stem is missing", True, False)
    set_status(client, image, "reviewed")
    assert listed(client, review="returned") == []
    assert document(image)["notes"][0]["done"] is True


def test_a_return_that_is_sent_twice_is_one(client: TestClient, image: int, document: Document) -> None:
    set_status(client, image, "reviewed")
    back = {"status": "in_progress", "note": "the stem is missing"}
    for _ in range(2):
        answer = client.put(f"/api/images/{image}/status", json=back, headers={"Idempotency-Key": "once"})
        assert answer.status_code == 200
    assert len(document(image)["notes"]) == 1


def test_an_edit_after_the_review_is_told_until_it_is_undone_or_reviewed_again(
    client: TestClient, image: int, drawn: dict[str, Any], document: Document
) -> None:
    set_status(client, image, "reviewed")
    assert document(image)["image"].get("changed", False) is False
    body = {"base_revision": drawn["revision"], "segmentation": block(10, 10, 30, 25)}
    client.put(f"/api/images/{image}/instances/{drawn['id']}", json=body)
    assert document(image)["image"] | {"changed": True, "status": "reviewed"} == document(image)["image"]
    assert listed(client, review="changed") == [image]
    client.post(f"/api/images/{image}/undo")
    assert document(image)["image"].get("changed", False) is False
    client.post(f"/api/images/{image}/redo")
    assert listed(client, review="changed") == [image]
    set_status(client, image, "reviewed")
    assert listed(client, review="changed") == []


def test_a_merge_of_classes_is_no_change_of_a_reviewed_image(
    client: TestClient, image: int, drawn: dict[str, Any], category: int, document: Document
) -> None:
    set_status(client, image, "reviewed")
    other = client.post("/api/categories", json={"name": "pear"}).json()["id"]
    client.post(f"/api/categories/{category}/merge", json={"into": other})
    assert document(image)["image"].get("changed", False) is False


def test_a_note_without_words_or_on_another_images_object_is_refused_in_a_line(
    client: TestClient, image: int, drawn: dict[str, Any], upload: Upload
) -> None:
    assert client.post(f"/api/images/{image}/notes", json={"text": "  "}).json()["field"] == "note"
    other = upload(2)
    answer = client.post(f"/api/images/{other}/notes", json={"text": "x", "instance": drawn["id"]})
    assert answer.status_code == 404
    assert f"no instance {drawn['id']}" in answer.json()["error"]
    assert client.delete(f"/api/images/{other}/notes/1").status_code == 404


def test_a_page_that_looks_around_sees_that_a_note_was_written(client: TestClient, image: int) -> None:
    before = client.get(f"/api/images/{image}/revision").json()
    client.post(f"/api/images/{image}/notes", json={"text": "look again"})
    assert client.get(f"/api/images/{image}/revision").json() != before


def test_emptying_the_trash_takes_the_notes(client: TestClient, image: int) -> None:
    client.post(f"/api/images/{image}/notes", json={"text": "look again"})
    client.delete(f"/api/images/{image}")
    assert client.delete("/api/trash").json() == {"purged": [image]}
