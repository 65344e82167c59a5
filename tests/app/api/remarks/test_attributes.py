"""Attributes: defined for a class, set on an object, undone, exported and imported."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.app.conftest import Upload, block

Document = Callable[[int], dict[str, Any]]
DEFINED = [
    {"name": "occluded", "type": "flag"},
    {"name": "ripeness", "type": "choice", "choices": ["green", "ripe"]},
    {"name": "weight", "type": "number"},
]


@pytest.fixture
def apple(client: TestClient, category: int) -> int:
    """A class with attributes."""
    answer = client.put(f"/api/categories/{category}", json={"attributes": DEFINED})
    assert [entry["name"] for entry in answer.json()["attributes"]] == ["occluded", "ripeness", "weight"]
    return category


@pytest.fixture
def image(upload: Upload) -> int:
    """An image of an empty workspace."""
    return upload(1)


def draw(client: TestClient, image: int, category: int, **fields: Any) -> dict[str, Any]:
    body = {"category_id": category, "segmentation": block(10, 10, 30, 20), **fields}
    return dict(client.post(f"/api/images/{image}/instances", json=body).json()["instance"])


def test_values_are_set_one_by_one_and_an_undo_takes_each_back(
    client: TestClient, image: int, apple: int, document: Document
) -> None:
    drawn = draw(client, image, apple, attributes={"occluded": True})
    assert drawn["attributes"] == {"occluded": True}
    path = f"/api/images/{image}/instances/{drawn['id']}"
    body = {"base_revision": drawn["revision"], "attributes": {"ripeness": "ripe", "weight": 1.5}}
    changed = client.put(path, json=body).json()["instance"]
    assert changed["attributes"] == {"occluded": True, "ripeness": "ripe", "weight": 1.5}
    body = {"base_revision": changed["revision"], "attributes": {"occluded": None}}
    assert client.put(path, json=body).json()["instance"]["attributes"] == {"ripeness": "ripe", "weight": 1.5}
    client.post(f"/api/images/{image}/undo")
    client.post(f"/api/images/{image}/undo")
    assert document(image)["instances"][0]["attributes"] == {"occluded": True}


def test_attributes_come_back_through_export_and_import(client: TestClient, image: int, apple: int) -> None:
    drawn = draw(client, image, apple, attributes={"ripeness": "green", "weight": 2})
    data = client.get("/api/export").content
    exported = json.loads(data)
    assert exported["annotations"][0]["attributes"] == {"ripeness": "green", "weight": 2}
    assert exported["categories"][0]["attributes"] == DEFINED
    client.delete(f"/api/images/{image}/instances/{drawn['id']}?base_revision={drawn['revision']}")
    assert client.post("/api/import", files=[("files", ("again.json", data))]).status_code == 200
    (found,) = client.get(f"/api/images/{image}/document").json()["instances"]
    assert found["attributes"] == {"ripeness": "green", "weight": 2}


def test_an_attribute_that_another_tool_wrote_stays_beside_ones_own(client: TestClient, image: int, apple: int) -> None:
    drawn = draw(client, image, apple)
    exported = json.loads(client.get("/api/export").content)
    exported["annotations"][0]["attributes"] = {"track": [1, 2], "occluded": False}
    files = [("files", ("cvat.json", json.dumps(exported).encode()))]
    client.delete(f"/api/images/{image}/instances/{drawn['id']}?base_revision={drawn['revision']}")
    client.post("/api/import", files=files)
    (found,) = client.get(f"/api/images/{image}/document").json()["instances"]
    body = {"base_revision": found["revision"], "attributes": {"occluded": True}}
    changed = client.put(f"/api/images/{image}/instances/{found['id']}", json=body).json()["instance"]
    assert changed["attributes"] == {"track": [1, 2], "occluded": True}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"weight": [1]}, "'weight' needs a text"),
        ({"": 1}, "1 to 100 characters"),
        ([1], "an object of names and values"),
    ],
)
def test_what_is_no_value_is_refused_in_a_line(
    client: TestClient, image: int, apple: int, given: Any, words: str
) -> None:
    body = {"category_id": apple, "bbox": [1, 1, 9, 9], "attributes": given}
    answer = client.post(f"/api/images/{image}/instances", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, "attributes")
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("defined", "words"),
    [
        ([{"name": "a", "type": "colour"}], "needs a type"),
        ([{"name": "a", "type": "choice"}], "1 to 50 choices"),
        ([{"name": "a", "type": "flag"}, {"name": " a", "type": "text"}], "same name"),
    ],
)
def test_a_definition_that_says_nothing_is_refused(
    client: TestClient, category: int, defined: list[Any], words: str
) -> None:
    answer = client.put(f"/api/categories/{category}", json={"attributes": defined})
    assert answer.status_code == 422
    assert words in answer.json()["error"]


def test_classes_are_put_in_order_hidden_and_given_keys(client: TestClient, category: int) -> None:
    pear, plum = (client.post("/api/categories", json={"name": name}).json()["id"] for name in ("pear", "plum"))
    client.put(f"/api/categories/{plum}", json={"position": 1})
    client.put(f"/api/categories/{pear}", json={"key": "7", "hidden": True})
    client.put(f"/api/categories/{category}", json={"key": "7"})
    rows = {row["id"]: row for row in client.get("/api/categories").json()["categories"]}
    assert sorted(rows, key=lambda number: rows[number]["position"]) == [plum, category, pear]
    assert [rows[number].get("key") for number in (category, pear, plum)] == ["7", None, None]
    assert rows[pear]["hidden"] is True
    assert client.put(f"/api/categories/{pear}", json={"key": "x"}).json()["field"] == "key"
