"""RoIAlign, RoIPool and RoIWarp against loops over bins and samples."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.ops import roi_align as torchvision_roi_align

from core.config import ModelConfig
from core.model.roi_ops import assign_levels, roi_align, roi_features, roi_op

STRIDE, BINS = 16, 3
MAP = torch.randn((2, 2, 14, 17), generator=torch.Generator().manual_seed(0))
ROIS = torch.tensor(
    [
        [0.0, 20.3, 33.9, 180.2, 141.7],
        [1.0, 90.0, 12.5, 140.6, 200.1],
        [1.0, 64.0, 64.0, 160.0, 160.0],
    ]
)


def bilinear(channel: Tensor, y: float, x: float) -> Tensor:
    """The value at a position whose integers are the pixels' centres, clamped to the outermost of them."""
    y, x = min(max(y, 0.0), channel.shape[0] - 1), min(max(x, 0.0), channel.shape[1] - 1)
    top, left = min(math.floor(y), channel.shape[0] - 2), min(math.floor(x), channel.shape[1] - 2)
    a, b = y - top, x - left
    upper = (1 - b) * channel[top, left] + b * channel[top, left + 1]
    lower = (1 - b) * channel[top + 1, left] + b * channel[top + 1, left + 1]
    return (1 - a) * upper + a * lower


def sampled(box: list[float], image: int, samples: int, reduce: str) -> Tensor:
    """BINS×BINS bins of samples×samples points each over a box in map pixels (integers are centres)."""
    x0, y0, x1, y1 = box
    result = torch.zeros((MAP.shape[1], BINS, BINS))
    for channel in range(MAP.shape[1]):
        for i in range(BINS):
            for j in range(BINS):
                values = torch.stack(
                    [
                        bilinear(
                            MAP[image, channel],
                            y0 + (y1 - y0) * (i + (m + 0.5) / samples) / BINS,
                            x0 + (x1 - x0) * (j + (n + 0.5) / samples) / BINS,
                        )
                        for m in range(samples)
                        for n in range(samples)
                    ]
                )
                result[channel, i, j] = values.mean() if reduce == "avg" else values.max()
    return result


def found(**changes: Any) -> Tensor:
    return roi_op(MAP, ROIS, STRIDE, BINS, ModelConfig(**changes))


@pytest.mark.parametrize("reduce", ["avg", "max"])
@pytest.mark.parametrize("samples", [1, 2, 4])
@pytest.mark.parametrize("aligned", [True, False])
def test_roi_align_samples_exact_positions(reduce: str, samples: int, aligned: bool) -> None:
    half = 0.5 if aligned else 0.0
    expected = [
        sampled([value / STRIDE - half for value in roi[1:]], int(roi[0]), samples, reduce) for roi in ROIS.tolist()
    ]
    result = found(roi_reduce=reduce, roi_samples=samples, roi_aligned=aligned)
    torch.testing.assert_close(result, torch.stack(expected), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("reduce", ["avg", "max"])
def test_roi_warp_rounds_the_box_first_and_samples_then(reduce: str) -> None:
    expected = []
    for roi in ROIS.tolist():
        # RoIPool counts whole pixels, the last one included: pixel p covers [p - 0.5, p + 0.5) about its centre.
        x0, y0, x1, y1 = (math.floor(value / STRIDE + 0.5) for value in roi[1:])
        expected.append(sampled([x0 - 0.5, y0 - 0.5, x1 + 0.5, y1 + 0.5], int(roi[0]), 2, reduce))
    result = found(roi_op="warp", roi_reduce=reduce)
    torch.testing.assert_close(result, torch.stack(expected), atol=1e-5, rtol=1e-5)


def test_roi_pool_takes_the_maximum_of_whole_pixels() -> None:
    result = found(roi_op="pool")
    for roi, own in zip(ROIS.tolist(), result, strict=True):
        x0, y0, x1, y1 = (round(value / STRIDE) for value in roi[1:])
        for i in range(BINS):
            for j in range(BINS):
                rows = slice(y0 + math.floor(i * (y1 - y0 + 1) / BINS), y0 + math.ceil((i + 1) * (y1 - y0 + 1) / BINS))
                columns = slice(
                    x0 + math.floor(j * (x1 - x0 + 1) / BINS), x0 + math.ceil((j + 1) * (x1 - x0 + 1) / BINS)
                )
                assert torch.equal(own[:, i, j], MAP[int(roi[0]), :, rows, columns].amax(dim=(1, 2)))


@pytest.mark.parametrize("operation", ["align", "pool", "warp"])
def test_a_region_without_an_area_gives_finite_features(operation: str) -> None:
    empty = torch.tensor([[0.0, 40, 40, 40, 40], [0, 40, 40, 40.5, 40.5], [0, 300, 300, 300, 300]])
    features = roi_op(MAP, empty, STRIDE, BINS, ModelConfig(roi_op=operation))  # type: ignore[arg-type]
    assert features.shape == (3, 2, BINS, BINS)
    assert features.isfinite().all()


def test_no_regions_give_no_features() -> None:
    assert roi_features([MAP], [16], [torch.zeros((0, 4))] * 2, 7, ModelConfig()).shape == (0, 2, 7, 7)


@pytest.mark.parametrize(
    ("side", "level"), [(1, 0), (111, 0), (112, 1), (223, 1), (224, 2), (447, 2), (448, 3), (5000, 3)]
)
def test_the_level_follows_the_size_of_the_region(side: float, level: int) -> None:
    """An RoI of ImageNet's 224 pixels is read from P4, half of it from P3 (FPN, equation 1)."""
    oblong = [0.0, 0.0, side * 2, side / 2]  # what counts is the area
    assert assign_levels(torch.tensor([[0.0, 0, side, side], oblong]), 4).tolist() == [level, level]


def test_a_region_without_an_area_is_read_from_the_finest_level() -> None:
    assert assign_levels(torch.tensor([[5.0, 5, 5, 5], [5, 5, 4, 9]]), 4).tolist() == [0, 0]


def test_regions_of_all_levels_come_back_in_their_order() -> None:
    generator = torch.Generator().manual_seed(1)
    maps = [torch.randn((2, 3, 512 // s, 512 // s), generator=generator) for s in (4, 8, 16, 32)]
    sides = torch.tensor([500.0, 30, 230, 120, 60, 450])
    boxes = torch.stack([torch.zeros(6), torch.zeros(6), sides, sides], dim=1)
    config = ModelConfig()
    together = roi_features(maps, [4, 8, 16, 32], [boxes[:4], boxes[4:]], 7, config)
    for index, box in enumerate(boxes):
        level = int(assign_levels(box[None], 4))
        image = 0 if index < 4 else 1
        alone = roi_op(maps[level][image : image + 1], torch.cat([torch.zeros(1), box])[None], 4 << level, 7, config)
        torch.testing.assert_close(together[index], alone[0])


BEYOND = torch.tensor(
    [[1.0, -40, -25, 90, 130], [0, 150, 100, 330, 260], [1, 60, 70, 61, 70.5], [0, -90, -90, -20, -20]]
)


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_on_the_cpu_roi_align_and_its_gradient_are_those_of_torchvision(
    aligned: bool, layout: torch.memory_format
) -> None:
    feature_map = MAP.double().contiguous(memory_format=layout).requires_grad_()
    rois = torch.cat([ROIS, BEYOND]).double()
    ours = roi_align(feature_map, rois, STRIDE, 7, "avg", 2, aligned)
    theirs = torchvision_roi_align(feature_map, rois, 7, 1 / STRIDE, 2, aligned)
    torch.testing.assert_close(ours, theirs)
    signal = torch.randn_like(ours)
    (gradient,) = torch.autograd.grad(ours, feature_map, signal)
    torch.testing.assert_close(gradient, torch.autograd.grad(theirs, feature_map, signal)[0])


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("changes", [{}, {"roi_samples": 0}, {"roi_op": "pool"}, {"roi_op": "warp"}])
def test_the_positions_of_regions_are_exact_in_half_precision_too(changes: dict[str, Any], mixed: bool) -> None:
    feature_map = MAP.bfloat16()
    exact = roi_op(feature_map.float(), ROIS, STRIDE, BINS, ModelConfig(**changes))
    with torch.autocast("cpu", torch.bfloat16, mixed):
        found = roi_op(feature_map, ROIS, STRIDE, BINS, ModelConfig(**changes))
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), exact, atol=0.01, rtol=0)  # rounded positions would move it by 0.03
