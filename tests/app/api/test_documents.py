"""Editing an image over the data plane: one edit, one revision; conflicts, undo, status."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.store.database import Store
from app.store.editing.predictions import replace_predictions
from tests.app.conftest import HEIGHT, WIDTH, Upload, block

Document = Callable[[int], dict[str, Any]]


def create(client: TestClient, image: int, **fields: Any) -> dict[str, Any]:
    answer = client.post(f"/api/images/{image}/instances", json=fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["instance"])


def predict(store: Store, image: int, category: int, *scores: float) -> None:
    """Proposals side by side, as a model would leave them."""
    found = [
        {"category_id": category, "segmentation": block(5 + 30 * place, 5, 20, 20), "score": score}
        for place, score in enumerate(scores)
    ]
    with store.writing() as session:
        replace_predictions(session, image, found, "a model")


def test_a_new_image_has_an_empty_document(client: TestClient, upload: Upload, document: Document) -> None:
    assert document(upload(1)) == {
        "image": {"image_id": 1, "file_name": "picture 1.png", "width": WIDTH, "height": HEIGHT, "status": "todo"},
        "instances": [],
        "categories": [],
        "revision": 0,
        "can_undo": False,
        "can_redo": False,
    }


def test_what_was_drawn_is_in_the_document(
    client: TestClient, upload: Upload, category: int, document: Document
) -> None:
    image = upload(1)
    answer = client.post(
        f"/api/images/{image}/instances", json={"category_id": category, "segmentation": block(10, 20, 30, 40)}
    )
    assert answer.status_code == 201
    instance = answer.json()["instance"]
    assert instance == {
        "id": 1,
        "image_id": image,
        "category_id": category,
        "bbox": [10, 20, 30, 40],
        "area": 1200,
        "segmentation": block(10, 20, 30, 40),
        "iscrowd": 0,
        "keypoints": [],
        "num_keypoints": 0,
        "score": None,
        "source": "manual",
        "status": "accepted",
        "model": None,
        "revision": 1,
    }
    assert answer.json()["revision"] == 1
    now = document(image)
    assert now["instances"] == [instance]
    assert (now["revision"], now["can_undo"], now["can_redo"]) == (1, True, False)
    assert now["image"]["status"] == "in_progress"


def test_a_vertex_that_was_dragged_is_where_it_was_left(client: TestClient, upload: Upload, category: int) -> None:
    image = upload(1)
    instance = create(client, image, category_id=category, segmentation=block(10, 20, 30, 40))
    moved = [[10, 20, 40, 20, 47.25, 66.5, 10, 60]]
    answer = client.put(
        f"/api/images/{image}/instances/{instance['id']}", json={"base_revision": 1, "segmentation": moved}
    )
    assert answer.status_code == 200
    assert answer.json()["instance"]["segmentation"] == moved
    assert answer.json()["instance"]["bbox"] == [10, 20, 37.25, 46.5]
    assert answer.json()["instance"]["area"] > 1200
    assert answer.json()["revision"] == answer.json()["instance"]["revision"] == 2


def test_bbox_and_area_come_from_the_segmentation_whatever_the_request_says(
    client: TestClient, upload: Upload, category: int
) -> None:
    instance = create(
        client, upload(1), category_id=category, segmentation=block(10, 20, 30, 40), bbox=[0, 0, 5, 5], area=7
    )
    assert (instance["bbox"], instance["area"]) == ([10, 20, 30, 40], 1200)


def test_a_box_alone_is_an_object_too(client: TestClient, upload: Upload, category: int) -> None:
    instance = create(client, upload(1), category_id=category, bbox=[100, 70, 50, 50])
    assert (instance["bbox"], instance["area"], instance["segmentation"]) == ([100, 70, 20, 10], 200, [])


def test_parts_that_overlap_count_once(client: TestClient, upload: Upload, category: int) -> None:
    parts = block(10, 10, 20, 20) + block(20, 10, 20, 20) + block(60, 50, 10, 10)
    instance = create(client, upload(1), category_id=category, segmentation=parts)
    assert (instance["bbox"], instance["area"]) == ([10, 10, 60, 50], 30 * 20 + 100)


GOOD = block(10, 10, 20, 20)
BAD_FIELDS = [
    ("segmentation", {"segmentation": [[10, 10, 20, 20]]}),
    ("segmentation", {"segmentation": [10, 10, 20, 10, 20, 20]}),
    ("segmentation", {"segmentation": [[10, 10, 20, 10, 20]]}),
    ("segmentation", {"segmentation": [["a", 10, 20, 10, 20, 20]]}),
    ("segmentation", {"segmentation": [[10, 10, 10, 10, 10, 10]]}),
    ("segmentation", {"segmentation": [[300, 300, 310, 300, 310, 310]]}),
    ("segmentation", {"segmentation": {"size": [WIDTH, HEIGHT], "counts": [WIDTH * HEIGHT]}}),
    ("segmentation", {"segmentation": {"size": [HEIGHT, WIDTH], "counts": [10, 10]}}),
    ("segmentation", {"segmentation": {"size": [HEIGHT, WIDTH], "counts": "not an rle"}}),
    ("segmentation", {"segmentation": {"size": [HEIGHT, WIDTH]}}),
    ("segmentation", {"segmentation": "polygon"}),
    ("segmentation", {}),
    ("bbox", {"bbox": [1, 2, 3]}),
    ("bbox", {"bbox": [10, 10, -5, 5]}),
    ("bbox", {"bbox": [500, 500, 10, 10]}),
    ("category_id", {"segmentation": GOOD, "category_id": 77}),
    ("category_id", {"segmentation": GOOD, "category_id": "apple"}),
    ("keypoints", {"segmentation": GOOD, "keypoints": [1, 2, 2]}),
    ("iscrowd", {"segmentation": GOOD, "iscrowd": 2}),
    ("status", {"segmentation": GOOD, "status": "perfect"}),
]


@pytest.mark.parametrize(("field", "fields"), BAD_FIELDS)
def test_what_cannot_be_stored_is_refused_with_its_field(
    client: TestClient, upload: Upload, category: int, document: Document, field: str, fields: dict[str, Any]
) -> None:
    image = upload(1)
    answer = client.post(f"/api/images/{image}/instances", json={"category_id": category, **fields})
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert "\n" not in answer.json()["error"]
    assert document(image)["revision"] == 0
    instance = create(client, image, category_id=category, bbox=[10, 10, 20, 20])
    if fields:
        answer = client.put(f"/api/images/{image}/instances/{instance['id']}", json={"base_revision": 1, **fields})
        assert answer.status_code == 422
        assert answer.json()["field"] == field
        assert document(image)["instances"] == [instance]


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_refused(client: TestClient, upload: Upload, category: int, literal: str) -> None:
    body = f'{{"category_id": {category}, "segmentation": [[{literal}, 1, 20, 1, 20, 20]]}}'
    answer = client.post(
        f"/api/images/{upload(1)}/instances", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.json()["field"] == "segmentation"


def test_an_edit_based_on_an_old_state_gets_the_current_one(
    client: TestClient, upload: Upload, category: int, document: Document
) -> None:
    image = upload(1)
    instance = create(client, image, category_id=category, segmentation=GOOD)
    url = f"/api/images/{image}/instances/{instance['id']}"
    theirs = client.put(url, json={"base_revision": 1, "segmentation": block(30, 30, 20, 20)}).json()["instance"]
    mine = client.put(url, json={"base_revision": 1, "segmentation": block(50, 50, 20, 20)})
    assert mine.status_code == 409
    assert mine.json()["instance"] == theirs
    assert mine.json()["revision"] == 2
    assert "\n" not in mine.json()["error"]
    assert client.delete(url, params={"base_revision": 1}).status_code == 409
    assert document(image)["instances"] == [theirs]
    assert client.put(url, json={"base_revision": 99, "segmentation": GOOD}).status_code == 409
    assert client.put(url, json={"base_revision": 2, "segmentation": GOOD}).status_code == 200


def test_work_on_one_instance_is_no_conflict_with_work_on_another(
    client: TestClient, upload: Upload, category: int, document: Document
) -> None:
    image = upload(1)
    first = create(client, image, category_id=category, segmentation=block(10, 10, 20, 20))
    second = create(client, image, category_id=category, segmentation=block(50, 10, 20, 20))
    url = f"/api/images/{image}/instances"
    assert client.put(f"{url}/{second['id']}", json={"base_revision": 2, "bbox": None, "iscrowd": 1}).status_code == 200
    # Based on the instance's own revision, which is older than the document's.
    answer = client.put(f"{url}/{first['id']}", json={"base_revision": 1, "iscrowd": 1})
    assert answer.status_code == 200
    # Based on the document's revision, which is newer than the instance's.
    base = document(image)["revision"]
    assert client.put(f"{url}/{second['id']}", json={"base_revision": base, "iscrowd": 0}).status_code == 200


def test_what_was_deleted_elsewhere_is_a_conflict_with_nothing(
    client: TestClient, upload: Upload, category: int
) -> None:
    image = upload(1)
    instance = create(client, image, category_id=category, segmentation=GOOD)
    url = f"/api/images/{image}/instances/{instance['id']}"
    assert client.delete(url, params={"base_revision": 1}).json() == {"revision": 2}
    answer = client.put(url, json={"base_revision": 1, "iscrowd": 1})
    assert answer.status_code == 409
    assert answer.json()["instance"] is None
    assert client.put(f"{url}999", json={"base_revision": 1, "iscrowd": 1}).status_code == 404


def test_an_instance_belongs_to_its_image_alone(client: TestClient, upload: Upload, category: int) -> None:
    first, second = upload(1), upload(2)
    instance = create(client, first, category_id=category, segmentation=GOOD)
    url = f"/api/images/{second}/instances/{instance['id']}"
    assert client.put(url, json={"base_revision": 0, "iscrowd": 1}).status_code == 404
    assert client.delete(url, params={"base_revision": 0}).status_code == 404


def test_a_request_sent_again_is_carried_out_once(
    client: TestClient, upload: Upload, category: int, document: Document
) -> None:
    image = upload(1)
    url = f"/api/images/{image}/instances"
    fields = {"category_id": category, "segmentation": GOOD}
    first = client.post(url, json=fields, headers={"Idempotency-Key": "one"})
    again = client.post(url, json=fields, headers={"Idempotency-Key": "one"})
    assert first.json() == again.json()
    change = {"base_revision": 1, "segmentation": block(20, 20, 20, 20)}
    first = client.put(f"{url}/1", json=change, headers={"Idempotency-Key": "two"})
    again = client.put(f"{url}/1", json=change, headers={"Idempotency-Key": "two"})
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    for _ in range(2):
        answer = client.post(f"/api/images/{image}/undo", headers={"Idempotency-Key": "three"})
        assert answer.json()["instances"][0]["segmentation"] == GOOD
    for _ in range(2):
        answer = client.request("DELETE", f"{url}/1?base_revision=3", headers={"Idempotency-Key": "four"})
        assert answer.json() == {"revision": 4}
    assert document(image)["revision"] == 4


def test_what_changes_nothing_is_no_edit(client: TestClient, upload: Upload, category: int) -> None:
    image = upload(1)
    instance = create(client, image, category_id=category, segmentation=GOOD)
    answer = client.put(
        f"/api/images/{image}/instances/{instance['id']}",
        json={"base_revision": 1, "segmentation": GOOD, "category_id": category, "status": "accepted"},
    )
    assert answer.json() == {"instance": instance, "revision": 1}


def test_a_person_who_changes_a_prediction_makes_it_theirs(
    client: TestClient, store: Store, upload: Upload, category: int, document: Document
) -> None:
    image = upload(1)
    predict(store, image, category, 0.9, 0.8)
    first, second = document(image)["instances"]
    assert (first["source"], first["status"], first["score"], first["model"]) == (
        "predicted",
        "proposed",
        0.9,
        "a model",
    )
    url = f"/api/images/{image}/instances"
    accepted = client.put(f"{url}/{first['id']}", json={"base_revision": 1, "status": "accepted"}).json()["instance"]
    assert (accepted["source"], accepted["status"], accepted["score"]) == ("predicted", "accepted", 0.9)
    edited = client.put(f"{url}/{second['id']}", json={"base_revision": 1, "segmentation": GOOD}).json()["instance"]
    assert (edited["source"], edited["status"], edited["score"]) == ("edited", "accepted", 0.8)


def test_another_class_keeps_the_keypoints_only_if_it_has_as_many(
    client: TestClient, upload: Upload, category: int, person: int
) -> None:
    image = upload(1)
    points = [12, 12, 2, 15.5, 15, 1, 0, 0, 0]
    instance = create(client, image, category_id=person, segmentation=GOOD, keypoints=points)
    assert (instance["keypoints"], instance["num_keypoints"]) == (points, 2)
    url = f"/api/images/{image}/instances/{instance['id']}"
    changed = client.put(url, json={"base_revision": 1, "category_id": category}).json()["instance"]
    assert (changed["category_id"], changed["keypoints"], changed["num_keypoints"]) == (category, [], 0)
    assert client.post(f"/api/images/{image}/undo").json()["instances"][0]["keypoints"] == points


@pytest.mark.parametrize(
    "points",
    [
        [12, 12, 3, 0, 0, 0, 0, 0, 0],
        [12, 12, 2],
        [500, 12, 2, 0, 0, 0, 0, 0, 0],
        [12, "a", 2, 0, 0, 0, 0, 0, 0],
        [12, 12, 1.5, 0, 0, 0, 0, 0, 0],
    ],
)
def test_keypoints_that_cannot_be(client: TestClient, upload: Upload, person: int, points: list[Any]) -> None:
    answer = client.post(
        f"/api/images/{upload(1)}/instances", json={"category_id": person, "segmentation": GOOD, "keypoints": points}
    )
    assert answer.status_code == 422
    assert answer.json()["field"] == "keypoints"


def test_reviewed_accepts_what_is_left_and_removes_what_is_below_the_threshold(
    client: TestClient, store: Store, upload: Upload, category: int, document: Document
) -> None:
    image = upload(1)
    predict(store, image, category, 0.9, 0.3)
    before = document(image)
    answer = client.put(f"/api/images/{image}/status", json={"status": "reviewed", "score_threshold": 0.5})
    assert answer.status_code == 200
    assert answer.json()["image"]["status"] == "reviewed"
    assert [(row["score"], row["status"]) for row in answer.json()["instances"]] == [(0.9, "accepted")]
    undone = client.post(f"/api/images/{image}/undo").json()
    assert undone["image"]["status"] == "todo"
    assert [without_revision(row) for row in undone["instances"]] == [
        without_revision(row) for row in before["instances"]
    ]
    redone = client.post(f"/api/images/{image}/redo").json()
    assert [row["score"] for row in redone["instances"]] == [0.9]


def test_all_that_is_shown_is_accepted_in_one_edit(
    client: TestClient, store: Store, upload: Upload, category: int
) -> None:
    image = upload(1)
    predict(store, image, category, 0.9, 0.6, 0.3)
    answer = client.post(f"/api/images/{image}/accept", json={"score_threshold": 0.5}).json()
    assert [row["status"] for row in answer["instances"]] == ["accepted", "accepted", "proposed"]
    answer = client.post(f"/api/images/{image}/undo").json()
    assert {row["status"] for row in answer["instances"]} == {"proposed"}
    answer = client.post(f"/api/images/{image}/accept", json={"instances": [answer["instances"][2]["id"]]}).json()
    assert [row["status"] for row in answer["instances"]] == ["proposed", "proposed", "accepted"]


@pytest.mark.parametrize("body", [{"status": "finished"}, {}, {"status": "reviewed", "score_threshold": 2}])
def test_a_status_that_there_is_not(client: TestClient, upload: Upload, body: dict[str, Any]) -> None:
    answer = client.put(f"/api/images/{upload(1)}/status", json=body)
    assert answer.status_code == 422
    assert "\n" not in answer.json()["error"]


def test_undo_goes_back_a_hundred_edits_and_redo_comes_forward_again(
    client: TestClient, upload: Upload, category: int
) -> None:
    image = upload(1)
    url = f"/api/images/{image}/instances"
    create(client, image, category_id=category, segmentation=block(0, 0, 10, 10))
    for step in range(1, 120):
        answer = client.put(
            f"{url}/1", json={"base_revision": step, "segmentation": block(step % 100, step % 60, 10, 10)}
        )
        assert answer.status_code == 200
    for step in reversed(range(119)):
        now = client.post(f"/api/images/{image}/undo").json()
        assert now["instances"][0]["bbox"] == [step % 100, step % 60, 10, 10]
    now = client.post(f"/api/images/{image}/undo").json()
    assert (now["instances"], now["can_undo"], now["can_redo"]) == ([], False, True)
    answer = client.post(f"/api/images/{image}/undo")
    assert answer.status_code == 409
    assert "nothing to undo" in answer.json()["error"]
    for step in range(120):
        now = client.post(f"/api/images/{image}/redo").json()
        assert now["instances"][0]["bbox"] == [step % 100, step % 60, 10, 10]
    assert client.post(f"/api/images/{image}/redo").status_code == 409
    assert now["revision"] == 360


def test_undo_is_per_image(client: TestClient, upload: Upload, category: int, document: Document) -> None:
    first, second = upload(1), upload(2)
    create(client, first, category_id=category, segmentation=GOOD)
    create(client, second, category_id=category, segmentation=GOOD)
    assert client.post(f"/api/images/{first}/undo").json()["instances"] == []
    assert len(document(second)["instances"]) == 1


def test_an_edit_after_an_undo_leaves_nothing_to_redo(client: TestClient, upload: Upload, category: int) -> None:
    image = upload(1)
    create(client, image, category_id=category, segmentation=GOOD)
    client.post(f"/api/images/{image}/undo")
    new = create(client, image, category_id=category, segmentation=block(40, 40, 5, 5))
    assert new["id"] == 2  # the id of what was undone is not given away
    assert client.post(f"/api/images/{image}/redo").status_code == 409


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/images/9/document"),
        ("POST", "/api/images/9/undo"),
        ("POST", "/api/images/9/redo"),
        ("POST", "/api/images/9/predict"),
        ("GET", "/api/images/9/thumbnail"),
        ("GET", "/api/images/9999999999999999999999/document"),
        ("GET", "/api/images/word/document"),
        ("GET", "/api/nothing"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code in (404, 422)
    assert answer.json()["error"]
    assert "\n" not in answer.json()["error"]


def test_the_gallery_filters_orders_and_turns_pages(
    client: TestClient, store: Store, upload: Upload, category: int
) -> None:
    images = [upload(seed, name=f"{name}.png") for seed, name in enumerate("dacb")]
    predict(store, images[1], category, 0.9)
    predict(store, images[2], category, 0.6, 0.5)
    client.put(f"/api/images/{images[3]}/status", json={"status": "reviewed"})

    def ids(**query: Any) -> list[int]:
        found: list[int] = []
        cursor = None
        while True:
            page = client.get(
                "/api/images", params={**query, "limit": 1, **({"cursor": cursor} if cursor else {})}
            ).json()
            found += [image["image_id"] for image in page["images"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    assert ids() == images
    assert ids(order="newest") == images[::-1]
    assert ids(order="file_name") == [images[1], images[3], images[2], images[0]]
    assert ids(order="uncertainty") == [images[2], images[1], images[0], images[3]]
    assert ids(status="reviewed") == [images[3]]
    assert ids(category=category) == [images[1], images[2]]
    row = client.get("/api/images").json()["images"][2]
    assert row["counts"] == {"instances": 2, "proposed": 2, "accepted": 0, "predicted": 2, "edited": 0, "manual": 0}
    assert row["uncertainty"] == pytest.approx(0.45)


@pytest.mark.parametrize("query", ["status=done", "order=beauty", "cursor=abc", "limit=0", "limit=many", "category=x"])
def test_a_gallery_that_cannot_be_asked_for(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/images?{query}")
    assert answer.status_code == 422
    assert "\n" not in answer.json()["error"]


def test_a_cursor_of_another_order_is_refused(client: TestClient, upload: Upload) -> None:
    upload(1)
    upload(2)
    cursor = client.get("/api/images?limit=1").json()["next_cursor"]
    assert client.get("/api/images", params={"order": "newest", "cursor": cursor}).status_code == 422


def without_revision(instance: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in instance.items() if key != "revision"}
