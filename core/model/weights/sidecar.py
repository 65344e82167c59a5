"""What the JSON beside a model's weights may ask for, checked before anything is built or allocated."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

LARGEST_SIDECAR = 64_000_000  # bytes
DEEPEST = 64  # layers of a head
MOST_ANCHORS = 100  # sizes, ratios
LONGEST_NAME = 200  # characters of a class
FRACTIONS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def read_json(path: Path) -> Any:
    """The JSON of a file; ValueError, in one line, for one that is none, far too large or nested far too deeply."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):  # a pipe or a device may never end
        raise ValueError(f"{path} is no file: copy it again from where the model was saved")
    if found.st_size > LARGEST_SIDECAR:
        raise ValueError(f"{path} is {found.st_size / 1e6:.0f} MB: no model description is as large")
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply for a model description") from None
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}): copy it again from where the model was saved") from None


def check_class_names(categories: Sequence[object]) -> None:
    """Raise ValueError, in one line, where classes have no name, or two have the same (rows marked unused may)."""
    seen = set()
    for number, category in enumerate(categories, 1):
        name = category.get("name") if isinstance(category, dict) else category
        if not isinstance(name, str) or not name.strip():
            raise ValueError(f"category {number} has no name: each class needs one")
        if len(name) > LONGEST_NAME:
            raise ValueError(f"category {number} has a name of {len(name)} characters; at most {LONGEST_NAME}")
        if any("\ud800" <= character <= "\udfff" for character in name):
            raise ValueError(f"category {number} has half a character in its name {name!r}: no file can hold it")
        if isinstance(category, dict) and category.get("unused"):
            continue
        if name in seen:
            raise ValueError(f"two categories have the name {name!r}: each class needs its own")
        seen.add(name)


def check_layers(config: Mapping[str, object]) -> None:
    """Raise ValueError, in one line, for numbers of layers or anchors that no model has."""
    for name, value in config.items():
        counts_layers = name.endswith(("_convs", "_depth", "_blocks"))
        if counts_layers and isinstance(value, int) and value > DEEPEST:
            raise ValueError(f"ModelConfig.{name}={value}: at most {DEEPEST}")
        if isinstance(value, (list, tuple)) and len(value) > MOST_ANCHORS:  # class_groups are as many at most, too
            raise ValueError(f"ModelConfig.{name} has {len(value)} numbers: at most {MOST_ANCHORS}")


def check_shapes(own: Mapping[str, Tensor], weights: Path) -> None:
    """Compare tensors on the meta device, which hold no numbers, with the header of the weights.

    Raises ValueError, in one line, where a tensor is missing, left over or of another shape or kind.
    """
    try:
        with safe_open(weights, framework="pt") as file:
            names = set(file.keys())
            for name in sorted(own.keys() ^ names):
                state = "missing from" if name in own else "left over in"
                raise ValueError(
                    f"tensor {name[:LONGEST_NAME]!r} is {state} {weights}: it does not fit the model's configuration"
                )
            for name in sorted(names):
                found, wanted = tuple(file.get_slice(name).get_shape()), tuple(own[name].shape)
                if found != wanted:
                    raise ValueError(f"{weights}: tensor {name!r} is {found}, the configuration needs {wanted}")
    except (SafetensorError, OSError, RuntimeError, MemoryError) as error:
        raise ValueError(f"{weights} is not a complete safetensors file ({error}): copy it again") from None


def check_numbers(name: str, tensor: Tensor, own: Tensor, path: Path) -> None:
    """Raise ValueError, in one line, for a tensor of whole numbers where fractions belong, or one not finite.

    Fractions of 8 bits have no arithmetic, and those of 64 may be too large for the 32 that they are read into.
    """
    if (tensor.dtype in FRACTIONS) != own.is_floating_point():
        raise ValueError(f"{path}: tensor {name!r} is {tensor.dtype}, the configuration needs {own.dtype}")
    if own.is_floating_point() and not torch.isfinite(tensor.to(own.dtype)).all():
        raise ValueError(f"{path}: tensor {name!r} holds a number that is not finite: these weights cannot be used")
