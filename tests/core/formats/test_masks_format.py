"""Masks as PNGs, however their folders are laid out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.formats import read, recognise
from core.formats.masks.places import lies_among_masks
from tests.core.formats.tool_files import objects, picture


def save_mask(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def numbered(*boxes: tuple[int, int, int, int], first: int = 1, step: int = 1, kind: type = np.uint8) -> np.ndarray:
    values = np.zeros((50, 100), dtype=kind)
    for number, (left, top, right, bottom) in enumerate(boxes):
        values[top:bottom, left:right] = first + step * number
    return values


BOXES = ((10, 10, 20, 20), (30, 10, 50, 20))


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_numbers_of_objects_in_one_png_an_image(kind: type, tmp_path: Path) -> None:
    """As the Penn-Fudan data set has them."""
    picture(tmp_path / "PNGImages" / "street1.png")
    save_mask(tmp_path / "PedMasks" / "street1_mask.png", numbered(*BOXES, kind=kind))
    assert [name for name, _ in recognise(tmp_path)] == ["masks"]
    coco, _ = read(tmp_path)
    found = [(name, annotation["bbox"]) for name, _, annotation in objects(coco)]
    assert found == [("PNGImages/street1.png", [10, 10, 10, 10]), ("PNGImages/street1.png", [30, 10, 20, 10])]


def test_a_folder_for_each_image_with_a_png_for_each_object(tmp_path: Path) -> None:
    """As the Data Science Bowl 2018 had them."""
    for name in ("f00d", "beef"):
        picture(tmp_path / name / "images" / f"{name}.png")
        for number, box in enumerate(BOXES):
            save_mask(tmp_path / name / "masks" / f"{number}aa{number}.png", numbered(box, first=255))
    coco, _ = read(tmp_path)
    assert sorted((name, annotation["bbox"][0]) for name, _, annotation in objects(coco)) == [
        ("beef/images/beef.png", 10), ("beef/images/beef.png", 30),
        ("f00d/images/f00d.png", 10), ("f00d/images/f00d.png", 30),
    ]  # fmt: skip


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save_mask(tmp_path / "masks" / "cat" / "a.png", numbered(*BOXES, first=255, step=0))
    save_mask(tmp_path / "masks" / "big dog" / "a.png", numbered((60, 10, 70, 20), first=255))
    coco, notes = read(tmp_path)
    assert sorted((label, annotation["bbox"][0]) for _, label, annotation in objects(coco)) == [
        ("big dog", 60), ("cat", 10), ("cat", 30),
    ]  # fmt: skip
    assert len(notes) == 1
    assert "do not touch" in notes[0]


def test_the_class_in_the_file_name(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a_1.jpg")
    save_mask(tmp_path / "masks" / "a_1_cat_1.png", numbered(BOXES[0], first=255))
    save_mask(tmp_path / "masks" / "a_1_cat_2.png", numbered(BOXES[1], first=255))
    coco, _ = read(tmp_path)
    assert [(name, label) for name, label, _ in objects(coco)] == [("images/a_1.jpg", "cat")] * 2


def test_colours_are_objects_too(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    colours = np.zeros((50, 100, 3), dtype=np.uint8)
    colours[10:20, 10:20], colours[10:20, 30:50] = (7, 200, 3), (128, 0, 0)
    save_mask(tmp_path / "masks" / "a.png", colours)
    coco, _ = read(tmp_path)
    assert sorted(annotation["bbox"] for annotation in coco["annotations"]) == [[10, 10, 10, 10], [30, 10, 20, 10]]


@pytest.mark.parametrize("mode", ["L", "RGB", "JPEG"])
def test_soft_edges_of_a_white_mask_are_no_objects(mode: str, tmp_path: Path) -> None:
    """Each shade of grey came as an object; a JPEG was passed over without a word."""
    picture(tmp_path / "images" / "a.jpg")
    large = Image.fromarray(numbered(*BOXES, first=255, step=0)).resize((1000, 500), Image.Resampling.BICUBIC)
    soft = large.resize((100, 50), Image.Resampling.BICUBIC)
    path = tmp_path / "masks" / ("a.jpg" if mode == "JPEG" else "a.png")
    path.parent.mkdir()
    soft.convert("L" if mode == "JPEG" else mode).save(path, quality=90)
    coco, notes = read(tmp_path)
    assert sorted(entry["bbox"] for entry in coco["annotations"]) == [[10, 10, 10, 10], [30, 10, 20, 10]]
    assert len(notes) == 1
    assert "do not touch" in notes[0]


def test_many_numbers_with_255_among_them_stay_objects(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    boxes = [(at, 10, at + 9, 40) for at in (0, 20, 40, 60, 80)]
    save_mask(tmp_path / "masks" / "a.png", numbered(*boxes, first=51, step=51))
    assert len(read(tmp_path)[0]["annotations"]) == 5


def test_a_jpeg_that_is_no_mask_is_said(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save_mask(tmp_path / "masks" / "a.jpg", numbered(*BOXES))
    coco, notes = read(tmp_path)
    assert (coco["annotations"], len(notes)) == ([], 1)
    assert "masks/a.jpg: a JPEG that is not black and white" in notes[0]


def test_a_mask_of_another_size_or_without_image_is_named(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save_mask(tmp_path / "masks" / "a.png", numbered(*BOXES)[:40])
    save_mask(tmp_path / "masks" / "z.png", numbered(*BOXES))
    coco, notes = read(tmp_path)
    assert coco["annotations"] == []
    assert any("masks/a.png: another size" in note for note in notes)
    assert any("masks/z.png: no picture" in note for note in notes)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("masks/a.png", True),
        ("a/PedMasks/b/1.png", True),
        ("SegmentationClass/a.png", True),
        ("voc/SegmentationObjectPNG/a.png", True),
        ("images/a.png", False),
        ("face_mask/images/train/a.png", False),
        ("Segmentation data/a.png", False),
        ("mask.png", False),
    ],
)
def test_pictures_lie_among_masks_where_their_folder_says_so(name: str, expected: bool) -> None:
    assert lies_among_masks(name) is expected
