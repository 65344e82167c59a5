"""Weights files that other libraries wrote: read without executing them, recognised, converted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from core.config import ModelConfig
from core.model import detectron2_weights, torchvision_weights
from core.model.numpy_pickle import read_arrays
from core.structures import Category


def read_foreign(path: Path) -> tuple[ModelConfig, dict[str, Tensor], list[Category]]:
    """Configuration, tensors by our names and categories of a torchvision or detectron2 file.

    `.pkl` is detectron2's model zoo, `.safetensors` and everything that `torch.load` reads hold a
    state dict, by itself or as "model" in a training checkpoint.

    Raises:
        ValueError: the file is damaged, would execute something, or is of another kind; one line.
    """
    content = _read(path)
    if isinstance(content, dict) and isinstance(content.get("model"), dict):
        content = content["model"]
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds no state dict but a {type(content).__name__}")
    tensors = {str(key): torch.as_tensor(value) for key, value in content.items() if _is_array(value)}
    for library in (torchvision_weights, detectron2_weights):
        if library.is_ours_to_read(tensors):
            return _converted(library.convert, tensors, path)
    raise ValueError(
        f"{path} is neither one of our models (is its .json beside it?) nor an R-CNN of torchvision or detectron2"
    )


def _converted(convert: Any, tensors: Mapping[str, Tensor], path: Path) -> Any:
    try:
        return convert(tensors)
    except KeyError as error:
        raise ValueError(f"{path}: tensor {error} is missing: the file is not a whole model") from None
    except (ValueError, RuntimeError, IndexError, TypeError) as error:  # a tensor's shape is not what its name says
        raise ValueError(f"{path}: {str(error).splitlines()[0]}") from None


def _read(path: Path) -> Any:
    if path.suffix == ".pkl":
        return read_arrays(path)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling fails in as many ways as there are files
        reason = " ".join(str(error).split("\n")[0].split())[:120] or type(error).__name__
        raise ValueError(f"{path} cannot be read as weights ({reason}); nothing in it was executed") from None


def _is_array(value: Any) -> bool:
    return isinstance(value, Tensor) or hasattr(value, "__array_interface__")
