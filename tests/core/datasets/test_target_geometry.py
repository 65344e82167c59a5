"""Resizing and cropping move boxes, masks and keypoints as they move pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.datasets.target_geometry import (
    Shrinking,
    crop_or_pad,
    join_objects,
    resample_box_masks,
    resize,
    select_objects,
)
from tests.core.datasets.scenes import bitmaps_of, extent, scene

seeds = st.integers(0, 10_000)
sides = st.integers(8, 60)
places = st.integers(0, 40)


@settings(max_examples=150)
@given(seeds, sides, sides, places, places, sides, sides, st.booleans())
def test_a_crop_cuts_full_bitmaps(
    seed: int, height: int, width: int, left: int, top: int, new_height: int, new_width: int, box_masks: bool
) -> None:
    left, top = min(left, width - 1), min(top, height - 1)
    image, target = scene(seed, height, width, box_masks=box_masks)
    whole = bitmaps_of(scene(seed, height, width)[1], height, width)
    cropped, changed = crop_or_pad(image, target, left, top, new_height, new_width, fill=-1)

    expected = np.zeros((len(whole), new_height, new_width), dtype=bool)
    part = whole[:, top : top + new_height, left : left + new_width]
    expected[:, : part.shape[1], : part.shape[2]] = part
    kept = expected.any(axis=(1, 2))
    assert changed["labels"].tolist() == target["labels"][torch.from_numpy(kept)].tolist()
    np.testing.assert_array_equal(bitmaps_of(changed, new_height, new_width), expected[kept])
    # Within a cell of a box mask, exactly with bitmaps.
    tolerance = 28 / 112 if box_masks else 0
    for box, bitmap in zip(changed["boxes"].numpy(), expected[kept], strict=True):
        np.testing.assert_allclose(box, extent(bitmap), atol=tolerance + 1e-5)
    np.testing.assert_allclose(changed["area"], expected[kept].sum((1, 2)), atol=0 if not box_masks else 30, rtol=0.1)
    # The image: what is left of it, then padding.
    assert torch.equal(
        cropped[:, : part.shape[1], : part.shape[2]], image[:, top : top + new_height, left : left + new_width]
    )
    assert (cropped[:, part.shape[1] :] == -1).all()
    assert (cropped[:, :, part.shape[2] :] == -1).all()


@settings(max_examples=100)
@given(seeds, sides, sides, sides, sides, st.booleans())
def test_resizing_samples_full_bitmaps_at_pixel_centres(
    seed: int, height: int, width: int, new_height: int, new_width: int, box_masks: bool
) -> None:
    image, target = scene(seed, height, width, box_masks=box_masks)
    whole = bitmaps_of(scene(seed, height, width)[1], height, width)
    resized, changed = resize(image, target, new_height, new_width)
    assert resized.shape == (3, new_height, new_width)
    rows, on_row_edge = np.divmod((2 * np.arange(new_height) + 1) * height, 2 * new_height)
    columns, on_column_edge = np.divmod((2 * np.arange(new_width) + 1) * width, 2 * new_width)
    assume(on_row_edge.all() and on_column_edge.all())  # a centre on an edge may go to either side
    expected = whole[:, rows][:, :, columns]
    scale = np.array([new_width / width, new_height / height] * 2)
    boxes = target["boxes"].numpy() * scale
    box_sides = boxes[:, 2:] - boxes[:, :2]
    assume((np.abs(box_sides - 0.5) > 1e-4).all())
    kept = (box_sides >= 0.5).all(axis=1)
    if box_masks:
        assert torch.equal(changed["box_masks"], target["box_masks"][torch.from_numpy(kept)])
    else:
        kept &= expected.any(axis=(1, 2))
        np.testing.assert_array_equal(bitmaps_of(changed, new_height, new_width), expected[kept])
    np.testing.assert_allclose(changed["boxes"], boxes[kept], rtol=1e-5)
    points = target["keypoints"].numpy()[kept]
    np.testing.assert_allclose(changed["keypoints"], points * [*scale[:2], 1], rtol=1e-5)


@pytest.mark.parametrize("factor", [2, 3])
def test_whole_factors_repeat_pixels(factor: int) -> None:
    image, target = scene(1, 40, 50)
    _, changed = resize(image, target, 40 * factor, 50 * factor)
    repeated = target["masks"].repeat_interleave(factor, 1).repeat_interleave(factor, 2)
    assert torch.equal(changed["masks"], repeated)
    assert torch.equal(changed["boxes"], target["boxes"] * factor)
    assert changed["area"].tolist() == repeated.sum((1, 2)).tolist()


@given(seeds, places, places, st.booleans())
def test_keypoints_stay_on_their_pixels_or_are_no_longer_labelled(
    seed: int, left: int, top: int, box_masks: bool
) -> None:
    image, target = scene(seed, 50, 60, box_masks=box_masks)
    target["labels"] = torch.arange(len(target["boxes"]))  # so that one knows which are left
    cropped, changed = crop_or_pad(image, target, left, top, 30, 20)
    _, whole = crop_or_pad(image, target, 0, 0, 50, 60)
    assert torch.equal(whole["keypoints"], target["keypoints"])
    was_there = {tuple(point) for point in target["keypoints"].reshape(-1, 3).tolist()}
    for x, y, visibility in changed["keypoints"].reshape(-1, 3).tolist():
        if visibility:
            pixel = cropped[:2, int(y), int(x)]
            original = (float(pixel[0]) * 60, float(pixel[1]) * 50, visibility)
            assert any(np.allclose(original, point, atol=1e-3) for point in was_there)
        else:
            assert (x, y) == (0, 0)
    inside = [
        point[2] > 0 and left <= point[0] < left + 20 and top <= point[1] < top + 30
        for row in target["keypoints"][changed["labels"]].tolist()
        for point in row
    ]
    assert (changed["keypoints"][..., 2] > 0).flatten().tolist() == inside


@given(seeds, places, places, st.integers(20, 120), st.integers(20, 120))
def test_keypoints_that_are_indices_of_pixels_go_where_their_places_go(
    seed: int, left: int, top: int, height: int, width: int
) -> None:
    image, places_of = scene(seed, 50, 60)
    seen = (places_of["keypoints"][..., 2:] > 0).float()
    shift = 0.5 * torch.tensor([1.0, 1.0, 0.0])
    indices = places_of | {"keypoints": places_of["keypoints"] - shift * seen}
    found = []
    for target, offset in ((places_of, 0.0), (indices, 0.5)):
        resized = resize(image, target, height, width, offset)
        found.append(crop_or_pad(*resized, left, top, 30, 20, keypoint_offset=offset)[1]["keypoints"])
    labelled = (found[0][..., 2:] > 0).float()
    assert torch.equal(found[0][..., 2], found[1][..., 2])
    torch.testing.assert_close(found[1] + shift * labelled, found[0], atol=1e-4, rtol=0)


def test_a_box_alone_is_cut_as_a_box() -> None:
    for box_masks in (False, True):
        image, target = scene(0, 40, 40, objects=2, box_masks=box_masks)
        target["has_mask"][:] = False
        x0, y0, x1, y1 = target["boxes"][0].tolist()
        _, changed = crop_or_pad(image, target, int(x0) + 1, int(y0), 40, 40)
        assert changed["boxes"][0].tolist() == [0, 0, x1 - x0 - 1, y1 - y0]


def test_nothing_that_is_given_changes_and_no_objects_are_no_trouble() -> None:
    for box_masks in (False, True):
        for objects in (0, 3):
            image, target = scene(5, 40, 50, objects, box_masks=box_masks)
            again_image, again = scene(5, 40, 50, objects, box_masks=box_masks)
            _, cropped = crop_or_pad(*resize(image, target, 90, 35), 3, 50, 20, 20)
            assert set(cropped) == set(target)
            assert cropped["boxes"].shape[1] == 4
            assert torch.equal(image, again_image)
            for key, value in target.items():
                assert torch.equal(value, again[key]) if isinstance(value, torch.Tensor) else value == again[key]


def test_box_masks_over_their_own_boxes_stay_as_they_are() -> None:
    _, target = scene(3, 100, 100, 20, largest=90, box_masks=True)
    assert torch.equal(resample_box_masks(target["box_masks"], target["boxes"], target["boxes"]), target["box_masks"])


def test_objects_are_selected_and_joined() -> None:
    _, target = scene(3, 50, 50, 4)
    first, second = (select_objects(target, torch.tensor(rows)) for rows in ([1], [3, 0]))
    joined = join_objects(first, second | {"image_id": 9})
    assert torch.equal(joined["masks"], target["masks"][[1, 3, 0]])
    assert joined["image_id"] == 3


@pytest.mark.parametrize("box_masks", [False, True])
def test_a_large_picture_is_shrunk_with_its_target_and_loses_no_object(
    box_masks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.predict.sources.LARGE", 40 * 60 - 1)
    image, target = scene(3, 40, 60, box_masks=box_masks)
    target["boxes"][0] = torch.tensor([5.0, 5, 6, 6])  # a quarter of a pixel is left of it
    shrinking = Shrinking(10, 100, 0.5)
    small, changed = shrinking(image, target)
    assert small.shape == (3, 10, 15)
    torch.testing.assert_close(small.mean((1, 2)), image.mean((1, 2)), atol=0.01, rtol=0)  # the same picture
    torch.testing.assert_close(changed["boxes"], target["boxes"] / 4)
    torch.testing.assert_close(changed["area"], target["area"] / 16)
    seen = target["keypoints"][..., 2] > 0
    torch.testing.assert_close(changed["keypoints"][seen][:, :2] + 0.5, (target["keypoints"][seen][:, :2] + 0.5) / 4)
    assert not changed["keypoints"][~seen].any()
    if box_masks:
        assert torch.equal(changed["box_masks"], target["box_masks"])
    else:
        assert changed["masks"].shape == (3, 10, 15)
        bitmap = target["masks"][0].numpy()
        np.testing.assert_array_equal(shrinking.bitmap(bitmap), changed["masks"][0].numpy())
    # No larger than 40 megapixels, or smaller than what a network sees: as it was.
    torch.testing.assert_close(Shrinking(100, 1000)(image, target)[0], image, atol=1 / 255, rtol=0)
    small_enough, same = scene(3, 39, 60)
    assert torch.equal(shrinking(small_enough, same)[0], small_enough)
