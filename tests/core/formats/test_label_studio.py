"""Label Studio's JSON, and its brushes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.formats import read, recognise
from core.formats.building import LEFT_OUT
from core.formats.label_studio.bit_runs import decode_brush, encode_brush
from core.formats.label_studio.tasks import image_names
from core.masks import decode_rle
from tests.core.formats.tool_files import objects, picture, save

# A brush stroke in a 3 × 2 image as the packing says it: 24 values of 8 bits, widths 3, 4, 8 and 16; a run of 8 zeros,
# 8 values one by one (two pixels of alpha 255 and 200), and a run of 8 zeros.
STROKE = "".join(
    [
        f"{24:032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}",
        f"1{0:02b}{7:03b}{0:08b}",
        f"0{1:02b}{7:04b}" + "".join(f"{value:08b}" for value in (9, 9, 9, 255, 9, 9, 9, 200)),
        f"1{2:02b}{7:08b}{0:08b}",
    ]
)


BOX = {"x": 10, "y": 20, "width": 20, "height": 20, "rotation": 0}
SIZE = {"width": 100, "height": 50}


def as_bytes(bits: str) -> list[int]:
    return [int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8)]


def result(kind: str, value: dict[str, Any], label: str = "cat", **more: Any) -> dict[str, Any]:
    size = {"original_width": 100, "original_height": 50, "image_rotation": 0}
    return {
        "id": "r",
        "type": kind,
        "from_name": "x",
        "to_name": "image",
        "value": {**value, kind: [label]},
        **size,
        **more,
    }


def task(*results: dict[str, Any], image: str = "/data/upload/1/0a1b2c3d-a.jpg", **more: Any) -> dict[str, Any]:
    return {"id": 1, "data": {"image": image}, "annotations": [{"id": 7, "result": list(results)}], **more}


def test_a_brush_of_runs_and_single_values_is_unpacked() -> None:
    expected = [[0, 0, 1], [1, 0, 0]]
    np.testing.assert_array_equal(decode_brush(as_bytes(STROKE), 2, 3), expected)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.02, 0.5, 1.0]))
def test_a_brush_comes_back_to_the_pixel(height: int, width: int, seed: int, density: float) -> None:
    mask = (np.random.default_rng(seed).random((height, width)) < density).astype(np.uint8)
    np.testing.assert_array_equal(decode_brush(encode_brush(mask), height, width), mask)


def test_a_brush_of_more_than_8_bits_is_named() -> None:
    """Found by the property below: its values were put into 8 bits, which overflow."""
    whole = encode_brush(np.eye(6, dtype=np.uint8))
    with pytest.raises(ValueError, match="values have 11 bits, not 8"):
        decode_brush([*whole[:4], 0x50, 0x00, 0x04, 0x10, 0x00], 6, 6)


@given(st.binary(max_size=60), st.data())
def test_a_damaged_brush_is_one_line(data: bytes, more: st.DataObject) -> None:
    whole = encode_brush(np.eye(6, dtype=np.uint8))
    cut = whole[: more.draw(st.integers(0, len(whole)))] + list(data)
    try:
        mask = decode_brush(cut, 6, 6)
    except ValueError:
        return
    assert mask.shape == (6, 6)


def test_a_long_run_is_cut_into_pieces_that_fit() -> None:
    mask = np.zeros((300, 400), dtype=np.uint8)
    mask[10:290] = 1
    np.testing.assert_array_equal(decode_brush(encode_brush(mask), 300, 400), mask)


def test_regions_of_every_kind(tmp_path: Path) -> None:
    regions = [
        result("polygonlabels", {"points": [[10, 20], [30, 20], [30, 60]]}, id="a"),
        result("rectanglelabels", {"x": 10, "y": 40, "width": 20, "height": 40, "rotation": 0}, id="b"),
        result("rectanglelabels", {"x": 50, "y": 20, "width": 10, "height": 40, "rotation": 90}, id="c"),
        result("ellipselabels", {"x": 50, "y": 50, "radiusX": 10, "radiusY": 10, "rotation": 0}, id="d"),
        result("brushlabels", {"format": "rle", "rle": encode_brush(np.eye(50, 100, dtype=np.uint8))}, id="e"),
        result("keypointlabels", {"x": 11, "y": 42, "width": 0.5}, "nose", id="f", parentID="b"),
        {"id": "g", "type": "choices", "value": {"choices": ["nice"]}},
    ]
    save(tmp_path / "tasks.json", [task(*regions)])
    coco, notes = read(tmp_path)
    polygon, box, turned, ellipse, brush = (annotation for *_, annotation in objects(coco))
    assert polygon["segmentation"] == [[10, 10, 30, 10, 30, 30]]
    assert (box["bbox"], box["keypoints"]) == ([10, 20, 20, 20], [11, 21, 2])
    # Turned about its upper left corner, in pixels: 10 wide and 20 high becomes 20 wide, to the left.
    assert turned["bbox"] == pytest.approx([30, 10, 20, 10])
    assert ellipse["bbox"] == pytest.approx([40, 20, 20, 10])
    np.testing.assert_array_equal(decode_rle(brush["segmentation"]), np.eye(50, 100))
    assert len(notes) == 1


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("/data/upload/3/0a1b2c3d-my%20cat.jpg", ["0a1b2c3d-my cat.jpg", "my cat.jpg"]),
        ("/data/local-files/?d=photos/d%C3%A9cran%201.png", ["photos/décran 1.png"]),
        ("s3://bucket/a/b.jpg", ["a/b.jpg"]),
        ("https://host/x/b.jpg?token=1", ["x/b.jpg"]),
        ("images\\b.jpg", ["images/b.jpg"]),
    ],
)
def test_addresses_of_images_are_names(address: str, names: list[str]) -> None:
    assert image_names({"data": {"text": "hello", "image": address}}) == names
    assert image_names({"data": {"photo": address}}) == names


def test_an_uploaded_picture_is_found_without_its_prefix(tmp_path: Path) -> None:
    region = result("rectanglelabels", {"x": 0, "y": 0, "width": 50, "height": 50})
    save(tmp_path / "tasks.json", [task(region), task(region, image="/data/upload/1/ffffffff-b.jpg")])
    picture(tmp_path / "a.jpg")
    coco, _ = read(tmp_path)
    assert [name for name, *_ in objects(coco)] == ["a.jpg", "ffffffff-b.jpg"]


def test_two_uploads_of_one_name_are_not_both_the_one_picture_of_that_name(tmp_path: Path) -> None:
    """The objects of both were put on it."""
    picture(tmp_path / "a.jpg")
    first = task(result("rectanglelabels", BOX))
    second = task(result("rectanglelabels", BOX, "dog"), image="/data/upload/1/77777777-a.jpg")
    save(tmp_path / "tasks.json", [first, second])
    assert {name for name, _, _ in objects(read(tmp_path)[0])} == {"0a1b2c3d-a.jpg", "77777777-a.jpg"}
    save(tmp_path / "tasks.json", [first, {**second, "data": first["data"]}])  # two tasks of one upload
    assert {name for name, _, _ in objects(read(tmp_path)[0])} == {"a.jpg"}


def test_what_people_answered_counts_before_predictions_and_once(tmp_path: Path) -> None:
    first = result("rectanglelabels", {"x": 0, "y": 0, "width": 50, "height": 50}, "first")
    other = result("rectanglelabels", {"x": 0, "y": 0, "width": 10, "height": 50}, "other")
    prediction = {
        "model_version": "m1",
        "score": 0.75,
        "result": [result("rectanglelabels", {"x": 0, "y": 0, "width": 9, "height": 9}, "guess")],
    }
    answered = task(first, predictions=[prediction])
    twice = task(image="b.jpg") | {"annotations": [{"result": [other]}, {"result": [first], "ground_truth": True}]}
    cancelled = task(image="c.jpg", predictions=[prediction]) | {
        "annotations": [{"result": [other], "was_cancelled": True}]
    }
    save(tmp_path / "tasks.json", [answered, twice, cancelled])
    coco, notes = read(tmp_path)
    assert [label for _, label, _ in objects(coco)] == ["first", "first", "guess"]
    guess = coco["annotations"][2]
    assert (guess["score"], guess["model"]) == (0.75, "m1")
    assert "several people" in notes[0]


def test_json_min_is_read(tmp_path: Path) -> None:
    value = {"x": 10, "y": 40, "width": 20, "height": 40, "rotation": 0, "rectanglelabels": ["cat"]}
    size = {"original_width": 100, "original_height": 50}
    save(tmp_path / "min.json", [{"id": 1, "image": "/data/upload/0a1b2c3d-a.jpg", "label": [{**value, **size}]}])
    assert [name for name, _ in recognise(tmp_path)] == ["label-studio"]
    coco, _ = read(tmp_path)
    assert [(label, annotation["bbox"]) for _, label, annotation in objects(coco)] == [("cat", [10, 20, 20, 20])]


@pytest.mark.parametrize(
    "broken",
    [
        result("polygonlabels", {"points": [[10, 20], [30]]}),
        result("rectanglelabels", {"x": "1", "y": 40, "width": 20, "height": 40}),
        result("brushlabels", {"format": "rle", "rle": [0, 0, 1, 2]}),
        result("brushlabels", {"format": "rle", "rle": "abc"}),
        {"type": "polygonlabels", "value": None},
    ],
)
def test_a_fault_in_one_region_costs_no_other(broken: dict[str, Any], tmp_path: Path) -> None:
    good = result("rectanglelabels", {"x": 10, "y": 40, "width": 20, "height": 40}, id="good")
    save(tmp_path / "tasks.json", [task({**broken, "id": "bad"}, good)])
    coco, notes = read(tmp_path)
    assert len(coco["annotations"]) == 1
    assert "task 1 result bad" in notes[0]


def test_answers_about_a_region_are_its_attributes_and_no_objects(tmp_path: Path) -> None:
    place = {"x": 10, "y": 40, "width": 20, "height": 40, "rotation": 0}
    size = {"original_width": 100, "original_height": 50}
    region = {"id": "r1", "type": "rectangle", "from_name": "box", "value": place, **size}
    label = {"id": "r1", "type": "labels", "from_name": "class", "value": {**place, "labels": ["cat"]}, **size}
    choice = {"id": "r1", "type": "choices", "from_name": "colour", "value": {**place, "choices": ["red"]}, **size}
    text = {"id": "r1", "type": "textarea", "from_name": "note", "value": {**place, "text": ["old"]}, **size}
    for results in ([region, label, choice, text], [choice, label, region, text]):
        save(tmp_path / "tasks.json", [task(*results)])
        coco, notes = read(tmp_path)
        ((_, name, annotation),) = objects(coco)
        assert (name, annotation["bbox"]) == ("cat", [10, 20, 20, 20])
        assert annotation["attributes"] == {"colour": "red", "note": "old"}
        assert notes == []


def test_what_is_not_taken_of_a_task_is_said(tmp_path: Path) -> None:
    skipped = {"id": 1, "was_cancelled": True, "result": [result("rectanglelabels", BOX)]}
    two = result("rectanglelabels", BOX) | {"value": {**BOX, "rectanglelabels": ["cat", "dog"]}}
    vector = result("vectorlabels", {"vertices": []})
    save(
        tmp_path / "tasks.json",
        [{"id": 1, "data": {"image": "a.jpg", **SIZE}, "annotations": [skipped]}, task(two, vector, image="b.jpg")],
    )
    coco, notes = read(tmp_path)
    assert [(image, name) for image, name, _ in objects(coco)] == [("b.jpg", "cat")]
    assert [image.get(LEFT_OUT) for image in coco["images"]] == [None, 1]
    for fact in ("skipped by its annotator", "several labels", "'vectorlabels' is no shape that is read"):
        assert any(fact in note for note in notes), notes


@pytest.mark.parametrize(("degrees", "width", "height"), [(90, 100, 50), (270, 50, 100), (180, 100, 50)])
def test_a_turned_view_leaves_objects_on_the_picture_as_it_is_stored(
    tmp_path: Path, degrees: int, width: int, height: int
) -> None:
    picture(tmp_path / "a.jpg")
    turned = {"image_rotation": degrees, "original_width": width, "original_height": height}
    save(tmp_path / "tasks.json", [task(result("rectanglelabels", BOX, **turned), image="a.jpg")])
    coco, notes = read(tmp_path)
    assert [(image["width"], image["height"]) for image in coco["images"]] == [(100, 50)]
    assert [thing["bbox"] for _, _, thing in objects(coco)] == [[10, 10, 20, 10]]
    assert notes == ["task 1: drawn in a turned view (image_rotation): its objects are on the picture as it is stored"]
