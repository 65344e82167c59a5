"""The gradient of one step, in as many parts as `accumulate` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from core.config import TrainConfig
from core.model.mask_rcnn import Learning, MaskRCNN
from core.training.distributed import Processes
from core.training.learning.base_distillation import BaseDistillation
from core.training.learning.distillation_images import distillation_image
from core.training.learning.execution import computes_in_bfloat16
from core.training.samples import TargetsForModel, input_size


def backward(
    wrapped: nn.Module,
    images: Sequence[Tensor],
    targets: Sequence[dict[str, object]],
    targets_for_model: TargetsForModel,
    config: TrainConfig,
    processes: Processes,
    learning: Learning,
) -> dict[str, Tensor]:
    """Add the gradients of a step's images to the model, `batch_size` of them at a time; gives the losses.

    Losses and gradients are the means over the parts, each weighted by its images: what the images give in one batch,
    as far as its parts have equally many regions. All parts are of one size, and the processes talk once.
    """
    size = input_size(config)
    mixed = computes_in_bfloat16(config, processes.device)
    losses: dict[str, Tensor] = {}
    for first in range(0, len(images), config.batch_size):
        part = slice(first, first + config.batch_size)
        share = len(images[part]) / len(images)
        last = part.stop >= len(images)
        with nullcontext() if last or processes.count == 1 else wrapped.no_sync():  # type: ignore[operator]
            with torch.autocast(processes.device.type, torch.bfloat16, mixed):
                found = wrapped(
                    [image.to(processes.device, non_blocking=True) for image in images[part]],
                    targets_for_model(targets[part]),
                    learning=learning,
                    **size,
                )
                loss = torch.stack(list(found.values())).sum() * share
            loss.backward()
        for name, value in found.items():
            losses[name] = losses.get(name, 0) + share * value.detach()
    return losses


def distil_backward(
    model: MaskRCNN,
    distillation: BaseDistillation,
    step: int,
    images: Sequence[Tensor],
    targets: Sequence[Mapping[str, Any]],
    config: TrainConfig,
    processes: Processes,
    learning: Learning,
) -> dict[str, Tensor]:
    """Add the gradients of answering on one image as the base does; gives the losses, weighted.

    To be called before `backward`, which is where processes talk. The model is in evaluation mode meanwhile, so that
    these images leave statistics of batch normalisation alone.
    """
    seed = config.seed * processes.count + processes.rank
    image, objects, scale = distillation_image(seed, step, images, targets)
    mixed = computes_in_bfloat16(config, processes.device)
    model.eval()
    try:
        with torch.autocast(processes.device.type, torch.bfloat16, mixed):
            found = distillation.losses(model, image, objects, scale, learning)
        losses = {name: config.base_distillation * loss for name, loss in found.items()}
        torch.stack(list(losses.values())).sum().backward()
    finally:
        model.train()
    return {name: loss.detach() for name, loss in losses.items()}
