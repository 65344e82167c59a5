"""An image that is removed waits in the trash, comes back as it was, or is gone with every trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.finetuning.reviewed_data import reviewed_data
from app.store.database import Store
from app.store.tables import Job
from app.store.turns import LongWriting
from tests.app.conftest import Upload, block, file_bytes, picture

Document = Callable[[int], dict[str, Any]]


def files_in(folder: Path) -> set[str]:
    return {path.name.partition(".")[0] for path in folder.rglob("*") if path.is_file()}


def names(client: TestClient) -> list[str]:
    return [image["file_name"] for image in client.get("/api/images").json()["images"]]


def draw(client: TestClient, image: int, category: int) -> None:
    fields = {"base_revision": 0, "category_id": category, "segmentation": block(10, 10, 20, 20)}
    assert client.post(f"/api/images/{image}/instances", json=fields).status_code == 201


def test_a_removed_image_is_nowhere_and_comes_back_as_it_was(
    client: TestClient, upload: Upload, category: int, document: Document
) -> None:
    first, second = upload(1, "a.png"), upload(2, "b.png")
    draw(client, first, category)
    before = document(first)
    assert client.delete(f"/api/images/{first}").json()["file_name"] == "a.png"
    assert names(client) == ["b.png"]
    assert client.get("/api/images").json()["total"] == 1
    assert client.get(f"/api/images/{first}/document").status_code == 404
    assert client.get(f"/api/images/{first}/file").status_code == 404
    assert client.post(f"/api/images/{first}/undo").status_code == 404
    assert [entry["id"] for entry in client.get("/api/export").json()["images"]] == [second]
    assert [row["image_id"] for row in client.get("/api/trash").json()["images"]] == [first]
    assert client.post(f"/api/trash/{first}/restore").json()["removed"] is None
    assert document(first) == before
    assert client.get("/api/trash").json()["images"] == []


def test_who_adds_a_removed_image_again_has_it_back(client: TestClient, upload: Upload, category: int) -> None:
    image = upload(1, "a.png")
    draw(client, image, category)
    client.delete(f"/api/images/{image}")
    again = client.post("/api/images", files=[("files", ("a.png", file_bytes(picture(1))))]).json()["images"][0]
    assert again["image_id"] == image
    assert len(client.get(f"/api/images/{image}/document").json()["instances"]) == 1


def test_purging_leaves_no_trace_but_what_another_image_needs(
    client: TestClient, upload: Upload, store: Store, category: int
) -> None:
    single, shared, twin = upload(1, "a.png"), upload(2, "b.png"), upload(2, "copy of b.png")
    draw(client, single, category)
    digests = files_in(store.workspace / "images")
    assert len(digests) == 2
    for image in (single, shared):
        client.delete(f"/api/images/{image}")
    with store.writing() as session:
        session.add_all(
            Job(id=number, directory="", state=state, finished=finished)
            for number, state, finished in ((1, "finished", 5.0), (2, "running", None))
        )
    ended, running = (store.workspace / "runs" / number / "images" for number in "12")
    for snapshot in (ended, running):
        snapshot.mkdir(parents=True)
        for digest in digests:
            (snapshot / digest).write_bytes(b"a copy")
    assert sorted(client.delete("/api/trash").json()["purged"]) == [single, shared]
    assert len(files_in(store.workspace / "images")) == len(files_in(store.workspace / "thumbnails")) == 1
    assert (len(files_in(ended)), len(files_in(running))) == (1, 2)
    assert client.get(f"/api/images/{twin}/file").status_code == 200
    assert client.post(f"/api/trash/{single}/restore").status_code == 404
    assert client.delete(f"/api/trash/{single}").status_code == 404
    assert upload(1, "a.png") not in (single, shared, twin)  # ids are never used twice


def test_others_write_while_the_trash_is_emptied_and_what_they_bring_back_stays(
    client: TestClient, upload: Upload, store: Store, category: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [upload(number, f"{number}.png") for number in range(5)]
    other = upload(9, "other.png")
    for image in images:
        client.delete(f"/api/images/{image}")
    monkeypatch.setattr("app.store.trash.PURGED_AT_A_TIME", 2)
    pause, acts = LongWriting.pause, iter([lambda: draw(client, other, category), lambda: restore_last()])

    def restore_last() -> None:
        last_in_line = client.get("/api/trash").json()["images"][-1]["image_id"]
        assert client.post(f"/api/trash/{last_in_line}/restore").status_code == 200

    def pause_and_act(self: LongWriting, **options: bool) -> bool:
        paused = pause(self, **options)
        if options.get("at_once") and (act := next(acts, None)):
            act()
        return paused

    monkeypatch.setattr(LongWriting, "pause", pause_and_act)
    purged = client.delete("/api/trash").json()["purged"]
    (spared,) = set(images) - set(purged)
    assert len(client.get(f"/api/images/{other}/document").json()["instances"]) == 1
    assert client.get(f"/api/images/{spared}/file").status_code == 200
    assert client.get("/api/trash").json()["images"] == []
    assert len(files_in(store.workspace / "images")) == 2


def test_an_image_kept_out_of_training_teaches_nothing(
    client: TestClient, upload: Upload, store: Store, category: int
) -> None:
    kept, excluded, removed = upload(1, "a.png"), upload(2, "b.png"), upload(3, "c.png")
    for image in (kept, excluded, removed):
        draw(client, image, category)
        client.put(f"/api/images/{image}/status", json={"status": "reviewed"})
    answer = client.patch(f"/api/images/{excluded}", json={"excluded": True, "tags": ["dusk", "dusk"]})
    assert answer.json() == {"image_id": excluded, "excluded": True, "tags": ["dusk"]}
    client.delete(f"/api/images/{removed}")
    with store.reading() as session:
        assert [image.id for image in reviewed_data(session, {}).images] == [kept]
    rows = {row["image_id"]: row for row in client.get("/api/images").json()["images"]}
    assert (rows[excluded]["excluded"], rows[excluded]["tags"], rows[kept]["tags"]) == (True, ["dusk"], [])
    exported = {entry["id"]: entry for entry in client.get("/api/export").json()["images"]}
    assert exported[excluded]["tags"] == ["dusk"]
    assert client.patch(f"/api/images/{kept}", json={"width": 3}).status_code == 422
    assert client.patch(f"/api/images/{kept}", content=json.dumps({"tags": [""]})).status_code == 422
