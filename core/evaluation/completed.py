"""What `ground_truth` makes of COCO annotations and results: every field that the evaluator reads, and its type."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from core.masks import Polygon, Rle
from core.structures import Category


class EvaluatedImage(TypedDict):
    """An image of the data set; those without masks to compare may do without a size."""

    id: int
    height: NotRequired[int]  # pixels
    width: NotRequired[int]
    neg_category_ids: NotRequired[list[int]]  # LVIS: classes that the image was searched for in vain
    not_exhaustive_category_ids: NotRequired[list[int]]  # LVIS: classes of which not every object is annotated


class EvaluatedObject(TypedDict):
    """An annotated object."""

    id: int  # from 1
    image_id: int
    category_id: int
    bbox: list[float]  # x, y, width, height
    segmentation: Rle | list[Polygon]
    area: float
    iscrowd: int
    ignore: NotRequired[int]
    box_only: NotRequired[bool]  # its segmentation is its box
    keypoints: NotRequired[list[float]]  # x, y, visibility of each
    num_keypoints: NotRequired[int]


class Detection(TypedDict):
    """One result."""

    image_id: int
    category_id: int
    score: float
    bbox: NotRequired[list[float]]  # x, y, width, height
    segmentation: NotRequired[Rle]
    keypoints: NotRequired[list[float]]


class EvaluatedData(TypedDict):
    """A data set to compare results with."""

    images: list[EvaluatedImage]
    categories: list[Category]
    annotations: list[EvaluatedObject]
