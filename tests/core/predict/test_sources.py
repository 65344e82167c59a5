"""Arrays and tensors: their range is declared, or 0..1 for floats of torch; nothing is guessed from a picture."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch

from core import Predictor
from core.predict.sources import pixel_tensor, read_source
from tests.core.model.tiny_models import tiny_model

PIXELS = np.random.default_rng(0).integers(20, 200, (30, 40, 3), dtype=np.uint8)
TENSOR = torch.from_numpy(PIXELS).permute(2, 0, 1)


@pytest.mark.parametrize(
    ("source", "value_range"),
    [
        (TENSOR, None),
        (TENSOR.contiguous(), None),
        (TENSOR.float() / 255, None),
        (TENSOR.double() / 255, None),
        (TENSOR.float().div(255).requires_grad_(), None),
        (TENSOR.float(), (0, 255)),
        (TENSOR.to(torch.int32) * 16, (0, 4080)),
        (TENSOR.float() / 127.5 - 1, (-1, 1)),
        (PIXELS.astype(np.float32), (0, 255)),
        (PIXELS.astype(np.float32) / 255, (0, 1)),
        (PIXELS.astype(np.uint16) * 257, (0, 65535)),
        (PIXELS, (0, 255)),
        (PIXELS, (0, 1)),  # 8 bits are 8 bits
    ],
)
def test_an_image_is_the_same_in_any_declared_range(source: Any, value_range: Any) -> None:
    assert np.array_equal(read_source(source, value_range), PIXELS)


def test_half_floats_and_one_or_four_channels() -> None:
    assert np.abs(read_source(TENSOR.bfloat16() / 256).astype(int) - PIXELS).max() <= 2
    grey = read_source(TENSOR[:1])
    assert np.array_equal(grey, np.repeat(PIXELS[:, :, :1], 3, axis=2))
    assert np.array_equal(read_source(TENSOR[0]), grey)
    opaque = torch.cat([TENSOR, torch.full((1, 30, 40), 255, dtype=torch.uint8)])
    assert np.array_equal(read_source(opaque), PIXELS)


def test_what_lies_outside_the_range_becomes_black_or_white() -> None:
    values = torch.tensor([[-5.0, 0.0, 128.0, 300.0, float("nan")]])
    assert read_source(values, (0, 256))[0, :, 0].tolist() == [0, 0, 128, 255, 0]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (TENSOR.float(), "values from 20 to 199: 0..1 is expected of floats; .*value_range"),
        (TENSOR.float() / 127.5 - 1, "values from -0.84"),
        (TENSOR[None], r"shape \(1, 3, 30, 40\): 3×H×W .* a list to predict_batch"),
        (torch.zeros((5, 30, 40)), r"shape \(5, 30, 40\)"),
        ([PIXELS], "a list is no image: a path, PIL image, array or tensor is needed; predict_batch takes a list"),
        (None, "a NoneType is no image"),
    ],
)
def test_what_is_no_image_or_could_be_meant_in_two_ways_is_refused(source: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_source(source)


@pytest.mark.parametrize("value_range", [(1, 0), (0, 0), (0,), 3, (0, float("inf")), ("a", "b")])
def test_a_range_is_two_numbers(value_range: Any) -> None:
    with pytest.raises(ValueError, match="value_range="):
        Predictor(tiny_model(), device="cpu", value_range=value_range)


def test_an_array_that_may_only_be_read_becomes_a_tensor_without_a_warning() -> None:
    read_only = PIXELS.copy()
    read_only.setflags(write=False)  # what numpy.asarray makes of a PIL image is so
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pixel_tensor(read_only)[0, 0] = 0
    assert read_only[0, 0].any()
    assert pixel_tensor(PIXELS).data_ptr() == PIXELS.ctypes.data  # others are not copied


def test_a_predictor_takes_tensors_wherever_it_takes_images() -> None:
    predictor = Predictor(tiny_model(), device="cpu", score_threshold=0.1, detections_per_image=50)
    expected = predictor(PIXELS)
    assert len(expected) > 0
    assert torch.equal(predictor(TENSOR).boxes, expected.boxes)
    declared = Predictor(tiny_model(), device="cpu", score_threshold=0.1, detections_per_image=50, value_range=(0, 255))
    for found in (declared(TENSOR.float()), declared.predict_batch([PIXELS.astype(np.float64)])[0]):
        assert torch.equal(found.boxes, expected.boxes)
    assert len(declared.boxes_to_masks(TENSOR.float(), [[2, 2, 20, 20]])) == 1
