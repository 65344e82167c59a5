"""Images come in, are shown under the names that people gave them, and go out again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs, Server

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>${alert(2)}{{alert(3)}}"


@pytest.fixture
def own_server(tmp_path: Path) -> Any:
    """An empty workspace."""
    server = Server(tmp_path / "workspace", with_page=False)
    yield server
    server.stop()


def test_first_visit_upload_errors_and_duplicates(
    own_server: Server, open_editor: Any, photographs: Photographs, tmp_path: Path
) -> None:
    editor = open_editor(url=own_server.url)
    editor.page.get_by_role("heading", name="Drop photographs here").wait_for()
    good = [photographs.make(f"harbour {number}.jpg") for number in range(10)]
    bad = tmp_path / "notes.jpg"
    bad.write_bytes(b"this is not an image")
    editor.page.get_by_label("Images to add").set_input_files([*good[:5], bad, *good[5:]])
    editor.notice("1 of 11 files not added").wait_for()
    assert "notes.jpg" in editor.notice("1 of 11 files not added").inner_text()
    editor.wait_for("maskloop.drawn && maskloop.document.image.file_name === 'harbour 0.jpg'")
    editor.page.get_by_text("1 / 10").wait_for()
    assert editor.page.get_by_role("heading", name="Drop photographs here").is_hidden()

    editor.page.get_by_label("Images to add").set_input_files([good[3]])
    editor.notice("already here").wait_for()
    editor.wait_for("maskloop.document.image.file_name === 'harbour 3.jpg'")

    editor.press("g")
    tiles = editor.page.locator(".ml-tiles-grid .ml-tile")
    assert tiles.count() == 10
    editor.page.get_by_label("Show only images with this in their name or a tag").fill("harbour 7")
    assert tiles.count() == 1
    tiles.first.click()
    editor.wait_for("maskloop.document.image.file_name === 'harbour 7.jpg'")


def test_dropped_files_are_uploaded(own_server: Server, open_editor: Any, photographs: Photographs) -> None:
    editor = open_editor(url=own_server.url)
    data = list(photographs.make("dropped.png").read_bytes())
    transfer = editor.page.evaluate_handle(
        """(bytes) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], "dropped.png", { type: "image/png" }));
          return transfer;
        }""",
        data,
    )
    editor.page.dispatch_event(".maskloop", "dragenter", {"dataTransfer": transfer})
    editor.page.dispatch_event(".ml-veil", "drop", {"dataTransfer": transfer})
    editor.wait_for("maskloop.drawn && maskloop.document.image.file_name === 'dropped.png'")


def test_dropped_annotations_of_another_tool_open_the_import(own_server: Server, open_editor: Any) -> None:
    editor = open_editor(url=own_server.url)
    transfer = editor.page.evaluate_handle(
        """() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File(["<annotations/>"], "annotations.xml"));
          return transfer;
        }"""
    )
    editor.page.dispatch_event(".maskloop", "dragenter", {"dataTransfer": transfer})
    editor.page.dispatch_event(".ml-veil", "drop", {"dataTransfer": transfer})
    assert "annotations.xml" in editor.page.get_by_role("dialog").inner_text()


def test_hostile_names_are_text(own_server: Server, open_editor: Any, photographs: Photographs) -> None:
    with DataPlane(base_url=own_server.url, timeout=60) as data_plane:
        path = photographs.make("plain.png")
        answer = data_plane.post("/api/images", files={"files": (f"{HOSTILE}.png", path.read_bytes())})
        image = answer.json()["images"][0]["image_id"]
        name = data_plane.document(image)["image"]["file_name"]
        label = data_plane.category(HOSTILE, keypoints=[HOSTILE])
        data_plane.draw(image, label, segmentation=[[100, 40, 300, 40, 300, 260, 100, 260]])
    editor = open_editor(image, url=own_server.url)
    editor.click(200, 150)
    editor.press("k")
    editor.move(220, 160)
    editor.press("g")
    assert editor.page.locator(".ml-tiles-grid .ml-tile-name").inner_text() == name
    editor.press("Escape")
    for place in (
        ".ml-class .ml-object-name",
        ".ml-object .ml-object-name",
        ".ml-inspector h2",
        ".ml-keypoints .ml-object-name",
    ):
        assert editor.page.locator(place).first.text_content() == HOSTILE
    assert editor.page.locator(".maskloop img[src='x']").count() == 0


def test_import_and_export_through_the_page(
    own_server: Server, open_editor: Any, photographs: Photographs, tmp_path: Path
) -> None:
    from pycocotools.coco import COCO

    photograph = photographs.make("pond.png")
    coco = {
        "images": [{"id": 5, "file_name": "pond.png", "width": 400, "height": 300}],
        "categories": [{"id": 3, "name": "duck"}],
        "annotations": [
            {"id": 9, "image_id": 5, "category_id": 3, "bbox": [10, 10, 50, 40], "area": 2000, "iscrowd": 0,
             "segmentation": [[10, 10, 60, 10, 60, 50, 10, 50]]},
        ],
    }  # fmt: skip
    annotations = tmp_path / "ponds.json"
    annotations.write_text(json.dumps(coco))
    editor = open_editor(url=own_server.url)
    editor.page.get_by_role("button", name="Import COCO").last.click()
    dialog = editor.page.get_by_role("dialog")
    dialog.get_by_label("COCO JSON").set_input_files([annotations, photograph])
    dialog.get_by_text("Will store 1 object on 1 image, take in 1 image.").wait_for()
    with DataPlane(base_url=own_server.url, timeout=60) as data_plane:
        assert data_plane.get("/api/images").json()["images"] == []  # only said, not done
    dialog.get_by_role("button", name="Import", exact=True).click()
    editor.notice("1 object on 1 image imported").wait_for()
    editor.wait_for("maskloop.drawn && maskloop.document.instances.length === 1")

    editor.page.get_by_role("button", name="Export").click()
    with editor.page.expect_download() as download:
        editor.page.get_by_role("button", name="Download").click()
    exported = tmp_path / "exported.json"
    download.value.save_as(exported)
    editor.notice("annotations.json: 1 image, 1 object, read back and compared").wait_for()
    loaded = COCO(str(exported))
    (annotation,) = loaded.dataset["annotations"]
    assert annotation["category_id"] == 3
    assert annotation["bbox"] == [10, 10, 50, 40]
    assert loaded.dataset["images"][0]["file_name"] == "pond.png"


def test_an_import_says_what_became_of_the_model_s_proposals_and_names_ten_of_what_it_left_out(
    own_server: Server, open_editor: Any, photographs: Photographs, tmp_path: Path
) -> None:
    square = [[10, 10, 60, 10, 60, 50, 10, 50]]
    missing = [{"id": 6 + n, "file_name": f"missing {n}.png", "width": 4, "height": 3} for n in range(14)]
    coco = {
        "images": [{"id": 5, "file_name": "pond.png", "width": 400, "height": 300}, *missing],
        "categories": [{"id": 3, "name": "duck"}],
        "annotations": [{"id": 9 + n, "image_id": 5 + n, "category_id": 3, "segmentation": square} for n in range(15)],
    }
    annotations = tmp_path / "ponds.json"
    annotations.write_text(json.dumps(coco))
    with DataPlane(base_url=own_server.url, timeout=60) as data_plane:
        image = data_plane.upload(photographs.make("pond.png"))
        duck = data_plane.category("duck")
        for x in (200, 300):
            corners = [[x, 10, x + 50, 10, x + 50, 50]]
            data_plane.draw(image, duck, segmentation=corners, status="proposed", source="predicted", score=0.9)
    editor = open_editor(image, url=own_server.url)
    editor.page.get_by_role("button", name="Import COCO").first.click()
    dialog = editor.page.get_by_role("dialog")
    dialog.get_by_label("COCO JSON").set_input_files([annotations])
    dialog.get_by_text("remove 2 proposals that nobody has confirmed").wait_for()
    dialog.get_by_role("button", name="Import", exact=True).click()
    notice = editor.notice("1 object on 1 image imported in place of 2 proposals that nobody had confirmed.")
    notice.wait_for()
    lines = notice.locator("li").all_inner_texts()
    assert "missing 9.png" in lines[9]
    assert lines[10] == "and 4 more"
    assert len(lines) == 11


def test_what_a_file_calls_crowds_and_classes_without_objects_are_a_person_s_choice(
    own_server: Server, open_editor: Any, photographs: Photographs, tmp_path: Path
) -> None:
    runs = {"size": [300, 400], "counts": [30_000, 50, 250, 50, 89_650]}
    coco = {
        "images": [{"id": 5, "file_name": "pond.png", "width": 400, "height": 300}],
        "categories": [{"id": 3, "name": "duck"}, {"id": 4, "name": "goose"}],
        "annotations": [{"id": 9, "image_id": 5, "category_id": 3, "iscrowd": 1, "segmentation": runs}],
    }
    annotations = tmp_path / "ponds.json"
    annotations.write_text(json.dumps(coco))
    editor = open_editor(url=own_server.url)
    editor.page.get_by_role("button", name="Import COCO").last.click()
    dialog = editor.page.get_by_role("dialog")
    dialog.get_by_label("COCO JSON").set_input_files([annotations, photographs.make("pond.png")])
    dialog.get_by_label("Masks that a file calls crowds").check()
    dialog.get_by_role("button", name="Import", exact=True).click()
    editor.wait_for("maskloop.drawn && maskloop.document.instances.length === 1")
    assert not editor.document["instances"][0]["iscrowd"]

    editor.page.get_by_role("button", name="Export").click()
    editor.page.get_by_label("Only classes with objects").check()
    with editor.page.expect_download() as download:
        editor.page.get_by_role("button", name="Download").click()
    download.value.save_as(tmp_path / "exported.json")
    exported = json.loads((tmp_path / "exported.json").read_text())
    assert [category["name"] for category in exported["categories"]] == ["duck"]


def test_an_image_goes_to_the_trash_and_comes_back_or_is_gone(
    own_server: Server, open_editor: Any, photographs: Photographs
) -> None:
    editor = open_editor(url=own_server.url)
    files = [photographs.make(f"pond {number}.jpg") for number in range(3)]
    editor.page.get_by_label("Images to add").set_input_files(files)
    editor.wait_for("maskloop.drawn && maskloop.document.image.file_name === 'pond 0.jpg'")
    editor.page.get_by_role("button", name="Remove this image").click()
    editor.notice("pond 0.jpg is in the trash").wait_for()
    editor.wait_for("maskloop.drawn && maskloop.document.image.file_name === 'pond 1.jpg'")
    editor.page.get_by_role("button", name="Bring back").click()
    editor.wait_for("maskloop.drawn && maskloop.document.image.file_name === 'pond 0.jpg'")

    editor.page.get_by_role("button", name="Remove this image").click()
    editor.wait_for("maskloop.drawn && maskloop.document.image.file_name === 'pond 1.jpg'")
    editor.press("g")
    editor.page.get_by_role("button", name="Trash", exact=True).click()
    editor.page.get_by_role("button", name="Delete 1 for good").click()
    editor.notice("1 deleted for good").wait_for()
    with DataPlane(base_url=own_server.url, timeout=60) as data_plane:
        assert data_plane.get("/api/trash").json()["images"] == []
        assert len(data_plane.get("/api/images").json()["images"]) == 2


def test_what_an_upload_left_out_is_said(own_server: Server, open_editor: Any, tmp_path: Path) -> None:
    from PIL import Image

    pages = [Image.new("RGB", (80, 60), colour) for colour in ("red", "green", "blue")]
    pages[0].save(tmp_path / "stack.tif", save_all=True, append_images=pages[1:])
    editor = open_editor(url=own_server.url)
    editor.page.get_by_label("Images to add").set_input_files([tmp_path / "stack.tif"])
    notice = editor.notice("Added, but not all of it")
    notice.wait_for()
    assert "2 left out" in notice.inner_text()
    # Also where another file is refused.
    pages[1].save(tmp_path / "other.tif", save_all=True, append_images=pages[:1])
    (tmp_path / "broken.jpg").write_bytes(b"nothing")
    editor.page.get_by_label("Images to add").set_input_files([tmp_path / "other.tif", tmp_path / "broken.jpg"])
    words = editor.notice("1 of 2 files not added").inner_text()
    assert "broken.jpg: not an image" in words
    assert "other.tif: the first of 2 pages or frames was taken" in words
