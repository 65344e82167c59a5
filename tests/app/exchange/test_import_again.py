"""What a second import does to what an earlier one brought: the same objects are updated, others never give way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from tests.app.conftest import HEIGHT, WIDTH, Upload, block
from tests.app.exchange.test_import_files import archive, coco

Document = Callable[[int], dict[str, Any]]


def one_object(name: str, box: tuple[int, int, int, int], **fields: Any) -> dict[str, Any]:
    """A data set with one object on toy.png, of the id 1 and a class of its own."""
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": block(*box), **fields}
    return {
        "images": [{"id": 1, "file_name": "toy.png", "width": WIDTH, "height": HEIGHT}],
        "categories": [{"id": 1, "name": name}],
        "annotations": [annotation],
    }


def send(client: TestClient, content: dict[str, Any] | bytes, name: str = "annotations.json", **options: str) -> Any:
    body = content if isinstance(content, bytes) else archive({name: content})
    answer = client.post("/api/import", files={"files": ("labels.zip", body)}, params=options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def objects(client: TestClient, document: dict[str, Any]) -> list[tuple[str, list[float], str]]:
    names = {one["id"]: one["name"] for one in client.get("/api/categories").json()["categories"]}
    return sorted((names[row["category_id"]], row["bbox"], row["status"]) for row in document["instances"])


def test_an_object_that_was_reshaped_or_given_another_class_is_updated(
    client: TestClient, upload: Upload, document: Document
) -> None:
    image = upload(1, name="toy.png")
    for content, expected in (
        (one_object("cat", (10, 10, 20, 20)), ("cat", [10, 10, 20, 20])),
        (one_object("cat", (12, 10, 24, 20)), ("cat", [12, 10, 24, 20])),
        (one_object("dog", (12, 10, 24, 20)), ("dog", [12, 10, 24, 20])),
    ):
        send(client, content)
        assert objects(client, document(image)) == [(*expected, "accepted")]


def test_two_files_of_one_name_with_ids_from_1_take_nothing_from_each_other(
    client: TestClient, upload: Upload, document: Document
) -> None:
    image = upload(1, name="toy.png")
    send(client, one_object("cat", (10, 10, 20, 20)))
    told = send(client, one_object("dog", (15, 10, 20, 20)))
    assert (told["annotations"], "updated" in told) == (1, False)
    both = [("cat", [10, 10, 20, 20], "accepted"), ("dog", [15, 10, 20, 20], "accepted")]
    assert objects(client, document(image)) == both


def test_files_of_one_name_in_one_archive_are_different_sources(
    client: TestClient, upload: Upload, document: Document
) -> None:
    image = upload(1, name="toy.png")
    by = {"anna": (10, 10, 20, 20), "ben": (14, 10, 20, 20)}
    files = {f"{who}/annotations.json": one_object("cat", box) for who, box in by.items()}
    assert send(client, archive(files))["annotations"] == 2
    assert [box for _, box, _ in objects(client, document(image))] == [list(box) for box in by.values()]


def test_a_prediction_never_takes_the_place_of_what_a_person_has_accepted(
    client: TestClient, upload: Upload, document: Document
) -> None:
    image = upload(1, name="toy.png")
    send(client, one_object("cat", (10, 10, 20, 20)))
    send(client, one_object("cat", (12, 10, 20, 20), score=0.31))
    states = [("cat", [10, 10, 20, 20], "accepted"), ("cat", [12, 10, 20, 20], "proposed")]
    assert objects(client, document(image)) == states


def test_another_tools_files_are_another_source(client: TestClient, upload: Upload, document: Document) -> None:
    image = upload(1, name="toy.png")
    shape = {"label": "cat", "points": [[10, 10], [30, 10], [30, 30], [10, 30]], "shape_type": "polygon"}
    labelme = {"version": "5", "imagePath": "toy.png", "imageWidth": WIDTH, "imageHeight": HEIGHT, "shapes": [shape]}
    send(client, archive({"toy.json": labelme}))
    x, y, width, height = 24 / WIDTH, 20 / HEIGHT, 20 / WIDTH, 20 / HEIGHT
    send(client, archive({"data.yaml": "names: [cat]\n", "toy.txt": f"0 {x} {y} {width} {height}\n"}))
    assert len(document(image)["instances"]) == 2


def test_what_a_person_deleted_stays_away_but_another_object_of_its_id_does_not(
    client: TestClient, upload: Upload, document: Document
) -> None:
    image = upload(1, name="toy.png")
    send(client, one_object("cat", (10, 10, 20, 20)))
    (cat,) = document(image)["instances"]
    assert client.delete(f"/api/images/{image}/instances/{cat['id']}?base_revision={cat['revision']}").is_success
    send(client, one_object("cat", (11, 10, 20, 20)))
    assert document(image)["instances"] == []
    send(client, one_object("dog", (20, 15, 20, 20)))
    assert [name for name, _, _ in objects(client, document(image))] == ["dog"]


def test_a_picture_that_came_along_damaged_leaves_its_objects_to_no_other_of_its_name(
    client: TestClient, upload: Upload, document: Document
) -> None:
    image = upload(1, name="toy.png")
    for options in ({"dry_run": "true"}, {}):
        told = send(client, archive({"toy.png": b"\x89PNG\r\n\x1a\n damaged", "x.json": coco("toy.png")}), **options)
        assert told["annotations"] == 0
        assert any("the picture that came along was not taken" in error["error"] for error in told["errors"])
    assert (document(image)["instances"], document(image)["image"]["status"]) == ([], "todo")
