"""detectron2's model-zoo files: each of its conventions against a few lines of plain arithmetic."""

from __future__ import annotations

import math
import pickle
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core import load_model, save_model
from core.model.anchors import anchors_for
from core.model.backbones import build_backbone
from core.model.images import ImageBatch, batch_images
from core.model.mask_rcnn import MaskRCNN
from core.model.roi_ops import roi_op
from core.model.weights.detectron2 import convert, our_key
from core.model.weights.ours import tensors_by_file_name, tensors_by_own_name
from tests.core.model.detectron2_files import Shapes, random_tensors, zoo_shapes
from tests.core.model.tiny_models import image

State = dict[str, Tensor]


def empty(shapes: Shapes) -> State:
    """Tensors with a shape and no numbers."""
    return {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def c4() -> State:
    return random_tensors(zoo_shapes("c4"))


@pytest.fixture(scope="module")
def c4_model(c4: State) -> MaskRCNN:
    config, weights, categories = convert(c4)
    model = MaskRCNN(config, categories)
    model.load_state_dict(tensors_by_own_name(model, weights))
    return model.eval()


def norm(x: Tensor, state: State, name: str) -> Tensor:
    mean, variance = state[f"{name}.norm.running_mean"], state[f"{name}.norm.running_var"]
    scale = state[f"{name}.norm.weight"] / (variance + 1e-5).sqrt()
    return (x - mean[:, None, None]) * scale[:, None, None] + state[f"{name}.norm.bias"][:, None, None]


@pytest.mark.parametrize("features", ["fpn", "c4", "dc5"])
@pytest.mark.parametrize("depth", ["R50", "R101", "X101"])
def test_every_tensor_of_the_zoo_has_its_place(features: str, depth: str) -> None:
    # The zoo has no keypoint models without a pyramid.
    shapes = zoo_shapes(features, depth, keypoints=17 if features == "fpn" else 0)
    config, weights, _ = convert(empty(shapes))
    with torch.device("meta"):
        own = tensors_by_file_name(MaskRCNN(config))
    assert {name: tensor.shape for name, tensor in weights.items()} == {name: t.shape for name, t in own.items()}
    assert config.backbone == {"R50": "resnet50", "R101": "resnet101", "X101": "resnext101_32x8d"}[depth]
    assert config.features == features
    assert config.stride_in_1x1 == (depth != "X101")
    assert (config.proposals_test, config.rois_per_image, config.mask_paste) == (1000, 512, "pixel_centres")


def test_bgr_images_up_to_255_are_seen_through_reversed_channels(c4: State, c4_model: MaskRCNN) -> None:
    picture = image(64, 64)
    theirs = picture.flip(0) * 255 - torch.tensor([103.530, 116.280, 123.675])[:, None, None]
    expected = F.conv2d(theirs[None], c4["backbone.stem.conv1.weight"], stride=2, padding=3)
    found = c4_model.backbone.conv1(batch_images([picture], c4_model.config, 64, 64).tensor)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_mean_and_deviation_of_the_file_are_taken(c4: State) -> None:
    config, _, _ = convert(c4 | {"pixel_mean": torch.tensor([1.0, 2.0, 3.0]), "pixel_std": torch.tensor([4.0, 5, 6])})
    assert config.image_mean == pytest.approx((3 / 255, 2 / 255, 1 / 255))
    assert config.image_std == pytest.approx((6 / 255, 5 / 255, 4 / 255))


def test_the_stride_is_in_the_first_1x1(c4: State, c4_model: MaskRCNN) -> None:
    x = torch.randn((1, 256, 15, 18), generator=torch.Generator().manual_seed(1))
    name = "backbone.res3.0"
    inner = F.relu(norm(F.conv2d(x, c4[f"{name}.conv1.weight"], stride=2), c4, f"{name}.conv1"))
    inner = F.relu(norm(F.conv2d(inner, c4[f"{name}.conv2.weight"], padding=1), c4, f"{name}.conv2"))
    inner = norm(F.conv2d(inner, c4[f"{name}.conv3.weight"]), c4, f"{name}.conv3")
    shortcut = norm(F.conv2d(x, c4[f"{name}.shortcut.weight"], stride=2), c4, f"{name}.shortcut")
    torch.testing.assert_close(c4_model.backbone.layer2[0](x), F.relu(inner + shortcut), atol=1e-4, rtol=1e-4)


def test_every_3x3_of_the_dilated_stage_is_dilated() -> None:
    config, _, _ = convert(empty(zoo_shapes("dc5")))
    with torch.device("meta"):
        stage = build_backbone(config).layer4
    assert [block.conv2.dilation for block in stage] == [(2, 2)] * 3
    assert all(module.stride == (1, 1) for module in stage.modules() if isinstance(module, torch.nn.Conv2d))


def test_objectness_and_deltas_meet_their_own_anchors(c4: State, c4_model: MaskRCNN) -> None:
    feature_map = torch.randn((1, 1024, 3, 4), generator=torch.Generator().manual_seed(2))
    hidden = F.relu(
        F.conv2d(
            feature_map,
            c4["proposal_generator.rpn_head.conv.weight"],
            c4["proposal_generator.rpn_head.conv.bias"],
            padding=1,
        )
    )
    objectness, deltas = (
        F.conv2d(hidden, c4[f"proposal_generator.rpn_head.{n}.weight"], c4[f"proposal_generator.rpn_head.{n}.bias"])
        for n in ("objectness_logits", "anchor_deltas")
    )
    expected = {}
    for row in range(3):
        for column in range(4):
            number = 0
            for size in (32, 64, 128, 256, 512):
                for ratio in (0.5, 1.0, 2.0):
                    width = math.sqrt(size**2 / ratio)
                    half = torch.tensor([width, ratio * width]) / 2
                    centre = torch.tensor([column * 16.0, row * 16.0])
                    anchor = tuple(round(value, 2) for value in torch.cat([centre - half, centre + half]).tolist())
                    own = deltas[0, 4 * number : 4 * number + 4, row, column]
                    expected[anchor] = torch.cat([objectness[0, number, row, column][None], own])
                    number += 1
    output = c4_model.rpn([feature_map], ImageBatch(torch.zeros((1, 3, 48, 64)), [(48, 64)], [(48, 64)]))
    assert len(output.anchors) == len(expected) == 180
    for anchor, logit, delta in zip(output.anchors.tolist(), output.objectness[0], output.deltas[0], strict=True):
        found = torch.cat([logit[None], delta])
        key = tuple(round(value, 2) for value in anchor)
        torch.testing.assert_close(found, expected[key], atol=1e-4, rtol=1e-4)


def test_anchors_of_a_pyramid_are_exact_and_step_by_the_stride() -> None:
    config, _, _ = convert(empty(zoo_shapes("fpn")))
    maps = [(200, 304), (100, 152), (50, 76), (25, 38), (13, 19)]
    levels = anchors_for(config, maps, (800, 1216), torch.device("cpu"))
    for level, (height, width), size, stride in zip(
        levels, maps, (32, 64, 128, 256, 512), (4, 8, 16, 32, 64), strict=True
    ):
        row, column, ratio = height - 1, width - 2, 2.0
        wide = math.sqrt(size**2 / ratio)
        x, y = column * stride, row * stride
        expected = torch.tensor([x - wide / 2, y - ratio * wide / 2, x + wide / 2, y + ratio * wide / 2])
        torch.testing.assert_close(level[(row * width + column) * 3 + 2], expected)


def test_roi_align_has_the_half_pixel_and_as_many_samples_as_pixels(c4_model: MaskRCNN) -> None:
    feature_map = torch.randn((1, 1, 12, 13), generator=torch.Generator().manual_seed(3))
    box = [18.0, 20.0, 150.0, 118.0]
    bins, stride = 2, 16
    x0, y0, x1, y1 = (value / stride - 0.5 for value in box)
    samples_y, samples_x = math.ceil((y1 - y0) / bins), math.ceil((x1 - x0) / bins)

    def bilinear(y: float, x: float) -> float:
        y, x = min(max(y, 0.0), 11.0), min(max(x, 0.0), 12.0)
        top, left = min(int(y), 10), min(int(x), 11)
        a, b = y - top, x - left
        corner = feature_map[0, 0, top : top + 2, left : left + 2]
        return float(
            (1 - a) * ((1 - b) * corner[0, 0] + b * corner[0, 1]) + a * ((1 - b) * corner[1, 0] + b * corner[1, 1])
        )

    expected = torch.zeros((bins, bins))
    for i in range(bins):
        for j in range(bins):
            values = [
                bilinear(
                    y0 + (y1 - y0) / bins * (i + (m + 0.5) / samples_y),
                    x0 + (x1 - x0) / bins * (j + (n + 0.5) / samples_x),
                )
                for m in range(samples_y)
                for n in range(samples_x)
            ]
            expected[i, j] = sum(values) / len(values)
    found = roi_op(feature_map, torch.tensor([[0.0, *box]]), stride, bins, c4_model.config)
    torch.testing.assert_close(found[0, 0], expected, atol=1e-5, rtol=1e-5)


def test_background_comes_first_and_classes_keep_their_order(c4: State, c4_model: MaskRCNN) -> None:
    vectors = torch.randn((6, 2048), generator=torch.Generator().manual_seed(4))
    name = "roi_heads.box_predictor"
    scores = F.linear(vectors, c4[f"{name}.cls_score.weight"], c4[f"{name}.cls_score.bias"]).softmax(dim=1)
    deltas = F.linear(vectors, c4[f"{name}.bbox_pred.weight"], c4[f"{name}.bbox_pred.bias"])
    logits, own = c4_model.roi_heads.box_predictor(vectors)
    torch.testing.assert_close(logits.softmax(dim=1)[:, 1:], scores[:, :80])
    torch.testing.assert_close(logits.softmax(dim=1)[:, 0], scores[:, 80])
    torch.testing.assert_close(own, deltas.view(6, 80, 4))


def test_a_label_reads_the_mask_of_its_class(c4: State, c4_model: MaskRCNN) -> None:
    features = torch.randn((2, 2048, 7, 7), generator=torch.Generator().manual_seed(5))
    name = "roi_heads.mask_head"
    up = F.relu(F.conv_transpose2d(features, c4[f"{name}.deconv.weight"], c4[f"{name}.deconv.bias"], stride=2))
    masks = F.conv2d(up, c4[f"{name}.predictor.weight"], c4[f"{name}.predictor.bias"])
    assert c4_model.roi_heads.mask_head is not None
    # COCO's 80 contiguous classes: 0 is the person, 79 the toothbrush; labels begin at 1.
    found = c4_model.roi_heads.mask_head(features, torch.tensor([0, 79]))
    torch.testing.assert_close(found[:, 0], masks[torch.arange(2), torch.tensor([0, 79])], atol=1e-4, rtol=1e-4)


def test_classes_have_cocos_ids_and_names(c4_model: MaskRCNN) -> None:
    categories = c4_model.categories
    assert len(categories) == 80
    assert [(category["id"], category["name"]) for category in (categories[0], categories[11], categories[79])] == [
        (1, "person"),
        (13, "stop sign"),
        (90, "toothbrush"),
    ]


def test_a_pickle_of_the_zoo_predicts_and_is_saved_as_ours(c4: State, tmp_path: Path) -> None:
    path = tmp_path / "model_final.pkl"
    arrays = {name: tensor.numpy() for name, tensor in c4.items()}
    path.write_bytes(pickle.dumps({"model": arrays, "__author__": "Detectron2 Model Zoo"}))
    model = load_model(path)
    first = model([image(50, 70)], min_size=32, max_size=48)[0]
    assert len(first) > 0
    assert first.masks is not None
    assert first.masks.shape[1:] == (14, 14)
    save_model(model, tmp_path / "ours")
    second = load_model(tmp_path / "ours")([image(50, 70)], min_size=32, max_size=48)[0]
    assert torch.equal(first.boxes, second.boxes)
    assert torch.equal(first.masks, second.masks)


def test_keypoints_of_a_training_checkpoint_lie_half_a_pixel_up_and_left(tmp_path: Path) -> None:
    state = random_tensors(zoo_shapes("fpn", classes=1, masks=False, keypoints=17))
    path = tmp_path / "model_0089999.pth"
    torch.save({"model": state, "iteration": 89999}, path)
    model = load_model(path)
    assert model.categories[0]["name"] == "person"
    assert len(model.categories[0]["keypoints"]) == 17
    picture = image(60, 60)
    batch = batch_images([picture], model.config, 128, 128)
    with torch.no_grad():
        maps = model.features(batch.tensor)
        boxes, labels = [torch.tensor([[10.0, 20.0, 90.0, 110.0]])], [torch.tensor([1])]
        found = model.predict_given_boxes(maps, batch, boxes, labels)[0]
        model.config = type(model.config)(**(model.config.to_dict() | {"keypoint_offset": 0.0}))
        without = model.predict_given_boxes(maps, batch, boxes, labels)[0]
    assert found.keypoints is not None
    assert without.keypoints is not None
    torch.testing.assert_close(found.keypoints[..., :2], without.keypoints[..., :2] - 0.5)


def test_an_unknown_tensor_is_named(c4: State) -> None:
    assert our_key("roi_heads.box_head.conv1.norm.weight") is None
    with pytest.raises(ValueError, match=r"unknown tensor 'roi_heads.1.box_head.fc1.weight'"):
        convert(c4 | {"roi_heads.1.box_head.fc1.weight": torch.zeros(1)})
