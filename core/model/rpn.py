"""Region proposal network (Ren et al. 2015; the first stage of section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.config import ModelConfig, ProposalCounts
from core.model.anchors import anchors_for, anchors_per_position
from core.model.boxes import (
    box_loss,
    clip_boxes,
    decode_boxes,
    encode_boxes,
    ignore_crowds,
    match_anchors,
    sample_matches,
)
from core.model.exporting import nms_by_group
from core.model.images import ImageBatch

RPN_BOX_WEIGHTS = (1.0, 1.0, 1.0, 1.0)
SMALLEST_PROPOSAL = 1e-3  # pixels: what clipping left without an area


@dataclass
class RpnOutput:
    """What the RPN's head says about every anchor, levels concatenated in order."""

    objectness: Tensor  # float32 B×A, logits
    deltas: Tensor  # float32 B×A×4
    anchors: Tensor  # float32 A×4, input pixels
    level_sizes: list[int]  # anchors on each level


class RpnHead(nn.Module):
    """3×3 convolutions, then two 1×1: objectness and box regression of each anchor."""

    last_layers = ("objectness", "deltas")

    def __init__(self, channels: int, anchors: int, conv_depth: int) -> None:
        super().__init__()
        self.conv = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(conv_depth))
        self.objectness = nn.Conv2d(channels, anchors, 1)
        self.deltas = nn.Conv2d(channels, anchors * 4, 1)
        for layer in (*self.conv, self.objectness, self.deltas):
            nn.init.normal_(layer.weight, std=0.01)
            nn.init.zeros_(layer.bias)

    def forward(self, level: Tensor) -> tuple[Tensor, Tensor]:
        """One map B×C×H×W to objectness B×(H·W·A) and deltas B×(H·W·A)×4."""
        x = level
        for conv in self.conv:
            x = F.relu(conv(x), inplace=True)
        objectness = self.objectness(x).permute(0, 2, 3, 1).flatten(1)
        deltas = self.deltas(x).permute(0, 2, 3, 1).reshape(len(x), -1, 4)
        return objectness, deltas


class RegionProposalNetwork(nn.Module):
    """Proposals from the maps of the pyramid (or the one map of C4 and C5)."""

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        self.config = config
        self.head = RpnHead(channels, anchors_per_position(config), config.rpn_conv_depth)

    def forward(self, maps: Sequence[Tensor], batch: ImageBatch) -> RpnOutput:
        """Objectness and deltas of all anchors of all levels."""
        objectness, deltas = zip(*(self.head(level) for level in maps), strict=True)
        input_size = (batch.tensor.shape[-2], batch.tensor.shape[-1])
        map_sizes = [(level.shape[-2], level.shape[-1]) for level in maps]
        anchors = anchors_for(self.config, map_sizes, input_size, maps[0].device)
        return RpnOutput(
            torch.cat(objectness, dim=1).float(),
            torch.cat(deltas, dim=1).float(),
            torch.cat(anchors),
            [level.shape[0] for level in anchors],
        )

    @torch.no_grad()
    def proposals(
        self, output: RpnOutput, batch: ImageBatch, counts: ProposalCounts | None = None
    ) -> tuple[list[Tensor], list[Tensor]]:
        """The best boxes of each image after NMS: (float32 P×4 in input pixels, float32 P objectness in 0..1).

        As many as the configuration's `test_proposals` unless `counts` says otherwise.
        """
        before, keep = counts or self.config.test_proposals
        boxes_of, scores_of = [], []
        for index, (height, width) in enumerate(batch.sizes):
            best, levels = _best_of_each_level(output.objectness[index], output.level_sizes, before)
            boxes = decode_boxes(output.deltas[index, best], output.anchors[best], RPN_BOX_WEIGHTS)
            boxes = clip_boxes(boxes, height, width)
            scores = output.objectness[index, best].sigmoid()
            good = ((boxes[:, 2:] - boxes[:, :2]) >= SMALLEST_PROPOSAL).all(dim=1)
            good &= scores >= self.config.rpn_score_threshold
            boxes, scores, levels = boxes[good], scores[good], levels[good]
            kept = nms_by_group(boxes, scores, levels, self.config.rpn_nms_threshold)[:keep]
            boxes_of.append(boxes[kept])
            scores_of.append(scores[kept])
        return boxes_of, scores_of

    def losses(
        self, output: RpnOutput, ground_truth: Sequence[Tensor], crowds: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """(objectness loss, box loss) over anchors sampled in each image; boxes in input pixels."""
        positives_of, sampled_of, targets_of, labels_of = [], [], [], []
        for index, (boxes, crowd) in enumerate(zip(ground_truth, crowds, strict=True)):
            offset = index * len(output.anchors)
            matches = match_anchors(boxes, output.anchors, self.config.rpn_positive_iou, self.config.rpn_negative_iou)
            matches = ignore_crowds(matches, output.anchors, crowd)
            positives, negatives = sample_matches(matches, self.config.rpn_batch_size, 0.5)
            positives_of.append(positives + offset)
            sampled_of.append(torch.cat([positives, negatives]) + offset)
            labels_of.append(torch.cat([torch.ones_like(positives), torch.zeros_like(negatives)]).float())
            targets_of.append(encode_boxes(boxes[matches[positives]], output.anchors[positives], RPN_BOX_WEIGHTS))
        sampled, positives = torch.cat(sampled_of), torch.cat(positives_of)
        return (
            objectness_loss(output.objectness.flatten()[sampled], torch.cat(labels_of)),
            box_loss(output.deltas.flatten(0, 1)[positives], torch.cat(targets_of), len(sampled), self.config.box_loss),
        )


class GroupedRpn(RegionProposalNetwork):
    """An RPN for each of the configuration's `class_groups`, what they say in a list; the last one learns."""

    def __init__(self, config: ModelConfig, channels: int) -> None:
        nn.Module.__init__(self)
        self.config = config
        self.groups = nn.ModuleList(RegionProposalNetwork(config, channels) for _ in config.class_groups)

    @property
    def _rpns(self) -> list[RegionProposalNetwork]:
        return [cast(RegionProposalNetwork, rpn) for rpn in self.groups]

    def forward(self, maps: Sequence[Tensor], batch: ImageBatch) -> list[RpnOutput]:  # type: ignore[override]
        """What each RPN says of all anchors; in training mode only the one that learns is asked."""
        return [rpn(maps, batch) for rpn in (self._rpns[-1:] if self.training else self._rpns)]

    @torch.no_grad()
    def proposals(  # type: ignore[override]
        self, output: Sequence[RpnOutput], batch: ImageBatch, counts: ProposalCounts | None = None
    ) -> tuple[list[Tensor], list[Tensor]]:
        """The best boxes of each image as `RegionProposalNetwork.proposals` gives them.

        Each RPN has an equal share of the configuration's `test_proposals`. With `counts`, which are those that heads
        learn from, they are the learning one's alone.
        """
        if counts is not None:
            return self._rpns[-1].proposals(output[-1], batch, counts)
        before, keep = self.config.test_proposals
        share = ProposalCounts(before, -(-keep // len(self.groups)))
        found = [rpn.proposals(said, batch, share) for rpn, said in zip(self._rpns, output, strict=True)]
        boxes, scores = ([torch.cat(parts) for parts in zip(*lists, strict=True)] for lists in zip(*found, strict=True))
        return boxes, scores

    def losses(  # type: ignore[override]
        self, output: Sequence[RpnOutput], ground_truth: Sequence[Tensor], crowds: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Those of the RPN that learns."""
        return self._rpns[-1].losses(output[-1], ground_truth, crowds)


def build_rpn(config: ModelConfig, channels: int) -> RegionProposalNetwork:
    """The RPN that the configuration names: one, or one for each of its `class_groups`."""
    return GroupedRpn(config, channels) if config.class_groups else RegionProposalNetwork(config, channels)


def objectness_loss(logits: Tensor, is_object: Tensor) -> Tensor:
    """Binary cross-entropy of sampled anchors; float32 S logits and 0/1 labels."""
    if logits.numel() == 0:
        return logits.sum()
    return F.binary_cross_entropy_with_logits(logits, is_object)


def _best_of_each_level(objectness: Tensor, level_sizes: list[int], count: int) -> tuple[Tensor, Tensor]:
    """Indices of each level's `count` best anchors, and the level that each belongs to."""
    best, levels, start = [], [], 0
    for level, size in enumerate(level_sizes):
        top = objectness[start : start + size].topk(torch.sym_min(count, size)).indices + start
        best.append(top)
        levels.append(torch.full_like(top, level))
        start += size
    return torch.cat(best), torch.cat(levels)
