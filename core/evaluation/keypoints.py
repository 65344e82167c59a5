"""What object keypoint similarity (OKS) needs to know of a category: how many keypoints, and how exact each is."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Human labelling noise of the 17 COCO keypoints as a fraction of the object's scale.
COCO_SIGMAS = np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000


def keypoint_counts(dataset: Mapping[str, Any]) -> dict[int, int]:
    """For each category id with keypoints, how many: as its list of names says, else as its objects have."""
    counts = {category["id"]: len(category.get("keypoints") or ()) for category in dataset["categories"]}
    unnamed = {category_id for category_id, count in counts.items() if not count}
    for annotation in dataset["annotations"]:
        if annotation.get("category_id") in unnamed and any(points := plain(annotation.get("keypoints")) or ()):
            category_id = annotation["category_id"]
            counts[category_id] = max(counts[category_id], -(-len(points) // 3))
    return {category_id: count for category_id, count in counts.items() if count}


def oks_sigmas(dataset: Mapping[str, Any]) -> dict[int, NDArray[np.float64]]:
    """For each category id with keypoints, the sigma of each: its field `sigmas`, else COCO's.

    Seventeen keypoints without `sigmas` are taken for COCO's; any other number gets the mean of COCO's
    sigmas for each, and a warning says so. Raises ValueError where `sigmas` are not as many positive
    numbers as there are keypoints.
    """
    by_id = {category["id"]: category for category in dataset["categories"]}
    found, without = {}, []
    for category_id, count in keypoint_counts(dataset).items():
        category = by_id[category_id]
        own = plain(category.get("sigmas"))
        if own is not None:
            found[category_id] = _checked_sigmas(own, count, category["name"])
        elif count == len(COCO_SIGMAS):
            found[category_id] = COCO_SIGMAS
        else:
            found[category_id] = np.full(count, COCO_SIGMAS.mean())
            without.append(category["name"])
    if without:
        warnings.warn(
            f"keypoints of {', '.join(map(repr, without))} are judged with a sigma of {COCO_SIGMAS.mean():.3f} each, "
            "the mean of COCO's: a list 'sigmas' in the category says how exact each is",
            stacklevel=2,
        )
    return found


def pad_keypoints(keypoints: Sequence[float], points: int, where: str) -> list[float]:
    """x, y, v of `points` keypoints: the last is repeated, unlabelled, so that padding moves nothing."""
    if len(keypoints) % 3 or len(keypoints) > 3 * points:
        raise ValueError(
            f"{where}: keypoints must be x, y, v of at most {points} points, not {len(keypoints)} numbers; "
            "is the category's list 'keypoints' of names complete?"
        )
    last = [*keypoints[-3:-1], 0] if keypoints else [0, 0, 0]
    return [*keypoints, *last * (points - len(keypoints) // 3)]


def plain(value: object) -> Any:
    """The numbers and lists of Python that numpy's or torch's scalars and arrays stand for, inside lists too."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple) and not set(map(type, value)) <= {int, float}:
        return [plain(item) for item in value]
    return value


def _checked_sigmas(sigmas: Any, count: int, name: str) -> NDArray[np.float64]:
    numbers = isinstance(sigmas, list | tuple) and all(
        isinstance(sigma, int | float) and math.isfinite(sigma) and sigma > 0 for sigma in sigmas
    )
    if not numbers or len(sigmas) != count:
        raise ValueError(f"category {name!r}: 'sigmas' must be a positive number for each of its {count} keypoints")
    return np.array(sigmas, dtype=np.float64)
