"""Backbones and heads of one's own in the place of ours: one file each, nothing of core is touched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core import MaskRCNN, ModelConfig, load_model, save_model
from core.model.ground_truth import ObjectsOfImage
from core.model.roi_heads import RoiHeads
from core.model.roi_heads.sampling import SampledRois
from tests.core.model.tiny_models import image, target, tiny_config, total


class Stairs(nn.Module):
    """Maps of stride 2 to 32, by name."""

    def __init__(self, widths: Sequence[int] = (4, 8, 8, 16, 16)) -> None:
        super().__init__()
        self.steps = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in zip((3, *widths), widths, strict=False))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        maps = {}
        for number, step in enumerate(self.steps, 1):
            x = maps[f"c{number}"] = step(x).relu()
        return maps


class WithShare(RoiHeads):
    """One more head: the share of its box that an object's mask fills (a head in one file)."""

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__(config, channels)
        self.share = nn.Linear(channels, 1)

    def losses(
        self,
        maps: Sequence[Tensor],
        sampled: Sequence[SampledRois],
        objects: Sequence[ObjectsOfImage],
        scales: Sequence[Tensor],
    ) -> dict[str, Tensor]:
        truth = [item.boxes for item in objects]
        shares = torch.cat([item.masks.flatten(1).float().mean(dim=1) for item in objects if item.masks is not None])
        own = nn.functional.mse_loss(self._shares(maps, truth), shares)
        return super().losses(maps, sampled, objects, scales) | {"loss_share": own}

    def describe(
        self, maps: Sequence[Tensor], rois: Sequence[Tensor], labels: Tensor, probabilities: Tensor | None = None
    ) -> dict[str, Tensor]:
        return super().describe(maps, rois, labels, probabilities) | {"share": self._shares(maps, rois)}

    def _shares(self, maps: Sequence[Tensor], rois: Sequence[Tensor]) -> Tensor:
        return self.share(self.box_features(maps, rois).mean(dim=(2, 3)))[:, 0]


def own_model(**fields: Any) -> MaskRCNN:
    config = tiny_config(score_threshold=0.0, **fields)
    return MaskRCNN(config, backbone=Stairs(), roi_heads=WithShare(config, config.fpn_channels))


def test_a_backbone_and_a_head_of_ones_own_learn_and_find() -> None:
    torch.manual_seed(0)
    model = own_model()
    losses = model.train()([image()], [target()])
    assert isinstance(losses, dict)
    assert "loss_share" in losses
    total(losses).backward()
    heads = model.roi_heads
    assert isinstance(heads, WithShare)
    assert heads.share.weight.grad is not None
    assert model.backbone.get_parameter("network.steps.0.weight").grad is not None
    found = model.eval()([image()])[0]
    assert len(found) > 2
    assert found.extras["share"].shape == found.scores.shape
    assert torch.equal(found[1:3].extras["share"], found.extras["share"][1:3])


def test_networks_of_timm_give_their_maps_as_they_are() -> None:
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    network = timm.create_model("mobilenetv3_small_050", features_only=True, out_indices=(1, 2, 3, 4))
    model = MaskRCNN(tiny_config(score_threshold=0.0), backbone=network)
    assert list(model.backbone.channels) == network.feature_info.channels()
    losses = model.train()([image()], [target()])
    assert isinstance(losses, dict)
    total(losses).backward()
    assert next(network.parameters()).grad is not None
    assert len(model.eval()([image()])[0]) > 0


def test_they_come_back_into_a_model_that_was_built_with_them(tmp_path: Path) -> None:
    model = own_model().eval()
    save_model(model, tmp_path / "own")
    with pytest.raises(ValueError, match=r"backbone and roi_heads of its own: load_model\(…, model=…\)"):
        load_model(tmp_path / "own")
    other = own_model()
    assert load_model(tmp_path / "own", model=other) is other
    assert torch.equal(other([image()])[0].boxes, model([image()])[0].boxes)
    torch.save({"state_dict": model.state_dict()}, tmp_path / "own.pth")
    read = load_model(tmp_path / "own.pth", model=own_model())
    assert torch.equal(read([image()])[0].boxes, model([image()])[0].boxes)
    fewer = model.with_config(detections_per_image=3).eval()
    assert torch.equal(fewer([image()])[0].boxes, model([image()])[0].boxes[:3])


def test_a_stride_that_is_missing_is_named() -> None:
    with pytest.raises(ValueError, match=r"strides \[2, 4, 8, 16\], ModelConfig.features='fpn' needs \[4, 8, 16, 32\]"):
        MaskRCNN(tiny_config(), backbone=Stairs((4, 8, 8, 16)))
    with pytest.raises(ValueError, match="features='c4' is for the backbones that core names"):
        MaskRCNN(tiny_config(features="c4"), backbone=Stairs())


def test_what_could_not_be_read_back_is_not_saved(tmp_path: Path) -> None:
    model = MaskRCNN(tiny_config())
    model.roi_heads.box_predictor = nn.Linear(3, 3)
    with pytest.raises(ValueError, match=r"tensor 'box_predictor\.[\w.]+' is not what its configuration"):
        save_model(model, tmp_path / "exchanged")
    model = MaskRCNN(tiny_config())
    with torch.no_grad():
        model.rpn.head.objectness.bias[0] = float("nan")
    with pytest.raises(ValueError, match=r"'rpn\.head\.objectness\.bias' holds a number that is not finite"):
        save_model(model, tmp_path / "broken")
    assert not list(tmp_path.iterdir())
