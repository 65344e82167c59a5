"""One file instead of a folder: the pictures beside it are looked at, and nothing else."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from core.formats import FORMATS, read, recognise, write
from core.formats.tables import parquet as parquet
from core.masks import segmentation_to_rle
from tests.core.formats.data_sets import every_kind, objects_in, sizes_of
from tests.core.formats.tool_files import picture, save

IN_ONE_FILE = {
    "coco": "annotations.json",
    "coco-panoptic": "panoptic.json",
    "cvat": "annotations.xml",
    "via": "via_project.json",
    "via-csv": "via_annotations.csv",
    "label-studio": "tasks.json",
    "csv": "annotations.csv",
}


@pytest.mark.parametrize("name", IN_ONE_FILE)
def test_a_file_is_read_as_its_folder_is(name: str, tmp_path: Path) -> None:
    coco = every_kind()
    write(coco, name, tmp_path)
    file = tmp_path / IN_ONE_FILE[name]
    assert recognise(file) == [(name, file)]
    cannot = FORMATS[name].CANNOT_CARRY
    assert objects_in(read(file)[0], cannot) == objects_in(coco, cannot)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "parquet" or parquet.is_available()])
def test_a_zip_is_read_as_its_folder_is(name: str, tmp_path: Path) -> None:
    coco = every_kind()
    write(coco, name, tmp_path / "set")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in (tmp_path / "set").rglob("*"):
            archive.write(path, path.relative_to(tmp_path / "set"))
    cannot = FORMATS[name].CANNOT_CARRY
    back, _ = read(tmp_path / "set.zip", name, sizes_of(coco) if "image sizes" in cannot else None)
    assert objects_in(back, cannot) == objects_in(coco, cannot)


def test_pictures_beside_a_file_give_its_sizes(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "images" / "b.jpg")
    save(
        tmp_path / "boxes.csv",
        "filename,class,xmin,ymin,xmax,ymax\na.jpg,cat,1,2,3,4\nb.jpg,cat,1,2,3,4\nc.jpg,cat,1,2,3,4\n",
    )
    coco, notes = read(tmp_path / "boxes.csv")
    assert [(image["height"], image["width"]) for image in coco["images"]] == [(50, 100)] * 2
    assert notes == ["c.jpg: no height and width, and no picture of this name to take them from: the image is left out"]


def test_a_yolo_data_set_may_be_named_by_its_data_yaml(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save(tmp_path / "data.yaml", "names: [cat]\n")
    save(tmp_path / "labels" / "a.txt", "0 0.1 0.2 0.3 0.2 0.3 0.6\n")
    coco, _ = read(tmp_path / "data.yaml")
    (annotation,) = coco["annotations"]
    assert segmentation_to_rle(annotation["segmentation"], 50, 100) == segmentation_to_rle(
        [[10, 10, 30, 10, 30, 30]], 50, 100
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"project": {}, "config": {}, "attribute": {}, "file": {}, "metadata": {}, "view": {}}, "VIA 3"),
        ({"objects": [{"classTitle": "cat"}], "size": {}, "frames": [], "tags": []}, "Supervisely's JSON of a video"),
        ({"images": [{"id": 1}], "annotations": [{"id": 1, "image_id": 1, "caption": "a cat"}]}, "captions"),
        ({"version": "1.13", "schema": {"attributes": {}}, "object_columns": [], "videos": {"fields": []}}, "Geti"),
        ('{"type": "dataset", "task": "detect", "class_names": {"0": "cat"}}\n{"type": "image"}\n', "Ultralytics"),
        ({"images": [{"image_name": "a.jpg"}], "label_classes": []}, "Hasty"),
        ([{"label_hash": "a", "data_units": {}, "object_answers": {}}], "Encord"),
        ({"name": "v1", "dataset": {"task_attributes": {}, "samples": []}}, "Segments.ai"),
        ({"samples": [{"filepath": "a.jpg"}]}, "FiftyOne"),
        ([{"task_id": "1", "params": {}, "response": {}}], "Scale"),
        ('{"source-ref": "s3://b/a.jpg"}\n{"source-ref": "s3://b/b.jpg"}\n', "SageMaker"),
        ('{"file_name": "a.jpg", "objects": {"bbox": []}}\n{"file_name": "b.jpg", "objects": {}}\n', "Hugging Face"),
        ({"imgHeight": 1, "imgWidth": 1, "objects": []}, "Cityscapes"),
        ([{"name": "a.jpg", "labels": []}], "BDD100K"),
        ([{"file_name": "a.jpg", "annotations": []}], "detectron2"),
        ([{"filename": "a.jpg", "ann": {}}], "MMDetection"),
    ],
)
def test_a_format_that_is_known_and_not_read_is_named_with_the_way_out(
    content: object, what: str, tmp_path: Path
) -> None:
    save(tmp_path / "a.json", content)
    with pytest.raises(ValueError, match=rf"a\.json: .*{what}.* not read; .*(COCO|instances|project of images)"):
        read(tmp_path)


def test_getis_own_export_is_named_and_not_its_table(tmp_path: Path) -> None:
    save(tmp_path / "data.parquet", b"PAR1")
    save(tmp_path / "metadata.json", {"version": "1.13", "schema": {}, "object_columns": [], "videos": {}})
    picture(tmp_path / "images" / "a.jpg")
    with pytest.raises(ValueError, match=r"metadata\.json: Geti's own export .* not read; export it as COCO"):
        read(tmp_path)


def test_lines_of_json_may_be_long(tmp_path: Path) -> None:
    line = json.dumps({"file_name": "a.jpg", "objects": {"bbox": [[1.25, 2.5, 3.75, 4.5]] * 1000}})
    save(tmp_path / "metadata.jsonl", f"{line}\n{line}\n")
    with pytest.raises(ValueError, match=r"metadata\.jsonl: the metadata of a Hugging Face data set"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["a.tar.gz", "a.json.gz", "a.rar"])
def test_packed_files_other_than_zip_are_named(name: str, tmp_path: Path) -> None:
    save(tmp_path / name, b"\x1f\x8b")
    with pytest.raises(ValueError, match=rf"{name}: of packed files only \.zip is looked into"):
        read(tmp_path)


def test_a_table_whose_columns_mean_nothing_here_says_which_are_needed(tmp_path: Path) -> None:
    save(tmp_path / "a.csv", "image,bbox\na.jpg,[1 2 3 4]\n")
    with pytest.raises(ValueError, match=r"a\.csv: a table without the columns of .* xmin"):
        read(tmp_path)
    save(tmp_path / "b.json", "{")
    with pytest.raises(ValueError, match=r"b\.json: broken JSON"):  # which says more
        read(tmp_path)
