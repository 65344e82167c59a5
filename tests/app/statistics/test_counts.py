"""What the workspace is said to hold is what was drawn, corrected, confirmed and reviewed in it."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from app.roles import Person
from app.statistics.counts import counts_json
from app.statistics.tables import counts_csv
from app.store.categories import create_category
from app.store.database import Store
from app.store.documents import document_json, find_image
from app.store.editing import edits, history
from app.store.instance_state import InstanceState
from app.store.tables import Edit
from tests.app.conftest import block, image_row

ANNA, BERT = Person("anna", "annotator"), Person("bert", "reviewer")
NOON = 1_767_268_800.0  # 2026-01-01 12:00 UTC


@pytest.fixture
def images(store: Store) -> tuple[int, int]:
    """Two images of 1000 × 1000 pixels, and the classes 1 apple and 2 pear."""
    with store.writing() as session:
        rows = [image_row(1000, 1000), image_row(1000, 1000)]
        rows[1].file_name = "b.png"
        session.add_all(rows)
        for name in ("apple", "pear"):
            create_category(session, {"name": name, "keypoints": []})
        return rows[0].id, rows[1].id


def draw(store: Store, person: Person, image: int, category: int, side: float) -> int:
    with store.sent_by("", person).writing() as session:
        fields = {"category_id": category, "segmentation": block(0, 0, side, side)}
        return edits.create_instance(session, image, fields)[1].id


def propose(store: Store, image: int, scores: list[float]) -> list[int]:
    """Proposals of a model that is calibrated to 0.5, each an apple of 50 × 50 pixels."""
    shape: dict[str, Any] = {
        "category_id": 1, "bbox": [0.0, 0.0, 50.0, 50.0], "area": 2500.0, "segmentation": block(0, 0, 50, 50),
        "iscrowd": 0, "keypoints": [], "source": "predicted", "status": "proposed", "model": "m", "threshold": 0.5,
    }  # fmt: skip
    with store.writing() as session:
        row = history.image_for_writing(session, image)
        states = [InstanceState(score=score, **shape) for score in scores]
        return [made.id for made in history.write(session, row, "predict", created=states)]


def review(store: Store, person: Person, image: int, at: float) -> None:
    with store.sent_by("", person).writing() as session:
        edits.set_status(session, image, "reviewed")
    with store.writing() as session:
        session.execute(update(Edit).where(Edit.kind == "status", Edit.image_id == image).values(created=at))


def counted(store: Store, utc_offset: int = 0) -> dict[str, Any]:
    with store.reading() as session:
        return counts_json(session, utc_offset)


def test_objects_are_counted_by_class_origin_and_size(store: Store, images: tuple[int, int]) -> None:
    first, second = images
    draw(store, ANNA, first, 2, 10)
    draw(store, ANNA, second, 2, 96)
    kept, mended, _unsure, _left = propose(store, first, [0.9, 0.8, 0.2, 0.6])
    with store.sent_by("", BERT).writing() as session:
        revision = document_json(session, find_image(session, first))["revision"]
        edits.update_instance(session, first, kept, revision, {"status": "accepted"})
        edits.update_instance(session, first, mended, revision, {"segmentation": block(0, 0, 600, 600)})
    pear, apple = sorted(counted(store)["classes"], key=lambda row: row["name"], reverse=True)
    assert (pear["objects"], pear["drawn"], pear["images"]) == (2, 2, 2)
    assert pear["sizes"] == [1, 0, 0, 0, 1, 0, 0, 0]  # 96 is the first of its size
    told = [apple[key] for key in ("objects", "drawn", "corrected", "confirmed", "proposed", "images")]
    assert told == [2, 0, 1, 1, 1, 1]  # the unsure one does not count
    assert apple["sizes"] == [0, 0, 1, 0, 0, 0, 0, 1]


def test_actions_are_those_of_each_person_an_object_they_wrote(store: Store, images: tuple[int, int]) -> None:
    first, _ = images
    kept = draw(store, ANNA, first, 1, 10)
    gone = draw(store, ANNA, first, 1, 20)
    with store.sent_by("", ANNA).writing() as session:
        revision = document_json(session, find_image(session, first))["revision"]
        edits.update_instance(session, first, kept, revision, {"segmentation": block(5, 5, 10, 10)})
        edits.delete_instance(session, first, gone, revision)
    review(store, BERT, first, NOON)
    anna, bert = counted(store)["people"]
    assert (anna["person"], anna["objects"], anna["actions"], anna["actions_an_object"]) == ("anna", 1, 4, 4.0)
    assert {kind: number for kind, number in anna["kinds"].items() if number} == {"create": 2, "update": 1, "delete": 1}
    assert (bert["person"], bert["objects"], bert["actions"], bert["reviewed"]) == ("bert", 0, 0, 1)
    assert bert["actions_an_object"] is None


def test_a_review_counts_on_the_readers_day_and_no_longer_when_it_is_opened_again(
    store: Store, images: tuple[int, int]
) -> None:
    first, second = images
    review(store, ANNA, first, NOON)
    review(store, BERT, second, NOON)
    reviews = [(row["day"], row["person"], row["images"]) for row in counted(store)["reviews"]]
    assert reviews == [("2026-01-01", "anna", 1), ("2026-01-01", "bert", 1)]
    assert {row["day"] for row in counted(store, utc_offset=13 * 60)["reviews"]} == {"2026-01-02"}
    with store.sent_by("", BERT).writing() as session:
        edits.set_status(session, first, "in_progress")
    assert [row["person"] for row in counted(store)["reviews"]] == ["bert"]
    assert counted(store)["images"] == {"total": 2, "todo": 0, "in_progress": 1, "reviewed": 1}


def test_what_lies_in_the_trash_is_not_counted(client: TestClient, upload: Callable[..., int], category: int) -> None:
    image = upload()
    fields = {"category_id": category, "segmentation": block(0, 0, 20, 20)}
    assert client.post(f"/api/images/{image}/instances", json=fields).status_code == 201
    assert client.get("/api/statistics").json()["classes"][0]["objects"] == 1
    assert client.delete(f"/api/images/{image}").status_code == 200
    told = client.get("/api/statistics").json()
    assert (told["images"]["total"], told["classes"], told["people"]) == (0, [], [])


def test_every_table_is_csv_and_a_class_is_no_formula(store: Store, images: tuple[int, int]) -> None:
    with store.writing() as session:
        formula = create_category(session, {"name": "=1+1", "keypoints": []}).id
    draw(store, ANNA, images[0], formula, 40)
    review(store, BERT, images[0], NOON)
    counts = counted(store)
    tables = {name: list(csv.reader(StringIO(counts_csv(name, counts)))) for name in ("classes", "sizes", "reviews")}
    assert tables["classes"][1] == ["'=1+1", "1", "1", "0", "0", "0", "1"]
    assert tables["sizes"] == [["class", *counts["sizes"]], ["'=1+1", "0", "0", "1", "0", "0", "0", "0", "0"]]
    assert tables["reviews"] == [["day", "person", "images"], ["2026-01-01", "bert", "1"]]
    people = list(csv.DictReader(StringIO(counts_csv("people", counts))))
    assert [row["create"] for row in people] == ["1", "0"]


def test_a_table_is_a_file_to_download(client: TestClient) -> None:
    answer = client.get("/api/statistics/tables/classes")
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'filename="classes.csv"' in answer.headers["content-disposition"]
    assert answer.text == "class,objects,drawn,corrected,confirmed,proposed,images\n"
    refused = client.get("/api/statistics/tables/agreement")
    assert refused.status_code == 422
    assert refused.json()["error"] == "the table agreement is of two people: send first and second"
