"""Test-time augmentation: one version is plain prediction, and a mirrored world gives mirrored answers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torchvision.ops import box_iou

from core.model.categories import with_person_keypoints
from core.model.images import batch_images
from core.model.mask_rcnn import MaskRCNN
from core.predict.augmented import detect_augmented
from core.structures import Instances
from tests.core.model.tiny_models import image, tiny_config

PERSON: Any = {"id": 3, "name": "person", "keypoints": ["left", "middle", "right"], "skeleton": [[1, 3]]}
CATEGORIES: Any = [{"id": 1, "name": "apple"}, {"id": 2, "name": "pear"}, PERSON]


def model(**changes: Any) -> MaskRCNN:
    torch.manual_seed(0)
    # Undecided between all classes and background, a quarter each: everything is found as everything.
    config = tiny_config(num_keypoints=3, score_threshold=0.15, detections_per_image=60, **changes)
    return MaskRCNN(config, CATEGORIES).eval()


def assert_alike(first: Instances, second: Instances) -> None:
    assert len(first) == len(second) > 2
    assert torch.equal(first.labels, second.labels)
    for name in ("boxes", "scores", "masks", "keypoints", "keypoint_scores"):
        torch.testing.assert_close(getattr(first, name), getattr(second, name), atol=2e-3, rtol=1e-3)


def test_one_version_is_plain_prediction() -> None:
    network = model()
    assert_alike(detect_augmented(network, image(), scales=[1.0], mirror=False), network([image()])[0])


@pytest.mark.parametrize("scales", [[1.0], [0.75, 1.5]])
def test_a_mirrored_image_gives_mirrored_objects(scales: list[float]) -> None:
    """Seen both ways, an image and its mirror image are the same pair: left is right, and nothing else differs."""
    network, picture = model(), image()
    seen = detect_augmented(network, picture, scales)
    mirrored = detect_augmented(network, picture.flip(-1), scales)
    assert 3 in seen.labels
    boxes = mirrored.boxes
    back = torch.stack([96 - boxes[:, 2], boxes[:, 1], 96 - boxes[:, 0], boxes[:, 3]], dim=1)
    torch.testing.assert_close(back, seen.boxes, atol=1e-2, rtol=1e-3)
    assert torch.equal(mirrored.labels, seen.labels)
    assert seen.masks is not None
    assert mirrored.masks is not None
    torch.testing.assert_close(mirrored.masks.flip(-1), seen.masks, atol=1e-3, rtol=1e-3)
    assert seen.keypoints is not None
    assert mirrored.keypoints is not None
    persons = seen.labels == 3
    exchanged = mirrored.keypoints[:, [2, 1, 0]]
    torch.testing.assert_close(96 - exchanged[persons, :, 0], seen.keypoints[persons, :, 0], atol=0.05, rtol=1e-3)
    torch.testing.assert_close(exchanged[persons, :, 1], seen.keypoints[persons, :, 1], atol=0.05, rtol=1e-3)
    assert (seen.keypoints[~persons] == 0).all()


def test_masks_are_the_mean_over_the_versions() -> None:
    network, picture = model(), image()
    both = detect_augmented(network, picture, [1.0], mirror=True)
    masks: list[Tensor] = []
    for mirrored in (False, True):
        version = picture.flip(-1) if mirrored else picture
        maps = network.features(_batch(network, version).tensor)
        boxes = both.boxes
        if mirrored:
            boxes = torch.stack([96 - boxes[:, 2], boxes[:, 1], 96 - boxes[:, 0], boxes[:, 3]], dim=1)
        rois = [boxes * _batch(network, version).scale(0, boxes.device)]
        own = network.roi_heads.describe(maps, rois, both.labels)["masks"]
        masks.append(own.flip(-1) if mirrored else own)
    torch.testing.assert_close(both.masks, (masks[0] + masks[1]) / 2, atol=1e-4, rtol=1e-3)


def _batch(network: MaskRCNN, picture: Tensor) -> Any:

    return batch_images([picture], network.config)


def test_no_object_is_found_twice_because_it_was_seen_twice() -> None:
    network = model()
    plain, augmented = network([image()])[0], detect_augmented(network, image(), [0.8, 1.0, 1.2])
    assert len(augmented) <= network.config.detections_per_image

    for label in (1, 2, 3):
        boxes = augmented.boxes[augmented.labels == label]
        overlap = box_iou(boxes, boxes).fill_diagonal_(0)
        assert overlap.numel() == 0 or overlap.max() <= network.config.nms_threshold
    assert augmented.scores.max() >= plain.scores.max() - 1e-4


def test_an_attached_keypoint_model_is_augmented_too() -> None:
    base = MaskRCNN(tiny_config(score_threshold=0.1), [{"id": n, "name": name} for n, name in enumerate("abc", 1)])
    base.categories[2] = {"id": 3, "name": "person"}
    keypoints = MaskRCNN(tiny_config(num_classes=1, num_keypoints=3, mask_head=None), [PERSON | {"id": 1}])
    base.attach_keypoint_model(keypoints)
    found = detect_augmented(base.eval(), image(), [1.0, 1.25])
    assert found.keypoints is not None
    assert found.keypoints.shape[1:] == (3, 3)
    assert base.categories == with_person_keypoints(base.categories, PERSON)


@pytest.mark.parametrize("changes", [{"mask_head": None}, {"features": "c4"}])
def test_other_variants_are_augmented(changes: dict[str, Any]) -> None:
    found = detect_augmented(model(**changes), image(), [1.0])
    assert (found.masks is None) == ("mask_head" in changes)


def test_nothing_found_is_no_objects() -> None:
    network = model()
    network.config = tiny_config(num_keypoints=3, score_threshold=0.9999)
    assert len(detect_augmented(network, image())) == 0


@pytest.mark.parametrize("scales", [[], [1.0, 0.0]])
def test_scales_that_are_none_are_refused(scales: list[float]) -> None:
    with pytest.raises(ValueError, match="one positive factor at least"):
        detect_augmented(model(), image(), scales)
