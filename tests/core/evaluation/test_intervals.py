"""A figure from few images says how far it might be off: a bootstrap over the images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.evaluation.coco_metrics import evaluate_results
from core.evaluation.intervals import _average_precision, _found, bootstrap_intervals
from core.evaluation.thresholds import by_image_and_class


def measured(images: int, seed: int = 0) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Boxes of two classes, half of them found, a little off, among wrong ones."""
    random = np.random.default_rng(seed)
    data: dict[str, Any] = {
        "images": [{"id": number, "height": 100, "width": 100} for number in range(1, images + 1)],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
        "annotations": [],
    }
    results = []
    for image in data["images"]:
        for place in range(4):
            box = [25.0 * place, 10.0, 20.0, 20.0]
            category = int(random.integers(1, 3))
            data["annotations"].append(
                {"id": len(data["annotations"]) + 1, "image_id": image["id"], "category_id": category, "bbox": box,
                 "iscrowd": 0, "area": 400.0}
            )  # fmt: skip
            box = [box[0] + random.normal(0, 2), box[1] + random.choice([0, 0, 60]), 20.0, 20.0]
            results.append(
                {"image_id": image["id"], "category_id": category, "bbox": box, "score": float(random.random())}
            )
    return data, results


def test_the_precision_that_is_drawn_anew_is_cocos() -> None:
    data, results = measured(12)
    found, objects = by_image_and_class(results), by_image_and_class(data["annotations"])
    weights = np.ones(12, dtype=np.int64)
    for iou, name in ((0.5, "AP50"), (0.75, "AP75")):
        drawn = [_average_precision(_found(data["images"], key, found, objects, iou), weights) for key in (1, 2)]
        assert np.mean([one or 0.0 for one in drawn]) == pytest.approx(
            evaluate_results(data, results)["bbox"][name], abs=1e-9
        )


def test_the_interval_holds_the_figure_and_is_narrower_with_more_images() -> None:
    widths = []
    for images in (6, 60):
        data, results = measured(images)
        figures, intervals = evaluate_results(data, results)["bbox"], bootstrap_intervals(data, results, resamples=60)
        for name in ("AP", "AP50"):
            low, high = intervals[name]
            assert low <= figures[name] <= high
        assert set(intervals["per_category"]) == {"cat", "dog"}
        widths.append(intervals["AP50"][1] - intervals["AP50"][0])
    assert widths[1] < 0.6 * widths[0]


def test_a_single_image_says_nothing_of_others() -> None:
    assert bootstrap_intervals(*measured(1)) == {}
