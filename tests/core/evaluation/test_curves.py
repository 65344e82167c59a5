"""Behind the figures: precision-recall curves, and which class was found as which."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core.evaluation import evaluate_results
from core.evaluation.ground_truth import complete_ground_truth, complete_results
from core.evaluation.matches import match_grid

CUP, PLATE = 3, 8
CATEGORIES = [{"id": CUP, "name": "cup"}, {"id": PLATE, "name": "plate"}]
IMAGES = [{"id": 1, "width": 100, "height": 100}, {"id": 2, "width": 100, "height": 100}]


def square(x: float, category: int = CUP, image: int = 1, **fields: Any) -> dict[str, Any]:
    polygon = [[x, 10, x + 20, 10, x + 20, 30, x, 30]]
    return {
        "image_id": image, "category_id": category, "bbox": [x, 10, 20, 20], "segmentation": polygon, "iscrowd": 0
    } | fields  # fmt: skip


def data(annotations: list[dict[str, Any]]) -> dict[str, Any]:
    numbered = [annotation | {"id": number} for number, annotation in enumerate(annotations, 1)]
    return {"images": IMAGES, "categories": CATEGORIES, "annotations": numbered}


def grid(annotations: list[dict[str, Any]], results: list[dict[str, Any]], kind: Any = "segm") -> list[list[int]]:
    """Rows cup, plate, nothing; columns cup, plate, missed."""
    dataset = complete_ground_truth(data(annotations))
    return match_grid(dataset, complete_results(results, dataset), kind).counts.tolist()


@pytest.mark.parametrize("kind", ["segm", "bbox"])
def test_each_object_is_found_as_its_class_as_another_or_not_at_all(kind: str) -> None:
    annotations = [square(0), square(30, PLATE), square(60), square(0, image=2)]
    results = [
        square(1, score=0.9),  # right
        square(31, CUP, score=0.8),  # a plate taken for a cup
        square(75, score=0.9),  # beside a cup, which is missed
        square(50, PLATE, image=2, score=0.7),  # where nothing is
        square(0, image=2, score=0.4),  # not sure enough
    ]
    assert grid(annotations, results, kind) == [[1, 0, 2], [1, 0, 0], [1, 1, 0]]


def test_a_detection_of_the_right_class_goes_before_a_surer_one_of_another() -> None:
    assert grid([square(0)], [square(0, PLATE, score=0.9), square(0, score=0.6)]) == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]


def test_crowds_and_objects_with_a_box_alone_are_neither_missed_nor_wrong_to_find() -> None:
    crowd = square(0, iscrowd=1)
    alone = {name: value for name, value in square(40).items() if name != "segmentation"}
    assert grid([crowd, alone], [square(0, score=0.9), square(2, score=0.9), square(40, score=0.9)]) == [[0] * 3] * 3
    assert grid([crowd, alone], [square(40, score=0.9)], "bbox")[0] == [1, 0, 0]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_curves_and_grid_are_written_and_their_area_is_the_ap(tmp_path: Path) -> None:
    annotations = [square(0), square(30, PLATE), square(60), square(0, image=2)]
    results = [square(2, score=0.9), square(75, score=0.8), square(60, score=0.7), square(31, PLATE, score=0.6)]
    figures = evaluate_results(data(annotations), results, curves=tmp_path / "curves")
    assert figures == evaluate_results(data(annotations), results)
    names = {f"{name}.{kind}" for name in ("precision_recall_bbox", "precision_recall_segm", "matches")
             for kind in ("csv", "png")}  # fmt: skip
    assert {path.name for path in (tmp_path / "curves").iterdir()} == names
    curve = rows(tmp_path / "curves" / "precision_recall_segm.csv")
    of_all = [float(row["precision"]) for row in curve if (row["category"], row["iou"]) == ("all classes", "0.50:0.95")]
    assert len(of_all) == 101
    assert np.mean(of_all) == pytest.approx(figures["segm"]["AP"], abs=1e-4)
    of_plate = [float(row["precision"]) for row in curve if (row["category"], row["iou"]) == ("plate", "0.50")]
    assert np.mean(of_plate) == pytest.approx(1.0)
    with (tmp_path / "curves" / "matches.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["true \\ found", "cup", "plate", "missed"], ["cup", "2", "0", "1"], ["plate", "0", "1", "0"],
            ["nothing there", "1", "0", "0"],
        ]  # fmt: skip
    for picture in (tmp_path / "curves").glob("*.png"):
        with Image.open(picture) as image:
            assert min(image.size) > 300


def test_without_matplotlib_it_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ValueError, match="drawn by matplotlib, which is not installed: pip install matplotlib"):
        evaluate_results(data([square(0)]), [square(0, score=0.9)], curves=tmp_path / "curves")
