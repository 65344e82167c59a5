"""A small COCO data set on disk, to be bent by each test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

DataSet = Callable[..., tuple[Path, Path]]


def coco(annotations: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """Two images of 40×30 pixels, a cup and a person with two keypoints."""
    data = {
        "images": [
            {"id": 4, "file_name": "first.png", "width": 40, "height": 30},
            {"id": 9, "file_name": "second.png", "width": 40, "height": 30},
        ],
        "categories": [
            {"id": 2, "name": "person", "keypoints": ["left_hand", "right_hand"], "skeleton": [[1, 2]]},
            {"id": 1, "name": "cup"},
        ],
        "annotations": [cup(), person()] if annotations is None else annotations,
    }
    return data | changes


def cup(**changes: Any) -> dict[str, Any]:
    """An annotation in image 4: a square given as a polygon."""
    square = [[5, 5, 15, 5, 15, 15, 5, 15]]
    return {
        "id": 11, "image_id": 4, "category_id": 1, "bbox": [5, 5, 10, 10], "area": 100, "iscrowd": 0,
        "segmentation": square,
    } | changes  # fmt: skip


def person(**changes: Any) -> dict[str, Any]:
    """An annotation in image 4: runs as a list, and one of two keypoints labelled."""
    return {
        "id": 12, "image_id": 4, "category_id": 2, "bbox": [20, 0, 2, 30], "area": 60, "iscrowd": 0,
        "segmentation": {"size": [30, 40], "counts": [600, 60, 540]},
        "keypoints": [21, 12.5, 2, 0, 0, 0], "num_keypoints": 1,
    } | changes  # fmt: skip


@pytest.fixture
def data_set(tmp_path: Path) -> DataSet:
    """Writes `coco(…)` with its images; gives the folder of images and the annotation file."""

    def write(annotations: list[dict[str, Any]] | None = None, **changes: Any) -> tuple[Path, Path]:
        images = tmp_path / "images"
        images.mkdir(exist_ok=True)
        rng = np.random.default_rng(0)
        for name in ("first.png", "second.png"):
            Image.fromarray(rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)).save(images / name)
        file = tmp_path / "annotations.json"
        file.write_text(json.dumps(coco(annotations, **changes)))
        return images, file

    return write
