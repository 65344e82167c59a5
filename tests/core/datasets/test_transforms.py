"""Image and target are varied together."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core import TrainConfig
from core.datasets import CocoDataset
from core.datasets.copy_paste import CopyPaste
from core.datasets.large_scale_jitter import LargeScaleJitter
from core.datasets.transforms import (
    ColourJitter,
    HorizontalFlip,
    flip_horizontally,
    keypoint_partners,
    training_transforms,
)
from core.training.distributed import Processes
from core.training.run import prepare_run
from tests.core.conftest import DataSet
from tests.core.toy_data import TINY_MODEL

CONFIG = TrainConfig(images="", annotations="", output="")


def test_a_flip_moves_pixels_boxes_masks_and_keypoints_alike(data_set: DataSet) -> None:
    dataset = CocoDataset(*data_set())
    image, target = dataset[0]
    flipped_image, flipped = HorizontalFlip(1.0, dataset.categories)(image, target)
    assert torch.equal(flipped_image, image.flip(2))
    assert flipped["boxes"].tolist() == [[25, 5, 35, 15], [18, 0, 20, 30]]
    assert torch.equal(flipped["masks"], target["masks"].flip(2))
    # The left hand at x = 21 is now the right hand at 40 - 21; the one not labelled stays (0, 0, 0).
    assert flipped["keypoints"][1].tolist() == [[0, 0, 0], [19, 12.5, 2]]
    assert flipped["keypoints"][0].tolist() == [[0, 0, 0], [0, 0, 0]]
    assert target["boxes"].tolist() == [[5, 5, 15, 15], [20, 0, 22, 30]]


@pytest.mark.parametrize("offset", [0.0, 0.5])
def test_a_flipped_keypoint_stays_on_its_pixel_by_index_and_by_place(offset: float) -> None:
    image = torch.zeros(3, 10, 100)
    image[:, 5, 10] = 1
    x = 10.5 - offset  # of the centre of that pixel, as the data of a model with this `keypoint_offset` have it
    target = {
        "boxes": torch.tensor([[0.0, 0, 50, 10]]),
        "labels": torch.tensor([1]),
        "keypoints": torch.tensor([[[x, 5, 2]]]),
    }
    partners = torch.zeros((2, 1), dtype=torch.int64)
    flipped_image, flipped = flip_horizontally(image, target, partners, offset)
    assert flipped_image[0, 5].argmax() == 89
    assert float(flipped["keypoints"][0, 0, 0]) == 89.5 - offset
    _, again = flip_horizontally(flipped_image, flipped, partners, offset)
    assert torch.equal(again["keypoints"], target["keypoints"])


def test_a_run_flips_keypoints_as_its_model_means_them(data_set: DataSet, tmp_path: Path) -> None:
    images, file = data_set()
    for offset in (0.0, 0.5):
        fields = TINY_MODEL | {"keypoint_offset": offset}
        config = TrainConfig(
            str(images), str(file), str(tmp_path / "run"), "", json.dumps(fields), horizontal_flip=1.0, device="cpu"
        )
        run = prepare_run(config, Processes(0, 1, torch.device("cpu")))
        run.log.close()
        assert float(run.dataset[0][1]["keypoints"][1, 1, 0]) == 40 - 21 - 2 * offset


def test_every_transform_of_a_run_means_keypoints_as_its_model_does(data_set: DataSet) -> None:
    config = replace(CONFIG, large_scale_jitter=(5.0, 5.0), crop_size=40, copy_paste=1.0)
    dataset = CocoDataset(*data_set())
    flip, jitter, paste = training_transforms(dataset, config, 0.5).transforms
    assert isinstance(flip, HorizontalFlip)
    assert isinstance(jitter, LargeScaleJitter)
    assert isinstance(paste, CopyPaste)
    assert flip.keypoint_offset == jitter.keypoint_offset == paste.keypoint_offset == 0.5
    # Five times as large, pixel 21 has its centre at the index 5 · 21.5 − 0.5 = 107; a crop takes off whole pixels.
    crops = [jitter(*dataset.read(0))[1]["keypoints"].reshape(-1, 3) for _ in range(100)]
    seen = torch.cat(crops)
    places = seen[seen[:, 2] > 0, 0]
    assert len(places)
    assert (places == places.round()).all()


@pytest.mark.parametrize("box_masks", [False, True])
def test_two_flips_are_none(data_set: DataSet, box_masks: bool) -> None:
    dataset = CocoDataset(*data_set(), box_masks=box_masks)
    partners = keypoint_partners(dataset.categories)
    image, target = dataset[0]
    again_image, again = flip_horizontally(*flip_horizontally(image, target, partners), partners)
    assert torch.equal(image, again_image)
    for key, value in target.items():
        assert torch.equal(again[key], value) if isinstance(value, torch.Tensor) else again[key] == value


def test_masks_stay_in_their_boxes(data_set: DataSet) -> None:
    dataset = CocoDataset(*data_set())
    _, target = HorizontalFlip(1.0, dataset.categories)(*dataset[0])
    for mask, box in zip(target["masks"], target["boxes"].int().tolist(), strict=True):
        x0, y0, x1, y1 = box
        assert mask[y0:y1, x0:x1].all()
        assert mask.sum() == (x1 - x0) * (y1 - y0)


def test_an_image_without_objects_can_be_flipped(data_set: DataSet) -> None:
    dataset = CocoDataset(*data_set())
    _, target = HorizontalFlip(1.0, dataset.categories)(*dataset[1])
    assert target["boxes"].shape == (0, 4)
    assert target["keypoints"].shape == (0, 2, 3)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["nose", "left_eye", "right_eye"], [0, 2, 1]),
        (["Left Wing", "tail", "Right Wing"], [2, 1, 0]),
        (["eye_l", "eye_r", "ball"], [1, 0, 2]),
        (["front-L", "front-R", "back-R"], [1, 0, 2]),
        (["left", "middle"], [0, 1]),
        (["ear", "lip", "collar"], [0, 1, 2]),
    ],
)
def test_names_say_which_keypoints_trade_places(names: list[str], expected: list[int]) -> None:
    assert keypoint_partners([{"id": 1, "name": "x", "keypoints": names}])[1].tolist() == expected


def test_each_category_has_its_own_keypoints() -> None:
    table = keypoint_partners(
        [{"id": 3, "name": "cup"}, {"id": 5, "name": "glasses", "keypoints": ["right_lens", "bridge", "left_lens"]}]
    )
    assert table.tolist() == [[0, 1, 2], [0, 1, 2], [2, 1, 0]]
    assert keypoint_partners([]).shape == (1, 0)


@given(st.integers(0, 1000), st.floats(0, 1))
def test_colour_jitter_stays_in_range_and_follows_the_seed(seed: int, strength: float) -> None:
    image = torch.rand((3, 8, 9), generator=torch.Generator().manual_seed(seed))
    results = []
    for _ in range(2):
        torch.manual_seed(seed)
        jittered, target = ColourJitter(strength)(image, {"boxes": torch.zeros((0, 4))})
        assert jittered.min() >= 0
        assert jittered.max() <= 1
        assert jittered.shape == image.shape
        assert list(target) == ["boxes"]
        results.append(jittered)
    assert torch.equal(*results)


def test_strengths_beyond_one_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0"):
        ColourJitter(1.5)


def test_training_transforms_flip_about_as_often_as_asked(data_set: DataSet) -> None:
    dataset = CocoDataset(*data_set())
    image, target = dataset[0]
    transforms = training_transforms(dataset, replace(CONFIG, horizontal_flip=0.25))
    torch.manual_seed(0)
    flips = sum(not torch.equal(transforms(image, target)[0], image) for _ in range(400))
    assert 70 <= flips <= 130
    coloured, _ = training_transforms(dataset, replace(CONFIG, horizontal_flip=0, colour_jitter=0.5))(image, target)
    assert not torch.equal(coloured, image)


def test_real_people_keep_their_sides(shared_data: Path) -> None:
    folder = shared_data / "coco_one_person"
    dataset = CocoDataset(folder / "images", folder / "annotations/keypoints.json")
    names = dataset.categories[0]["keypoints"]
    image, target = dataset[0]
    _, flipped = HorizontalFlip(1.0, dataset.categories)(image, target)
    left, right = names.index("left_shoulder"), names.index("right_shoulder")
    before, after = target["keypoints"][0], flipped["keypoints"][0]
    assert before[left, 2] > 0
    assert before[right, 2] > 0
    assert after[right].tolist() == [image.shape[2] - before[left, 0], *before[left, 1:]]
