"""A person's clicks and boxes, simulated: in the middle of what is most wrong, and a little off."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.prompts.clicks import box_by_hand, next_click

NOTHING = np.zeros((40, 50), np.uint8)


def rectangle(left: int, top: int, width: int, height: int) -> np.ndarray:
    mask = NOTHING.copy()
    mask[top : top + height, left : left + width] = 1
    return mask


def test_the_middle_of_what_is_missing_is_clicked_to_include_it() -> None:
    assert next_click(rectangle(10, 10, 21, 21), NOTHING, np.random.default_rng(0), jitter=0) == (20.5, 20.5, True)


def test_what_is_too_much_is_clicked_to_exclude_it_where_that_is_the_larger_error() -> None:
    truth, mask = rectangle(0, 0, 10, 10), rectangle(0, 0, 10, 10)
    truth[0, 49] = 1
    mask[20:31, 20:31] = 1
    assert next_click(truth, mask, np.random.default_rng(0), jitter=0) == (25.5, 25.5, False)


def test_nothing_is_clicked_where_nothing_is_wrong() -> None:
    assert next_click(NOTHING, NOTHING, np.random.default_rng(0)) is None


@given(st.integers(0, 30), st.integers(0, 20), st.integers(1, 20), st.integers(1, 20), st.integers(0, 1000))
def test_an_unsteady_hand_stays_inside_the_error(left: int, top: int, width: int, height: int, seed: int) -> None:
    truth = rectangle(left, top, width, height)
    click = next_click(truth, NOTHING, np.random.default_rng(seed), jitter=8)
    assert click is not None
    x, y, include = click
    assert include
    assert truth[int(y), int(x)]


@given(st.floats(0, 40), st.floats(0, 30), st.floats(0, 30), st.floats(0, 20), st.integers(0, 1000))
def test_a_box_by_hand_stays_in_the_image_and_covers_something(
    left: float, top: float, width: float, height: float, seed: int
) -> None:
    box = (left, top, min(50, left + width), min(40, top + height))
    x0, y0, x1, y1 = box_by_hand(box, 50, 40, np.random.default_rng(seed))
    assert (x0, y0, x1, y1) == box or (0 <= x0 <= x1 - 2 <= 48 and 0 <= y0 <= y1 - 2 <= 38)
