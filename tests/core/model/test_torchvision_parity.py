"""The same torchvision state dict and image give torchvision's own detections."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.detection import (
    keypointrcnn_resnet50_fpn,
    maskrcnn_resnet50_fpn,
    maskrcnn_resnet50_fpn_v2,
)
from torchvision.models.detection.roi_heads import paste_masks_in_image
from torchvision.models.detection.transform import GeneralizedRCNNTransform

from core import Instances, Predictor, load_model
from core.model.images import resized_size
from core.model.mask_rcnn import MaskRCNN

MIN_SIZE, MAX_SIZE = 160, 220
# What the heads see, in both; with the limits of the file itself, 1000 and 100, boxes are compared further below.
PROPOSALS, DETECTIONS = 150, 30
FEWER = {"rpn_post_nms_top_n_test": PROPOSALS, "box_detections_per_img": DETECTIONS}


def random_detector(build: object, seed: int = 0, **limits: int) -> nn.Module:
    """A torchvision detector with random weights, scaled so that dozens of detections survive the threshold."""
    torch.manual_seed(seed)
    sizes = {"min_size": MIN_SIZE, "max_size": MAX_SIZE}
    model = build(weights=None, weights_backbone=None, **sizes, **limits)  # type: ignore[operator]
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1)
                module.running_var.uniform_(0.5, 1.5)
                module.weight.uniform_(0.5, 1.2)
                module.bias.normal_(0, 0.1)
        model.rpn.head.cls_logits.weight.mul_(30)
        model.rpn.head.bbox_pred.weight.mul_(5)
        predictor = model.roi_heads.box_predictor
        predictor.cls_score.weight.normal_(0, 0.4)
        predictor.bbox_pred.weight.normal_(0, 0.05)
    return model.eval()


def images(count: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(7)
    sizes = [(120, 170), (200, 130), (90, 90)]
    return [torch.rand((3, *sizes[index % 3]), generator=generator) for index in range(count)]


def load(model: nn.Module, tmp_path: Path) -> MaskRCNN:
    path = tmp_path / "theirs.pth"
    torch.save(model.state_dict(), path)
    return load_model(path)


def load_with_fewer(model: nn.Module, tmp_path: Path) -> MaskRCNN:
    limited = load(model, tmp_path).with_config(proposals_test=PROPOSALS, detections_per_image=DETECTIONS)
    return limited.eval()


def test_images_of_any_size_are_resized_to_torchvision_s_size() -> None:
    generator = torch.Generator().manual_seed(3)
    theirs = GeneralizedRCNNTransform(MIN_SIZE, MAX_SIZE, [0.0] * 3, [1.0] * 3).eval()
    for height, width in torch.randint(20, 600, (300, 2), generator=generator).tolist():
        expected = theirs.resize(torch.zeros(3, height, width), None)[0].shape[1:]
        assert resized_size(height, width, MIN_SIZE, MAX_SIZE) == tuple(expected), (height, width)


@pytest.mark.parametrize("build", [maskrcnn_resnet50_fpn, maskrcnn_resnet50_fpn_v2], ids=["v1", "v2"])
def test_mask_rcnn_agrees_on_images_of_three_sizes(build: object, tmp_path: Path) -> None:
    theirs = random_detector(build, **FEWER)
    ours = load_with_fewer(theirs, tmp_path)
    for image in images(3):
        with torch.no_grad():
            expected = theirs([image])[0]
            found = ours([image], min_size=MIN_SIZE, max_size=MAX_SIZE)[0]
        assert len(found) == len(expected["boxes"]) >= 24
        torch.testing.assert_close(found.boxes, expected["boxes"], atol=2e-2, rtol=1e-3)
        torch.testing.assert_close(found.scores, expected["scores"], atol=1e-4, rtol=1e-3)
        assert torch.equal(found.labels, expected["labels"])
        pasted = paste_masks_in_image(
            found.masks[:, None],
            expected["boxes"],
            image.shape[-2:],  # type: ignore[index]
        )
        torch.testing.assert_close(pasted, expected["masks"], atol=1e-3, rtol=1e-3)
        differing = (found.bitmaps() != (expected["masks"][:, 0] >= 0.5)).float().mean()
        assert differing < 1e-3


def test_a_batch_of_unequal_sizes_agrees(tmp_path: Path) -> None:
    theirs = random_detector(maskrcnn_resnet50_fpn, seed=1, **FEWER)
    ours = load_with_fewer(theirs, tmp_path)
    with torch.no_grad():
        expected = theirs(images(2))
        found = ours(images(2), min_size=MIN_SIZE, max_size=MAX_SIZE)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one.boxes, other["boxes"], atol=2e-2, rtol=1e-3)
        assert torch.equal(one.labels, other["labels"])


def test_keypoints_agree(tmp_path: Path) -> None:
    theirs = random_detector(keypointrcnn_resnet50_fpn, **FEWER)
    ours = load_with_fewer(theirs, tmp_path)
    image = images(1)[0]
    with torch.no_grad():
        expected = theirs([image])[0]
        found = ours([image], min_size=MIN_SIZE, max_size=MAX_SIZE)[0]
    assert len(found) == len(expected["boxes"]) >= 10
    assert found.keypoints is not None
    assert found.keypoint_scores is not None
    torch.testing.assert_close(found.boxes, expected["boxes"], atol=2e-2, rtol=1e-3)
    torch.testing.assert_close(found.keypoint_scores, expected["keypoints_scores"], atol=1e-3, rtol=1e-3)
    # Two nearly equal heatmap cells may swap: all but a few keypoints lie within a tenth of a pixel.
    distance = (found.keypoints[..., :2] - expected["keypoints"][..., :2]).norm(dim=-1)
    assert (distance < 0.1).float().mean() > 0.98
    assert found.categories[0]["keypoints"][0] == "nose"


def furthest_box_edge(found: Instances, expected: dict[str, Tensor]) -> float:
    """The largest distance, in pixels, of a box of theirs from the nearest of ours with its label."""
    distance = (expected["boxes"][:, None] - found.boxes[None]).abs().amax(dim=2)
    other = expected["labels"][:, None] != found.labels[None]
    return float(distance.masked_fill(other, torch.inf).amin(dim=1).max())


@pytest.fixture(scope="module")
def theirs() -> nn.Module:
    return random_detector(maskrcnn_resnet50_fpn, seed=3)


@pytest.fixture(scope="module")
def ours(theirs: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> MaskRCNN:
    return load(theirs, tmp_path_factory.mktemp("parity"))


@pytest.fixture(scope="module")
def pixels() -> Tensor:
    """uint8, which is what every door takes."""
    return torch.randint(256, (3, 120, 170), generator=torch.Generator().manual_seed(7), dtype=torch.uint8)


@pytest.fixture(scope="module")
def expected(theirs: nn.Module, pixels: Tensor) -> dict[str, Tensor]:
    with torch.no_grad():
        return theirs([pixels / 255])[0]


def test_boxes_agree_to_a_thousandth_of_a_pixel_with_every_speed_up_off(
    ours: MaskRCNN, pixels: Tensor, expected: dict[str, Tensor]
) -> None:
    with torch.no_grad():
        (found,) = ours([pixels / 255], min_size=MIN_SIZE, max_size=MAX_SIZE)
    assert len(found) == len(expected["boxes"]) >= 24
    assert furthest_box_edge(found, expected) < 1e-3


def test_boxes_agree_to_a_fifth_of_a_pixel_as_they_are_predicted(
    ours: MaskRCNN, pixels: Tensor, expected: dict[str, Tensor]
) -> None:
    """With folded normalisation, Winograd's convolutions and channels last: sums in another order, in float32."""
    found = Predictor(ours, "cpu", 0.05, MIN_SIZE, MAX_SIZE)(pixels)
    assert abs(len(found) - len(expected["boxes"])) <= 1
    assert furthest_box_edge(found, expected) < 0.2
