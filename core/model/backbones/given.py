"""A backbone of one's own: any module that gives maps, put into the shape of ours."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from core.config import ModelConfig
from core.model.anchors import feature_strides
from core.model.backbones.base import Backbone

PROBE = 224  # pixels a side of the image by which a module shows what it gives: at stride 32 seven cells


class GivenBackbone(Backbone):
    """A module float32 B×3×H×W → its maps, finest first: a dictionary, list or tuple of them, or one tensor.

    Of its maps those are read that the configuration's `features` need: the last of stride 4, 8, 16 and 32 for "fpn",
    16 for "dc5", 32 for "c5". Which these are is found out by one image of zeros. Where the module has `stages()`, it
    says what `freeze_stages` freezes; else nothing of it is frozen.

    Raises:
        ValueError: a stride that is needed is missing, or the features have no place for other backbones.
    """

    def __init__(self, module: nn.Module, config: ModelConfig) -> None:
        super().__init__()
        self.network = module  # not "module": that is what DataParallel puts into names, and is taken out of them
        wanted = feature_strides(config)[:-1] if config.has_pyramid else feature_strides(config)
        if config.features in ("c4", "fpn_mobile"):
            raise ValueError(
                f"ModelConfig.features={config.features!r} is for the backbones that core names: "
                "use 'fpn', 'c5' or 'dc5' with one of your own"
            )
        probed = copy.deepcopy(module).eval()  # the module's own statistics and modes stay as they are
        like = next(probed.parameters(), torch.zeros(()))
        with torch.no_grad():
            maps = _listed(probed(torch.zeros((1, 3, PROBE, PROBE), dtype=like.dtype, device=like.device)))
        strides = [round(PROBE / level.shape[-1]) for level in maps]
        if not set(wanted) <= set(strides):
            raise ValueError(
                f"the backbone gives maps of strides {strides}, ModelConfig.features={config.features!r} "
                f"needs {list(wanted)}"
            )
        self.places = [max(place for place, stride in enumerate(strides) if stride == one) for one in wanted]
        self.channels = [maps[place].shape[1] for place in self.places]

    def forward(self, images: Tensor) -> list[Tensor]:
        """float32 B×3×H×W to the maps that the features need, the finest first."""
        maps = _listed(self.network(images))
        return [maps[place] for place in self.places]

    def stages(self) -> list[list[nn.Module]]:
        """The module's own stages, none where it does not say."""
        stages = getattr(self.network, "stages", None)
        return [list(stage) for stage in stages()] if callable(stages) else []


def _listed(given: Mapping[str, Tensor] | Sequence[Tensor] | Tensor) -> list[Tensor]:
    if isinstance(given, Tensor):
        return [given]
    return list(given.values()) if isinstance(given, Mapping) else list(given)
