"""COCO JSON into the store: good annotations are kept, bad ones are named one by one."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from pycocotools import mask as coco_mask

from app.store.database import Store
from app.store.editing.predictions import replace_predictions
from core.masks import segmentation_bbox
from tests.app.conftest import HEIGHT, WIDTH, Upload, block, file_bytes, picture

Document = Callable[[int], dict[str, Any]]


def annotation(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "image_id": 5, "category_id": 18, "segmentation": block(10, 10, 20, 20), **fields}


def data_set(*annotations: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {
        "images": [{"id": 5, "file_name": "picture 1.png", "width": WIDTH, "height": HEIGHT}],
        "categories": [{"id": 18, "name": "dog", "supercategory": "animal"}],
        "annotations": list(annotations),
        **parts,
    }


def post(client: TestClient, data: Any, *files: tuple[str, bytes], field: str = "annotations", **query: Any) -> Any:
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    parts = [(field, ("instances.json", content)), *(("files", file) for file in files)]
    return client.post("/api/import", files=parts, params=query)


def test_annotations_meet_the_images_of_their_names(client: TestClient, upload: Upload, document: Document) -> None:
    image = upload(1)
    answer = post(client, data_set(annotation(1), annotation(2, segmentation=block(50, 20, 10, 10))))
    assert answer.status_code == 200
    assert answer.json() == {
        "images": 1, "annotations": 2, "already_there": 0, "categories": 1, "uploaded": [], "errors": [],
    }  # fmt: skip
    now = document(image)
    assert now["image"]["status"] == "reviewed"
    assert [(row["source"], row["status"], row["category_id"]) for row in now["instances"]] == [
        ("manual", "accepted", 18)
    ] * 2
    assert now["categories"][0]["name"] == "dog"
    assert now["categories"][0]["supercategory"] == "animal"
    assert client.post(f"/api/images/{image}/undo").json()["instances"] == []


@pytest.mark.parametrize("field", ["annotations", "file", "files"])
def test_images_may_come_along(client: TestClient, field: str) -> None:
    answer = post(client, data_set(annotation(1)), ("picture 1.png", file_bytes(picture(1))), field=field)
    assert answer.status_code == 200
    assert answer.json()["annotations"] == 1
    assert [image["file_name"] for image in answer.json()["uploaded"]] == ["picture 1.png"]
    # A bad image beside them is named, and takes nothing down.
    answer = post(client, data_set(annotation(1)), ("broken.png", b"nothing"))
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["file_name"] == "broken.png"


def test_the_json_alone_or_as_a_form_field(client: TestClient, upload: Upload) -> None:
    upload(1)
    assert client.post("/api/import", json=data_set(annotation(1))).json()["annotations"] == 1
    answer = client.post("/api/import", files={"annotations": (None, json.dumps(data_set(annotation(1))))})
    assert answer.json()["already_there"] == 1


def test_a_zip_as_it_was_exported(client: TestClient, upload: Upload, category: int) -> None:
    image = upload(1)
    client.post(f"/api/images/{image}/instances", json={"category_id": category, "segmentation": block(1, 2, 30, 40)})
    exported = client.get("/api/export?images=true").content
    answer = client.post("/api/import", files={"files": ("annotations.zip", exported)})
    assert answer.json()["already_there"] == 1
    assert answer.json()["uploaded"][0]["duplicate"]
    for content in (b"PK\x03\x04 nothing", b""):
        answer = client.post("/api/import", files={"files": ("broken.zip", content)})
        assert answer.status_code == 422
        assert "\n" not in answer.json()["error"]


BAD_ANNOTATIONS = {
    "two points": {"segmentation": [[1, 1, 5, 5]]},
    "not a number": {"segmentation": [[float("nan"), 1, 5, 1, 5, 5]]},
    "outside": {"segmentation": block(1000, 1000, 20, 20)},
    "no geometry": {"segmentation": None},
    "empty box": {"segmentation": [], "bbox": [5, 5, 0, 10]},
    "unknown category": {"category_id": 99},
    "unknown image": {"image_id": 99},
}


@pytest.mark.parametrize("fault", BAD_ANNOTATIONS)
def test_a_bad_annotation_is_named_and_the_good_ones_are_kept(
    client: TestClient, upload: Upload, document: Document, fault: str
) -> None:
    image = upload(1)
    bad = annotation(41, **BAD_ANNOTATIONS[fault])
    answer = post(client, data_set(annotation(1), bad, annotation(2, segmentation=block(50, 20, 10, 10))))
    assert answer.status_code == 200
    assert answer.json()["annotations"] == 2
    assert answer.json()["errors"]
    assert all(error["annotation_id"] == 41 for error in answer.json()["errors"])
    assert all(error["error"].startswith("annotation 41: ") for error in answer.json()["errors"])
    assert all("\n" not in error["error"] for error in answer.json()["errors"])
    assert len(document(image)["instances"]) == 2
    # Of an image that lost an object nobody may say that all of it is there.
    assert document(image)["image"]["status"] == ("reviewed" if fault == "unknown image" else "in_progress")


SIDE_FAULTS = {
    "a sliver beside a polygon": {"segmentation": [block(70, 20, 9, 9)[0], [50, 50, 51, 50]], "bbox": [50, 20, 29, 31]},
    "runs that end early": {"segmentation": {"size": [HEIGHT, WIDTH], "counts": [5, 5]}},
    "runs with the size turned round": {"segmentation": {"size": [WIDTH, HEIGHT], "counts": [0, WIDTH * HEIGHT]}},
    "keypoints of the wrong number": {"segmentation": block(70, 20, 9, 9), "keypoints": [1, 2, 2, 3]},
    "keypoints without names": {"segmentation": block(70, 20, 9, 9), "keypoints": [71, 21, 2]},
    "a crowd of two": {"segmentation": block(70, 20, 9, 9), "iscrowd": 2},
    "no usable outline but a box": {"segmentation": [[1, 1, 5, 5]], "bbox": [70, 20, 9, 9]},
}


@pytest.mark.parametrize("fault", SIDE_FAULTS)
def test_a_fault_in_a_side_field_never_costs_the_object(
    client: TestClient, upload: Upload, document: Document, fault: str
) -> None:
    image = upload(1)
    answer = post(client, data_set(annotation(1), annotation(41, **SIDE_FAULTS[fault])))
    assert answer.json()["annotations"] == 2
    assert answer.json()["errors"]
    assert len(document(image)["instances"]) == 2
    assert document(image)["image"]["status"] == "reviewed"


DIALECTS: dict[str, dict[str, Any]] = {
    "a flat list": {"segmentation": [70, 20, 79, 20, 79, 29, 70, 29]},
    "points in lists": {"segmentation": [[[70, 20], [79, 20], [79, 29], [70, 29]]]},
    "the points of one polygon": {"segmentation": [[70, 20], [79, 20], [79, 29], [70, 29]]},
    "a contour of OpenCV": {"segmentation": [[[70, 20]], [[79, 20]], [[79, 29]], [[70, 29]]]},
    "contours of OpenCV": {"segmentation": [[[[70, 20]], [[79, 20]], [[79, 29]], [[70, 29]]]]},
    "ids as text": {"segmentation": block(70, 20, 9, 9), "image_id": "5", "category_id": "18", "id": "41"},
    "ids as fractions": {"segmentation": block(70, 20, 9, 9), "image_id": 5.0, "category_id": 18.0},
    "booleans": {"segmentation": block(70, 20, 9, 9), "iscrowd": False},
    "nothing": {"segmentation": block(70, 20, 9, 9), "iscrowd": None, "area": None, "keypoints": None},
    "a box in another place than its mask": {"segmentation": block(70, 20, 9, 9), "bbox": [0, 0, 5, 5]},
    "a mask of CVAT's brush": {
        "segmentation": {"size": [HEIGHT, WIDTH], "counts": [70 * HEIGHT + 20, *[9, HEIGHT - 9] * 8, 9]},
        "iscrowd": 1,
        "attributes": {"occluded": False},
    },
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_other_tools_write_is_read_as_it_is_meant(
    client: TestClient, upload: Upload, document: Document, dialect: str
) -> None:
    image = upload(1)
    fields = DIALECTS[dialect]
    counts = fields["segmentation"]["counts"] if isinstance(fields["segmentation"], dict) else None
    if counts:
        counts.append(WIDTH * HEIGHT - sum(counts))
    answer = post(client, data_set(annotation(1), annotation(41, **fields)))
    assert answer.json()["errors"] == []
    row = document(image)["instances"][1]
    assert (row["bbox"], row["area"], row["iscrowd"], row["category_id"]) == ([70, 20, 9, 9], 81, 0, 18)
    assert document(image)["image"]["status"] == "reviewed"


def test_a_turned_box_is_its_polygon_and_attributes_come_back(
    client: TestClient, upload: Upload, document: Document
) -> None:
    image = upload(1)
    attributes = {"occluded": True, "rotation": 30.0, "colour": "red"}
    turned = annotation(1, segmentation=[], bbox=[10, 30, 40, 10], attributes=attributes, confidence="sure")
    assert post(client, data_set(turned)).json()["errors"] == []
    (row,) = document(image)["instances"]
    assert row["area"] == pytest.approx(400, abs=12)
    assert row["bbox"][3] == pytest.approx(40 * 0.5 + 10 * np.cos(np.pi / 6), abs=0.01)
    (entry,) = client.get("/api/export").json()["annotations"]
    assert (entry["attributes"], entry["confidence"]) == (attributes, "sure")


NO_DATA_SETS: list[Any] = [
    b"",
    b"{",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    [],
    {"images": [], "annotations": []},
    {"images": {}, "categories": [], "annotations": []},
    "text",
    None,
]


@pytest.mark.parametrize("content", NO_DATA_SETS)
def test_what_is_no_data_set_is_refused_in_one_line(client: TestClient, content: Any) -> None:
    answer = post(client, content)
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("instances.json: ")
    assert "\n" not in answer.json()["error"]
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    answer = client.post("/api/import", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


def test_odd_entries_are_reported_and_cost_nothing_else(client: TestClient, upload: Upload) -> None:
    upload(1)
    odd = data_set(annotation(1), 7, {}, annotation("x", segmentation=block(50, 20, 9, 9)))  # type: ignore[arg-type]
    odd["images"] += [None, {"id": 6}, {"file_name": "b.png", "id": [1]}]
    odd["categories"] += [{"id": "a", "name": "b"}, {"id": 18, "name": "cat"}, {"id": 4}, "cat", {"id": 5, "name": ""}]
    answer = post(client, odd)
    assert answer.status_code == 200
    assert answer.json()["annotations"] == 2
    told = "\n".join(error["error"] for error in answer.json()["errors"])
    for part in ("annotation number 1", "annotation number 2", "image number 1", "image 6", "b.png", "category 18",
                 "category number 4", "category 4", "category 5"):  # fmt: skip
        assert part in told, part
    assert all("\n" not in error["error"] for error in answer.json()["errors"])


def test_an_image_that_is_not_here_or_of_another_size_is_named_once(client: TestClient, upload: Upload) -> None:
    upload(1)
    data = data_set(*(annotation(number) for number in range(1, 4)))
    data["images"][0]["file_name"] = "absent.png"
    (error,) = post(client, data).json()["errors"]
    assert error["file_name"] == "absent.png"
    data["images"][0].update(file_name="picture 1.png", width=HEIGHT, height=WIDTH)
    (error,) = post(client, data).json()["errors"]
    assert f"{WIDTH}×{HEIGHT} upright" in error["error"]


def test_folders_in_file_names_are_looked_past(client: TestClient, upload: Upload) -> None:
    upload(1)
    data = data_set(annotation(1))
    for name in ("images/train/picture 1.png", "C:\\data\\picture 1.png", "../picture 1.png"):
        data["images"][0]["file_name"] = name
        assert post(client, data).json()["errors"] == []


def test_of_two_images_of_one_name_the_one_that_came_along_is_meant(
    client: TestClient, upload: Upload, document: Document
) -> None:
    first = upload(1, "picture 1.png")
    second = upload(2, "picture 1.png")
    (error,) = post(client, data_set(annotation(1))).json()["errors"]
    assert "2 images" in error["error"]
    answer = post(client, data_set(annotation(1)), ("picture 1.png", file_bytes(picture(2))))
    assert answer.json()["annotations"] == 1
    assert (len(document(first)["instances"]), len(document(second)["instances"])) == (0, 1)


def test_importing_twice_stores_once(client: TestClient, upload: Upload, document: Document) -> None:
    image = upload(1)
    for _ in range(2):
        post(client, data_set(annotation(1), annotation(2, segmentation=block(50, 20, 10, 10))))
    assert len(document(image)["instances"]) == 2
    assert document(image)["revision"] == 1


def test_keypoints_that_come_later_join_their_object(client: TestClient, upload: Upload, document: Document) -> None:
    image = upload(1)
    post(client, data_set(annotation(1)))
    data = data_set(annotation(7, keypoints=[12, 12, 2, 0, 0, 0], num_keypoints=1))
    data["categories"] = [{"id": 18, "name": "dog", "keypoints": ["nose", "tail"], "skeleton": [[1, 2]]}]
    assert post(client, data).json()["errors"] == []
    (instance,) = document(image)["instances"]
    assert (instance["keypoints"], instance["num_keypoints"]) == ([12, 12, 2, 0, 0, 0], 1)
    data["categories"][0]["keypoints"] = ["nose", "ear"]
    data["annotations"] = [annotation(9, segmentation=block(60, 5, 9, 9), keypoints=[61, 6, 2, 0, 0, 0])]
    answer = post(client, data).json()
    assert [error["error"] for error in answer["errors"]] == [
        "category dog: its keypoints ear are not among those that it has here; they are left out"
    ]
    assert document(image)["instances"][1]["keypoints"] == [61, 6, 2, 0, 0, 0]


@pytest.mark.parametrize(
    ("names", "points", "expected"),
    [
        (["tail", "ear", "nose"], [1, 1, 2, 2, 2, 1, 3, 3, 2], [3, 3, 2, 2, 2, 1, 1, 1, 2]),
        (["ear"], [2, 2, 2], [0, 0, 0, 2, 2, 2, 0, 0, 0]),
    ],
    ids=["another order", "some of them"],
)
def test_keypoints_are_known_by_their_names(
    client: TestClient, upload: Upload, document: Document, names: list[str], points: list[int], expected: list[int]
) -> None:
    image = upload(1)
    fields = {"name": "dog", "keypoints": ["nose", "ear", "tail"], "skeleton": [[1, 2]]}
    dog = client.post("/api/categories", json=fields).json()["id"]
    drawn = {"category_id": dog, "segmentation": block(60, 40, 9, 9), "keypoints": [61, 41, 2, 0, 0, 0, 0, 0, 0]}
    assert client.post(f"/api/images/{image}/instances", json=drawn).status_code == 201
    data = data_set(annotation(1, keypoints=points))
    data["categories"] = [{"id": 18, "name": "dog", "keypoints": names}]
    assert post(client, data).json()["errors"] == []
    assert document(image)["instances"][1]["keypoints"] == expected


def test_a_class_whose_keypoints_nobody_has_placed_takes_those_of_the_file(
    client: TestClient, upload: Upload, document: Document
) -> None:
    image = upload(1)
    client.post("/api/categories", json={"name": "dog", "keypoints": ["nose", "ear"]})
    data = data_set(annotation(1, keypoints=[1, 1, 2, 2, 2, 2, 3, 3, 2]))
    data["categories"] = [{"id": 18, "name": "dog", "keypoints": ["ear", "nose", "tail"]}]
    told = post(client, data).json()
    assert told["errors"] == []
    assert "category dog: its keypoints become the file's, as no object here has any" in told["notes"]
    (instance,) = document(image)["instances"]
    assert instance["keypoints"] == [1, 1, 2, 2, 2, 2, 3, 3, 2]


def test_two_objects_of_one_place_keep_their_own_keypoints(
    client: TestClient, upload: Upload, document: Document
) -> None:
    image = upload(1)
    data = data_set(annotation(1, keypoints=[1, 1, 2]), annotation(2, keypoints=[5, 5, 2]))
    data["categories"] = [{"id": 18, "name": "dog", "keypoints": ["nose"]}]
    for _ in range(2):
        post(client, data)
        assert [one["keypoints"] for one in document(image)["instances"]] == [[1, 1, 2], [5, 5, 2]]


def test_ids_that_are_no_numbers_stand_for_one_thing_or_none(
    client: TestClient, upload: Upload, document: Document
) -> None:
    first, second = upload(1), upload(2)
    data = data_set(annotation(1, image_id="a"))
    size = {"width": WIDTH, "height": HEIGHT}
    data["images"] = [{"id": "a", "file_name": f"picture {number}.png", **size} for number in (1, 2)]
    assert any("two images have this id" in one["error"] for one in post(client, data).json()["errors"])
    data["images"][0]["id"], data["images"][1]["id"] = True, 1
    data["annotations"] = [annotation(1, image_id=1)]
    post(client, data)
    assert [len(document(image)["instances"]) for image in (first, second)] == [0, 1]
    data["categories"] = [{"id": "c", "name": "dog"}, {"id": "c", "name": "cat"}]
    data["annotations"] = [annotation(2, image_id=1, category_id="c", segmentation=block(50, 20, 9, 9))]
    assert any("two categories have this id" in one["error"] for one in post(client, data).json()["errors"])
    assert len(document(second)["instances"]) == 1


@pytest.mark.parametrize("skeleton", [{}, {"skeleton": None}])
def test_keypoints_need_no_skeleton(
    client: TestClient, upload: Upload, document: Document, skeleton: dict[str, Any]
) -> None:
    image = upload(1)
    data = data_set(annotation(1, keypoints=[12, 12, 2, 0, 0, 0], num_keypoints=1))
    data["categories"] = [{"id": 18, "name": "dog", "keypoints": ["nose", "tail"]} | skeleton]
    assert post(client, data).json()["errors"] == []
    now = document(image)
    assert (now["categories"][0]["keypoints"], now["categories"][0]["skeleton"]) == (["nose", "tail"], [])
    assert now["instances"][0]["num_keypoints"] == 1


def test_category_ids_of_the_file_are_kept_where_they_are_free(client: TestClient, upload: Upload) -> None:
    upload(1)
    assert client.post("/api/categories", json={"name": "apple", "id": 18}).status_code == 201
    assert client.post("/api/categories", json={"name": "horse"}).json()["id"] == 19
    data = data_set(
        annotation(1),
        annotation(2, category_id=0, segmentation=block(50, 10, 9, 9)),
        annotation(3, category_id=90, segmentation=block(70, 10, 9, 9)),
        annotation(4, category_id=2, segmentation=block(90, 10, 9, 9)),
    )
    data["categories"] += [
        {"id": 0, "name": "_background_"},
        {"id": 90, "name": "toothbrush"},
        {"id": 2, "name": "horse"},
    ]
    assert post(client, data).json()["errors"] == []
    exported = client.get("/api/export").json()
    names = {entry["id"]: entry["name"] for entry in exported["categories"]}
    assert names == {0: "_background_", 18: "apple", 19: "horse", 90: "toothbrush", 20: "dog"} or (
        sorted(names.values()) == ["_background_", "apple", "dog", "horse", "toothbrush"]
        and (names[0], names[18], names[19], names[90]) == ("_background_", "apple", "horse", "toothbrush")
    )
    assert [names[row["category_id"]] for row in exported["annotations"]] == [
        "dog", "_background_", "toothbrush", "horse",
    ]  # fmt: skip


def test_crowds_holes_and_booleans(client: TestClient, upload: Upload, document: Document) -> None:
    image = upload(1)
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    mask[10:50, 20:80] = 1
    mask[20:40, 40:60] = 0
    changes = np.flatnonzero(np.diff(mask.T.ravel())) + 1
    counts = np.diff([0, *changes, mask.size]).tolist()  # the first run is of background
    crowd = annotation(1, segmentation={"size": [HEIGHT, WIDTH], "counts": counts}, iscrowd=True)
    single = annotation(2, segmentation=block(1, 1, 5, 5), iscrowd=False)
    assert post(client, data_set(crowd, single)).json()["errors"] == []
    rows = document(image)["instances"]
    assert [row["iscrowd"] for row in rows] == [1, 0]
    np.testing.assert_array_equal(coco_mask.decode(rows[0]["segmentation"]), mask)
    assert rows[0]["area"] == mask.sum()


def test_brush_masks_come_as_objects_where_the_file_is_said_to_have_no_crowds(
    client: TestClient, upload: Upload, document: Document
) -> None:
    image = upload(1)
    left, height = 50, 10
    column = [20, height, HEIGHT - 20 - height]  # zeros above a run of ones, and those below it
    between = column[2] + column[0]
    runs = [left * HEIGHT + column[0], *[height, between] * 9, height, (WIDTH - left - 9) * HEIGHT - column[0] - height]
    brush = {"size": [HEIGHT, WIDTH], "counts": runs}
    data = data_set(annotation(1), annotation(2, segmentation=brush, iscrowd=1))
    (note,) = post(client, data).json()["notes"]
    assert "crowds_as_objects=true" in note
    assert [row["iscrowd"] for row in document(image)["instances"]] == [0, 1]
    assert post(client, data, crowds_as_objects="true").json()["updated"] == 1
    assert [row["iscrowd"] for row in document(image)["instances"]] == [0, 0]


def test_a_misspelt_option_is_named_not_passed_over(client: TestClient, upload: Upload, document: Document) -> None:
    image = upload(1)
    answer = post(client, data_set(annotation(1)), dryrun="true")
    assert (answer.status_code, answer.json()["error"].startswith("there is no parameter 'dryrun'")) == (422, True)
    assert document(image)["instances"] == []


def test_status_by_option(client: TestClient, upload: Upload, document: Document) -> None:
    image = upload(1)
    post(client, data_set(annotation(1)), status="in_progress")
    assert document(image)["image"]["status"] == "in_progress"
    client.put(f"/api/images/{image}/status", json={"status": "todo"})
    post(client, data_set(annotation(2, segmentation=block(50, 20, 10, 10))), status="keep")
    assert document(image)["image"]["status"] == "todo"
    assert post(client, data_set(), status="perfect").status_code == 422


def test_on_a_reviewed_image_no_proposal_is_left_beside_the_annotations(
    client: TestClient, store: Store, upload: Upload, category: int, document: Document
) -> None:
    image = upload(1)
    with store.writing() as session:
        prediction = {"category_id": category, "segmentation": block(60, 10, 20, 20), "score": 0.8}
        replace_predictions(session, image, [prediction], "model")
    post(client, data_set(annotation(1)))
    assert [row["source"] for row in document(image)["instances"]] == ["manual"]
    assert [row["source"] for row in client.post(f"/api/images/{image}/undo").json()["instances"]] == ["predicted"]


DATA_SETS = [
    ("fruits_nuts", "*.json", 18),
    ("carparts", "*.json", 20),
    ("coco_subset", "instances_val*.json", 20),
    ("coco_subset", "*keypoints_val*.json", 20),
    ("nuclei", "*.json", 4),
    ("pennfudan", "*.json", 6),
]


@pytest.mark.parametrize(("folder", "pattern", "images"), DATA_SETS)
def test_real_data_sets_survive_the_round_trip(
    client: TestClient, shared_data: Path, folder: str, pattern: str, images: int
) -> None:
    """Real annotations in, export out: the same pixels, categories, crowds and keypoints, object by object."""
    path = next(iter(sorted((shared_data / folder / "annotations").glob(pattern))))
    data = json.loads(path.read_text())
    data["images"] = data["images"][:images]
    sizes = {entry["id"]: (entry["height"], entry["width"]) for entry in data["images"]}
    data["annotations"] = [entry for entry in data["annotations"] if entry["image_id"] in sizes]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("annotations.json", json.dumps(data))
        for entry in data["images"]:
            archive.write(shared_data / folder / "images" / entry["file_name"], f"images/{entry['file_name']}")
    answer = client.post("/api/import?empty_images=true", files={"files": ("data.zip", content.getvalue())})
    assert answer.status_code == 200
    assert answer.json()["errors"] == []
    assert answer.json()["annotations"] + answer.json()["already_there"] == len(data["annotations"])
    exported = client.get("/api/export?status=reviewed").json()
    assert {entry["id"]: entry["name"] for entry in exported["categories"]} == {
        entry["id"]: entry["name"] for entry in data["categories"] if entry["name"] != "_background_"
    }
    file_names = {entry["id"]: entry["file_name"] for entry in data["images"]}
    new_names = {entry["id"]: entry["file_name"] for entry in exported["images"]}
    assert sorted(file_names.values()) == sorted(new_names.values())
    by_image: dict[str, list[dict[str, Any]]] = {}
    for entry in exported["annotations"]:
        by_image.setdefault(new_names[entry["image_id"]], []).append(entry)
    for entry in data["annotations"]:
        height, width = sizes[entry["image_id"]]
        wanted = as_rle(entry["segmentation"], height, width)
        same = [
            other
            for other in by_image[file_names[entry["image_id"]]]
            if other["category_id"] == entry["category_id"]
            and other["iscrowd"] == int(entry.get("iscrowd", 0))
            and coco_mask.iou([as_rle(other["segmentation"], height, width)], [wanted], [0])[0, 0] == 1
        ]
        assert same
        # Some files round the box, or leave the tip of a spike out of it; ours encloses the outline.
        assert same[0]["bbox"] == pytest.approx(segmentation_bbox(entry["segmentation"], height, width), abs=1e-3)
        if any(entry.get("keypoints", [])):
            assert any(np.allclose(other["keypoints"], entry["keypoints"], atol=1e-3) for other in same)


def as_rle(segmentation: Any, height: int, width: int) -> Any:
    """pycocotools' own conversion."""
    if isinstance(segmentation, list):
        return coco_mask.merge(coco_mask.frPyObjects(segmentation, height, width))
    if isinstance(segmentation["counts"], list):
        return coco_mask.frPyObjects(segmentation, height, width)
    return segmentation
