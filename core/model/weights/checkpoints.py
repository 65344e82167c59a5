"""Where the weights are in what training scripts save: inside dictionaries, behind prefixes, beside other things.

`model`, `state_dict`, `model_state_dict` hold them; DataParallel, torch.compile and FSDP put words into their names;
Lightning and other wrappers put the name of an attribute before them.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

# Where a script keeps its model, the most usual first; any other place is looked at after them.
USUAL_PLACES = ("model", "state_dict", "model_state_dict", "model_state", "network", "net", "weights", "params")
DEEPEST = 3  # dictionaries inside dictionaries
# What wraps a module, in the names of its tensors: DataParallel, torch.compile, FSDP, activation checkpointing.
WRAPPER = re.compile(r"(?<![^.])(module|_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.")
# Tensors of every R-CNN: the box classifier, by torchvision's and detectron2's name for it.
LANDMARKS = ("roi_heads.box_predictor.cls_score.weight",)
# Of torchvision's classifiers: the first block of a ResNet, the first convolution of a MobileNet.
CLASSIFIER_LANDMARKS = ("layer1.0.conv1.weight", "features.0.0.weight")
COUNTERS = ("n_averaged",)  # of torch.optim.swa_utils.AveragedModel

# Packages whose objects stand beside weights and say nothing about them: options, paths, figures.
HARMLESS = frozenset(
    "argparse pathlib types datetime numpy lightning lightning_fabric pytorch_lightning omegaconf yacs easydict addict "
    "ml_collections box munch collections".split()
)


class _StandIn:
    """Stands for an object beside the weights: it takes what the file says about it, and does nothing."""

    def __new__(cls, *_: object, **__: object) -> _StandIn:
        return super().__new__(cls)

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass

    def __setitem__(self, key: object, value: object) -> None:
        pass


def stand_ins(path: Path) -> AbstractContextManager[Any]:
    """A context in which `torch.load(path, weights_only=True)` passes over options, paths and figures beside weights.

    What the file calls by these names is never run: an object of this module takes its place.

    Raises:
        ValueError: the file holds objects of other kinds; the line names them.
    """
    try:
        unknown = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except Exception:  # another container, or damaged: what reads it says so
        return nullcontext()
    refused = sorted(name for name in unknown if name.split(".")[0] not in HARMLESS)
    if refused:
        raise ValueError(
            f"it holds more than weights ({', '.join(refused[:3])}): save model.state_dict() instead of the model"
        )
    return torch.serialization.safe_globals([(_StandIn, name) for name in unknown])


def find_state_dict(
    content: object, is_array: Callable[[object], bool], landmarks: Sequence[str] = LANDMARKS
) -> dict[str, Any] | None:
    """The tensors of the first network with one of the `landmarks`, an R-CNN, inside what a file holds; None without.

    They have the names that their library gave them. A warning tells where there are several, such as a running
    average beside the model.
    """
    for place, candidate in _dictionaries(content, ""):
        arrays = {WRAPPER.sub("", str(key)): value for key, value in candidate.items() if is_array(value)}
        prefixes = [key.removesuffix(mark) for mark in landmarks for key in arrays if _ends_with(key, mark)]
        if not prefixes:
            continue
        if len(prefixes) > 1:
            names = ", ".join(prefix.rstrip(".") or "the first level" for prefix in prefixes)
            warnings.warn(f"{place or 'the file'} holds several models ({names}): the first is read", stacklevel=4)
        prefix = prefixes[0]
        return {
            key.removeprefix(prefix): value
            for key, value in arrays.items()
            if key.startswith(prefix) and key not in COUNTERS
        }
    return None


def _ends_with(key: str, mark: str) -> bool:
    return key == mark or key.endswith("." + mark)


def _dictionaries(content: object, place: str, depth: int = 0) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    """A dictionary, then those inside it, the usual places first; each with where it is."""
    if not isinstance(content, Mapping) or depth > DEEPEST:
        return
    yield place, content
    usual = [key for key in USUAL_PLACES if key in content]
    for key in [*usual, *(key for key in content if key not in usual)]:
        if not isinstance(content[key], Tensor):
            yield from _dictionaries(content[key], f"{place}[{key!r}]", depth + 1)
