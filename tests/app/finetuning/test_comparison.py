"""Pictures of what a model finds."""

from __future__ import annotations

import numpy as np
import torch

from app.finetuning.comparison import LONGEST_EDGE, draw_instances, side_by_side
from core import Instances


def one_square(name: str, size: tuple[int, int], masks: bool = True) -> Instances:
    """A square in the middle third of the image."""
    height, width = size
    box = [width / 3, height / 3, 2 * width / 3, 2 * height / 3]
    return Instances(
        image_size=size,
        boxes=torch.tensor([box]),
        labels=torch.tensor([1]),
        scores=torch.tensor([0.9]),
        masks=torch.ones(1, 28, 28) if masks else None,
        categories=[{"id": 5, "name": name}],
    )


def test_a_mask_is_drawn_in_its_colour_and_the_rest_is_left_alone() -> None:
    pixels = np.zeros((90, 90, 3), np.uint8)
    for masks in (True, False):
        drawn = np.asarray(draw_instances(pixels, one_square("fig", (90, 90), masks), {"fig": "#ff0000"}))
        assert drawn[50, 50, 0] > 80
        assert drawn[50, 50, 1:].max() == 0
        assert drawn[80, 80].max() == 0
    assert pixels.max() == 0


def test_classes_that_the_data_does_not_name_are_not_drawn() -> None:
    pixels = np.zeros((90, 90, 3), np.uint8)
    drawn = np.asarray(draw_instances(pixels, one_square("unicorn", (90, 90)), {"fig": "#ff0000"}))
    assert drawn.max() == 0


def test_a_large_image_becomes_smaller_with_its_mask_in_place() -> None:
    pixels = np.zeros((1200, 1800, 3), np.uint8)
    picture = draw_instances(pixels, one_square("fig", (1200, 1800)), {"fig": "#00ff00"})
    assert max(picture.size) == LONGEST_EDGE
    drawn = np.asarray(picture)
    assert drawn[picture.height // 2, picture.width // 2, 1] > 80
    assert drawn[picture.height // 6, picture.width // 6].max() == 0
    both = side_by_side(picture, picture)
    assert both.width > 2 * picture.width
    assert both.height > picture.height
