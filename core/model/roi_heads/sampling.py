"""RoIs sampled for training (section 3.1), and which of them teach which head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.config import ModelConfig
from core.model.boxes import ignore_crowds, match_rois, sample_matches
from core.model.ground_truth import ObjectsOfImage


@dataclass
class SampledRois:
    """RoIs of one image chosen for the heads; the first `positives` of them lie on objects."""

    rois: Tensor  # float32 R×4, input pixels
    labels: Tensor  # int64 R, 0 is background
    objects: Tensor  # int64 P, the object of each positive

    @property
    def positives(self) -> int:
        return len(self.objects)

    def teaching(self, which: Tensor | None) -> SampledRois:
        """The positive RoIs alone, or those of them that `which` (bool P) chooses; None needs no indexing."""
        rows = slice(None) if which is None else which
        return SampledRois(self.rois[: self.positives][rows], self.labels[: self.positives][rows], self.objects[rows])


def sample_rois(proposals: Tensor, objects: ObjectsOfImage, config: ModelConfig) -> SampledRois:
    """Choose N RoIs of an image, a quarter of them on objects where there are enough (section 3.1)."""
    # The objects' own boxes join the proposals, so that the first steps have positives too.
    candidates = torch.cat([proposals, objects.boxes])
    matches = ignore_crowds(match_rois(objects.boxes, candidates), candidates, objects.crowds)
    positives, negatives = sample_matches(matches, config.rois_per_image, config.roi_positive_fraction)
    matched = matches[positives]
    rois = torch.cat([candidates[positives], candidates[negatives]])
    labels = torch.cat([objects.labels[matched], torch.zeros_like(negatives)])
    return SampledRois(rois, labels, matched)


def rows_of_positives(sampled: Sequence[SampledRois], which: Sequence[Tensor | None] | None = None) -> Tensor:
    """Where the positives of all images, or those chosen (bool P each), are among all RoIs: each image's come first."""
    rows, start = [], 0
    for index, item in enumerate(sampled):
        own = torch.arange(start, start + item.positives, device=item.rois.device)
        chosen = None if which is None else which[index]
        rows.append(own if chosen is None else own[chosen])
        start += len(item.rois)
    return torch.cat(rows)


def nothing_to_learn(head: nn.Module) -> Tensor:
    """A zero that keeps every parameter of the head in the graph, as other processes expect.

    The head itself is not run: batch statistics over no RoIs are no numbers.
    """
    # A sum below zero would be -0.0 without the second zero, and be printed so.
    return torch.stack([parameter.sum() for parameter in head.parameters()]).sum() * 0 + 0
