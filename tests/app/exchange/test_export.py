"""Export: each test is a bug that some annotation tool had, then that nothing wrong is ever handed over."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import threading
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from app.exchange import coco_export
from app.exchange.coco_export import ExportError, Selection, export_coco
from app.exchange.coco_import import import_coco
from app.store.database import Store
from app.store.editing.predictions import replace_predictions
from app.store.image_files import original_path, sha256_of
from app.store.tables import Category
from core.masks import encode_rle, mask_to_polygons, polygons_to_mask, rle_area, segmentation_to_rle
from tests.app.conftest import HEIGHT, WIDTH, Upload, block, file_bytes, image_row, picture


def add(client: TestClient, image: int, **fields: Any) -> dict[str, Any]:
    answer = client.post(f"/api/images/{image}/instances", json=fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["instance"])


def exported(client: TestClient, tmp_path: Path, **query: Any) -> COCO:
    """The export as pycocotools reads it from a file."""
    answer = client.get("/api/export", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert "annotations.json" in answer.headers["content-disposition"]
    path = tmp_path / "export.json"
    path.write_bytes(answer.content)
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def only(coco: COCO) -> dict[str, Any]:
    (annotation,) = coco.anns.values()
    return dict(annotation)


def test_bbox_and_area_follow_an_edit(client: TestClient, upload: Upload, category: int, tmp_path: Path) -> None:
    instance = add(client, upload(1), category_id=category, segmentation=block(10, 10, 20, 20))
    change = {"base_revision": 1, "segmentation": block(10, 10, 50, 30)}
    client.put(f"/api/images/1/instances/{instance['id']}", json=change)
    annotation = only(exported(client, tmp_path))
    assert (annotation["bbox"], annotation["area"]) == ([10, 10, 50, 30], 1500)


def test_bbox_and_area_of_several_parts(client: TestClient, upload: Upload, category: int, tmp_path: Path) -> None:
    parts = block(10, 10, 20, 20) + block(15, 15, 20, 20) + block(70, 50, 10, 5)
    add(client, upload(1), category_id=category, segmentation=parts)
    coco = exported(client, tmp_path)
    annotation = only(coco)
    assert annotation["segmentation"] == parts
    assert annotation["bbox"] == [10, 10, 70, 45]
    assert annotation["area"] == coco.annToMask(annotation).sum() == 400 + 400 - 225 + 50


def test_a_hole_stays_a_hole(client: TestClient, upload: Upload, category: int, tmp_path: Path) -> None:
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    mask[10:50, 20:80] = 1
    mask[20:40, 40:60] = 0
    add(client, upload(1), category_id=category, segmentation=encode_rle(mask))
    coco = exported(client, tmp_path)
    assert isinstance(only(coco)["segmentation"], dict)
    np.testing.assert_array_equal(coco.annToMask(only(coco)), mask)


def test_a_tiny_mask_has_no_polygon_of_two_points(
    client: TestClient, store: Store, upload: Upload, category: int, tmp_path: Path
) -> None:
    from app.inference.outlines import outline

    for seed, (height, width) in enumerate([(1, 1), (1, 2), (2, 1), (1, 5)]):
        segmentation = outline(np.ones((height, width), dtype=np.uint8), 30, 40, HEIGHT, WIDTH)
        with store.writing() as session:
            prediction = {"category_id": category, "segmentation": segmentation, "score": 0.9}
            replace_predictions(session, upload(seed), [prediction], "model")
    coco = exported(client, tmp_path)
    assert sorted(annotation["area"] for annotation in coco.anns.values()) == [1, 2, 2, 5]
    for annotation in coco.anns.values():
        assert all(len(polygon) >= 6 for polygon in annotation["segmentation"])


def test_segmentation_is_a_list_of_lists(client: TestClient, upload: Upload, category: int, tmp_path: Path) -> None:
    add(client, upload(1), category_id=category, segmentation=block(10, 10, 20, 20))
    assert only(exported(client, tmp_path))["segmentation"] == block(10, 10, 20, 20)


def test_an_rle_has_height_before_width_and_the_image_s_length(
    client: TestClient, upload: Upload, category: int, tmp_path: Path
) -> None:
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    mask[3:7, 100:110] = 1
    counts = coco_mask.encode(np.asfortranarray(mask))["counts"].decode()
    add(client, upload(1), category_id=category, segmentation={"size": [HEIGHT, WIDTH], "counts": counts})
    rle = only(exported(client, tmp_path))["segmentation"]
    assert rle["size"] == [HEIGHT, WIDTH]
    np.testing.assert_array_equal(coco_mask.decode(rle), mask)


def test_category_ids_stay_and_other_ids_begin_at_one(client: TestClient, upload: Upload, tmp_path: Path) -> None:
    for identifier, name in ((90, "toothbrush"), (7, "train")):
        assert client.post("/api/categories", json={"name": name, "id": identifier}).status_code == 201
    image = upload(1)
    add(client, image, category_id=90, segmentation=block(10, 10, 20, 20))
    add(client, image, category_id=7, segmentation=block(40, 10, 20, 20))
    coco = exported(client, tmp_path)
    assert {identifier: entry["name"] for identifier, entry in coco.cats.items()} == {90: "toothbrush", 7: "train"}
    assert [annotation["category_id"] for annotation in coco.anns.values()] == [90, 7]
    assert min(coco.anns) >= 1
    assert min(coco.imgs) >= 1
    assert all(isinstance(identifier, int) for identifier in [*coco.anns, *coco.imgs, *coco.cats])


def test_file_name_is_the_user_s_own(client: TestClient, upload: Upload, tmp_path: Path) -> None:
    upload(1, "Obst/Äpfel 苹果.png")
    coco = exported(client, tmp_path)
    assert [entry["file_name"] for entry in coco.imgs.values()] == ["Obst/Äpfel 苹果.png"]


def test_unused_classes_stay_at_home_where_that_is_asked_for_and_a_model_s_always(
    client: TestClient, store: Store, upload: Upload, tmp_path: Path
) -> None:
    for name in ("used", "unused"):
        assert client.post("/api/categories", json={"name": name}).status_code == 201
    add(client, upload(1), category_id=1, segmentation=block(10, 10, 20, 20))
    with store.writing() as session:
        session.add(Category(name="only a model's", state="suggested", color="#123456", keypoints=[], skeleton=[]))

    def names(**query: Any) -> list[str]:
        return [entry["name"] for entry in exported(client, tmp_path, **query).cats.values()]

    assert names() == ["used", "unused"]
    assert names(unused_classes="false") == ["used"]
    assert names(unused_classes="false", category_id="2") == ["unused"]


def test_size_and_outline_are_those_of_the_upright_image(client: TestClient, category: int, tmp_path: Path) -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    data = file_bytes(picture(1), "JPEG", exif=exif)
    image = client.post("/api/images", files=[("files", ("turned.jpg", data))]).json()["images"][0]["image_id"]
    # To the right of where the image would end if it were not turned the other way.
    add(client, image, category_id=category, segmentation=block(10, HEIGHT + 10, 20, 20))
    coco = exported(client, tmp_path)
    (entry,) = coco.imgs.values()
    assert (entry["width"], entry["height"]) == (HEIGHT, WIDTH)
    assert only(coco)["bbox"] == [10, HEIGHT + 10, 20, 20]
    assert coco.annToMask(only(coco)).shape == (WIDTH, HEIGHT)


def test_keypoints_stay_with_their_object_and_keep_their_visibility(
    client: TestClient, upload: Upload, person: int, category: int, tmp_path: Path
) -> None:
    first, second = upload(1), upload(2)
    points = [11, 12, 2, 13.5, 14, 1, 0, 0, 0]
    with_points = add(client, first, category_id=person, segmentation=block(10, 10, 20, 20), keypoints=points)
    without = add(client, second, category_id=person, segmentation=block(10, 10, 20, 20))
    apple = add(client, second, category_id=category, segmentation=block(50, 10, 20, 20))
    coco = exported(client, tmp_path)
    assert coco.anns[with_points["id"]]["keypoints"] == points
    assert coco.anns[with_points["id"]]["num_keypoints"] == 2
    assert coco.anns[without["id"]]["keypoints"] == [0] * 9
    assert coco.anns[without["id"]]["num_keypoints"] == 0
    assert "keypoints" not in coco.anns[apple["id"]]
    assert coco.cats[person]["keypoints"] == ["head", "left hand", "right hand"]
    assert coco.cats[person]["skeleton"] == [[1, 2], [1, 3]]


def test_no_half_pixel_is_lost_between_mask_and_polygon(
    client: TestClient, upload: Upload, category: int, tmp_path: Path
) -> None:
    y, x = np.ogrid[:HEIGHT, :WIDTH]
    mask = ((x - 60) ** 2 / 4 + (y - 40) ** 2 < 400).astype(np.uint8)
    add(client, upload(1), category_id=category, segmentation=mask_to_polygons(mask))
    coco = exported(client, tmp_path)
    np.testing.assert_array_equal(coco.annToMask(only(coco)), mask)


def test_a_crowd_is_an_rle(client: TestClient, upload: Upload, category: int, tmp_path: Path) -> None:
    # A spike that covers no pixel: the polygon's bbox is wider than the bitmap's.
    spiked = [[10, 10, 30, 10, 70, 20, 30, 11, 30, 30, 10, 30]]
    add(client, upload(1), category_id=category, segmentation=spiked, iscrowd=True)
    coco = exported(client, tmp_path)
    annotation = only(coco)
    assert annotation["iscrowd"] == 1
    assert isinstance(annotation["segmentation"], dict)
    assert annotation["bbox"] == list(coco_mask.toBbox(annotation["segmentation"]))


def test_what_lies_on_top_comes_last(client: TestClient, upload: Upload, category: int, tmp_path: Path) -> None:
    image = upload()
    square = [[1.0, 1.0, 5.0, 1.0, 5.0, 5.0, 1.0, 5.0]]
    for z_order in (2, None, -1.5, 2):
        attributes = {} if z_order is None else {"z_order": z_order, "group_id": 7}
        add(client, image, category_id=category, segmentation=square, attributes=attributes)
    coco = exported(client, tmp_path)
    entries = coco.dataset["annotations"]
    assert [entry.get("attributes", {}).get("z_order") for entry in entries] == [-1.5, None, 2, 2]
    assert [entry["id"] for entry in entries] == [3, 2, 1, 4]  # of equals the older
    assert entries[0]["attributes"]["group_id"] == 7


def test_predictions_say_so(client: TestClient, store: Store, upload: Upload, category: int, tmp_path: Path) -> None:
    image = upload(1)
    with store.writing() as session:
        prediction = {"category_id": category, "segmentation": block(10, 10, 20, 20), "score": 0.75}
        replace_predictions(session, image, [prediction], "model")
    manual = add(client, image, category_id=category, segmentation=block(50, 10, 20, 20))
    coco = exported(client, tmp_path)
    proposed = next(annotation for annotation in coco.anns.values() if annotation["id"] != manual["id"])
    assert (proposed["score"], proposed["source"]) == (0.75, "predicted")
    assert "score" not in coco.anns[manual["id"]]
    assert list(exported(client, tmp_path, include="accepted").anns) == [manual["id"]]


def test_only_images_of_a_status(client: TestClient, upload: Upload, category: int, tmp_path: Path) -> None:
    first, second = upload(1), upload(2)
    for image in (first, second):
        add(client, image, category_id=category, segmentation=block(10, 10, 20, 20))
    client.put(f"/api/images/{second}/status", json={"status": "reviewed"})
    coco = exported(client, tmp_path, status="reviewed")
    assert list(coco.imgs) == [second]
    assert [annotation["image_id"] for annotation in coco.anns.values()] == [second]
    assert list(exported(client, tmp_path, status="todo").imgs) == []
    for query in ("status=nearly", "format=pdf", "include=most"):
        answer = client.get(f"/api/export?{query}")
        assert answer.status_code == 422
        assert "\n" not in answer.json()["error"]


def test_an_empty_workspace_is_a_valid_data_set(client: TestClient, tmp_path: Path) -> None:
    coco = exported(client, tmp_path)
    assert (coco.imgs, coco.anns, coco.cats) == ({}, {}, {})


def test_two_exports_at_a_time_leave_the_servers_output_where_it_was(
    client: TestClient, upload: Upload, category: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(client, upload(1), category_id=category, segmentation=block(10, 10, 20, 20))
    first_reads = threading.Event()
    seconds = iter([0.3, 0.6])

    def slow(path: str) -> COCO:
        first_reads.set()
        time.sleep(next(seconds))
        return COCO(path)

    monkeypatch.setattr(coco_export, "COCO", slow)
    output, statuses = sys.stdout, []
    threads = [threading.Thread(target=lambda: statuses.append(client.get("/api/export").status_code)) for _ in "12"]
    threads[0].start()
    assert first_reads.wait(20)
    threads[1].start()
    for thread in threads:
        thread.join()
    assert statuses == [200, 200]
    assert sys.stdout is output


def test_images_come_along_in_a_zip(client: TestClient, upload: Upload, category: int) -> None:
    first, second = upload(1, "same.png"), upload(2, "other/same.png")
    add(client, second, category_id=category, segmentation=block(10, 10, 20, 20))
    answer = client.get("/api/export?images=true")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        data = json.loads(archive.read("annotations.json"))
        names = {entry["id"]: entry["file_name"] for entry in data["images"]}
        assert len(set(names.values())) == 2
        assert archive.read(f"images/{names[first]}") == file_bytes(picture(1))
        assert archive.read(f"images/{names[second]}") == file_bytes(picture(2))


def test_a_file_that_is_gone_is_named_by_an_export_with_the_files(
    client: TestClient, upload: Upload, store: Store
) -> None:
    upload(1, "here.png")
    upload(2, "lost.png")
    lost = original_path(store.workspace, sha256_of(file_bytes(picture(2))))
    lost.unlink()
    answer = client.get("/api/export?images=true")
    assert answer.status_code == 409
    assert "the file of lost.png is gone" in answer.json()["error"]
    assert client.get("/api/export").status_code == 200


WRONG: dict[str, Any] = {
    "area": lambda data: data["annotations"][0].update(area=1),
    "bbox": lambda data: data["annotations"][0].update(bbox=[0, 0, 5, 5]),
    "mask": lambda data: data["annotations"][0].update(segmentation=block(11, 10, 20, 20)),
    "category": lambda data: data["annotations"][0].update(category_id=2),
    "missing instance": lambda data: data["annotations"].pop(),
    "one too many": lambda data: data["annotations"].append({**data["annotations"][0], "id": 99, "image_id": 98}),
    "image": lambda data: data["images"][0].update(width=HEIGHT, height=WIDTH),
    "file name": lambda data: data["images"][0].update(file_name="/internal/path"),
    "categories": lambda data: data["categories"].pop(),
    "keypoints": lambda data: data["annotations"][0].update(keypoints=[1, 1, 2]),
    "crowd": lambda data: data["annotations"][0].update(iscrowd=1),
}


@pytest.mark.parametrize("fault", WRONG)
def test_nothing_wrong_is_handed_over(
    client: TestClient, store: Store, upload: Upload, category: int, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """The writer is made to write something wrong; the check must see it, answer in one line and leave no file."""
    client.post("/api/categories", json={"name": "pear"})
    add(client, upload(1), category_id=category, segmentation=block(10, 10, 20, 20))
    write = coco_export._json_parts

    def write_wrongly(*arguments: Any) -> Sequence[str]:
        data = json.loads("".join(write(*arguments)))
        WRONG[fault](data)
        return [json.dumps(data)]

    monkeypatch.setattr(coco_export, "_json_parts", write_wrongly)
    answer = client.get("/api/export")
    assert answer.status_code == 409
    assert answer.json()["error"].startswith("export stopped: ")
    assert "\n" not in answer.json()["error"]
    assert list((store.workspace / "temporary").iterdir()) == []
    path = store.workspace / "out.json"
    with store.reading() as session, pytest.raises(ExportError):
        export_coco(session, path)
    assert not path.exists()


masks = st.lists(
    st.tuples(st.integers(0, 36), st.integers(0, 26), st.integers(1, 12), st.integers(1, 12), st.booleans()),
    min_size=1,
    max_size=6,
)


@settings(max_examples=40)
@given(drawn=st.lists(st.tuples(masks, st.booleans(), st.booleans()), max_size=4))
def test_export_and_import_give_back_what_was_stored(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[list[tuple[int, int, int, int, bool]], bool, bool]]
) -> None:
    """Any masks, with holes or parts, as polygons or RLE, crowds or not: another workspace has the same pixels."""
    height, width = 30, 40
    wanted: list[tuple[Any, bool]] = []
    seen = set()
    for rectangles, as_polygons, crowd in drawn:
        mask = np.zeros((height, width), dtype=np.uint8)
        for x, y, w, h, filled in rectangles:
            mask[y : y + h, x : x + w] = filled
        if as_polygons:  # they have no holes
            mask = polygons_to_mask(mask_to_polygons(mask), height, width)
        if mask.any() and mask.tobytes() not in seen:
            seen.add(mask.tobytes())
            wanted.append((mask_to_polygons(mask) if as_polygons else encode_rle(mask), crowd))
    folder = tmp_path_factory.mktemp("round trip")
    data: dict[str, Any] = {
        "images": [{"id": 0, "file_name": "a.png", "width": width, "height": height}],
        "categories": [{"id": 3, "name": "thing"}],
        "annotations": [
            {"id": number, "image_id": 0, "category_id": 3, "segmentation": segmentation, "iscrowd": crowd}
            for number, (segmentation, crowd) in enumerate(wanted)
        ],
    }
    first = round_trip(folder / "first", data, height, width)
    second = round_trip(folder / "second", first, height, width)
    assert [{**entry, "color": None} for entry in first["categories"]] == [
        {**entry, "color": None} for entry in second["categories"]
    ]
    assert first["annotations"] == second["annotations"]
    for annotation, (segmentation, crowd) in zip(first["annotations"], wanted, strict=True):
        assert (annotation["category_id"], annotation["iscrowd"]) == (3, crowd)
        pixels = segmentation_to_rle(segmentation, height, width)
        assert segmentation_to_rle(annotation["segmentation"], height, width) == pixels
        assert annotation["area"] == rle_area(pixels)


def round_trip(workspace: Path, data: dict[str, Any], height: int, width: int) -> dict[str, Any]:
    """Import into a new workspace, and what it exports."""
    store = Store(workspace, "sqlite://")
    with store.writing() as session:
        session.add(image_row(width, height))
    with store.writing() as session:
        report = import_coco(session, data)
    assert report.errors == []
    with store.reading() as session:
        export_coco(session, workspace / "out.json", Selection(accepted_only=True))
    store.close()
    return dict(json.loads((workspace / "out.json").read_text()))
