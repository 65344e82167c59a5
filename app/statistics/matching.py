"""Two people's objects of one image side by side: which are the same, and how much alike they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from app.statistics.versions import Objects
from app.store.instance_state import InstanceState
from core.masks import Rle, segmentation_to_rle

MATCH_IOU = 0.5  # from which on two outlines are of one object, as in COCO's AP50


@dataclass(frozen=True)
class Pair:
    """One object as two people have it."""

    first: int  # instance ids
    second: int
    iou: float
    oks: float | None  # None where neither has keypoints
    same_class: bool


@dataclass(frozen=True)
class Matches:
    """The objects of two people: those that both have, and those that one has alone."""

    pairs: list[Pair]
    only_first: list[int]
    only_second: list[int]


def match(
    first: Objects, second: Objects, height: int, width: int, sigmas: Mapping[int, NDArray[np.float64]]
) -> Matches:
    """The best pairs of two people's objects on a height × width image.

    Pairs are taken by falling IoU, from `MATCH_IOU` on; those of one class come before those of two. An object that
    was left untouched is a pair with itself. `sigmas` by category id are how exact each keypoint is, for OKS.
    """
    untouched = [key for key in first if key in second and _same_shape(first[key], second[key])]
    pairs = [_pair(first[key], key, second[key], key, 1.0, sigmas) for key in untouched]
    left = [key for key in first if key not in set(untouched)]
    right = [key for key in second if key not in set(untouched)]
    ious = _ious([first[key] for key in left], [second[key] for key in right], height, width)
    for one_class in (True, False):
        for row, column in _by_falling_iou(ious):
            a, b = left[row], right[column]
            same = first[a].category_id == second[b].category_id
            if ious[row, column] >= MATCH_IOU and same is one_class:
                pairs.append(_pair(first[a], a, second[b], b, float(ious[row, column]), sigmas))
                ious[row, :] = ious[:, column] = -1.0  # each is one object only
    paired_first, paired_second = {pair.first for pair in pairs}, {pair.second for pair in pairs}
    return Matches(
        pairs,
        [key for key in first if key not in paired_first],
        [key for key in second if key not in paired_second],
    )


def keypoint_similarity(
    first: list[float], second: list[float], area: float, sigmas: NDArray[np.float64]
) -> float | None:
    """COCO's OKS of two people's keypoints on an object of `area` pixels; None where neither set one.

    The mean over the keypoints that at least one of them set; one that the other did not set counts as 0.
    """
    a, b = (np.asarray(points, dtype=np.float64).reshape(-1, 3) for points in (first, second))
    number = max(len(a), len(b), 1)
    a, b = (np.vstack([points, np.zeros((number - len(points), 3))]) for points in (a, b))
    either, both = (a[:, 2] > 0) | (b[:, 2] > 0), (a[:, 2] > 0) & (b[:, 2] > 0)
    if not either.any():
        return None
    squared = ((a[:, :2] - b[:, :2]) ** 2).sum(axis=1)
    similarity = np.exp(-squared / (2 * max(area, 1.0) * (2 * np.resize(sigmas, number)) ** 2))
    return float(similarity[both].sum() / either.sum())


def rle_of(state: InstanceState, height: int, width: int) -> Rle:
    """The mask of an object; of one that is only a box, the box."""
    if state.segmentation:
        return segmentation_to_rle(state.segmentation, height, width)
    x, y, w, h = state.bbox
    return segmentation_to_rle([[x, y, x + w, y, x + w, y + h, x, y + h]], height, width)


def _same_shape(first: InstanceState, second: InstanceState) -> bool:
    if not first.segmentation and not second.segmentation:
        return first.bbox == second.bbox
    return first.segmentation == second.segmentation


def _pair(
    first: InstanceState,
    first_id: int,
    second: InstanceState,
    second_id: int,
    iou: float,
    sigmas: Mapping[int, NDArray[np.float64]],
) -> Pair:
    exact = sigmas.get(second.category_id)  # none of a class that has no keypoints
    oks = None if exact is None else keypoint_similarity(first.keypoints, second.keypoints, second.area, exact)
    return Pair(first_id, second_id, iou, oks, first.category_id == second.category_id)


def _ious(first: list[InstanceState], second: list[InstanceState], height: int, width: int) -> NDArray[np.float64]:
    if not first or not second:
        return np.zeros((len(first), len(second)))
    left, right = ([rle_of(state, height, width) for state in states] for states in (first, second))
    return np.asarray(coco_mask.iou(left, right, [0] * len(right)), dtype=np.float64)


def _by_falling_iou(ious: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Every place of the matrix that may be a pair, the highest first; a snapshot, for pairs are struck out."""
    rows, columns = np.nonzero(ious >= MATCH_IOU)
    order = np.argsort(-ious[rows, columns], kind="stable")
    return [(int(rows[at]), int(columns[at])) for at in order]
