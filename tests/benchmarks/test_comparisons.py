"""What the benchmarks compare is checked to be the same work before it is timed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from benchmarks.ablations import TABLES, summarised
from benchmarks.comparison.alternating import compare
from benchmarks.comparison.inference import agreement_of, their_bitmap
from benchmarks.comparison.own_process import in_own_process
from benchmarks.comparison.same_weights import Task, torchvision_model, write_weights
from core import Instances, load_model
from core.masks import encode_rle


def detection(left: float, label: int = 1) -> dict[str, Any]:
    mask = torch.zeros((50, 80), dtype=torch.uint8).numpy()
    mask[10:30, int(left) : int(left) + 20] = 1
    return {"category_id": label, "bbox": [left, 10.0, 20.0, 20.0], "score": 0.9, "segmentation": encode_rle(mask)}


def test_equal_detections_agree() -> None:
    image = [detection(5), detection(40, label=2)]
    assert agreement_of([image], [image[::-1]]) == "100.0% of 2 detections, mean mask IoU 1.000"


@pytest.mark.parametrize("other", [[], [detection(6)], [detection(5, label=2)]])
def test_other_detections_are_not_timed(other: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        agreement_of([[detection(5)]], [other])


def test_boxes_alone_agree_by_label_and_overlap() -> None:
    boxes = [{key: value for key, value in detection(5).items() if key != "segmentation"}]
    assert agreement_of([boxes], [boxes]) == "100.0% of 1 detections, boxes alone"


def test_a_pixel_at_exactly_one_half_is_mask_on_both_sides() -> None:
    ours = Instances(
        (4, 4), torch.tensor([[0.0, 0, 4, 4]]), torch.tensor([1]), torch.ones(1), torch.full((1, 28, 28), 0.5)
    )
    assert ours.bitmaps()[0].all()
    assert their_bitmap(torch.full((4, 4), 0.5)).all()


def test_both_take_turns_and_each_is_first_every_second_time() -> None:
    order: list[str] = []
    comparison = compare("x", lambda: order.append("a"), lambda: order.append("b"), 3, "same", warm_up=0)
    assert "".join(order) == "abbaab"
    assert comparison.lowest <= comparison.ratio <= comparison.highest


def numbered(first: int) -> Callable[[int], tuple[int, int]]:
    return lambda number: (first + number, os.getpid())


def test_a_function_answers_from_a_process_of_its_own() -> None:
    with in_own_process(numbered, 40) as call:
        (first, process), (second, again) = call(1), call(2)
    assert (first, second) == (41, 42)
    assert process == again != os.getpid()


def test_every_ablated_variant_is_a_configuration_and_comes_with_its_reference() -> None:
    from small_training import small_config  # in notebooks/, which the ablations put on the path

    for figure, variants in TABLES.values():
        assert figure.split()[0] in ("box", "mask")
        assert len(variants) > 1
        for changes in variants.values():
            small_config(128, **{key: value for key, value in changes.items() if key != "keypoints"})


def test_differences_are_between_runs_of_one_seed() -> None:
    rows = [
        {"changes": json.dumps(changes, sort_keys=True), "seed": seed, "box AP": 10 * seed + (2 if changes else 5)}
        for changes in TABLES["table_3"][1].values()
        for seed in range(3)
    ]
    summary = summarised(pd.DataFrame(rows), "table_3").set_index("variant")
    assert summary.loc["without masks", "difference"] == -3
    assert summary.loc["without masks", "deviation of difference"] == 0
    assert summary.loc["with masks", "deviation"] == 10


@pytest.mark.slow
@pytest.mark.parametrize("task", ["masks", "mobilenet"])
def test_calibrated_weights_give_both_models_the_same_detections(task: Task, tmp_path: Path) -> None:
    image = torch.rand((3, 120, 160), generator=torch.Generator().manual_seed(0))
    weights = tmp_path / "weights.pth"
    write_weights(task, [image], weights)
    with torch.inference_mode():
        theirs, ours = torchvision_model(task, weights)([image])[0], load_model(weights).eval()([image])[0]
    assert len(theirs["boxes"]) > 20
    torch.testing.assert_close(ours.boxes[:5], theirs["boxes"][:5], atol=0.05, rtol=0)


def test_the_simulated_hand_books_what_it_does() -> None:
    from benchmarks.annotator.ledger import SECONDS, Ledger, by_hand, targets_of

    square = {"category_id": 3, "segmentation": [[10, 10, 50, 10, 50, 50, 10, 50]]}
    targets = targets_of([square, square | {"category_id": 1}], 80, 80)
    assert [target.category_id for target in targets] == [1, 3]  # class by class
    assert [target.vertices for target in targets] == [5, 5]  # four corners, and the click that closes
    hand = by_hand(targets)
    assert hand.total == 1 + 10 + 2 + 1
    assert hand.seconds == sum(SECONDS[kind] * times for kind, times in hand.actions.items())
    with pytest.raises(AssertionError):
        Ledger().book("nap")
