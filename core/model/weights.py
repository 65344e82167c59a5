"""Weights at rest: safetensors with a JSON sidecar; and models by name, run directory or file."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.config import ModelConfig
from core.files import write_atomically, write_text_atomically
from core.model import sidecar_checks
from core.model.categories import check_categories
from core.model.coco_categories import categories_of
from core.model.coco_download import COCO_FILES, cached_file, download
from core.model.foreign_weights import read_foreign
from core.model.mask_rcnn import MaskRCNN
from core.shipped import shipped
from core.structures import Category, named_categories

WEIGHTS_FILE = "model.safetensors"
SIDECAR_FILE = "model.json"
FORMAT = 1
SHIPPED_MODELS = shipped("models")


def save_model(
    model: MaskRCNN,
    directory: str | Path,
    categories: Sequence[Category | str] | None = None,
    metrics: Mapping[str, Any] | None = None,
    lineage: Mapping[str, Any] | None = None,
    *,
    half: bool = False,
) -> Path:
    """Write `model.safetensors` and `model.json` into a directory, each in one piece.

    `categories` replaces the model's own (names or COCO categories, in the order of the labels);
    `half` stores 16-bit floats, which load as 32-bit; variances, and what 16 bits cannot hold, stay as they are.

    Raises:
        ValueError: the categories do not fit the model; one line that names the category.
    """
    named = [
        Category(id=label, name=item) if isinstance(item, str) else item
        for label, item in enumerate(categories or model.categories, 1)
    ]
    check_categories(named, model.config)
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    tensors = {name: _at_rest(name, tensor, half) for name, tensor in model.state_dict().items()}
    sidecar: dict[str, Any] = {
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
    # Weights first: a reader that sees the new sidecar finds the weights it describes.
    write_atomically(directory / WEIGHTS_FILE, lambda path: save_file(tensors, path))
    text = json.dumps(sidecar, indent=1)
    write_text_atomically(directory / SIDECAR_FILE, text + "\n")
    return directory


def load_model(
    source: str | Path,
    *,
    categories: Sequence[Category | str] | Literal["coco"] | None = None,
    backbone_norm_eps: float | None = None,
) -> MaskRCNN:
    """A model in evaluation mode on the CPU, from a name, a run directory or a weights file.

    Names are those of `python -m core models`. A directory holds `model.safetensors` and
    `model.json`; a file is one of ours, or a torchvision or detectron2 model, which is read
    without executing anything in it.

    `categories` names the classes, in the order of the labels: names, COCO categories, or "coco" for
    COCO's; a torchvision file has no names for them. `backbone_norm_eps` is what the statistics of
    the backbone were trained with: by default what a model of ours says, 0 for torchvision's COCO_V1
    files, else 1e-5.

    Raises:
        FileNotFoundError: there is no such name or path.
        ValueError: the file is damaged, of another kind, or does not fit its configuration or categories.
        ConnectionError: the weights of the name have to be downloaded and there is no network.
    """
    changes = {} if backbone_norm_eps is None else {"backbone_norm_eps": float(backbone_norm_eps)}
    if backbone_norm_eps is not None and not backbone_norm_eps >= 0:
        raise ValueError(f"backbone_norm_eps={backbone_norm_eps}: 0 or more is needed, 1e-5 as a rule")
    with warnings.catch_warnings():
        if categories is not None:  # nothing has to be said of names that are given
            warnings.filterwarnings("ignore", message=".*have no names in the file")
        model = _load(source, changes)
    if categories is not None:
        model.categories = _renamed(model, categories)
    return model


def _load(source: str | Path, changes: Mapping[str, Any]) -> MaskRCNN:
    """The model of `load_model`, with some fields of its configuration changed."""
    name = str(source)
    if name in COCO_FILES:
        return _load_coco(name, changes)
    if (SHIPPED_MODELS / name / SIDECAR_FILE).is_file() and name == Path(name).name:
        return _load_ours(SHIPPED_MODELS / name / WEIGHTS_FILE, changes)
    path = Path(source)
    if path.is_dir():
        if not (path / WEIGHTS_FILE).is_file():
            raise FileNotFoundError(f"{path}: no {WEIGHTS_FILE} in this directory; train with --output {path} first")
        return _load_ours(path / WEIGHTS_FILE, changes)
    if not path.is_file():
        known = ", ".join(entry["name"] for entry in available_models())
        raise FileNotFoundError(f"no model {name!r}: give a name ({known}), a run directory or a weights file")
    if path.suffix == ".safetensors" and path.with_suffix(".json").is_file():
        return _load_ours(path, changes)
    return _load_foreign(path, changes)


def _renamed(model: MaskRCNN, categories: Sequence[Category | str] | str) -> list[Category]:
    """The categories given, as a model has them; a name alone changes nothing else of its category."""
    if isinstance(categories, str):
        if categories != "coco" or model.config.num_classes not in (80, 90):
            raise ValueError(
                f"categories={categories!r}: a list of {model.config.num_classes} names is needed"
                + ("; COCO has 80 classes, with gaps 90" if categories == "coco" else ", or 'coco' for COCO's")
            )
        return categories_of(model.config)
    if len(categories) != model.config.num_classes:
        raise ValueError(
            f"{len(categories)} categories are given, but the model has {model.config.num_classes} classes"
        )
    named = [
        _with_name(own, item) if isinstance(item, str) else item
        for own, item in zip(model.categories, categories, strict=True)
    ]
    check_categories(named, model.config)
    return named


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
    return values


def available_models() -> list[dict[str, Any]]:
    """What `load_model` knows by name: name, classes, megabytes and origin of each."""
    models = []
    for directory in sorted(SHIPPED_MODELS.glob("*/")):
        if (directory / SIDECAR_FILE).is_file() and (directory / WEIGHTS_FILE).is_file():
            names = [category["name"] for category in named_categories(read_sidecar(directory)["categories"])]
            size = (directory / WEIGHTS_FILE).stat().st_size / 1e6
            models.append({"name": directory.name, "categories": names, "size_mb": round(size, 1), "origin": "ships"})
    for name, entry in COCO_FILES.items():
        here = all(cached_file(file).is_file() for file in entry.files)
        models.append(
            {
                "name": name,
                "categories": entry.categories,
                "size_mb": round(sum(file.size_mb for file in entry.files), 1),
                "origin": "downloaded" if here else "torchvision, downloaded on first use",
            }
        )
    return models


def _with_name(category: Category, name: str) -> Category:
    renamed = Category(**category)
    renamed.pop("unused", None)
    renamed["name"] = name
    return renamed


def _load_ours(path: Path, changes: Mapping[str, Any]) -> MaskRCNN:
    sidecar = read_sidecar(path)
    sidecar["config"] = sidecar["config"] | changes
    try:
        with torch.device("meta"):  # nothing is allocated for a description that its weights do not fit
            described = _described(sidecar)
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        reason = str(error) if isinstance(error, ValueError) else "its configuration or categories are damaged"
        raise ValueError(f"{path.with_suffix('.json')}: {' '.join(reason.split())}") from None
    sidecar_checks.check_shapes(described, path)
    model = _described(sidecar)
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is not a complete safetensors file ({error}): copy it again") from None
    return _fill(model, tensors, path)


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


def _load_foreign(path: Path, changes: Mapping[str, Any]) -> MaskRCNN:
    config, tensors, categories = read_foreign(path)
    return _fill(MaskRCNN(replace(config, **changes), categories), tensors, path)


def _load_coco(name: str, changes: Mapping[str, Any]) -> MaskRCNN:
    models = [_load_foreign(download(file), changes) for file in COCO_FILES[name].files]
    if len(models) == 2:
        models[0].attach_keypoint_model(models[1])
    return models[0]


def _fill(model: MaskRCNN, tensors: Mapping[str, Tensor], path: Path) -> MaskRCNN:
    """Copy every tensor into the model; a missing, left-over or misshapen one is an error that names it."""
    own = model.state_dict()
    for name in sorted(set(own) ^ set(tensors)):
        state = "missing from" if name in own else "left over in"
        raise ValueError(f"tensor {name!r} is {state} {path}: it does not fit the model's configuration")
    for name, tensor in tensors.items():
        if tensor.shape != own[name].shape:
            found, wanted = tuple(tensor.shape), tuple(own[name].shape)
            raise ValueError(f"{path}: tensor {name!r} is {found}, the configuration needs {wanted}")
        sidecar_checks.check_numbers(name, tensor, own[name], path)
        own[name].copy_(tensor)  # state_dict shares memory with the model; 16-bit floats widen here
    return model.eval()


def _at_rest(name: str, tensor: Tensor, half: bool) -> Tensor:
    tensor = tensor.detach().cpu().contiguous()
    # ImageNet's ResNets have variances of 1e-8, which would become 0, and their channels would explode.
    if not half or tensor.dtype != torch.float32 or name.endswith("running_var"):
        return tensor
    fits = bool((tensor.abs() <= torch.finfo(torch.float16).max).all())
    return tensor.half() if fits else tensor
