"""What comes along with annotations: archives with several data sets, metadata, the same name in two folders."""

from __future__ import annotations

import base64
import io
import json
import random
import unicodedata
import zipfile
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.app.conftest import HEIGHT, WIDTH, Upload, block, file_bytes, picture


def coco(*names: str, **category: Any) -> dict[str, Any]:
    """One object on each image, of class 1; class 0 is the parent, as Roboflow writes it."""
    return {
        "images": [
            {"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT} for number, name in enumerate(names)
        ],
        "categories": [
            {"id": 0, "name": "cells", "supercategory": "none"},
            {"id": 1, "name": "cell", "supercategory": "cells", **category},
        ],
        "annotations": [
            {"id": number, "image_id": number, "category_id": 1, "segmentation": block(10 + 10 * number, 10, 9, 9)}
            for number in range(len(names))
        ],
    }


def archive(files: dict[str, Any]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        for name, data in files.items():
            zipped.writestr(name, data if isinstance(data, (bytes, str)) else json.dumps(data))
    return content.getvalue()


def objects(client: TestClient) -> dict[str, list[list[float]]]:
    """The boxes on each image, by its name."""
    images = client.get("/api/images").json()["images"]
    documents = [client.get(f"/api/images/{image['image_id']}/document").json() for image in images]
    return {doc["image"]["file_name"]: [row["bbox"] for row in doc["instances"]] for doc in documents}


def test_an_archive_in_an_archive_is_looked_into_and_a_broken_one_costs_itself_alone(client: TestClient) -> None:
    inner = archive({"train/_annotations.coco.json": coco("a.png"), "train/a.png": file_bytes(picture(1))})
    outer = archive({"export/data.zip": inner, "export/broken.zip": b"PK no archive"})
    answer = client.post("/api/import", files={"files": ("outer.zip", outer)}).json()
    assert objects(client) == {"a.png": [[10, 10, 9, 9]]}
    assert [error["file_name"] for error in answer["errors"] if "zip" in error["error"]] == [
        "export/broken.zip (damaged)"
    ]


def test_archives_are_looked_into_four_deep_and_deeper_ones_are_named(client: TestClient) -> None:
    content = archive({"a.json": coco("a.png"), "a.png": file_bytes(picture(1))})
    for _ in range(3):
        content = archive({"inner.zip": content})
    assert client.post("/api/import", files={"files": ("outer.zip", content)}).json()["annotations"] == 1
    answer = client.post("/api/import", files={"files": ("x.zip", archive({"inner.zip": content}))})
    assert answer.status_code == 422
    assert "inner.zip: lies in archives more than 4 deep" in answer.json()["error"]


def test_files_in_all_archives_and_those_inside_them_count_together(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.api.uploads.packed_files.MOST_FILES", 5)
    inner = archive({f"{number}.png": b"" for number in range(3)})
    outer = archive({"a.zip": inner, "b.zip": inner})
    answer = client.post("/api/import", files={"files": ("outer.zip", outer)})
    assert answer.status_code == 422
    assert "6 files in it, at most 5 are taken" in answer.json()["error"]


def test_each_data_set_of_an_archive_is_imported(client: TestClient) -> None:
    files = {
        "README.dataset.txt": "cells",
        "train/_annotations.coco.json": coco("a.png"),
        "train/a.png": file_bytes(picture(1)),
        "valid/_annotations.coco.json": coco("a.png", "b.png"),
        "valid/a.png": file_bytes(picture(2)),
        "valid/b.png": file_bytes(picture(3)),
        "dataset.json": {"version": 3},
    }
    answer = client.post("/api/import", files={"files": ("cells.zip", archive(files))}).json()
    assert (answer["images"], answer["annotations"], answer["categories"]) == (3, 3, 1)
    assert answer["errors"] == []
    assert any(note.startswith("dataset.json: not a COCO data set") for note in answer["notes"])
    assert objects(client) == {
        "train/a.png": [[10, 10, 9, 9]], "valid/a.png": [[10, 10, 9, 9]], "valid/b.png": [[20, 10, 9, 9]],
    }  # fmt: skip
    assert [category["name"] for category in client.get("/api/categories").json()["categories"]] == ["cell"]


def test_annotations_and_images_in_folders_of_their_own(client: TestClient) -> None:
    files = {
        "annotations/instances_default.json": coco("default/a.png"),
        "images/default/a.png": file_bytes(picture(1)),
    }
    answer = client.post("/api/import", files={"files": ("cvat.zip", archive(files))}).json()
    assert (answer["annotations"], answer["errors"]) == (1, [])


def test_a_dry_run_says_what_would_be_and_keeps_nothing(client: TestClient, upload: Upload) -> None:
    upload(1, "a.png")
    parts = [
        ("files", ("mine.json", json.dumps(coco("a.png", "b.png")).encode())),
        ("files", ("b.png", file_bytes(picture(2)))),
    ]
    answer = client.post("/api/import?dry_run=true", files=parts).json()
    assert (answer["images"], answer["annotations"], len(answer["uploaded"])) == (2, 2, 1)
    assert objects(client) == {"a.png": []}
    assert client.get("/api/categories").json()["categories"] == []
    again = client.post("/api/import", files=parts).json()
    assert (again["images"], again["annotations"]) == (2, 2)


def test_a_base_name_never_reaches_an_image_that_is_listed_itself(client: TestClient, upload: Upload) -> None:
    upload(1, "train/0001.png")
    body = json.dumps(coco("train/0001.png", "val/0001.png")).encode()
    answer = client.post("/api/import", files=[("files", ("both.json", body))]).json()
    assert (answer["annotations"], [error["file_name"] for error in answer["errors"]]) == (1, ["val/0001.png"])
    assert objects(client) == {"train/0001.png": [[10, 10, 9, 9]]}


def test_an_id_that_stands_for_two_images_puts_nothing_on_either(client: TestClient, upload: Upload) -> None:
    upload(1, "a.png")
    upload(2, "b.png")
    data = coco("a.png", "b.png")
    data["images"][1]["id"] = data["annotations"][1]["image_id"] = 0
    answer = client.post("/api/import", files=[("files", ("both.json", json.dumps(data).encode()))]).json()
    assert answer["annotations"] == 0
    assert any("which is meant?" in error["error"] for error in answer["errors"])
    assert objects(client) == {"a.png": [], "b.png": []}


def test_a_field_that_cannot_be_kept_is_named(client: TestClient, upload: Upload) -> None:
    upload(1, "a.png")
    data = coco("a.png")
    data["annotations"][0] |= {"embedding": [0.125] * 9000, "mine": "kept"}
    answer = client.post("/api/import", files=[("files", ("a.json", json.dumps(data).encode()))]).json()
    assert any("annotation's 'embedding' is too long" in note for note in answer["notes"])
    (entry,) = client.get("/api/export").json()["annotations"]
    assert ("embedding" in entry, entry["mine"]) == (False, "kept")


def archive_of(method: int, files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_with_bytes_turned_is_refused_or_read_in_part_in_one_line(client: TestClient, method: int) -> None:
    coco = {"images": [{"id": 1, "file_name": "a.png"}], "categories": [], "annotations": []}
    files = {"a.json": json.dumps(coco).encode(), "a.png": file_bytes(picture(1, 30, 20)), "labels/a.txt": b"0 1 1 1 1"}
    whole, chance = archive_of(method, files), random.Random(method)
    for _ in range(25):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        answer = client.post("/api/import", files=[("files", ("work.zip", bytes(data)))])
        assert answer.status_code in (200, 422), answer.text
        lines = [answer.json().get("error", ""), *(one["error"] for one in answer.json().get("errors", []))]
        assert all("\n" not in line for line in lines)


def test_a_picture_that_is_damaged_in_an_archive_costs_that_picture_alone(client: TestClient) -> None:
    coco = {"images": [{"id": 1, "file_name": "b.png"}], "categories": [{"id": 1, "name": "cell"}], "annotations": []}
    pictures = {name: file_bytes(picture(seed, 30, 20)) for seed, name in enumerate(("a.png", "b.png"))}
    data = bytearray(archive_of(zipfile.ZIP_STORED, {"a.json": json.dumps(coco).encode(), **pictures}))
    data[data.index(pictures["a.png"]) + 50] ^= 1
    answer = client.post("/api/import", files=[("files", ("work.zip", bytes(data)))]).json()
    assert [image["file_name"] for image in answer["uploaded"]] == ["b.png"]
    assert len(answer["errors"]) == 1
    assert "a.png: damaged in its .zip" in answer["errors"][0]["error"]


@pytest.mark.parametrize("name", ["labels.txt/x.txt", "x" * 300 + ".txt", "y" * 300 + "/x.txt"])
def test_names_that_no_disk_takes_are_one_line(client: TestClient, name: str) -> None:
    data = archive_of(zipfile.ZIP_STORED, {"labels.txt": b"a", name: b"0 .5 .5 .1 .1"})
    answer = client.post("/api/import", files=[("files", ("work.zip", data))])
    assert answer.status_code == 422
    assert "no file can be called so" in answer.json()["error"]


def test_subsets_of_one_folder_of_annotations_keep_their_own_pictures(client: TestClient) -> None:
    """CVAT's and COCO's own layout: instances_Train.json is about images/Train/."""
    files: dict[str, Any] = {}
    for number, part in enumerate(("Train", "Validation"), start=1):
        files[f"images/{part}/a.png"] = file_bytes(picture(number))
        data = coco("a.png")
        data["annotations"][0]["segmentation"] = block(10 * number, 10, 9, 9)
        files[f"annotations/instances_{part}.json"] = data
    answer = client.post("/api/import", files={"files": ("cvat.zip", archive(files))}).json()
    assert (answer["annotations"], answer["errors"]) == (2, [])
    expected = {"Train/a.png": [[10, 10, 9, 9]], "Validation/a.png": [[20, 10, 9, 9]]}
    assert objects(client) == expected
    # The same without pictures, which are here now.
    jsons = [("files", (name, json.dumps(data))) for name, data in files.items() if name.endswith(".json")]
    again = client.post("/api/import", files=jsons).json()
    assert (again["annotations"], again["already_there"], again["errors"]) == (0, 2, [])


def test_pictures_in_folders_below_those_that_the_file_names(client: TestClient) -> None:
    files: dict[str, Any] = {f"images/default/{name}": file_bytes(picture(number)) for number, name in
                             enumerate(("one/a.png", "two/a.png"))}  # fmt: skip
    files["annotations/instances_default.json"] = coco("one/a.png", "two/a.png")
    answer = client.post("/api/import", files={"files": ("cvat.zip", archive(files))}).json()
    assert (answer["annotations"], answer["errors"]) == (2, [])
    assert objects(client) == {"one/a.png": [[10, 10, 9, 9]], "two/a.png": [[20, 10, 9, 9]]}


def test_two_full_paths_of_one_base_name_do_not_share_a_picture(client: TestClient, upload: Upload) -> None:
    upload(1, "a.png")
    answer = client.post("/api/import", json=coco("C:\\one\\a.png", "D:\\two\\a.png")).json()
    assert (answer["annotations"], len(answer["errors"])) == (0, 2)


def test_an_image_that_lost_an_object_on_the_way_from_another_format_is_not_reviewed(client: TestClient) -> None:
    shapes = [
        {"label": "cat", "shape_type": "polygon", "points": [[10, 10], [30, 10], [30, 30]]},
        {"label": "rope", "shape_type": "line", "points": [[10, 10], [30, 10]]},
    ]
    files = {}
    for number, name in enumerate(("whole", "part"), start=1):
        files[f"{name}.png"] = file_bytes(picture(number))
        files[f"{name}.json"] = json.dumps(
            {"shapes": shapes[:number], "imagePath": f"{name}.png", "imageHeight": HEIGHT, "imageWidth": WIDTH}
        )
    answer = client.post("/api/import", files={"files": ("labelme.zip", archive(files))}).json()
    states = {image["file_name"]: image["status"] for image in client.get("/api/images").json()["images"]}
    assert states == {"whole.png": "reviewed", "part.png": "in_progress"}
    assert any("1 image did not become reviewed: they lost an object on the way" in note for note in answer["notes"])


def test_a_picture_that_lies_inside_its_annotations_is_stored(client: TestClient) -> None:
    """labelme keeps it there, and people hand on the JSON alone."""
    data = {
        "shapes": [{"label": "cat", "shape_type": "polygon", "points": [[10, 10], [30, 10], [30, 30]]}],
        "imagePath": "..\\photos\\a.png",
        "imageData": base64.b64encode(file_bytes(picture(1))).decode(),
    }
    answer = client.post("/api/import", files=[("files", ("a.json", json.dumps(data)))]).json()
    assert (answer["annotations"], len(answer["uploaded"]), answer["errors"]) == (1, 1, [])
    assert objects(client) == {"a.png": [[10, 10, 20, 20]]}
    again = client.post("/api/import", files=[("files", ("a.json", json.dumps(data)))]).json()
    assert (again["annotations"], again["already_there"], again["uploaded"]) == (0, 1, [])


def test_pictures_that_no_file_is_about_are_stored_too(client: TestClient) -> None:
    shape = {"label": "cat", "points": [[10, 20], [30, 20], [30, 30]], "shape_type": "polygon"}
    labelme = {"shapes": [shape], "imagePath": "a.png", "imageHeight": HEIGHT, "imageWidth": WIDTH, "imageData": None}
    files = {"a.json": labelme, "a.png": file_bytes(picture(1)), "b.png": file_bytes(picture(2))}
    assert client.post("/api/import", files={"files": ("all.zip", archive(files))}).json()["annotations"] == 1
    assert objects(client) == {"a.png": [[10, 20, 20, 10]], "b.png": []}


def test_an_archive_of_photographs_alone_brings_them(client: TestClient) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for seed in (1, 2):
            archive.writestr(f"trip/{seed}.jpg", file_bytes(picture(seed), "JPEG"))
    answer = client.post("/api/import", files=[("files", ("trip.zip", content.getvalue()))])
    assert answer.status_code == 200, answer.text
    assert [row["file_name"] for row in client.get("/api/images").json()["images"]] == ["trip/1.jpg", "trip/2.jpg"]
    assert answer.json()["notes"] == ["no annotations are in it: its pictures are taken"]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:  # where masks are annotations
        archive.writestr("images/a.jpg", file_bytes(picture(4), "JPEG"))
        archive.writestr("masks/a.png", file_bytes(Image.new("L", (WIDTH, HEIGHT), 255)))
    masks = client.post("/api/import", files=[("files", ("masks.zip", content.getvalue()))]).json()
    assert (masks["annotations"], len(masks["uploaded"])) == (1, 1)
    alone = client.post("/api/import", files=[("files", ("a.jpg", file_bytes(picture(3), "JPEG")))])
    assert alone.status_code == 422


def test_masks_that_lie_beside_their_pictures_are_not_taken_for_pictures(client: TestClient) -> None:
    files = {"images/a.png": file_bytes(picture(1)), "masks/a.png": file_bytes(picture(2))}
    files |= {"masks/photo.png": file_bytes(picture(3)), "c.json": coco("a.png")}  # of a face mask, it may be
    answer = client.post("/api/import", files={"files": ("all.zip", archive(files))}).json()
    assert (answer["annotations"], len(answer["uploaded"])) == (1, 2)
    assert answer["notes"][:1] == ["taken for masks of other pictures, as they lie in a folder of masks: 1 files"]


def test_results_are_about_the_images_of_the_file_beside_them(client: TestClient) -> None:
    data = coco("a.png", "b.png")
    results = [{"image_id": 1, "category_id": 1, "bbox": [50, 10, 9, 9], "score": 0.5}]
    files = {
        "instances.json": data | {"annotations": []},
        "a.png": file_bytes(picture(1)),
        "b.png": file_bytes(picture(2)),
        "predictions.json": results,
    }
    answer = client.post("/api/import", files={"files": ("found.zip", archive(files))}).json()
    assert (answer["annotations"], answer["errors"]) == (1, [])
    assert objects(client) == {"a.png": [], "b.png": [[50, 10, 9, 9]]}


def test_results_name_images_by_their_files_too_and_say_where_nothing_is_known(
    client: TestClient, upload: Upload, category: int
) -> None:
    upload(1, "a.png")
    upload(2, "7.png")
    found = [
        {"image_id": name, "category_id": category, "bbox": [50, 10, 9, 9], "score": 0.5, **more}
        for name, more in (("a", {}), (7, {"file_name": "7.png"}))
    ]
    assert client.post("/api/import", json=found).json()["annotations"] == 2
    unknown = client.post("/api/import", json=[{"image_id": 99, "category_id": 1, "bbox": [1, 1, 5, 5], "score": 0.5}])
    assert unknown.status_code == 422
    assert "none of its image ids is known here: send the COCO file along" in unknown.json()["error"]


def test_captions_are_passed_over_in_one_line(client: TestClient) -> None:
    captions = {"images": [], "categories": [], "annotations": [{"id": 1, "image_id": 0, "caption": "a cell"}]}
    files = {"annotations/instances_a.json": coco("a.png"), "annotations/captions_a.json": captions}
    answer = client.post(
        "/api/import", files={"files": ("coco.zip", archive({**files, "a/a.png": file_bytes(picture(1))}))}
    ).json()
    assert (answer["annotations"], answer["errors"]) == (1, [])
    assert sum("captions" in note for note in answer["notes"]) == 1


def test_what_is_true_of_several_files_is_said_once(client: TestClient) -> None:
    files: dict[str, Any] = {}
    for number, part in enumerate(("train", "valid")):
        files |= {f"{part}/_annotations.coco.json": coco("a.png", "b.png") | {"annotations": []}}
        files |= {f"{part}/{name}.png": file_bytes(picture(2 * number + at)) for at, name in enumerate("ab")}
    notes = client.post("/api/import", files={"files": ("cells.zip", archive(files))}).json()["notes"]
    assert [note for note in notes if "parent" in note] == [
        "train/_annotations.coco.json, valid/_annotations.coco.json: category 0: 'cells' is the parent of other "
        "categories and has no objects [repair: left out]"
    ]
    assert "4 images did not become reviewed: they have no object in the file" in notes


def test_very_many_images_without_a_picture_are_one_line(client: TestClient) -> None:
    few = client.post("/api/import", json=coco(*(f"{number}.png" for number in range(3)))).json()
    assert [error["file_name"] for error in few["errors"]] == ["0.png", "1.png", "2.png"]
    (error,) = client.post("/api/import", json=coco(*(f"{number}.png" for number in range(50)))).json()["errors"]
    assert error["error"].endswith("and 42 more: no image of this name has been uploaded")


def test_an_uploaded_picture_keeps_its_ending_where_the_file_leaves_it_out(client: TestClient) -> None:
    files = {"x.json": coco("a", "/data/disk/b%20c.png"), "imgs/a.png": file_bytes(picture(1)),
             "imgs/b c.png": file_bytes(picture(2))}  # fmt: skip
    answer = client.post("/api/import", files={"files": ("x.zip", archive(files))}).json()
    assert (answer["annotations"], answer["errors"]) == (2, [])
    assert sorted(objects(client)) == ["a.png", "imgs/b c.png"]


VOC = (
    "<annotation>{folder}<filename>a.png</filename><size><width>120</width><height>80</height></size><object><name>c</name>"
    "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>50</xmax><ymax>20</ymax></bndbox></object></annotation>"
)
VIA = {
    "a.png9": {
        "filename": "a.png",
        "size": 9,
        "file_attributes": {"width": WIDTH, "height": HEIGHT},
        "regions": [
            {
                "shape_attributes": {"name": "rect", "x": 1, "y": 1, "width": 20, "height": 20},
                "region_attributes": {"class": "c"},
            }
        ],
    }
}
VIA_CSV = (
    "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n"
    'a.png,9,"{}",1,0,"{""name"":""rect"",""x"":1,""y"":1,""width"":20,""height"":20}","{""class"":""c""}"\n'
)
CVAT = (
    '<annotations><version>1.1</version><image id="0" name="a.png" subset="Validation" width="120" height="80">'
    '<box label="c" xtl="1" ytl="1" xbr="20" ybr="20" occluded="0" z_order="0"/></image></annotations>'
)
SUPERVISELY = {
    "size": {"height": HEIGHT, "width": WIDTH},
    "tags": [],
    "objects": [
        {"classTitle": "c", "geometryType": "rectangle", "points": {"exterior": [[1, 1], [20, 20]], "interior": []}}
    ],
}
DATUMARO = {
    "categories": {"label": {"labels": [{"name": "c", "parent": "", "attributes": []}]}},
    "items": [
        {
            "id": "a",
            "annotations": [{"type": "bbox", "label_id": 0, "group": 0, "bbox": [1, 1, 19, 19]}],
            "image": {"path": "a.png", "size": [HEIGHT, WIDTH]},
        }
    ],
}
DARWIN = {
    "version": "2.0",
    "item": {
        "name": "a.png",
        "path": "/",
        "slots": [{"type": "image", "slot_name": "0", "width": WIDTH, "height": HEIGHT}],
    },
    "annotations": [{"id": "x", "name": "c", "bounding_box": {"x": 1, "y": 1, "w": 19, "h": 19}}],
}
CREATEML = [
    {"image": "a.png", "annotations": [{"label": "c", "coordinates": {"x": 11, "y": 11, "width": 20, "height": 20}}]}
]
OF_VALIDATION: dict[str, dict[str, Any]] = {
    "voc, as Roboflow writes it": {"valid/a.xml": VOC.format(folder="<folder>valid</folder>")},
    "voc, its folder said inside": {"a.xml": VOC.format(folder="<folder>valid</folder>")},
    "voc in a folder of the split": {"VOCdevkit/val_2012/Annotations/a.xml": VOC.format(folder="")},
    "via": {"valid/via_region_data.json": VIA},
    "via as csv": {"valid/via.csv": VIA_CSV},
    "coco, as its file is called": {"annotations_val.json": coco("a.png")},
    "csv": {"valid/_annotations.csv": "filename,width,height,class,xmin,ymin,xmax,ymax\na.png,120,80,c,1,1,20,20\n"},
    "cvat's subset": {"annotations.xml": CVAT},
    "supervisely's data set": {"valid/ann/a.png.json": SUPERVISELY},
    "datumaro's subset": {"annotations/valid.json": DATUMARO},
    "darwin": {"valid/annotations/a.json": DARWIN},
    "createml": {"valid/_annotations.createml.json": CREATEML},
}


@pytest.mark.parametrize("kind", OF_VALIDATION)
def test_objects_of_one_split_never_come_to_another_splits_picture_of_that_name(
    client: TestClient, upload: Upload, kind: str
) -> None:
    upload(1, name="train/a.png")
    body = {"files": ("x.zip", archive(OF_VALIDATION[kind]))}
    told = client.post("/api/import", files=body).json()
    assert (objects(client), told["annotations"]) == ({"train/a.png": []}, 0)
    said = f"{told['errors']} {told.get('notes')}"
    assert "no image of this name has been uploaded" in said or "no picture of this name" in said
    own = {
        "cvat's subset": "Validation/a.png",
        "voc in a folder of the split": "val_2012/a.png",
        "coco, as its file is called": "val/a.png",
    }.get(kind, "valid/a.png")
    upload(2, name=own)
    assert client.post("/api/import", files=body).json()["annotations"] == 1
    assert len(objects(client)[own]) == 1


@pytest.mark.parametrize(
    ("stored", "named"),
    [
        ("train2014/a.png", "val2014/a.png"),
        ("train_images/a.png", "val_images/a.png"),
        ("TrainImages/a.png", "TestImages/a.png"),
        ("fold1/a.png", "fold2/a.png"),
        ("cam1/a.png", "D:\\x\\cam2\\a.png"),
        ("2021-05-01/a.png", "2021-05-02/a.png"),
    ],
)
def test_folders_that_differ_by_split_or_number_are_of_different_pictures(
    client: TestClient, upload: Upload, stored: str, named: str
) -> None:
    upload(1, name=stored)
    told = client.post("/api/import", files={"files": ("x.json", json.dumps(coco(named)))}).json()
    assert (objects(client), told["annotations"]) == ({stored: []}, 0)


def test_a_name_with_escapes_is_not_the_image_that_is_listed_as_it_reads_decoded(
    client: TestClient, upload: Upload
) -> None:
    upload(1, name="a b.png")
    told = client.post("/api/import", files={"files": ("x.json", json.dumps(coco("a%20b.png", "a b.png")))}).json()
    assert objects(client) == {"a b.png": [[20, 10, 9, 9]]}
    assert any("a%20b.png" in error["error"] for error in told["errors"])


def test_names_that_only_look_alike_mean_the_images_that_are_written_so(client: TestClient, upload: Upload) -> None:
    one, two = (unicodedata.normalize(form, "é.png") for form in ("NFC", "NFD"))
    for seed, name in enumerate((one, two)):
        upload(seed, name=name)
    assert client.post("/api/import", files={"files": ("x.json", json.dumps(coco(one, two)))}).json()["errors"] == []
    assert objects(client) == {one: [[10, 10, 9, 9]], two: [[20, 10, 9, 9]]}


def test_folders_that_are_called_otherwise_may_be_of_the_same_picture(client: TestClient, upload: Upload) -> None:
    upload(1, name="photos/a.png")
    assert client.post("/api/import", files={"files": ("x.json", json.dumps(coco("train2017/a.png")))}).is_success
    assert len(objects(client)["photos/a.png"]) == 1


def test_files_that_are_no_annotations_are_named(client: TestClient) -> None:
    for name, said in (("a.tfrecord", "send COCO JSON"), ("a.tar.gz", "only .zip")):
        files = [("files", ("a.png", file_bytes(picture()))), ("files", (name, b"\x1f\x8b"))]
        answer = client.post("/api/import", files=files)
        assert answer.status_code == 422
        assert answer.json()["error"].startswith(f"{name}: ")
        assert said in answer.json()["error"]


class UnmarkedName(zipfile.ZipInfo):
    """An entry as macOS writes it: its name is UTF-8 and not said to be."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802  # zipfile's own hook
        return self.filename.encode(), 0


def test_names_in_archives_of_macos_and_pictures_without_an_ending(client: TestClient) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        zipped.writestr("a.json", json.dumps(coco("Käse.png", "scan 7")))
        zipped.writestr(UnmarkedName("Fotos/Käse.png"), file_bytes(picture(1)))
        zipped.writestr(UnmarkedName("Fotos/._Käse.png"), b"\0\5\x16\7")
        zipped.writestr("Fotos/scan 7", file_bytes(picture(2)))
        zipped.writestr("LICENSE", "free")
    answer = client.post("/api/import", files={"files": ("all.zip", content.getvalue())}).json()
    assert (answer["annotations"], answer["errors"]) == (2, [])
    assert objects(client) == {"Käse.png": [[10, 10, 9, 9]], "scan 7": [[20, 10, 9, 9]]}
