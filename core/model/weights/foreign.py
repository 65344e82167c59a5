"""Weights files that other libraries wrote: read without executing them, recognised, converted."""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from torchvision.models.detection import (
    FasterRCNN_ResNet50_FPN_Weights,
    KeypointRCNN_ResNet50_FPN_Weights,
    MaskRCNN_ResNet50_FPN_Weights,
)

from core.config import ModelConfig
from core.model.categories import default_categories
from core.model.weights import detectron2 as detectron2_weights
from core.model.weights import torchvision as torchvision_weights
from core.model.weights.checkpoints import find_state_dict, stand_ins
from core.model.weights.safe_pickle import read_arrays
from core.structures import Category

# The files that torchvision trained with eps 0: checksum, and size in MiB.
FIRST_COCO = {
    weights.COCO_V1.url.rsplit("-", 1)[1].removesuffix(".pth"): weights.COCO_V1.meta["_file_size"]
    for weights in (
        FasterRCNN_ResNet50_FPN_Weights,
        KeypointRCNN_ResNet50_FPN_Weights,
        MaskRCNN_ResNet50_FPN_Weights,
    )
}
COCO_CLASS_COUNTS = (80, 90)
READABLE = (
    "of torchvision's R-CNNs those with a pyramid on a ResNet, ResNeXt, MobileNetV2 or MobileNetV3-large are read, of "
    "detectron2's model zoo R50, R101 and X101 with FPN, C4 and DC5"
)


def read_foreign(path: Path) -> tuple[ModelConfig, dict[str, Tensor], list[Category]]:
    """Configuration, tensors by our names and categories of a torchvision or detectron2 file.

    `.pkl` is detectron2's model zoo, `.safetensors` and everything that `torch.load` reads hold a
    state dict, by itself or inside a training checkpoint (see `checkpoints.py`). Categories
    are COCO's where the file is a published one; 80 or 90 classes of one's own have numbers for names.

    Raises:
        ValueError: the file is damaged, would execute something, or is of another kind; one line.
    """
    content = _read(path)
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds no state dict but a {type(content).__name__}")
    found = find_state_dict(content, _is_array)
    tensors = {name: torch.as_tensor(value) for name, value in (found or {}).items()}
    for library in (torchvision_weights, detectron2_weights):
        if library.is_ours_to_read(tensors):
            config, converted, categories = _converted(library.convert, tensors, path)
            first = library is torchvision_weights and _is_first_coco(path)
            config = replace(config, **_known_by_its_file(path, config, first))
            published = first or "__author__" in content or "coco" in path.name.lower()
            return config, converted, categories if published else _named_by_number(categories, config, path)
    raise ValueError(
        f"{path} is neither one of our models (is its .json beside it?) nor an R-CNN of torchvision or detectron2: "
        + READABLE
    )


def read_tensors_of(path: Path, *names: Sequence[str]) -> dict[str, Tensor]:
    """The tensors of a known network in a file, by the first of the lists of names; R-CNNs of others by our names.

    The lists are what the network's tensors may be called in one order, the first as the result calls them.

    Raises:
        ValueError: the file is damaged, would execute something, or holds no such network; one line.
    """
    content = _read(path)
    for known in names:
        found = find_state_dict(content, _is_array, known[:1])
        if found is not None and set(found) == set(known):
            result = dict(zip(known, names[0], strict=True))
            return {result[name]: torch.as_tensor(value) for name, value in found.items()}
    return read_foreign(path)[1]


def _named_by_number(categories: list[Category], config: ModelConfig, path: Path) -> list[Category]:
    """The categories of a file of which only the numbers of classes and keypoints speak for COCO's."""
    if config.num_classes in COCO_CLASS_COUNTS:
        warnings.warn(
            f"{path}: its {config.num_classes} classes have no names in the file and are numbered: "
            "load_model(path, categories=[…]) names them, categories='coco' as COCO does",
            stacklevel=5,
        )
        return default_categories(config)
    if categories[0].get("keypoints"):
        warnings.warn(
            f"{path}: its class and keypoints have no names in the file and are taken for COCO's person: "
            "load_model(path, categories=[{…}]) names others",
            stacklevel=5,
        )
    return categories


def _known_by_its_file(path: Path, config: ModelConfig, first_coco: bool) -> dict[str, Any]:
    """What a file's tensors do not tell, but which of torchvision's published files it is."""
    fields: dict[str, object] = {"backbone_norm_eps": 0.0} if first_coco else {}
    if config.features == "fpn_mobile" and re.search(r"(?<!\d)320(?!\d)", path.name):
        fields |= {"min_size": 320, "max_size": 640, "proposals_before_nms_test": 150, "proposals_test": 150}
    return fields


def _is_first_coco(path: Path) -> bool:
    """Whether a file is one of torchvision's COCO_V1, by its name or, renamed, by its checksum."""
    if any(checksum in path.name for checksum in FIRST_COCO):
        return True
    size = path.stat().st_size / 2**20
    if not any(abs(size - expected) < 0.1 for expected in FIRST_COCO.values()):
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:8] in FIRST_COCO


def _converted(convert: Any, tensors: Mapping[str, Tensor], path: Path) -> Any:
    try:
        return convert(tensors)
    except KeyError as error:
        raise ValueError(f"{path}: tensor {error} is missing: the file is not a whole model") from None
    except (ValueError, RuntimeError, IndexError, TypeError) as error:  # a tensor's shape is not what its name says
        raise ValueError(f"{path}: {str(error).splitlines()[0]}") from None


def _read(path: Path) -> object:
    if path.suffix == ".pkl":
        return read_arrays(path)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with stand_ins(path), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's advice to those who write such files
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling fails in as many ways as there are files
        words = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).split("\n")[0].split()
        reason = " ".join(words)[:160] or type(error).__name__
        if reason.startswith("Weights only load failed"):  # torch goes on with how to run what is in it
            reason = "it is damaged, or holds more than weights"
        raise ValueError(f"{path} cannot be read as weights ({reason}); nothing in it was executed") from None


def _is_array(value: object) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "__array_interface__")
