"""Masks of classes without objects: what hangs together comes as proposals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.formats import read, recognise
from core.formats.building import LEFT_OUT
from core.formats.files import Folder
from core.formats.masks.index_pngs import save_indexed, voc_palette
from core.formats.masks.places import mask_files as all_mask_files
from core.masks import decode_rle
from tests.core.formats.test_masks_format import save_mask
from tests.core.formats.test_voc import voc, voc_object
from tests.core.formats.tool_files import objects, picture, save


def classes(**blocks: int) -> np.ndarray:
    """A 50×100 mask with a class in columns 10..20 (`first`), 30..50 (`second`), 60..70 (`third`)."""
    values = np.zeros((50, 100), dtype=np.uint8)
    for name, left, right in (("first", 10, 20), ("second", 30, 50), ("third", 60, 70)):
        values[10:20, left:right] = blocks.get(name, 0)
    return values


def coloured(values: np.ndarray, colours: dict[int, tuple[int, int, int]]) -> np.ndarray:
    found = np.zeros((*values.shape, 3), dtype=np.uint8)
    for value, colour in colours.items():
        found[values == value] = colour
    return found


def kinds(root: Path) -> list[str]:
    return [name for name, _ in recognise(root)]


def found_in(root: Path) -> list[tuple[str, str, list[float]]]:
    return sorted((name, label, entry["bbox"]) for name, label, entry in objects(read(root)[0]))


def test_vocs_folder_of_classes_comes_as_proposals(tmp_path: Path) -> None:
    """Class 8 is VOC's cat, 15 its person, and 255 belongs to nobody."""
    picture(tmp_path / "JPEGImages" / "a.jpg")
    mask = classes(first=8, second=15, third=8)
    mask[10:20, 35:37] = 255
    save_indexed(mask, tmp_path / "SegmentationClass" / "a.png")
    assert kinds(tmp_path) == ["semantic-masks"]
    coco, notes = read(tmp_path)
    assert found_in(tmp_path) == [
        ("JPEGImages/a.jpg", "cat", [10, 10, 10, 10]),
        ("JPEGImages/a.jpg", "cat", [60, 10, 10, 10]),
        ("JPEGImages/a.jpg", "person", [30, 10, 5, 10]),
        ("JPEGImages/a.jpg", "person", [37, 10, 13, 10]),
    ]
    assert {entry["status"] for entry in coco["annotations"]} == {"proposed"}
    (person,) = [entry for _, label, entry in objects(coco) if entry["bbox"] == [30, 10, 5, 10]]
    np.testing.assert_array_equal(decode_rle(person["segmentation"])[10:20, 30:35], 1)
    assert notes == [
        "no list of classes beside the masks: the numbers 1 to 20 are taken for Pascal VOC's",
        "masks of classes, not of objects: 4 parts that hang together come as proposals; objects of one class that "
        "touch are one",
    ]


def test_vocs_colours_without_a_palette_are_its_numbers(tmp_path: Path) -> None:
    picture(tmp_path / "JPEGImages" / "a.jpg")
    mask = classes(first=8, second=255)
    save_mask(tmp_path / "SegmentationClass" / "a.png", voc_palette()[mask])
    assert found_in(tmp_path) == [("JPEGImages/a.jpg", "cat", [10, 10, 10, 10])]


def test_specks_are_counted_and_left_out(tmp_path: Path) -> None:
    picture(tmp_path / "JPEGImages" / "a.jpg", 200, 200)
    mask = np.zeros((200, 200), dtype=np.uint8)
    mask[10:20, 10:20] = mask[50, 50] = mask[60, 60:63] = mask[90, 90:94] = 8
    save_indexed(mask, tmp_path / "SegmentationClass" / "a.png")
    coco, notes = read(tmp_path)
    assert sorted(entry["bbox"][2] for entry in coco["annotations"]) == [4, 10]
    assert "2 parts of less than 0.01% of their image: left out" in notes


LISTS = {
    "_classes.csv": "Pixel Value, Class\r\n0, background\r\n1, cat\r\n2, dog\r\n",
    "class_names.txt": "_background_\ncat\ndog\n",
    "labels.txt": "__ignore__\n_background_\ncat\ndog\n",
    "classes.txt": "cat\ndog\n",
    "label_colors.txt": "0 0 0 Void\n64 128 64 cat\n10 20 30\tdog\n",
    "class_dict.csv": "name,r,g,b\nVoid,0,0,0\ncat,64,128,64\ndog,10,20,30\n",
    "obj_class_to_machine_color.json": '{"cat": [1, 1, 1], "dog": [2, 2, 2]}',
    "labelmap.txt": "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:64,128,64::\ndog:10,20,30::\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_classes_name_numbers(name: str, tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save(tmp_path / name, LISTS[name])
    save_mask(tmp_path / "masks" / "a.png", classes(first=1, second=2))
    assert kinds(tmp_path) == ["semantic-masks"]
    assert found_in(tmp_path) == [
        ("images/a.jpg", "cat", [10, 10, 10, 10]),
        ("images/a.jpg", "dog", [30, 10, 20, 10]),
    ]
    assert [category["name"] for category in read(tmp_path)[0]["categories"]] == ["cat", "dog"]


@pytest.mark.parametrize("name", ["label_colors.txt", "class_dict.csv", "labelmap.txt"])
@pytest.mark.parametrize("palette", [False, True])
def test_lists_of_classes_name_colours(name: str, palette: bool, tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save(tmp_path / name, LISTS[name])
    mask = coloured(classes(first=1, second=2), {1: (64, 128, 64), 2: (10, 20, 30)})
    path = tmp_path / "masks" / "a.png"
    save_mask(path, mask)
    if palette:
        Image.open(path).convert("P", palette=Image.Palette.ADAPTIVE).save(path)
    assert found_in(tmp_path) == [
        ("images/a.jpg", "cat", [10, 10, 10, 10]),
        ("images/a.jpg", "dog", [30, 10, 20, 10]),
    ]


def test_roboflows_masks_beside_the_pictures(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        picture(tmp_path / split / "a_jpg.rf.1.jpg")
        save_mask(tmp_path / split / "a_jpg.rf.1_mask.png", classes(first=1, second=2 if split == "train" else 0))
        save(tmp_path / split / "_classes.csv", LISTS["_classes.csv"])
    assert found_in(tmp_path) == [
        ("train/a_jpg.rf.1.jpg", "cat", [10, 10, 10, 10]),
        ("train/a_jpg.rf.1.jpg", "dog", [30, 10, 20, 10]),
        ("valid/a_jpg.rf.1.jpg", "cat", [10, 10, 10, 10]),
    ]
    assert all_mask_files(Folder(tmp_path)) == {f"{split}/a_jpg.rf.1_mask.png" for split in ("train", "valid")}


@pytest.mark.parametrize(
    ("pictures", "masks"),
    [
        ("{}/a.jpg", "{}annot/a.png"),
        ("{}/a.png", "{}_labels/a_L.png"),
        ("img_dir/{}/a.jpg", "ann_dir/{}/a.png"),
        ("images/{}/city/a.jpg", "annotations/{}/city/a.png"),
    ],
)
def test_each_mask_is_of_the_picture_of_its_part(pictures: str, masks: str, tmp_path: Path) -> None:
    save(tmp_path / "labels.txt", "background\ncat\ndog\n")
    for split, number in (("train", 1), ("val", 2)):
        picture(tmp_path / pictures.format(split))
        save_mask(tmp_path / masks.format(split), classes(first=number))
    assert [(name, label) for name, label, _ in found_in(tmp_path)] == [
        (pictures.format("train"), "cat"),
        (pictures.format("val"), "dog"),
    ]
    # Of a part whose pictures are not there, none goes to those of another.
    for path in (tmp_path / pictures.format("val")).parent.iterdir():
        path.unlink()
    assert [label for name, label, _ in found_in(tmp_path) if name == pictures.format("train")] == ["cat"]


def test_without_background_the_numbers_tell_where_the_list_begins(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save(tmp_path / "classes.txt", "road\nsky\n")
    save_mask(tmp_path / "masks" / "a.png", classes(first=1, second=255))
    assert {label for _, label, _ in found_in(tmp_path)} == {"road", "sky"}  # 255 is there: 0 is a class
    save_mask(tmp_path / "masks" / "a.png", classes(first=1, second=2))
    assert [label for _, label, _ in found_in(tmp_path)] == ["road", "sky"]


def test_white_alone_is_the_one_class(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save(tmp_path / "labels.txt", "background\ncrack\n")
    save_mask(tmp_path / "masks" / "a.png", classes(first=255))
    assert found_in(tmp_path) == [("images/a.jpg", "crack", [10, 10, 10, 10])]


def test_what_fits_no_picture_no_name_or_no_size_is_said(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        picture(tmp_path / "images" / name)
    save(tmp_path / "labels.txt", "background\n8 ball\n")
    save_mask(tmp_path / "masks" / "a.png", classes(first=1, second=7))
    save_mask(tmp_path / "masks" / "b.png", classes(first=1)[:40])
    save(tmp_path / "masks" / "c.png", b"\x89PNG\r\n\x1a\n")
    coco, notes = read(tmp_path)
    assert sorted(label for _, label, _ in objects(coco)) == ["8 ball", "class 7"]
    assert {image["file_name"] for image in coco["images"] if image.get(LEFT_OUT)} == {"images/b.jpg", "images/c.jpg"}
    assert notes[:3] == [
        "masks/a.png: no list names these pixels: they come as 'class 7'",
        "masks/b.png: another size than its image: left out",
        "masks/c.png: not a PNG, or damaged: left out",
    ]


def test_two_masks_of_one_picture_are_not_guessed_between(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save(tmp_path / "labels.txt", "background\ncat\n")
    save_mask(tmp_path / "masks" / "a.png", classes(first=1))
    save_mask(tmp_path / "masks" / "a_mask.png", classes(second=1))
    coco, notes = read(tmp_path)
    assert coco["annotations"] == []
    assert "masks are of images/a.jpg: left out" in notes[0]


def test_masks_of_a_class_or_an_object_each_stay_what_they_are(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save(tmp_path / "classes.txt", "cat\n")
    save_mask(tmp_path / "masks" / "cat" / "a.png", classes(first=255))
    assert kinds(tmp_path) == ["masks"]


def test_vocs_objects_go_before_its_classes(tmp_path: Path) -> None:
    for folder in ("SegmentationClass", "SegmentationObject"):
        save_indexed(classes(first=8), tmp_path / folder / "a.png")
    assert kinds(tmp_path) == ["voc"]


def test_vocs_boxes_go_before_its_classes_which_is_said(tmp_path: Path) -> None:
    save_indexed(classes(first=8), tmp_path / "SegmentationClass" / "a.png")
    save(tmp_path / "Annotations" / "a.xml", voc(voc_object("cat", 10, 10, 20, 20)))
    coco, notes = read(tmp_path)
    assert len(coco["annotations"]) == 1
    assert notes == [
        "SegmentationClass/a.png: a mask of classes without one of objects: not read beside XML; give these alone"
    ]
    (alone, _) = read(tmp_path, "semantic-masks")
    assert alone["annotations"][0]["status"] == "proposed"


def test_pictures_in_a_folder_called_labels_are_pictures(tmp_path: Path) -> None:
    picture(tmp_path / "labels" / "a.png")
    save(tmp_path / "classes.txt", "cat\n")
    assert all_mask_files(Folder(tmp_path)) == set()


def test_a_picture_drawn_for_people_does_not_stand_in_the_way_of_the_photograph(tmp_path: Path) -> None:
    """labelme2voc.py and Supervisely write one beside each mask: the photographs were not found."""
    (tmp_path / "labelme" / "JPEGImages").mkdir(parents=True)
    (tmp_path / "labelme" / "class_names.txt").write_text("_background_\ncat\n")
    picture(tmp_path / "labelme" / "JPEGImages" / "a.jpg")
    picture(tmp_path / "labelme" / "SegmentationClassVisualization" / "a.jpg")
    save_indexed(classes(first=1), tmp_path / "labelme" / "SegmentationClass" / "a.png")
    assert found_in(tmp_path / "labelme") == [("JPEGImages/a.jpg", "cat", [10, 10, 10, 10])]
    machine = tmp_path / "machine"
    picture(machine / "ds0" / "img" / "b.jpg")
    picture(machine / "ds0" / "masks_human" / "b.png")
    save_mask(machine / "ds0" / "masks_machine" / "b.png", classes(first=1))
    save(machine / "obj_class_to_machine_color.json", '{"kiwi": [1, 1, 1]}')
    assert found_in(machine) == [("ds0/img/b.jpg", "kiwi", [10, 10, 10, 10])]


def test_masks_of_objects_in_folders_of_splits_stay_those_of_objects(tmp_path: Path) -> None:
    """What the application writes of train/a.jpg: the folder of the object's image is no split."""
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    picture(tmp_path / "images" / "train" / "a.jpg")
    save_mask(tmp_path / "masks" / "train" / "a" / "001_cat.png", classes(first=255))
    assert kinds(tmp_path) == ["masks"]
    assert found_in(tmp_path) == [("images/train/a.jpg", "cat", [10, 10, 10, 10])]


def test_folders_tell_pictures_of_one_name_apart(tmp_path: Path) -> None:
    """The proposals of both came on one image, which was neither of them."""
    (tmp_path / "classes.txt").write_text("background\ncat\n")
    for camera, block in (("cam1", "first"), ("cam2", "second")):
        picture(tmp_path / camera / "images" / "1.jpg")
        save_mask(tmp_path / camera / "masks" / "1.png", classes(**{block: 1}))
    boxes = ([10, 10, 10, 10], [30, 10, 20, 10])
    assert found_in(tmp_path) == [
        ("cam1/images/1.jpg", "cat", boxes[0]),
        ("cam2/images/1.jpg", "cat", boxes[1]),
    ]
    (tmp_path / "cam2" / "images" / "1.jpg").unlink()  # what is left of the other camera is not its picture
    assert found_in(tmp_path) == [("cam1/images/1.jpg", "cat", boxes[0]), ("cam2/1", "cat", boxes[1])]
    (tmp_path / "cam1" / "images" / "1.jpg").unlink()
    assert found_in(tmp_path) == [("cam1/1", "cat", boxes[0]), ("cam2/1", "cat", boxes[1])]
