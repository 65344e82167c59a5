"""Numbers and shapes that the paper says, where a variant could quietly have another's."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from core import MaskRCNN, ModelConfig
from core.model.images import batch_images
from tests.core.model.tiny_models import image, target, tiny_config, tiny_model, total


@pytest.mark.parametrize(
    ("features", "train", "test"),
    [("fpn", 2000, 1000), ("c4", 12000, 6000), ("c5", 12000, 6000), ("dc5", 12000, 6000)],
)
def test_one_map_gives_nms_six_times_a_levels_proposals(features: Any, train: int, test: int) -> None:
    config = ModelConfig(features=features)
    assert (config.proposals_before_nms_train, config.proposals_before_nms_test) == (train, test)
    assert ModelConfig.from_dict(config.to_dict()) == config
    given = ModelConfig(features=features, proposals_before_nms_train=70, proposals_before_nms_test=50)
    assert (given.proposals_before_nms_train, given.proposals_before_nms_test) == (70, 50)


def test_the_proposals_of_one_map_are_not_cut_before_nms() -> None:
    """With the pyramid's 1,000 a level, NMS would see a sixth of what the paper's sees."""
    anchors = {"anchor_sizes": (8, 16, 32), "proposals_before_nms_train": 0, "proposals_before_nms_test": 0}
    model = tiny_model(features="c4", **anchors, proposals_test=5000, rpn_nms_threshold=1.0).eval()
    batch = batch_images([image(320, 480)], model.config, 320, 480)
    with torch.no_grad():
        proposals, _ = model.rpn.proposals(model.rpn_output(model.features(batch.tensor), batch), batch)
    assert len(proposals[0]) > 4000  # of 20 · 30 · 9 anchors


@pytest.mark.parametrize("backbone", ["resnet18", "resnet50"])
@pytest.mark.parametrize("in_1x1", [False, True])
def test_the_c4_head_of_figure_4_keeps_its_7x7(backbone: Any, in_1x1: bool) -> None:
    fields: dict[str, Any] = {"backbone": backbone, "features": "c4", "stride_in_1x1": in_1x1}
    figure_4 = tiny_model(**fields, c4_res5="stride1").eval()
    assert figure_4.roi_heads.res5 is not None
    strides = {module.stride for module in figure_4.roi_heads.res5.modules() if isinstance(module, nn.Conv2d)}
    assert strides == {(1, 1)}
    seen: list[tuple[int, ...]] = []
    figure_4.roi_heads.res5.register_forward_hook(
        lambda _, given, out: seen.append((given[0].shape[-1], out.shape[-1]))
    )
    usual = tiny_model(**fields).eval()
    assert usual.roi_heads.res5 is not None
    usual.roi_heads.res5.register_forward_hook(lambda _, given, out: seen.append((given[0].shape[-1], out.shape[-1])))
    rois = [torch.tensor([[4.0, 4.0, 60.0, 50.0]])]
    for model in (figure_4, usual):
        with torch.no_grad():
            maps = model.features(batch_images([image()], model.config).tensor)
            assert model.roi_heads.box_features(maps, rois).shape[2:] == (7, 7)
    assert seen == [(7, 7), (14, 7)]
    # The same weights serve both.
    usual.load_state_dict(figure_4.state_dict())
    losses = figure_4.train()([image()], [target()])
    assert isinstance(losses, dict)
    assert torch.isfinite(total(losses))


def test_nothing_in_gives_nothing_out() -> None:
    model = MaskRCNN(tiny_config()).eval()
    assert model([]) == []
    with pytest.raises(ValueError, match="no images are given"):
        model.train()([], [])
    losses = model([image()], [{"boxes": [], "labels": [], "masks": []}])
    assert isinstance(losses, dict)
    assert torch.isfinite(total(losses))
