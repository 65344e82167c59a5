"""CVAT's XML; XML that is broken or meant to harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.coco.normalise import normalise_coco
from core.coco.report import Report
from core.formats import read, write
from core.formats.building import LEFT_OUT
from core.masks import decode_rle, segmentation_to_rle
from tests.core.formats.tool_files import objects, picture, save

CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><labels>
  <label><name>cat</name><type>any</type><attributes>
    <attribute><name>tame</name><input_type>checkbox</input_type></attribute>
    <attribute><name>age</name><input_type>number</input_type></attribute></attributes></label>
  <label><name>person</name><type>skeleton</type><attributes/>
    <svg>&lt;line data-type="edge" data-node-from="1" data-node-to="2"&gt;&lt;/line&gt;&lt;circle data-node-id="1"
    data-label-name="nose"&gt;&lt;/circle&gt;&lt;circle data-node-id="2" data-label-name="tail"&gt;&lt;/circle&gt;
    </svg></label>
  <label><name>nose</name><type>points</type><parent>person</parent></label>
  <label><name>tail</name><type>points</type><parent>person</parent></label>
</labels></task></meta>
<image id="0" name="default/a.png" width="100" height="50">SHAPES</image></annotations>"""


def cvat(folder: Path, shapes: str) -> tuple[dict[str, Any], list[str]]:
    save(folder / "annotations.xml", CVAT.replace("SHAPES", shapes))
    return read(folder)


def test_cvat_shapes_and_attributes(tmp_path: Path) -> None:
    coco, notes = cvat(
        tmp_path,
        """<polygon label="cat" occluded="1" points="10.00,10.00;30.00,10.00;30.00,30.00" z_order="2">
             <attribute name="tame">true</attribute><attribute name="age">7</attribute></polygon>
           <box label="cat" occluded="0" xtl="10" ytl="20" xbr="30" ybr="40" z_order="0"/>
           <box label="cat" xtl="40" ytl="20" xbr="60" ybr="30" rotation="90"/>
           <mask label="cat" occluded="0" rle="1, 2, 1, 2" left="5" top="6" width="3" height="2"/>
           <ellipse label="cat" cx="50" cy="25" rx="10" ry="5"/>
           <polyline label="cat" points="1,1;5,5"/><tag label="cat"/>""",
    )
    polygon, box, turned, mask, ellipse = (annotation for _, _, annotation in objects(coco))
    assert polygon["attributes"] == {"tame": True, "age": 7, "occluded": True, "z_order": 2}
    assert (box["segmentation"], box["bbox"]) == ([], [10, 20, 20, 20])
    assert turned["bbox"] == pytest.approx([45, 15, 10, 20])
    assert mask["iscrowd"] == 0
    rows, columns = np.nonzero(segmentation_mask(mask))
    assert set(zip(columns.tolist(), rows.tolist(), strict=True)) == {(6, 6), (7, 6), (6, 7), (7, 7)}
    assert ellipse["area"] == pytest.approx(np.pi * 50, rel=0.03)
    assert coco["images"][0]["tags"] == ["cat"]
    assert len(notes) == 2


def segmentation_mask(annotation: dict[str, Any]) -> np.ndarray:
    return decode_rle(segmentation_to_rle(annotation["segmentation"], 50, 100))


def test_cvat_skeletons_and_groups(tmp_path: Path) -> None:
    coco, notes = cvat(
        tmp_path,
        """<skeleton label="person" group_id="3"><points label="nose" outside="0" occluded="1" points="12.5,13"/>
             <points label="tail" outside="1" occluded="0" points="0,0"/></skeleton>
           <polygon label="person" group_id="3" points="10,10;30,10;30,30"/>
           <polygon label="cat" group_id="4" points="50,10;60,10;60,20"/>
           <polygon label="cat" group_id="4" points="70,10;80,10;80,20"/>
           <box label="cat" group_id="5" xtl="1" ytl="2" xbr="3" ybr="4"/>
           <box label="cat" group_id="5" xtl="5" ytl="2" xbr="9" ybr="4"/>""",
    )
    person, parts, *boxes = (annotation for _, _, annotation in objects(coco))
    assert person["keypoints"] == [12.5, 13, 1, 0, 0, 0]
    assert person["segmentation"] == [[10, 10, 30, 10, 30, 30]]
    assert len(parts["segmentation"]) == 2
    assert [box["bbox"] for box in boxes] == [[1, 2, 2, 2], [5, 2, 4, 2]]
    category = next(entry for entry in coco["categories"] if entry["name"] == "person")
    assert (category["keypoints"], category["skeleton"]) == (["nose", "tail"], [[1, 2]])
    assert [entry["name"] for entry in coco["categories"]] == ["cat", "person"]
    assert notes == []


@pytest.mark.parametrize(
    "broken",
    [
        '<polygon label="cat" points="10,x;30,10;30,30"/>',
        '<polygon label="cat" points=""/>',
        '<box label="cat" xtl="nan" ytl="2" xbr="3" ybr="4"/>',
        '<mask label="cat" rle="1, 2, 99" left="5" top="6" width="3" height="2"/>',
        '<mask label="cat" rle="6" left="99" top="6" width="3" height="2"/>',
        '<mask label="cat" left="5" top="6" width="3" height="2"/>',
        '<polygon label="cat" points="10,10;9e9,10;30,30"/>',
    ],
)
def test_a_fault_in_one_cvat_shape_costs_no_other(broken: str, tmp_path: Path) -> None:
    coco, notes = cvat(tmp_path, broken + '<polygon label="cat" points="10,10;30,10;30,30"/>')
    assert len(coco["annotations"]) == 1
    assert len(notes) >= 1
    assert all("\n" not in note for note in notes)


def test_an_image_says_how_many_of_its_objects_are_left_out(tmp_path: Path) -> None:
    line = '<polyline label="cat" points="1,1;5,5"/>'
    coco, _ = cvat(tmp_path, f'{line}<box label="cat" xtl="a" ytl="1" xbr="5" ybr="9"/>{line}')
    assert coco["images"][0][LEFT_OUT] == 3
    whole, _ = cvat(tmp_path, '<polygon label="cat" points="10,10;30,10;30,30"/><tag label="cat"/>')
    assert LEFT_OUT not in whole["images"][0]


def test_tracks_of_a_video_are_objects_on_its_frames(tmp_path: Path) -> None:
    save(
        tmp_path / "annotations.xml",
        """<annotations><meta><task><original_size><width>100</width><height>50</height></original_size></task></meta>
        <track id="0" label="cat"><box frame="0" keyframe="1" outside="0" xtl="1" ytl="2" xbr="11" ybr="12"/>
          <box frame="1" keyframe="0" outside="0" xtl="3" ytl="2" xbr="13" ybr="12"/>
          <box frame="2" keyframe="1" outside="1" xtl="3" ytl="2" xbr="13" ybr="12"/></track>
        <track id="7" label="cat"><polygon frame="1" outside="0" points="40,10;50,10;50,20"/></track></annotations>""",
    )
    picture(tmp_path / "images" / "frame_000001.PNG")
    coco, notes = read(tmp_path)
    assert [(image, thing["bbox"], thing["attributes"]["track_id"]) for image, _, thing in objects(coco)] == [
        ("frame_000000", [1, 2, 10, 10], "0"),
        ("images/frame_000001.PNG", [3, 2, 10, 10], "0"),
        ("images/frame_000001.PNG", [40, 10, 10, 10], "7"),
    ]
    assert any("each of its frames" in note for note in notes)


def test_two_parts_of_a_project_with_images_of_one_name_are_two_images(tmp_path: Path) -> None:
    shape = '<box label="cat" xtl="{}" ytl="1" xbr="20" ybr="9"/>'
    images = [
        f'<image name="a.png" subset="{part}" task_id="{number}" width="100" height="50">{shape.format(number)}</image>'
        for number, part in enumerate(("Train", "Validation"), 1)
    ]
    save(tmp_path / "annotations.xml", f"<annotations>{''.join(images)}</annotations>")
    for part in ("Train", "Validation"):
        picture(tmp_path / "images" / part / "a.png")
    coco, _ = read(tmp_path)
    found = [(image, thing["bbox"][0]) for image, _, thing in objects(coco)]
    assert found == [("images/Train/a.png", 1), ("images/Validation/a.png", 2)]


def test_two_tasks_of_one_part_with_images_of_one_name_take_no_picture(tmp_path: Path) -> None:
    box = '<box label="cat" xtl="1" ytl="1" xbr="9" ybr="9"/>'
    image = f'<image name="a.png" task_id="{{}}" width="100" height="50">{box}</image>'
    save(tmp_path / "annotations.xml", f"<annotations>{image.format(1)}{image.format(2)}</annotations>")
    picture(tmp_path / "images" / "a.png")
    coco, _ = read(tmp_path)
    assert [image for image, _, _ in objects(coco)] == ["task 1/a.png", "task 2/a.png"]


BOMB = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<annotations><image id="0" name="&b;" width="9" height="9"/></annotations>"""
READS_FILES = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><annotations><image name="&f;"/></annotations>'


@pytest.mark.parametrize("text", [BOMB, READS_FILES, "<!DOCTYPE annotations SYSTEM 'http://x/y.dtd'><annotations/>"])
def test_xml_with_a_document_type_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    save(tmp_path / "a.xml", text)
    with pytest.raises(ValueError, match=r"a\.xml: its XML has a document type"):
        read(tmp_path, "cvat")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<annotations><image>", "broken XML at line 1"),
        (b"<annotations>" + b"<a>" * 200 + b"</a>" * 200 + b"</annotations>", "nested too deeply"),
        (b"<?xml version='1.0' encoding='klingon'?><annotations/>", "broken XML|encoding"),
    ],
)
def test_broken_xml_is_one_line(content: bytes, message: str, tmp_path: Path) -> None:
    save(tmp_path / "a.xml", content)
    with pytest.raises(ValueError, match=message):
        read(tmp_path, "cvat")


def test_xml_in_utf_16_is_read(tmp_path: Path) -> None:
    text = CVAT.replace('encoding="utf-8"', 'encoding="utf-16"').replace(
        "SHAPES", '<box label="Käse" xtl="1" ytl="2" xbr="3" ybr="4"/>'
    )
    save(tmp_path / "a.xml", text.encode("utf-16"))
    coco, _ = read(tmp_path)
    assert [label for _, label, _ in objects(coco)] == ["Käse"]


def test_cvat_says_who_drew_a_shape(tmp_path: Path) -> None:
    shapes = "".join(
        f'<box label="cat" source="{source}" xtl="{left}" ytl="1" xbr="{left + 5}" ybr="9"/>'
        for left, source in ((1, "manual"), (11, "auto"), (21, "semi-auto"), (31, "file"))
    )
    coco, notes = cvat(tmp_path, shapes)
    assert [entry.get("source") for _, _, entry in objects(coco)] == [None, "predicted", "edited", None]
    assert any("source auto" in note and "proposal" in note for note in notes)
    write(coco, "cvat", tmp_path / "again")
    again, _ = read(tmp_path / "again")
    assert [entry.get("source") for _, _, entry in objects(again)] == [None, "predicted", "edited", None]


def test_a_crowd_that_is_occluded_stays_a_crowd_for_whoever_reads_the_coco(tmp_path: Path) -> None:
    crowd = '<attribute name="iscrowd">true</attribute>'
    coco, _ = cvat(tmp_path, f'<box label="cat" occluded="1" xtl="10" ytl="10" xbr="30" ybr="30">{crowd}</box>')
    (normalised,) = normalise_coco(coco, Report()).data["annotations"]
    assert (normalised["iscrowd"], normalised["attributes"]) == (1, {"occluded": True})
