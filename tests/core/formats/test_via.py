"""VIA's JSON and CSV, versions 1 and 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.formats import read, recognise
from core.formats.via.json_project import class_key
from tests.core.formats.tool_files import objects, picture, save

SHAPES = {
    "polygon": {"name": "polygon", "all_points_x": [10, 30, 30], "all_points_y": [10, 10, 30]},
    "rect": {"name": "rect", "x": 10, "y": 20, "width": 20, "height": 10},
    "circle": {"name": "circle", "cx": 50, "cy": 25, "r": 10},
    "ellipse": {"name": "ellipse", "cx": 50, "cy": 25, "rx": 20, "ry": 10, "theta": 0},
    "point": {"name": "point", "cx": 5, "cy": 6},
    "polyline": {"name": "polyline", "all_points_x": [10, 30, 30, 10], "all_points_y": [10, 10, 30, 10]},
}


def entry(*regions: Any, name: str = "a.jpg") -> dict[str, Any]:
    return {"filename": name, "size": 1234, "regions": list(regions), "file_attributes": {}}


def region(kind: str, **attributes: Any) -> dict[str, Any]:
    return {"shape_attributes": SHAPES[kind], "region_attributes": attributes}


def project(*entries: dict[str, Any], **attributes: Any) -> dict[str, Any]:
    metadata = {f"{one['filename']}{one['size']}": one for one in entries}
    return {"_via_settings": {}, "_via_img_metadata": metadata, "_via_attributes": {"region": attributes, "file": {}}}


def test_every_shape_is_read_with_the_size_of_its_picture(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    save(tmp_path / "via.json", project(entry(*(region(kind, fruit="pear", ripe="yes") for kind in SHAPES))))
    coco, notes = read(tmp_path)
    found = objects(coco)
    assert {label for _, label, _ in found} == {"pear"}
    assert all(annotation["attributes"] == {"ripe": "yes"} for *_, annotation in found)
    polygon, rect, circle, ellipse, point, line = (annotation for *_, annotation in found)
    assert polygon["segmentation"] == [[10, 10, 30, 10, 30, 30]]
    assert (rect["segmentation"], rect["bbox"]) == ([], [10, 20, 20, 10])
    assert circle["area"] == pytest.approx(314, rel=0.02)
    assert ellipse["area"] == pytest.approx(628, rel=0.02)
    assert point["keypoints"] == [5, 6, 2]
    assert line["segmentation"] == [[10, 10, 30, 10, 30, 30]]
    assert len(notes) == 1


def test_annotations_alone_and_version_1_with_regions_by_number(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    old = entry(name="a.jpg") | {"regions": {"0": region("rect", name="nut"), "1": region("polygon", name="nut")}}
    save(tmp_path / "via_region_data.json", {"a.jpg1234": old})
    coco, _ = read(tmp_path)
    assert [label for _, label, _ in objects(coco)] == ["nut", "nut"]


def test_the_class_is_found_under_whatever_key_it_stands(tmp_path: Path) -> None:
    regions = [region("rect", note=str(number), species="oak" if number % 2 else "elm") for number in range(6)]
    assert class_key(regions, {}) == "species"
    assert class_key(regions, {"note": {"type": "text"}, "species": {"type": "dropdown"}}) == "species"
    assert class_key([region("rect", Label="x", aaa="y")], {}) == "Label"
    assert class_key([region("rect")], {}) is None


def test_a_chosen_checkbox_is_the_class_and_options_are_classes(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    kinds = {"type": "checkbox", "options": {"cat": "", "dog": "", "cow": ""}}
    save(tmp_path / "p.json", project(entry(region("rect", animal={"dog": True})), animal=kinds))
    coco, _ = read(tmp_path)
    assert [label for _, label, _ in objects(coco)] == ["dog"]
    assert [category["name"] for category in coco["categories"]] == ["cat", "dog", "cow"]


def test_a_region_without_class_comes_as_object_and_is_named(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    save(tmp_path / "p.json", project(entry(region("rect"))))
    coco, notes = read(tmp_path)
    assert [label for _, label, _ in objects(coco)] == ["object"]
    assert "a.jpg region 0: no class" in notes[0]


def test_csv_of_via_with_and_without_regions(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    picture(tmp_path / "b.jpg")
    cells = [json.dumps(SHAPES["polygon"]).replace('"', '""'), json.dumps({"name": "nut"}).replace('"', '""')]
    lines = [
        "#filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes",
        f'a.jpg,1,"{{}}",2,0,"{cells[0]}","{cells[1]}"',
        'a.jpg,1,"{}",2,1,"{broken","{}"',
        'b.jpg,1,"{}",0,0,"{}","{}"',
    ]
    save(tmp_path / "via.csv", "\n".join(lines))
    assert [name for name, _ in recognise(tmp_path)] == ["via-csv"]
    coco, notes = read(tmp_path)
    assert [(name, label) for name, label, _ in objects(coco)] == [("a.jpg", "nut")]
    assert [image["file_name"] for image in coco["images"]] == ["a.jpg", "b.jpg"]
    assert notes == ["via.csv: row 3 has broken JSON in a cell: left out"]


@pytest.mark.parametrize(
    "shape",
    [
        {"name": "polygon", "all_points_x": [1, 2], "all_points_y": [1]},
        {"name": "polygon"},
        {"name": "rect", "x": None, "y": 1, "width": 2, "height": 2},
        {"name": "circle", "cx": 5, "cy": 5, "r": 0},
        {"name": "blob"},
        {},
        None,
    ],
)
def test_a_fault_in_one_region_costs_no_other(shape: Any, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    broken = {"shape_attributes": shape, "region_attributes": {"name": "nut"}}
    save(tmp_path / "p.json", project(entry(broken, region("rect", name="nut"))))
    coco, notes = read(tmp_path)
    assert len(coco["annotations"]) == 1
    assert "a.jpg region 0" in notes[0]


def test_an_image_whose_picture_is_nowhere_is_named(tmp_path: Path) -> None:
    save(
        tmp_path / "p.json", project(entry(region("rect", name="nut")), entry(region("rect", name="nut"), name="b.jpg"))
    )
    coco, notes = read(tmp_path, images={"b.jpg": (50, 100)})
    assert [name for name, _, _ in objects(coco)] == ["b.jpg"]
    assert notes[0].startswith("a.jpg: no height and width")


def test_csv_of_via_that_a_spreadsheet_saved_with_semicolons(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    header = "filename;file_size;file_attributes;region_count;region_id;region_shape_attributes;region_attributes"
    shape = '"{""name"":""rect"",""x"":10,""y"":20,""width"":5,""height"":6}"'
    save(tmp_path / "via.csv", f'{header}\na.jpg;9;"{{}}";1;0;{shape};"{{""type"":""cat""}}"\n')
    coco, notes = read(tmp_path)
    assert ([entry["bbox"] for _, _, entry in objects(coco)], notes) == ([[10, 20, 5, 6]], [])
