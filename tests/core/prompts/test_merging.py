"""What of an answer to a click is taken: the parts that it is about."""

from __future__ import annotations

import numpy as np

from core.prompts.local_mask import LocalMask
from core.prompts.merging import merged

SHAPE = (100, 200)


def filled(*rectangles: tuple[int, int, int, int]) -> LocalMask:
    mask = np.zeros(SHAPE, dtype=np.uint8)
    for x0, y0, x1, y1 in rectangles:
        mask[y0:y1, x0:x1] = 1
    return LocalMask.of(mask)


BODY = (20, 40, 180, 60)
CLICKED, NEAR, FAR = (30, 30, 40, 40), (60, 30, 70, 40), (160, 30, 170, 40)


def test_parts_that_come_near_the_click_change_with_it_and_those_far_away_stay() -> None:
    before, answer = filled(BODY), filled(BODY, CLICKED, NEAR, FAR)
    taken = merged(before, answer, [(35.5, 35.5, True)], SHAPE)
    expected = filled(BODY, CLICKED, NEAR)
    assert np.array_equal(taken.whole(*SHAPE), expected.whole(*SHAPE))


def test_an_answer_that_does_not_follow_the_click_changes_its_pixel_alone() -> None:
    before, answer = filled(BODY), filled(BODY, NEAR)
    taken = merged(before, answer, [(35.5, 35.5, True)], SHAPE).whole(*SHAPE)
    assert taken[35, 35] == 1
    assert taken.sum() == before.whole(*SHAPE).sum() + 1


def test_with_nothing_before_the_answer_is_taken_as_it_is() -> None:
    answer = filled(BODY, FAR)
    taken = merged(None, answer, [(100.5, 50.5, True)], SHAPE)
    assert np.array_equal(taken.whole(*SHAPE), answer.whole(*SHAPE))
