"""Parts of a model that do not learn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from torch import nn


class Freezable(nn.Module):
    """A module whose parts can be stopped from learning, statistics and all."""

    def __init__(self) -> None:
        super().__init__()
        self._frozen: list[nn.Module] = []

    def freeze(self, modules: Iterable[nn.Module]) -> None:
        """Stop modules from learning; their batch statistics stay as they are too."""
        for module in modules:
            self._frozen.append(module.requires_grad_(False))
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Training or evaluation mode; what is frozen stays in evaluation mode."""
        super().train(mode)
        for module in self._frozen:
            module.eval()
        return self
