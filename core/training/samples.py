"""Which images a step sees, and how they are varied: the same for a seed, whenever the run is resumed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from core.config import ModelConfig, TrainConfig
from core.datasets.annotated_images import AnnotatedImages
from core.datasets.target_geometry import Shrinking
from core.model.mask_rcnn import MaskRCNN
from core.structures import Category
from core.training.distributed import Processes

Batch = tuple[list[Tensor], list[dict[str, Any]]]


def steps_an_epoch(images: int, batch_size: int, processes: int) -> int:
    """Steps until every image was seen once."""
    return -(-images // (batch_size * processes))


class BatchOrder:
    """For every step from `first` on, the (image index, seed) pairs of one process.

    An epoch's order and every image's variations follow from the seed and the epoch alone, so that
    step n sees the same whether the run came there in one go or was resumed on the way.
    """

    def __init__(self, images: int, config: TrainConfig, processes: Processes, first: int, last: int) -> None:
        self.images, self.batch_size, self.seed = images, config.images_a_step, config.seed
        self.rank, self.count = processes.rank, processes.count
        self.first, self.last = first, last

    def __len__(self) -> int:
        return self.last - self.first

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        an_epoch = steps_an_epoch(self.images, self.batch_size, self.count)
        for step in range(self.first, self.last):
            epoch, place = divmod(step, an_epoch)
            order = self._epoch(epoch)
            first = place * self.batch_size * self.count
            yield order[first : first + self.batch_size * self.count][self.rank :: self.count]

    def _epoch(self, epoch: int) -> list[tuple[int, int]]:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        order = torch.randperm(self.images, generator=generator).tolist()
        # Every process needs an image at every step: the first few are seen again.
        order += [order[number % self.images] for number in range(-self.images % self.count)]
        seeds = torch.randint(2**31, (len(order),), generator=generator).tolist()
        return list(zip(order, seeds, strict=True))


class SeededSamples(Dataset[tuple[Tensor, dict[str, Any]]]):
    """The images at `train_indices` of a data set, whose transforms draw from the seed that comes with the index."""

    def __init__(self, dataset: AnnotatedImages, train_indices: Sequence[int]) -> None:
        self.dataset, self.train_indices = dataset, train_indices

    def __len__(self) -> int:
        return len(self.train_indices)

    def __getitem__(self, key: tuple[int, int]) -> tuple[Tensor, dict[str, Any]]:
        index, seed = key
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return self.dataset[self.train_indices[index]]


def objects_of(dataset: AnnotatedImages, places: Sequence[int], model: MaskRCNN) -> dict[int, int]:
    """How many objects of each of the model's labels some images have; {} where only reading them all would tell."""
    if not dataset.known_ahead:
        return {}
    label_of = {category["name"]: label for label, category in enumerate(model.categories, 1)}
    labels = {category["id"]: label_of.get(category["name"]) for category in dataset.categories}
    counts = {label: 0 for label in labels.values() if label is not None}
    for place in places:
        for annotation in dataset.annotations(place):
            label = labels.get(annotation["category_id"])
            if label is not None and not annotation.get("iscrowd"):
                counts[label] += 1
    return counts


def select_train_indices(dataset: AnnotatedImages, config: TrainConfig) -> list[int]:
    """The places in the data set of the images that are learned from.

    Raises ValueError where there are none.
    """
    places = list(range(len(dataset)))
    if config.empty_images and not dataset.known_ahead:
        return places  # reading every image only to count its objects would take an epoch
    if not any(not annotation.get("iscrowd", 0) for place in places for annotation in dataset.annotations(place)):
        raise ValueError(
            f"{dataset.source} has no single object (crowds alone, or no objects at all): "
            "there is nothing to learn from"
        )
    if not config.empty_images:
        places = [place for place in places if any(map(_teaches(dataset), dataset.annotations(place)))]
    if not places:
        what = "images with objects, or with keypoints where a category has them"
        raise ValueError(f"{dataset.source} has no {what}: there is nothing to learn from")
    return places


def _teaches(dataset: AnnotatedImages) -> Callable[[dict[str, object]], bool]:
    """Whether an annotation is an object, with a labelled keypoint where the data has keypoints."""

    def is_object(annotation: dict[str, object]) -> bool:
        return not annotation.get("iscrowd", 0)

    def has_keypoint(annotation: dict[str, Any]) -> bool:
        return is_object(annotation) and any((annotation.get("keypoints") or [])[2::3])

    return has_keypoint if dataset.num_keypoints else is_object


def batches(
    dataset: AnnotatedImages,
    train_indices: Sequence[int],
    config: TrainConfig,
    processes: Processes,
    first_step: int,
    steps: int,
) -> Iterator[Batch]:
    """(images, targets) of every step from `first_step` to `steps`, read ahead by `workers` processes."""
    order = BatchOrder(len(train_indices), config, processes, first_step, steps)
    loader = DataLoader(
        SeededSamples(dataset, train_indices),
        batch_sampler=order,
        num_workers=config.workers,
        collate_fn=_side_by_side,
        pin_memory=processes.device.type == "cuda",
    )
    return iter(loader)


def _side_by_side(samples: Sequence[tuple[Tensor, dict[str, object]]]) -> Batch:
    """Images have different sizes, so they stay a list."""
    images, targets = zip(*samples, strict=True)
    return list(images), list(targets)


def input_size(config: TrainConfig) -> dict[str, int | None]:
    """The min_size and max_size that the model resizes a step's images to, drawn anew; None is the model's own."""
    if config.large_scale_jitter:  # already of the size wanted
        return {"min_size": config.crop_size, "max_size": config.crop_size}
    drawn = config.min_sizes[int(torch.randint(len(config.min_sizes), ()))] if config.min_sizes else None
    return {"min_size": drawn, "max_size": config.max_size}


def largest_seen(config: TrainConfig, model: ModelConfig) -> Shrinking:
    """What makes of a large picture the largest that a step of this training may show of it."""
    if config.large_scale_jitter:
        side = math.ceil(config.crop_size * config.large_scale_jitter[1])
        return Shrinking(side, side, model.keypoint_offset)
    shortest = max(config.min_sizes, default=model.min_size)
    return Shrinking(shortest, config.max_size or model.max_size, model.keypoint_offset)


class TargetsForModel:
    """A data set's targets as a model with other categories learns from them.

    Labels become those of the categories of the same name; `annotated_labels` tells the model which
    of its classes the data would show, so that the others are not taken for background. Data that
    says this of each image alone (LVIS) is taken at its word. Objects of classes that the model does
    not have, or whose heads do not learn any more, are left out.
    """

    def __init__(self, categories: Sequence[Category], model: MaskRCNN) -> None:
        learn = model.config.class_groups[-1] if model.config.class_groups else range(1, len(model.categories) + 1)
        label_of = {model.categories[label - 1]["name"]: label for label in learn}
        self.label_of = torch.tensor([0, *(label_of.get(category["name"], 0) for category in categories)])
        self.labels = len(model.categories) + 1
        self.annotated = self._model_labels(torch.ones(len(categories) + 1, dtype=torch.bool))
        self.num_keypoints = model.config.num_keypoints

    def __call__(self, targets: Sequence[dict[str, Any]]) -> list[dict[str, object]]:
        """The targets of a batch; they stay on the CPU, where the model checks them without waiting for a GPU."""
        return [self._target(target) for target in targets]

    def _target(self, target: dict[str, Any]) -> dict[str, object]:
        fields = ("boxes", "iscrowd", "masks", "box_masks", "has_mask", "image_id")
        prepared: dict[str, Any] = {name: target[name] for name in fields if name in target}
        prepared["labels"] = self.label_of[target["labels"]]
        known = prepared["labels"] > 0
        if not known.all():
            prepared |= {name: prepared[name][known] for name in prepared.keys() - {"image_id"}}
        own = target.get("annotated_labels")
        prepared["annotated_labels"] = self.annotated if own is None else self._model_labels(own)
        if self.num_keypoints and "keypoints" in target:
            missing = self.num_keypoints - target["keypoints"].shape[1]
            prepared["keypoints"] = F.pad(target["keypoints"][known], (0, 0, 0, missing))
        return prepared

    def _model_labels(self, annotated: Tensor) -> Tensor:
        """bool K+1 of the data's labels as that of the model's."""
        labels = torch.zeros(self.labels, dtype=torch.bool)
        labels[self.label_of[annotated]] = True
        return labels
