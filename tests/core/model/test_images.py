"""How large an image is when the network sees it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core import ModelConfig
from core.model.images import batch_images, resized_size
from tests.core.model.tiny_models import tiny_config

SIDES = st.integers(1, 4000)


@given(SIDES, SIDES, st.integers(1, 1000), st.floats(1, 4))
def test_a_small_image_is_enlarged_as_often_as_allowed_and_a_large_one_as_without_a_limit(
    height: int, width: int, shortest: int, most: float
) -> None:
    free = resized_size(height, width, shortest, 2 * shortest)
    limited = resized_size(height, width, shortest, 2 * shortest, most)
    allowed = max(1, int(height * most)), max(1, int(width * most))
    assert limited == (min(free[0], allowed[0]), min(free[1], allowed[1]))


def size_of(height: int, width: int, **sizes: float) -> tuple[int, int]:
    config = tiny_config(min_size=96, max_size=200, max_enlargement=1.5)
    return batch_images([torch.zeros(3, height, width)], config, **sizes).sizes[0]  # type: ignore[arg-type]


def test_the_limit_is_the_models_own_and_a_size_that_is_asked_for_is_given() -> None:
    assert size_of(40, 60) == (60, 90)
    assert size_of(80, 100) == (96, 120)
    assert size_of(40, 60, min_size=96) == (96, 144)


def test_scale_multiplies_the_limit_too() -> None:
    assert size_of(40, 60, scale=2.0) == (120, 180)
    assert size_of(40, 60, scale=0.5) == (30, 45)
    assert size_of(100, 100, scale=0.5) == (48, 48)


def test_without_a_limit_an_image_is_enlarged_as_the_paper_has_it() -> None:
    assert batch_images([torch.zeros(3, 40, 60)], ModelConfig()).sizes == [(800, 1200)]


@pytest.mark.parametrize("image", ["photo.jpg", np.zeros((40, 60, 3), np.uint8), Image.new("RGB", (60, 40))])
def test_what_is_no_tensor_is_named_with_the_way_out(image: Any) -> None:
    with pytest.raises(ValueError, match=f"image 0 is a {type(image).__name__}: .* core.Predictor takes paths"):
        batch_images([image], tiny_config())


def test_a_limit_below_1_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ModelConfig.max_enlargement=0.5: at least 1 is needed, or 0 for any"):
        ModelConfig(max_enlargement=0.5)
