"""Box arithmetic: regression there and back, matching, crowds, sampling."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torchvision.ops import box_iou

from core.model import boxes as boxes_module
from core.model.boxes import (
    MAX_LOG_SCALE,
    clip_boxes,
    decode_boxes,
    encode_boxes,
    ignore_crowds,
    match_anchors,
    match_rois,
    sample_matches,
)

WEIGHTS = (10.0, 10.0, 5.0, 5.0)
corner = st.floats(-500, 500, width=32)
side = st.floats(1, 800, width=32)
box = st.tuples(corner, corner, side, side).map(lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]])


@given(st.lists(st.tuples(box, box), min_size=1, max_size=5), st.sampled_from([WEIGHTS, (1.0, 1.0, 1.0, 1.0)]))
def test_decoding_undoes_encoding(pairs: list[tuple[list[float], list[float]]], weights: tuple[float, ...]) -> None:
    boxes, references = (torch.tensor(part) for part in zip(*pairs, strict=True))
    ratio = (boxes[:, 2:] - boxes[:, :2]) / (references[:, 2:] - references[:, :2])
    decoded = decode_boxes(encode_boxes(boxes, references, weights), references, weights)  # type: ignore[arg-type]
    reachable = (ratio < math.exp(MAX_LOG_SCALE) * 0.999).all(dim=1)
    torch.testing.assert_close(decoded[reachable], boxes[reachable], atol=0.02, rtol=1e-3)


def test_the_parametrisation_is_that_of_r_cnn() -> None:
    reference, target = torch.tensor([[10.0, 20, 30, 60]]), torch.tensor([[14.0, 18, 34, 98]])
    # Centres (20, 40) and (24, 58), sizes 20×40 and 20×80.
    expected = [10 * (24 - 20) / 20, 10 * (58 - 40) / 40, 5 * math.log(1), 5 * math.log(2)]
    assert encode_boxes(target, reference, WEIGHTS)[0].tolist() == pytest.approx(expected)


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=4, max_size=4), box)
def test_no_regression_however_wild_makes_a_box_that_is_not_finite(deltas: list[float], reference: list[float]) -> None:
    found = decode_boxes(torch.tensor([deltas]), torch.tensor([reference]), WEIGHTS)
    assert found.isfinite().all()


@pytest.mark.parametrize("reference", [[5.0, 5.0, 5.0, 5.0], [5.0, 5.0, 6.0, 6.0]])
def test_boxes_without_an_area_have_finite_targets(reference: list[float]) -> None:
    found = encode_boxes(torch.tensor([[5.0, 5.0, 5.0, 9.0]]), torch.tensor([reference]), WEIGHTS)
    assert found.isfinite().all()


def test_each_class_has_its_own_regression() -> None:
    references = torch.tensor([[0.0, 0, 10, 10], [5, 5, 25, 45]])
    deltas = torch.randn((2, 3, 4), generator=torch.Generator().manual_seed(0))
    together = decode_boxes(deltas, references, WEIGHTS)
    for label in range(3):
        torch.testing.assert_close(together[:, label], decode_boxes(deltas[:, label], references, WEIGHTS))


@given(st.lists(box, max_size=6), st.integers(1, 400), st.integers(1, 400))
def test_clipped_boxes_lie_in_the_image_and_inner_ones_stay(boxes: list[list[float]], height: int, width: int) -> None:
    given_boxes = torch.tensor(boxes).reshape(-1, 4)
    clipped = clip_boxes(given_boxes, height, width)
    limits = torch.tensor([width, height, width, height])
    assert ((clipped >= 0) & (clipped <= limits)).all()
    inside = ((given_boxes >= 0) & (given_boxes <= limits)).all(dim=1)
    assert torch.equal(clipped[inside], given_boxes[inside])


def iou(a: list[float], b: list[float]) -> float:
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    area = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return width * height / (area - width * height)


OBJECTS = torch.tensor([[0.0, 0, 10, 10], [50, 50, 60, 60]])
ANCHORS = torch.tensor(
    [
        [0.0, 0, 10, 10],  # the first object itself
        [0.0, 0, 10, 14],  # IoU 0.714 with it
        [0.0, 0, 10, 20],  # 0.5: between the thresholds
        [0.0, 0, 20, 20],  # 0.25
        [50.0, 50, 65, 65],  # 0.444 with the second: the best it has
        [55.0, 50, 70, 60],  # 0.25 with it
        [80.0, 80, 90, 90],  # nothing
    ]
)


def test_anchors_are_positive_negative_or_in_between() -> None:
    assert match_anchors(OBJECTS, ANCHORS, 0.7, 0.3).tolist() == [0, 0, -2, -1, 1, -1, -1]


def test_an_object_that_no_anchor_reaches_takes_every_one_that_shares_its_best_overlap() -> None:
    anchors = torch.tensor([[40.0, 50, 60, 60], [50, 50, 70, 60], [0, 0, 1, 1]])
    assert match_anchors(OBJECTS[1:], anchors, 0.7, 0.6).tolist() == [0, 0, -1]


def test_an_object_that_no_anchor_touches_takes_none() -> None:
    assert match_anchors(torch.tensor([[900.0, 900, 910, 910]]), ANCHORS, 0.7, 0.3).tolist() == [-1] * 7


@pytest.mark.parametrize("match", [lambda b, a: match_anchors(b, a, 0.7, 0.3), match_rois])
def test_without_objects_everything_is_background(match: object) -> None:
    assert match(torch.zeros((0, 4)), ANCHORS).tolist() == [-1] * 7  # type: ignore[operator]


@given(st.lists(box, min_size=1, max_size=4), st.lists(box, min_size=1, max_size=8))
def test_an_roi_belongs_to_the_object_it_overlaps_most_from_one_half_on(
    objects: list[list[float]], rois: list[list[float]]
) -> None:
    matches = match_rois(torch.tensor(objects), torch.tensor(rois)).tolist()
    for roi, match in zip(rois, matches, strict=True):
        overlaps = [iou(item, roi) for item in objects]
        if match >= 0:
            assert overlaps[match] >= 0.5 - 1e-4
            assert overlaps[match] >= max(overlaps) - 1e-4
        else:
            assert max(overlaps) < 0.5 + 1e-4


def test_background_inside_a_crowd_is_neither_right_nor_wrong() -> None:
    crowd = torch.tensor([[100.0, 100, 200, 200]])
    boxes = torch.tensor([[110.0, 110, 120, 120], [195, 100, 215, 110], [95, 100, 105, 110], [110, 110, 130, 130]])
    matches = torch.tensor([-1, -1, -1, 0])
    # Inside; a quarter inside; exactly half inside; an object's own.
    assert ignore_crowds(matches, boxes, crowd).tolist() == [-2, -1, -2, 0]


@given(st.lists(st.integers(-2, 3), max_size=60), st.integers(0, 40), st.sampled_from([0.25, 0.5, 1.0]))
def test_a_sample_is_of_the_right_kinds_without_repetition(matches: list[int], count: int, fraction: float) -> None:
    values: Tensor = torch.tensor(matches, dtype=torch.int64)
    positives, negatives = sample_matches(values, count, fraction)
    assert (values[positives] >= 0).all()
    assert (values[negatives] == -1).all()
    assert len(set(positives.tolist())) == len(positives) == min(int((values >= 0).sum()), int(count * fraction))
    assert len(set(negatives.tolist())) == len(negatives)
    assert len(negatives) == min(int((values == -1).sum()), count - len(positives))


@pytest.mark.parametrize("pairs", [1, 700, 10**9])
def test_matching_some_objects_at_a_time_is_matching_all_at_once(monkeypatch: pytest.MonkeyPatch, pairs: int) -> None:
    generator = torch.Generator().manual_seed(0)
    corners = torch.randint(0, 60, (340, 2), generator=generator).float()
    boxes = torch.cat([corners, corners + torch.randint(4, 30, (340, 2), generator=generator)], dim=1)
    objects, crowds, anchors = boxes[:30], boxes[30:40], boxes[40:]
    objects[7] = objects[3]  # twins: the first of them is matched
    iou = box_iou(objects, anchors)
    best, expected = iou.max(dim=0)
    forced = ((iou == iou.max(dim=1, keepdim=True).values) & (iou > 0)).any(dim=0)
    expected[(best < 0.7) & ~forced] = -2
    expected[(best < 0.3) & ~forced] = -1
    monkeypatch.setattr(boxes_module, "MOST_PAIRS", pairs)
    found = match_anchors(objects, anchors, 0.7, 0.3)
    assert torch.equal(found, expected)
    apart = [ignore_crowds(found, anchors, crowd[None]) for crowd in crowds]
    assert torch.equal(ignore_crowds(found, anchors, crowds), torch.stack(apart).amin(dim=0))
