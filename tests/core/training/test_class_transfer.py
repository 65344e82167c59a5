"""Moving a model to other classes: what it knew stays, by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from core import MaskRCNN, ModelConfig
from core.structures import Category
from core.training.class_transfer import merge_categories, move_to_categories, read_synonyms
from tests.core.toy_data import TINY_MODEL

PERSON: Category = {"id": 1, "name": "person", "keypoints": ["left", "right"], "skeleton": [[1, 2]]}
BASE: list[Category] = [PERSON, {"id": 2, "name": "cat"}, {"id": 3, "name": "dog"}]


def model_of(categories: list[Category] = BASE, **fields: Any) -> MaskRCNN:
    torch.manual_seed(0)
    config = ModelConfig.from_dict(
        TINY_MODEL | {"backbone": "mobilenet_v2", "num_classes": len(categories), "num_keypoints": 2} | fields
    )
    model = MaskRCNN(config, categories)
    with torch.no_grad():  # spread the scores, so that dozens of detections of all classes survive
        model.roi_heads.box_predictor.scores.weight.normal_(std=1.0)
    return model.eval()


def detections(model: MaskRCNN) -> Any:
    image = torch.rand(3, 80, 100, generator=torch.Generator().manual_seed(1))
    return model([image])[0]


def test_a_class_that_the_data_shows_without_keypoints_keeps_those_of_the_model() -> None:
    base = model_of()
    merged = merge_categories(base.categories, [{"id": 9, "name": "person"}], keep_base=True)
    assert merged[0] == {**PERSON, "id": 9}
    moved = move_to_categories(base, merged).eval()
    assert moved.config.num_keypoints == 2
    before, after = detections(base), detections(moved)
    assert len(before) > 10
    assert torch.equal(before.keypoints, after.keypoints)


def test_old_classes_are_detected_alike_in_an_extended_model() -> None:
    base = model_of()
    fruit: list[Category] = [{"id": 7, "name": "fig"}, {"id": 8, "name": "cat"}]
    moved = move_to_categories(base, merge_categories(base.categories, fruit, keep_base=True)).eval()
    assert [category["name"] for category in moved.categories] == ["person", "cat", "dog", "fig"]
    with torch.no_grad():
        # A softmax shares its sum with every class, new ones too; without theirs nothing is different.
        moved.roi_heads.box_predictor.scores.bias[4] = -1e9
        before, after = detections(base), detections(moved)
    assert len(before) > 10
    assert len(set(before.labels.tolist())) > 1
    for name in ("boxes", "labels", "scores", "masks", "keypoints"):
        assert torch.equal(getattr(before, name), getattr(after, name)), name


@pytest.mark.parametrize(
    "fields",
    [
        {"mask_loss": "softmax"},
        {"mask_head": "mlp2"},
        {"mask_class_agnostic": True},
        {"mask_head": None},
        {"features": "c4", "backbone": "resnet18", "proposals_test": 10, "num_keypoints": 0},
        {"box_head": "conv4fc1", "head_norm": "batch"},
    ],
)
def test_rows_go_with_their_names_in_every_kind_of_head(fields: dict[str, Any]) -> None:
    base = model_of(**fields)
    with torch.no_grad():
        before = detections(base)
        shuffled: list[Category] = [{"id": 1, "name": "dog"}, {"id": 2, "name": "cat"}, PERSON | {"id": 3}]  # type: ignore[list-item]
        moved = move_to_categories(base, merge_categories(BASE, shuffled, keep_base=False)).eval()
        after = detections(moved)
    assert len(before) == len(after) > 4
    assert [after.category_of(index)["name"] for index in range(len(after))] == [
        before.category_of(index)["name"] for index in range(len(before))
    ]
    torch.testing.assert_close(after.scores, before.scores)
    torch.testing.assert_close(after.boxes, before.boxes)
    if before.masks is not None:
        torch.testing.assert_close(after.masks, before.masks)


def test_new_rows_begin_as_the_mean_object() -> None:
    base = model_of()
    moved = move_to_categories(base, [*BASE, {"id": 4, "name": "fig"}])
    old, new = base.state_dict(), moved.state_dict()
    deltas = old["roi_heads.box_predictor.deltas.weight"].unflatten(0, (3, 4))
    assert torch.equal(new["roi_heads.box_predictor.deltas.weight"].unflatten(0, (4, 4))[3], deltas.mean(dim=0))
    masks = old["roi_heads.mask_head.predictor.logits.weight"]
    assert torch.equal(new["roi_heads.mask_head.predictor.logits.weight"][3], masks.mean(dim=0))
    assert new["roi_heads.box_predictor.scores.weight"].shape[0] == 5


def test_keypoint_head_stays_while_its_names_stay() -> None:
    base = model_of()
    weights = base.state_dict()["roi_heads.keypoint_head.deconv.weight"]

    def moved(data: list[Category], keep: bool = True) -> MaskRCNN:
        return move_to_categories(base, merge_categories(BASE, data, keep))

    for data in ([{"id": 9, "name": "fig"}], [PERSON | {"id": 9, "name": "worker"}], [PERSON]):
        model = moved(data)  # type: ignore[arg-type]
        assert torch.equal(model.state_dict()["roi_heads.keypoint_head.deconv.weight"], weights)
        assert model.categories[0]["keypoints"] == ["left", "right"]

    horse: Category = {"id": 9, "name": "horse", "keypoints": ["nose", "tail", "ear"], "skeleton": []}
    other = moved([horse])
    assert other.config.num_keypoints == 3
    assert "keypoints" not in other.categories[0]  # the head means the horse's now
    assert torch.equal(other.labels_with_keypoints(), torch.tensor([False, False, False, False, True]))
    assert moved([{"id": 9, "name": "fig"}], keep=False).roi_heads.keypoint_head is None
    swapped = moved([PERSON | {"keypoints": ["right", "left"]}])  # type: ignore[list-item]
    assert not torch.equal(swapped.state_dict()["roi_heads.keypoint_head.deconv.weight"], weights)


def test_a_model_without_keypoints_learns_them() -> None:
    base = model_of([{"id": 1, "name": "person"}], num_keypoints=0)
    moved = move_to_categories(base, merge_categories(base.categories, [PERSON], keep_base=True))
    assert moved.config.num_keypoints == 2
    assert moved.categories == [PERSON]


def test_an_attached_keypoint_model_stays_attached() -> None:
    base = model_of([{"id": 1, "name": "person"}], num_keypoints=0)
    base.attach_keypoint_model(model_of([PERSON]))
    moved = move_to_categories(base, merge_categories(base.categories, [{"id": 5, "name": "fig"}], keep_base=True))
    assert moved.keypoint_model is base.keypoint_model
    assert moved.config.num_keypoints == 0


def test_ids_are_the_data_s_and_unique() -> None:
    data: list[Category] = [{"id": 2, "name": "fig"}, {"id": 30, "name": "dog", "supercategory": "animal"}]
    merged = merge_categories(BASE, data, keep_base=True)
    assert [(category["id"], category["name"]) for category in merged] == [
        (1, "person"),
        (31, "cat"),
        (30, "dog"),
        (2, "fig"),
    ]
    assert merged[2]["supercategory"] == "animal"
    assert merge_categories(BASE, data, keep_base=False) == data
    with pytest.raises(ValueError, match="two categories of the annotations are named 'fig'"):
        merge_categories(BASE, [*data, {"id": 5, "name": "fig"}], keep_base=True)


def test_the_given_model_is_left_alone() -> None:
    base = model_of()
    before = {name: tensor.clone() for name, tensor in base.state_dict().items()}
    config = replace(base.config)
    move_to_categories(base, [{"id": 1, "name": "fig"}])
    assert base.config == config
    assert all(torch.equal(before[name], tensor) for name, tensor in base.state_dict().items())


def test_rows_that_stand_for_nothing_are_left_behind() -> None:
    base: list[Category] = [{"id": 1, "name": "cat"}, {"id": 2, "name": "unused 2", "unused": True}]
    model = model_of([*base, PERSON | {"id": 3}])
    merged = merge_categories(model.categories, [{"id": 9, "name": "fig"}], keep_base=True)
    assert [category["name"] for category in merged] == ["cat", "person", "fig"]
    moved = move_to_categories(model, merged)
    rows = model.roi_heads.box_predictor.scores.weight[[0, 1, 3]]
    assert torch.equal(moved.roi_heads.box_predictor.scores.weight[:3], rows)


def test_a_synonym_brings_its_rows() -> None:
    """As from COCO to Cityscapes: classes that both have are copied, a rider begins anew."""
    base = model_of()
    data: list[Category] = [
        {"id": 24, "name": "pedestrian"},
        {"id": 25, "name": "rider"},
        {"id": 26, "name": "cat"},
    ]
    synonyms = read_synonyms(["pedestrian=person", "cat = dog", "bike=bicycle"], base.categories, data)
    assert synonyms == {"pedestrian": "person"}  # the base has a cat of its own, the data no bike

    moved = move_to_categories(base, merge_categories(base.categories, data, False, synonyms), synonyms)
    assert [category["name"] for category in moved.categories] == ["pedestrian", "rider", "cat"]
    for name, leading, each in (
        ("roi_heads.box_predictor.scores", 1, 1),
        ("roi_heads.box_predictor.deltas", 0, 4),
        ("roi_heads.mask_head.predictor.logits", 0, 1),
    ):
        old, new = base.state_dict()[f"{name}.weight"][leading:], moved.state_dict()[f"{name}.weight"][leading:]
        assert torch.equal(new[:each], old[:each])  # pedestrian is person
        assert torch.equal(new[2 * each : 3 * each], old[each : 2 * each])  # cat
    rider = moved.roi_heads.box_predictor.scores.weight[2]
    assert all(not torch.equal(rider, row) for row in base.roi_heads.box_predictor.scores.weight)

    # Where the base's classes stay, the data's word replaces the base's.
    kept = merge_categories(base.categories, data, True, synonyms)
    assert [(category["id"], category["name"]) for category in kept] == [
        (24, "pedestrian"),
        (26, "cat"),
        (3, "dog"),
        (25, "rider"),
    ]
    # One class may lend its rows to two.
    both: list[Category] = [PERSON, {"id": 25, "name": "rider"}]
    synonyms = read_synonyms(["rider=person"], base.categories, both)
    merged = merge_categories(base.categories, both, False, synonyms)
    rows = move_to_categories(base, merged, synonyms).roi_heads.box_predictor.scores.weight
    assert torch.equal(rows[1], rows[2])

    for entry, message in (("pedestrian", "is no pair"), ("rider=horse", "the model has no class 'horse'")):
        with pytest.raises(ValueError, match=message):
            read_synonyms([entry], base.categories, data)
