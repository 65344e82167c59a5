"""Many objects in one edit: all or nothing, one step of undo."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.app.conftest import Upload, block


@pytest.fixture
def image(upload: Upload) -> int:
    """An image without objects."""
    return upload(3)


def draw(client: TestClient, image: int, category: int, x: float) -> dict[str, Any]:
    body = {"category_id": category, "segmentation": block(x, 5, 10, 10)}
    return dict(client.post(f"/api/images/{image}/instances", json=body).json()["instance"])


def document(client: TestClient, image: int) -> dict[str, Any]:
    return dict(client.get(f"/api/images/{image}/document").json())


def test_objects_are_changed_made_and_removed_in_one_step_that_undo_takes_back(
    client: TestClient, image: int, category: int
) -> None:
    first, second, third = (draw(client, image, category, x) for x in (0, 20, 40))
    before = document(client, image)
    body = {
        "create": [{"category_id": category, "segmentation": block(60, 5, 30, 10)}],
        "update": [{"id": first["id"], "base_revision": first["revision"], "segmentation": block(0, 30, 8, 8)}],
        "delete": [{"id": second["id"], "base_revision": second["revision"]}],
    }
    answer = client.post(f"/api/images/{image}/batch", json=body)
    assert answer.status_code == 200, answer.text
    after = document(client, image)
    assert after["revision"] == before["revision"] + 1 == answer.json()["revision"]
    (made,) = answer.json()["created"]
    assert made["area"] == 300
    assert answer.json()["instances"][0]["bbox"] == [0, 30, 8, 8]
    assert [row["id"] for row in after["instances"]] == [first["id"], third["id"], made["id"]]
    undone = client.post(f"/api/images/{image}/undo").json()
    assert [row["bbox"] for row in undone["instances"]] == [row["bbox"] for row in before["instances"]]
    redone = client.post(f"/api/images/{image}/redo").json()
    assert [row["id"] for row in redone["instances"]] == [first["id"], third["id"], made["id"]]


def test_nothing_of_it_is_done_where_one_object_was_changed_elsewhere(
    client: TestClient, image: int, category: int
) -> None:
    first, second = (draw(client, image, category, x) for x in (0, 20))
    theirs = {"base_revision": second["revision"], "segmentation": block(20, 30, 8, 8)}
    client.put(f"/api/images/{image}/instances/{second['id']}", json=theirs)
    gone = [{"id": one["id"], "base_revision": one["revision"]} for one in (first, second)]
    answer = client.post(f"/api/images/{image}/batch", json={"delete": gone})
    assert answer.status_code == 409
    assert answer.json()["instance"]["bbox"] == [20, 30, 8, 8]
    assert len(document(client, image)["instances"]) == 2


def test_a_request_sent_again_makes_no_twins(client: TestClient, image: int, category: int) -> None:
    body = {"create": [{"category_id": category, "segmentation": block(x, 5, 10, 10)} for x in (0, 20)]}
    answers = [
        client.post(f"/api/images/{image}/batch", json=body, headers={"Idempotency-Key": "once"}).json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(document(client, image)["instances"]) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"create": [{"category_id": 99, "bbox": [1, 1, 5, 5]}]}, "category_id"),
        ({"create": [{"category_id": 1, "segmentation": [[1, 2]]}]}, "segmentation"),
        (
            {
                "update": [{"id": 1, "base_revision": 1, "status": "accepted"}],
                "delete": [{"id": 1, "base_revision": 1}],
            },
            "delete",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    client: TestClient, image: int, category: int, body: dict[str, Any], field: str
) -> None:
    draw(client, image, category, 0)
    answer = client.post(f"/api/images/{image}/batch", json=body)
    assert answer.status_code == 422
    assert answer.json()["field"].startswith(field)
    assert document(client, image)["revision"] == 1
