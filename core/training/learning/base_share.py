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

from core.config import ModelConfig
from core.model.mask_rcnn import MaskRCNN
from core.training.class_groups import HEADS, ClassGroups, heads_at, place_of

FEW_OBJECTS = 8  # of a class that the base knows: with fewer its heads stay the base's


@dataclass(frozen=True)
class BaseShare:
    """The heads as they were before they learned, and which of their classes the base knows."""

    heads: dict[str, Tensor]  # of the RPN and the RoI heads that learn, at step 0, named as by `heads_at`
    share: float  # how much of the average is the base's, 0..1
    averaged: list[int]  # labels of classes that the base knows
    # Of those with fewer than FEW_OBJECTS objects: each one's group in the base, and its row there, from 0.
    left: dict[int, tuple[int, int]]
    places: dict[int, int]  # of the base's groups that the model has, too: each one's place there
    # Of its other groups with classes of `left`: how many rows they have, and their heads.
    others: dict[int, tuple[int, dict[str, Tensor]]]

    @classmethod
    def at_start(
        cls, model: MaskRCNN, base: MaskRCNN, groups: ClassGroups, objects: Mapping[int, int], share: float
    ) -> BaseShare:
        """Of a model that is about to learn: a copy of its heads is kept.

        Args:
            groups: how it was made of its base.
            objects: how many of each label it learns from; one that is not named counts as many.
        """
        known = {label: place for label, place in zip(groups.learning, groups.rows, strict=True) if place is not None}
        left = {label: place for label, place in known.items() if objects.get(label, FEW_OBJECTS) < FEW_OBJECTS}
        places = {group: place for place, group in enumerate(groups.kept)}
        before = base.state_dict()
        others = {
            group: (groups.row_counts[group], _copied(heads_at(before, group)))
            for group in sorted({group for group, _ in left.values()} - places.keys())
        }
        heads = _copied(heads_at(model.state_dict(), len(groups.kept)))
        return cls(heads, share, [label for label in known if label not in left], left, places, others)

    def shared(self, model: MaskRCNN) -> MaskRCNN:
        """A copy of the model with the base's heads, averaged ones and those that learned, each for its classes.

        All of them keep all rows, so that each goes on telling its classes from the others: rows that it does not
        answer for count as background (`ModelConfig.class_groups`).
        """
        before = model.state_dict()
        with torch.no_grad():
            sets = self._sets(model.config, before)
        groups = tuple(labels for labels, _ in sets)
        plain = groups == (tuple(range(1, model.config.num_classes + 1)),)
        config = replace(model.config, class_groups=() if plain else groups)
        copy = model.blank(config, model.categories).to(next(model.parameters()).device)
        copy.score_thresholds = model.score_thresholds
        if model.keypoint_model is not None:
            copy.attach_keypoint_model(model.keypoint_model)
        with torch.no_grad():
            for name, tensor in copy.state_dict().items():
                place = place_of(name)
                tensor.copy_(before[name] if place is None else sets[place][1][HEADS.sub(r"\1.", name)])
        return copy.train(model.training)

    def _sets(
        self, config: ModelConfig, state: Mapping[str, Tensor]
    ) -> list[tuple[tuple[int, ...], Mapping[str, Tensor]]]:
        """The sets of heads: labels of their rows, and their tensors."""
        groups = config.class_groups or (tuple(range(1, config.num_classes + 1)),)
        sets: list[tuple[tuple[int, ...], Mapping[str, Tensor]]] = [
            (self._given_back(groups[place], group), heads_at(state, place)) for group, place in self.places.items()
        ]
        sets += [(self._given_back((0,) * rows, group), heads) for group, (rows, heads) in self.others.items()]
        learned = heads_at(state, len(groups) - 1)
        average = {
            name: tensor.lerp(self.heads[name].to(tensor), self.share) if tensor.is_floating_point() else tensor
            for name, tensor in learned.items()
        }
        new = [label for label in groups[-1] if label not in self.averaged and label not in self.left]
        for chosen, heads in ((self.averaged, average), (new, learned)):
            own = tuple(label if label in chosen else 0 for label in groups[-1])
            if any(own):
                sets.append((own, heads))
        return sets

    def _given_back(self, labels: tuple[int, ...], group: int) -> tuple[int, ...]:
        """The labels of a group of the base's, with those that are left to it."""
        back = {row: label for label, (own_group, row) in self.left.items() if own_group == group}
        return tuple(back.get(row, label) for row, label in enumerate(labels))

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds: the arguments."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def _copied(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}
