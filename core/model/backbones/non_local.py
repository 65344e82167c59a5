"""Non-local blocks (Wang et al. 2018, arXiv:1711.07971; the paper's appendix B)."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn


class NonLocalBlock(nn.Module):
    """Adds to every position what all positions of the map have to say to it: z = W softmax(θ(x)ᵀ φ(x)) g(x) + x.

    The embedded Gaussian of section 3.2 with half the channels, φ and g pooled to half the resolution
    (section 3.3). The last layer begins at zero, so that the block begins as the identity and can be
    put into a trained network.
    """

    def __init__(self, channels: int, norm: Callable[[int], nn.Module] | None) -> None:
        """`norm` follows the last convolution and begins with a scale of zero; without it the convolution does."""
        super().__init__()
        half = channels // 2
        self.theta = nn.Conv2d(channels, half, 1)
        self.phi = nn.Conv2d(channels, half, 1)
        self.g = nn.Conv2d(channels, half, 1)
        self.pool = nn.MaxPool2d(2, ceil_mode=True)  # a map of one row has a half too
        self.output = nn.Conv2d(half, channels, 1)
        self.norm = nn.Identity() if norm is None else norm(channels)
        for layer in (self.theta, self.phi, self.g, self.output):
            nn.init.normal_(layer.weight, std=0.01)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        last = self.output if norm is None else self.norm
        assert isinstance(last.weight, Tensor)
        nn.init.zeros_(last.weight)

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W to the same."""
        query = self.theta(x).flatten(2).transpose(1, 2)
        key, value = (self.pool(layer(x)).flatten(2).transpose(1, 2) for layer in (self.phi, self.g))
        # The paper's dot product is not divided by the root of the channels.
        gathered = F.scaled_dot_product_attention(query, key, value, scale=1.0)
        added: Tensor = self.norm(self.output(gathered.transpose(1, 2).unflatten(2, x.shape[-2:])))
        return x + added
