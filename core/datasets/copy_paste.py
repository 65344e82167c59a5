"""Simple Copy-Paste of Ghiasi et al. (arXiv:2012.07177): objects of another image, put where they are in theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.datasets.annotated_images import Target
from core.datasets.coco import Transform
from core.datasets.large_scale_jitter import random_crop
from core.datasets.target_geometry import fit_to_masks, join_objects, select_objects

SHARE = 0.5  # of the other image's objects, each drawn by itself


class Source(Protocol):
    """Where other images come from: `CocoDataset`."""

    def __len__(self) -> int: ...

    def read(self, index: int) -> tuple[Tensor, Target]:
        """Image and target without transforms."""

    def bitmap(self, index: int, objects: Sequence[int]) -> NDArray[np.uint8]:
        """H×W: the pixels of some of an image's objects, given by their rows in the target."""


class CopyPaste:
    """Pastes some objects of a random other image with a probability.

    `vary` is what the image itself went through (flip, large-scale jitter); the other image goes through it too. Where
    it has another size after that, a random part of the image's size is taken. Crowds, and objects that have a box
    alone, are not pasted. Edges are not blended: the paper finds no difference. `keypoint_offset` is the model's.
    """

    def __init__(self, source: Source, probability: float, vary: Transform, keypoint_offset: float = 0.0) -> None:
        if not 0 <= probability <= 1:
            raise ValueError(f"copy_paste={probability}: a probability between 0 and 1 is needed")
        self.source, self.probability, self.vary = source, probability, vary
        self.keypoint_offset = keypoint_offset

    def __call__(self, image: Tensor, target: Target) -> tuple[Tensor, Target]:
        if torch.rand(()) >= self.probability:
            return image, target
        index = int(torch.randint(len(self.source), ()))
        other_image, other = self.source.read(index)
        drawn = torch.nonzero((torch.rand(len(other["boxes"])) < SHARE) & can_be_pasted(other)).squeeze(1)
        if len(drawn) == 0:
            return image, target
        # Box masks are too coarse to cut large objects out by: their exact outline travels as a fourth channel.
        outline = torch.from_numpy(self.source.bitmap(index, drawn.tolist()))[None].float()
        varied, other = self.vary(torch.cat([other_image, outline]), select_objects(other, drawn))
        varied, other = random_crop(varied, other, image.shape[-2], image.shape[-1], self.keypoint_offset)
        # The padding's grey is a half, and so outside.
        covered = other["masks"].any(dim=0).bool() if "masks" in other else varied[3] > 0.5
        return paste_objects(image, target, varied[:3], other, covered, self.keypoint_offset)


def can_be_pasted(target: Target) -> Tensor:
    """bool N: the objects whose own pixels are known."""
    pasted: Tensor = target["has_mask"] & ~target["iscrowd"]
    return pasted


def paste_objects(
    image: Tensor,
    target: Target,
    other_image: Tensor,
    other: Target,
    covered: Tensor,
    keypoint_offset: float = 0.0,
) -> tuple[Tensor, Target]:
    """The image with the objects of `other` in front, whose pixels `covered` (bool H×W) are taken from `other_image`.

    Objects behind them lose what is covered: their masks are cut, their boxes fitted to what is left, their keypoints
    there become labelled but not visible (1), and what is covered altogether is left out.
    """
    pasted = torch.where(covered, other_image, image)
    return pasted, join_objects(_occlude(target, covered, keypoint_offset), other)


def _occlude(target: Target, covered: Tensor, keypoint_offset: float) -> Target:
    """The target behind covered pixels, bool H×W."""
    hidden = dict(target)
    if "masks" in target:
        hidden["masks"] = target["masks"] * ~covered
        lost = (hidden["masks"] != target["masks"]).flatten(1).any(dim=1)
    else:
        hidden["box_masks"] = target["box_masks"] * ~_over_boxes(
            covered, target["boxes"], target["box_masks"].shape[-1]
        )
        lost = (hidden["box_masks"] != target["box_masks"]).flatten(1).any(dim=1)
    if "keypoints" in target:
        points = target["keypoints"].clone()
        height, width = covered.shape
        columns = (points[..., 0] + keypoint_offset).floor().long().clamp(0, width - 1)
        rows = (points[..., 1] + keypoint_offset).floor().long().clamp(0, height - 1)
        points[..., 2] = torch.where(covered[rows, columns], points[..., 2].clamp(max=1), points[..., 2])
        hidden["keypoints"] = points
    return fit_to_masks(hidden, target["boxes"], lost)


def _over_boxes(bitmap: Tensor, boxes: Tensor, size: int) -> Tensor:
    """bool N×size×size: a bool H×W bitmap over each box; each cell is the pixel that its centre lies in."""
    height, width = bitmap.shape
    centres = (torch.arange(size) + 0.5) / size
    x = boxes[:, None, 0] + centres * (boxes[:, 2] - boxes[:, 0])[:, None]
    y = boxes[:, None, 1] + centres * (boxes[:, 3] - boxes[:, 1])[:, None]
    columns, rows = x.floor().long().clamp(0, width - 1), y.floor().long().clamp(0, height - 1)
    return bitmap[rows[:, :, None], columns[:, None, :]]
