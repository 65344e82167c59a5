"""CSV of other tools, and Parquet where pyarrow is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.formats import read, recognise, write
from core.formats.tables import parquet as parquet
from core.masks import decode_rle
from tests.core.formats.data_sets import every_kind
from tests.core.formats.tool_files import objects, picture, save


def test_the_table_that_roboflow_and_tensorflow_use(tmp_path: Path) -> None:
    picture(tmp_path / "train" / "a.jpg")
    lines = [
        "filename,width,height,class,xmin,ymin,xmax,ymax",
        "a.jpg,100,50,007,10,20,30,40",
        "a.jpg,100,50,cat,x,20,30,40",
    ]
    save(tmp_path / "train" / "_annotations.csv", "\n".join(lines))
    coco, notes = read(tmp_path)
    ((name, label, annotation),) = objects(coco)
    assert (name, label, annotation["bbox"]) == ("train/a.jpg", "007", [10, 20, 20, 20])
    assert notes == ["row 3: 'x' is no number: left out"]


def test_width_and_height_beside_x_and_y_are_the_boxs(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    save(tmp_path / "boxes.csv", "filename,label,x,y,width,height\na.jpg,cat,10,5,20,30\n")
    coco, notes = read(tmp_path)
    assert [(label, entry["bbox"]) for _, label, entry in objects(coco)] == [("cat", [10, 5, 20, 30])]
    assert (coco["images"][0]["width"], notes) == (100, [])


def test_kaggles_runs(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 4, 3)
    save(tmp_path / "train.csv", "ImageId,EncodedPixels\na.png,2 2 9 1\na.png,99 1\na.png,\n")
    coco, notes = read(tmp_path)
    expected = np.zeros((4, 3), dtype=np.uint8)
    expected[1, 0] = expected[2, 0] = expected[0, 2] = 1
    (annotation,) = coco["annotations"]
    np.testing.assert_array_equal(decode_rle(annotation["segmentation"]), expected)
    assert notes == ["row 3: its EncodedPixels reach beyond the image: left out"]


def test_semicolons_and_utf_16(tmp_path: Path) -> None:
    text = "file_name;height;width;class;x;y;w;h\nb.png;50;100;Käse;10;20;20;20\n"
    save(tmp_path / "a.csv", text.encode("utf-16"))
    coco, _ = read(tmp_path)
    assert [(label, annotation["bbox"]) for _, label, annotation in objects(coco)] == [("Käse", [10, 20, 20, 20])]


def test_another_table_is_no_data_set(tmp_path: Path) -> None:
    save(tmp_path / "prices.csv", "file_name,price\na.jpg,3\n")
    assert recognise(tmp_path) == []


@pytest.mark.skipif(parquet.is_available(), reason="pyarrow is installed")
def test_without_pyarrow_one_line_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="pip install pyarrow, or use csv"):
        write(every_kind(), "parquet", tmp_path / "out")
    save(tmp_path / "a.parquet", b"PAR1....PAR1")
    with pytest.raises(ValueError, match=r"a\.parquet: Parquet needs pyarrow"):
        read(tmp_path / "a.parquet")


def test_a_fault_beside_the_box_does_not_cost_the_object(tmp_path: Path) -> None:
    save(
        tmp_path / "a.csv",
        "file_name,height,width,class,x,y,w,h,score,attributes,keypoints\na.jpg,50,100,cat,1,2,3,4,high,{,7\n",
    )
    coco, notes = read(tmp_path)
    (thing,) = coco["annotations"]
    assert (thing["bbox"], "score" in thing, "attributes" in thing) == ([1, 2, 3, 4], False, False)
    assert len(notes) == 3


def test_commas_in_numbers_of_a_table_with_semicolons(tmp_path: Path) -> None:
    save(tmp_path / "a.csv", "file_name;height;width;class;x;y;w;h;score\na.jpg;50;100;cat, tame;1,5;2;3;4;0,25\n")
    coco, _ = read(tmp_path)
    (thing,) = coco["annotations"]
    assert (thing["bbox"], thing["score"], coco["categories"][0]["name"]) == ([1.5, 2, 3, 4], 0.25, "cat, tame")


def test_fractions_of_the_image_become_pixels(tmp_path: Path) -> None:
    """Open Images has them."""
    picture(tmp_path / "a.jpg")
    save(tmp_path / "boxes.csv", "ImageID,LabelName,XMin,XMax,YMin,YMax\na,/m/0,0.1,0.3,0.2,1\n")
    coco, notes = read(tmp_path)
    assert [(image, thing["bbox"]) for image, _, thing in objects(coco)] == [("a.jpg", [10, 10, 20, 40])]
    assert any("fractions" in note for note in notes)


def test_a_table_without_a_header(tmp_path: Path) -> None:
    """As keras-retinanet has it; an image without objects is a row of commas."""
    save(tmp_path / "annotations.csv", "images/a.jpg,10,10,30,20,cat\nimages/b.jpg,,,,,\n")
    picture(tmp_path / "images" / "a.jpg")
    picture(tmp_path / "images" / "b.jpg")
    coco, _ = read(tmp_path)
    assert [(image, name, thing["bbox"]) for image, name, thing in objects(coco)] == [
        ("images/a.jpg", "cat", [10, 10, 20, 10])
    ]
    assert len(coco["images"]) == 2


def test_boxes_of_open_images_are_peoples_and_have_the_names_of_their_codes(tmp_path: Path) -> None:
    picture(tmp_path / "data" / "a.jpg")
    head = (
        "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside"
    )
    rows = "a,xclick,/m/01g317,1,0.1,0.3,0.2,1,1,0,0,0,0", "a,xclick,/m/0199g,1,0.5,0.7,0.2,1,0,0,1,0,-1"
    save(tmp_path / "labels" / "detections.csv", "\n".join([head, *rows]))
    save(tmp_path / "metadata" / "classes.csv", "/m/01g317,Person\n/m/0199g,Bicycle\n")
    coco, _ = read(tmp_path)
    (_, person, first), (_, bicycle, second) = objects(coco)
    assert (person, first["bbox"], first["iscrowd"], first["attributes"]) == (
        "Person",
        [10, 10, 20, 40],
        0,
        {"occluded": True},
    )
    assert (bicycle, second["iscrowd"], second.get("attributes")) == ("Bicycle", 1, None)
    assert not any("score" in thing for thing in (first, second))


def test_a_class_that_kaggle_lists_without_runs_is_no_object(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 4, 3)
    save(tmp_path / "train.csv", "ImageId,ClassId,EncodedPixels\na.png,1,2 2\na.png,2,\n")
    coco, notes = read(tmp_path)
    assert [name for _, name, _ in objects(coco)] == ["1"]
    assert notes == []
    assert "objects_left_out" not in coco["images"][0]


@pytest.mark.parametrize(
    "header", ["label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height\n", ""]
)
def test_the_table_of_makesense(tmp_path: Path, header: str) -> None:
    save(tmp_path / "labels.csv", f"{header}cat,10,20,30,25,a.jpg,100,50\n")
    coco, _ = read(tmp_path)
    assert [(image, name, thing["bbox"]) for image, name, thing in objects(coco)] == [
        ("a.jpg", "cat", [10, 20, 30, 25])
    ]
    assert (coco["images"][0]["width"], coco["images"][0]["height"]) == (100, 50)
