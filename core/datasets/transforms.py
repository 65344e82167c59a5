"""Augmentation of an image together with its target; plain scale jitter is the model's, which resizes images anyway.

Every transform takes and gives (image, target): float32 3×H×W in 0..1 and the dictionary of `CocoDataset`. Chance
comes from torch's generator, so that a seed set before gives the same again.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from core.config import TrainConfig
from core.datasets.annotated_images import AnnotatedImages, Target
from core.datasets.coco import Transform
from core.datasets.copy_paste import CopyPaste
from core.datasets.large_scale_jitter import LargeScaleJitter
from core.keypoint_sides import keypoint_partners, unclear_sides
from core.structures import Category


class Compose:
    """Several transforms, one after the other."""

    def __init__(self, transforms: Sequence[Transform]) -> None:
        self.transforms = list(transforms)

    def __call__(self, image: Tensor, target: Target) -> tuple[Tensor, Target]:
        for transform in self.transforms:
            image, target = transform(image, target)
        return image, target


class HorizontalFlip:
    """Mirrors image and target with a probability; a left wrist becomes a right one.

    `categories`, in the order of the labels, say which keypoints trade places, by `flip_pairs` or names. Where that
    is unclear (`unclear_sides`) nothing is mirrored, and a warning says so. `keypoint_offset` is that of
    `flip_horizontally`.
    """

    def __init__(self, probability: float, categories: Sequence[Category] = (), keypoint_offset: float = 0.0) -> None:
        unclear = unclear_sides(categories) if probability else []
        if unclear:
            warnings.warn(
                f"images are not mirrored: {unclear[0]}; 'flip_pairs' in the category name who trades places",
                stacklevel=2,
            )
        self.probability = 0.0 if unclear else probability
        self.partner_of = keypoint_partners(categories)
        self.keypoint_offset = keypoint_offset

    def __call__(self, image: Tensor, target: Target) -> tuple[Tensor, Target]:
        if torch.rand(()) >= self.probability:
            return image, target
        return flip_horizontally(image, target, self.partner_of, self.keypoint_offset)


class ColourJitter:
    """Changes brightness, contrast, saturation (each by up to `strength`) and hue (by up to a tenth of it)."""

    def __init__(self, strength: float) -> None:
        if not 0 <= strength <= 1:
            raise ValueError(f"colour jitter of {strength}: between 0 (none) and 1 is needed")
        self.strength = strength

    def __call__(self, image: Tensor, target: Target) -> tuple[Tensor, Target]:
        if self.strength == 0:
            return image, target
        brightness, contrast, saturation, hue = (self.strength * (2 * torch.rand(4) - 1)).tolist()
        image = F.adjust_brightness(image, 1 + brightness)
        image = F.adjust_contrast(image, 1 + contrast)
        image = F.adjust_saturation(image, 1 + saturation)
        image = F.adjust_hue(image, hue / 10)
        return image, target


def training_transforms(dataset: AnnotatedImages, config: TrainConfig, keypoint_offset: float = 0.0) -> Compose:
    """The transforms of a data set's images that the fields of the same names in `TrainConfig` ask for.

    `keypoint_offset` is the model's (`ModelConfig`): how its data's keypoints are meant.

    Raises ValueError, in one line, for a field out of its range.
    """
    vary: list[Transform] = [HorizontalFlip(config.horizontal_flip, dataset.categories, keypoint_offset)]
    if config.large_scale_jitter:
        vary.append(LargeScaleJitter(config.large_scale_jitter, config.crop_size, keypoint_offset))
    transforms = list(vary)
    if config.copy_paste:
        transforms.append(CopyPaste(dataset, config.copy_paste, Compose(vary), keypoint_offset))
    if config.colour_jitter:
        transforms.append(ColourJitter(config.colour_jitter))
    return Compose(transforms)


def flip_horizontally(
    image: Tensor, target: Target, partner_of: Tensor, keypoint_offset: float = 0.0
) -> tuple[Tensor, Target]:
    """The mirrored image and target; `partner_of` is that of `keypoint_partners`. The given ones stay as they are.

    A keypoint's x in the data lies at x + `keypoint_offset` in the image, whose pixels are 1 wide from 0 on: with 0,
    x is a place and becomes width − x; with 0.5, it is the index of a pixel and becomes width − 1 − x.
    """
    width = image.shape[-1]
    flipped = dict(target)
    boxes = target["boxes"]
    flipped["boxes"] = torch.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], dim=1)
    for key in ("masks", "box_masks"):
        if key in target:
            flipped[key] = target[key].flip(-1)
    if "keypoints" in target:
        points = target["keypoints"].clone()
        annotated = points[..., 2] > 0  # the others are (0, 0, 0), not a place in the image
        points[..., 0] = torch.where(annotated, width - 2 * keypoint_offset - points[..., 0], points[..., 0])
        partners = partner_of[target["labels"]][:, : points.shape[1], None].expand(-1, -1, 3)
        flipped["keypoints"] = points.gather(1, partners)
    return image.flip(-1), flipped
