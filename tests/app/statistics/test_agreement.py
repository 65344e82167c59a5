"""Two people agree as far as what the second leaves is what the first had left."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from pycocotools.cocoeval import COCOeval

from app.roles import Person
from app.statistics.agreement import agreement_json, differences_json
from app.statistics.matching import keypoint_similarity
from app.statistics.versions import versions_of
from app.store.categories import create_category
from app.store.categories.changes import merge_category
from app.store.database import Store
from app.store.documents import document_json, find_image
from app.store.editing import edits, history
from app.store.errors import NotFoundError
from core.evaluation.keypoints import COCO_SIGMAS
from tests.app.conftest import block, image_row

ANNA, BERT, CLARA = (Person(name, "reviewer") for name in ("anna", "bert", "clara"))
BOTH = ("anna", "bert")
IMAGE = 1


@pytest.fixture
def classes(store: Store) -> tuple[int, int]:
    """Two classes, and an image of 200 × 100 pixels with the id IMAGE."""
    with store.writing() as session:
        session.add(image_row(200, 100))
        apple, pear = (create_category(session, {"name": name, "keypoints": []}).id for name in ("apple", "pear"))
        return apple, pear


def draw(store: Store, person: Person, category: int, x: float, **fields: Any) -> int:
    with store.sent_by("", person).writing() as session:
        shape = {"category_id": category, "segmentation": block(x, 0, 20, 10), **fields}
        return edits.create_instance(session, IMAGE, shape)[1].id


def change(store: Store, person: Person, instance: int, **fields: Any) -> None:
    with store.sent_by("", person).writing() as session:
        revision = document_json(session, find_image(session, IMAGE))["revision"]
        edits.update_instance(session, IMAGE, instance, revision, fields)


def delete(store: Store, person: Person, instance: int) -> None:
    with store.sent_by("", person).writing() as session:
        revision = document_json(session, find_image(session, IMAGE))["revision"]
        edits.delete_instance(session, IMAGE, instance, revision)


def agreement(store: Store) -> dict[str, Any]:
    with store.reading() as session:
        return agreement_json(session, BOTH, 10)


def differences(store: Store) -> list[dict[str, Any]]:
    with store.reading() as session:
        return list(differences_json(session, IMAGE, BOTH)["differences"])


def test_what_was_moved_renamed_removed_and_added_is_where_they_differ(store: Store, classes: tuple[int, int]) -> None:
    apple, pear = classes
    left, moved, renamed, removed = (draw(store, ANNA, apple, x) for x in (0, 40, 80, 120))
    change(store, BERT, moved, segmentation=block(45, 0, 20, 10))  # 15 of 25 columns are shared
    change(store, BERT, renamed, category_id=pear)
    delete(store, BERT, removed)
    added = draw(store, BERT, pear, 160)
    told = agreement(store)
    counts = [told[key] for key in ("matched", "renamed", "only_first", "only_second")]
    assert counts == [2, 1, 1, 1]
    assert told["agreement"] == pytest.approx(2 * 2 / 8)
    assert told["mean_iou"] == pytest.approx((1 + 0.6) / 2)
    assert told["mean_oks"] is None
    assert told["ious"] == [0, 1, 0, 0, 0, 1]
    assert [(row["first"], row["second"]) for row in told["images"]] == [("anna", "bert")]
    found = {row["kind"]: row for row in differences(store)}
    assert set(found) == {"only_first", "only_second", "class", "shape"}
    assert found["only_first"]["first"]["instance"] == removed
    assert found["only_second"]["second"] == {
        "instance": added, "category": "pear", "outline": block(160, 0, 20, 10)
    }  # fmt: skip
    assert (found["class"]["first"]["category"], found["class"]["second"]["category"]) == ("apple", "pear")
    assert found["shape"]["iou"] == pytest.approx(0.6)
    assert left not in {row["first"]["instance"] for row in differences(store) if "first" in row}


def test_who_only_marks_it_reviewed_agrees_entirely(store: Store, classes: tuple[int, int]) -> None:
    draw(store, ANNA, classes[0], 0)
    with store.sent_by("", BERT).writing() as session:
        edits.set_status(session, IMAGE, "reviewed")
    told = agreement(store)
    assert (told["agreement"], told["mean_iou"], differences(store)) == (1.0, 1.0, [])


def test_the_second_persons_visit_ends_with_the_next_persons_edit(store: Store, classes: tuple[int, int]) -> None:
    apple, _ = classes
    first = draw(store, ANNA, apple, 0)
    change(store, BERT, first, segmentation=block(5, 0, 20, 10))
    extra = draw(store, BERT, apple, 60)
    with store.sent_by("bert's page", BERT).writing() as session:  # an undo is a step of the visit too
        history.undo(session, history.image_for_writing(session, IMAGE), anyones=True)
    delete(store, CLARA, first)
    draw(store, BERT, apple, 100)
    draw(store, ANNA, apple, 140)
    with store.reading() as session:
        versions = versions_of(session, find_image(session, IMAGE), BOTH)
    assert versions is not None
    assert {key: state.bbox[0] for key, state in versions.before.items()} == {first: 0}
    assert {key: state.bbox[0] for key, state in versions.after.items()} == {first: 5}
    assert extra not in versions.after


def test_a_class_that_was_merged_since_is_no_difference(store: Store, classes: tuple[int, int]) -> None:
    apple, pear = classes
    renamed = draw(store, ANNA, pear, 0)
    change(store, BERT, renamed, category_id=apple)
    assert [row["kind"] for row in differences(store)] == ["class"]
    with store.writing() as session:
        merge_category(session, pear, apple)
    assert differences(store) == []


def test_a_redrawn_object_is_the_one_that_it_covers_best(store: Store, classes: tuple[int, int]) -> None:
    apple, _ = classes
    old = draw(store, ANNA, apple, 0)
    delete(store, BERT, old)
    near = draw(store, BERT, apple, 2)  # 18 of 22 columns
    far = draw(store, BERT, apple, 6)  # 14 of 26
    (shape,) = (row for row in differences(store) if row["kind"] == "shape")
    assert (shape["first"]["instance"], shape["second"]["instance"]) == (old, near)
    assert shape["iou"] == pytest.approx(18 / 22)
    assert [row["second"]["instance"] for row in differences(store) if row["kind"] == "only_second"] == [far]


def test_boxes_alone_and_masks_are_compared_by_what_they_cover(store: Store, classes: tuple[int, int]) -> None:
    apple, _ = classes
    box = draw(store, ANNA, apple, 0, segmentation=[], bbox=[0, 0, 20, 10])
    change(store, BERT, box, segmentation=block(0, 0, 20, 8))
    (shape,) = differences(store)
    assert shape["iou"] == pytest.approx(0.8)
    (ring,) = shape["first"]["outline"]
    corners = set(zip(ring[::2], ring[1::2], strict=True))
    assert corners == {(0, 0), (20, 0), (20, 10), (0, 10)}


def test_keypoint_similarity_is_pycocotools(store: Store) -> None:
    random = np.random.default_rng(5)
    left = np.column_stack([random.uniform(0, 100, (17, 2)), np.full(17, 2)])
    right = left + np.column_stack([random.normal(0, 4, (17, 2)), np.zeros(17)])
    evaluation = COCOeval(iouType="keypoints")
    evaluation.params.maxDets = [20]
    # Without a box around it, COCO's border of points that nobody labelled plays no part.
    truth = {"keypoints": left.ravel().tolist(), "area": 2500.0, "bbox": [0, 0, 100, 100]}
    found = {"keypoints": right.ravel().tolist(), "score": 1.0, "area": 2500.0, "bbox": [0, 0, 100, 100]}
    evaluation._gts[1, 1], evaluation._dts[1, 1] = [truth], [found]
    expected = evaluation.computeOks(1, 1)[0, 0]
    own = keypoint_similarity(truth["keypoints"], found["keypoints"], 2500.0, COCO_SIGMAS)
    assert own == pytest.approx(expected)
    assert 0.1 < expected < 0.99
    right[0, 2] = 0  # one that the second did not set is none that they agree on
    lacking = keypoint_similarity(truth["keypoints"], right.ravel().tolist(), 2500.0, COCO_SIGMAS)
    assert lacking is not None
    assert own is not None
    assert lacking < own
    assert keypoint_similarity([], [], 2500.0, COCO_SIGMAS) is None


def test_people_who_share_no_image_and_one_person_alone_are_said(
    client: TestClient, store: Store, classes: tuple[int, int]
) -> None:
    draw(store, ANNA, classes[0], 0)
    told = client.get("/api/statistics/agreement", params={"first": "anna", "second": "bert"}).json()
    assert (told["images"], told["agreement"]) == ([], None)
    assert client.get("/api/statistics").json()["pairs"] == []
    with store.reading() as session, pytest.raises(NotFoundError, match="anna and bert did not both work on image 1"):
        differences_json(session, IMAGE, BOTH)
    refused = client.get("/api/statistics/agreement", params={"first": "anna", "second": "anna"})
    assert (refused.status_code, refused.json()["field"]) == (422, "second")
    draw(store, BERT, classes[0], 60)
    pairs = client.get("/api/statistics").json()["pairs"]
    assert pairs == [{"people": ["anna", "bert"], "images": 1}]
    table = client.get("/api/statistics/tables/agreement", params={"first": "anna", "second": "bert"}).text
    assert table.splitlines()[1].startswith("1,a.png,anna,bert,1,0,0,1,0.6667,1.0,")
