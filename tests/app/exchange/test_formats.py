"""Every format goes out and comes in again through the routes, with the images or onto those that are here."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.store.database import Store
from core.formats import FORMATS
from core.masks import rle_iou, segmentation_to_rle
from tests.app.conftest import HEIGHT, WIDTH, block, file_bytes, picture

OUTLINES = {"a b.png": [block(10, 10, 20, 20), [[40, 10, 60, 12, 58, 40]]], "é.png": [block(70, 30, 15, 9)]}
try:
    import pyarrow  # noqa: F401
except ModuleNotFoundError:
    WRITABLE = set(FORMATS) - {"parquet"}
else:
    WRITABLE = set(FORMATS)
# A results list has neither classes nor images: it goes with the COCO file that it was made from.
WHOLE = sorted(WRITABLE - {"coco-results"})
BOXES_ALONE = {name for name in FORMATS if name.endswith(("-box", "-pose"))}


def data_set() -> dict[str, Any]:
    images = [
        {"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT} for number, name in enumerate(OUTLINES, 1)
    ]
    annotations = [
        {"image_id": number, "category_id": 1 + place, "segmentation": outline, "iscrowd": 0}
        for number, outlines in enumerate(OUTLINES.values(), start=1)
        for place, outline in enumerate(outlines)
    ]
    categories = [{"id": 1, "name": "cell"}, {"id": 2, "name": "bud"}]
    return {"images": images, "categories": categories, "annotations": annotations}


@pytest.fixture
def filled(client: TestClient) -> TestClient:
    files: list[Any] = [("files", (name, file_bytes(picture(seed)))) for seed, name in enumerate(OUTLINES)]
    files.append(("files", ("a.json", json.dumps(data_set()).encode())))
    assert client.post("/api/import", files=files).json()["annotations"] == 3
    return client


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_exported_can_be_imported(filled: TestClient, store: Store, tmp_path: Any, name: str) -> None:
    from app.server import create_app

    exported = filled.get("/api/export", params={"format": name, "images": "true"})
    assert exported.status_code == 200
    other = Store(tmp_path / "other")
    app = create_app(other, model="starter", device="cpu", with_page=False, load_at_once=False)
    with TestClient(app, base_url="http://127.0.0.1:7860") as client:
        answer = client.post("/api/import", files=[("files", ("export.zip", exported.content))])
        assert answer.status_code == 200, answer.json()
        again = client.get("/api/export").json()
    other.close()
    assert sorted(image["file_name"].split("/")[-1] for image in again["images"]) == sorted(OUTLINES)
    if name.endswith("-pose"):
        return  # these objects have no keypoints
    assert len(again["annotations"]) == 3
    before = [outline for outlines in OUTLINES.values() for outline in outlines]
    for outline, entry in zip(before, again["annotations"], strict=True):
        if name not in BOXES_ALONE:
            masks = (segmentation_to_rle(mask, HEIGHT, WIDTH) for mask in (outline, entry["segmentation"]))
            assert rle_iou(*masks) == 1
    assert {category["name"] for category in again["categories"]} == {"cell", "bud"}


@pytest.mark.parametrize("name", sorted(set(WHOLE) - BOXES_ALONE - {"coco"}))
def test_annotations_alone_find_the_images_that_are_here(filled: TestClient, name: str) -> None:
    exported = filled.get("/api/export", params={"format": name})
    answer = filled.post("/api/import", files=[("files", ("export.zip", exported.content))]).json()
    assert (answer.get("annotations"), answer.get("already_there")) == (0, 3), answer


def test_what_a_format_cannot_carry_is_listed_in_the_archive(filled: TestClient) -> None:
    content = filled.get("/api/export", params={"format": "yolo-box"}).content
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert "NOT IN THIS FORMAT.txt" in names


def test_an_export_chooses_images_and_classes(filled: TestClient) -> None:
    exported = filled.get("/api/export", params={"category_id": [2], "image_id": [1]}).json()
    assert [category["name"] for category in exported["categories"]] == ["bud"]
    assert [(entry["image_id"], entry["category_id"]) for entry in exported["annotations"]] == [(1, 2)]
    answer = filled.get("/api/export", params={"format": "pdf"})
    assert answer.status_code == 422
    assert "there is no format 'pdf'" in answer.json()["error"]


def test_a_results_list_comes_as_proposals_on_the_images_of_the_export(filled: TestClient) -> None:
    exported = filled.get("/api/export").json()
    image, category = exported["images"][0]["id"], exported["categories"][0]["id"]
    results = [{"image_id": image, "category_id": category, "bbox": [80, 40, 9, 9], "score": 0.7}]
    answer = filled.post("/api/import?model=mine", files=[("files", ("results.json", json.dumps(results).encode()))])
    assert answer.json()["annotations"] == 1
    rows = filled.get(f"/api/images/{image}/document").json()["instances"]
    assert (rows[-1]["source"], rows[-1]["status"], rows[-1]["score"]) == ("predicted", "proposed", 0.7)
    assert rows[-1]["model"] == "mine"


@pytest.mark.skipif("parquet" in WRITABLE, reason="pyarrow is installed")
def test_a_format_that_lacks_its_package_says_so(filled: TestClient) -> None:
    answer = filled.get("/api/export", params={"format": "parquet"})
    assert answer.status_code == 422
    assert "pip install pyarrow" in answer.json()["error"]


def test_what_a_killed_server_left_is_cleared(tmp_path: Any) -> None:
    import os
    import time

    folder = tmp_path / "workspace" / "temporary"
    for name, age in (("old", 7 * 86400), ("new", 0)):
        (folder / name).mkdir(parents=True)
        (folder / name / "labels.txt").write_text("x")
        os.utime(folder / name, (time.time() - age,) * 2)
    Store(tmp_path / "workspace").close()
    assert [path.name for path in folder.iterdir()] == ["new"]
