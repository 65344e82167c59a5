"""A decoder that learned behind one trunk, behind another: a network with a new trunk need not begin anew."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.prompts.learning.samples import SampleMaker
from core.prompts.network import PromptNetwork, as_input, prompt_maps_of

BATCHES, BATCH_SIZE = 30, 16  # of samples that the convolutions are fitted on
MOST_PIXELS = 20_000  # of a map and batch
RIDGE = 1e-3  # of the mean square of the trunk's channels
BOUND_TO_THE_TRUNK = ("trunk.", "laterals.", "detail.", "prompt_stem.")


@torch.no_grad()
def take_decoder(network: PromptNetwork, other: PromptNetwork, maker: SampleMaker, batches: int = BATCHES) -> None:
    """Let a network's decoder be another's, as well as its own trunk can say what the other's trunk says.

    Weights that no trunk's channels enter are copied. The 1×1 convolutions that bring a trunk's maps to the decoder are
    fitted by least squares, for samples of `maker`, to what the other's give. Where prompts enter the trunk, nothing is
    taken: that begins at zero. Raises ValueError where the decoders are of different sizes.
    """
    sizes = [(net.config.channels, net.config.blocks) for net in (network, other)]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"the decoder has {sizes[1][0]} channels and {sizes[1][1]} blocks a stride, the network's {sizes[0][0]} "
            f"and {sizes[0][1]}: they must be alike"
        )
    own = network.state_dict()
    for name, tensor in other.state_dict().items():
        if not name.startswith(BOUND_TO_THE_TRUNK):
            own[name].copy_(tensor)
    fits = [_Fit(ours, theirs) for ours, theirs in zip(_entrances(network), _entrances(other), strict=True)]
    for _ in range(batches):
        samples = [maker.draw() for _ in range(BATCH_SIZE)]
        images, prompts = [sample.image for sample in samples], prompt_maps_of([sample.maps() for sample in samples])
        ours = network.trunk_maps(as_input(images, network.config), prompts)
        theirs = other.trunk_maps(as_input(images, other.config), prompts)
        for fit, x, y in zip(fits, ours, theirs, strict=True):
            fit.see(x, y)
    for fit in fits:
        fit.solve()


def _entrances(network: PromptNetwork) -> list[nn.Conv2d]:
    """The convolutions that read the trunk's maps, from stride 2 to 32."""
    return [module for module in (network.detail, *network.laterals) if isinstance(module, nn.Conv2d)]


class _Fit:
    """The 1×1 convolution of one map that gives the most nearly what another gives of another map."""

    def __init__(self, ours: nn.Conv2d, theirs: nn.Conv2d) -> None:
        self.ours, self.theirs = ours, theirs
        width = ours.in_channels + 1
        self.inner = torch.zeros(width, width, dtype=torch.float64)
        self.outer = torch.zeros(width, ours.out_channels, dtype=torch.float64)

    def see(self, x: Tensor, y: Tensor) -> None:
        """Take in maps B×C×H×W and B×C'×H×W of the same images."""
        rows = x.permute(0, 2, 3, 1).flatten(0, 2)
        wanted = self.theirs(y).permute(0, 2, 3, 1).flatten(0, 2)
        chosen = torch.randperm(len(rows))[:MOST_PIXELS]
        rows = torch.cat([rows[chosen], torch.ones(len(chosen), 1)], dim=1).double()
        self.inner += rows.T @ rows
        self.outer += rows.T @ wanted[chosen].double()

    def solve(self) -> None:
        """Give the convolution the weights that fit best."""
        ridge = RIDGE * self.inner.diagonal().mean() * torch.eye(len(self.inner), dtype=torch.float64)
        ridge[-1, -1] = 0
        weights = torch.linalg.solve(self.inner + ridge, self.outer).float()
        assert self.ours.bias is not None
        self.ours.weight.copy_(weights[:-1].T[:, :, None, None])
        self.ours.bias.copy_(weights[-1])
