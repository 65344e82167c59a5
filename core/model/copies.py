"""What a copy of a model with another configuration is made of: its weights, and its parts of one's own."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from torch import Tensor

from core.config import ModelConfig
from core.model.backbones.base import Backbone
from core.model.backbones.given import GivenBackbone
from core.model.roi_heads import RoiHeads

RPN_FEATURES = ("rpn_backbone.", "rpn_fpn.")  # tensors of an RPN with features of its own


def fitted_weights(
    weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor], changes: Iterable[str]
) -> dict[str, Tensor]:
    """The tensors of a model, by the names that its copy has: `wanted` is the copy's state dict.

    Where the copy's RPN has features of its own they begin as those of the heads, where it gives them up they are
    forgotten. An attached keypoint model is no part of it.

    Raises:
        ValueError: the weights do not fit the changes (names of fields); one line that names the first tensor.
    """
    fitted = {name: tensor for name, tensor in weights.items() if not name.startswith("keypoint_model.")}
    if not any(name.startswith(RPN_FEATURES) for name in wanted):
        fitted = {name: tensor for name, tensor in fitted.items() if not name.startswith(RPN_FEATURES)}
    elif not any(name.startswith(RPN_FEATURES) for name in fitted):
        fitted |= {f"rpn_{name}": fitted[name] for name in fitted if f"rpn_{name}".startswith(RPN_FEATURES)}
    for name in sorted(wanted.keys() | fitted.keys()):
        if name not in fitted or name not in wanted or wanted[name].shape != fitted[name].shape:
            raise ValueError(f"the weights do not fit {', '.join(changes)} (tensor {name!r})")
    return fitted


def copied_parts(
    backbone: Backbone, roi_heads: RoiHeads, own_parts: Sequence[str], config: ModelConfig
) -> dict[str, Any]:
    """Copies of the parts of one's own that a model was built with, for a model of another configuration.

    Raises:
        ValueError: heads of one's own are for other classes; one line.
    """
    parts: dict[str, Any] = {}
    if isinstance(backbone, GivenBackbone):
        parts["backbone"] = copy.deepcopy(backbone.network)
    if "roi_heads" in own_parts:
        shape = (roi_heads.config.num_classes, roi_heads.config.num_keypoints)
        if shape != (config.num_classes, config.num_keypoints):
            raise ValueError("roi_heads of one's own stay as they are: build the model anew for other classes")
        parts["roi_heads"] = copy.deepcopy(roi_heads)
        parts["roi_heads"].config = config
    return parts
