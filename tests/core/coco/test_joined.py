"""Several data sets as one: what a set has no category for was not looked for in its images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core import CocoDataset, TrainConfig, train

CAT, DOG = {"id": 1, "name": "cat"}, {"id": 1, "name": "dog"}
POINTS = {"id": 5, "name": "cat", "keypoints": ["nose"], "skeleton": []}


def write_set(folder: Path, categories: list[dict[str, Any]], image: dict[str, Any] | None = None) -> tuple[Path, Path]:
    """One 40×60 image with one square of the last category."""
    (folder / "images").mkdir(parents=True)
    pixels = np.full((40, 60, 3), 90, dtype=np.uint8)
    pixels[10:30, 20:40] = 220
    cv2.imwrite(str(folder / "images" / "a.png"), pixels)
    square = {"id": 1, "image_id": 1, "category_id": categories[-1]["id"], "bbox": [20, 10, 20, 20], "area": 400}
    square |= {"segmentation": [[20, 10, 40, 10, 40, 30, 20, 30]], "iscrowd": 0}
    if categories[-1].get("keypoints"):
        square |= {"keypoints": [30, 20, 2], "num_keypoints": 1}
    images = [{"id": 1, "file_name": "a.png", "width": 60, "height": 40, **(image or {})}]
    (folder / "a.json").write_text(json.dumps({"images": images, "annotations": [square], "categories": categories}))
    return folder / "images", folder / "a.json"


def joined(*sets: tuple[Path, Path]) -> CocoDataset:
    return CocoDataset([folder for folder, _ in sets], [file for _, file in sets])


def test_images_of_one_name_in_two_sets_keep_their_own_objects(tmp_path: Path) -> None:
    data = joined(write_set(tmp_path / "cats", [CAT]), write_set(tmp_path / "dogs", [DOG]))
    assert [category["name"] for category in data.categories] == ["cat", "dog"]
    assert [data[index][1]["labels"].tolist() for index in range(2)] == [[1], [2]]
    assert data.image_ids == [1, 2]
    assert [Path(name).parts[-3] for name in data.file_names] == ["cats", "dogs"]


def test_a_class_is_evidence_only_where_it_was_looked_for(tmp_path: Path) -> None:
    both = [{"id": 7, "name": "dog"}, {"id": 9, "name": "cat"}]
    loose = write_set(tmp_path / "loose", both, {"not_exhaustive_category_ids": [9]})
    data = joined(write_set(tmp_path / "cats", [CAT]), loose)
    labels = {category["name"]: label for label, category in enumerate(data.categories, start=1)}
    first, second = data.target(0)["annotated_labels"], data.target(1)["annotated_labels"]
    assert first[labels["cat"]]
    assert not first[labels["dog"]]
    assert second[labels["dog"]]
    assert not second[labels["cat"]]


def test_keypoints_of_one_set_are_those_of_the_class(tmp_path: Path) -> None:
    data = joined(write_set(tmp_path / "plain", [CAT]), write_set(tmp_path / "points", [POINTS]))
    assert data.num_keypoints == 1
    assert [data.target(index)["keypoints"][0, 0, 2].item() for index in range(2)] == [0, 2]
    other = {"id": 5, "name": "cat", "keypoints": ["tail"], "skeleton": []}
    with pytest.raises(ValueError, match="'cat' has other keypoints"):
        joined(write_set(tmp_path / "more", [POINTS]), write_set(tmp_path / "other", [other]))


def test_a_set_named_twice_is_seen_twice(tmp_path: Path) -> None:
    cats = write_set(tmp_path / "cats", [CAT])
    assert len(joined(cats, cats)) == 2


def test_what_does_not_fit_is_one_line(tmp_path: Path) -> None:
    folder, file = write_set(tmp_path / "cats", [CAT])
    with pytest.raises(ValueError, match="2 folders of images for 1 annotation files"):
        CocoDataset([folder, folder], [file])


def test_a_model_trains_on_two_sets(tmp_path: Path) -> None:
    (cats, cat_file), (dogs, dog_file) = write_set(tmp_path / "c", [CAT]), write_set(tmp_path / "d", [DOG])
    result = train(
        TrainConfig(
            images=(str(cats), str(dogs)),
            annotations=(str(cat_file), str(dog_file)),
            output=str(tmp_path / "run"),
            steps=1,
            keep_base_classes=False,
            min_sizes=(64,),
            device="cpu",
        )
    )
    described = json.loads((result.directory / "model.json").read_text())
    assert [category["name"] for category in described["categories"]] == ["cat", "dog"]
    assert described["lineage"]["annotations"] == "a.json + a.json"
