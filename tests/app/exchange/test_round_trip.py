"""Export → import, into an empty workspace and into the same one, changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.server import create_app
from app.store.database import Store
from core.masks import encode_rle
from tests.app.conftest import HEIGHT, WIDTH, Upload, block, file_bytes, picture

HOLE = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
HOLE[10:50, 20:80] = 1
HOLE[20:40, 40:60] = 0
BIG = 2**63

DATA: dict[str, Any] = {
    "licenses": [{"id": 3, "name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}],
    "images": [
        {"id": BIG, "file_name": "train/a.png", "width": WIDTH, "height": HEIGHT, "license": 3, "tags": ["dusk"]},
        {"id": 8, "file_name": "val/a.png", "width": WIDTH, "height": HEIGHT, "not_exhaustive_category_ids": [BIG + 1]},
    ],
    "categories": [
        {"id": BIG + 1, "name": "dog", "keypoints": ["nose", "tail"], "skeleton": [[1, 2]], "trainId": 4},
        {"id": 90, "name": "Größe ½", "supercategory": "thing"},
    ],
    "annotations": [
        {"id": BIG + 2, "image_id": BIG, "category_id": BIG + 1, "segmentation": block(10, 10, 20, 20), "iscrowd": 0,
         "keypoints": [12, 12, 2, 0, 0, 0], "num_keypoints": 1, "attributes": {"occluded": True, "age": 3},
         "author": "Ada Lovelace"},
        {"id": 2, "image_id": BIG, "category_id": 90, "segmentation": encode_rle(HOLE), "iscrowd": 0, "note": "a hole",
         "author": {"id": 7, "email": "ada@example.org"}},
        {"id": 3, "image_id": BIG, "category_id": 90, "segmentation": [], "bbox": [90, 5, 10.5, 7], "iscrowd": 0},
        {"id": 4, "image_id": 8, "category_id": 90, "segmentation": encode_rle(HOLE), "iscrowd": 1},
        {"id": 5, "image_id": 8, "category_id": 90, "segmentation": block(1, 1, 9, 9), "iscrowd": 0, "score": 0.25,
         "source": "predicted", "model": "other 2"},
        {"id": 6, "image_id": 8, "category_id": 90, "segmentation": block(30, 1, 9, 9), "iscrowd": 0, "score": 0.75,
         "source": "predicted", "status": "accepted"},
        {"id": 7, "image_id": 8, "category_id": 90, "segmentation": block(60, 1, 9, 9), "iscrowd": 0,
         "source": "edited", "attributes": {"group_id": 4, "z_order": 2}},
    ],
}  # fmt: skip


def imported(client: TestClient, data: dict[str, Any] | bytes, **query: Any) -> dict[str, Any]:
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    files = [("files", ("a.json", content))]
    for seed, name in enumerate(("train/a.png", "val/a.png")):
        files.append(("files", (name, file_bytes(picture(seed)))))
    answer = client.post("/api/import", files=files, params=query)
    assert answer.status_code == 200
    return answer.json()  # type: ignore[no-any-return]


@pytest.fixture
def filled(client: TestClient) -> TestClient:
    answer = imported(client, DATA)
    assert answer["errors"] == []
    assert answer["annotations"] == 7
    return client


def test_an_export_says_all_that_the_file_said(filled: TestClient) -> None:
    exported = filled.get("/api/export").json()
    assert {c["id"]: c["name"] for c in exported["categories"]} == {BIG + 1: "dog", 90: "Größe ½"}
    assert exported["licenses"] == DATA["licenses"]
    assert exported["images"][0].items() >= {"id": BIG, "license": 3, "tags": ["dusk"]}.items()
    assert exported["images"][1]["not_exhaustive_category_ids"] == [BIG + 1]
    first, hole, box, crowd, proposal, accepted, edited = exported["annotations"]
    assert first.items() >= {"id": BIG + 2, "image_id": BIG, "category_id": BIG + 1}.items()
    assert (first["attributes"], hole["note"]) == ({"occluded": True, "age": 3}, "a hole")
    assert edited["attributes"] == {"group_id": 4, "z_order": 2}  # the editor's groups, and what lies on top
    assert (first["author"], hole["author"]) == ("Ada Lovelace", {"id": 7, "email": "ada@example.org"})
    assert not {"author"} & {*box, *crowd, *proposal, *accepted, *edited}
    assert (hole["segmentation"], crowd["iscrowd"], box["bbox"]) == (encode_rle(HOLE), 1, [90, 5, 10.5, 7])
    assert proposal.items() >= {"source": "predicted", "status": "proposed", "score": 0.25, "model": "other 2"}.items()
    assert (accepted["status"], edited["source"]) == ("accepted", "edited")


def test_importing_the_export_changes_nothing(filled: TestClient) -> None:
    before = filled.get("/api/export").content
    answer = imported(filled, before)
    assert (answer["annotations"], answer["already_there"], answer["errors"]) == (0, 7, [])
    assert filled.get("/api/export").content == before


def test_an_empty_workspace_becomes_the_same(filled: TestClient, tmp_path: Path, tiny_model: Path) -> None:
    before = filled.get("/api/export").json()
    store = Store(tmp_path / "other")
    app = create_app(store, model=str(tiny_model), device="cpu", with_page=False, load_at_once=False)
    with TestClient(app, base_url="http://127.0.0.1:7860") as other:
        assert imported(other, json.dumps(before).encode())["errors"] == []
        after = other.get("/api/export").json()
    assert after == before
    store.close()


def test_an_object_is_its_last_authors_and_undo_gives_it_back(filled: TestClient) -> None:
    image = filled.get("/api/images").json()["images"][0]["image_id"]

    def authors() -> list[Any]:
        return [entry.get("author") for entry in filled.get(f"/api/export?image_id={image}").json()["annotations"]]

    for row in filled.get(f"/api/images/{image}/document").json()["instances"][:2]:
        change = {"base_revision": row["revision"], "segmentation": block(11, 11, 20, 20)}
        assert filled.put(f"/api/images/{image}/instances/{row['id']}", json=change).is_success
    assert authors() == ["owner", "owner", None]
    filled.post(f"/api/images/{image}/undo")
    filled.post(f"/api/images/{image}/undo")
    assert authors() == ["Ada Lovelace", {"id": 7, "email": "ada@example.org"}, None]
    filled.post(f"/api/images/{image}/undo")
    assert authors() == []
    filled.post(f"/api/images/{image}/redo")
    assert authors() == ["Ada Lovelace", {"id": 7, "email": "ada@example.org"}, None]


@pytest.mark.parametrize("author", ["", " Ada", "Ada\n", "a" * 101, 7, None, ["Ada"]])
def test_an_author_that_is_no_name_travels_on_as_it_is(client: TestClient, upload: Upload, author: Any) -> None:
    upload(1, "a.png")
    data = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "segmentation": block(5, 5, 9, 9), "author": author}
        ],
    }
    assert client.post("/api/import", json=data).json()["errors"] == []
    (entry,) = client.get("/api/export").json()["annotations"]
    assert entry["author"] == author


def test_two_files_that_number_their_licences_alike_keep_both(client: TestClient, upload: Upload) -> None:
    names = []
    for number, name in enumerate(("CC BY 4.0", "CC0", "CC BY 4.0")):
        upload(number, f"{number}.png")
        data = {
            "licenses": [{"id": "1", "name": name}, 7, {"id": 2}],
            "images": [{"id": 1, "file_name": f"{number}.png", "license": 1}],
            "categories": [],
            "annotations": [],
        }
        assert client.post("/api/import", content=json.dumps(data)).is_success
        exported = client.get("/api/export").json()
        names = [next(x["name"] for x in exported["licenses"] if x["id"] == i["license"]) for i in exported["images"]]
    assert names == ["CC BY 4.0", "CC0", "CC BY 4.0"]
    assert len(exported["licenses"]) == 2


def test_an_id_that_two_files_use_for_two_things_does_not_stop_the_export(client: TestClient, upload: Upload) -> None:
    upload(1, "a.png")
    for number, name in enumerate(("dog", "cat")):
        data = {
            "images": [{"id": 1, "file_name": "a.png"}],
            "categories": [{"id": BIG, "name": name}],
            "annotations": [
                {"id": BIG, "image_id": 1, "category_id": BIG, "segmentation": block(5 + 30 * number, 5, 9, 9)}
            ],
        }
        answer = client.post("/api/import", files=[("files", (f"{name}.json", json.dumps(data).encode()))])
        assert answer.json()["annotations"] == 1
    exported = client.get("/api/export")
    assert exported.status_code == 200
    names = {entry["id"]: entry["name"] for entry in exported.json()["categories"]}
    assert [names[entry["category_id"]] for entry in exported.json()["annotations"]] == ["dog", "cat"]


@pytest.mark.parametrize(("mode", "left"), [("add", 4), ("merge", 3), ("replace", 1)])
def test_a_file_that_changed_is_added_merged_or_put_in_place(
    client: TestClient, upload: Upload, mode: str, left: int
) -> None:
    image = upload(1, "a.png")

    def objects(*annotations: dict[str, Any]) -> bytes:
        images = [{"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}]
        categories = [{"id": 1, "name": "cell"}]
        return json.dumps({"images": images, "categories": categories, "annotations": annotations}).encode()

    def one(number: int, x: int) -> dict[str, Any]:
        return {"id": number, "image_id": 1, "category_id": 1, "segmentation": block(x, 5, 9, 9)}

    def post(content: bytes, **query: str) -> dict[str, Any]:
        answer = client.post("/api/import", files=[("files", ("mine.json", content))], params=query)
        return answer.json()  # type: ignore[no-any-return]

    post(objects(one(1, 5), one(2, 30)))
    document = client.get(f"/api/images/{image}/document").json()
    drawn = {"base_revision": document["revision"], "category_id": 1, "segmentation": block(60, 5, 9, 9)}
    assert client.post(f"/api/images/{image}/instances", json=drawn).status_code == 201
    post(objects(one(1, 9)), mode=mode)  # the first one has moved, the second is gone
    rows = client.get(f"/api/images/{image}/document").json()["instances"]
    assert len(rows) == left
    assert [9.0, 5.0, 9.0, 9.0] in [row["bbox"] for row in rows]
    client.post(f"/api/images/{image}/undo")
    assert len(client.get(f"/api/images/{image}/document").json()["instances"]) == 3


def test_another_file_of_the_same_name_and_ids_replaces_nothing(client: TestClient, upload: Upload) -> None:
    image = upload(1, "a.png")
    for x in (5, 60):
        data = {
            "images": [{"id": 1, "file_name": "a.png"}],
            "categories": [{"id": 1, "name": "cell"}],
            "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": block(x, 5, 9, 9)}],
        }
        client.post("/api/import", files=[("files", ("instances_default.json", json.dumps(data).encode()))])
    rows = client.get(f"/api/images/{image}/document").json()["instances"]
    assert [row["bbox"][0] for row in rows] == [5, 60]


def test_an_object_that_a_person_edited_since_is_kept_as_it_is(client: TestClient, upload: Upload) -> None:
    image = upload(1, "picture 1.png")
    data = {
        "images": [{"id": 1, "file_name": "picture 1.png"}],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": block(5, 5, 9, 9)}],
    }
    body = json.dumps(data).encode()
    client.post("/api/import", files=[("files", ("mine.json", body))])
    (row,) = client.get(f"/api/images/{image}/document").json()["instances"]
    change = {"base_revision": row["revision"], "segmentation": block(40, 5, 9, 9)}
    assert client.put(f"/api/images/{image}/instances/{row['id']}", json=change).status_code == 200
    client.post("/api/import", files=[("files", ("mine.json", body))])
    (row,) = client.get(f"/api/images/{image}/document").json()["instances"]
    assert row["bbox"] == [40, 5, 9, 9]


@pytest.mark.parametrize(
    ("taken_back", "mode", "there"), [(0, "merge", 1), (0, "add", 2), (1, "merge", 2), (2, "merge", 2)]
)
def test_what_a_person_deleted_does_not_come_back_with_the_same_file(
    client: TestClient, upload: Upload, taken_back: int, mode: str, there: int
) -> None:
    image = upload(1, "a.png")
    data = {
        "images": [{"id": 1, "file_name": "a.png"}],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [
            {"id": number, "image_id": 1, "category_id": 1, "segmentation": block(30 * number, 5, 9, 9)}
            for number in (1, 2)
        ],
    }
    files = [("files", ("mine.json", json.dumps(data).encode()))]
    client.post("/api/import", files=files)
    first = client.get(f"/api/images/{image}/document").json()["instances"][0]
    path = f"/api/images/{image}/instances/{first['id']}"
    assert client.delete(path, params={"base_revision": first["revision"]}).is_success
    for _ in range(taken_back):  # the deletion, then the import
        client.post(f"/api/images/{image}/undo")
    answer = client.post("/api/import", files=files, params={"mode": mode}).json()
    document = client.get(f"/api/images/{image}/document").json()
    assert len(document["instances"]) == there
    assert document["image"]["status"] == "reviewed"
    assert any("deleted here since" in note for note in answer.get("notes", [])) == (there == 1)


def test_an_image_without_objects_in_the_file_is_reviewed_only_when_asked(client: TestClient, upload: Upload) -> None:
    image = upload(1, "picture 1.png")
    data = json.dumps({"images": [{"id": 1, "file_name": "picture 1.png"}], "categories": [], "annotations": []})
    answer = client.post("/api/import", files=[("files", ("mine.json", data.encode()))])
    assert "have no object in the file" in answer.json()["notes"][0]
    assert client.get(f"/api/images/{image}/document").json()["image"]["status"] == "todo"
    client.post("/api/import?empty_images=true", files=[("files", ("mine.json", data.encode()))])
    assert client.get(f"/api/images/{image}/document").json()["image"]["status"] == "reviewed"
