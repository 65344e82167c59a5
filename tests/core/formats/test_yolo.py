"""YOLO's files as its users and other tools write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.formats import read, recognise
from tests.core.formats.tool_files import objects, picture, save


def test_roboflow_yolo_with_three_splits_and_read_me_files(tmp_path: Path) -> None:
    save(tmp_path / "README.dataset.txt", "exported 5 images 1 2 3 4 5")
    save(tmp_path / "data.yaml", "train: ../train/images\nval: ../valid/images\nnc: 2\nnames: ['cat', 'a dog']\n")
    for split, name in (("train", "a_jpg.rf.1"), ("valid", "a_jpg.rf.1"), ("test", "b")):
        picture(tmp_path / split / "images" / f"{name}.jpg")
        save(tmp_path / split / "labels" / f"{name}.txt", "1 0.5 0.5 0.2 0.4\n")
    coco, notes = read(tmp_path)
    assert recognise(tmp_path) == [("yolo-box", tmp_path / "")]
    found = objects(coco)
    assert sorted(name for name, _, _ in found) == [
        f"{s}/images/{n}.jpg" for s, n in (("test", "b"), ("train", "a_jpg.rf.1"), ("valid", "a_jpg.rf.1"))
    ]
    assert {name for _, name, _ in found} == {"a dog"}
    assert found[0][2]["bbox"] == [40, 15, 20, 20]
    assert [category["name"] for category in coco["categories"]] == ["cat", "a dog"]
    assert notes == []


def test_cvats_yolo_and_darknets_layout(tmp_path: Path) -> None:
    save(tmp_path / "obj.names", "cat\ndog\n\n")
    save(tmp_path / "obj.data", "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\n")
    save(tmp_path / "train.txt", "data/obj_train_data/a.png\n")
    save(tmp_path / "obj_train_data" / "a.txt", "0 0.100000 0.200000 0.200000 0.400000\r\n")
    picture(tmp_path / "obj_train_data" / "a.png")
    coco, _ = read(tmp_path)
    ((name, label, annotation),) = objects(coco)
    assert (name, label, annotation["bbox"]) == ("obj_train_data/a.png", "cat", [0, 0, 20, 20])


def test_lines_of_every_kind_are_told_apart_and_a_wrong_one_costs_only_itself(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save(tmp_path / "classes.txt", "\ufeffcat\ndog")
    lines = [
        "0 0.1 0.2 0.3 0.2 0.3 0.6",  # a polygon
        "1 0.5 0.5 0.2 0.4 0.75",  # a box with a score
        "0 0.1 0.2",
        "x 0.5 0.5 0.2 0.4",
        "0 50 25 20 20",
        "0 nan 0.5 0.2 0.4",
        "9 0.5 0.5 0.2 0.4",
        "",
    ]
    save(tmp_path / "labels" / "a.txt", "\n".join(lines))
    coco, notes = read(tmp_path)
    (_, first, polygon), (_, second, box), (_, third, _) = objects(coco)
    assert (first, polygon["segmentation"]) == ("cat", [[10, 10, 30, 10, 30, 30]])
    assert (second, box["score"], box["segmentation"]) == ("dog", 0.75, [])
    assert third == "9"
    assert len(notes) == 5
    assert all("labels/a.txt line" in note for note in notes)


def test_yolo_keypoints_with_and_without_visibility(tmp_path: Path) -> None:
    picture(tmp_path / "three" / "images" / "a.jpg")
    save(tmp_path / "three" / "data.yaml", "names: {0: person}\nkpt_shape: [2, 3]\n")
    save(tmp_path / "three" / "labels" / "a.txt", "0 0.5 0.5 0.2 0.4 0.45 0.5 2 0 0 0\n")
    coco, _ = read(tmp_path / "three")
    assert coco["annotations"][0]["keypoints"] == [45, 25, 2, 0, 0, 0]
    assert coco["categories"][0]["keypoints"] == ["1", "2"]
    picture(tmp_path / "two" / "images" / "a.jpg")
    save(tmp_path / "two" / "data.yaml", "names: [person]\nkpt_shape: [2, 2]\n")
    save(tmp_path / "two" / "labels" / "a.txt", "0 0.5 0.5 0.2 0.4 0.45 0.5 0.55 0.6\n")
    coco, _ = read(tmp_path / "two")
    assert coco["annotations"][0]["keypoints"] == [45, 25, 2, 55, 30, 2]


def test_without_pictures_and_sizes_a_yolo_image_is_named_and_left_out(tmp_path: Path) -> None:
    save(tmp_path / "classes.txt", "cat")
    save(tmp_path / "labels" / "a.txt", "0 0.5 0.5 0.2 0.4\n")
    save(tmp_path / "labels" / "b.txt", "0 0.5 0.5 0.2 0.4\n")
    coco, notes = read(tmp_path, images={"b.png": (50, 100)})
    assert [name for name, _, _ in objects(coco)] == ["b.png"]
    assert any("a: no height and width" in note for note in notes)


def test_names_may_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    save(tmp_path / "config" / "data.yaml", "path: ../\ntrain: images\nnames:\n  0: cat\n")
    save(tmp_path / "labels" / "train" / "a.txt", "0 0.5 0.5 0.2 0.4\n")
    picture(tmp_path / "images" / "train" / "a.jpg")
    coco, notes = read(tmp_path)
    assert [(name, label) for name, label, _ in objects(coco)] == [("images/train/a.jpg", "cat")]
    assert notes == []


def test_a_picture_whose_text_is_empty_is_an_image_without_objects_also_alone_in_its_folder(tmp_path: Path) -> None:
    save(tmp_path / "obj.names", "cat\n")
    for name, text in (("sub/a", "0 0.2 0.3 0.2 0.2\n"), ("b", "")):
        picture(tmp_path / "obj_train_data" / f"{name}.jpg")
        save(tmp_path / "obj_train_data" / f"{name}.txt", text)
    save(tmp_path / "notes.txt", "")
    coco, _ = read(tmp_path)
    assert sorted(image["file_name"] for image in coco["images"]) == [
        "obj_train_data/b.jpg",
        "obj_train_data/sub/a.jpg",
    ]


def test_poses_are_told_from_outlines_where_nothing_says_how_many_points(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save(tmp_path / "data.yaml", "names: [person]\n")
    lines = ["0 0.5 0.5 0.2 0.4 0.45 0.5 2 0 0 0", "0 0.3 0.5 0.2 0.4 0.25 0.5 1 0.3 0.6 2"]
    save(tmp_path / "labels" / "a.txt", "\n".join(lines))
    coco, notes = read(tmp_path)
    assert recognise(tmp_path) == [("yolo-pose", tmp_path / "")]
    assert [thing["keypoints"] for _, _, thing in objects(coco)] == [[45, 25, 2, 0, 0, 0], [25, 25, 1, 30, 30, 2]]
    assert notes == ["no kpt_shape in data.yaml, but every line is a box and 2 points: read as keypoints"]


@pytest.mark.parametrize(
    "lines",
    [
        ["0 0 0 1 0 1 1 0 1 0.5 0.5"],  # an outline of five corners at the edges of its image
        ["0 0.1 0.1 0.2 0.1 0.2 0.2", "0 0.5 0.5 0.2 0.4 0.45 0.5 2"],
    ],
)
def test_outlines_stay_outlines(tmp_path: Path, lines: list[str]) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save(tmp_path / "classes.txt", "person\n")
    save(tmp_path / "labels" / "a.txt", "\n".join(lines))
    coco, _ = read(tmp_path)
    assert recognise(tmp_path)[0][0] == "yolo-seg"
    assert [bool(thing["segmentation"]) for _, _, thing in objects(coco)] == [True]


def test_an_odd_number_behind_an_outline_that_is_no_score_costs_the_line(tmp_path: Path) -> None:
    picture(tmp_path / "images" / "a.jpg")
    save(tmp_path / "classes.txt", "person\n")
    save(tmp_path / "labels" / "a.txt", "0 0.1 0.1 0.2 0.1 0.2 0.2 0.9\n0 0.1 0.1 0.2 0.1 0.2 0.2 7\n")
    coco, notes = read(tmp_path)
    assert [thing["score"] for _, _, thing in objects(coco)] == [0.9]
    assert "labels/a.txt line 2: 8 numbers are neither box, polygon nor keypoints" in notes[0]


def test_names_that_are_no_names_are_their_numbers_however_much_text_they_would_be(tmp_path: Path) -> None:
    """A few hundred bytes of nested aliases are gigabytes once they are written out."""
    levels = [f"{chr(98 + level)}: &{chr(98 + level)} [{', '.join([f'*{chr(97 + level)}'] * 9)}]" for level in range(6)]
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]", *levels, "names: [cat, *g, 7]", "kpt_shape: [1, 2]"]
    save(tmp_path / "data.yaml", "\n".join([*lines, "kpt_names: {0: [*g]}"]))
    picture(tmp_path / "images" / "a.png")
    save(tmp_path / "labels" / "a.txt", "1 0.5 0.5 0.2 0.4 0.5 0.5\n")
    coco, _ = read(tmp_path)
    assert [category["name"] for category in coco["categories"]] == ["cat", "1", "7"]


def test_names_stay_as_they_are_written_where_yaml_makes_other_values_of_them(tmp_path: Path) -> None:
    save(tmp_path / "data.yaml", "names: [no, 007, 1.10, 2024-01-01, cat]")
    picture(tmp_path / "images" / "a.jpg")
    save(tmp_path / "labels" / "a.txt", "0 0.5 0.5 0.2 0.2\n")
    coco, _ = read(tmp_path)
    assert [category["name"] for category in coco["categories"]] == ["no", "007", "1.10", "2024-01-01", "cat"]


@pytest.mark.parametrize("scores", [["", ""], ["0.9 ", "0.8 "]])
def test_boxes_of_a_tracker_have_the_numbers_of_their_tracks(tmp_path: Path, scores: list[str]) -> None:
    save(tmp_path / "data.yaml", "names: [cat]")
    picture(tmp_path / "images" / "a.jpg")
    lines = [f"0 0.5 0.5 0.2 0.2 {score}{track}" for track, score in zip((1, 17), scores, strict=True)]
    save(tmp_path / "labels" / "a.txt", "\n".join(lines))
    coco, _ = read(tmp_path)
    assert [thing["attributes"] for thing in coco["annotations"]] == [{"track_id": "1"}, {"track_id": "17"}]
    assert [thing.get("score") for thing in coco["annotations"]] == [float(s) if s else None for s in scores]
    assert all(thing["segmentation"] == [] for thing in coco["annotations"])


def test_a_single_track_is_one_too(tmp_path: Path) -> None:
    save(tmp_path / "data.yaml", "names: [cat]")
    for name in "abcdefghij":
        picture(tmp_path / "images" / f"{name}.jpg")
        save(tmp_path / "labels" / f"{name}.txt", "0 0.5 0.5 0.2 0.2 0.9 1\n")
    coco, _ = read(tmp_path)
    assert [(thing["attributes"], thing["score"]) for thing in coco["annotations"]] == [({"track_id": "1"}, 0.9)] * 10
    save(tmp_path / "labels" / "b.txt", "0 0.5 0.5 0.2 0.2 0.9 0.8\n")
    coco, _ = read(tmp_path)
    assert all(len(thing["segmentation"][0]) == 6 for thing in coco["annotations"]), "outlines of three points"
