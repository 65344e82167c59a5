"""The finer look: edges of large objects become as sharp as the image, small ones are left alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from core.prompts.finer import MOST_TILES, finer_mask
from core.prompts.local_mask import LocalMask
from core.prompts.prompt_maps import Window, crop_mask
from core.prompts.windows import Look

SIZE = 64
SHAPE = (700, 800)


def star() -> np.ndarray:
    """A large thing with teeth that a look of 64 pixels cannot show."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]] - np.array([350, 400])[:, None, None]
    angle = np.arctan2(rows, columns)
    return (np.hypot(rows, columns) < 230 + 30 * np.sign(np.sin(40 * angle))).astype(np.uint8)


def iou(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / (first | second).sum())


class Eyes:
    """Sees the truth at its own resolution through any window."""

    def __init__(self, truth: np.ndarray) -> None:
        self.truth = truth
        self.windows: list[Window] = []

    def look(self, window: Window) -> Look:
        return Look(window, crop_mask(self.truth, window, SIZE), 1.0)

    def through(self, windows: Sequence[Window], _mask: LocalMask) -> list[np.ndarray]:
        self.windows += windows
        return [self.look(window).probability for window in windows]


def test_a_large_objects_edge_is_looked_at_again() -> None:
    truth = star()
    eyes = Eyes(truth)
    look = eyes.look((50.0, 0.0, 700.0))
    coarse = look.mask(SHAPE)
    fine = finer_mask(look, coarse, [], SHAPE, eyes.through)
    assert 1 < len(eyes.windows) <= MOST_TILES
    before, after = iou(coarse.whole(*SHAPE), truth), iou(fine.whole(*SHAPE), truth)
    assert after > before + 0.02
    assert after > 0.96


def test_with_clicks_only_the_place_of_the_newest_is_looked_at() -> None:
    truth = star()
    eyes = Eyes(truth)
    look = eyes.look((50.0, 0.0, 700.0))
    coarse = look.mask(SHAPE)
    fine = finer_mask(look, coarse, [(10.0, 10.0, False), (640.0, 350.0, True)], SHAPE, eyes.through)
    (window,) = eyes.windows
    assert window[0] + window[2] / 2 == pytest.approx(640)
    far = np.s_[:, :350]
    np.testing.assert_array_equal(fine.whole(*SHAPE)[far], coarse.whole(*SHAPE)[far])


def test_what_was_seen_finely_enough_is_left_alone() -> None:
    truth = star()
    eyes = Eyes(truth)
    small = eyes.look((370.0, 60.0, 100.0))
    mask = small.mask(SHAPE)
    assert finer_mask(small, mask, [], SHAPE, eyes.through) is mask
    assert finer_mask(eyes.look((50.0, 0.0, 700.0)), LocalMask.empty(), [], SHAPE, eyes.through).is_empty
    assert eyes.windows == []
