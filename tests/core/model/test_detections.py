"""From the heads' outputs to detections: selection, mask channels, keypoints from heatmaps."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from core.model.boxes import clip_boxes, decode_boxes, voted_boxes
from core.model.images import batch_images
from core.model.roi_heads import heatmaps as heatmaps_module
from core.model.roi_heads.box import BOX_WEIGHTS, select_detections
from core.model.roi_heads.heatmaps import heatmaps_to_keypoints
from core.model.roi_heads.mask import mask_channel, mask_probabilities, mean_of_masks
from tests.core.model.tiny_models import image, tiny_config, tiny_model

# -- boxes --------------------------------------------------------------------------------------------


def one_hot_logits(probabilities: list[list[float]]) -> Tensor:
    return torch.tensor(probabilities).log()


def test_boxes_of_one_class_suppress_each_other_and_other_classes_stay() -> None:
    proposals = torch.tensor([[0.0, 0, 20, 20], [1, 0, 21, 20], [0, 0, 20, 20], [40, 30, 60, 50]])
    logits = one_hot_logits(
        [[0.1, 0.8, 0.05, 0.05], [0.28, 0.7, 0.01, 0.01], [0.2, 0.1, 0.6, 0.1], [0.95, 0.02, 0.02, 0.01]]
    )
    config = tiny_config(score_threshold=0.3)
    boxes, labels, scores = select_detections(logits, torch.zeros((4, 3, 4)), proposals, (64, 96), config)
    assert labels.tolist() == [1, 2]
    torch.testing.assert_close(scores, torch.tensor([0.8, 0.6]))
    assert boxes.tolist() == [[0, 0, 20, 20], [0, 0, 20, 20]]


def test_boxes_that_agree_vote_on_where_the_best_lies_and_others_do_not() -> None:
    proposals = torch.tensor([[0.0, 0, 20, 20], [2, 0, 22, 20], [0, 0, 20, 40], [0, 4, 20, 24], [40, 30, 60, 50]])
    logits = one_hot_logits([[0.1, 0.8, 0.1], [0.5, 0.4, 0.1], [0.3, 0.6, 0.1], [0.1, 0.1, 0.8], [0.4, 0.5, 0.1]])
    config = tiny_config(num_classes=2, score_threshold=0.3, nms_threshold=0.45, box_voting=0.6)
    boxes, labels, scores = select_detections(logits, torch.zeros((5, 2, 4)), proposals, (64, 96), config)
    assert labels.tolist() == [1, 2, 1]
    torch.testing.assert_close(scores, torch.tensor([0.8, 0.8, 0.5]))
    # Two thirds of the way from the second to the first; the third is suppressed, but agrees too little to vote.
    expected = torch.tensor([[2 / 3, 0, 20 + 2 / 3, 20], [0, 4, 20, 24], [40, 30, 60, 50]])
    torch.testing.assert_close(boxes, expected)


@given(st.integers(0, 12), st.integers(1, 40))
def test_votes_are_the_same_however_few_pairs_are_in_memory_at_a_time(count: int, pairs: int) -> None:
    corners = torch.rand((count, 2)) * 4
    boxes, labels = torch.cat([corners, corners + 5], dim=1), torch.randint(1, 3, (count,))
    scores, kept = torch.rand(count) + 0.01, torch.arange(0, count, 2)
    whole = voted_boxes(kept, boxes, labels, scores, 0.4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.model.boxes.MOST_PAIRS", pairs)
        torch.testing.assert_close(voted_boxes(kept, boxes, labels, scores, 0.4), whole)
    lone = voted_boxes(kept, boxes, labels, scores, 1.0)
    torch.testing.assert_close(lone, boxes[kept])


def test_each_class_moves_the_box_its_own_way_and_stays_in_the_image() -> None:
    generator = torch.Generator().manual_seed(0)
    proposals = torch.tensor([[10.0, 10, 50, 50]])
    deltas = torch.randn((1, 3, 4), generator=generator) * 5
    config = tiny_config(score_threshold=0.1)
    boxes, labels, _ = select_detections(torch.zeros((1, 4)), deltas, proposals, (64, 60), config)
    expected = clip_boxes(decode_boxes(deltas[0], proposals.expand(3, 4), BOX_WEIGHTS), 64, 60)
    for box, label in zip(boxes, labels.tolist(), strict=True):
        torch.testing.assert_close(box, expected[label - 1])


def test_the_best_are_kept_and_boxes_without_an_area_are_not() -> None:
    proposals = torch.tensor([[float(10 * n), 0, 10 * n + 8, 8] for n in range(9)] + [[95.0, 0, 140, 8]])
    scores = torch.linspace(0.2, 0.6, 10)
    logits = torch.stack([1 - scores, scores, torch.full((10,), 1e-6), torch.full((10,), 1e-6)], dim=1).log()
    config = tiny_config(detections_per_image=3)
    # The last one, the best, lies outside the image but for its left edge.
    boxes, _, found = select_detections(logits, torch.zeros((10, 3, 4)), proposals, (64, 95), config)
    torch.testing.assert_close(found, scores[[8, 7, 6]])
    assert boxes[:, 0].tolist() == [80, 70, 60]


def test_no_proposals_no_detections() -> None:
    model = tiny_model(num_keypoints=3, score_threshold=0.999).eval()
    found = model([image(), image(40, 70)])
    assert [len(item) for item in found] == [0, 0]
    assert found[0].masks is not None
    assert found[0].masks.shape == (0, 28, 28)
    assert found[0].keypoints is not None
    assert found[0].keypoints.shape == (0, 3, 3)
    assert found[0].to_coco() == []


def test_images_of_a_batch_are_found_as_if_alone() -> None:
    """Boxes come back in the pixels of each image's own size."""
    model = tiny_model(score_threshold=0.2).eval()
    first, second = image(64, 96), image(128, 192, seed=1)
    together = model([first, second])
    for alone, beside in zip([model([first])[0], model([second])[0]], together, strict=True):
        assert torch.equal(alone.labels, beside.labels)
        torch.testing.assert_close(alone.boxes, beside.boxes, atol=1e-3, rtol=1e-4)
    assert together[1].image_size == (128, 192)


# -- masks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["sigmoid", "softmax"])
@pytest.mark.parametrize("agnostic", [False, True])
def test_a_detection_shows_the_mask_of_its_class(loss: str, agnostic: bool) -> None:
    config = tiny_config(mask_loss=loss, mask_class_agnostic=agnostic)
    channels = (1 if agnostic else 3) + (loss == "softmax")
    logits = torch.randn((4, channels, 5, 5), generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([3, 1, 2, 1])
    probabilities = logits.softmax(dim=1) if loss == "softmax" else logits.sigmoid()
    found = mask_probabilities(logits, labels, config)
    for index, label in enumerate(labels.tolist()):
        channel = (0 if agnostic else label - 1) + (loss == "softmax")
        assert mask_channel(labels, config)[index] == channel
        torch.testing.assert_close(found[index], probabilities[index, channel])


@pytest.mark.parametrize("head", ["fcn", "mlp2"])
def test_computing_one_channel_gives_what_computing_all_gives(head: str) -> None:
    model = tiny_model(mask_head=head).eval()
    assert model.roi_heads.mask_head is not None
    features = torch.randn((5, 16, 14, 14), generator=torch.Generator().manual_seed(0))
    channel = torch.tensor([2, 0, 1, 1, 2])
    with torch.no_grad():
        every, one = model.roi_heads.mask_head(features), model.roi_heads.mask_head(features, channel)
    torch.testing.assert_close(one[:, 0], every[torch.arange(5), channel])


def test_the_mean_of_masks_is_weighted_by_the_classes_probabilities() -> None:
    logits = torch.randn((2, 3, 4, 4), generator=torch.Generator().manual_seed(0))
    weights = torch.tensor([[0.2, 0.1, 0.1], [0.0, 0.9, 0.0]])
    found = mean_of_masks(logits, weights, tiny_config())
    torch.testing.assert_close(found[0], (2 * logits[0, 0].sigmoid() + logits[0, 1:].sigmoid().sum(dim=0)) / 4)
    torch.testing.assert_close(found[1], logits[1, 1].sigmoid())


# -- keypoints ----------------------------------------------------------------------------------------


def one_by_one(heatmaps: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Every box's heatmaps resized to its pixels, the highest pixel taken: the plain loop."""
    positions, scores = torch.zeros((*heatmaps.shape[:2], 2)), torch.zeros(heatmaps.shape[:2])
    for index, box in enumerate(boxes):
        extent = (box[2:] - box[:2]).clamp(min=1)
        width, height = extent.ceil().int().tolist()
        fine = F.interpolate(heatmaps[index, None], size=(height, width), mode="bicubic", align_corners=False)[0]
        best = fine.flatten(1).max(dim=1)
        cell = torch.stack([best.indices % width, best.indices // width], dim=1)
        positions[index] = box[:2] + (cell + 0.5) * extent / extent.ceil()
        scores[index] = best.values
    return positions, scores


def boxes_of_all_sizes(count: int) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    corner = torch.rand((count, 2), generator=generator) * 100
    size = torch.exp(torch.rand((count, 2), generator=generator) * 5.5)  # 1 to 245 pixels
    return torch.cat([corner, corner + size], dim=1)


@pytest.mark.parametrize("group", [2**23, 2**14, 1])
def test_keypoints_of_all_boxes_are_those_of_each(group: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heatmaps_module, "LARGEST_GROUP", group)
    heatmaps = torch.randn((24, 3, 56, 56), generator=torch.Generator().manual_seed(1))
    boxes = boxes_of_all_sizes(24)
    boxes[0] = torch.tensor([5.0, 5, 5, 5])  # nothing
    boxes[1] = torch.tensor([5.0, 5, 6, 300])  # a line
    expected, expected_scores = one_by_one(heatmaps, boxes)
    positions, scores = heatmaps_to_keypoints(heatmaps, boxes)
    torch.testing.assert_close(scores, expected_scores, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(positions, expected, atol=1e-3, rtol=1e-4)


def test_a_peak_is_found_to_the_pixel() -> None:
    """A blob at a known place in a box of 3 pixels a cell."""
    boxes = torch.tensor([[10.0, 20.0, 178.0, 188.0]])
    place = torch.tensor([100.3, 61.8])
    cell = (torch.arange(56) + 0.5) * 3
    heatmap = -((cell[None] + 10 - place[0]) ** 2 + (cell[:, None] + 20 - place[1]) ** 2) / 50
    positions, _ = heatmaps_to_keypoints(heatmap[None, None], boxes)
    assert (positions[0, 0] - place).abs().max() <= 0.75


def test_no_boxes_no_keypoints() -> None:
    positions, scores = heatmaps_to_keypoints(torch.zeros((0, 17, 56, 56)), torch.zeros((0, 4)))
    assert positions.shape == (0, 17, 2)
    assert scores.shape == (0, 17)


def test_classes_without_keypoints_have_none() -> None:
    model = tiny_model(num_keypoints=2).eval()
    model.categories[2] = {"id": 3, "name": "person", "keypoints": ["head", "foot"], "skeleton": [[1, 2]]}
    batch = batch_images([image(64, 96), image(96, 64)], model.config)
    boxes = [torch.tensor([[4.0, 6, 40, 50]] * 2), torch.tensor([[8.0, 8, 60, 60]] * 3)]
    labels = [torch.tensor([3, 1]), torch.tensor([2, 3, 3])]
    with torch.no_grad():
        first, second = model.predict_given_boxes(model.features(batch.tensor), batch, boxes, labels)
    assert first.keypoints is not None
    assert second.keypoints is not None
    assert first.keypoints[..., 2].tolist() == [[2, 2], [0, 0]]
    assert second.keypoints[..., 2].tolist() == [[0, 0], [2, 2], [2, 2]]
    assert first.keypoints[1].abs().sum() == 0
    torch.testing.assert_close(second.keypoints[1], second.keypoints[2])
    x0, y0, x1, y1 = first.boxes[0].tolist()
    x, y = first.keypoints[0, :, 0], first.keypoints[0, :, 1]
    assert ((x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)).all()
