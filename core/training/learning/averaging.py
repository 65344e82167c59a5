"""The exponential moving average (EMA) of the weights: what a run with `ema` is judged by and leaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn


class WeightAverage:
    """Follows the weights of a model; its statistics (of batch normalisation) too, counters are copied.

    After step n the average moves by 1 − min(decay, n / (n + 9)) of the way: in the beginning faster, or the weights
    that the run began with would count for long.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.tensors = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}

    @torch.no_grad()
    def follow(self, model: nn.Module) -> None:
        """Take in the weights after a step."""
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 9))
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                self.tensors[name].lerp_(tensor, 1 - decay)
            else:
                self.tensors[name].copy_(tensor)

    @contextmanager
    def in_place_of(self, model: nn.Module) -> Iterator[None]:
        """Within it the model has the averaged weights; afterwards its own again."""
        own = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        _fill(model, self.tensors)
        try:
            yield
        finally:
            _fill(model, own)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds."""
        return {"steps": self.steps, "tensors": self.tensors}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.steps = state["steps"]
        for name, tensor in self.tensors.items():
            tensor.copy_(state["tensors"][name])


@torch.no_grad()
def _fill(model: nn.Module, tensors: dict[str, torch.Tensor]) -> None:
    for name, tensor in model.state_dict().items():
        tensor.copy_(tensors[name])
