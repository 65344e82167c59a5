"""Pascal VOC's own files, and what other tools call so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.formats import read, write
from core.formats.masks.index_pngs import save_indexed
from tests.core.formats.tool_files import objects, picture, save


def voc(*shapes: str, filename: str = "a.jpg", database: str = "Unknown") -> str:
    size = "<size><width>100</width><height>50</height><depth>3</depth></size>"
    source = f"<source><database>{database}</database></source>"
    return f"<annotation><folder>x</folder><filename>{filename}</filename>{source}{size}{''.join(shapes)}</annotation>"


def voc_object(name: str, left: int, top: int, right: int, bottom: int, more: str = "") -> str:
    corners = f"<xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax><ymax>{bottom}</ymax>"
    return f"<object><name>{name}</name><bndbox>{corners}</bndbox>{more}</object>"


def test_boxes_of_voc_itself_count_from_one_those_of_tools_are_edges(tmp_path: Path) -> None:
    save(tmp_path / "Annotations" / "a.xml", voc(voc_object("cat", 11, 21, 30, 40), database="The VOC2007 Database"))
    save(tmp_path / "Annotations" / "b.xml", voc(voc_object("cat", 10, 20, 30, 40), filename="b.jpg"))
    coco, _ = read(tmp_path)
    assert [annotation["bbox"] for annotation in coco["annotations"]] == [[10, 20, 20, 20]] * 2


def test_roboflows_voc_beside_the_pictures_with_polygons(tmp_path: Path) -> None:
    polygon = "<polygon><x1>10</x1><y1>10</y1><x2>30</x2><y2>10</y2><x3>30</x3><y3>30</y3></polygon>"
    for split in ("train", "valid"):
        picture(tmp_path / split / "a.jpg")
        save(tmp_path / split / "a.xml", voc(voc_object("cat", 10, 10, 30, 30, polygon + "<truncated>1</truncated>")))
    coco, notes = read(tmp_path)
    assert sorted(name for name, _, _ in objects(coco)) == ["train/a.jpg", "valid/a.jpg"]
    assert coco["annotations"][0]["segmentation"] == [[10, 10, 30, 10, 30, 30]]
    assert coco["annotations"][0]["attributes"] == {"truncated": True}
    assert notes == []


def test_masks_of_voc_go_to_the_objects_of_their_number_and_borders_to_none(tmp_path: Path) -> None:
    numbers = np.zeros((50, 100), dtype=np.uint8)
    numbers[10:20, 10:20], numbers[10:20, 20:22], numbers[10:20, 22:30] = 2, 255, 1
    save_indexed(numbers, tmp_path / "SegmentationObject" / "a.png")
    picture(tmp_path / "JPEGImages" / "a.jpg")
    boxes = voc_object("cat", 22, 10, 30, 20), voc_object("dog", 10, 10, 20, 20), voc_object("cow", 60, 10, 70, 20)
    save(tmp_path / "Annotations" / "a.xml", voc(*boxes))
    coco, _ = read(tmp_path)
    cat, dog, cow = objects(coco)
    assert (cat[1], cat[2]["bbox"], cat[2]["area"]) == ("cat", [22, 10, 8, 10], 80)
    assert (dog[1], dog[2]["bbox"], dog[2]["area"]) == ("dog", [10, 10, 10, 10], 100)
    assert (cow[1], cow[2]["segmentation"]) == ("cow", [])
    assert cat[0] == "JPEGImages/a.jpg"


def test_masks_of_voc_in_another_order_go_to_the_box_that_is_like_theirs(tmp_path: Path) -> None:
    numbers = np.zeros((50, 100), dtype=np.uint8)
    numbers[10:20, 10:20], numbers[10:20, 50:60] = 1, 2
    save_indexed(numbers, tmp_path / "SegmentationObject" / "a.png")
    save(tmp_path / "Annotations" / "a.xml", voc(voc_object("cat", 50, 10, 60, 20), voc_object("dog", 10, 10, 20, 20)))
    coco, _ = read(tmp_path)
    assert {label: annotation["bbox"][0] for _, label, annotation in objects(coco)} == {"cat": 50, "dog": 10}


def test_voc_masks_without_xml_take_their_class_from_the_class_png(tmp_path: Path) -> None:
    numbers = np.zeros((50, 100), dtype=np.uint8)
    numbers[10:20, 10:20] = 1
    save_indexed(numbers, tmp_path / "SegmentationObject" / "a.png")
    save_indexed(numbers * np.uint8(15), tmp_path / "SegmentationClass" / "a.png")
    coco, _ = read(tmp_path)
    assert [(name, label) for name, label, _ in objects(coco)] == [("a", "person")]


def test_a_broken_polygon_beside_a_box_does_not_cost_the_object(tmp_path: Path) -> None:
    save(tmp_path / "a.xml", voc(voc_object("cat", 10, 10, 30, 20, "<polygon><x1>1</x1></polygon>")))
    coco, notes = read(tmp_path)
    assert [thing["bbox"] for _, _, thing in objects(coco)] == [[10, 10, 20, 10]]
    assert any("it comes as its box" in note for note in notes)


def test_cvats_segmentation_masks_have_the_colours_of_its_labelmap(tmp_path: Path) -> None:
    of_class, of_object = np.zeros((50, 100, 3), dtype=np.uint8), np.zeros((50, 100, 3), dtype=np.uint8)
    of_class[10:20, 10:30], of_class[30:40, 50:70] = (50, 60, 70), (250, 50, 83)
    of_object[10:20, 10:30], of_object[30:40, 50:70] = (128, 0, 0), (0, 128, 0)
    for name, pixels in (("SegmentationClass", of_class), ("SegmentationObject", of_object)):
        (tmp_path / name).mkdir()
        Image.fromarray(pixels).save(tmp_path / name / "a.png")
    lines = "# label:color_rgb:parts:actions", "cat:50,60,70::", "background:0,0,0::", "dog:250,50,83::"
    save(tmp_path / "labelmap.txt", "\n".join(lines))
    coco, _ = read(tmp_path)
    found = [(name, annotation["bbox"], annotation["area"]) for _, name, annotation in objects(coco)]
    assert found == [("cat", [10, 10, 20, 10], 200), ("dog", [50, 30, 20, 10], 200)]
    assert [category["name"] for category in coco["categories"]] == ["cat", "dog"]


def test_pictures_that_differ_in_their_ending_alone_have_files_of_their_own(tmp_path: Path) -> None:
    """A picture without an ending took the place of the one before it."""
    names = ["a.jpg", "a.png", "a"]
    images = [{"id": n, "file_name": name, "height": 9, "width": 9} for n, name in enumerate(names)]
    write({"images": images, "annotations": [], "categories": []}, "voc", tmp_path)
    assert sorted(image["file_name"] for image in read(tmp_path)[0]["images"]) == sorted(names)


@pytest.mark.parametrize("encoding", ["gbk", "shift_jis", "euc-jp", "big5", "iso-8859-1", "utf-16"])
def test_files_in_the_encoding_that_they_name(encoding: str, tmp_path: Path) -> None:
    """expat knows none of several bytes a letter but Unicode's; such a file was passed over."""
    name = "Käse" if encoding == "iso-8859-1" else "日本"
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + voc(voc_object(name, 10, 10, 30, 20))
    save(tmp_path / "a.xml", text.encode(encoding))
    coco, notes = read(tmp_path)
    assert ([label for _, label, _ in objects(coco)], notes) == ([name], [])


def test_an_encoding_that_the_text_is_not_in_is_named(tmp_path: Path) -> None:
    save(tmp_path / "a.xml", b'<?xml version="1.0" encoding="gbk"?><annotation>\xff\xff</annotation>')
    save(tmp_path / "b.xml", voc())
    assert "a.xml: its XML is in an encoding that is not known; save it as UTF-8" in read(tmp_path)[1]


def test_utf_8_below_a_line_that_names_another_encoding_is_read(tmp_path: Path) -> None:
    """An editor saved it so, and left its first line as it was."""
    text = '<?xml version="1.0" encoding="GBK"?>' + voc(voc_object("猫", 10, 10, 30, 20))
    save(tmp_path / "a.xml", text.encode("utf-8"))
    assert [label for _, label, _ in objects(read(tmp_path)[0])] == ["猫"]


def test_turned_boxes_of_rolabelimg_are_polygons(tmp_path: Path) -> None:
    turned = "<robndbox><cx>50</cx><cy>25</cy><w>20</w><h>10</h><angle>1.5707963267948966</angle></robndbox>"
    save(tmp_path / "a.xml", voc(f"<object><type>robndbox</type><name>ship</name>{turned}</object>"))
    coco, notes = read(tmp_path)
    assert [(label, entry["bbox"]) for _, label, entry in objects(coco)] == [("ship", pytest.approx([45, 15, 10, 20]))]
    assert (len(coco["annotations"][0]["segmentation"]), notes) == (1, [])


def test_parts_of_an_object_are_said(tmp_path: Path) -> None:
    """As VOC's persons have heads and hands."""
    part = "<part><name>head</name><bndbox><xmin>11</xmin><ymin>11</ymin><xmax>15</xmax><ymax>15</ymax></bndbox></part>"
    save(tmp_path / "a.xml", voc(voc_object("person", 10, 10, 30, 20, part)))
    coco, notes = read(tmp_path)
    assert [entry["bbox"] for entry in coco["annotations"]] == [[10, 10, 20, 10]]
    assert len(notes) == 1
    assert "parts of an object, such as a head, are left out" in notes[0]
