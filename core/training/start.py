"""What a run starts from: a model moved to the data's categories, or a new one."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torchvision.ops import FrozenBatchNorm2d

from core.config import ModelConfig, TrainConfig
from core.datasets.annotated_images import AnnotatedImages
from core.model.categories import default_categories
from core.model.mask_rcnn import MaskRCNN
from core.model.weights import load_model
from core.model.weights.checkpoints import CLASSIFIER_LANDMARKS, find_state_dict, stand_ins
from core.recipes import read_fields
from core.structures import Category
from core.training.class_transfer import (
    keypoint_names,
    merge_categories,
    move_to_categories,
    read_synonyms,
    without_keypoints,
)


def starting_model(config: TrainConfig, categories: Sequence[Category], given: MaskRCNN | None = None) -> MaskRCNN:
    """The model at step 0, with room for the data's `categories`.

    A `given` model is taken in place of the one that `config` names; where its classes and keypoints are those of the
    data already (and classes besides, with `keep_base_classes`), or have no names and are as many, it is the very one
    that learns, else a copy.

    Raises FileNotFoundError or ValueError, one line, where the model, its configuration or the
    backbone's weights cannot be used.
    """
    if not categories:
        raise ValueError(f"{config.annotations} has no categories: there is nothing to learn")
    if config.own_heads and not config.model and given is None:
        raise ValueError("own_heads learn on a base model's features: give model with them")
    if given is not None:
        _say_what_random_weights_hold(given)
        _take_names(given, categories)
        return _with_room(given, config, categories)
    if config.model:
        if config.backbone_weights:
            raise ValueError("backbone_weights are for a new model: give model='' with them")
        return _with_room(base_model(config), config, categories)
    model_config = new_model_config(config, categories)
    if model_config.backbone_norm == "frozen" and not config.backbone_weights:
        raise ValueError(
            "backbone_norm='frozen' holds on to statistics that a new backbone does not have: "
            "give backbone_weights, or backbone_norm='batch' or 'group' in model_config"
        )
    model = MaskRCNN(model_config, categories=merge_categories([], categories, keep_base=True))
    if config.backbone_weights:
        model.load_backbone_weights(_read_state_dict(Path(config.backbone_weights)))
    return model


def _say_what_random_weights_hold(given: MaskRCNN) -> None:
    """A warning where a given model's frozen norms are as they were made, before any data: nothing was measured."""
    norms = [norm for norm in given.backbone.modules() if isinstance(norm, FrozenBatchNorm2d)]
    if norms and all(bool((norm.running_mean == 0).all() and (norm.running_var == 1).all()) for norm in norms):
        warnings.warn(
            "backbone_norm='frozen' holds on to statistics that the given model's new backbone does not have: "
            "load weights into it, or build it with backbone_norm='batch' or 'group'",
            stacklevel=4,
        )


def _take_names(given: MaskRCNN, categories: Sequence[Category]) -> None:
    """Let classes of a given model that nobody has named be those of the data, where there are as many.

    Classes "1" to "K" beside the data's own are what nobody means who builds `MaskRCNN(ModelConfig(num_classes=K))`.
    """
    if given.categories != default_categories(given.config) or len(categories) != given.config.num_classes:
        return
    names = [category["name"] for category in categories]
    if names != [category["name"] for category in given.categories]:
        listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        warnings.warn(
            f"the model's classes have no names: they become the data's, in their order ({listed})", stacklevel=5
        )
    named = merge_categories([], categories, keep_base=True)
    described = given.config.num_keypoints >= len(keypoint_names(named))
    given.categories = named if described else [without_keypoints(category) for category in named]


def base_model(config: TrainConfig) -> MaskRCNN:
    """The model that `config.model` names, with the fields of `config.model_config`."""
    return _changed(load_model(config.model), config)


def _with_room(base: MaskRCNN, config: TrainConfig, categories: Sequence[Category]) -> MaskRCNN:
    """A model with rows for the data's categories: the base itself where it has them in their places."""
    if keypoint_names(categories):
        base.keypoint_model = None  # it does not learn: keypoints in the data need a head of the model's own
    synonyms = read_synonyms(config.synonyms, base.categories, categories)
    merged = merge_categories(base.categories, categories, config.keep_base_classes, synonyms)
    same = [category["name"] for category in merged] == [category["name"] for category in base.categories]
    names = {category["name"] for category in categories}
    if config.own_heads or base.config.class_groups:
        return _with_own_heads(base, config, merged, names, synonyms)
    has_keypoints = base.describing_model is not None
    points = keypoint_names(merged)
    if same and points == keypoint_names(base.categories) and (has_keypoints or not points):
        base.categories = merged
        return base
    return move_to_categories(base, merged, synonyms)


def _with_own_heads(
    base: MaskRCNN, config: TrainConfig, merged: list[Category], learned: set[str], synonyms: Mapping[str, str]
) -> MaskRCNN:
    """A model whose last heads are for the classes `learned` alone."""
    if config.training != "joint":
        raise ValueError(f"own_heads learn together: training={config.training!r} is for features that learn")
    if "roi_heads" in base.own_parts:
        raise ValueError("own_heads: the model has RoI heads of its own making, which cannot be copied for new classes")
    return move_to_categories(base, merged, synonyms, learned)


def trained_categories(dataset: AnnotatedImages) -> list[Category]:
    """The categories of a data set, without the names of keypoints where not a single keypoint is labelled.

    A tool writes the names of a class with every file; a model that knows its keypoints need not forget them for that.
    """
    every = (annotation for place in range(len(dataset)) for annotation in dataset.annotations(place))
    if any(any((annotation.get("keypoints") or [])[2::3]) for annotation in every):
        return dataset.categories
    return [without_keypoints(category) for category in dataset.categories]


def new_model_config(config: TrainConfig, categories: Sequence[Category]) -> ModelConfig:
    """The ModelConfig in the file that `config.model_config` names, with the data's classes and keypoints."""
    values = read_fields(config.model_config) if config.model_config else {}
    from_data = {"num_classes": len(categories), "num_keypoints": len(keypoint_names(categories))}
    return ModelConfig.from_dict(values | from_data)


def _changed(base: MaskRCNN, config: TrainConfig) -> MaskRCNN:
    """The base model with the fields of `config.model_config`, as far as its weights fit them."""
    if not config.model_config:
        return base
    fields = read_fields(config.model_config)
    for name in ("num_classes", "num_keypoints"):  # those of the data follow
        fields.pop(name, None)
    ModelConfig.from_dict(base.config.to_dict() | fields)  # a field or value that is not known has its own line
    try:
        return base.with_config(**fields)
    except ValueError as error:
        raise ValueError(
            f"model_config does not fit the weights of {config.model} ({error}): "
            "leave out what changes their shape, or give model='' for a new model"
        ) from None


def _read_state_dict(path: Path) -> dict[str, torch.Tensor]:
    """A classifier's state dict, by itself or inside what a training script saved."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file of backbone weights")
    try:
        with stand_ins(path):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # unpickling fails in as many ways as there are files
        raise ValueError(f"{path}: not a state dict that can be read ({type(error).__name__})") from None
    found = find_state_dict(content, lambda value: isinstance(value, torch.Tensor), CLASSIFIER_LANDMARKS)
    if found is None:
        raise ValueError(f"{path}: not a state dict of tensors of a ResNet or MobileNet of torchvision")
    return found
