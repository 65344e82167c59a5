"""What a run is made of: schedule, order of images, optimizer, log."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core import CocoDataset, MaskRCNN, ModelConfig, TrainConfig
from core.model.images import batch_images
from core.training.distributed import Processes
from core.training.learning.optimizers import build_optimizer, set_learning_rate
from core.training.learning.schedules import learning_rate_factor
from core.training.records.metrics_log import MetricsLog
from core.training.samples import BatchOrder, SeededSamples, TargetsForModel, input_size, select_train_indices
from tests.core.toy_data import TINY_MODEL, write_toy_data

CPU = torch.device("cpu")
CONFIG = TrainConfig(images="", annotations="", output="")


def test_learning_rate_warms_up_and_falls() -> None:
    cosine = [learning_rate_factor(step, 1000, CONFIG) for step in range(1000)]
    assert cosine[0] == pytest.approx(1 / 101)
    assert cosine[100] == 1.0
    assert cosine[550] == pytest.approx(0.5)
    assert 0 < cosine[999] < 1e-5
    assert cosine[:100] == sorted(cosine[:100])
    assert cosine[100:] == sorted(cosine[100:], reverse=True)

    steps = TrainConfig(images="", annotations="", output="", schedule="step", warmup_steps=0)
    assert [learning_rate_factor(step, 100, steps) for step in (0, 66, 67, 88, 89)] == pytest.approx(
        [1, 1, 0.1, 0.1, 0.01]
    )
    # A short run is not warm-up alone.
    assert learning_rate_factor(1, 10, CONFIG) == 1.0


def order(first: int, last: int, *, images: int = 5, rank: int = 0, count: int = 1) -> list[list[tuple[int, int]]]:
    return list(BatchOrder(images, CONFIG, Processes(rank, count, CPU), first, last))


def test_the_order_of_images_follows_from_the_seed_and_the_step() -> None:
    whole = order(0, 9)
    assert [len(batch) for batch in whole] == [2, 2, 1] * 3
    for epoch in range(3):
        assert sorted(index for batch in whole[3 * epoch : 3 * epoch + 3] for index, _ in batch) == [0, 1, 2, 3, 4]
    assert whole[:3] != whole[3:6]
    for first in range(9):
        assert order(first, 9) == whole[first:]


def test_processes_share_an_epoch() -> None:
    ranks = [order(0, 2, images=7, rank=rank, count=3) for rank in range(3)]
    seen = [index for rank in ranks for batch in rank for index, _ in batch]
    assert set(seen) == set(range(7))
    assert len(seen) == 9  # two images twice, so that every process has one at every step
    assert all(len(batch) for rank in ranks for batch in rank)


def test_variations_follow_from_the_sample_s_seed_alone(tmp_path: Path) -> None:
    file = write_toy_data(tmp_path / "data", 1)
    dataset = CocoDataset(tmp_path / "data" / "images", file, transforms=_noise)
    samples = SeededSamples(dataset, [0])
    torch.manual_seed(5)
    first, expected = samples[0, 11][0], torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(samples[0, 11][0], first)
    assert not torch.equal(samples[0, 12][0], first)
    torch.manual_seed(5)
    assert torch.equal(torch.rand(1), expected)  # drawing a sample takes nothing from the model's chance


def test_images_without_what_is_to_be_learned_can_be_left_out(tmp_path: Path) -> None:
    file = write_toy_data(tmp_path / "data", 4, keypoints=True)
    data = json.loads(file.read_text())
    for annotation in data["annotations"]:
        if annotation["image_id"] == 1:
            annotation["iscrowd"] = 1
        if annotation["image_id"] == 2 and "keypoints" in annotation:
            annotation["keypoints"] = [0] * 6
    data["annotations"] = [annotation for annotation in data["annotations"] if annotation["image_id"] != 3]
    file.write_text(json.dumps(data))

    def places(**fields: bool) -> list[int]:
        return select_train_indices(CocoDataset(tmp_path / "data" / "images", file), replace(CONFIG, **fields))  # type: ignore[arg-type]

    assert places() == [0, 1, 2, 3]
    assert places(empty_images=False) == [0]  # a crowd alone, keypoints that nobody labelled, and nothing
    for category in data["categories"]:
        category.pop("keypoints", None)
    for annotation in data["annotations"]:
        annotation.pop("keypoints", None)
    file.write_text(json.dumps(data))
    assert places(empty_images=False) == [0, 2]
    data["annotations"] = []
    file.write_text(json.dumps(data))
    with pytest.raises(ValueError, match="has no single object"):
        places(empty_images=False)
    dataset = CocoDataset(tmp_path / "data" / "images", file)
    assert SeededSamples(dataset, [3, 0])[0, 1][1]["image_id"] == 3


def _noise(image: torch.Tensor, target: dict) -> tuple[torch.Tensor, dict]:
    return image + torch.rand_like(image), target


def test_targets_speak_of_the_model_s_classes(tmp_path: Path) -> None:
    file = write_toy_data(tmp_path / "data", 1, keypoints=True)
    dataset = CocoDataset(tmp_path / "data" / "images", file, box_masks=True)
    names = ["person", "square", "disc"]
    categories = [{"id": label, "name": name} for label, name in enumerate(names, 1)]
    model = MaskRCNN(ModelConfig.from_dict(TINY_MODEL | {"num_classes": 3, "num_keypoints": 4}), categories)  # type: ignore[arg-type]
    (target,) = TargetsForModel(dataset.categories, model)([dataset[0][1]])
    own = [dataset.categories[label - 1]["name"] for label in dataset[0][1]["labels"]]
    assert [names[label - 1] for label in target["labels"]] == own
    assert target["annotated_labels"].tolist() == [True, False, True, True]
    assert target["keypoints"].shape == (2, 4, 3)
    assert target["keypoints"][:, 2:].sum() == 0
    assert "box_masks" in target
    assert target["has_mask"].tolist() == [True, True]

    # A model that has never heard of squares.
    discs = MaskRCNN(ModelConfig.from_dict(TINY_MODEL | {"num_classes": 1}), [{"id": 1, "name": "disc"}])
    (alone,) = TargetsForModel(dataset.categories, discs)([dataset[0][1]])
    assert alone["labels"].tolist() == [1]
    disc = own.index("disc")
    assert torch.equal(alone["boxes"][0], target["boxes"][disc])
    assert torch.equal(alone["box_masks"][0], target["box_masks"][disc])
    assert alone["annotated_labels"].tolist() == [True, True]


def test_shorter_edges_are_drawn_from_those_given() -> None:
    assert input_size(CONFIG) == {"min_size": None, "max_size": None}
    config = replace(CONFIG, min_sizes=(640, 672, 704, 736, 768, 800), max_size=1333)
    torch.manual_seed(0)
    drawn = [input_size(config) for _ in range(100)]
    assert {size["min_size"] for size in drawn} == set(config.min_sizes)
    assert {size["max_size"] for size in drawn} == {1333}
    # A crop is of the size wanted: the model takes it as it is.
    jittered = replace(config, large_scale_jitter=(0.1, 2.0), crop_size=1024)
    assert input_size(jittered) == {"min_size": 1024, "max_size": 1024}
    square = batch_images([torch.zeros(3, 1024, 1024)], ModelConfig(), **input_size(jittered))
    assert square.sizes == [(1024, 1024)]


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_norms_and_biases_are_not_decayed_and_frozen_stages_do_not_learn(kind: str) -> None:
    model = MaskRCNN(ModelConfig.from_dict(TINY_MODEL | {"num_classes": 2}))
    model.freeze_stages(2)
    config = TrainConfig(images="", annotations="", output="", optimizer=kind, weight_decay=0.1)  # type: ignore[arg-type]
    optimizer = build_optimizer(model, config)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    settings = {
        names[id(parameter)]: (group["weight_decay"], group["factor"])
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    assert settings["backbone.layer3.0.conv1.weight"] == (0.1, 0.25)
    assert settings["backbone.layer3.0.bn1.weight"] == (0.0, 0.25)
    assert settings["roi_heads.box_head.fc.0.weight"] == (0.1, 1.0)
    assert settings["rpn.head.objectness.bias"] == (0.0, 1.0)
    assert settings["roi_heads.box_predictor.deltas.weight"] == (0.0, 5.0)
    assert not any(name.startswith(("backbone.conv1", "backbone.bn1", "backbone.layer1")) for name in settings)
    set_learning_rate(optimizer, 1.0)
    assert {group["lr"] for group in optimizer.param_groups} == {1.0, 0.25, 5.0}


def test_rows_that_must_stay_are_not_decayed_in_a_given_model_and_learn_as_fast_as_the_rest() -> None:
    model = MaskRCNN(ModelConfig.from_dict(TINY_MODEL | {"num_classes": 2}))
    for holds_rows, decay in ((False, 0.1), (True, 0.0)):
        optimizer = build_optimizer(model, TrainConfig(model="", weight_decay=0.1), holds_rows)
        rows = model.roi_heads.box_predictor.deltas.weight
        (own,) = [group for group in optimizer.param_groups if any(rows is one for one in group["params"])]
        assert (own["weight_decay"], own["factor"]) == (decay, 1.0)


def test_the_log_is_readable_at_once_and_goes_on_after_a_step(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    log = MetricsLog(tmp_path)
    log.write("start", steps_total=9)
    for step in (1, 2, 3):
        log.write("step", step=step, loss=0.5)
        assert json.loads(path.read_text().splitlines()[-1]) == {"kind": "step", "step": step, "loss": 0.5}
    log.write("end", reason="stopped")
    log.close()
    with path.open("a") as file:
        file.write('{"kind": "st')  # the machine stopped here
    MetricsLog(tmp_path, keep_until_step=2).close()
    kept = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(entry["kind"], entry.get("step")) for entry in kept] == [("start", None), ("step", 1), ("step", 2)]
    MetricsLog(tmp_path).close()
    assert path.read_text() == ""
