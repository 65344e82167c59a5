"""M×M probabilities become the right pixels, in both of the ways there are."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import grid_sample
from torchvision.models.detection.roi_heads import paste_masks_in_image

from core.masks import paste_in_box

sides = st.integers(1, 90)
seeds = st.integers(0, 2**32 - 1)
fractions = st.floats(-60, 120, width=32) | st.integers(-60, 120).map(float)
extents = st.floats(0, 90, width=32) | st.sampled_from([0.0, 0.25, 1.0, 2.0])


def canvas(crop: np.ndarray, left: int, top: int, height: int, width: int) -> np.ndarray:
    """The crop in its image."""
    image = np.zeros((height, width), dtype=np.uint8)
    image[top : top + crop.shape[0], left : left + crop.shape[1]] = crop
    return image


@given(seeds, st.sampled_from([7, 14, 28]), sides, sides, fractions, fractions, extents, extents)
def test_integer_box_is_torchvision_bit_by_bit(
    seed: int, cells: int, height: int, width: int, x: float, y: float, box_width: float, box_height: float
) -> None:
    probabilities = torch.rand((1, 1, cells, cells), generator=torch.Generator().manual_seed(seed))
    box = torch.tensor([[x, y, x + box_width, y + box_height]], dtype=torch.float32)
    try:
        expected = paste_masks_in_image(probabilities, box, (height, width))[0, 0] >= 0.5
    except RuntimeError:  # torchvision has no answer for a box beyond the image
        expected = torch.zeros((height, width), dtype=torch.bool)
    crop, left, top = paste_in_box(
        probabilities[0, 0].numpy(), box[0].double().numpy(), height, width, mode="integer_box"
    )
    np.testing.assert_array_equal(canvas(crop, left, top, height, width), expected.numpy())


@given(seeds, st.sampled_from([7, 14, 28]), sides, sides, fractions, fractions, st.floats(0.5, 90), st.floats(0.5, 90))
def test_pixel_centres_are_sampled_bilinearly(
    seed: int, cells: int, height: int, width: int, x: float, y: float, box_width: float, box_height: float
) -> None:
    """grid_sample over the whole image says the same, in its own frame from -1 to 1."""
    probabilities = torch.rand((1, 1, cells, cells), generator=torch.Generator().manual_seed(seed)).double()
    columns = ((torch.arange(width).double() + 0.5 - x) / box_width) * 2 - 1
    rows = ((torch.arange(height).double() + 0.5 - y) / box_height) * 2 - 1
    grid = torch.stack(torch.meshgrid(rows, columns, indexing="ij")[::-1], dim=-1)
    sampled = grid_sample(probabilities, grid[None], align_corners=False, padding_mode="zeros")[0, 0].numpy()
    crop, left, top = paste_in_box(probabilities[0, 0].numpy(), (x, y, x + box_width, y + box_height), height, width)
    pasted = canvas(crop, left, top, height, width)
    clear = np.abs(sampled - 0.5) > 1e-4  # float32 against float64
    np.testing.assert_array_equal(pasted[clear], (sampled >= 0.5)[clear])


def test_a_full_mask_fills_exactly_the_pixels_whose_centre_is_in_the_box() -> None:
    crop, left, top = paste_in_box(np.ones((28, 28), dtype=np.float32), (3.2, 4.0, 10.6, 9.0), 20, 20)
    expected = np.zeros((20, 20), dtype=np.uint8)
    expected[4:9, 3:11] = 1
    np.testing.assert_array_equal(canvas(crop, left, top, 20, 20), expected)


@pytest.mark.parametrize("mode", ["pixel_centres", "integer_box"])
@pytest.mark.parametrize("box", [(30, 30, 40, 40), (-20, -20, -5, -5), (5, 5, 5, 9), (5, 5, 5, 5), (-9, 4, 40, 4)])
def test_boxes_without_pixels_have_no_mask_outside_themselves(mode, box) -> None:  # type: ignore[no-untyped-def]
    crop, left, top = paste_in_box(np.zeros((14, 14), dtype=np.float32), box, 20, 25, mode=mode)
    assert crop.sum() == 0
    assert crop.dtype == np.uint8
    assert 0 <= left <= left + crop.shape[1] <= 25
    assert 0 <= top <= top + crop.shape[0] <= 20


def test_a_box_of_no_width_is_empty() -> None:
    crop, _, _ = paste_in_box(np.ones((14, 14), dtype=np.float32), (5.5, 2, 5.5, 9), 20, 25)
    assert crop.sum() == 0


@pytest.mark.parametrize("mode", ["pixel_centres", "integer_box"])
def test_a_box_that_is_not_finite_is_refused(mode) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="not finite"):
        paste_in_box(np.ones((14, 14), dtype=np.float32), (1, 2, float("nan"), 5), 20, 25, mode=mode)


def test_the_crop_is_no_larger_than_the_box_and_the_image() -> None:
    crop, left, top = paste_in_box(np.ones((28, 28), dtype=np.float32), (-50.5, 10.2, 700.1, 20.7), 480, 640)
    assert (left, top, crop.shape) == (0, 10, (11, 640))
