"""What the walkthroughs train with: regions that are moved as said, keypoints that come back, small detectors."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from core import CocoDataset, load_model

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


@pytest.fixture(scope="module")
def modules() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(NOTEBOOKS))
        names = ("mask_branch", "keypoint_branch", "small_training", "transfer")
        yield {name: importlib.import_module(name) for name in names}


@pytest.fixture(scope="module")
def mask_branch(modules: dict[str, ModuleType]) -> ModuleType:
    return modules["mask_branch"]


@pytest.fixture(scope="module")
def model() -> Any:
    return load_model("scenes")


@pytest.fixture(scope="module")
def scenes(mask_branch: ModuleType, model: Any) -> Any:
    return mask_branch.collect_scenes(model, range(6), simple=True)


def test_a_shift_moves_box_and_truth_together(mask_branch: ModuleType, model: Any, scenes: Any) -> None:
    still = mask_branch.read_regions(scenes, model.config)
    half = mask_branch.read_regions(scenes, model.config, shift=(0.5, 0.0))
    torch.testing.assert_close(half.targets[:, :, :14], still.targets[:, :, 14:], atol=0.1, rtol=0)
    assert float(half.targets[:, :, :14].mean()) > 0.2  # there is something there


def test_principal_channels_lose_nothing_when_all_are_kept(mask_branch: ModuleType, model: Any, scenes: Any) -> None:
    regions = mask_branch.read_regions(scenes, model.config)
    channels = regions.features.shape[1]
    turned, same = mask_branch.principal_channels(regions, [regions], channels)
    torch.testing.assert_close(turned.features, same.features)
    # A turn and one factor: distances between cells keep their proportions.
    before, after = (r.features.transpose(0, 1).flatten(1)[:, ::97] for r in (regions, turned))
    ratio = torch.pdist(after.T) / torch.pdist(before.T).clamp(min=1e-6)
    assert float(ratio.std() / ratio.mean()) < 1e-2
    few, _ = mask_branch.principal_channels(regions, [regions], 8)
    assert few.features.shape[1] == 8
    assert float(few.features.var()) * 8 > 0.5 * float(turned.features.var()) * channels


def test_a_perfect_heatmap_brings_keypoints_back(modules: dict[str, ModuleType], model: Any, scenes: Any) -> None:
    keypoint_branch = modules["keypoint_branch"]
    regions = keypoint_branch.read_keypoint_regions(scenes, model.config, moves=2)
    count, joints = regions.positions.shape
    assert count
    assert joints == 4
    assert regions.visible.float().mean() > 0.3  # an arrow's keypoints are its corners: some boxes leave them out
    one_hot = torch.zeros(count, joints, 56 * 56).scatter_(2, regions.positions[..., None], 1.0)
    one_hot = one_hot.view(count, joints, 56, 56)
    distances = keypoint_branch.keypoint_distances(lambda features: one_hot, regions)
    assert len(distances) == int(regions.visible.sum())
    assert float(distances.max()) < 0.03
    summary = keypoint_branch.keypoint_summary(distances)
    assert summary["within 10 %"] == 100
    assert summary["median distance"] < 1.5
    mirrored = keypoint_branch.keypoint_distances(lambda features: one_hot.flip(-1), regions)
    assert keypoint_branch.keypoint_summary(mirrored)["within 5 %"] < 50


def test_a_small_detector_trains_and_is_judged(modules: dict[str, ModuleType], tmp_path: Path) -> None:
    small = modules["small_training"]
    settings = small.SmallTraining(scenes=4, judged=3, size=96, steps=2, batch_size=2, seeds=1)
    for part, images, first in (("train", 4, 0), ("judged", 3, small.JUDGED_FROM)):
        small.write_simple_scenes(tmp_path / part, images, first, settings.size)
    plain = CocoDataset(tmp_path / "train" / "images", tmp_path / "train" / "annotations.json")
    with_keypoints = CocoDataset(tmp_path / "train" / "images", tmp_path / "train" / "keypoints.json")
    assert plain.num_keypoints == 0
    assert with_keypoints.num_keypoints == 4
    faster = small.train_small({"mask_head": None}, 0, settings, tmp_path)
    both = small.train_small({"keypoints": True, "training": {"steps": 1}}, 0, settings, tmp_path)
    assert {"box AP", "arrow box AP", "training", "inference", "parameters"} <= set(faster)
    assert not any("mask" in name or "keypoint" in name for name in faster)
    assert {"mask AP", "keypoint AP"} <= set(both)
    assert both["parameters"] > faster["parameters"]


def test_transfer_judges_a_model_by_whatever_names_its_classes_have(
    modules: dict[str, ModuleType], tmp_path: Path
) -> None:
    transfer = modules["transfer"]
    settings = transfer.Transfer(images=(2,), judged=3, steps=1, seeds=1)
    transfer._write(tmp_path / "judged", 3, modules["small_training"].JUDGED_FROM, settings.size)
    transfer._write(tmp_path / "train_2_0", 2, 0, settings.size)
    known = transfer.untrained_figures(settings, tmp_path)
    assert known["disc mask AP"] > 50  # the starter's circle
    begun = transfer.transfer_run("rows copied", 2, 0, settings, tmp_path)
    assert begun["disc mask AP"] > 50  # still, under the data's own name
    assert begun.keys() == known.keys()
