"""Many images tagged, kept out of training or removed at once, and found by it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event

from app.store.database import Store
from app.store.editing.predictions import replace_predictions
from tests.app.conftest import Upload


@pytest.fixture
def images(upload: Upload) -> list[int]:
    """Three images."""
    return [upload(seed, name=f"Hof {seed}.png") for seed in range(3)]


def listed(client: TestClient, **query: Any) -> list[int]:
    return [row["image_id"] for row in client.get("/api/images", params=query).json()["images"]]


def change(client: TestClient, images: list[int], **fields: Any) -> int:
    return client.patch("/api/images", json={"image_ids": images, **fields}).status_code


def test_tags_are_added_and_taken_from_many_and_found_exactly(client: TestClient, images: list[int]) -> None:
    change(client, images, add_tags=["dämmerung", "100 %"])
    change(client, images[:1], add_tags=["dämmerung, spät"], remove_tags=["dämmerung"])
    assert listed(client, tag="dämmerung") == images[1:]
    assert listed(client, tag="100 %") == images
    assert listed(client, tag="100_%") == []
    rows = client.get("/api/images").json()["images"]
    assert [row["tags"] for row in rows] == [["100 %", "dämmerung, spät"], *[["dämmerung", "100 %"]] * 2]


def test_tags_that_are_too_many_are_refused_not_dropped(client: TestClient, images: list[int]) -> None:
    assert change(client, images[:1], add_tags=[f"tag {number}" for number in range(60)]) == 200
    answer = client.patch("/api/images", json={"image_ids": images, "add_tags": [f"more {n}" for n in range(60)]})
    assert (answer.status_code, answer.json()["field"]) == (422, "add_tags")
    assert [len(row["tags"]) for row in client.get("/api/images").json()["images"]] == [60, 0, 0]


def test_many_images_take_few_queries(client: TestClient, images: list[int]) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert change(client, images, excluded=True) == 200
        reading = [statement for statement in asked if statement.startswith("SELECT")]
        assert len(reading) == 1
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_text_is_looked_for_in_names_and_tags(client: TestClient, images: list[int]) -> None:
    change(client, images[2:], add_tags=["Nebel"])
    assert listed(client, text="hof 1") == images[1:2]
    assert listed(client, text="nebel") == images[2:]
    assert listed(client, text="%") == []


def test_images_are_kept_out_of_training_together(client: TestClient, images: list[int]) -> None:
    change(client, images[:2], excluded=True)
    assert listed(client, excluded=True) == images[:2]
    change(client, images[:1], excluded=False)
    assert listed(client, excluded=True) == images[1:2]


def test_one_image_that_is_not_there_stops_all_of_it(client: TestClient, images: list[int]) -> None:
    assert change(client, [*images, 999], removed=True) == 404
    assert listed(client) == images
    assert change(client, images, removed=True) == 200
    assert listed(client) == []


def test_rows_say_which_classes_are_on_an_image(client: TestClient, images: list[int], category: int) -> None:
    body = {"category_id": category, "bbox": [1, 1, 20, 20]}
    client.post(f"/api/images/{images[1]}/instances", json=body)
    assert [row["categories"] for row in client.get("/api/images").json()["images"]] == [[], [category], []]


def test_a_find_below_its_threshold_is_no_class_on_an_image(
    client: TestClient, images: list[int], category: int, store: Store
) -> None:
    found = {"category_id": category, "score": 0.2, "threshold": 0.5, "bbox": [1, 1, 20, 20]}
    with store.writing() as session:
        replace_predictions(session, images[0], [found], "a model")
        replace_predictions(session, images[1], [found | {"score": 0.6}], "a model")
    assert [row["categories"] for row in client.get("/api/images").json()["images"]] == [[], [category], []]
    assert listed(client, category=category) == images[1:2]
