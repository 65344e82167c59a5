"""The store on PostgreSQL. Needs a server: MASKLOOP_TEST_POSTGRESQL is the URL of an empty database."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete

from app.server import create_app
from app.store.database import Store
from app.store.tables import Base, Image
from tests.app.conftest import block, file_bytes, picture

URL = os.environ.get("MASKLOOP_TEST_POSTGRESQL", "")
pytestmark = pytest.mark.skipif(not URL, reason="MASKLOOP_TEST_POSTGRESQL is not set to the URL of an empty database")


@pytest.fixture
def client(tmp_path: Path, tiny_model: Path) -> Iterator[TestClient]:
    store = Store(tmp_path / "workspace", URL)
    app = create_app(store, model=str(tiny_model), device="cpu", with_page=False, load_at_once=False)
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        yield client
    Base.metadata.drop_all(store.engine)
    store.close()


def test_the_whole_of_it(client: TestClient) -> None:
    """Upload, classes, edits, conflict, undo, redo, prediction, review, export and import."""
    images = [
        client.post("/api/images", files=[("files", (f"{name}.png", file_bytes(picture(seed))))]).json()["images"][0]
        for seed, name in enumerate("bca")
    ]
    first, second = images[0]["image_id"], images[1]["image_id"]
    category = client.post("/api/categories", json={"name": "apple", "keypoints": ["stem"]}).json()["id"]
    url = f"/api/images/{first}/instances"
    for step in range(5):
        fields = {"category_id": category, "segmentation": block(step, step, 10, 10), "keypoints": [5, 5, 2]}
        assert client.post(url, json=fields).status_code == 201
    instance = client.get(f"/api/images/{first}/document").json()["instances"][0]["id"]
    change = {"base_revision": 1, "segmentation": block(30, 3, 10, 10)}
    assert client.put(f"{url}/{instance}", json=change).json()["revision"] == 6
    assert client.put(f"{url}/{instance}", json=change).status_code == 409
    assert client.delete(f"{url}/{instance}?base_revision=6").status_code == 200
    assert client.put(f"{url}/{instance}", json=change).json()["instance"] is None
    for count in (5, 5, 4):
        assert len(client.post(f"/api/images/{first}/undo").json()["instances"]) == count
    for count in (5, 5, 4):
        assert len(client.post(f"/api/images/{first}/redo").json()["instances"]) == count
    assert client.post(f"/api/images/{second}/predict", json={"score_threshold": 0}).json()["instances"]
    by_uncertainty = client.get("/api/images?order=uncertainty").json()["images"]
    assert [image["image_id"] for image in by_uncertainty] == [second, first, images[2]["image_id"]]
    names: list[str] = []
    cursor: str | None = None
    while True:
        query: dict[str, Any] = {"order": "file_name", "limit": 1, **({"cursor": cursor} if cursor else {})}
        page = client.get("/api/images", params=query).json()
        names += [image["file_name"] for image in page["images"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert names == ["a.png", "b.png", "c.png"]
    assert client.put(f"/api/categories/{category}", json={"keypoints": ["a", "b"]}).status_code == 409
    assert client.delete(f"/api/categories/{category}").status_code == 409
    assert client.put(f"/api/images/{second}/status", json={"status": "reviewed"}).status_code == 200
    exported = client.get("/api/export")
    assert exported.status_code == 200
    again = client.post("/api/import", json=exported.json()).json()
    assert (again["annotations"], again["errors"]) == (0, [])


def test_writers_wait_for_each_other(client: TestClient) -> None:
    files = [("files", ("a.png", file_bytes(picture(1))))]
    image = client.post("/api/images", files=files).json()["images"][0]["image_id"]
    category = client.post("/api/categories", json={"name": "apple"}).json()["id"]
    statuses: list[int] = []

    def draw() -> None:
        for step in range(10):
            fields = {"category_id": category, "segmentation": block(step, step, 10, 10)}
            statuses.append(client.post(f"/api/images/{image}/instances", json=fields).status_code)

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 40
    document = client.get(f"/api/images/{image}/document").json()
    assert document["revision"] == len(document["instances"]) == 40


def test_what_is_drawn_while_its_class_is_merged_has_a_class_that_is_there(client: TestClient) -> None:
    images = [
        client.post("/api/images", files=[("files", (f"{seed}.png", file_bytes(picture(seed))))]).json()["images"][0]
        for seed in range(4)
    ]
    dog = client.post("/api/categories", json={"name": "dog"}).json()["id"]
    for turn in range(8):
        pug = client.post("/api/categories", json={"name": f"pug {turn}"}).json()["id"]
        statuses: list[int] = []

        def draw(image_id: int, category: int = pug, statuses: list[int] = statuses) -> None:
            for step in range(8):
                fields = {"category_id": category, "segmentation": block(step, step, 10, 10)}
                statuses.append(client.post(f"/api/images/{image_id}/instances", json=fields).status_code)

        threads = [threading.Thread(target=draw, args=(image["image_id"],)) for image in images]
        for thread in threads:
            thread.start()
        answer = client.post(f"/api/categories/{pug}/merge", json={"into": dog})
        assert answer.status_code == 200, answer.json()
        for thread in threads:
            thread.join()
        assert set(statuses) <= {201, 422}
        documents = [client.get(f"/api/images/{image['image_id']}/document").json() for image in images]
        assert {row["category_id"] for document in documents for row in document["instances"]} <= {dog}


def test_an_image_is_brought_back_or_gone_where_both_are_asked_for_at_once(client: TestClient) -> None:
    files = [("files", (f"{seed}.png", file_bytes(picture(seed)))) for seed in range(60)]
    images = [image["image_id"] for image in client.post("/api/images", files=files).json()["images"]]
    client.patch("/api/images", json={"image_ids": images, "removed": True})
    emptied: list[int] = []
    emptying = threading.Thread(target=lambda: emptied.append(client.delete("/api/trash").status_code))
    emptying.start()
    answers = {image: client.post(f"/api/trash/{image}/restore").status_code for image in images}
    emptying.join()
    assert emptied == [200]
    assert set(answers.values()) <= {200, 404}
    back = {image for image, status in answers.items() if status == 200}
    assert {image["image_id"] for image in client.get("/api/images").json()["images"]} == back
    assert all(client.get(f"/api/images/{image}/file").status_code == 200 for image in back)


def test_what_was_deleted_since_it_was_read_is_a_conflict(client: TestClient) -> None:
    image = client.post("/api/images", files=[("files", ("a.png", file_bytes(picture(1))))]).json()["images"][0]
    store: Store = client.app.state.store  # type: ignore[attr-defined]
    answers: list[int] = []

    def tag() -> None:
        answers.append(client.patch(f"/api/images/{image['image_id']}", json={"tags": ["x"]}).status_code)

    tagging = threading.Thread(target=tag)
    with store.writing() as session:
        session.execute(delete(Image).where(Image.id == image["image_id"]))
        tagging.start()  # it reads the image, and waits for this to end
        time.sleep(1.0)
    tagging.join()
    assert answers == [409]
