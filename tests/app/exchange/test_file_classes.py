"""The classes of an annotation file: where they meet those of the store, and how many there may be."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from tests.app.conftest import HEIGHT, WIDTH, Upload


def file_of(categories: list[dict[str, Any]]) -> dict[str, Any]:
    """An object of the last class."""
    images = [{"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}]
    annotations = [{"id": 1, "image_id": 1, "category_id": categories[-1]["id"], "bbox": [10, 10, 20, 20]}]
    return {"images": images, "annotations": annotations, "categories": categories}


def test_thousands_of_classes_are_written_and_not_asked_about_one_by_one(client: TestClient, upload: Upload) -> None:
    upload(name="a.png")
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    many = file_of([{"id": number, "name": f"class {number}"} for number in range(1, 2001)])
    event.listen(Engine, "before_cursor_execute", count)
    try:
        assert client.post("/api/import", json=many).json()["categories"] == 2000
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert 0 < statements < 3000  # the row of each is written, and nothing asked about it
    assert len(client.get("/api/categories").json()["categories"]) == 2000


def test_ids_of_a_file_are_kept_where_they_are_free(client: TestClient, upload: Upload) -> None:
    upload(name="a.png")
    assert client.post("/api/categories", json={"name": "here"}).json()["id"] == 1
    ids = ((1, "first"), (3, "third"), (2**31 + 5, "large"), (0, "none"), (9, "here"))
    client.post("/api/import", json=file_of([{"id": number, "name": name} for number, name in ids]))
    found = {row["name"]: row["id"] for row in client.get("/api/categories").json()["categories"]}
    assert found == {"here": 1, "first": 2, "third": 3, "large": 4, "none": 0}
