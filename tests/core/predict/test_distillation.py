"""A model's labels of unlabelled images: as many as labelled ones have, and a file that one can train on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import CocoDataset
from core.__main__ import main
from core.coco.check import check_coco
from core.datasets.synthetic_scenes import write_shapes
from core.masks import rle_bbox
from core.predict.distillation import matching_threshold, merge, objects_an_image, with_scores_from
from tests.core.toy_data import TINY_MODEL

FAST = ["--model", "scenes", "--scales", "1.0", "--no-mirror", "--device", "cpu"]


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """labelled/ and unlabelled/: scenes as the starter model learned them."""
    folder = tmp_path_factory.mktemp("scenes")
    write_shapes(folder / "labelled", 3, seed=5, height=192, width=224)
    write_shapes(folder / "unlabelled", 4, seed=6, height=192, width=224)
    return folder


def found(*scores: float, images: int = 2) -> dict[str, Any]:
    return {
        "images": [{"id": number} for number in range(images)],
        "annotations": [{"id": number, "image_id": 0, "score": score} for number, score in enumerate(scores, 10)],
        "categories": [],
    }


@pytest.mark.parametrize(
    ("objects", "threshold"), [(1.0, 0.7), (1.5, 0.5), (2.0, 0.4), (100.0, 0.1), (0.5, 0.9), (0.1, 0.9)]
)
def test_the_threshold_leaves_as_many_objects_an_image(objects: float, threshold: float) -> None:
    data = found(0.4, 0.9, 0.1, 0.5, 0.7)
    assert matching_threshold(data, objects) == threshold
    kept = with_scores_from(data, threshold, model="m")
    assert len(kept["annotations"]) == min(5, max(1, round(2 * objects)))
    assert [annotation["id"] for annotation in kept["annotations"]] == list(range(1, len(kept["annotations"]) + 1))
    assert (kept["info"]["score_threshold"], kept["info"]["model"]) == (threshold, "m")


def test_where_nothing_is_found_or_labelled_there_is_nothing_to_match() -> None:
    with pytest.raises(ValueError, match="finds nothing"):
        matching_threshold(found(), 3.0)
    labelled = {
        "images": [{"id": 1}, {"id": 2}],
        "categories": [{"id": 5, "name": "cup"}, {"id": 6, "name": "dog"}],
        "annotations": [
            {"category_id": 5, "iscrowd": 0}, {"category_id": 5}, {"category_id": 5, "iscrowd": 1}, {"category_id": 6},
        ],
    }  # fmt: skip
    assert objects_an_image(labelled, ["cup", "plate"]) == 1.0
    assert objects_an_image(labelled, ["cup", "dog"]) == 1.5
    with pytest.raises(ValueError, match="no object of a class that the model knows"):
        objects_an_image(labelled, ["plate"])


def test_labels_of_the_starter_pass_the_linter_and_train(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, labelled = tmp_path / "pseudo.json", scenes / "labelled/annotations.json"
    images = scenes / "unlabelled/images"
    arguments = ["distill", str(images), "--output", str(output), "--annotations", str(labelled)]
    assert main([*arguments, *FAST]) == 0
    data, truth = json.loads(output.read_text()), json.loads(labelled.read_text())
    wanted = round(len(truth["annotations"]) / 3 * 4)
    assert len(data["annotations"]) == wanted  # the starter finds more than that in its own kind of scene
    assert f"{wanted} objects with scores from" in capsys.readouterr().out
    assert data["categories"] == truth["categories"]
    assert data["info"]["labelled"] == "annotations.json"
    assert data["info"]["objects_an_image"] == pytest.approx(len(truth["annotations"]) / 3)
    assert min(annotation["score"] for annotation in data["annotations"]) == data["info"]["score_threshold"]
    for annotation in data["annotations"]:
        assert annotation["bbox"] == rle_bbox(annotation["segmentation"])
    assert [problem for problem in check_coco(output, images) if not problem.is_note] == []

    # Most are there in truth: the labels are good for something.
    real = CocoDataset(images, scenes / "unlabelled/annotations.json")
    pseudo = CocoDataset(images, output)
    matched = 0
    for index in range(len(pseudo)):
        theirs, ours = (dataset.target(index)["masks"].flatten(1).numpy() for dataset in (real, pseudo))
        overlap = ours.astype(np.int64) @ theirs.T.astype(np.int64)
        union = ours.sum(1)[:, None] + theirs.sum(1)[None] - overlap
        matched += int((overlap / union > 0.5).any(axis=1).sum())
    assert matched / wanted > 0.7

    (tmp_path / "tiny.json").write_text(json.dumps(TINY_MODEL))
    arguments = ["train", "--images", str(images), "--annotations", str(output), "--output", str(tmp_path / "run")]
    arguments += ["--model=", "--model-config", str(tmp_path / "tiny.json"), "--steps", "2", "--device", "cpu"]
    assert main(arguments) == 0


def test_labelled_data_can_be_part_of_the_output(scenes: Path, tmp_path: Path) -> None:
    output, labelled = tmp_path / "all.json", scenes / "labelled/annotations.json"
    # What is labelled already is not labelled twice.
    arguments = ["distill", str(scenes / "unlabelled/images"), str(scenes / "labelled/images"), "--output", str(output)]
    arguments += ["--annotations", str(labelled), "--labelled-images", str(scenes / "labelled/images")]
    assert main([*arguments, "--score-threshold", "0.9", *FAST]) == 0
    data, truth = json.loads(output.read_text()), json.loads(labelled.read_text())
    assert [problem for problem in check_coco(output, scenes) if not problem.is_note] == []
    dataset = CocoDataset(scenes, output)
    assert len(dataset) == 3 + 4
    assert dataset.file_names[:3] == [f"labelled/images/{image['file_name']}" for image in truth["images"]]
    assert all(name.startswith("unlabelled/images/") for name in dataset.file_names[3:])
    theirs = [annotation for annotation in data["annotations"] if "score" not in annotation]
    assert theirs == truth["annotations"]
    ours = [annotation for annotation in data["annotations"] if "score" in annotation]
    assert ours
    assert all(annotation["score"] >= 0.9 for annotation in ours)
    assert {annotation["image_id"] for annotation in ours} <= {image["id"] for image in data["images"][3:]}


def test_only_classes_of_the_labelled_data_are_kept(scenes: Path, tmp_path: Path) -> None:
    truth = json.loads((scenes / "labelled/annotations.json").read_text())
    kept = truth["categories"][0]
    of_class = [a for a in truth["annotations"] if a["category_id"] == kept["id"]]
    # Under another id, and without its keypoints.
    category = {"id": 77, "name": kept["name"]}
    annotations = [{**annotation, "category_id": 77} for annotation in of_class]
    for annotation in annotations:
        annotation.pop("keypoints", None)
    file = tmp_path / "one.json"
    file.write_text(json.dumps({**truth, "categories": [category], "annotations": annotations}))
    output = tmp_path / "pseudo.json"
    arguments = ["distill", str(scenes / "unlabelled/images"), "--output", str(output), "--annotations", str(file)]
    assert main([*arguments, "--score-threshold", "0.05", *FAST]) == 0
    data = json.loads(output.read_text())
    assert data["categories"] == [category]
    assert {annotation["category_id"] for annotation in data["annotations"]} == {77}
    assert not any("keypoints" in annotation for annotation in data["annotations"])


def test_an_image_that_does_not_open_is_named_and_left_out(
    scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(scenes / "unlabelled/images", tmp_path / "images")
    (tmp_path / "images/broken.png").write_bytes(b"no picture")
    arguments = ["distill", str(tmp_path / "images"), "--output", str(tmp_path / "a.json"), "--score-threshold", "0.5"]
    assert main([*arguments, *FAST]) == 1
    assert "broken.png: not an image" in capsys.readouterr().err
    assert len(json.loads((tmp_path / "a.json").read_text())["images"]) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--score-threshold, or --annotations of labelled data to match, is needed"),
        (["--score-threshold", "0.5", "--labelled-images", "x"], "give both"),
        (["--annotations", "nowhere.json"], "nowhere.json: there is no such annotation file"),
    ],
)
def test_what_is_missing_is_named(
    scenes: Path, tmp_path: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "pseudo.json"
    assert main(["distill", str(scenes / "unlabelled/images"), "--output", str(output), *options, *FAST]) == 2
    assert message in capsys.readouterr().err
    assert not output.exists()


@pytest.mark.parametrize(("field", "merged"), [("category_id", False), ("id", True)])
def test_labelled_data_that_lacks_a_field_is_named_before_the_work(
    scenes: Path, tmp_path: Path, field: str, merged: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads((scenes / "labelled/annotations.json").read_text())
    del data["annotations"][1][field]
    file = tmp_path / "labelled.json"
    file.write_text(json.dumps(data))
    options = ["--output", str(tmp_path / "a.json"), "--annotations", str(file), "--model", "nowhere"]
    if merged:
        options += ["--labelled-images", str(scenes / "labelled/images")]
    assert main(["distill", str(scenes / "unlabelled/images"), *options, *FAST]) == 2
    assert f"labelled.json: annotations[1] has no {field} that is a whole number" in capsys.readouterr().err


def test_all_labelled_already(scenes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = scenes / "labelled"
    arguments = ["distill", str(folder / "images"), "--output", str(tmp_path / "a.json")]
    arguments += ["--annotations", str(folder / "annotations.json"), "--labelled-images", str(folder / "images")]
    assert main([*arguments, *FAST]) == 2
    assert "all images are labelled in" in capsys.readouterr().err


def test_merging_keeps_the_labelled_ids(tmp_path: Path) -> None:
    labelled = {
        "images": [{"id": 9, "file_name": "a.jpg"}],
        "annotations": [{"id": 40, "image_id": 9}],
        "categories": [{"id": 1, "name": "cup"}],
        "licenses": [1],
    }
    pseudo = {"info": {"model": "m"}, "images": [{"id": 1, "file_name": "b/c.jpg"}], "annotations": []}
    pseudo["annotations"] = [{"id": 1, "image_id": 1}]
    merged = merge(labelled, tmp_path / "a", tmp_path, pseudo)
    assert merged["images"] == [{"id": 9, "file_name": "a/a.jpg"}, {"id": 10, "file_name": "b/c.jpg"}]
    assert merged["annotations"] == [{"id": 40, "image_id": 9}, {"id": 41, "image_id": 10}]
    assert (merged["licenses"], merged["info"]) == ([1], {"model": "m"})
