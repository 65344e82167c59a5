"""Clicks → refined mask: what a click promises, and that corrective clicks make real masks better."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.datasets.images import read_image
from core.masks import decode_rle, segmentation_to_rle
from core.predict.refine import refine_mask

Mask = NDArray[np.uint8]


def disc(height: int, width: int, x: float, y: float, radius: float) -> Mask:
    rows, columns = np.ogrid[:height, :width]
    return ((columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2 < radius**2).astype(np.uint8)


def iou(first: Mask, second: Mask) -> float:
    union = np.count_nonzero(first | second)
    return np.count_nonzero(first & second) / union if union else 1.0


@pytest.fixture
def scene() -> tuple[NDArray[np.uint8], Mask]:
    """A red disc on blue ground, with some noise."""
    truth = disc(120, 160, 80, 60, 40)
    image = np.where(truth[:, :, None] > 0, (180, 60, 40), (40, 70, 170)).astype(np.int64)
    image += np.random.default_rng(0).integers(-15, 16, image.shape)
    return image.clip(0, 255).astype(np.uint8), truth


def test_an_included_click_adds_what_looks_like_it(scene: tuple[NDArray[np.uint8], Mask]) -> None:
    image, truth = scene
    mask = truth.copy()
    mask[:, 85:] = 0  # the right half is missing
    refined = refine_mask(image, mask, [(103.0, 60.0, True)])
    assert iou(refined, truth) > 0.95 > 0.6 > iou(mask, truth)
    assert not (mask & ~refined & 1).any()  # adding takes nothing away


def test_an_excluded_click_takes_away_what_looks_like_it(scene: tuple[NDArray[np.uint8], Mask]) -> None:
    image, truth = scene
    mask = truth | disc(120, 160, 130, 60, 22)
    refined = refine_mask(image, mask, [(136.0, 60.0, False)])
    assert iou(refined, truth) > 0.93 > iou(mask, truth) + 0.05
    assert not (refined & ~mask & 1).any()


def test_a_click_changes_nothing_far_from_it(scene: tuple[NDArray[np.uint8], Mask]) -> None:
    image, _ = scene
    mask = disc(120, 160, 60, 60, 30)
    refined = refine_mask(image, mask, [(95.0, 60.0, True)])
    assert refined[60, 95]
    np.testing.assert_array_equal(refined[:, :30], mask[:, :30])


@pytest.mark.parametrize("seed", range(20))
def test_every_click_ends_on_its_side(seed: int) -> None:
    """Any image, any mask, any clicks, also at the edge and on one another's heels."""
    random = np.random.default_rng(seed)
    height, width = int(random.integers(3, 90)), int(random.integers(3, 90))
    image = random.integers(0, 256, (height, width, 3)).astype(np.uint8)
    mask = (cv2.GaussianBlur(random.random((height, width)), (0, 0), 3) > 0.5).astype(np.uint8)
    mask = [mask, np.zeros_like(mask), np.ones_like(mask)][seed % 3]
    points, taken = [], set()
    for _ in range(6):
        x, y = float(random.uniform(0, width)), float(random.uniform(0, height))
        if (int(x), int(y)) not in taken:
            taken.add((int(x), int(y)))
            points.append((x, y, bool(random.integers(2))))
    points.append((float(width), float(height), True))
    refined = refine_mask(image, mask, points)
    assert refined.shape == mask.shape
    assert refined.dtype == np.uint8
    assert set(np.unique(refined)) <= {0, 1}
    for x, y, include in points:
        if (int(x), int(y)) != (width - 1, height - 1):
            assert refined[min(int(y), height - 1), min(int(x), width - 1)] == include


def test_a_click_that_is_right_already_changes_nothing(scene: tuple[NDArray[np.uint8], Mask]) -> None:
    image, truth = scene
    np.testing.assert_array_equal(refine_mask(image, truth, [(80, 60, True), (5, 5, False)]), truth)
    given = truth.copy()
    refine_mask(image, given, [(10, 10, True)])
    np.testing.assert_array_equal(given, truth)  # the caller's mask is left alone


def test_corrective_clicks_make_real_masks_better(shared_data: Path) -> None:
    """Masks of a coarse segmentation by colour, corrected where they are most wrong, by a hand that jitters."""
    random = np.random.default_rng(0)
    before, after, worse, seconds = [], [], 0, []
    for image, truth in real_objects(shared_data, 18):
        mask = coarse(image, truth)
        if mask is None:
            continue
        scores = [iou(mask, truth)]
        for _ in range(3):
            click = corrective_click(mask, truth, random)
            if click is None:
                break
            started = time.perf_counter()
            mask = refine_mask(image, mask, [click])
            seconds.append(time.perf_counter() - started)
            scores.append(iou(mask, truth))
            worse += scores[-1] < scores[-2] - 0.01
        before.append(scores[0])
        after.append(scores[-1])
    assert len(before) >= 8
    assert np.mean(after) > np.mean(before) + 0.06
    assert worse < 0.15 * len(seconds)
    assert np.median(seconds) < 0.3


def real_objects(shared_data: Path, number: int) -> list[tuple[NDArray[np.uint8], Mask]]:
    """Large objects of real photographs, no two of one image."""
    folder = shared_data / "coco_subset"
    data: dict[str, Any] = json.loads(next(folder.glob("annotations/instances_val*.json")).read_text())
    names = {entry["id"]: entry["file_name"] for entry in data["images"]}
    objects: dict[int, dict[str, Any]] = {}
    for annotation in data["annotations"]:
        if not annotation["iscrowd"] and 4_000 < annotation["area"] < 60_000:
            objects.setdefault(annotation["image_id"], annotation)
    found = []
    for image_id, annotation in sorted(objects.items())[:number]:
        image = read_image(folder / "images" / names[image_id])
        rle = segmentation_to_rle(annotation["segmentation"], *image.shape[:2])
        found.append((image, decode_rle(rle)))
    return found


def coarse(image: NDArray[np.uint8], truth: Mask) -> Mask | None:
    """GrabCut from the object's box: wrong in the way of real predictions, along edges in the image."""
    x, y, width, height = cv2.boundingRect(truth)
    mask = np.zeros(truth.shape, dtype=np.uint8)
    model = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    if width * height > 0.8 * truth.size:
        return None
    cv2.grabCut(image[:, :, ::-1].copy(), mask, (x, y, width, height), *model, 1, cv2.GC_INIT_WITH_RECT)
    mask = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.uint8)
    return mask if 0.3 < iou(mask, truth) < 0.95 else None


def corrective_click(mask: Mask, truth: Mask, random: np.random.Generator) -> tuple[float, float, bool] | None:
    """Somewhere in the inner half of the largest error."""
    largest: tuple[int, Mask, bool] | None = None
    for include, error in ((True, truth & ~mask & 1), (False, mask & ~truth & 1)):
        number, labels, figures, _ = cv2.connectedComponentsWithStats(error, connectivity=8)
        for part in range(1, number):
            area = int(figures[part, cv2.CC_STAT_AREA])
            if largest is None or area > largest[0]:
                largest = area, (labels == part).astype(np.uint8), include
    if largest is None or largest[0] < 12:
        return None
    depth = cv2.distanceTransform(np.pad(largest[1], 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    inner = np.argwhere(depth >= max(1.0, 0.5 * depth.max()))
    y, x = inner[random.integers(len(inner))]
    return float(x) + 0.5, float(y) + 0.5, largest[2]
