"""A detector's masks are looked at again by the prompt model where that was measured to make them better."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core import CocoDataset, MaskPrompter
from core.__main__ import main
from core.evaluation.mask_refinement import (
    MASK_REFINEMENT,
    MaskRefinement,
    mask_refinement,
    read_mask_refinement,
    write_mask_refinement,
)
from core.masks import encode_rle
from core.model.score_thresholds import ScoreThresholds
from core.model.weights import SHIPPED_MODELS

SIDE = 160
PLACES = ((50, 45, 26), (110, 60, 30), (60, 118, 24), (122, 124, 20))  # x, y, radius


def disc(x: float, y: float, radius: float) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    return (np.hypot(columns - x, rows - y) < radius).astype(np.uint8)


@pytest.fixture
def discs(tmp_path: Path) -> CocoDataset:
    """Two images with four orange discs each."""
    (tmp_path / "images").mkdir()
    annotations: list[dict[str, Any]] = []
    for number in (1, 2):
        pixels = np.random.default_rng(number).normal(0, 6, (SIDE, SIDE, 3)) + (95, 110, 130)
        for place in PLACES:
            mask = disc(*place)
            pixels[mask > 0] += (110, 30, -80)
            x, y, width, height = cv2.boundingRect(mask)
            annotations.append(
                {
                    "id": len(annotations) + 1, "image_id": number, "category_id": 1, "segmentation": encode_rle(mask),
                    "bbox": [x, y, width, height], "area": int(mask.sum()), "iscrowd": 0,
                }
            )  # fmt: skip
        cv2.imwrite(str(tmp_path / f"images/{number}.png"), pixels.clip(0, 255).astype(np.uint8)[..., ::-1])
    images = [{"id": number, "file_name": f"{number}.png", "height": SIDE, "width": SIDE} for number in (1, 2)]
    data = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "disc"}]}
    (tmp_path / "discs.json").write_text(json.dumps(data))
    return CocoDataset(tmp_path / "images", tmp_path / "discs.json")


def results(radius: float, shift: float, score: float = 0.9) -> list[dict[str, Any]]:
    """What a detector found: discs that are so many pixels larger and further to the right."""
    return [
        {
            "image_id": number,
            "category_id": 1,
            "segmentation": encode_rle(disc(x + shift, y, r + radius)),
            "score": score,
        }
        for number in (1, 2)
        for x, y, r in PLACES
    ]


def test_rough_masks_of_what_is_plain_to_see_get_better(discs: CocoDataset) -> None:
    measured = mask_refinement(discs, results(4, 3), ScoreThresholds(), MaskPrompter())
    assert measured is not None
    assert measured.objects == 8
    assert measured.after > measured.before + 0.05
    assert measured.helps


def test_masks_that_are_right_already_are_left_to_the_detector(discs: CocoDataset) -> None:
    measured = mask_refinement(discs, results(0, 0), ScoreThresholds(), MaskPrompter())
    assert measured is not None
    assert measured.before == pytest.approx(1.0)
    assert not measured.helps


def test_what_is_not_shown_and_what_is_of_no_object_does_not_count(discs: CocoDataset) -> None:
    assert mask_refinement(discs, results(4, 3, score=0.3), ScoreThresholds({"disc": 0.4}), MaskPrompter()) is None
    assert mask_refinement(discs, results(-15, 28), ScoreThresholds(), MaskPrompter()) is None


def test_few_objects_and_small_gains_are_chance() -> None:
    assert MaskRefinement(0.70, 0.72, 20).helps
    assert not MaskRefinement(0.70, 0.72, 4).helps
    assert not MaskRefinement(0.70, 0.702, 20).helps


def test_calibrating_a_model_measures_it(
    discs: CocoDataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(SHIPPED_MODELS / "scenes", tmp_path / "mine")
    shipped = read_mask_refinement(tmp_path / "mine")
    data = json.loads((tmp_path / "discs.json").read_text())
    data["categories"][0]["name"] = "circle"  # as the model calls them
    (tmp_path / "discs.json").write_text(json.dumps(data))
    arguments = ["--images", str(tmp_path / "images"), "--annotations", str(tmp_path / "discs.json"), "--calibrate"]
    assert main(["evaluate", "--model", str(tmp_path / "mine"), "--device", "cpu", *arguments]) == 0
    measured = read_mask_refinement(tmp_path / "mine")
    assert measured is not None
    assert measured != shipped
    assert f"IoU {measured.before:.3f} → {measured.after:.3f} of {measured.objects} objects" in capsys.readouterr().out


def test_a_sidecar_that_says_something_else_is_one_line(tmp_path: Path) -> None:
    shutil.copytree(SHIPPED_MODELS / "scenes", tmp_path / "mine")
    write_mask_refinement(tmp_path / "mine", MaskRefinement(0.6, 0.7, 9))
    assert read_mask_refinement(tmp_path / "mine") == MaskRefinement(0.6, 0.7, 9)
    values = json.loads((tmp_path / "mine/model.json").read_text())
    for wrong in ({"better": True}, ["before"], {"before": "0.6", "after": 0.7, "objects": 9}):
        (tmp_path / "mine/model.json").write_text(json.dumps(values | {MASK_REFINEMENT: wrong}))
        with pytest.raises(ValueError, match="mask_refinement has numbers for before, after, objects"):
            read_mask_refinement(tmp_path / "mine")
