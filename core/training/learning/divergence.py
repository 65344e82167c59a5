"""A loss that is no number any more: noticed at the step, without waiting for the GPU at every step."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import torch
from torch import Tensor

from core.datasets.annotated_images import AnnotatedImages
from core.training.distributed import Processes


class TrainingDivergedError(ValueError):
    """The loss or its gradient became NaN or infinite."""


class FiniteLoss:
    """Watches one number a step on the device; `check` fetches it.

    The gradient's norm is watched with the loss: an infinite gradient spoils the weights, and the
    loss shows it only at the next step, with other images.
    """

    def __init__(self, processes: Processes, dataset: AnnotatedImages, window: int) -> None:
        """`window`: the most steps between two checks."""
        self.processes = processes
        self.file_names = dict(zip(dataset.image_ids, dataset.file_names, strict=False))  # not all have names
        self.first_bad = torch.full((), -1, dtype=torch.int64, device=processes.device)
        self.recent: deque[tuple[int, Tensor, list[int]]] = deque(maxlen=window)

    def watch(self, step: int, loss: Tensor, gradient_norm: Tensor, image_ids: Sequence[int]) -> None:
        """Note the loss of a step and the images it was computed from."""
        bad = ~torch.isfinite(loss.detach() + gradient_norm)
        self.first_bad = torch.where((self.first_bad < 0) & bad, step, self.first_bad)
        self.recent.append((step, loss.detach(), list(image_ids)))

    def check(self) -> None:
        """Raise `TrainingDivergedError` naming the images of the first step that went wrong since the last check."""
        first = int(self.first_bad)
        if first < 0:
            return
        step, loss, image_ids = next(entry for entry in self.recent if entry[0] == first)
        everywhere = self.processes.gather((bool(torch.isfinite(loss)), image_ids))
        # Where only the gradient overflowed, every image of the step had a share in it.
        what = "gradient" if all(finite for finite, _ in everywhere) else "loss"
        blamed = [ids for finite, ids in everywhere if what == "gradient" or not finite]
        images = ", ".join(self._named(image_id) for ids in blamed for image_id in ids)
        raise TrainingDivergedError(
            f"the {what} became NaN or infinite at step {step + 1}, on the images with id {images}: "
            "check their annotations (python -m core check) or lower the learning rate"
        )

    def _named(self, image_id: int) -> str:
        name = self.file_names.get(image_id)
        return str(image_id) if name is None else f"{image_id} ({name})"
