"""Which heads a model has for which classes, before it learns others and afterwards, and whose weights become whose."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

HEADS = re.compile(r"^(rpn|roi_heads)\.(?!keypoint_head\.)(groups\.(\d+)\.)?")


def place_of(tensor: str) -> int | None:
    """The number of the heads that a tensor of a model belongs to, 0 where it has one set; None of what all share."""
    heads = HEADS.match(tensor)
    return None if heads is None else int(heads[3] or 0)


def heads_at(state: Mapping[str, Tensor], place: int) -> dict[str, Tensor]:
    """The tensors of one set of heads out of a model's, by the names that they have where there is no other set."""
    return {HEADS.sub(r"\1.", name): tensor for name, tensor in state.items() if place_of(name) == place}


@dataclass(frozen=True)
class ClassGroups:
    """The groups of a model that is to learn, and where their weights come from."""

    kept: dict[int, tuple[int, ...]]  # groups of the base that stay: the labels of their rows now
    learning: tuple[int, ...]  # labels of the classes that learn
    begins_as: int  # the group of the base whose heads are copied for them
    rows: list[tuple[int, int] | None]  # for each class that learns its group in the base and row there; None: new
    row_counts: tuple[int, ...]  # of each group of the base
    grouped_before: bool

    @property
    def for_config(self) -> tuple[tuple[int, ...], ...]:
        """`ModelConfig.class_groups`."""
        return (*self.kept.values(), self.learning) if self.kept else ()

    @property
    def known(self) -> list[int]:
        """Labels of the classes that learn and begin with rows of the base's."""
        return [label for label, row in zip(self.learning, self.rows, strict=True) if row is not None]

    def source_of(self, tensor: str) -> tuple[str, bool]:
        """The base's name of a tensor of the model that learns, and whether it belongs to the heads that learn."""
        heads = HEADS.match(tensor)
        if heads is None:
            return tensor, False
        number = int(heads[3]) if heads[3] else len(self.kept)
        learns = number == len(self.kept)
        return self.name_before(tensor, self.begins_as if learns else list(self.kept)[number]), learns

    def name_before(self, tensor: str, group: int) -> str:
        """What a tensor of heads is called in a group of the base."""
        before = f"groups.{group}." if self.grouped_before else ""
        return HEADS.sub(rf"\1.{before}", tensor)


def class_groups(
    before: Sequence[str],
    groups: Sequence[Sequence[int]],
    names: Sequence[str],
    known_as: Sequence[str | None],
    learned: Collection[str],
) -> ClassGroups:
    """The groups of a model for classes called `names`, of which those called `learned` learn.

    Args:
        before: the base's classes, in the order of its labels.
        groups: its `ModelConfig.class_groups`.
        known_as: what the base calls each of `names`, None for a new class.
    """
    label_now = {base: label for label, base in enumerate(known_as, 1) if base is not None}
    learning = tuple(label for label, name in enumerate(names, 1) if name in learned)
    rows_of = [[before[label - 1] if label else None for label in group] for group in groups] or [list(before)]
    kept, shared = {}, []
    for number, row_names in enumerate(rows_of):
        labels = tuple(label_now.get(name, 0) if name is not None else 0 for name in row_names)
        others = tuple(0 if label in learning else label for label in labels)
        if any(others):
            kept[number] = others
        shared.append(sum(label in learning for label in labels))
    begins_as = max(range(len(rows_of)), key=lambda number: (shared[number], number))
    place = {
        name: (number, row)
        for number, row_names in enumerate(rows_of)
        for row, name in enumerate(row_names)
        if name is not None
    }
    rows = [place.get(base) if (base := known_as[label - 1]) is not None else None for label in learning]
    return ClassGroups(kept, learning, begins_as, rows, tuple(map(len, rows_of)), bool(groups))
