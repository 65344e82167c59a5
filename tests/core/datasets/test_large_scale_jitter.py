"""Large-scale jitter, alone and with flips, against the image's own account of where its pixels came from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets.large_scale_jitter import GREY, LargeScaleJitter, random_crop
from core.datasets.transforms import Compose, HorizontalFlip
from tests.core.datasets.scenes import bitmaps_of, scene, to_box_masks

NAMES = ["left", "middle", "right"]
CATEGORIES: Any = [{"id": label, "name": "x", "keypoints": NAMES, "skeleton": []} for label in (1, 2, 3)]


@settings(max_examples=50)
@given(
    st.integers(0, 10_000), st.integers(20, 90), st.integers(20, 90), st.integers(24, 100), st.floats(0, 1),
    st.booleans(), st.booleans(),
)  # fmt: skip
def test_jitter_and_flip_agree_with_full_bitmaps(
    seed: int, height: int, width: int, crop_size: int, flip: float, box_masks: bool, smooth: bool
) -> None:
    image, target = scene(seed, height, width)
    if smooth:  # discs: what resampling twice does to speckles says little
        target = _discs(target, height, width)
    whole, keypoints = target["masks"].bool().numpy(), target["keypoints"].numpy().copy()
    target["labels"] = torch.tensor([1, 2, 3])  # tells which object is which
    given = dict(target)
    if box_masks:
        given["box_masks"] = to_box_masks(given.pop("masks"), target["boxes"])
    torch.manual_seed(seed)
    vary = Compose([HorizontalFlip(flip, CATEGORIES), LargeScaleJitter((0.3, 2.0), crop_size)])
    varied, changed = vary(image, given)
    assert varied.shape == (3, crop_size, crop_size)

    # The first two channels say where a pixel's centre was, away from the image's edges, where resizing holds them.
    real = (varied != GREY).any(dim=0).numpy()
    x, y = varied[0].numpy().astype(np.float64) * width, varied[1].numpy().astype(np.float64) * height
    rows, columns = np.nonzero(real)
    bottom, right = rows.max() + 1, columns.max() + 1
    assert real[:bottom, :right].mean() > 0.99
    step = max(abs(x[0, right // 2] - x[0, right // 2 - 1]), abs(y[bottom // 2, 0] - y[bottom // 2 - 1, 0]), 1.0)
    margin = 1.5 * step
    far = real & (x > margin) & (x < width - margin) & (y > margin) & (y < height - margin)
    # ... and away from the edges between pixels, where rounding decides.
    certain = far & (np.abs(x - np.round(x)) > 0.02) & (np.abs(y - np.round(y)) > 0.02)
    source_rows, source_columns = (np.clip(v.astype(int), 0, n - 1) for v, n in ((y, height), (x, width)))
    expected = whole[:, source_rows, source_columns]

    painted = bitmaps_of(changed, crop_size, crop_size)
    for number, bitmap in enumerate(painted):
        own = expected[int(changed["labels"][number]) - 1]
        differing = (bitmap != own) & certain
        if not box_masks:
            assert not differing.any()
        elif smooth:  # within a cell of the outline; what lies beyond the crop's edge cannot be seen
            assert not (differing & ~_outline(own))[1:-1, 1:-1].any()
        x0, y0, x1, y1 = changed["boxes"][number].tolist()
        assert 0 <= x0 < x1 <= right + 1e-3
        assert 0 <= y0 < y1 <= bottom + 1e-3
        if not box_masks:
            outside = bitmap.copy()
            outside[math.floor(y0) : math.ceil(y1), math.floor(x0) : math.ceil(x1)] = False
            assert not outside.any()
    flipped = x[bottom // 2, right - 1] < x[bottom // 2, 0]
    for row, label in zip(changed["keypoints"].tolist(), changed["labels"].tolist(), strict=True):
        for name, (px, py, visibility) in zip(NAMES, row, strict=True):
            if visibility and far[min(int(py), crop_size - 1), min(int(px), crop_size - 1)]:
                other_side = {"left": 2, "middle": 1, "right": 0} if flipped else {"left": 0, "middle": 1, "right": 2}
                origin = keypoints[label - 1, other_side[name]]
                assert visibility == origin[2]
                assert math.dist((x[int(py), int(px)], y[int(py), int(px)]), origin[:2]) <= 0.75 * step + 0.1
    assert flipped == (_first_draw(seed) < flip) or right == 1


def _first_draw(seed: int) -> float:
    torch.manual_seed(seed)
    return float(torch.rand(()))


def _discs(target: dict[str, Any], height: int, width: int) -> dict[str, Any]:
    rows, columns = np.mgrid[:height, :width] + 0.5
    masks = []
    for x0, y0, x1, y1 in target["boxes"].numpy():
        inside = ((columns - (x0 + x1) / 2) / (x1 - x0)) ** 2 + ((rows - (y0 + y1) / 2) / (y1 - y0)) ** 2 <= 0.25
        inside[int(y0), int(x0)] = inside[int(y1) - 1, int(x1) - 1] = True
        masks.append(inside)
    return target | {"masks": torch.from_numpy(np.stack(masks).astype(np.uint8))}


def _outline(bitmap: np.ndarray) -> np.ndarray:
    """The pixels of which some neighbour within one pixel is on the other side."""
    padded = np.pad(bitmap, 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    return windows.any(axis=(2, 3)) != windows.all(axis=(2, 3))


def test_sizes_span_the_range_and_follow_the_seed() -> None:
    jitter = LargeScaleJitter((0.1, 2.0), 64)
    image, target = scene(0, 30, 60)
    shares, again = [], []
    for seen in (shares, again):
        torch.manual_seed(1)
        for _ in range(60):
            varied, _ = jitter(image, target)
            seen.append(float((varied != GREY).any(dim=0).float().mean()))
    assert shares == again
    assert min(shares) < 0.03  # 0.1 of 64 × 32 pixels is 0.005 of the square
    assert max(shares) > 0.9


def test_the_whole_image_is_seen_where_it_fits() -> None:
    image, target = scene(0, 30, 60)
    varied, changed = LargeScaleJitter((1.0, 1.0), 120)(image, target)
    assert torch.equal(changed["boxes"], target["boxes"] * 2)
    assert (varied[:, 60:] == GREY).all()
    assert changed["masks"].shape == (3, 120, 120)


def test_a_crop_reaches_every_place() -> None:
    image, target = scene(0, 12, 10)
    torch.manual_seed(0)
    corners = {tuple(random_crop(image, target, 10, 8)[0][:2, 0, 0].tolist()) for _ in range(200)}
    assert len(corners) == 3 * 3


@pytest.mark.parametrize("scales", [(0.5,), (2.0, 0.1), (0.0, 1.0), (0.1, 1.0, 2.0)])
def test_ranges_that_are_none_are_refused(scales: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"large_scale_jitter=.*: the least and the largest factor"):
        LargeScaleJitter(scales, 64)


def test_a_crop_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="crop_size=0: at least 1 pixel"):
        LargeScaleJitter((0.1, 2.0), 0)
