"""Lists of classes beside semantic masks, and which pixels they name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.core.formats.test_masks_format import save_mask
from tests.core.formats.test_semantic_masks import classes, coloured, found_in, kinds
from tests.core.formats.tool_files import picture


def test_a_list_of_other_things_makes_no_classes_of_objects(tmp_path: Path) -> None:
    """A table of labels of whole pictures lies beside masks of objects; their numbers were taken for Pascal VOC's."""
    picture(tmp_path / "images" / "a.jpg")
    save_mask(tmp_path / "masks" / "a.png", classes(first=1, second=2))
    for table in ("id,breed\na,boston_bull\n", "image,label\na.jpg,3\n", "file,cat,dog,cow\na.jpg,1,0,1\n"):
        (tmp_path / "labels.csv").write_text(table)
        assert kinds(tmp_path) == ["masks"], table


@pytest.mark.parametrize("name", ["Classes.txt", "LABELS.TXT"])
def test_a_list_of_classes_in_capitals_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("background\ncat\ndog\n")
    picture(tmp_path / "images" / "a.jpg")
    save_mask(tmp_path / "masks" / "a.png", classes(first=1, second=2))
    assert [label for _, label, _ in found_in(tmp_path)] == ["cat", "dog"]


def test_numbers_saved_as_greys_of_a_coloured_picture_are_numbers(tmp_path: Path) -> None:
    """OpenCV and others save three channels alike; beside a list of colours, too, of which none is in the mask."""
    numbers = coloured(classes(first=1, second=2), {1: (1, 1, 1), 2: (2, 2, 2)})
    picture(tmp_path / "images" / "a.jpg")
    save_mask(tmp_path / "masks" / "a.png", numbers)
    for file, text in (
        ("classes.txt", "background\ncat\ndog\n"),
        ("class_dict.csv", "name,r,g,b\nbackground,0,0,0\ncat,128,64,128\ndog,70,70,70\n"),
    ):
        (tmp_path / file).write_text(text)
        assert [label for _, label, _ in found_in(tmp_path)] == ["cat", "dog"], file
        (tmp_path / file).unlink()


def test_greys_of_a_list_of_colours_name_the_shades_of_a_grey_mask(tmp_path: Path) -> None:
    (tmp_path / "class_dict.csv").write_text("name,r,g,b\nbackground,0,0,0\ncat,128,128,128\ndog,200,200,200\n")
    picture(tmp_path / "images" / "a.jpg")
    save_mask(tmp_path / "masks" / "a.png", classes(first=128, second=200))
    assert [label for _, label, _ in found_in(tmp_path)] == ["cat", "dog"]


def test_a_grey_colour_alone_in_a_mask_is_its_class(tmp_path: Path) -> None:
    """The mask of a picture that shows nothing but buildings has no colours beside their grey."""
    (tmp_path / "class_dict.csv").write_text("name,r,g,b\nroad,128,64,128\nbuilding,70,70,70\nsky,128,128,128\n")
    for name, shade in (("a", 70), ("b", 128)):
        picture(tmp_path / "images" / f"{name}.jpg")
        save_mask(tmp_path / "masks" / f"{name}.png", coloured(classes(first=1), {1: (shade,) * 3}))
    assert [(name, label) for name, label, _ in found_in(tmp_path)] == [
        ("images/a.jpg", "building"),
        ("images/b.jpg", "sky"),
    ]


def test_numbers_and_colours_in_one_table(tmp_path: Path) -> None:
    (tmp_path / "class_dict.csv").write_text("id,name,r,g,b\n0,background,0,0,0\n1,cat,255,0,0\n2,dog,0,255,0\n")
    for name, values in (
        ("a", coloured(classes(first=1, second=2), {1: (255, 0, 0), 2: (0, 255, 0)})),
        ("b", classes(first=1, second=2)),
    ):
        picture(tmp_path / "images" / f"{name}.jpg")
        save_mask(tmp_path / "masks" / f"{name}.png", values)
    assert [label for _, label, _ in found_in(tmp_path)] == ["cat", "dog"] * 2


@pytest.mark.parametrize("in_colour", [False, True])
def test_one_class_drawn_in_white_with_soft_edges(tmp_path: Path, in_colour: bool) -> None:
    """Each shade of grey became a class of its own."""
    values = classes(first=255, second=255)
    soft = np.asarray(Image.fromarray(values).resize((99, 49), Image.Resampling.BILINEAR).resize((100, 50)))
    assert len(np.unique(soft)) > 4
    (tmp_path / "class_dict.csv").write_text("name,r,g,b\nbackground,0,0,0\ncat,255,255,255\n")
    picture(tmp_path / "images" / "a.jpg")
    save_mask(tmp_path / "masks" / "a.png", np.repeat(soft[..., None], 3, axis=2) if in_colour else soft)
    assert [label for _, label, _ in found_in(tmp_path)] == ["cat", "cat"]
