"""Everything that `ModelConfig` can say: each value trains, predicts, and comes back from a file the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from core import load_model, save_model
from core.config import Backbone, ModelConfig
from core.model.backbones.resnet import RESNETS
from core.model.mask_rcnn import MaskRCNN
from tests.core.model.tiny_models import image, target, tiny_config, tiny_model, total

# Each a change to the tiny ResNet-18 with a pyramid.
VARIANTS: dict[str, dict[str, Any]] = {
    "bottlenecks": {"backbone": "resnet50"},
    "ResNeXt": {"backbone": "resnext50_32x4d"},
    "MobileNetV2": {"backbone": "mobilenet_v2"},
    "MobileNetV3": {"backbone": "mobilenet_v3_large"},
    "stride in the 1x1": {"backbone": "resnet50", "stride_in_1x1": True},
    "C4": {"features": "c4"},
    "C4, softmax": {"features": "c4", "mask_loss": "softmax"},
    "C4, trainable BN": {"features": "c4", "backbone_norm": "batch"},
    "C4 with keypoints": {"features": "c4", "num_keypoints": 4},
    "C5": {"features": "c5"},
    "DC5": {"features": "dc5"},
    "RoIAlign, max": {"roi_reduce": "max"},
    "RoIAlign, one sample": {"roi_samples": 1},
    "RoIAlign, four samples": {"roi_samples": 4},
    "RoIAlign, adaptive samples, not aligned": {"roi_samples": 0, "roi_aligned": False},
    "RoIPool": {"roi_op": "pool"},
    "RoIPool, max": {"roi_op": "pool", "roi_reduce": "max"},
    "RoIWarp": {"roi_op": "warp"},
    "RoIWarp, max": {"roi_op": "warp", "roi_reduce": "max"},
    "softmax masks": {"mask_loss": "softmax"},
    "class-agnostic masks": {"mask_class_agnostic": True},
    "class-agnostic softmax masks": {"mask_class_agnostic": True, "mask_loss": "softmax"},
    "two-layer MLP": {"mask_head": "mlp2"},
    "three-layer MLP, softmax": {"mask_head": "mlp3", "mask_loss": "softmax"},
    "Faster R-CNN": {"mask_head": None},
    "one class": {"num_classes": 1},
    "trainable BN": {"backbone_norm": "batch"},
    "synchronised BN": {"backbone_norm": "sync"},
    "GroupNorm": {"backbone_norm": "group"},
    "updated baseline": {"fpn_norm": "batch", "head_norm": "batch", "box_head": "conv4fc1", "rpn_conv_depth": 2},
    "a non-local block": {"non_local_blocks": 1},
    "a non-local block in C4, GroupNorm": {"non_local_blocks": 1, "features": "c4", "backbone_norm": "group"},
    "five non-local blocks in a ResNeXt": {"backbone": "resnext50_32x4d", "non_local_blocks": 5},
    "an RPN with a backbone of its own": {"rpn_backbone": "own"},
    "an RPN with a backbone of its own, C4": {"rpn_backbone": "own", "features": "c4", "backbone_norm": "batch"},
    "L1": {"box_loss": "l1"},
    "rounded anchors, integer boxes": {"anchors_rounded": True, "mask_paste": "integer_box"},
    "keypoints": {"num_keypoints": 5, "keypoint_offset": 0.5},
    "keypoints without masks": {"num_keypoints": 17, "mask_head": None},
}


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_a_variant_trains_predicts_and_comes_back_from_a_file(changes: dict[str, Any], tmp_path: Path) -> None:
    model = tiny_model(**changes)
    config = model.config
    truth = target(num_keypoints=config.num_keypoints)
    truth["labels"] = truth["labels"].clamp(max=config.num_classes)
    expected = {"loss_objectness", "loss_rpn_box", "loss_classifier", "loss_box"}
    if config.mask_head is None:
        del truth["masks"]
    else:
        expected.add("loss_mask")
    if config.num_keypoints:
        expected.add("loss_keypoint")

    losses = model.train()([image()], [truth])
    assert isinstance(losses, dict)
    assert set(losses) == expected
    total(losses).backward()
    without = [
        name for name, value in model.named_parameters() if value.grad is None or not value.grad.isfinite().all()
    ]
    assert without == []
    assert all(value.isfinite().all() for value in model.state_dict().values())

    model.eval()
    first = model([image()])[0]
    save_model(model, tmp_path)
    loaded = load_model(tmp_path)
    assert loaded.config == config
    second = loaded([image()])[0]
    assert len(first) > 0
    assert torch.equal(first.boxes, second.boxes)
    assert torch.equal(first.scores, second.scores)
    assert (first.masks is None) == (config.mask_head is None)
    if first.masks is not None and second.masks is not None:
        side = 14 if config.features == "c4" else 28
        assert first.masks.shape == (len(first), side, side)
        assert 0 <= first.masks.min() <= first.masks.max() <= 1
        assert torch.equal(first.masks, second.masks)
    if config.num_keypoints:
        assert first.keypoints is not None
        assert first.keypoints.shape == (len(first), config.num_keypoints, 3)
        assert second.keypoints is not None
        assert torch.equal(first.keypoints, second.keypoints)


@pytest.mark.parametrize("backbone", get_args(Backbone))
@pytest.mark.parametrize("features", ["fpn", "c4", "c5", "dc5"])
def test_every_backbone_is_built_with_the_strides_it_promises(backbone: str, features: str) -> None:
    if features != "fpn" and backbone not in RESNETS:
        with pytest.raises(ValueError, match="needs a ResNet or ResNeXt"):
            tiny_config(backbone=backbone, features=features)
        return
    # On the meta device shapes are computed and nothing else: the largest networks cost no memory.
    with torch.device("meta"):
        model = MaskRCNN(tiny_config(backbone=backbone, features=features)).eval()
        maps = model.features(torch.zeros((1, 3, 128, 192)))
    strides = {"fpn": [4, 8, 16, 32, 64], "c4": [16], "c5": [32], "dc5": [16]}[features]
    assert [tuple(level.shape[-2:]) for level in maps] == [(-(-128 // s), -(-192 // s)) for s in strides]
    assert {level.shape[1] for level in maps} == {model.rpn.head.objectness.in_channels}


def test_resnext_152_has_the_parameters_of_its_name() -> None:
    """36 blocks of 32 groups of width 8 in the third stage, which torchvision does not offer as a network."""
    with torch.device("meta"):
        model = MaskRCNN(ModelConfig(backbone="resnext152_32x8d"))
    assert len(model.backbone.layer3) == 36
    convolution = model.backbone.layer3[5].conv2
    assert (convolution.groups, convolution.out_channels) == (32, 32 * 8 * 4)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown backbone": ({"backbone": "vgg16"}, "backbone='vgg16': choose one of 'resnet18'"),
    "unknown features": ({"features": "c3"}, "features='c3'"),
    "an unknown RoI operation": ({"roi_op": "crop"}, "roi_op='crop'"),
    "an unknown mask head": ({"mask_head": "unet"}, "mask_head='unet': choose one of .* None"),
    "an MLP behind res5": ({"features": "c4", "mask_head": "mlp2"}, "mask_head='mlp2' needs features='fpn'"),
    "FPN's box head behind res5": ({"features": "c4", "box_head": "conv4fc1"}, "box_head='conv4fc1' needs features"),
    "MobileNet without a pyramid": ({"backbone": "mobilenet_v2", "features": "c4"}, "needs a ResNet or ResNeXt"),
    "a MobileNet with non-local blocks": (
        {"backbone": "mobilenet_v2", "non_local_blocks": 1},
        "non_local_blocks=1 needs",
    ),
    "a negative number of non-local blocks": ({"non_local_blocks": -1}, "non_local_blocks=-1"),
    "no classes": ({"num_classes": 0}, "num_classes=0: at least one class"),
    "a fraction of a class": ({"num_classes": 2.5}, "num_classes=2.5: a whole number"),
    "a word for a number": ({"min_size": "800"}, "min_size='800': a whole number"),
    "a negative number of keypoints": ({"num_keypoints": -1}, "num_keypoints=-1"),
    "sizes the wrong way round": ({"min_size": 100, "max_size": 90}, "min_size=100 is larger than max_size=90"),
    "an image size of 0": ({"min_size": 0}, "min_size=0: at least 1"),
    "four anchor sizes for five levels": ({"anchor_sizes": (8, 16, 32, 64)}, "a pyramid needs five"),
    "no anchor ratios": ({"anchor_ratios": ()}, "anchor_ratios=.*positive numbers"),
    "a negative anchor": ({"anchor_sizes": (8, 16, 32, 64, -1)}, "anchor_sizes=.*positive numbers"),
    "a grey image's mean": ({"image_mean": (0.5,)}, "image_mean=.*three numbers"),
    "a deviation of 0": ({"image_std": (0.2, 0.2, 0.0)}, "image_std=.*positive numbers"),
    "adaptive samples and a maximum": ({"roi_samples": 0, "roi_reduce": "max"}, "roi_samples=0"),
    "a truth value that is none": ({"roi_aligned": 1}, "roi_aligned=1: True or False"),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_configuration_says_so_in_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        tiny_config(**changes)
    assert "\n" not in str(error.value)


def test_a_field_of_another_version_is_named() -> None:
    with pytest.raises(ValueError, match="unknown ModelConfig field 'cascade'"):
        ModelConfig.from_dict({"cascade": 3})


WRONG_CATEGORIES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "too few": ([{"id": 1, "name": "a"}], "1 categories, but ModelConfig.num_classes=3"),
    "without a name": ([{"id": 1}, {"id": 2, "name": "b"}, {"id": 3, "name": "c"}], "category 1: .*'id' and a 'name'"),
    "keypoints without a skeleton": (
        [{"id": 1, "name": "hand", "keypoints": ["tip"]}, {"id": 2, "name": "b"}, {"id": 3, "name": "c"}],
        "category 'hand' has keypoints but no 'skeleton'",
    ),
    "a bone to nowhere": (
        [
            {"id": 1, "name": "hand", "keypoints": ["tip", "root"], "skeleton": [[1, 3]]},
            {"id": 2, "name": "b"},
            {"id": 3, "name": "c"},
        ],
        "category 'hand': its skeleton names keypoint 3; it has 2",
    ),
    "more keypoints than the head": (
        [{"id": n, "name": str(n), "keypoints": list("abcdef"), "skeleton": []} for n in (1, 2, 3)],
        "has 6 keypoints, but ModelConfig.num_keypoints=5",
    ),
}


@pytest.mark.parametrize(("categories", "message"), WRONG_CATEGORIES.values(), ids=WRONG_CATEGORIES)
def test_categories_that_do_not_fit_say_so_in_one_line(categories: Any, message: str) -> None:
    with torch.device("meta"), pytest.raises(ValueError, match=message) as error:
        MaskRCNN(tiny_config(num_keypoints=5), categories)
    assert "\n" not in str(error.value)
