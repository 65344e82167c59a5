"""Runs that were begun before the heads lay in `roi_heads` go on."""

from __future__ import annotations

import torch

from core.config import ModelConfig
from core.model.mask_rcnn import MaskRCNN
from core.structures import Category
from core.training.checkpoints import model_state, restored_model
from tests.core.toy_data import TINY_MODEL

PERSON = Category(id=1, name="person")
POINTS = {"keypoints": ["head", "foot"], "skeleton": [[1, 2]]}


def test_heads_are_read_by_the_names_that_they_had_of_a_companion_for_keypoints_too() -> None:
    model = MaskRCNN(ModelConfig.from_dict(TINY_MODEL | {"num_classes": 1}), [PERSON])
    points = {"num_classes": 1, "num_keypoints": 2, "mask_head": None}
    model.attach_keypoint_model(
        MaskRCNN(ModelConfig.from_dict(TINY_MODEL | points), [Category(**PERSON, **POINTS)])  # type: ignore[typeddict-item]
    )
    state = model_state(model)
    names = {name: name.replace("roi_heads.", "") for name in state["model"]}
    assert {"box_head.fc.0.weight", "keypoint_model.keypoint_head.deconv.bias"} <= set(names.values())
    state["model"] = {names[name]: tensor for name, tensor in state["model"].items()}
    restored = restored_model(state).state_dict()
    assert all(torch.equal(tensor, restored[name]) for name, tensor in model.state_dict().items())
