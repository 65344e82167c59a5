"""What a program gives `train` in place of the names in a configuration: a model, data, callbacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from core.config import TrainConfig
from core.datasets import CocoDataset
from core.datasets.annotated_images import AnnotatedImages, Samples
from core.datasets.sample_sequence import SampleSequence, as_annotated_images, as_categories, said_categories
from core.model.mask_rcnn import MaskRCNN
from core.model.weights import load_model
from core.structures import Category
from core.training.callbacks import Callback


@dataclass(frozen=True)
class Given:
    """What was given beside the configuration; None for what the configuration names."""

    model: MaskRCNN | None = None
    dataset: Samples | None = None
    validation: Samples | None = None
    categories: Sequence[Category | str] | None = None  # of data sets that do not say theirs
    callbacks: Sequence[Callback] = ()


@contextmanager
def given_back(dataset: Samples | None) -> Iterator[None]:
    """After it a data set that was given is its owner's again, with the transforms and sizes that it had before."""
    if not isinstance(dataset, CocoDataset | SampleSequence):
        yield
        return
    transforms, shrinking = dataset.transforms, dataset.shrinking
    try:
        yield
    finally:
        dataset.transforms, dataset.shrinking = transforms, shrinking


def effective_config(config: TrainConfig, given: Given) -> TrainConfig:
    """The configuration without the names of what was given instead.

    Raises ValueError, one line, where neither says what to learn from, or where to write.
    """
    if not config.output:
        raise ValueError("output is needed: the directory that the run writes into")
    if given.dataset is None and not (config.images and config.annotations):
        raise ValueError("images and annotations are needed (the folder and its COCO JSON), or train(…, dataset=…)")
    if given.model is not None:
        if config.backbone_weights or config.model_config:
            name = "backbone_weights" if config.backbone_weights else "model_config"
            raise ValueError(f"{name} are for a model that is built here, but train(…, model=…) was given one")
        config = replace(config, model="")
    if given.dataset is not None:
        config = replace(config, images=(), annotations=())
    if given.validation is not None:
        config = replace(config, val_images=None, val_annotations=None)
    return config


def training_data(
    config: TrainConfig, given: Given, checkpoint: dict[str, object] | None
) -> tuple[AnnotatedImages, AnnotatedImages | None]:
    """The images to learn from, and those to judge by if there are any; the first of each is looked at."""
    if given.dataset is None:
        dataset: AnnotatedImages = CocoDataset(config.images, config.annotations, box_masks=True)
    else:
        dataset = as_annotated_images(given.dataset, *_classes(given.dataset, config, given, checkpoint))
    validation: AnnotatedImages | None = None
    if given.validation is not None:
        own = said_categories(given.validation) or dataset.categories
        validation = as_annotated_images(given.validation, own, dataset.num_keypoints)
    elif config.val_annotations:
        images = config.val_images or config.images
        if not images:
            raise ValueError("val_images is needed beside val_annotations: the folder of the validation images")
        validation = CocoDataset(images, config.val_annotations, box_masks=True)
    elif config.val_images:
        raise ValueError("val_annotations is needed beside val_images: the COCO JSON of the validation images")
    return dataset, validation


def look_at_first(dataset: AnnotatedImages | None, model: MaskRCNN) -> None:
    """Let a sequence ask for what the model learns from, and read its first sample: a mistake is said before a run."""
    if isinstance(dataset, SampleSequence):
        dataset.needs_masks = model.config.mask_head is not None
        dataset.read(0)


def _classes(
    dataset: Samples, config: TrainConfig, given: Given, checkpoint: dict[str, Any] | None
) -> tuple[list[Category], int]:
    """The classes that the labels of a sequence stand for, and how many keypoints its objects may have."""
    own = as_categories(given.categories) if given.categories is not None else said_categories(dataset)
    if own is not None:
        return own, max(len(category.get("keypoints") or ()) for category in own)
    if checkpoint is not None:
        saved: list[Category] = checkpoint["categories"]
        return [category.copy() for category in saved], checkpoint["model_config"]["num_keypoints"]
    base = given.model or (load_model(config.model) if config.model else None)
    if base is None:
        raise ValueError("the classes of the data set are not known: give train(…, categories=[their names])")
    return base.categories, base.config.num_keypoints
