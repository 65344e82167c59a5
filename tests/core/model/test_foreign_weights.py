"""Weights as training scripts leave them: in dictionaries, behind prefixes, beside options; named and of any eps."""

from __future__ import annotations

import argparse
import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN, MaskRCNN
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_fpn as mobilenet_fpn
from torchvision.models.detection.backbone_utils import mobilenet_backbone, resnet_fpn_backbone

from core import load_model, save_model
from core.model.images import batch_images
from core.model.weights.foreign import FIRST_COCO
from tests.core.model.tiny_models import tiny_model

State = dict[str, Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    """A torchvision Mask R-CNN with one class, small enough for tests."""
    torch.manual_seed(0)
    return resnet18_state(2)


def resnet18_state(rows: int) -> State:
    model = MaskRCNN(resnet_fpn_backbone(backbone_name="resnet18", weights=None), rows, box_head=None)
    return dict(model.state_dict())


def prefixed(state: State, prefix: str) -> State:
    return {prefix + name: tensor for name, tensor in state.items()}


def inside(state: State, word: str) -> State:
    """The names when the backbone alone was wrapped."""
    return {name.replace("backbone.", f"backbone.{word}.", 1): tensor for name, tensor in state.items()}


HELD: dict[str, Callable[[State], Any]] = {
    "alone": lambda state: state,
    "in DataParallel": lambda state: prefixed(state, "module."),
    "compiled": lambda state: prefixed(state, "_orig_mod."),
    "compiled in DataParallel": lambda state: prefixed(state, "module._orig_mod."),
    "its backbone compiled": lambda state: inside(state, "_orig_mod"),
    "under state_dict": lambda state: {"state_dict": state, "epoch": 7},
    "under model_state_dict": lambda state: {"epoch": 7, "optimizer": {"state": {}}, "model_state_dict": state},
    "under a name of one's own": lambda state: {"best_detector": state},
    "deep": lambda state: {"checkpoint": {"model": prefixed(state, "module.")}},
    "by Lightning": lambda state: {
        "state_dict": prefixed(state, "model.") | {"metric.sum": torch.zeros(1)},
        "hyper_parameters": argparse.Namespace(lr=0.1),
    },
    "as a running average": lambda state: prefixed(state, "module.") | {"n_averaged": torch.tensor(3)},
    "by torchvision's script": lambda state: {"model": state, "args": argparse.Namespace(data=Path("/d"), lr=0.02)},
    "beside figures of numpy": lambda state: {"model": state, "best": np.float64(0.3), "at": np.array([1, 2])},
    "beside a namespace": lambda state: {"model": state, "cfg": SimpleNamespace(lr=1)},
}


@pytest.mark.parametrize("held", HELD)
def test_checkpoints_of_training_scripts_hold_the_same_model(held: str, state: State, tmp_path: Path) -> None:
    torch.save(HELD[held](state), tmp_path / "checkpoint.pth")
    model = load_model(tmp_path / "checkpoint.pth")
    assert (model.config.backbone, model.config.num_classes) == ("resnet18", 1)
    assert torch.equal(model.backbone.state_dict()["conv1.weight"], state["backbone.body.conv1.weight"])


def test_of_several_models_the_first_is_read_aloud(state: State, tmp_path: Path) -> None:
    average = {name: tensor + 1 for name, tensor in state.items()}
    torch.save({"state_dict": prefixed(state, "model.") | prefixed(average, "ema_model.")}, tmp_path / "two.ckpt")
    with pytest.warns(UserWarning, match=r"holds several models \(model, ema_model\): the first is read"):
        model = load_model(tmp_path / "two.ckpt")
    assert torch.equal(model.backbone.state_dict()["conv1.weight"], state["backbone.body.conv1.weight"])


def test_a_whole_model_is_refused_with_the_mend_in_one_clean_line(tmp_path: Path) -> None:
    path = tmp_path / "whole.pth"
    torch.save({"model": nn.Sequential(nn.Linear(1, 1))}, path)
    with pytest.raises(ValueError, match=r"save model\.state_dict\(\) instead .*; nothing in it was executed") as error:
        load_model(path)
    assert "\x1b" not in str(error.value)
    assert "\n" not in str(error.value)


def test_what_can_be_read_is_said_where_something_else_is_given(tmp_path: Path) -> None:
    backbone = mobilenet_backbone(backbone_name="mobilenet_v2", weights=None, fpn=True, returned_layers=[1, 2, 3])
    torch.save({"roi_heads.box_predictor.cls_score.weight": torch.zeros(2, 2)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match="MobileNetV2 or MobileNetV3-large are read"):
        load_model(tmp_path / "other.pth")
    torch.save(FasterRCNN(backbone, 2).state_dict(), tmp_path / "three.pth")
    with pytest.raises(ValueError, match=r"a MobileNet with a pyramid on 3 maps: .* with torchvision's own two"):
        load_model(tmp_path / "three.pth")


# -- MobileNets ---------------------------------------------------------------------------------------


def random_mobilenet(build: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(3)
    model: Any = build()
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
        model.rpn.head.cls_logits.weight.mul_(10)
        model.roi_heads.box_predictor.cls_score.weight.normal_(0, 0.1)  # far from 1, where scores would be equal
    return model.eval()


def small_anchors() -> Any:
    backbone = mobilenet_backbone(backbone_name="mobilenet_v2", weights=None, fpn=True)
    return backbone, mobilenet_fpn(weights=None, weights_backbone=None).rpn.anchor_generator


def mobilenet_v2() -> nn.Module:
    backbone, anchors = small_anchors()
    return FasterRCNN(backbone, 4, rpn_anchor_generator=anchors, rpn_score_thresh=0.05, min_size=128, max_size=200)


def mobilenet_v3() -> nn.Module:
    return mobilenet_fpn(weights=None, weights_backbone=None, num_classes=4, min_size=128, max_size=200)


@pytest.mark.parametrize("build", [mobilenet_v2, mobilenet_v3])
def test_every_stage_of_torchvisions_mobilenets_says_the_same(build: Callable[[], nn.Module], tmp_path: Path) -> None:
    """Not only the detections: of random weights these are mostly ties, in an order that rounding decides."""
    theirs: Any = random_mobilenet(build)
    torch.save(theirs.state_dict(), tmp_path / "mobile.pth")
    ours = load_model(tmp_path / "mobile.pth")
    assert ours.config.backbone == build.__name__.replace("v3", "v3_large")
    assert ours.config.rpn_score_threshold == theirs.rpn.score_thresh
    picture = torch.rand((3, 120, 170), generator=torch.Generator().manual_seed(1))
    rois = [torch.tensor([[3.0, 5, 60, 90], [0, 0, 180, 120], [100, 20, 110, 60]])]
    with torch.no_grad():
        seen, _ = theirs.transform([picture])
        batch = batch_images([picture], ours.config, 128, 200)
        expected, maps = theirs.backbone(seen.tensors), ours.features(batch.tensor)
        for their_map, our_map in zip(expected.values(), maps, strict=True):
            torch.testing.assert_close(our_map, their_map, atol=1e-5, rtol=1e-4)
        output = ours.rpn_output(maps, batch)
        objectness, deltas = theirs.rpn.head(list(expected.values()))
        for our_values, their_values in ((output.objectness[..., None], objectness), (output.deltas, deltas)):
            last = our_values.shape[-1]
            flat = [level.unflatten(1, (-1, last)).permute(0, 3, 4, 1, 2).flatten(1, 3) for level in their_values]
            torch.testing.assert_close(our_values, torch.cat(flat, dim=1), atol=1e-4, rtol=1e-4)
        assert torch.equal(output.anchors, theirs.rpn.anchor_generator(seen, list(expected.values()))[0])
        pooled = theirs.roi_heads.box_roi_pool(expected, rois, seen.image_sizes)
        logits, their_deltas = theirs.roi_heads.box_predictor(theirs.roi_heads.box_head(pooled))
        our_logits, our_deltas = ours.classify(maps, rois)
        torch.testing.assert_close(our_logits, logits, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(our_deltas.flatten(1), their_deltas[:, 4:], atol=1e-4, rtol=1e-4)
        scores = ours([picture], min_size=128, max_size=200)[0].scores
        torch.testing.assert_close(scores, theirs([picture])[0]["scores"], atol=1e-4, rtol=1e-4)


def test_the_small_mobilenet_is_known_by_its_files_name(tmp_path: Path) -> None:
    path = tmp_path / "fasterrcnn_mobilenet_v3_large_320_fpn-907ea3f9.pth"
    torch.save(mobilenet_v3().state_dict(), path)
    config = load_model(path).config
    assert (config.min_size, config.max_size, config.proposals_test) == (320, 640, 150)


def test_the_mobile_pyramid_learns_and_is_ours_to_save(tmp_path: Path) -> None:
    model = tiny_model(backbone="mobilenet_v3_large", features="fpn_mobile", anchor_sizes=(16, 32, 64))
    model.freeze_stages(2)
    boxes, masks = torch.tensor([[4.0, 6.0, 40.0, 50.0]]), torch.ones((1, 64, 96), dtype=torch.uint8)
    target = {"boxes": boxes, "labels": torch.tensor([2]), "masks": masks}
    losses = model.train()([torch.rand((3, 64, 96))], [target])
    assert isinstance(losses, dict)
    torch.stack(list(losses.values())).sum().backward()
    learning = {name.split(".")[2] for name, p in model.backbone.named_parameters() if p.grad is not None}
    assert not {"0", "1"} & learning or not any(p.requires_grad for p in model.backbone.features[:4].parameters())
    save_model(model, tmp_path)
    assert load_model(tmp_path).config.features == "fpn_mobile"
    with pytest.raises(ValueError, match="features='fpn_mobile' needs a MobileNet, not resnet18"):
        tiny_model(features="fpn_mobile")


# -- epsilon and variances ----------------------------------------------------------------------------


@pytest.mark.parametrize("counted", [True, False], ids=["with batch counters", "without"])
def test_statistics_were_trained_with_1e_5_but_for_torchvisions_first_coco_files(
    counted: bool, state: State, tmp_path: Path
) -> None:
    kept = {name: tensor for name, tensor in state.items() if counted or not name.endswith("num_batches_tracked")}
    torch.save(kept, tmp_path / "mine.pth")
    assert load_model(tmp_path / "mine.pth").config.backbone_norm_eps == 1e-5
    assert len(FIRST_COCO) == 3
    for checksum in FIRST_COCO:
        path = tmp_path / f"maskrcnn_resnet50_fpn_coco-{checksum}.pth"
        torch.save(kept, path)
        assert load_model(path).config.backbone_norm_eps == 0
        assert load_model(path, backbone_norm_eps=1e-3).config.backbone_norm_eps == 1e-3
    model = load_model(tmp_path / "mine.pth", backbone_norm_eps=0)
    assert model.backbone.bn1.eps == 0  # type: ignore[union-attr]
    save_model(model, tmp_path / "ours")
    assert load_model(tmp_path / "ours").config.backbone_norm_eps == 0
    assert load_model(tmp_path / "ours", backbone_norm_eps=1e-4).backbone.bn1.eps == 1e-4  # type: ignore[union-attr]
    with pytest.raises(ValueError, match="backbone_norm_eps=-1"):
        load_model(tmp_path / "ours", backbone_norm_eps=-1)


def test_a_first_coco_file_is_known_by_its_bytes_too(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "renamed.pth"
    torch.save(state, path)
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
    monkeypatch.setitem(FIRST_COCO, checksum, path.stat().st_size / 2**20)
    assert load_model(path).config.backbone_norm_eps == 0
    path.write_bytes(path.read_bytes() + b"\0")
    assert load_model(path).config.backbone_norm_eps == 1e-5


def test_half_precision_keeps_variances_and_what_it_cannot_hold(tmp_path: Path) -> None:
    model = tiny_model(backbone_norm_eps=0.0)
    with torch.no_grad():
        model.backbone.bn1.running_var.fill_(2e-8)  # type: ignore[union-attr]
        model.backbone.bn1.running_mean.fill_(1e6)  # type: ignore[union-attr]
    save_model(model, tmp_path, half=True)
    norm: Any = load_model(tmp_path).backbone.bn1
    assert torch.equal(norm.running_var, torch.full((64,), 2e-8))
    assert torch.equal(norm.running_mean, torch.full((64,), 1e6))


# -- names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [81, 91])
def test_as_many_classes_as_coco_are_not_cocos(rows: int, tmp_path: Path) -> None:
    path, published = tmp_path / "parts.pth", tmp_path / "maskrcnn_of_coco.pth"
    for file in (path, published):
        torch.save(resnet18_state(rows), file)
    with pytest.warns(UserWarning, match=f"its {rows - 1} classes have no names in the file and are numbered"):
        assert [category["name"] for category in load_model(path).categories[:2]] == ["1", "2"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_model(published).categories[0]["name"] == "person"
        assert load_model(path, categories="coco").categories[0]["name"] == "person"
        names = [f"part {number}" for number in range(rows - 1)]
        assert [category["name"] for category in load_model(path, categories=names).categories] == names
        own: Any = [{"id": 10 * label, "name": name} for label, name in enumerate(names)]
        assert load_model(path, categories=own).categories == own
    # Names given to a published file take the place of COCO's, its unused rows' too.
    assert load_model(published, categories=names).categories[11] == {"id": 12 if rows == 91 else 13, "name": "part 11"}
    with pytest.raises(ValueError, match=f"2 categories are given, but the model has {rows - 1} classes"):
        load_model(path, categories=["a", "b"])


def test_names_for_a_model_of_ours(tmp_path: Path) -> None:
    save_model(tiny_model(), tmp_path)
    assert [c["name"] for c in load_model(tmp_path, categories=["a", "b", "c"]).categories] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="categories='coco': a list of 3 names is needed; COCO has 80"):
        load_model(tmp_path, categories="coco")
