"""What is expected on an image by what stands on others: companions, what comes once, what comes in flocks."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from core.prompts.companions import expectations

FRONT, REAR, WHEEL = 1, 2, 3
CARS = [Counter({FRONT: 1, WHEEL: 2})] * 4 + [Counter({REAR: 1, WHEEL: 2})] * 4

images = st.lists(st.dictionaries(st.integers(1, 4), st.integers(0, 3)), max_size=8)


def test_without_images_to_learn_from_everything_is_expected_alike() -> None:
    assert expectations([FRONT, REAR], {FRONT: 1}, []).tolist() == [1, 1]


def test_what_never_stands_beside_what_is_there_is_expected_less() -> None:
    before = expectations([FRONT, REAR], {}, CARS)
    assert before[0] == before[1]
    front, rear = expectations([FRONT, REAR], {WHEEL: 1, REAR: 0, FRONT: 1}, CARS)
    alone = expectations([REAR], {}, CARS)[0]
    assert rear < 0.5 * alone
    assert front < 0.1 + 0.2  # there is one, and never were two


def test_what_comes_in_twos_is_expected_once_more_and_no_third_time() -> None:
    none, one, two = (expectations([WHEEL], {WHEEL: number}, CARS)[0] for number in (0, 1, 2))
    assert min(none, one) > 0.9
    assert two < 0.2


@given(images, st.dictionaries(st.integers(1, 5), st.integers(0, 3)))
def test_it_is_a_probability_whatever_was_labelled(others: list[dict[int, int]], here: dict[int, int]) -> None:
    found = expectations([1, 2, 3, 9], here, others)
    assert found.shape == (4,)
    assert ((found > 0) & (found <= 1)).all()
