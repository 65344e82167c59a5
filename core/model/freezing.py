"""Parts of a model that do not learn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Self

import torch
from torch import Tensor, nn

MOST_BYTES = 600_000_000  # of maps that are remembered: of some 300 images at 512 pixels


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


class MapMemory:
    """What frozen layers make of images, so that each image is looked at once and not in every epoch.

    Of images that come alone, on the CPU: maps of several depend on how far they are padded. What would take more than
    `most_bytes` is computed anew each time.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.bytes_left = most_bytes
        self._maps: dict[bytes, list[Tensor]] = {}

    def maps(self, images: Tensor, layers: Callable[[Tensor], Sequence[Tensor]]) -> list[Tensor]:
        """`layers(images)`; what will be read in bfloat16 is kept in it."""
        if len(images) != 1 or images.device.type != "cpu":
            return list(layers(images))
        shape = torch.tensor(images.shape).numpy().tobytes()
        key = hashlib.blake2b(images.numpy(force=True).tobytes(), digest_size=16).digest() + shape
        if key in self._maps:
            return self._maps[key]
        maps = [level.detach() for level in layers(images)]
        if torch.is_autocast_enabled("cpu"):
            maps = [level.to(torch.get_autocast_dtype("cpu")) for level in maps]
        size = sum(level.nbytes for level in maps)
        if size <= self.bytes_left:
            self.bytes_left -= size
            self._maps[key] = maps
        return maps

    def __deepcopy__(self, memo: object) -> MapMemory:
        """A copy of a model begins with nothing: its layers may be exchanged."""
        return MapMemory()
