"""`python -m core convert FROM TO`."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.__main__ import main
from core.formats import read
from core.formats.archives import unpacked

SQUARE = [[2, 2, 8, 2, 8, 8, 2, 8]]


def coco_of(*names: str) -> dict:
    images = [{"id": number, "file_name": name, "height": 12, "width": 16} for number, name in enumerate(names)]
    annotations = [
        {
            "id": number,
            "image_id": number,
            "category_id": 4,
            "segmentation": SQUARE,
            "bbox": [2, 2, 6, 6],
            "area": 36,
            "iscrowd": 0,
        }
        for number in range(len(names))
    ]
    return {"images": images, "annotations": annotations, "categories": [{"id": 4, "name": "nut"}]}


def save_picture(path: Path, height: int = 12, width: int = 16) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((height, width, 3), dtype=np.uint8)).save(path)


def test_there_and_back_is_the_same_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text(json.dumps(coco_of("one.png", "sub/two.png")))
    save_picture(tmp_path / "pictures" / "one.png")
    save_picture(tmp_path / "pictures" / "sub" / "two.png")
    assert main(["convert", str(tmp_path / "a.json"), str(tmp_path / "yolo"), "--format", "yolo-seg"]) == 0
    assert "2 images, 2 objects, 0 crowds" in capsys.readouterr().out
    back = tmp_path / "back.json"
    assert main(["convert", str(tmp_path / "yolo"), str(back), "--images", str(tmp_path / "pictures")]) == 0
    data = json.loads(back.read_text())
    assert [image["file_name"] for image in data["images"]] == ["one.png", "sub/two.png"]
    assert [annotation["segmentation"] for annotation in data["annotations"]] == [SQUARE, SQUARE]
    assert [category["name"] for category in data["categories"]] == ["nut"]


def zip_of(path: Path, files: dict[str, bytes | str]) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path.read_bytes()


def test_archives_in_archives_are_part_of_the_folder_that_they_lie_in(tmp_path: Path) -> None:
    labels = zip_of(tmp_path / "inner.zip", {"labels/a.txt": "0 0.5 0.5 0.5 0.5\n", "classes.txt": "nut\n"})
    save_picture(tmp_path / "a.png")
    pictures = zip_of(tmp_path / "inner.zip", {"images/a.png": (tmp_path / "a.png").read_bytes()})
    middle = zip_of(tmp_path / "inner.zip", {"labels.zip": labels, "images.zip": pictures})
    zip_of(tmp_path / "all.zip", {"task/backup.zip": middle})
    coco, _ = read(tmp_path / "all.zip")
    assert [image["file_name"] for image in coco["images"]] == ["task/images/a.png"]
    assert [annotation["bbox"] for annotation in coco["annotations"]] == [[4, 3, 8, 6]]


def test_archives_deeper_than_four_and_those_in_a_folder_are_named(tmp_path: Path) -> None:
    content = zip_of(tmp_path / "x.zip", {"a.json": json.dumps(coco_of("a.png"))})
    for _ in range(4):
        content = zip_of(tmp_path / "x.zip", {"inner.zip": content})
    with pytest.raises(ValueError, match=r"inner\.zip: lies in archives more than 4 deep"):
        read(tmp_path / "x.zip")
    with pytest.raises(ValueError, match=r"no annotations but in archives; give x\.zip by itself"):
        read(tmp_path)
    (tmp_path / "b.json").write_text(json.dumps(coco_of("b.png")))
    assert "x.zip: an archive in a folder is not looked into" in read(tmp_path)[1]


def test_an_archive_of_three_splits_is_read_whole(tmp_path: Path) -> None:
    """As Roboflow makes them: a JSON in each folder, the same file name in two, read-me files beside."""
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("README.roboflow.txt", "exported")
        for split, name in (("train", "a.jpg"), ("valid", "a.jpg"), ("test", "b.jpg")):
            archive.writestr(f"{split}/_annotations.coco.json", json.dumps(coco_of(name)))
            save_picture(tmp_path / name)
            archive.write(tmp_path / name, f"{split}/{name}")
    out = tmp_path / "all.json"
    assert main(["convert", str(tmp_path / "export.zip"), str(out)]) == 0
    data = json.loads(out.read_text())
    assert sorted(image["file_name"] for image in data["images"]) == ["test/b.jpg", "train/a.jpg", "valid/a.jpg"]
    assert sorted(annotation["image_id"] for annotation in data["annotations"]) == [1, 2, 3]
    assert len(data["categories"]) == 1


def test_one_name_in_two_folders_stays_two_images_without_pictures_too(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        (tmp_path / "set" / split).mkdir(parents=True)
        (tmp_path / "set" / split / "_annotations.coco.json").write_text(json.dumps(coco_of("a.jpg")))
    assert main(["convert", str(tmp_path / "set"), str(tmp_path / "all.json")]) == 0
    data = json.loads((tmp_path / "all.json").read_text())
    assert [image["file_name"] for image in data["images"]] == ["train/a.jpg", "valid/a.jpg"]


def test_a_picture_of_another_data_set_is_never_taken(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        (tmp_path / split).mkdir()
        (tmp_path / split / "_annotations.coco.json").write_text(json.dumps(coco_of("a.jpg")))
    save_picture(tmp_path / "valid" / "a.jpg")
    assert main(["convert", str(tmp_path), str(tmp_path / "all.json")]) == 0
    data = json.loads((tmp_path / "all.json").read_text())
    assert [image["file_name"] for image in data["images"]] == ["train/a.jpg", "valid/a.jpg"]


def test_instances_and_keypoints_of_one_image_set_are_joined(tmp_path: Path) -> None:
    instances, keypoints = coco_of("a.jpg"), coco_of("a.jpg")
    keypoints["categories"][0] |= {"keypoints": ["tip"], "skeleton": []}
    keypoints["annotations"][0] |= {"keypoints": [3, 3, 2], "num_keypoints": 1}
    (tmp_path / "instances.json").write_text(json.dumps(instances))
    (tmp_path / "keypoints.json").write_text(json.dumps(keypoints))
    assert main(["convert", str(tmp_path), str(tmp_path / "all.json")]) == 0
    data = json.loads((tmp_path / "all.json").read_text())
    (annotation,) = data["annotations"]
    assert annotation["keypoints"] == [3, 3, 2]
    assert data["categories"][0]["keypoints"] == ["tip"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "out"], "nowhere: there is no such file or folder"),
        (["a.json", "out", "--format", "darknet"], "there is no format 'darknet'; the formats are coco"),
        (["a.json", "out.json", "--format", "labelme"], "labelme is written into a folder"),
        (["a.json", "missing/out.json"], "there is no such folder to write it in"),
        (["a.json"], "convert takes FROM TO"),
        (["a.json", "out", "--images", "nowhere"], "nowhere: there is no such folder of images"),
        (["empty", "out"], "no annotations in a format that is read"),
        (["broken.json", "out"], "broken.json: broken JSON at line 1"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_text(json.dumps(coco_of("a.jpg")))
    (tmp_path / "broken.json").write_text('{"images": [')
    (tmp_path / "empty").mkdir()
    assert main(["convert", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_images_of_unknown_size_are_no_data_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """YOLO's files without the pictures became "0 images, 0 objects", with status 0."""
    (tmp_path / "a.json").write_text(json.dumps(coco_of("one.png")))
    assert main(["convert", str(tmp_path / "a.json"), str(tmp_path / "yolo"), "--format", "yolo-seg"]) == 0
    capsys.readouterr()
    assert main(["convert", str(tmp_path / "yolo"), str(tmp_path / "back.json")]) == 2
    note, error = capsys.readouterr().err.splitlines()
    assert "no height and width" in note
    assert error.startswith("error: ")
    assert "none of its images is left" in error
    assert "--images DIR says where the pictures lie" in error
    assert not (tmp_path / "back.json").exists()


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out.txt", "C:\\out.txt", "a/../../out.txt", "..\\out.txt"])
def test_nothing_is_unpacked_outside_the_folder(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("good.txt", "1")
        archive.writestr(zipfile.ZipInfo(name), "2")
    with pytest.raises(ValueError, match="outside the folder"), unpacked(tmp_path / "evil.zip"):
        pass


def test_an_archive_that_would_fill_the_disk_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(5_000_000))
    with pytest.raises(ValueError, match="unpacks to more than"), unpacked(tmp_path / "bomb.zip", limit=4_000_000):
        pass


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ValueError, match="is a link"), unpacked(tmp_path / "link.zip"):
        pass


def test_a_damaged_archive_is_one_line(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", json.dumps(coco_of("a.jpg")) * 50)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[60:80] = bytes(20)
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(ValueError, match="not a zip archive, or damaged"), unpacked(tmp_path / "a.zip"):
        pass
