"""Windows, crops and prompt maps: the geometry between an image and what the network sees."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.prompts.local_mask import LocalMask
from core.prompts.prompt_maps import bounds_of, crop_image, crop_mask, in_window, prompt_maps, window_of
from core.prompts.windows import Look, sampled

corners = st.tuples(st.floats(0, 400), st.floats(0, 300), st.floats(10, 200), st.floats(10, 200))


@settings(max_examples=50, deadline=None)
@given(corners)
def test_a_window_holds_its_box_in_the_middle(corner: tuple[float, float, float, float]) -> None:
    x, y, width, height = corner
    left, top, side = window_of((x, y, x + width, y + height))
    assert side == pytest.approx(max(1.4 * max(width, height), 24))
    assert left + side / 2 == pytest.approx(x + width / 2)
    assert top + side / 2 == pytest.approx(y + height / 2)


@settings(max_examples=50, deadline=None)
@given(corners, st.sampled_from([64, 192]))
def test_a_mask_comes_back_from_its_crop_where_it_was(corner: tuple[float, float, float, float], size: int) -> None:
    x, y, width, height = (int(value) for value in corner)
    mask = np.zeros((520, 620), dtype=np.uint8)
    mask[y : y + height, x : x + width] = 1
    window = window_of((x, y, x + width, y + height))
    back = Look(window, crop_mask(mask, window, size), 1.0).mask((520, 620))
    pixel = max(1.0, window[2] / size)  # of the network, in pixels of the image
    assert np.abs(np.array(back.box) - (x, y, x + width, y + height)).max() <= pixel


def test_image_and_mask_are_cut_alike() -> None:
    image = np.zeros((100, 100, 3), dtype=np.uint8)
    image[30:70, 20:90] = 255
    window = (10.3, 5.7, 88.8)
    bright = crop_image(image, window, 64)[:, :, 0] / 255
    outside = bright == pytest.approx(128 / 255, abs=0.01)
    mask = crop_mask((image[:, :, 0] > 0).astype(np.uint8), window, 64)
    assert np.abs(bright - mask)[~outside & (mask > 0.9)].max() < 0.15


def test_a_window_beside_the_image_is_grey() -> None:
    image = np.zeros((50, 50, 3), dtype=np.uint8)
    assert (crop_image(image, (100, 100, 400), 64) == 128).all()
    assert (crop_image(image, (100, 100, 20), 64) == 128).all()


def test_the_maps_say_what_was_prompted() -> None:
    mask = np.zeros((64, 64), dtype=np.float32)
    mask[:32] = 1
    maps = prompt_maps(64, (10.0, 20.0, 30.5, 40.0), mask, [(5.5, 5.5, True), (50.5, 50.5, False)])
    assert maps[0].sum() == pytest.approx(20.5 * 20)
    assert (maps[1] == mask).all()
    assert (maps[2] == 1).all()
    assert maps[3, 5, 5] == 1
    assert maps[3, 50, 50] == 0
    assert maps[4, 50, 50] == 1
    assert maps[5, 50, 50] == 1  # the newest
    assert maps[5, 5, 5] == 0
    assert not prompt_maps(64, None, None, [])[2].any()


def test_a_click_is_where_the_crop_shows_it() -> None:
    image = np.zeros((200, 200, 3), dtype=np.uint8)
    image[120, 77] = 255
    window = (50.0, 90.0, 64.0)
    crop = crop_image(image, window, 128)
    ((x, y, _),) = in_window([(77.5, 120.5, True)], window, 128)
    row, column = np.unravel_index(int(crop[:, :, 0].argmax()), (128, 128))
    assert (abs(column + 0.5 - x), abs(row + 0.5 - y)) <= (1, 1)


def test_bounds_hold_everything_prompted() -> None:
    assert bounds_of((10, 10, 20, 20), (5, 12, 18, 30), [(19, 15, True)]) == (5, 10, 20, 30)
    assert bounds_of(None, None, [(3, 4, True), (9, 1, False)]) == (3, 1, 9, 4)
    # A click beyond is the middle of what is missing; one that excludes is not.
    assert bounds_of((10, 10, 20, 20), None, [(40, 15, True)]) == (10, 10, 60, 20)
    assert bounds_of((10, 10, 20, 20), None, [(15, 2, True)]) == (10, -6, 20, 20)
    assert bounds_of((10, 10, 20, 20), None, [(40, 15, False)]) == (10, 10, 40, 20)
    with pytest.raises(ValueError, match="a box, a click or a mask"):
        bounds_of(None, None, [])


def test_sampling_a_ramp_is_linear() -> None:
    ramp = np.repeat(np.arange(32, dtype=np.float32)[None], 32, axis=0)
    values = sampled(ramp, (100.0, 100.0, 64.0), 110, 110, 40, 40)
    expected = (np.arange(110, 150) + 0.5 - 100) * 0.5 - 0.5
    np.testing.assert_allclose(values[0], expected, atol=0.05)


@settings(max_examples=50, deadline=None)
@given(st.integers(-30, 60), st.integers(-30, 60), st.integers(1, 80), st.integers(1, 80))
def test_a_local_mask_is_the_same_through_any_rectangle(left: int, top: int, width: int, height: int) -> None:
    whole = np.random.default_rng(1).integers(0, 2, (40, 50), dtype=np.uint8)
    mask = LocalMask.of(whole)
    padded = np.pad(whole, 120)
    expected = padded[120 + top : 120 + top + height, 120 + left : 120 + left + width]
    np.testing.assert_array_equal(mask.within(left, top, width, height), expected)
    np.testing.assert_array_equal(mask.whole(40, 50), whole)
