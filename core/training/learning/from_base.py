"""What a run takes of its base besides the weights that it begins with: its answers, and a share of its heads."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from typing import Any

import torch

from core.config import TrainConfig
from core.datasets.annotated_images import AnnotatedImages
from core.model.mask_rcnn import MaskRCNN
from core.training.checkpoints import restored_model
from core.training.class_transfer import groups_for, read_synonyms
from core.training.given import Given
from core.training.learning.base_distillation import BaseDistillation, kept_classes
from core.training.learning.base_share import BaseShare
from core.training.samples import objects_of
from core.training.start import base_model, starting_model, trained_categories

FEATURES = ("backbone.", "fpn.")


def begun_distillation(
    config: TrainConfig, model: MaskRCNN, dataset: AnnotatedImages, given: Given, checkpoint: dict[str, Any] | None
) -> BaseDistillation | None:
    """What keeps the classes of the base that the data does not show; None where there are none, or weight is 0."""
    if not config.base_distillation or not (config.model or given.model is not None):
        return None
    if config.own_heads or model.config.class_groups:
        return None  # what the base knows does not learn
    if {category["name"] for category in model.categories} <= {category["name"] for category in dataset.categories}:
        return None  # nothing is kept: the base need not be read for that
    if checkpoint is None:
        base = base_model(config) if given.model is None else copy.deepcopy(given.model)
    elif "base" in checkpoint:
        base = restored_model(checkpoint["base"], copy.deepcopy(given.model))
    else:
        warnings.warn(
            "the run began without base_distillation and goes on without it: a new run would keep the base's classes "
            "better",
            stacklevel=3,
        )
        return None
    base.keypoint_model = None  # it does not learn, so it forgets nothing
    kept = kept_classes(base, model.categories, dataset.categories)
    base.to(next(model.parameters()).device).to(memory_format=torch.channels_last)
    return BaseDistillation(base, model.categories, kept)


def begun_base_share(
    config: TrainConfig,
    model: MaskRCNN,
    dataset: AnnotatedImages,
    train_indices: Sequence[int],
    given: Given,
    checkpoint: dict[str, Any] | None,
) -> BaseShare | None:
    """What gives classes that the base knows a share of its heads again; None where none is wanted, or none known.

    It counts where a model is judged or written, and not in a step: a run that is older than it gets what it would have
    had from its start on.
    """
    if checkpoint is not None and "base_share" in checkpoint:
        return BaseShare(**checkpoint["base_share"])
    if not (config.base_share and config.own_heads):
        return None
    if checkpoint is None:
        return _share_of(
            base_model(config) if given.model is None else given.model, model, config, dataset, train_indices
        )
    if "base_share" in checkpoint.get("options", {}):
        return None  # there was nothing to share
    try:
        start = _as_it_began(config, model, dataset, given)
        return _share_of(base_model(config), start, config, dataset, train_indices)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        warnings.warn(f"the run began before base_share and goes on without it: {reason}", stacklevel=3)
        return None


def _as_it_began(config: TrainConfig, model: MaskRCNN, dataset: AnnotatedImages, given: Given) -> MaskRCNN:
    """The model of a resumed run at step 0, made anew; ValueError where it would be another one."""
    if given.model is not None:
        raise ValueError("the model that was given has learned since")
    torch.manual_seed(config.seed)  # new rows begin with what is drawn by it
    start = starting_model(config, trained_categories(dataset) if dataset.known_ahead else dataset.categories)
    if start.config != model.config or [one["name"] for one in start.categories] != [
        one["name"] for one in model.categories
    ]:
        raise ValueError("its heads are not those that a run begins with now")
    # A name may mean another model by now. Features stay where own heads learn: those of the base tell which it was.
    state = model.state_dict()
    for name, tensor in start.state_dict().items():
        if name.startswith(FEATURES) and not torch.equal(tensor, state[name].to(tensor.device)):
            raise ValueError(f"{config.model} has other features than the run began with")
    return start


def _share_of(
    base: MaskRCNN, model: MaskRCNN, config: TrainConfig, dataset: AnnotatedImages, train_indices: Sequence[int]
) -> BaseShare | None:
    """`BaseShare.at_start` of a model at step 0; None where its base knows none of the classes that learn."""
    names = [category["name"] for category in dataset.categories]
    synonyms = read_synonyms(config.synonyms, base.categories, dataset.categories)
    groups = groups_for(base, model.categories, synonyms, names)
    if not groups.known:
        return None
    return BaseShare.at_start(model, base, groups, objects_of(dataset, train_indices, model), config.base_share)
