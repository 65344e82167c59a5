"""COCO's own kinds of file: data sets with odd names, results, panoptic segments."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.formats import read, recognise
from tests.core.formats.tool_files import objects, picture, save


def data_set(*names: str) -> dict[str, Any]:
    images = [{"id": number, "file_name": name, "height": 50, "width": 100} for number, name in enumerate(names)]
    box = {"category_id": 3, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0, "segmentation": []}
    annotations = [{"id": number, "image_id": number, **box} for number in range(len(names))]
    return {
        "info": {"year": 2026},
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 3, "name": "cat"}],
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_every_unicode_encoding_is_read_whatever_the_file_is_called(encoding: str, tmp_path: Path) -> None:
    save(tmp_path / "annotations.txt", json.dumps(data_set("é.jpg"), ensure_ascii=False).encode(encoding))
    coco, _ = read(tmp_path)
    assert coco["images"][0]["file_name"] == "é.jpg"
    assert coco["info"] == {"year": 2026}


def test_names_find_the_picture_that_they_mean_and_no_other(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "train" / "0001.png")
    picture(tmp_path / "images" / "Capture é 1.png")
    picture(tmp_path / "images" / "b.png")
    names = ("train\\0001.png", "val/0001.png", "images/Capture%20%C3%A9%201.png", "C:\\me\\images\\b.png", "0001.png")
    save(tmp_path / "annotations" / "a.json", data_set(*names))
    coco, _ = read(tmp_path)
    assert [image["file_name"] for image in coco["images"]] == [
        "images/train/0001.png", "val/0001.png", "images/Capture é 1.png", "images/b.png", "0001.png",
    ]  # fmt: skip


def test_two_names_that_could_mean_one_picture_mean_none(tmp_path: Path) -> None:
    picture(tmp_path / "pictures" / "0001.png")
    save(tmp_path / "a.json", data_set("x/pictures/0001.png", "y/pictures/0001.png"))
    coco, _ = read(tmp_path)
    assert [image["file_name"] for image in coco["images"]] == ["x/pictures/0001.png", "y/pictures/0001.png"]


def test_sizes_that_are_missing_are_those_of_the_pictures(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 20, 30)
    data = data_set("a.png")
    data["images"][0] |= {"height": 0, "width": None}
    save(tmp_path / "a.json", data)
    coco, notes = read(tmp_path)
    assert (coco["images"][0]["height"], coco["images"][0]["width"]) == (20, 30)
    assert len(notes) == 1


def test_results_need_the_file_that_lists_their_images(tmp_path: Path) -> None:
    results = [{"image_id": 1, "category_id": 3, "bbox": [5, 6, 7, 8], "score": 0.5}]
    save(tmp_path / "results.json", results)
    with pytest.raises(ValueError, match="put the COCO file that lists these images beside it"):
        read(tmp_path)
    save(tmp_path / "other.json", data_set("z.png"))
    save(tmp_path / "truth.json", data_set("a.png", "b.png") | {"annotations": []})
    coco, _ = read(tmp_path, "coco-results")
    assert [(name, label, a["score"]) for name, label, a in objects(coco)] == [("b.png", "cat", 0.5)]


def test_panoptic_segments_are_objects_and_regions_are_named(tmp_path: Path) -> None:
    colours = np.zeros((50, 100, 3), dtype=np.uint8)
    colours[:10], colours[20:30, 10:20] = (1, 2, 0), (7, 0, 0)
    folder = tmp_path / "panoptic_val"
    folder.mkdir()
    Image.fromarray(colours).save(folder / "a.png")
    segments = [
        {"id": 513, "category_id": 9, "iscrowd": 0},
        {"id": 7, "category_id": 3, "iscrowd": 0},
        {"id": 8, "category_id": 3},
    ]
    data = data_set("a.jpg") | {"annotations": [{"image_id": 0, "file_name": "a.png", "segments_info": segments}]}
    data["categories"] = [{"id": 3, "name": "cat", "isthing": 1}, {"id": 9, "name": "sky", "isthing": 0}]
    save(tmp_path / "panoptic_val.json", data)
    assert [name for name, _ in recognise(tmp_path)] == ["coco-panoptic"]
    coco, notes = read(tmp_path)
    assert [(label, a["bbox"]) for _, label, a in objects(coco)] == [
        ("sky", [0, 0, 100, 10]),
        ("cat", [10, 20, 10, 10]),
    ]
    assert any(note.startswith("sky: not a class of objects") for note in notes)
    assert any("segment 8: has no pixel" in note for note in notes)


def test_data_sets_of_two_formats_in_one_folder_are_not_mixed(tmp_path: Path) -> None:
    save(tmp_path / "a.json", data_set("a.png"))
    save(tmp_path / "a.xml", "<annotations><image name='a.png' width='100' height='50'/></annotations>")
    with pytest.raises(ValueError, match="as coco and as cvat; name the one to read"):
        read(tmp_path)
    assert len(read(tmp_path, "coco")[0]["annotations"]) == 1
