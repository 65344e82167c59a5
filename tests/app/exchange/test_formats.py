"""Every format goes out and comes in again through the routes, with the images or onto those that are here."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

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
BOXES_ALONE = {name for name in FORMATS if name.endswith(("-box", "-pose"))} | {"createml"}


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


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("coco", "images/"),
        ("yolo-seg", "images/"),
        ("labelme", ""),
        ("createml", ""),
        ("voc", "JPEGImages/"),
        ("supervisely", "ds0/img/"),
        ("datumaro", "images/default/"),
    ],
)
def test_pictures_are_where_the_tool_looks_for_them(filled: TestClient, name: str, place: str) -> None:
    exported = filled.get("/api/export", params={"format": name, "images": "true"})
    with zipfile.ZipFile(io.BytesIO(exported.content)) as opened:
        assert {f"{place}{picture}" for picture in OUTLINES} <= set(opened.namelist())


@pytest.mark.parametrize("name", sorted(set(WHOLE) - BOXES_ALONE - {"coco"}))
def test_annotations_alone_find_the_images_that_are_here(filled: TestClient, name: str) -> None:
    exported = filled.get("/api/export", params={"format": name})
    answer = filled.post("/api/import", files=[("files", ("export.zip", exported.content))]).json()
    assert (answer.get("annotations"), answer.get("already_there")) == (0, 3), answer


@pytest.mark.parametrize("folder", ["panoptic/", ""])
def test_panoptic_pngs_alone_find_the_images_that_are_here_and_are_no_pictures(client: TestClient, folder: str) -> None:
    names = ["a.jpg", "b.png"] if folder else ["a.jpg"]
    for seed, name in enumerate(names):
        client.post("/api/images", files=[("files", (name, file_bytes(picture(seed))))])
    segments = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
    segments[5:15, 10:30] = (7, 0, 0)
    png = file_bytes(Image.fromarray(segments))
    images = [
        {"id": number, "file_name": name, "height": HEIGHT, "width": WIDTH} for number, name in enumerate(names, 1)
    ]
    annotations = [
        {
            "image_id": image["id"],
            "file_name": f"{image['file_name'][0]}.png",
            "segments_info": [{"id": 7, "category_id": 1}],
        }
        for image in images
    ]
    categories = [{"id": 1, "name": "cell", "isthing": 1}]
    data = json.dumps({"images": images, "annotations": annotations, "categories": categories})
    files: list[Any] = [("files", ("panoptic.json", data.encode()))]
    files += [("files", (f"{folder}{entry['file_name']}", png)) for entry in annotations]
    answer = client.post("/api/import", files=files).json()
    assert (answer["annotations"], answer["uploaded"], answer["errors"]) == (len(names), [], [])
    rows = client.get("/api/images").json()["images"]
    assert [row["file_name"] for row in rows] == names
    for row in rows:
        (one,) = client.get(f"/api/images/{row['image_id']}/document").json()["instances"]
        assert one["bbox"] == [10, 5, 20, 10]


def archive(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return content.getvalue()


def yolo(seed: int) -> dict[str, bytes]:
    return {
        "data.yaml": b"names: [cell]\n",
        "images/a.png": file_bytes(picture(seed)),
        "labels/a.txt": f"0 0.5 0.5 0.{seed + 1} 0.2\n".encode(),
    }


def test_two_archives_of_one_layout_are_two_data_sets(client: TestClient) -> None:
    files: list[Any] = [("files", (f"{name}.zip", archive(yolo(seed)))) for seed, name in ((1, "left"), (2, "right"))]
    answer = client.post("/api/import", files=files).json()
    assert (answer["annotations"], len(answer["uploaded"]), answer["errors"]) == (2, 2, [])
    rows = client.get("/api/images").json()["images"]
    assert [row["file_name"] for row in rows] == ["left/images/a.png", "right/images/a.png"]
    widths = [
        client.get(f"/api/images/{row['image_id']}/document").json()["instances"][0]["bbox"][2] / WIDTH for row in rows
    ]
    assert widths == pytest.approx([0.2, 0.3], abs=0.001)


def test_two_coco_archives_of_one_layout_are_two_data_sets(client: TestClient) -> None:
    parts: list[Any] = []
    for seed, name in ((1, "left"), (2, "right")):
        data = data_set() | {"images": [{"id": 1, "file_name": "a.png"}]}
        data["annotations"] = [entry for entry in data["annotations"] if entry["image_id"] == 1][:seed]
        inside = {"train/_annotations.coco.json": json.dumps(data).encode(), "train/a.png": file_bytes(picture(seed))}
        parts.append(("files", (f"{name}.zip", archive(inside))))
    answer = client.post("/api/import", files=parts).json()
    assert (answer["images"], answer["annotations"], answer["errors"]) == (2, 3, [])
    counts = {row["file_name"]: row["counts"] for row in client.get("/api/images").json()["images"]}
    assert set(counts) == {"left/train/a.png", "right/train/a.png"}


def test_pictures_and_labels_in_archives_of_their_own_are_one_data_set(client: TestClient) -> None:
    inside = yolo(1)
    pictures = {name: inside.pop(name) for name in ["images/a.png"]}
    files: list[Any] = [("files", ("pictures.zip", archive(pictures))), ("files", ("labels.zip", archive(inside)))]
    answer = client.post("/api/import", files=files).json()
    assert (answer["annotations"], len(answer["uploaded"]), answer["errors"]) == (1, 1, [])


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


def test_masks_of_classes_come_as_proposals_and_are_no_pictures(client: TestClient) -> None:
    numbers = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    numbers[5:15, 10:30], numbers[20:25, 10:30] = 1, 2
    inside = {"train/_classes.csv": b"Pixel Value, Class\n0, background\n1, cell\n2, bud\n"}
    inside |= {"train/a.jpg": file_bytes(picture(1), "JPEG"), "train/b.jpg": file_bytes(picture(2), "JPEG")}
    inside["train/a_mask.png"] = file_bytes(Image.fromarray(numbers))
    answer = client.post("/api/import", files=[("files", ("export.zip", archive(inside)))]).json()
    assert (answer["annotations"], len(answer["uploaded"]), answer["errors"]) == (2, 2, [])
    assert any("2 parts that hang together come as proposals" in note for note in answer["notes"])
    rows = {row["file_name"]: row for row in client.get("/api/images").json()["images"]}
    assert {name: row["status"] for name, row in rows.items()} == {"train/a.jpg": "todo", "train/b.jpg": "todo"}
    things = client.get(f"/api/images/{rows['train/a.jpg']['image_id']}/document").json()["instances"]
    assert [(thing["status"], thing["bbox"]) for thing in things] == [
        ("proposed", [10, 5, 20, 10]),
        ("proposed", [10, 20, 20, 5]),
    ]


def test_labelboxs_lines_find_the_images_that_are_here(client: TestClient) -> None:
    client.post("/api/images", files=[("files", ("a.png", file_bytes(picture(1))))])
    box = {"name": "cell", "bounding_box": {"top": 5, "left": 10, "height": 10, "width": 20}}
    row = {
        "data_row": {"id": "1", "external_id": "a.png", "row_data": "https://storage.example.org/1"},
        "media_attributes": {"height": HEIGHT, "width": WIDTH},
        "projects": {"1": {"labels": [{"annotations": {"objects": [box]}}]}},
    }
    line = json.dumps(row).encode() + b"\n"
    answer = client.post("/api/import", files=[("files", ("export.ndjson", line * 2))]).json()
    assert (answer["images"], answer["annotations"], answer["errors"]) == (1, 1, [])


def test_getis_own_export_is_named(client: TestClient) -> None:
    metadata = json.dumps({"version": "1.13", "schema": {}, "object_columns": [], "videos": {}}).encode()
    inside = {"data.parquet": b"PAR1", "metadata.json": metadata, "images/a.png": file_bytes(picture(1))}
    answer = client.post("/api/import", files=[("files", ("export.zip", archive(inside)))])
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("metadata.json: Geti's own export")
