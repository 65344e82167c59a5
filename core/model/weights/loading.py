"""Models by name, run directory or weights file, whoever wrote it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from core.model.categories import check_categories
from core.model.mask_rcnn import MaskRCNN
from core.model.weights.coco_categories import categories_of
from core.model.weights.download import COCO_FILES, cached_file, download
from core.model.weights.foreign import read_foreign, read_tensors_of
from core.model.weights.ours import (
    SHIPPED_MODELS,
    SIDECAR_FILE,
    WEIGHTS_FILE,
    fill,
    load_ours,
    read_sidecar,
    renamed_thresholds,
    tensors_by_file_name,
)
from core.structures import Category, named_categories


def load_model(
    source: str | Path,
    *,
    categories: Sequence[Category | str] | Literal["coco"] | None = None,
    backbone_norm_eps: float | None = None,
    model: MaskRCNN | None = None,
) -> MaskRCNN:
    """A model in evaluation mode on the CPU, from a name, a run directory or a weights file.

    Names are those of `python -m core models`. A directory holds `model.safetensors` and
    `model.json`; a file is one of ours, or a torchvision or detectron2 model, which is read
    without executing anything in it.

    `categories` names the classes, in the order of the labels: names, COCO categories, or "coco" for
    COCO's; a torchvision file has no names for them. `backbone_norm_eps` is what the statistics of
    the backbone were trained with: by default what a model of ours says, 0 for torchvision's COCO_V1
    files, else 1e-5.

    With `model`, one with parts of its own say, the weights are copied into it, whose configuration stays, and it is
    given back; a file may then be any state dict with the model's tensors.

    Raises:
        FileNotFoundError: there is no such name or path.
        ValueError: the file is damaged, of another kind, or does not fit its configuration or categories; it is no
            path but a state dict or a model.
        ConnectionError: the weights of the name have to be downloaded and there is no network.
    """
    if not isinstance(source, str | Path):
        raise ValueError(
            f"a {type(source).__name__} is no model that can be loaded: give a name, a run directory or a weights file "
            "(torch.save(state_dict, 'weights.pth') makes one)"
        )
    changes = {} if backbone_norm_eps is None else {"backbone_norm_eps": float(backbone_norm_eps)}
    if backbone_norm_eps is not None and not backbone_norm_eps >= 0:
        raise ValueError(f"backbone_norm_eps={backbone_norm_eps}: 0 or more is needed, 1e-5 as a rule")
    if model is not None and changes:
        raise ValueError("backbone_norm_eps is for a model that is built here: the model that is given has its own")
    with warnings.catch_warnings():
        if categories is not None:  # nothing has to be said of names that are given
            warnings.filterwarnings("ignore", message=".*have no names in the file")
        loaded = _load(source, changes, model)
    if categories is not None:
        named = _renamed(loaded, categories)
        loaded.score_thresholds = renamed_thresholds(loaded, named)
        loaded.categories = named
    return loaded


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


def _load(source: str | Path, changes: Mapping[str, object], model: MaskRCNN | None) -> MaskRCNN:
    """The model of `load_model`, with some fields of its configuration changed, or into a given one."""
    name = str(source)
    if name in COCO_FILES and model is None:
        return _load_coco(name, changes)
    if (SHIPPED_MODELS / name / SIDECAR_FILE).is_file() and name == Path(name).name:
        return load_ours(SHIPPED_MODELS / name / WEIGHTS_FILE, changes, model)
    path = Path(source)
    if path.is_dir():
        if not (path / WEIGHTS_FILE).is_file():
            raise FileNotFoundError(f"{path}: no {WEIGHTS_FILE} in this directory; train with --output {path} first")
        return load_ours(path / WEIGHTS_FILE, changes, model)
    if not path.is_file():
        known = ", ".join(entry["name"] for entry in available_models())
        raise FileNotFoundError(f"no model {name!r}: give a name ({known}), a run directory or a weights file")
    if path.suffix == ".safetensors" and path.with_suffix(".json").is_file():
        return load_ours(path, changes, model)
    if model is not None:
        return fill(model, read_tensors_of(path, list(tensors_by_file_name(model)), list(model.state_dict())), path)
    return _load_foreign(path, changes)


def _load_foreign(path: Path, changes: Mapping[str, Any]) -> MaskRCNN:
    config, tensors, categories = read_foreign(path)
    return fill(MaskRCNN(replace(config, **changes), categories), tensors, path)


def _load_coco(name: str, changes: Mapping[str, object]) -> MaskRCNN:
    models = [_load_foreign(download(file), changes) for file in COCO_FILES[name].files]
    if len(models) == 2:
        models[0].attach_keypoint_model(models[1])
    return models[0]


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


def _with_name(category: Category, name: str) -> Category:
    renamed = Category(**category)
    renamed.pop("unused", None)
    renamed["name"] = name
    return renamed
