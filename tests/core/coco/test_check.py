"""The linter finds every fault, names it in one line, and its repaired copy has none of them left."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.coco.check import Problem, check_coco
from core.coco.normalise import normalise_coco
from core.coco.reading import read_coco_json
from core.coco.report import Report, grouped
from core.datasets import CocoDataset
from core.masks import encode_rle
from tests.core.conftest import DataSet, coco, cup, person

RUNS = encode_rle(np.pad(np.ones((10, 10)), ((5, 15), (5, 25))))  # the cup's square in 30×40


def found(data_set: DataSet, annotations: list[Any] | None = None, **changes: Any) -> tuple[list[str], dict[str, Any]]:
    """The lines about a data set, and its repaired copy, in which only what cannot be repaired is found again."""
    images, file = data_set(annotations, **changes)
    fixed = file.with_name("fixed.json")
    problems = check_coco(file, images, fixed)
    again = check_coco(fixed, images)
    assert all(problem.repair is None for problem in again)
    lines = [str(problem) for problem in problems]
    assert all("\n" not in line for line in lines)
    return lines, json.loads(fixed.read_text())


def test_a_good_file_has_no_problems_and_is_copied_as_it_is(data_set: DataSet) -> None:
    good = coco([cup(), person(), cup(id=13, segmentation=RUNS, category_id=2, bbox=[5, 5, 10, 10])])
    lines, fixed = found(data_set, good["annotations"])
    assert lines == []
    assert fixed == good


@pytest.mark.parametrize(
    ("annotation", "line", "repaired"),
    [
        # ids
        (cup(id=0), "annotation 0: id is 0", {"id": 1}),
        (cup(id="11"), "annotation 11: id is '11': a positive whole number", {"id": 11}),
        (cup(id="a"), "annotation a: id is 'a'", {"id": 1}),
        (cup(id=None), "annotation number 0: has no id", {"id": 1}),
        (cup(id=-3), "annotation -3: id is -3", {"id": 1}),
        (cup(id=True), "annotation True: id is True", {"id": 1}),
        (cup(image_id="4"), "image_id is the text '4'", {"image_id": 4}),
        (cup(image_id=4.0), "image_id is 4.0, not a whole number", {"image_id": 4}),
        (cup(image_id=77), "image_id is 77: there is no such image", None),
        (cup(image_id=None), "image_id is None: there is no such image", None),
        (cup(image_id={}), "image_id is {}: there is no such image", None),
        (cup(category_id="1"), "category_id is the text '1'", {"category_id": 1}),
        (cup(category_id=3), "category_id is 3: there is no such category", None),
        ("cup", "annotation number 0: is no object", None),
        # boxes
        (cup(bbox=None), "has no bbox", {"bbox": [5, 5, 10, 10]}),
        (cup(bbox=[5, 5, 10]), "bbox is [5, 5, 10]", {"bbox": [5, 5, 10, 10]}),
        (cup(bbox=[5, 5, 15, 15]), "not that of its segmentation, [5, 5, 10, 10]", {"bbox": [5, 5, 10, 10]}),
        (cup(bbox=[5, 5, 0, 10]), "is empty: width and height", {"bbox": [5, 5, 10, 10]}),
        (cup(bbox=[5, 5, 0, 10], segmentation=[]), "is empty: width and height", None),
        (cup(bbox=[-5, 5, 20, 10], segmentation=[]), "reaches beyond its 40×30 image", {"bbox": [0, 5, 15, 10]}),
        (cup(bbox=[50, 5, 20, 10], segmentation=[]), "reaches beyond its 40×30 image", None),
        (cup(bbox=[5, 5, float("nan"), 10]), "bbox is [5, 5, nan, 10]", {"bbox": [5, 5, 10, 10]}),
        # segmentation
        (cup(segmentation=[5, 5, 15, 5, 15, 15]), "is one list of numbers", {"segmentation": [[5, 5, 15, 5, 15, 15]]}),
        (cup(segmentation=[*cup()["segmentation"], [1, 1, 2, 2]]), "polygon 1 has 4 numbers", cup()),
        (cup(segmentation=[[5, 5, 15, 15]]), "polygon 0 has 4 numbers: at least 3 points", {"segmentation": []}),
        (cup(segmentation=[[5, 5, 6, 5, 7, 5]]), "covers no pixel", {"segmentation": [], "bbox": [5, 5, 10, 10]}),
        (cup(segmentation="x"), "segmentation is str", {"segmentation": []}),
        (cup(segmentation={"size": [40, 30], "counts": RUNS["counts"]}), "swapped", {"segmentation": RUNS}),
        (person(segmentation={"size": [30, 40], "counts": [600, 60]}), "add up to 660, not to the 1200", person()),
        (person(segmentation={"size": [30, 40], "counts": [600, 60, 40]}), "add up to 700", person()),
        (person(segmentation={"size": [30, 40], "counts": [600, 700]}), "add up to 1300", {"segmentation": []}),
        # area, crowd
        (cup(area=None), "has no area", {"area": 100}),
        (cup(area=-1), "area is -1", {"area": 100}),
        (cup(area=400), "area is 400, but the object has 100 pixels", {"area": 100}),
        (cup(iscrowd=False), "iscrowd is 'false': 0 or 1", {"iscrowd": 0}),
        (cup(iscrowd=None), "has no iscrowd", {"iscrowd": 0}),
        (cup(iscrowd=1), "is a crowd with polygons", {"segmentation": RUNS}),
        # keypoints
        (person(keypoints=[21, 12.5, 2]), "keypoints are 3 values, but 'person' needs 6", {"bbox": [20, 0, 2, 30]}),
        (cup(keypoints=[1, 1, 2]), "its objects have 1 keypoints without names", {"keypoints": [1, 1, 2]}),
        (person(keypoints=[21, 12, 3, 0, 0, 0], num_keypoints=0), "'left_hand' has visibility 3", {"num_keypoints": 0}),
        (
            person(keypoints=[21, 12, 0.93, 22, 13, 0], num_keypoints=1),
            "visibility is a score, as models' files have it",
            {"keypoints": [21, 12, 2, 0, 0, 0]},
        ),
        (
            person(keypoints=[None, 12, 2, 22, 13, 2], num_keypoints=1),
            "keypoint 'left_hand' is [None, 12, 2], not three numbers",
            {"keypoints": [0, 0, 0, 22, 13, 2]},
        ),
        (
            person(keypoints=["21", "12", "2", 22, 13, 2], num_keypoints=2),
            "keypoints have texts for numbers",
            {"keypoints": [21, 12, 2, 22, 13, 2]},
        ),
        (
            person(keypoints=[[21, 12, 2], [22, 13, 2]], num_keypoints=2),
            "keypoints are lists of their own",
            {"keypoints": [21, 12, 2, 22, 13, 2]},
        ),
        (cup(score=1.0000001), "score is 1.0000001, a little above 1", {"score": 1}),
        (
            cup(segmentation=[["5", "5", "15", "5", "15", "15", "5", "15"]]),
            "points are not written as numbers",
            {"segmentation": [[5, 5, 15, 5, 15, 15, 5, 15]]},
        ),
        (
            cup(segmentation=[{"x": 5, "y": 5}, {"x": 15, "y": 5}, {"x": 15, "y": 15}, {"x": 5, "y": 15}]),
            "points are not written as numbers",
            {"segmentation": [[5, 5, 15, 5, 15, 15, 5, 15]]},
        ),
        (
            cup(segmentation=[[[5, 5, 15, 5, 15, 15, 5, 15]]]),
            "segmentation is a list of lists of polygons",
            {"segmentation": [[5, 5, 15, 5, 15, 15, 5, 15]]},
        ),
        (
            cup(segmentation={"size": ["30", "40"], "counts": [155.0, 10.0, 1035.0]}, bbox=None, area=None),
            "runs are not written as whole numbers",
            {"segmentation": {"size": [30, 40], "counts": [155, 10, 1035]}},
        ),
        (person(keypoints=[21, 12, 2, 3, 4, 0]), "'right_hand' is not labelled", {"keypoints": [21, 12, 2, 0, 0, 0]}),
        (person(keypoints=[21, 12, 2, 41, 4, 1], num_keypoints=1), "'right_hand' lies outside", {"num_keypoints": 1}),
        (person(num_keypoints=2), "num_keypoints is 2, but 1 are labelled", {"num_keypoints": 1}),
        (cup(num_keypoints=4), "num_keypoints is 4, but there are no keypoints", {"num_keypoints": 0}),
    ],
)
def test_each_fault_of_an_annotation(
    data_set: DataSet, annotation: Any, line: str, repaired: dict[str, Any] | None
) -> None:
    lines, fixed = found(data_set, [annotation])
    assert any(line in text for text in lines), lines
    assert bool(fixed["annotations"]) == (repaired is not None)
    for key, value in (repaired or {}).items():
        assert fixed["annotations"][0][key] == value


def test_keypoints_give_a_box_that_is_empty(data_set: DataSet) -> None:
    """CVAT and COCO Annotator write keypoints so."""
    body = {"id": 3, "name": "body", "keypoints": ["top", "foot"], "skeleton": []}
    points = {"image_id": 4, "category_id": 3, "segmentation": [], "bbox": [0, 0, 0, 0], "area": 0, "iscrowd": 0}
    lines, fixed = found(
        data_set,
        [points | {"id": 1, "keypoints": [5, 5, 2, 12, 9, 1], "num_keypoints": 2},
         points | {"id": 2, "keypoints": [5, 5, 2, 0, 0, 0], "num_keypoints": 1}],
        categories=[body],
    )  # fmt: skip
    assert [annotation["bbox"] for annotation in fixed["annotations"]] == [[5, 5, 7, 4], [5, 5, 1, 1]]
    assert sum("taken from the keypoints" in line for line in lines) == 2


def test_an_object_that_was_never_drawn_is_none(data_set: DataSet) -> None:
    empty = {"segmentation": [[]], "bbox": [0, 0, 0, 0], "area": 0}
    _, file = data_set([cup(), cup(id=15, **empty)])
    report = Report()
    normalised = normalise_coco(read_coco_json(file), report)
    assert len(normalised.data["annotations"]) == 1
    assert normalised.lost == {}
    assert [str(problem) for problem in report.problems if problem.annotation_id == 15] == [
        "annotation 15: is empty: no mask, no box, no keypoints [repair: left out]"
    ]


def test_an_area_above_that_of_the_box_is_put_right_without_a_mask_too(data_set: DataSet) -> None:
    lines, fixed = found(data_set, [cup(segmentation=[], bbox=[5, 5, 10, 10], area=1200)])
    assert fixed["annotations"][0]["area"] == 100
    assert any("area is 1200" in line for line in lines)


def test_a_class_of_crowds_alone_is_noted(data_set: DataSet) -> None:
    crowd = cup(iscrowd=1, segmentation={"size": [30, 40], "counts": RUNS["counts"]})
    assert any("has crowds alone (1), of which nothing is learnt" in line for line in found(data_set, [crowd])[0])
    assert not any("crowds alone" in line for line in found(data_set, [crowd, cup(id=2)])[0])


BRUSH = {"segmentation": {"size": [30, 40], "counts": [5, 9, 21, 9, 1156]}, "iscrowd": 1, "bbox": None, "area": None}


def test_every_list_of_runs_is_an_object_in_a_file_with_the_marks_of_cvat(data_set: DataSet) -> None:
    marked = cup(id=15, segmentation=[], bbox=[2, 2, 9, 9], area=81, attributes={"occluded": False})
    lines, fixed = found(data_set, [cup(), marked, cup(id=16, **BRUSH)])
    assert [annotation["iscrowd"] for annotation in fixed["annotations"]] == [0, 0, 0]
    assert any("annotation 16: is one object with iscrowd 1, as CVAT writes masks" in line for line in lines)


def test_what_may_be_a_brush_mask_stays_a_crowd_with_a_line_that_names_the_way_out(data_set: DataSet) -> None:
    images, file = data_set([cup(), cup(id=16, **BRUSH)])
    (line,) = [str(problem) for problem in check_coco(file, images) if "brush" in str(problem)]
    assert line.startswith("note: annotations: 1 stays a crowd (iscrowd 1), of which nothing is learnt")
    assert "--crowds-as-objects" in line
    target = file.with_name("fixed.json")
    problems = check_coco(file, images, target, crowds_as_objects=True)
    assert [annotation["iscrowd"] for annotation in json.loads(target.read_text())["annotations"]] == [0, 0]
    assert any("as is said of this file" in str(problem) for problem in problems)


@pytest.mark.parametrize("sign", [{"source": "manual", "attributes": {"occluded": True}}, {"id": 900_100_000_004}])
def test_crowds_of_coco_itself_and_of_our_own_exports_are_no_brush_masks(
    data_set: DataSet, sign: dict[str, Any]
) -> None:
    crowd = {**cup(id=16, **BRUSH), **sign}
    lines, fixed = found(data_set, [cup(), crowd])
    assert [annotation["iscrowd"] for annotation in fixed["annotations"]] == [0, 1]
    assert not any("brush" in line or "CVAT" in line for line in lines)


@pytest.mark.parametrize(
    ("written", "meant", "said"),
    [
        ({"score": "0.9"}, {"score": 0.9}, "score is '0.9', not a number"),
        ({"score": 91.5}, {"score": 0.915}, "taken as per cent"),
        ({"score": "high"}, {"source": "predicted"}, "score is 'high': 0 to 1 is needed"),
        ({"score": -3.5}, {"source": "predicted"}, "score is -3.5: 0 to 1 is needed"),
        ({"score": 250, "source": "manual"}, {"source": "manual"}, "score is 250: 0 to 1 is needed"),
        ({"segmentation": "[[5, 5, 15, 5, 15, 15, 5, 15]]"}, cup(), "segmentation is a text"),
        ({"segmentation": [RUNS]}, {"segmentation": RUNS}, "segmentation is an RLE in a list"),
    ],
)
def test_what_is_spelt_otherwise_is_read_as_it_is_meant(
    data_set: DataSet, written: dict[str, Any], meant: dict[str, Any], said: str
) -> None:
    lines, fixed = found(data_set, [cup(**written)])
    assert fixed["annotations"] == [cup(**meant)]
    assert [said in line for line in lines] == [True]


def test_fractions_of_the_image_become_pixels_unless_something_is_in_pixels(data_set: DataSet) -> None:
    polygon = [5 / 40, 5 / 30, 15 / 40, 5 / 30, 15 / 40, 15 / 30, 5 / 40, 15 / 30]
    written = cup(bbox=[5 / 40, 5 / 30, 10 / 40, 10 / 30], segmentation=[polygon], area=100 / 1200)
    lines, fixed = found(data_set, [written])
    (mended,) = fixed["annotations"]
    assert mended["bbox"] == pytest.approx([5, 5, 10, 10])
    assert mended["segmentation"][0] == pytest.approx([5, 5, 15, 5, 15, 15, 5, 15])
    assert mended["area"] == pytest.approx(100)
    assert lines == ["annotations: are in fractions of their images, not in pixels [repair: become pixels]"]
    in_pixels = cup(id=12, bbox=[0.25, 0.25, 0.5, 0.5], segmentation=[], area=0.25)
    _, fixed = found(data_set, [in_pixels, cup()])
    assert fixed["annotations"] == [in_pixels, cup()]


@pytest.mark.parametrize("broken", [{"bbox": [0.5, 0.5, 0, 0.1]}, {"bbox": []}, {"bbox": None}])
def test_a_broken_object_does_not_make_pixels_of_the_others_fractions(
    data_set: DataSet, broken: dict[str, Any]
) -> None:
    written = cup(bbox=[5 / 40, 5 / 30, 10 / 40, 10 / 30], segmentation=[], area=100 / 1200)
    _, fixed = found(data_set, [written, cup(id=12, segmentation=[], **broken)])
    (mended,) = fixed["annotations"]
    assert mended["bbox"] == pytest.approx([5, 5, 10, 10])


def test_keypoints_of_two_values_are_visible_where_they_are_not_at_the_corner(data_set: DataSet) -> None:
    points = person()["keypoints"]
    pairs = [value for at in range(0, len(points), 3) for value in points[at : at + 2]]
    lines, fixed = found(data_set, [person(keypoints=pairs)])
    expected = [v for x, y in zip(pairs[::2], pairs[1::2], strict=True) for v in (x, y, 2 if x or y else 0)]
    assert fixed["annotations"][0]["keypoints"] == expected
    assert any("keypoints are x, y without visibility" in line for line in lines)


def test_an_image_without_an_id_is_named_by_its_file(data_set: DataSet) -> None:
    image = {key: value for key, value in coco([])["images"][0].items() if key != "id"}
    _, fixed = found(data_set, [cup(image_id=image["file_name"])], images=[image])
    assert [annotation["image_id"] for annotation in fixed["annotations"]] == [fixed["images"][0]["id"]]


def test_images_that_share_a_fact_share_a_line() -> None:
    problems = [Problem(f"image {n}", f"file_name is 'a/{n}.png'", f"becomes 'b/{n}.png'") for n in range(4)]
    problems += [Problem(f"image {n}", f"/x/{n}.png: there is no such image file") for n in range(4)]
    lines = list(map(str, grouped(problems)))
    assert len(lines) == 2
    assert lines[0].startswith("images 0, 1, 2, 3: file_name is 'a/0.png' (the first of them)")


def test_every_line_names_its_annotation(data_set: DataSet) -> None:
    images, file = data_set([cup(), cup(id=15, bbox=[0, 0, 3, 3]), cup(id=16, iscrowd=7)])
    problems = check_coco(file, images)
    assert {problem.annotation_id for problem in problems} == {15, 16}
    assert all(str(problem).startswith(f"annotation {problem.annotation_id}: ") for problem in problems)


def test_ids_used_twice_and_copies(data_set: DataSet) -> None:
    lines, fixed = found(data_set, [cup(), cup(category_id=2), cup(id=12, segmentation=cup()["segmentation"])])
    assert any("id 11 is used twice [repair: becomes 13]" in line for line in lines)
    assert any(line.startswith("annotation 12: is the same object as another") for line in lines)
    assert [annotation["id"] for annotation in fixed["annotations"]] == [11, 13]


def test_faults_of_categories(data_set: DataSet) -> None:
    categories = [
        {"id": 0, "name": "_background_"},
        {"id": 1, "name": "cup"},
        {"id": "2", "name": "person", "keypoints": ["left_hand", "right_hand"], "skeleton": [[0, 1], [1, 2]]},
        {"id": 1, "name": "cup"},
        {"id": 1, "name": "glass"},
        {"id": 9, "name": " "},
        {"name": "glass"},
        "plate",
    ]
    lines, fixed = found(data_set, [cup(), person(category_id="2")], categories=categories)
    text = "\n".join(lines)
    for expected in (
        "'_background_' stands for background",
        "category 2: id is '2': a whole number is needed [repair: becomes 2]",
        "skeleton joins [0, 1], but keypoints are numbered 1 to 2",
        "'cup' is listed twice",
        "category 1: id 1 is used twice [repair: the second becomes 10]",
        "category 9: has no name",
        "'glass' is listed twice [repair: becomes one with category 10]",
        "category number 7: is 'plate'",
        "categories: ids leave out 3, 4, 5, 6, 7, 8",
    ):
        assert expected in text, expected
    assert [category["id"] for category in fixed["categories"]] == [1, 2, 10, 9]
    assert [annotation["category_id"] for annotation in fixed["annotations"]] == [1, 2]
    assert fixed["categories"][1]["skeleton"] == [[1, 2]]


def test_what_is_legal_is_a_note(data_set: DataSet) -> None:
    categories = [
        {"id": 90, "name": "person", "keypoints": ["left_hand", "right_hand"]},
        {"id": 88, "name": "cup"},
    ]
    images, file = data_set([cup(category_id=88), person(category_id=90)], categories=categories)
    skeleton, gap = check_coco(file, images, file.with_name("fixed.json"))
    assert skeleton.is_note
    assert str(skeleton) == (
        "note: category 90: has keypoints but no skeleton: no lines are drawn between them [repair: becomes []]"
    )
    assert gap.is_note
    assert str(gap).startswith("note: categories: ids leave out 89: ")
    fixed = json.loads(file.with_name("fixed.json").read_text())
    assert fixed["categories"] == [categories[0] | {"skeleton": []}, categories[1]]
    assert CocoDataset(images, file).categories == [categories[1], categories[0] | {"skeleton": []}]


def test_an_lvis_file_has_notes_alone(data_set: DataSet) -> None:
    lvis = [
        {"id": number, "coco_url": f"http://x.org/val2017/{name}.png", "width": 40, "height": 30,
         "neg_category_ids": [2], "not_exhaustive_category_ids": []}
        for number, name in ((4, "first"), (9, "second"))
    ]  # fmt: skip
    annotation = cup()
    del annotation["iscrowd"]
    images, file = data_set([annotation], images=lvis)
    problems = check_coco(file, images, file.with_name("fixed.json"))
    assert [str(problem) for problem in problems] == [
        "note: images: 2 have no file_name, as in LVIS [repair: taken from coco_url]",
        "note: annotations: none has iscrowd, as in LVIS: COCO's own tools need it [repair: becomes 0]",
    ]
    assert check_coco(file.with_name("fixed.json"), images) == []
    fixed = json.loads(file.with_name("fixed.json").read_text())
    assert [image["file_name"] for image in fixed["images"]] == ["first.png", "second.png"]
    # One that says it is a crowd, and the others have to say that they are none.
    images, file = data_set([annotation, cup(id=12, bbox=[5, 5, 10, 10.5])], images=lvis)
    assert "annotation 11: has no iscrowd [repair: becomes 0]" in map(str, check_coco(file, images))


def test_category_zero_is_reported_but_kept(data_set: DataSet) -> None:
    lines, fixed = found(data_set, [cup(category_id=0)], categories=[{"id": 0, "name": "cup"}])
    assert lines == ["category 0: id is 0, which many tools take for background"]
    assert fixed["annotations"][0]["category_id"] == 0


def test_faults_of_images(data_set: DataSet) -> None:
    images = [
        {"id": 4, "file_name": "first.png", "width": 40, "height": 30},
        {"id": 4, "file_name": "second.png", "width": 40, "height": 30},
        {"id": 4, "file_name": "first.png", "width": 40, "height": 30},
        {"id": "nine", "file_name": "second.png"},
        {"id": 5, "file_name": "nowhere.png", "width": 40, "height": 30},
        {"id": 6, "width": 40, "height": 30},
        "photo.jpg",
    ]
    annotations = [cup(), cup(id=12, image_id="nine"), cup(id=13, image_id=5)]
    lines, fixed = found(data_set, annotations, images=images)
    text = "\n".join(lines)
    for expected in (
        "image 4: id 4 is used twice [repair: the second becomes 7]",
        "first.png is listed twice",
        "image nine: id is 'nine'",
        "second.png is another image's file too",
        "image nine: width and height are None and None: two whole numbers are needed [repair: 40×30 from the file]",
        "nowhere.png: there is no such image file [repair: left out, with its annotations]",
        "image 6: has no file_name",
        "image number 6: is 'photo.jpg'",
        "annotation 13: image_id is 5: there is no such image, or it was left out",
    ):
        assert expected in text, expected
    assert [image["id"] for image in fixed["images"]] == [4, 7, 8]
    assert [annotation["image_id"] for annotation in fixed["annotations"]] == [4, 8]


def test_image_files_that_do_not_open_or_are_cut_short(data_set: DataSet, tmp_path: Path) -> None:
    images, file = data_set()
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8))
    for suffix in ("jpg", "png", "bmp"):
        noise.save(images / f"cut.{suffix}")
        data = (images / f"cut.{suffix}").read_bytes()
        (images / f"cut.{suffix}").write_bytes(data[: len(data) * 2 // 3])
    (images / "text.jpg").write_text("hello")
    names = ["cut.jpg", "cut.png", "cut.bmp", "text.jpg", "first.png"]
    entries = [{"id": number, "file_name": name, "width": 40, "height": 30} for number, name in enumerate(names, 1)]
    file.write_text(json.dumps(coco([], images=entries)))
    problems = check_coco(file, images)
    assert [problem.subject for problem in problems] == ["image 1", "image 2", "image 3", "image 4"]
    assert check_coco(file) == []  # without the folder the files are not looked at


def test_sizes_are_compared_with_the_upright_image(data_set: DataSet) -> None:
    images, file = data_set()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 30)).save(images / "first.png", exif=exif)
    Image.new("RGB", (41, 30)).save(images / "second.png")
    first, second = check_coco(file, images)
    assert str(first) == "image 4: first.png is 30×40, not 40×30, as it is before its EXIF orientation turns it"
    assert str(second) == "image 9: second.png is 41×30, not 40×30"


def test_what_is_no_coco_file_at_all_is_an_error(tmp_path: Path, data_set: DataSet) -> None:
    file = tmp_path / "broken.json"
    file.write_text("{")
    with pytest.raises(ValueError, match="broken JSON"):
        check_coco(file)
    with pytest.raises(FileNotFoundError):
        check_coco(tmp_path / "nowhere.json")
    images, good = data_set()
    with pytest.raises(FileNotFoundError, match="no such folder"):
        check_coco(good, tmp_path / "nowhere")
    with pytest.raises(ValueError, match="another name"):
        check_coco(good, images, good)
    assert json.loads(good.read_text()) == coco()


def test_other_keys_survive_the_repair(data_set: DataSet) -> None:
    _, fixed = found(data_set, [cup(iscrowd=True, note="dented", score=0.5)], info={"year": 2020}, mine=[1])
    assert fixed["info"] == {"year": 2020}
    assert fixed["mine"] == [1]
    assert fixed["annotations"][0]["note"] == "dented"
    assert fixed["annotations"][0]["score"] == 0.5


def test_a_problem_is_one_line_even_where_its_values_are_not() -> None:
    assert str(Problem("image 3", "a\nb", "c\td")) == "image 3: a b [repair: c d]"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-50, 50) | st.floats(width=16) | st.text(max_size=4),
    lambda children: (
        st.lists(children, max_size=7) | st.dictionaries(st.sampled_from(["size", "counts", "a"]), children)
    ),
    max_leaves=8,
)
keys = st.sampled_from([*cup(), *person(), "score"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
@given(st.dictionaries(keys, json_values, max_size=4), st.booleans())
def test_whatever_an_annotation_holds_the_repaired_copy_trains(
    data_set: DataSet, changes: dict[str, Any], is_person: bool
) -> None:
    annotation = (person if is_person else cup)(**changes)
    _, _ = found(data_set, [annotation, cup(id=99, image_id=9)])
    images, file = data_set([annotation])
    fixed = file.with_name("fixed.json")
    check_coco(file, images, fixed)
    dataset = CocoDataset(images, fixed)
    for index in range(len(dataset)):
        _, target = dataset[index]
        assert (target["boxes"][:, 2:] > target["boxes"][:, :2]).all()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.lists(st.dictionaries(st.sampled_from(["id", "name", "keypoints", "skeleton"]), json_values), max_size=3),
    st.lists(st.dictionaries(st.sampled_from(["id", "file_name", "width", "height"]), json_values), max_size=3),
)
def test_whatever_categories_and_images_hold_the_linter_answers(
    data_set: DataSet, categories: list[Any], images: list[Any]
) -> None:
    extra = coco()
    found(data_set, categories=categories + extra["categories"], images=images + extra["images"])


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("pennfudan/annotations/instances.json", 0),
        ("fruits_nuts/annotations/instances.json", 0),
        ("nuclei/annotations/instances_rle.json", 0),
        ("coco_one_person/annotations/keypoints.json", 0),
        ("coco_subset/annotations/keypoints_val.json", 0),
        ("carparts/annotations/instances.json", 1545 + 9 + 1),  # iscrowd is false, boxes beside masks, background
    ],
)
def test_real_files(shared_data: Path, tmp_path: Path, file: str, expected: int) -> None:
    path = shared_data / file
    problems = check_coco(path, path.parents[1] / "images", tmp_path / "fixed.json")
    assert len(problems) == expected
    left = check_coco(tmp_path / "fixed.json", path.parents[1] / "images")
    assert all(problem.subject == "categories" for problem in left)


def test_ten_thousand_annotations_take_under_two_seconds(shared_data: Path, tmp_path: Path) -> None:
    data = json.loads((shared_data / "coco_subset/annotations/instances_train.json").read_text())
    images, annotations = list(data["images"]), list(data["annotations"])
    while len(annotations) < 10_000:
        shift = 10**9 * len(images)
        images += [i | {"id": i["id"] + shift, "file_name": f"{shift}/{i['file_name']}"} for i in data["images"]]
        annotations += [
            a | {"id": 10**12 + len(annotations) + number, "image_id": a["image_id"] + shift}
            for number, a in enumerate(data["annotations"])
        ]
    file = tmp_path / "large.json"
    file.write_text(json.dumps(data | {"images": images, "annotations": annotations}))
    start = time.process_time()
    check_coco(file)
    seconds = time.process_time() - start
    assert seconds < 2 * len(annotations) / 10_000, f"{len(annotations)} annotations in {seconds:.1f} s"
