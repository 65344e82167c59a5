"""Our weights at rest: safetensors with a JSON sidecar."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.config import ModelConfig
from core.files import write_atomically, write_text_atomically
from core.model.categories import check_categories
from core.model.mask_rcnn import MaskRCNN
from core.model.score_thresholds import ScoreThresholds
from core.model.weights import sidecar as sidecar_checks
from core.shipped import shipped
from core.structures import Category

WEIGHTS_FILE = "model.safetensors"
SIDECAR_FILE = "model.json"
FORMAT = 1
SCORE_THRESHOLDS = "score_thresholds"  # the field of the sidecar
SHIPPED_MODELS = shipped("models")


def save_model(
    model: MaskRCNN,
    directory: str | Path,
    categories: Sequence[Category | str] | None = None,
    metrics: Mapping[str, object] | None = None,
    lineage: Mapping[str, object] | None = None,
    *,
    half: bool = False,
) -> Path:
    """Write `model.safetensors` and `model.json` into a directory, each in one piece.

    `categories` replaces the model's own (names or COCO categories, in the order of the labels), in its score
    thresholds too, which are written along;
    `half` stores 16-bit floats, which load as 32-bit; variances, and what 16 bits cannot hold, stay as they are.

    A model with parts of its own (`MaskRCNN(config, backbone=…)`) is read back by `load_model(directory, model=…)`.

    Raises:
        ValueError: the categories do not fit the model, or what would be written could not be read back: a number that
            is not finite, a part that was exchanged after the model was built; one line that names it.
    """
    named = [
        Category(id=label, name=item) if isinstance(item, str) else item
        for label, item in enumerate(categories or model.categories, 1)
    ]
    check_categories(named, model.config)
    tensors = {name: _at_rest(name, tensor, half) for name, tensor in tensors_by_file_name(model).items()}
    sidecar: dict[str, object] = {
        "format": FORMAT,
        "config": model.config.to_dict(),
        "categories": named,
        "metrics": dict(metrics or {}),
        "lineage": dict(lineage or {}),
    }
    if model.keypoint_model is not None:
        sidecar["keypoint_model"] = {
            "config": model.keypoint_model.config.to_dict(),
            "categories": model.keypoint_model.categories,
        }
    if model.own_parts:
        sidecar["own_parts"] = list(model.own_parts)
    thresholds = renamed_thresholds(model, named)
    if thresholds != ScoreThresholds():
        sidecar[SCORE_THRESHOLDS] = thresholds.to_dict()
    _check_readable(sidecar, tensors)
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    # Weights first: a reader that sees the new sidecar finds the weights it describes.
    write_atomically(directory / WEIGHTS_FILE, lambda path: save_file(tensors, path))
    text = json.dumps(sidecar, indent=1)
    write_text_atomically(directory / SIDECAR_FILE, text + "\n")
    return directory


def sidecar_path(source: str | Path) -> Path:
    """Where the JSON beside a model of ours lies: of a shipped name, a directory or a weights file."""
    shipped = SHIPPED_MODELS / str(source)
    path = shipped if (shipped / SIDECAR_FILE).is_file() else Path(source)
    return path / SIDECAR_FILE if path.is_dir() else path.with_suffix(".json")


def read_sidecar(source: str | Path) -> dict[str, Any]:
    """The JSON beside a model of ours (a shipped name, a directory or a weights file), without its weights."""
    sidecar = sidecar_path(source)
    try:
        values = sidecar_checks.read_json(sidecar)
    except FileNotFoundError:
        raise FileNotFoundError(f"{sidecar} is missing: weights and sidecar belong together") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise ValueError(f"{sidecar}: not a model description of format {FORMAT}")
    if not isinstance(values.get("config"), dict) or not isinstance(values.get("categories"), list):
        raise ValueError(f"{sidecar}: 'config' and 'categories' are missing: copy it again from where it was saved")
    if not isinstance(values.get("own_parts", []), list):
        raise ValueError(f"{sidecar}: 'own_parts' is no list: copy it again from where it was saved")
    return values


def load_ours(path: Path, changes: Mapping[str, object], model: MaskRCNN | None = None) -> MaskRCNN:
    """The model of a weights file with its sidecar, some fields of its configuration changed; or into a given one."""
    sidecar = read_sidecar(path)
    if model is not None:
        sidecar_checks.check_shapes(tensors_by_file_name(model), path)
        check_categories(sidecar["categories"], model.config)
        model.categories = sidecar["categories"]
        model.score_thresholds = _thresholds(sidecar, path)
        return fill(model, _tensors(path), path)
    if sidecar.get("own_parts"):
        parts = " and ".join(map(str, sidecar["own_parts"]))
        raise ValueError(
            f"{path}: this model has {parts} of its own: load_model(…, model=…) takes a model built with it"
        )
    sidecar["config"] = sidecar["config"] | changes
    try:
        with torch.device("meta"):  # nothing is allocated for a description that its weights do not fit
            described = _described(sidecar)
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        reason = str(error) if isinstance(error, ValueError) else "its configuration or categories are damaged"
        raise ValueError(f"{path.with_suffix('.json')}: {' '.join(reason.split())}") from None
    sidecar_checks.check_shapes(tensors_by_file_name(described), path)
    built = _described(sidecar)
    built.score_thresholds = _thresholds(sidecar, path)
    return fill(built, _tensors(path), path)


def renamed_thresholds(model: MaskRCNN, categories: Sequence[Category]) -> ScoreThresholds:
    """The model's score thresholds where its classes, in the same order, are called otherwise."""
    before, after = ([category["name"] for category in named] for named in (model.categories, categories))
    return model.score_thresholds if before == after else model.score_thresholds.of_classes(after, before)


def _thresholds(sidecar: Mapping[str, object], path: Path) -> ScoreThresholds:
    """Those of a sidecar; damaged ones stop nobody, who could not calibrate the model again else."""
    try:
        return ScoreThresholds.from_dict(sidecar.get(SCORE_THRESHOLDS, {}))
    except ValueError as error:
        warnings.warn(f"{path.with_suffix('.json')}: {SCORE_THRESHOLDS} left out: {error}", stacklevel=2)
        return ScoreThresholds()


def _tensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError, RuntimeError, MemoryError) as error:
        raise ValueError(f"{path} is not a complete safetensors file ({error}): copy it again") from None


def _described(sidecar: dict[str, Any]) -> MaskRCNN:
    """The model that a sidecar describes, without its weights."""
    parts = [sidecar, *([sidecar["keypoint_model"]] if "keypoint_model" in sidecar else [])]
    for part in parts:
        sidecar_checks.check_layers(part["config"])
        sidecar_checks.check_class_names(part["categories"])
    model, *companions = [MaskRCNN(ModelConfig.from_dict(part["config"]), part["categories"]) for part in parts]
    for companion in companions:
        model.attach_keypoint_model(companion)
    return model


def fill(model: MaskRCNN, tensors: Mapping[str, Tensor], path: Path) -> MaskRCNN:
    """Copy every tensor into the model; a missing, left-over or misshapen one is an error that names it."""
    own = tensors_by_file_name(model)
    for name in sorted(set(own) ^ set(tensors)):
        state = "missing from" if name in own else "left over in"
        raise ValueError(f"tensor {name!r} is {state} {path}: it does not fit the model's configuration")
    for name, tensor in tensors.items():
        if tensor.shape != own[name].shape:
            found, wanted = tuple(tensor.shape), tuple(own[name].shape)
            raise ValueError(f"{path}: tensor {name!r} is {found}, the configuration needs {wanted}")
        sidecar_checks.check_numbers(name, tensor, own[name], path)
        own[name].copy_(tensor)  # shares memory with the model; 16-bit floats widen here
    return model.eval()


def _check_readable(sidecar: dict[str, object], tensors: Mapping[str, Tensor]) -> None:
    """Raise ValueError, in one line, for what `load_ours` would refuse."""
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ValueError(f"the model cannot be saved: tensor {name!r} holds a number that is not finite")
    if "own_parts" in sidecar:
        return
    with torch.device("meta"):
        described = tensors_by_file_name(_described(sidecar))
    for name in sorted(described.keys() | tensors.keys()):
        known = name in described and name in tensors
        if not known or described[name].shape != tensors[name].shape:
            raise ValueError(
                f"the model cannot be saved: tensor {name!r} is not what its configuration describes; give parts of "
                "your own to MaskRCNN(config, backbone=…, roi_heads=…), and save a model as it was trained"
            )


def _at_rest(name: str, tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().cpu().contiguous()
    # ImageNet's ResNets have variances of 1e-8, which would become 0, and their channels would explode.
    if not half or tensor.dtype != torch.float32 or name.endswith("running_var"):
        return tensor
    fits = bool((tensor.abs() <= torch.finfo(torch.float16).max).all())
    return tensor.half() if fits else tensor


def tensors_by_file_name(model: MaskRCNN) -> dict[str, Tensor]:
    """A model's tensors by their names in files, where the heads are not inside `roi_heads`: older than that module."""
    return {_file_name(name): tensor for name, tensor in model.state_dict().items()}


def tensors_by_own_name(model: MaskRCNN, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The inverse: tensors by their names in a file (or by the model's own already) for `load_state_dict`."""
    own = {_file_name(name): name for name in model.state_dict()}
    return {own.get(name, name): tensor for name, tensor in tensors.items()}


def _file_name(name: str) -> str:
    return re.sub(r"^(keypoint_model\.)?roi_heads\.", r"\1", name)
