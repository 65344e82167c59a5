"""Normalisation layers of the backbones."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import nn
from torchvision.ops import FrozenBatchNorm2d


def norm_layer(kind: str, eps: float) -> Callable[[int], nn.Module]:
    """The constructor of a normalisation layer: "frozen", "batch", "sync" or "group"."""
    if kind == "frozen":
        return partial(FrozenBatchNorm2d, eps=eps)
    if kind == "batch":
        return partial(nn.BatchNorm2d, eps=eps)
    if kind == "sync":
        return partial(nn.SyncBatchNorm, eps=eps)
    return partial(_group_norm, eps=eps)


def _group_norm(channels: int, eps: float) -> nn.GroupNorm:
    # 32 groups as in the GroupNorm paper, where the (mobile) network's width allows it.
    groups = next(groups for groups in (32, 16, 8, 4, 2, 1) if channels % groups == 0)
    return nn.GroupNorm(groups, channels, eps=eps)
