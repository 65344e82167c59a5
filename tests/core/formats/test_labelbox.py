"""Labelbox's exports: data rows a line, and the older JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.formats import read, recognise, write
from core.formats.building import LEFT_OUT
from tests.core.formats.tool_files import objects, picture, save


def xy(*flat: float) -> list[dict[str, float]]:
    return [{"x": x, "y": y} for x, y in zip(flat[::2], flat[1::2], strict=True)]


def thing(kind: str, name: str = "cat", **shape: Any) -> dict[str, Any]:
    return {
        "feature_id": "c1",
        "feature_schema_id": "s1",
        "name": name,
        "value": name,
        "annotation_kind": kind,
        **shape,
    }


BOX = thing("ImageBoundingBox", bounding_box={"top": 20.0, "left": 10.0, "height": 25.0, "width": 20.0})
POLYGON = thing("ImagePolygon", "dog", polygon=xy(10, 10, 30, 10, 30, 30))


def label(*things: dict[str, Any], **more: Any) -> dict[str, Any]:
    annotations = {"objects": list(things), "classifications": [], "relationships": []}
    details = {"created_at": "2024-04-08T16:21:26.000+00:00", "created_by": "ann@example.org", "reviews": []}
    return {"label_kind": "Default", "id": "l1", "label_details": details, "annotations": annotations, **more}


def row(*labels: dict[str, Any], name: str = "a.jpg", **more: Any) -> dict[str, Any]:
    return {
        "data_row": {"id": "d1", "external_id": name, "row_data": f"https://storage.example.org/x/{name}?Expires=1"},
        "media_attributes": {"height": 50, "width": 100, "mime_type": "image/jpeg"},
        "projects": {"p1": {"name": "Cats", "labels": list(labels), "project_details": {"workflow_status": "DONE"}}},
        **more,
    }


def lines(*rows: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(entry)}\n" for entry in rows)


@pytest.mark.parametrize("kind", ["lines", "list", "one", "lines with a mark and CRLF"])
def test_boxes_polygons_and_points(kind: str, tmp_path: Path) -> None:
    point = thing("ImagePoint", "nose", point={"x": 7.5, "y": 8})
    rows = [row(label(BOX, POLYGON, point)), row(name="b.jpg")]
    if kind == "one":
        save(tmp_path / "export.json", rows[0])
    elif kind == "list":
        save(tmp_path / "export.json", rows)
    else:
        text = lines(*rows)
        text = "\ufeff" + text.replace("\n", "\r\n") if "mark" in kind else text
        save(tmp_path / "export.ndjson", text.encode())
    assert [name for name, _ in recognise(tmp_path)] == ["labelbox"]
    coco, notes = read(tmp_path)
    assert notes == []
    assert [(name, label, entry["bbox"]) for name, label, entry in objects(coco)][:2] == [
        ("a.jpg", "cat", [10, 20, 20, 25]),
        ("a.jpg", "dog", [10, 10, 20, 20]),
    ]
    assert coco["annotations"][0]["segmentation"] == []
    assert coco["annotations"][1]["segmentation"] == [[10, 10, 30, 10, 30, 30]]
    assert coco["annotations"][2]["keypoints"] == [7.5, 8, 2]
    assert {entry["author"] for entry in coco["annotations"]} == {"ann@example.org"}
    assert len(coco["images"]) == (1 if kind == "one" else 2)


def test_masks_that_are_addresses_and_lines_are_counted_and_said(tmp_path: Path) -> None:
    mask = thing("ImageSegmentationMask", mask={"url": "https://api.example.org/masks/1"})
    composite = thing("ImageSegmentationMask", composite_mask={"url": "https://x", "color_rgb": [1, 2, 3]})
    line = thing("ImagePolyline", line=xy(1, 2, 3, 4))
    save(tmp_path / "export.ndjson", lines(row(label(BOX, mask, composite, line)), row(label(mask), name="b.jpg")))
    coco, notes = read(tmp_path)
    assert len(coco["annotations"]) == 1
    assert [image.get(LEFT_OUT) for image in coco["images"]] == [3, 1]
    assert notes == [
        "row 1 object 1, row 1 object 2, row 2 object 0: a mask that is only an address on Labelbox's server: "
        "left out; of these export polygons",
        "row 1 object 3: a line encloses nothing in the image: left out",
    ]


def test_answers_are_attributes_and_tags(tmp_path: Path) -> None:
    answers = [
        {"name": "colour", "radio_answer": {"name": "red", "classifications": [
            {"name": "shade", "text_answer": {"content": "dark"}}]}},
        {"name": "damage", "checklist_answers": [{"name": "dent"}, {"name": "rust"}]},
        {"name": "note", "text_answer": {"content": "big"}},
    ]  # fmt: skip
    whole = label({**BOX, "classifications": answers})
    whole["annotations"]["classifications"] = [{"name": "time", "radio_answer": {"name": "night"}}]
    save(tmp_path / "export.ndjson", lines(row(whole), row(label(BOX), name="b.jpg")))
    coco, notes = read(tmp_path)
    expected = {"colour": "red", "shade": "dark", "damage": ["dent", "rust"], "note": "big"}
    assert coco["annotations"][0]["attributes"] == expected
    assert coco["images"][0]["tags"] == ["time: night"]
    assert notes == ["time: an answer on the whole image is kept as the image's tag, not as an object"]


def test_of_several_people_one_counts_and_of_who_skipped_none(tmp_path: Path) -> None:
    skipped = label(POLYGON, performance_details={"skipped": True})
    rows = [row(skipped, label(BOX), label(BOX, BOX)), row(skipped, name="b.jpg")]
    save(tmp_path / "export.ndjson", lines(*rows))
    coco, notes = read(tmp_path)
    assert [(name, label) for name, label, _ in objects(coco)] == [("a.jpg", "cat")]
    assert notes == [
        "row 1: labels of several people: the first is taken",
        "row 2: skipped by its annotator: nothing of what was drawn is taken",
    ]


def test_which_picture_is_meant(tmp_path: Path) -> None:
    for name in ("cam1/a.jpg", "cam2/a.jpg", "c d.png"):
        picture(tmp_path / "images" / name)
    rows = [row(label(BOX), name="cam2/a.jpg"), row(label(BOX), name="1234")]
    rows[1]["data_row"] |= {
        "global_key": "7",
        "row_data": "https://storage.example.org/bucket/c%20d.png?Signature=a/b.jpg",
    }
    save(tmp_path / "export.ndjson", lines(*rows))
    coco, _ = read(tmp_path)
    assert [image["file_name"] for image in coco["images"]] == ["images/cam2/a.jpg", "images/c d.png"]


def test_an_external_id_that_was_given_twice_means_neither_picture(tmp_path: Path) -> None:
    """Labelbox does not ask that they differ: both images' objects came on the one picture that is called so."""
    rows = [row(label(BOX)), row(label(POLYGON))]
    for number, entry in enumerate(rows):
        entry["data_row"] |= {"id": f"d{number}", "row_data": f"https://storage.example.org/x/{number}.jpg"}
    save(tmp_path / "export.ndjson", lines(*rows))
    picture(tmp_path / "a.jpg")
    coco, notes = read(tmp_path)
    assert [(name, label) for name, label, _ in objects(coco)] == [("0.jpg", "cat"), ("1.jpg", "dog")]
    assert any("several images are called a.jpg" in note for note in notes)
    rows[1]["data_row"]["id"] = "d0"  # one image, labelled in two rows
    save(tmp_path / "export.ndjson", lines(*rows))
    assert [(name, label) for name, label, _ in objects(read(tmp_path)[0])] == [("a.jpg", "cat"), ("a.jpg", "dog")]


def test_videos_and_broken_rows_are_said(tmp_path: Path) -> None:
    video = row(name="v.mp4", media_attributes={"height": 5, "width": 5, "frame_count": 9, "mime_type": "video/mp4"})
    odd = row(label(BOX, {**BOX, "bounding_box": {"top": None}}, "x", {**POLYGON, "polygon": xy(1, 2)}))
    save(tmp_path / "export.ndjson", lines(video, odd))
    coco, notes = read(tmp_path)
    assert len(coco["annotations"]) == 1
    assert coco["images"][0][LEFT_OUT] == 3
    assert notes[0] == "v.mp4: is no image: left out"
    assert len(notes) == 4
    save(tmp_path / "export.ndjson", lines(odd) + '{"data_row":\n')
    with pytest.raises(ValueError, match=r"export\.ndjson: broken JSON in line 2"):
        read(tmp_path)


def test_the_older_export(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    shapes = [
        {"featureId": "1", "title": "cat", "bbox": {"top": 20, "left": 10, "height": 25, "width": 20},
         "classifications": [{"title": "colour", "answer": {"title": "red"}}]},
        {"featureId": "2", "title": "dog", "polygon": xy(10, 10, 30, 10, 30, 30)},
        {"featureId": "3", "title": "cow", "instanceURI": "https://api.example.org/masks/3"},
    ]  # fmt: skip
    older = {"ID": "1", "External ID": "a.jpg", "Labeled Data": "https://x/a.jpg", "Created By": "ann@example.org"}
    save(tmp_path / "export.json", [{**older, "Label": {"objects": shapes, "classifications": []}}])
    coco, notes = read(tmp_path)
    assert [(label, entry["bbox"], entry.get("attributes")) for _, label, entry in objects(coco)] == [
        ("cat", [10, 20, 20, 25], {"colour": "red"}),
        ("dog", [10, 10, 20, 20], None),
    ]
    assert len(notes) == 1


def test_it_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'labelbox' is read and not written; the formats are coco"):
        write({"images": [], "annotations": [], "categories": []}, "labelbox", tmp_path)
