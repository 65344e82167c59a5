"""An import says how far it is while it runs, and lets go of what it has stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.exchange.brought_objects import BroughtObjects
from app.exchange.progress import GoingImports
from tests.app.conftest import Upload, block


def data_of(images: int, objects: int) -> dict[str, Any]:
    return {
        "images": [{"id": number, "file_name": f"{number}.png"} for number in range(1, images + 1)],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [
            {"id": number, "image_id": 1 + number % images, "category_id": 1, "segmentation": block(number, 5, 9, 9)}
            for number in range(1, objects + 1)
        ],
    }


def test_the_going_imports_say_what_they_do_and_how_much_of_it_is_done(
    client: TestClient, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        upload(number, f"{number}.png")
    seen: list[Any] = []
    write = BroughtObjects.write

    def look_and_write(self: BroughtObjects, *arguments: Any) -> None:
        seen.extend(client.get("/api/imports").json()["imports"])
        write(self, *arguments)

    monkeypatch.setattr(BroughtObjects, "write", look_and_write)
    answer = client.post("/api/import?progress=mine", json=data_of(3, 6))
    assert answer.json()["annotations"] == 6
    assert [(one["key"], one["done"], one["total"]) for one in seen] == [("mine", done, 3) for done in (0, 1, 2)]
    assert {one["stage"] for one in seen} == {"storing objects, image by image"}
    assert client.get("/api/imports").json() == {"imports": []}


def test_an_import_that_fails_is_no_longer_going(client: TestClient) -> None:
    assert client.post("/api/import?progress=mine", content=b"{").status_code == 422
    assert client.get("/api/imports").json() == {"imports": []}


def test_stages_count_what_they_go_through() -> None:
    going = GoingImports()
    with going.one("a") as first, going.one("b"):
        for place, _ in enumerate(first.over("reading", ["x", "y"])):
            assert going.shown()[0].items() >= {"key": "a", "stage": "reading", "done": place, "total": 2}.items()
        assert [(one["key"], one["done"]) for one in going.shown()] == [("a", 2), ("b", 0)]
        list(first.over("of unknown length", iter("xyz")))
        assert (going.shown()[0]["done"], going.shown()[0]["total"]) == (3, None)
    assert going.shown() == []


def test_two_entries_of_a_file_that_mean_one_image_replace_nothing_of_each_other(
    client: TestClient, upload: Upload
) -> None:
    image = upload(1, "a.png")
    data = data_of(2, 2)
    data["images"] = [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "./a.png"}]
    answer = client.post("/api/import?mode=replace", content=json.dumps(data)).json()
    found = client.get(f"/api/images/{image}/document").json()["instances"]
    assert (answer["annotations"], len(found)) == (2, 2), answer
