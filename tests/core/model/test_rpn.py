"""The region proposal network: its head's order, proposals, and what its losses are taken over."""

from __future__ import annotations

import pytest
import torch
from torchvision.ops import box_iou

from core.model.boxes import SMOOTH_L1_BETA, encode_boxes
from core.model.images import ImageBatch
from core.model.rpn import RPN_BOX_WEIGHTS, RegionProposalNetwork, RpnOutput
from tests.core.model.tiny_models import tiny_config


def network(**changes: object) -> RegionProposalNetwork:
    torch.manual_seed(0)
    return RegionProposalNetwork(tiny_config(**changes), 16)


def batch(*sizes: tuple[int, int]) -> ImageBatch:
    return ImageBatch(torch.zeros((len(sizes), 3, 64, 96)), list(sizes), list(sizes))


def maps(images: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn((images, 16, -(-64 // s), -(-96 // s)), generator=generator) for s in (4, 8, 16, 32, 64)]


def test_outputs_are_in_the_order_of_the_anchors() -> None:
    """Row by row, position by position, anchor by anchor: shown by biases and by one bright pixel."""
    rpn = network()
    with torch.no_grad():
        rpn.head.objectness.weight.zero_()
        rpn.head.objectness.bias.copy_(torch.tensor([0.0, 1, 2]))
        rpn.head.deltas.weight.zero_()
        rpn.head.deltas.bias.copy_(torch.arange(12.0))
    output = rpn(maps(2), batch((64, 96), (64, 96)))
    assert output.level_sizes == [16 * 24 * 3, 8 * 12 * 3, 4 * 6 * 3, 2 * 3 * 3, 1 * 2 * 3]
    assert output.objectness.shape == (2, sum(output.level_sizes))
    assert torch.equal(output.objectness[1], torch.tensor([0.0, 1, 2]).repeat(len(output.anchors) // 3))
    assert torch.equal(output.deltas[0, :3], torch.arange(12.0).reshape(3, 4))


def a_few_anchors() -> RpnOutput:
    anchors = torch.tensor([[0.0, 0, 20, 20], [1, 0, 21, 20], [50, 30, 70, 60], [90, 60, 200, 200], [70, 2, 70, 9]])
    logits = torch.tensor([[3.0, 2.0, 1.0, 4.0, 5.0]])
    return RpnOutput(logits, torch.zeros((1, 5, 4)), anchors, [5])


def test_proposals_are_clipped_to_the_image_without_its_padding_and_thinned_by_nms() -> None:
    boxes, scores = network().eval().proposals(a_few_anchors(), batch((62, 94)))
    # The best one left of the image's edge, the first of two near twins, and what stands alone; no line.
    assert boxes[0].tolist() == [[90, 60, 94, 62], [0, 0, 20, 20], [50, 30, 70, 60]]
    torch.testing.assert_close(scores[0], torch.tensor([4.0, 3.0, 1.0]).sigmoid())


@pytest.mark.parametrize("mode", [True, False])
def test_as_many_are_kept_as_is_asked_for_whatever_the_mode(mode: bool) -> None:
    rpn = network(proposals_train=7, proposals_test=3).train(mode)
    output, size = rpn(maps(1), batch((64, 96))), batch((64, 96))
    for counts, most in ((rpn.config.training_proposals, 7), (rpn.config.test_proposals, 3), (None, 3)):
        boxes, _ = rpn.proposals(output, size, counts)
        assert len(boxes[0]) == most


def test_levels_do_not_suppress_each_other() -> None:
    twins = torch.tensor([[0.0, 0, 20, 20], [0, 0, 20, 20]])
    output = RpnOutput(torch.tensor([[1.0, 2.0]]), torch.zeros((1, 2, 4)), twins, [1, 1])
    boxes, _ = network().eval().proposals(output, batch((64, 96)))
    assert len(boxes[0]) == 2


def test_losses_are_over_a_sample_of_anchors_half_of_it_positive_at_most() -> None:
    rpn = network(rpn_batch_size=1000)
    output = rpn(maps(1), batch((64, 96)))
    truth = torch.tensor([[10.0, 10, 40, 38], [50, 20, 90, 60]])
    objectness, box = rpn.losses(output, [truth], [torch.zeros((0, 4))])
    iou = box_iou(truth, output.anchors)
    best, match = iou.max(dim=0)
    positive = (best >= 0.7) | ((iou == iou.max(dim=1, keepdim=True).values).any(dim=0))
    negative = (best < 0.3) & ~positive
    assert 0 < positive.sum() < 500  # few enough that the sample holds all of them
    sampled = int(min(1000, positive.sum() + negative.sum()))
    error = (
        output.deltas[0, positive] - encode_boxes(truth[match[positive]], output.anchors[positive], RPN_BOX_WEIGHTS)
    ).abs()
    smooth = torch.where(error < SMOOTH_L1_BETA, 0.5 * error**2 / SMOOTH_L1_BETA, error - SMOOTH_L1_BETA / 2)
    torch.testing.assert_close(box, smooth.sum() / sampled)
    assert float(objectness) == pytest.approx(0.69, abs=0.05)  # undecided at the start


def test_an_image_without_objects_teaches_background_only() -> None:
    rpn = network()
    output = rpn(maps(2), batch((64, 96), (64, 96)))
    none = torch.zeros((0, 4))
    objectness, box = rpn.losses(output, [none, none], [none, none])
    assert float(box) == 0
    assert float(objectness) > 0
    (objectness + box).backward()
    assert rpn.head.deltas.weight.grad is not None


def test_anchors_in_a_crowd_are_not_background() -> None:
    rpn = network(rpn_batch_size=100000)
    output = rpn(maps(1), batch((64, 96)))
    everywhere = torch.tensor([[-1000.0, -1000, 1000, 1000]])
    objectness, _ = rpn.losses(output, [torch.zeros((0, 4))], [everywhere])
    assert float(objectness) == 0
