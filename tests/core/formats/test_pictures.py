"""An annotation file that is called otherwise than the image that it names."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.formats import read, recognise
from core.formats.files import Folder
from core.formats.labelme.masks import write_pictures_inside
from tests.core.formats.test_labelme import TRIANGLE, labelme, shape
from tests.core.formats.test_voc import voc, voc_object
from tests.core.formats.tool_files import objects, picture, save


def write(kind: str, file: Path, says: str, label: str) -> None:
    """An annotation file with one object."""
    if kind == "voc":
        save(file.with_suffix(".xml"), voc(voc_object(label, 10, 10, 30, 30), filename=says))
    else:
        save(file.with_suffix(".json"), labelme(shape(label, TRIANGLE), path=says))


def placed(coco: dict[str, Any]) -> set[tuple[str, str]]:
    """Image and class of each object."""
    return {(name, label) for name, label, _ in objects(coco)}


@pytest.mark.parametrize("kind", ["voc", "labelme"])
def test_a_copy_that_still_names_the_original_is_about_the_picture_that_is_called_as_it(
    tmp_path: Path, kind: str
) -> None:
    for name in ("a", "a_turned"):
        picture(tmp_path / f"{name}.jpg")
        write(kind, tmp_path / name, "a.jpg", name)
    coco, notes = read(tmp_path)
    assert placed(coco) == {("a.jpg", "a"), ("a_turned.jpg", "a_turned")}
    (note,) = notes
    assert "names a.jpg, and a_turned.jpg is there too: its objects are on a_turned.jpg" in note


@pytest.mark.parametrize("kind", ["voc", "labelme"])
def test_of_two_pictures_the_one_whose_size_a_file_says_counts(tmp_path: Path, kind: str) -> None:
    picture(tmp_path / "1.jpg", height=40, width=40)
    picture(tmp_path / "street.jpg")
    write(kind, tmp_path / "1", "street.jpg", "cat")
    coco, notes = read(tmp_path)
    assert placed(coco) == {("street.jpg", "cat")}
    assert "whose size it has" in notes[0]


@pytest.mark.parametrize("kind", ["voc", "labelme"])
def test_without_pictures_a_copy_never_lands_on_the_image_of_another_file(tmp_path: Path, kind: str) -> None:
    for name in ("a", "b"):
        write(kind, tmp_path / name, "a.jpg", name)
    coco, notes = read(tmp_path)
    assert placed(coco) == {("a.jpg", "a"), ("b.jpg", "b")}
    assert "names a.jpg, which has a file of its own: it comes as b.jpg" in notes[0]


@pytest.mark.parametrize("kind", ["voc", "labelme"])
def test_files_that_are_numbered_by_their_tool_are_about_the_images_that_they_name(tmp_path: Path, kind: str) -> None:
    for number, name in enumerate(("cat.jpg", "dog.jpg"), 1):
        picture(tmp_path / name)
        write(kind, tmp_path / f"{number}", name, name[:3])
    coco, notes = read(tmp_path)
    assert placed(coco) == {("cat.jpg", "cat"), ("dog.jpg", "dog")}
    assert notes == []


@pytest.mark.parametrize("kind", ["voc", "labelme"])
def test_several_files_about_one_image_come_together_and_say_so(tmp_path: Path, kind: str) -> None:
    picture(tmp_path / "a.jpg")
    for name in ("anna", "bert"):
        write(kind, tmp_path / name, "a.jpg", name)
    coco, notes = read(tmp_path)
    assert placed(coco) == {("a.jpg", "anna"), ("a.jpg", "bert")}
    assert notes == ["a.jpg: 2 files are about this image: it has the objects of all"]


def test_one_name_in_two_folders_of_xmls_is_two_images(tmp_path: Path) -> None:
    for part in ("train", "val"):
        write("voc", tmp_path / "Annotations" / part / "a", "a.jpg", part)
    coco, _ = read(tmp_path)
    assert placed(coco) == {("train/a.jpg", "train"), ("val/a.jpg", "val")}


def test_pictures_inside_two_files_that_name_one_image_are_two_pictures(tmp_path: Path) -> None:
    for grey, name in enumerate(("a", "b")):
        file = BytesIO()
        Image.fromarray(np.full((50, 100), grey, dtype=np.uint8)).save(file, "PNG")
        inside = base64.b64encode(file.getvalue()).decode()
        save(tmp_path / f"{name}.json", labelme(shape(name, TRIANGLE), path="a.png") | {"imageData": inside})
    assert write_pictures_inside(Folder(tmp_path), lambda name: True) == ["a.png", "b.png"]
    coco, _ = read(tmp_path)
    assert placed(coco) == {("a.png", "a"), ("b.png", "b")}


def test_a_picture_in_a_folder_of_another_name_is_found_from_annotations_in_a_folder_of_their_own(
    tmp_path: Path,
) -> None:
    picture(tmp_path / "data" / "a.jpg")
    table = "ImageID,class,XMin,YMin,XMax,YMax\na,cat,10,10,30,30\n"
    save(tmp_path / "labels" / "boxes.csv", table)
    assert placed(read(tmp_path)[0]) == {("data/a.jpg", "cat")}
    save(tmp_path / "labels" / "boxes.csv", table.replace("\na,", "\nphotos/a.jpg,"))
    assert placed(read(tmp_path)[0]) == {("data/a.jpg", "cat")}


@pytest.mark.parametrize("said", [(50, 100), (50.0, 100.0), ("50", "100")])
def test_sizes_are_read_however_their_numbers_are_written(said: tuple[object, object], tmp_path: Path) -> None:
    height, width = said
    size, labels = {"height": height, "width": width}, {"label": {"labels": [{"name": "cat"}]}}
    box = {"classTitle": "cat", "geometryType": "rectangle", "points": {"exterior": [[1, 1], [9, 9]], "interior": []}}
    rectangle = {"label": "cat", "shape_type": "rectangle", "points": [[1, 1], [9, 9]]}
    files: dict[str, object] = {
        "supervisely": {"description": "", "tags": [], "size": size, "objects": [box]},
        "darwin": {
            "version": "2.0",
            "item": {"name": "a.jpg", "slots": [{"type": "image", **size}]},
            "annotations": [],
        },
        "datumaro": {"categories": labels, "items": [{"id": "a", "image": {"path": "a.jpg", "size": [height, width]}}]},
        "labelme": {"imagePath": "a.jpg", "imageHeight": height, "imageWidth": width, "shapes": [rectangle]},
    }
    for name, content in files.items():
        save(tmp_path / name / "a.jpg.json", content)
        assert [found for found, _ in recognise(tmp_path / name)] == [name]
        (image,) = read(tmp_path / name)[0]["images"]
        assert (image["height"], image["width"]) == (50, 100), name
