"""What learns, how fast, and by which rule."""

from __future__ import annotations

import torch
from torch import nn

from core.config import TrainConfig
from core.model.mask_rcnn import MaskRCNN
from core.training.class_transfer import class_parameters


def build_optimizer(model: MaskRCNN, config: TrainConfig, holds_rows: bool = False) -> torch.optim.Optimizer:
    """SGD with momentum, or AdamW; every group carries `factor`, its share of the learning rate.

    Biases and norm layers are not decayed: pulling a scale or an offset to zero regularises nothing.
    With a base model the rows of classes learn faster than the rest, and are not decayed either,
    since those of classes that the data does not show must stay. `holds_rows` says that there are such in a model that
    was given: its rows of classes are not decayed, and learn as fast as the rest.

    Raises ValueError where nothing learns.
    """
    rows = {id(parameter) for parameter, _ in class_parameters(model)} if config.model or holds_rows else set()
    backbone = {id(parameter) for backbone in model.backbones() for parameter in backbone.parameters()}
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            factor = config.backbone_learning_rate_factor if id(parameter) in backbone else 1.0
            decay = config.weight_decay if parameter.dim() > 1 else 0.0
            if id(parameter) in rows:
                factor, decay = config.class_row_learning_rate_factor if config.model else factor, 0.0
            groups.setdefault((factor, decay), []).append(parameter)
    if not groups:
        raise ValueError("nothing of the model learns: all of it is frozen (requires_grad is False everywhere)")
    options: list[dict[str, object]] = [
        {"params": parameters, "factor": factor, "weight_decay": decay, "lr": factor * config.learning_rate}
        for (factor, decay), parameters in groups.items()
    ]
    if config.optimizer == "sgd":
        return torch.optim.SGD(options, lr=config.learning_rate, momentum=config.momentum)
    return torch.optim.AdamW(options, lr=config.learning_rate)


def set_learning_rate(optimizer: torch.optim.Optimizer, learning_rate: float) -> None:
    """Give every group its share of the learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = learning_rate * group["factor"]
