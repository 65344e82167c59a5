"""Classes of objects over the data plane."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.store.categories import PALETTE
from tests.app.conftest import Upload, block


def test_a_class_gets_an_id_and_a_colour(client: TestClient) -> None:
    answer = client.post("/api/categories", json={"name": " apple "})
    assert answer.status_code == 201
    expected = {
        "id": 1, "name": "apple", "supercategory": None, "color": PALETTE[0], "keypoints": [], "skeleton": [],
    }  # fmt: skip
    assert answer.json() == expected
    assert client.get("/api/categories").json() == {"categories": [expected]}
    assert (
        client.post("/api/categories", json={"name": "pear", "color": "#ABCDEF", "id": 40}).json()["color"] == "#abcdef"
    )
    assert client.post("/api/categories", json={"name": "plum"}).json()["id"] == 41


def test_everything_about_a_class_can_be_changed(client: TestClient, category: int) -> None:
    fields = {
        "name": "person", "color": "#112233", "supercategory": "animal",
        "keypoints": ["head", "foot"], "skeleton": [[1, 2]],
    }  # fmt: skip
    answer = client.put(f"/api/categories/{category}", json=fields)
    assert answer.json() == {"id": category, **fields}
    answer = client.put(f"/api/categories/{category}", json={"color": "#445566"})
    assert answer.json() == {"id": category, **fields, "color": "#445566"}


BAD: list[dict[str, Any]] = [
    {"name": ""},
    {"name": "  "},
    {"name": "x" * 201},
    {"name": "a\nb"},
    {"name": None},
    {},
    {"name": "a", "color": "red"},
    {"name": "a", "color": "#12"},
    {"name": "a", "keypoints": ["head", "head"]},
    {"name": "a", "keypoints": [""]},
    {"name": "a", "keypoints": "head"},
    {"name": "a", "keypoints": ["head"], "skeleton": [[0, 1]]},
    {"name": "a", "keypoints": ["head"], "skeleton": [[1, 2]]},
    {"name": "a", "keypoints": ["head"], "skeleton": [[1]]},
    {"name": "a", "id": -1},
]


@pytest.mark.parametrize("fields", BAD)
def test_a_class_that_cannot_be(client: TestClient, fields: dict[str, Any]) -> None:
    answer = client.post("/api/categories", json=fields)
    assert answer.status_code == 422
    assert "\n" not in answer.json()["error"]
    assert client.get("/api/categories").json() == {"categories": []}


def test_names_and_ids_are_taken_once(client: TestClient, category: int, person: int) -> None:
    assert client.post("/api/categories", json={"name": "apple"}).status_code == 409
    assert client.post("/api/categories", json={"name": "Apple"}).status_code == 201
    assert client.post("/api/categories", json={"name": "pear", "id": category}).status_code == 409
    assert client.put(f"/api/categories/{category}", json={"name": "person"}).status_code == 409
    assert client.put(f"/api/categories/{category}", json={"name": "apple"}).status_code == 200
    assert client.put("/api/categories/99", json={"name": "pear"}).status_code == 404


def test_the_number_of_keypoints_stays_where_instances_have_them(
    client: TestClient, upload: Upload, person: int
) -> None:
    url = f"/api/categories/{person}"
    assert client.put(url, json={"keypoints": ["a", "b", "c", "d"]}).status_code == 200
    client.post(
        f"/api/images/{upload(1)}/instances",
        json={"category_id": person, "segmentation": block(9, 9, 9, 9), "keypoints": [10, 10, 2, *[0] * 9]},
    )
    answer = client.put(url, json={"keypoints": ["a", "b"], "skeleton": []})
    assert answer.status_code == 409
    assert "1 instances" in answer.json()["error"]
    assert client.put(url, json={"keypoints": ["w", "x", "y", "z"]}).status_code == 200


def test_a_class_that_objects_have_stays_and_comes_back_with_them(
    client: TestClient, upload: Upload, category: int, person: int
) -> None:
    image = upload(1)
    assert client.delete(f"/api/categories/{person}").status_code == 204
    client.post(f"/api/images/{image}/instances", json={"category_id": category, "segmentation": block(9, 9, 9, 9)})
    assert client.delete(f"/api/categories/{category}").status_code == 409
    client.post(f"/api/images/{image}/undo")
    assert client.delete(f"/api/categories/{category}").status_code == 204
    assert len(client.post(f"/api/images/{image}/redo").json()["instances"]) == 1


def test_after_a_change_of_keypoints_undo_brings_back_the_object_without_those_that_no_longer_fit(
    client: TestClient, upload: Upload, person: int
) -> None:
    image = upload(1)
    fields = {"category_id": person, "segmentation": block(9, 9, 9, 9), "keypoints": [10, 10, 2, *[0] * 6]}
    client.post(f"/api/images/{image}/instances", json=fields)
    client.delete(f"/api/images/{image}/instances/1?base_revision=1")
    assert client.put(f"/api/categories/{person}", json={"keypoints": ["head"], "skeleton": []}).status_code == 200
    (instance,) = client.post(f"/api/images/{image}/undo").json()["instances"]
    assert instance["keypoints"] == []
    assert client.get("/api/export").status_code == 200
