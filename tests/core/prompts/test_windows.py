"""How far looks through several windows agree on one object."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.prompts.prompt_maps import Window
from core.prompts.windows import Look, agreement

SIZE = 96  # places of a look on either side


def look_at(window: Window, left: float, top: float, width: float, height: float) -> Look:
    """What a network would say that sees a rectangle of the image, in pixels, through a window."""
    x = window[0] + (np.arange(SIZE) + 0.5) * window[2] / SIZE
    y = window[1] + (np.arange(SIZE) + 0.5) * window[2] / SIZE
    inside = ((x >= left) & (x < left + width))[None, :] & ((y >= top) & (y < top + height))[:, None]
    return Look(window, inside.astype(np.float32), 0.5)


def test_the_same_object_through_windows_of_several_sizes_is_agreed_on() -> None:
    windows = ((0.0, 0.0, 400.0), (60.0, 80.0, 200.0), (80.0, 90.0, 130.0))
    assert all(value > 0.93 for value in agreement([look_at(window, 100, 110, 90, 70) for window in windows]))


def test_a_part_and_the_whole_agree_as_far_as_they_cover_each_other() -> None:
    whole, part = look_at((0, 0, 400), 100, 100, 200, 200), look_at((80, 80, 160), 100, 100, 100, 100)
    assert agreement([whole, part]) == pytest.approx([0.25, 0.25], abs=0.03)


def test_whoever_sees_something_else_is_agreed_with_least() -> None:
    looks = [look_at((0, 0, 300), 50, 50, 100, 100), look_at((20, 20, 200), 50, 50, 100, 100)]
    odd = look_at((200, 200, 90), 220, 220, 40, 40)
    first, second, other = agreement([*looks, odd])
    assert other == 0
    assert first == second == pytest.approx(0.5, abs=0.04)


def test_alone_and_empty_looks_are_agreed_with_by_nobody() -> None:
    nothing = look_at((0, 0, 100), 0, 0, 0, 0)
    assert agreement([look_at((0, 0, 100), 10, 10, 20, 20)]) == [0]
    assert agreement([nothing, nothing]) == [0, 0]
    assert agreement([]) == []


@given(st.floats(-50, 500), st.floats(-50, 500), st.floats(40, 900))
def test_a_look_agrees_with_itself_wherever_its_window_lies(left: float, top: float, side: float) -> None:
    look = look_at((left, top, side), left + side / 4, top + side / 3, side / 3, side / 4)
    assert agreement([look, look]) == [1, 1]
