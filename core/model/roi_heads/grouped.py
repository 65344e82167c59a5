"""Sets of heads, each for classes of its own, that answer as one: new classes learn and the others stay as they are.

Learning another class moves features and shared layers, and so costs the classes that the data does not show. Where
the features stay and each training's classes have heads of their own, nothing can be forgotten (a set of heads a task,
as in progressive networks, Rusu et al. 2016, with shared features).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from core.config import ModelConfig
from core.model.anchors import roi_strides
from core.model.exporting import is_exporting
from core.model.ground_truth import ObjectsOfImage
from core.model.roi_heads import RoiHeads
from core.model.roi_heads.keypoint import KeypointHead
from core.model.roi_heads.sampling import SampledRois


class GroupedRoiHeads(RoiHeads):
    """`RoiHeads` for each of the configuration's `class_groups`; labels are the whole model's.

    Keypoints are one head's for all.
    """

    # Of a label (0 is background): the group that answers for it, and its row there, from 1.
    group_of: Tensor
    row_of: Tensor
    columns: Tensor  # of each label from 1, its place among the rows of all groups

    def __init__(self, config: ModelConfig, channels: int) -> None:
        nn.Module.__init__(self)
        self.config = config
        self.strides = roi_strides(config)
        self.groups = nn.ModuleList(
            RoiHeads(replace(config, num_classes=len(labels), num_keypoints=0, class_groups=()), channels)
            for labels in config.class_groups
        )
        self.keypoint_head = KeypointHead(config, channels) if config.num_keypoints else None
        place = {
            label: (group, row)
            for group, labels in enumerate(config.class_groups)
            for row, label in enumerate(labels, 1)
            if label
        }
        first = [sum(map(len, config.class_groups[:group])) for group in range(len(config.class_groups))]
        where = [place[label] for label in range(1, config.num_classes + 1)]
        tables = {
            "group_of": [-1, *(group for group, _ in where)],
            "row_of": [0, *(row for _, row in where)],
            "columns": [first[group] + row - 1 for group, row in where],
        }
        for name, values in tables.items():
            self.register_buffer(name, torch.tensor(values), persistent=False)

    @property
    def learning(self) -> RoiHeads:
        """The heads that learn."""
        return cast(RoiHeads, self.groups[-1])

    @property
    def mask_head(self) -> nn.Module | None:  # type: ignore[override] # each group has its own
        """The mask head that learns; None where none has one."""
        return self.learning.mask_head

    @property
    def res5(self) -> nn.Module | None:  # type: ignore[override]
        """The learning heads' res5, of C4."""
        return self.learning.res5

    def losses(
        self,
        maps: Sequence[Tensor],
        sampled: Sequence[SampledRois],
        objects: Sequence[ObjectsOfImage],
        scales: Sequence[Tensor],
    ) -> dict[str, Tensor]:
        """Those of the heads that learn, and of the keypoint head; all objects are of its classes."""
        rows = [0, *self.config.class_groups[-1]]
        own = [replace(item, labels=self.row_of[item.labels]) for item in sampled]
        known = [
            replace(
                item,
                labels=self.row_of[item.labels],
                annotated=None if item.annotated is None else item.annotated[rows],
            )
            for item in objects
        ]
        return self.learning.losses(maps, own, known, scales) | self.keypoint_losses(maps, sampled, objects, scales)

    def classify(self, maps: Sequence[Tensor], rois: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Every group's box branch on every RoI: logits R×(K+1), background first, and deltas R×K×4.

        A logit is the log-odds of its class against its group's background, to which classes belong that the group
        does not answer for any more. Where the other groups see background, the softmax is that of the class's group.
        """
        said = [cast(RoiHeads, heads).classify(maps, rois) for heads in self.groups]
        odds = []
        for labels, (logits, _) in zip(self.config.class_groups, said, strict=True):
            background = [0, *(row for row, label in enumerate(labels, 1) if not label)]
            odds.append(logits[:, 1:] - _log_sum(logits[:, background]))
        joined = torch.cat(odds, dim=1)[:, self.columns]
        deltas = torch.cat([own for _, own in said], dim=1)[:, self.columns]
        return torch.cat([torch.zeros_like(joined[:, :1]), joined], dim=1), deltas

    def describe(
        self, maps: Sequence[Tensor], rois: Sequence[Tensor], labels: Tensor, probabilities: Tensor | None = None
    ) -> dict[str, Tensor]:
        """What each RoI's own group says of it; `probabilities` count within the group of the RoI's label."""
        if is_exporting():
            return self.describe_without_branches(maps, rois, labels)
        found: dict[str, Tensor] = {}
        counts = [len(boxes) for boxes in rois]
        for group, heads in enumerate(self.groups):
            mine = self.group_of[labels] == group
            if not mine.any() and (found or group + 1 < len(self.groups)):
                continue
            own_rois = [boxes[some] for boxes, some in zip(rois, mine.split(counts), strict=True)]
            weights = None if probabilities is None else self._own_probabilities(probabilities[mine], group)
            said = cast(RoiHeads, heads).describe(maps, own_rois, self.row_of[labels[mine]], weights)
            for name, value in said.items():
                every = found.setdefault(name, value.new_zeros((len(labels), *value.shape[1:])))
                every[mine] = value
        return found

    def describe_without_branches(
        self, maps: Sequence[Tensor], rois: Sequence[Tensor], labels: Tensor
    ) -> dict[str, Tensor]:
        """The same in a graph for export: every group describes all RoIs, and each RoI takes what its own says."""
        found: dict[str, Tensor] = {}
        for group, heads in enumerate(self.groups):
            mine = self.group_of[labels] == group
            said = cast(RoiHeads, heads).describe(maps, rois, torch.where(mine, self.row_of[labels], 1))
            for name, value in said.items():
                own = mine.view(-1, *[1] * (value.dim() - 1))
                found[name] = torch.where(own, value, found[name]) if name in found else value
        return found

    def _own_probabilities(self, probabilities: Tensor, group: int) -> Tensor:
        """The columns of a group's rows of R×K probabilities; 0 for those that it does not answer for."""
        own = self.config.class_groups[group]
        columns = probabilities[:, [max(0, label - 1) for label in own]]
        return columns * columns.new_tensor([float(label > 0) for label in own])


def _log_sum(logits: Tensor) -> Tensor:
    """The logarithm of the sum of exponentials, R×1 of R×N; `logsumexp` cannot be recorded for any number of RoIs."""
    most = logits.amax(dim=1, keepdim=True)
    return (logits - most).exp().sum(dim=1, keepdim=True).log() + most


def build_roi_heads(config: ModelConfig, channels: int) -> RoiHeads:
    """The heads that the configuration names: one set, or one for each of its `class_groups`."""
    return GroupedRoiHeads(config, channels) if config.class_groups else RoiHeads(config, channels)
