"""The class of a box or a click is that of the accepted objects that look alike, whatever the model in use knows."""

from __future__ import annotations

from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from PIL import Image

from app.store.database import Store
from app.store.documents import find_image
from app.store.image_files import original_path
from tests.app.conftest import block, file_bytes

SIZE = 200
PLACES = [(20, 20), (110, 20), (20, 110), (110, 110)]


def scene(client: TestClient, kinds: list[int], seed: int) -> int:
    """An image of orange discs (0) and striped blue squares (1) in four places."""
    random = np.random.default_rng(seed)
    pixels = random.normal(random.uniform(90, 150), 6, (SIZE, SIZE, 3))
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    for kind, (left, top) in zip(kinds, PLACES, strict=False):
        if kind == 0:
            pixels[np.hypot(columns - left - 35, rows - top - 35) < 35] = (230, 140, 40)
        else:
            inside = (columns > left) & (columns < left + 70) & (rows > top) & (rows < top + 70)
            pixels[inside & (rows % 12 < 6)] = (30, 60, 200)
            pixels[inside & (rows % 12 >= 6)] = (200, 210, 250)
    data = file_bytes(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))
    posted = client.post("/api/images", files=[("files", (f"scene {seed}.png", data))])
    return int(posted.json()["images"][0]["image_id"])


def accept(client: TestClient, image: int, kind: int, place: int, classes: list[int]) -> None:
    left, top = PLACES[place]
    fields: dict[str, Any] = {"category_id": classes[kind], "segmentation": block(left, top, 70, 70)}
    assert client.post(f"/api/images/{image}/instances", json=fields).status_code == 201


def guesses(client: TestClient, image: int, places: list[int]) -> list[dict[str, Any]]:
    boxes = [[left, top, left + 70, top + 70] for left, top in (PLACES[place] for place in places)]
    answer = client.post(f"/api/images/{image}/masks", json={"boxes": boxes})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["instances"])


def test_classes_follow_what_was_accepted(client: TestClient, category: int) -> None:
    plate = int(client.post("/api/categories", json={"name": "plate"}).json()["id"])
    classes = [category, plate]
    first = scene(client, [0, 1, 1, 0], 1)
    for place, kind in enumerate([0, 1, 1, 0]):
        accept(client, first, kind, place, classes)
    second = scene(client, [1, 0, 0, 1], 2)
    found = guesses(client, second, [0, 1, 2, 3])
    assert [one["category_id"] for one in found] == [plate, category, category, plate]
    assert all(one["score"] > 0.5 for one in found)
    names = [row["name"] for row in client.get("/api/categories").json()["categories"]]
    assert names == ["apple", "plate"]  # the model's own class was not brought in
    click = {"points": [[PLACES[1][0] + 35, PLACES[1][1] + 35, 1]]}
    (clicked,) = client.post(f"/api/images/{second}/masks", json=click).json()["instances"]
    assert clicked["category_id"] == category


def test_a_changed_class_changes_what_is_guessed(client: TestClient, category: int) -> None:
    plate = int(client.post("/api/categories", json={"name": "plate"}).json()["id"])
    image = scene(client, [0, 1], 1)
    accept(client, image, 0, 0, [plate, category])  # the wrong way round
    accept(client, image, 1, 1, [plate, category])
    other = scene(client, [0, 1], 3)
    assert [one["category_id"] for one in guesses(client, other, [0, 1])] == [plate, category]
    document = client.get(f"/api/images/{image}/document").json()
    for instance, right in zip(document["instances"], [category, plate], strict=True):
        change = {"base_revision": instance["revision"], "category_id": right}
        assert client.put(f"/api/images/{image}/instances/{instance['id']}", json=change).status_code == 200
    assert [one["category_id"] for one in guesses(client, other, [0, 1])] == [category, plate]


def test_an_image_that_cannot_be_read_costs_its_examples_alone(client: TestClient, store: Store, category: int) -> None:
    plate = int(client.post("/api/categories", json={"name": "plate"}).json()["id"])
    classes = [category, plate]
    lost, good, other = scene(client, [0, 1], 1), scene(client, [0, 1], 2), scene(client, [1, 0], 3)
    for image in (lost, good):
        accept(client, image, 0, 0, classes)
        accept(client, image, 1, 1, classes)
    with store.reading() as session:
        sha256 = find_image(session, lost).sha256
    original_path(store.workspace, sha256).unlink()
    assert [one["category_id"] for one in guesses(client, other, [0, 1])] == [plate, category]


def test_boxes_without_a_mask_are_no_examples(client: TestClient, category: int) -> None:
    image = scene(client, [0, 1], 1)
    fields = {"category_id": category, "bbox": [20, 20, 70, 70]}
    assert client.post(f"/api/images/{image}/instances", json=fields).status_code == 201
    names = {row["id"]: row["name"] for row in client.get("/api/categories").json()["categories"]}
    (found,) = guesses(client, image, [1])
    names |= {row["id"]: row["name"] for row in client.get("/api/categories").json()["categories"]}
    assert names[found["category_id"]] == "unicorn"  # what the model says
