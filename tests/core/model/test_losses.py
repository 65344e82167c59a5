"""The losses, each against its definition."""

from __future__ import annotations

import math

import pytest
import torch

from core.model.boxes import box_loss
from core.model.roi_heads.box import classification_loss
from core.model.roi_heads.keypoint import keypoint_loss
from core.model.roi_heads.mask import mask_loss
from core.model.roi_heads.sampling import nothing_to_learn
from core.model.rpn import objectness_loss
from tests.core.model.tiny_models import tiny_config

G = torch.Generator()


@pytest.fixture(autouse=True)
def _same_numbers() -> None:
    G.manual_seed(0)


def test_objectness_is_binary_cross_entropy() -> None:
    logits, labels = torch.tensor([2.0, -1.0]), torch.tensor([1.0, 0.0])
    expected = (math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-1))) / 2
    assert float(objectness_loss(logits, labels)) == pytest.approx(expected)


@pytest.mark.parametrize(("kind", "expected"), [("smooth_l1", 0.5 * 0.1**2 * 9 + (2 - 0.5 / 9)), ("l1", 2.1)])
def test_box_regression_is_divided_by_everything_that_was_sampled(kind: str, expected: float) -> None:
    deltas, targets = torch.tensor([[0.1, 0, 0, 0], [0, 0, -2.0, 0]]), torch.zeros((2, 4))
    assert float(box_loss(deltas, targets, 8, kind)) == pytest.approx(expected / 8)


def test_classes_compete_in_a_softmax() -> None:
    logits, labels = torch.randn((5, 4), generator=G), torch.tensor([0, 1, 3, 0, 2])
    expected = -logits.softmax(dim=1)[torch.arange(5), labels].log().mean()
    torch.testing.assert_close(classification_loss(logits, labels), expected)


def test_a_class_that_the_data_does_not_annotate_is_not_unlearned_on_background() -> None:
    logits = torch.randn((3, 4), generator=G).requires_grad_()
    labels = torch.tensor([0, 2, 0])
    annotated = torch.tensor([[True, True, True, False]]).expand(3, -1)
    classification_loss(logits, labels, annotated).backward()
    assert logits.grad is not None
    assert (logits.grad[[0, 2], 3] == 0).all()  # background: nothing is said of class 3
    assert (logits.grad[[0, 2], 1] > 0).all()  # class 1 is annotated: it is pushed down
    assert logits.grad[1, 3] > 0  # an object of class 2 is none of class 3


def test_a_sigmoid_mask_is_judged_in_the_channel_of_its_class_alone() -> None:
    logits = torch.randn((2, 3, 4, 4), generator=G).requires_grad_()
    labels, targets = torch.tensor([3, 1]), (torch.rand((2, 4, 4), generator=G) > 0.5).float()
    loss = mask_loss(logits, labels, targets, tiny_config())
    own = torch.stack([logits[0, 2], logits[1, 0]]).sigmoid()
    torch.testing.assert_close(loss, -(targets * own.log() + (1 - targets) * (1 - own).log()).mean())
    loss.backward()
    assert logits.grad is not None
    assert logits.grad[0, :2].abs().sum() == logits.grad[1, 1:].abs().sum() == 0


def test_softmax_masks_let_the_classes_compete_at_every_pixel() -> None:
    logits, labels = torch.randn((2, 4, 3, 3), generator=G), torch.tensor([3, 1])
    targets = (torch.rand((2, 3, 3), generator=G) > 0.5).float()
    expected = []
    for index, label in enumerate(labels.tolist()):
        for y in range(3):
            for x in range(3):
                truth = label if targets[index, y, x] else 0
                expected.append(-logits[index, :, y, x].softmax(dim=0)[truth].log())
    torch.testing.assert_close(
        mask_loss(logits, labels, targets, tiny_config(mask_loss="softmax")), torch.stack(expected).mean()
    )


@pytest.mark.parametrize(("kind", "channels"), [("sigmoid", 1), ("softmax", 2)])
def test_a_class_agnostic_mask_does_not_look_at_the_label(kind: str, channels: int) -> None:
    logits = torch.randn((2, channels, 3, 3), generator=G)
    targets = (torch.rand((2, 3, 3), generator=G) > 0.5).float()
    config = tiny_config(mask_loss=kind, mask_class_agnostic=True)
    first, second = (mask_loss(logits, torch.tensor(labels), targets, config) for labels in ([1, 1], [5, 80]))
    assert torch.equal(first, second)


def test_a_keypoint_is_one_of_all_positions() -> None:
    heatmaps = torch.randn((2, 3, 4, 4), generator=G)
    positions = torch.tensor([[5, 0, 15], [2, 3, 4]])
    visible = torch.tensor([[True, False, True], [False, False, True]])
    expected = [
        -heatmaps[p, j].flatten().softmax(dim=0)[positions[p, j]].log()
        for p in (0, 1)
        for j in range(3)
        if visible[p, j]
    ]
    torch.testing.assert_close(keypoint_loss(heatmaps, positions, visible), torch.stack(expected).mean())


def test_nothing_sampled_is_a_zero_with_a_gradient() -> None:
    def scalar(loss: torch.Tensor, source: torch.Tensor) -> None:
        assert float(loss.detach()) == 0
        loss.backward()
        assert source.grad is not None
        assert source.grad.abs().sum() == 0

    empty = torch.zeros(0, requires_grad=True)
    scalar(objectness_loss(empty, torch.zeros(0)), empty)
    deltas = torch.zeros((0, 4), requires_grad=True)
    scalar(box_loss(deltas, torch.zeros((0, 4)), 0, "l1"), deltas)
    logits = torch.zeros((0, 4), requires_grad=True)
    scalar(classification_loss(logits, torch.zeros(0, dtype=torch.int64)), logits)
    masks = torch.zeros((0, 3, 28, 28), requires_grad=True)
    scalar(mask_loss(masks, torch.zeros(0, dtype=torch.int64), torch.zeros((0, 28, 28)), tiny_config()), masks)
    heatmaps = torch.randn((1, 2, 4, 4), generator=G).requires_grad_()
    hidden = torch.zeros((1, 2), dtype=torch.bool)
    scalar(keypoint_loss(heatmaps, torch.zeros((1, 2), dtype=torch.int64), hidden), heatmaps)


def test_a_head_without_anything_to_learn_has_a_loss_of_zero_without_a_sign() -> None:
    head = torch.nn.Linear(2, 1)
    torch.nn.init.constant_(head.weight, -1.0)
    loss = nothing_to_learn(head)
    assert f"{loss.item():.4f}" == "0.0000"
    loss.backward()
    assert head.weight.grad is not None
