"""Giving heads that learned classes further a share of the base's weights again: an average of both.

A few images teach what they show, and take from a class what thousands of others had taught before. The average of the
weights before and after is better than either of them (WiSE-FT, Wortsman et al. 2022, arXiv:2109.01903); of classes
with hardly an object it is the base that is better. Those that the base does not know have nothing to go back to. So
each kind gets the heads that suit it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from core.model.mask_rcnn import MaskRCNN
from core.training.class_groups import HEADS, ClassGroups, place_of

FEW_OBJECTS = 8  # of a class that the base knows: with fewer its heads stay the base's


@dataclass(frozen=True)
class BaseShare:
    """The heads as they were before they learned, and which of their classes the base knows."""

    heads: dict[str, Tensor]  # of the RPN and the RoI heads that learn, by their names in the model, at step 0
    share: float  # how much of the average is the base's, 0..1
    averaged: list[int]  # labels of classes that the base knows
    left: dict[int, int]  # of those with fewer than FEW_OBJECTS objects, each with its row in the base's heads, from 0
    base_place: int | None  # of the base's heads that the copies were made of, in the model; None where it has them not

    @classmethod
    def at_start(cls, model: MaskRCNN, groups: ClassGroups, objects: Mapping[int, int], share: float) -> BaseShare:
        """Of a model that is about to learn: a copy of its heads is kept.

        Args:
            groups: how it was made of its base.
            objects: how many of each label it learns from; one that is not named counts as many.
        """
        rows = {label: row for label, row in zip(groups.learning, groups.rows, strict=True) if row is not None}
        left = {label: row for label, row in rows.items() if objects.get(label, FEW_OBJECTS) < FEW_OBJECTS}
        base_place = list(groups.kept).index(groups.begins_as) if groups.begins_as in groups.kept else None
        state = model.state_dict()
        heads = {name: state[name].clone() for name in state if place_of(name) == len(groups.kept)}
        return cls(heads, share, [label for label in rows if label not in left], left, base_place)

    def shared(self, model: MaskRCNN) -> MaskRCNN:
        """A copy of the model with the base's heads, averaged ones and those that learned, each for its classes.

        All of them keep all rows, so that each goes on telling its classes from the others: rows that it does not
        answer for count as background (`ModelConfig.class_groups`).
        """
        grouped = bool(model.config.class_groups)
        sets = self._sets(model.config.class_groups or (tuple(range(1, model.config.num_classes + 1)),))
        config = replace(model.config, class_groups=tuple(labels for labels, _, _ in sets) if len(sets) > 1 else ())
        copy = model.blank(config, model.categories).to(next(model.parameters()).device)
        copy.score_thresholds = model.score_thresholds
        if model.keypoint_model is not None:
            copy.attach_keypoint_model(model.keypoint_model)
        before = model.state_dict()
        with torch.no_grad():
            for name, tensor in copy.state_dict().items():
                place = place_of(name)
                if place is None:
                    tensor.copy_(before[name])
                    continue
                _, source, share = sets[place]
                part, rest = name.partition(".")[0], HEADS.sub("", name)
                learned = f"{part}.groups.{source}.{rest}" if grouped else f"{part}.{rest}"
                tensor.copy_(before[learned])
                if share and tensor.is_floating_point():
                    tensor.lerp_(self.heads[learned].to(tensor), share)
        return copy.train(model.training)

    def _sets(self, groups: tuple[tuple[int, ...], ...]) -> list[tuple[tuple[int, ...], int, float]]:
        """The sets of heads: labels of their rows, which of the model's they are made of, the base's share in them."""
        sets: list[tuple[tuple[int, ...], int, float]] = []
        for place, labels in enumerate(groups[:-1]):
            back = {row: label for label, row in self.left.items()} if place == self.base_place else {}
            sets.append((tuple(back.get(row, label) for row, label in enumerate(labels)), place, 0.0))
        learned = groups[-1]
        new = [label for label in learned if label not in self.averaged and label not in self.left]
        of_base = list(self.left) if self.base_place is None else []
        for chosen, share in ((of_base, 1.0), (self.averaged, self.share), (new, 0.0)):
            own = tuple(label if label in chosen else 0 for label in learned)
            if any(own):
                sets.append((own, len(groups) - 1, share))
        return sets

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds: the arguments."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}
