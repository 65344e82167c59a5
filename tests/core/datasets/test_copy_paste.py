"""Pasted objects bring their pixels, and take them from what is behind: in the image, the masks and the boxes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from core import CocoDataset, TrainConfig
from core.datasets.copy_paste import CopyPaste, paste_objects
from core.datasets.transforms import Compose, training_transforms
from core.training.samples import SeededSamples
from tests.core.datasets.scenes import bitmaps_of, extent, scene

NOTHING = Compose([])
CONFIG = TrainConfig(images="", annotations="", output="")


class OneImage:
    """A data set of one image, as `CopyPaste` takes it."""

    def __init__(self, image: Tensor, target: dict[str, Any], bitmaps: NDArray[np.bool_]) -> None:
        self.image, self.target, self.bitmaps = image, target, bitmaps

    def __len__(self) -> int:
        return 1

    def read(self, index: int) -> tuple[Tensor, dict[str, Any]]:
        return self.image, self.target

    def bitmap(self, index: int, objects: Any) -> NDArray[np.uint8]:
        return self.bitmaps[objects].any(axis=0).astype(np.uint8)


@settings(max_examples=100)
@given(st.integers(0, 10_000), st.integers(8, 60), st.integers(8, 60), st.booleans())
def test_pasting_agrees_with_full_bitmaps(seed: int, height: int, width: int, box_masks: bool) -> None:
    image, target = scene(seed, height, width, 4, box_masks=box_masks)
    other_image, other = scene(seed + 1, height, width, 2, box_masks=box_masks)
    other_image = other_image + 2  # told apart from every pixel of the first
    behind = bitmaps_of(scene(seed, height, width, 4)[1], height, width)
    front = bitmaps_of(scene(seed + 1, height, width, 2)[1], height, width)
    target["labels"], other["labels"] = torch.arange(4), torch.tensor([8, 9])
    covered = front.any(axis=0)
    pasted, joined = paste_objects(image, target, other_image, other, torch.from_numpy(covered))

    np.testing.assert_array_equal((pasted >= 2).all(dim=0).numpy(), covered)
    assert torch.equal(pasted[:, covered], other_image[:, covered])
    assert torch.equal(pasted[:, ~covered], image[:, ~covered])
    left = behind & ~covered
    kept = left.any(axis=(1, 2))
    assert joined["labels"].tolist() == [*np.nonzero(kept)[0], 8, 9]
    expected = np.concatenate([left[kept], front])
    np.testing.assert_array_equal(bitmaps_of(joined, height, width), expected)
    for box, bitmap in zip(joined["boxes"].numpy(), expected, strict=True):
        np.testing.assert_allclose(box, extent(bitmap), atol=28 / 112 if box_masks else 0)
    # Of hidden keypoints one knows where they are.
    before, after = target["keypoints"].numpy()[kept], joined["keypoints"].numpy()[:-2]
    hidden = covered[before[..., 1].astype(int), before[..., 0].astype(int)] & (before[..., 2] > 0)
    np.testing.assert_array_equal(after[..., :2], before[..., :2])
    np.testing.assert_array_equal(after[..., 2], np.where(hidden, 1, before[..., 2]))


@pytest.mark.parametrize("box_masks", [False, True])
def test_an_object_behind_others_altogether_is_gone_and_one_beside_them_untouched(box_masks: bool) -> None:
    image, target = scene(3, 60, 60, 1, box_masks=box_masks)
    _, far = scene(3, 60, 60, 1, box_masks=box_masks)
    covered = torch.zeros((60, 60), dtype=torch.bool)
    x0, y0, x1, y1 = (int(value) for value in target["boxes"][0])
    none = {key: value[:0] if isinstance(value, Tensor) else value for key, value in far.items()}
    _, same = paste_objects(image, target, image, none, covered)
    assert all(torch.equal(same[key], value) for key, value in target.items() if isinstance(value, Tensor))
    covered[y0:y1, x0:x1] = True
    _, gone = paste_objects(image, target, image, none, covered)
    assert len(gone["boxes"]) == 0


def test_only_objects_with_masks_that_are_no_crowds_are_pasted() -> None:
    image, target = scene(1, 40, 40, 0, box_masks=True)
    other_image, other = scene(2, 40, 40, 6, box_masks=True)
    other["labels"] = torch.arange(6)
    other["iscrowd"][:2] = True
    other["has_mask"][2:4] = False
    bitmaps = bitmaps_of(scene(2, 40, 40, 6)[1], 40, 40)
    paste = CopyPaste(OneImage(other_image, other, bitmaps), 1.0, NOTHING)
    torch.manual_seed(0)
    seen = [tuple(paste(image, target)[1]["labels"].tolist()) for _ in range(60)]
    assert set(seen) == {(), (4,), (5,), (4, 5)}


@pytest.mark.parametrize(("height", "width"), [(20, 90), (90, 20), (50, 50)])
@pytest.mark.parametrize("box_masks", [False, True])
def test_another_images_size_does_not_matter(height: int, width: int, box_masks: bool) -> None:
    image, target = scene(1, 50, 50, 2, box_masks=box_masks)
    other_image, other = scene(2, height, width, 4, box_masks=box_masks)
    bitmaps = bitmaps_of(scene(2, height, width, 4)[1], height, width)
    paste = CopyPaste(OneImage(other_image + 2, other, bitmaps), 1.0, NOTHING)
    pasted_any = False
    for seed in range(20):
        torch.manual_seed(seed)
        pasted, joined = paste(image, target)
        covered = (pasted >= 2).all(dim=0).numpy()
        # Pixels of the other image are those of its objects, and no others'.
        assert (bitmaps_of(joined, 50, 50).any(axis=0) | ~covered).all()
        pasted_any |= bool(covered.any())
    assert pasted_any


@pytest.mark.parametrize(("offset", "covered_column"), [(0.0, 9), (0.5, 10)])
def test_a_keypoint_is_hidden_by_what_covers_its_own_pixel(offset: float, covered_column: int) -> None:
    image, target = scene(1, 40, 40, 1)
    box = torch.tensor([[0.0, 0.0, 40.0, 40.0]])
    target |= {"boxes": box, "masks": torch.ones(1, 40, 40, dtype=torch.uint8)}
    target["keypoints"] = torch.tensor([[[9.6, 5.2, 2.0], [30.0, 30.0, 2.0], [0.0, 0.0, 0.0]]])
    covered = torch.zeros(40, 40, dtype=torch.bool)
    covered[5, covered_column] = True
    other = scene(2, 40, 40, 1)[1]
    _, joined = paste_objects(image, target, image, other, covered, offset)
    assert joined["keypoints"][0, :, 2].tolist() == [1, 2, 0]


def test_probability_is_that_of_a_paste() -> None:
    image, target = scene(1, 40, 40, 1)
    other_image, other = scene(2, 40, 40, 5)
    paste = CopyPaste(OneImage(other_image + 2, other, other["masks"].bool().numpy()), 0.3, NOTHING)
    torch.manual_seed(0)
    pasted = sum(bool((paste(image, target)[0] >= 2).any()) for _ in range(300))
    assert 60 <= pasted <= 120
    with pytest.raises(ValueError, match=r"copy_paste=1\.5: a probability"):
        CopyPaste(OneImage(other_image, other, other["masks"].bool().numpy()), 1.5, NOTHING)


def test_real_photographs_paste_what_their_seed_says(shared_data: Path) -> None:
    folder = shared_data / "coco_subset"
    dataset = CocoDataset(folder / "images", folder / "annotations/keypoints_val.json", box_masks=True)
    config = replace(CONFIG, copy_paste=1.0, large_scale_jitter=(0.5, 1.5), crop_size=320, colour_jitter=0.2)
    dataset.transforms = training_transforms(dataset, config)
    samples = SeededSamples(dataset, range(len(dataset)))
    more = 0
    for index in range(8):
        image, target = samples[index, 1000 + index]
        again_image, again = samples[index, 1000 + index]
        assert torch.equal(image, again_image)
        assert torch.equal(target["boxes"], again["boxes"])
        assert torch.equal(target["box_masks"], again["box_masks"])
        assert image.shape == (3, 320, 320)
        boxes = target["boxes"]
        assert (boxes >= 0).all()
        assert (boxes <= 320).all()
        assert (boxes[:, 2:] > boxes[:, :2]).all()
        assert target["box_masks"].flatten(1).any(dim=1).all()
        assert target["image_id"] == dataset.image_ids[index]
        lengths = {len(target[key]) for key in ("boxes", "labels", "iscrowd", "area", "has_mask", "keypoints")}
        assert lengths == {len(boxes)}
        more += len(boxes) > len(dataset.annotations(index))
    assert more
