"""A loss that is no number any more: noticed at the step, without waiting for the GPU at every step."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from core.training.distributed import Processes


class TrainingDivergedError(ValueError):
    """The loss or its gradient became NaN or infinite."""


class FiniteLoss:
    """Watches one number a step on the device; `check` fetches it.

    The gradient's norm is watched with the loss: an infinite gradient spoils the weights, and the
    loss shows it only at the next step, with other images.
    """

    def __init__(self, processes: Processes, window: int) -> None:
        self.processes = processes
        self.first_bad = torch.full((), -1, dtype=torch.int64, device=processes.device)
        self.recent: deque[tuple[int, Tensor, list[dict[str, Any]]]] = deque(maxlen=window)

    def watch(self, step: int, loss: Tensor, gradient_norm: Tensor, images: Sequence[dict[str, Any]]) -> None:
        """Note the loss of a step and what it was computed from; `images` are {"id", "file_name"}."""
        bad = ~torch.isfinite(loss.detach() + gradient_norm)
        self.first_bad = torch.where((self.first_bad < 0) & bad, step, self.first_bad)
        self.recent.append((step, loss.detach(), list(images)))

    def check(self) -> None:
        """Raise `TrainingDivergedError` naming the images of the first step that went wrong since the last check."""
        first = int(self.first_bad)
        if first < 0:
            return
        step, loss, images = next(entry for entry in self.recent if entry[0] == first)
        own = (bool(torch.isfinite(loss)), images)
        everywhere = self.processes.gather(own)
        # Where only the gradient overflowed, every image of the step had a share in it.
        blamed = [images for finite, images in everywhere if not finite] or [images for _, images in everywhere]
        names = ", ".join(f"{image['id']} ({image['file_name']})" for images in blamed for image in images)
        what = "loss" if not all(finite for finite, _ in everywhere) else "gradient"
        raise TrainingDivergedError(
            f"the {what} became NaN or infinite at step {step + 1}, in the images with id {names}: "
            "check their annotations (python -m core check), or lower the learning rate"
        )
