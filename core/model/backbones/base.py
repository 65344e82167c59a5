"""What a backbone gives to the rest of the model."""

from __future__ import annotations

from torch import Tensor, nn


class Backbone(nn.Module):
    """A network that turns images B×3×H×W into maps, the finest first."""

    channels: list[int]  # of each map

    def forward(self, images: Tensor) -> list[Tensor]:
        """float32 B×3×H×W to the maps [C2, C3, C4, C5], or those that the configuration's features need."""
        raise NotImplementedError

    def stages(self) -> list[list[nn.Module]]:
        """The modules of each stage in order, the stem first, for freezing."""
        raise NotImplementedError
