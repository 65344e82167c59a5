"""Classes are merged and removed with nothing lost; those that a model brings stay suggestions until accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.store import turns
from app.store.categories import category_for_model, category_named
from app.store.database import Store
from app.store.editing.predictions import replace_predictions
from tests.app.conftest import Upload, block

Document = Callable[[int], dict[str, Any]]


def draw(client: TestClient, image: int, category: int, x: int = 10, **fields: Any) -> int:
    body = {"base_revision": 0, "category_id": category, "segmentation": block(x, 10, 9, 9), **fields}
    answer = client.post(f"/api/images/{image}/instances", json=body)
    assert answer.status_code == 201, answer.json()
    return answer.json()["instance"]["id"]  # type: ignore[no-any-return]


def classes(client: TestClient) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in client.get("/api/categories").json()["categories"]}


def make(client: TestClient, name: str, **fields: Any) -> int:
    return client.post("/api/categories", json={"name": name, **fields}).json()["id"]  # type: ignore[no-any-return]


def test_objects_of_a_merged_class_have_the_other_and_undo_keeps_working(
    client: TestClient, upload: Upload, document: Document
) -> None:
    pug, dog = make(client, "pug"), make(client, "dog")
    first, second = upload(1), upload(2)
    draw(client, first, pug)
    draw(client, second, pug)
    assert client.post(f"/api/categories/{pug}/merge", json={"into": dog}).json() == {"instances": 2}
    assert list(classes(client)) == ["dog"]
    assert [row["category_id"] for row in document(first)["instances"]] == [dog]
    client.post(f"/api/images/{first}/undo")  # takes back the merge on this image: the class is gone all the same
    assert [row["category_id"] for row in document(first)["instances"]] == [dog]
    client.post(f"/api/images/{first}/undo")
    client.post(f"/api/images/{first}/redo")
    assert [row["category_id"] for row in document(first)["instances"]] == [dog]
    assert make(client, "pug") not in (pug, dog)  # the name is free again
    assert client.post(f"/api/categories/{dog}/merge", json={"into": dog}).status_code == 422
    assert client.post(f"/api/categories/{pug}/merge", json={"into": dog}).status_code == 404


def test_others_draw_while_classes_are_merged_and_what_they_draw_is_merged_too(
    client: TestClient, upload: Upload, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    pug, dog = make(client, "pug"), make(client, "dog")
    images = [upload(seed) for seed in range(4)]
    drawn = [draw(client, image, pug) for image in images]
    for name in ("TURN", "ALONE", "UNSEEN"):
        monkeypatch.setattr(turns, name, 0.0)
    pause, deeds = turns.LongWriting.pause, iter(range(2))

    def pause_and_act(self: turns.LongWriting, **options: bool) -> bool:
        assert pause(self, **options)
        deed = next(deeds, None)
        if deed == 0:  # on an image that was merged, and on one that was not
            draw(client, images[0], pug, 30)
            assert client.delete(f"/api/images/{images[3]}/instances/{drawn[3]}?base_revision=9").status_code == 409
            draw(client, images[3], pug, 30)
        elif deed == 1:
            assert client.delete(f"/api/images/{images[2]}/instances/{drawn[2]}?base_revision=1").status_code == 200
        return True

    monkeypatch.setattr(turns.LongWriting, "pause", pause_and_act)
    merged = client.post(f"/api/categories/{pug}/merge", json={"into": dog}).json()
    found = [[row["category_id"] for row in document(image)["instances"]] for image in images]
    assert found == [[dog, dog], [dog], [], [dog, dog]]
    assert merged == {"instances": 5}
    assert list(classes(client)) == ["dog"]
    client.post(f"/api/images/{images[2]}/undo")
    assert [row["category_id"] for row in document(images[2])["instances"]] == [dog]


def test_keypoints_that_would_not_fit_stop_a_merge(client: TestClient, upload: Upload) -> None:
    cat, dog = make(client, "cat", keypoints=["nose"]), make(client, "dog")
    draw(client, upload(1), cat, keypoints=[11, 11, 2])
    answer = client.post(f"/api/categories/{cat}/merge", json={"into": dog})
    assert answer.status_code == 409
    assert "keypoints" in answer.json()["error"]


def test_a_class_that_only_histories_name_can_be_removed_and_undo_brings_it_back(
    client: TestClient, upload: Upload, document: Document
) -> None:
    cat = make(client, "cat")
    image = upload(1)
    drawn = draw(client, image, cat)
    assert client.delete(f"/api/categories/{cat}").status_code == 409
    assert client.delete(f"/api/images/{image}/instances/{drawn}?base_revision=1").status_code == 200
    assert client.delete(f"/api/categories/{cat}").status_code == 204
    assert classes(client) == {}
    bad = {"base_revision": 2, "category_id": cat, "segmentation": block(1, 1, 9, 9)}
    assert client.post(f"/api/images/{image}/instances", json=bad).status_code == 422
    client.post(f"/api/images/{image}/undo")
    assert [row["category_id"] for row in document(image)["instances"]] == [cat]
    assert list(classes(client)) == ["cat"]


def test_a_class_of_a_model_is_suggested_until_a_person_accepts_an_object_of_it(
    client: TestClient, store: Store, upload: Upload
) -> None:
    image = upload(1)
    with store.writing() as session:
        category = category_for_model(session, {"name": "blob"})
        prediction = {"category_id": category.id, "segmentation": block(60, 10, 20, 20), "score": 0.8}
        replace_predictions(session, image, [prediction], "model")
        number = category.id
    assert classes(client)["blob"]["suggested"] is True
    assert client.post(f"/api/images/{image}/accept", json={}).status_code == 200
    assert "suggested" not in classes(client)["blob"]
    assert [row["category_id"] for row in client.get("/api/export").json()["annotations"]] == [number]


def test_a_suggested_class_comes_to_the_end_of_the_list_and_moves_no_key(
    client: TestClient, store: Store, upload: Upload, document: Document
) -> None:
    image = upload(1)
    with store.writing() as session:
        dog, cup = (category_for_model(session, {"name": name}).id for name in ("dog", "cup"))
        found = [{"category_id": dog, "segmentation": block(60, 10, 20, 20), "score": 0.8}]
        replace_predictions(session, image, found, "model")
    make(client, "bag")
    assert client.post(f"/api/images/{image}/accept", json={}).status_code == 200
    make(client, "hat")
    assert client.put(f"/api/categories/{cup}", json={"color": "#123456"}).status_code == 200
    places = {name: row["position"] for name, row in classes(client).items()}
    assert sorted(places, key=lambda name: places[name]) == ["bag", "dog", "hat", "cup"]


def test_who_makes_a_suggested_class_has_it(client: TestClient, store: Store) -> None:
    with store.writing() as session:
        number = category_for_model(session, {"name": "blob"}).id
    made = client.post("/api/categories", json={"name": "blob", "color": "#123456"})
    assert (made.status_code, made.json()["id"], made.json()["color"]) == (201, number, "#123456")
    assert client.post("/api/categories", json={"name": "blob"}).status_code == 409


def test_a_renamed_or_merged_class_is_still_what_the_model_means(client: TestClient, store: Store) -> None:
    blob, ring, wheel = make(client, "blob"), make(client, "ring"), make(client, "wheel")
    client.put(f"/api/categories/{blob}", json={"name": "windscreen"})
    client.post(f"/api/categories/{ring}/merge", json={"into": wheel})
    with store.writing() as session:
        assert category_for_model(session, {"name": "blob"}).id == blob
        assert category_for_model(session, {"name": "ring"}).id == wheel
        assert category_named(session, "blob") is None
