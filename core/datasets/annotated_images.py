"""What training and evaluation ask of a data set: `CocoDataset` has it, and `SampleSequence` gives it to any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from core.structures import Category

Target = dict[str, Any]


class Samples(Protocol):
    """A sequence of (image, target): a list, a torch data set, one's own class."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


class AnnotatedImages(Protocol):
    """Images with the objects in them; targets are those that `CocoDataset` describes."""

    categories: list[Category]  # in the order of the labels
    num_keypoints: int  # the largest number in any category
    image_ids: list[int]
    file_names: list[str]  # empty where images have no names
    source: str  # for messages
    transforms: Any  # None, or what `dataset[i]` goes through
    shrinking: Any  # None, or the `Shrinking` of large pictures that `read` gives, and of their bitmaps
    known_ahead: bool  # whether `annotations` answers without reading an image

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> tuple[Tensor, Target]: ...

    def read(self, index: int) -> tuple[Tensor, Target]:
        """Image (float32 3×H×W in 0..1) and target without transforms."""

    def pixels(self, index: int) -> NDArray[np.uint8] | Tensor:
        """The image alone as it was read: uint8 H×W×3, or as `read` has it."""

    def annotations(self, index: int) -> list[dict[str, Any]]:
        """COCO annotations of one image."""

    def bitmap(self, index: int, objects: Sequence[int]) -> NDArray[np.uint8]:
        """H×W: the pixels of some objects of one image together."""

    @property
    def data(self) -> dict[str, Any]:
        """The whole as COCO has it: images, categories, annotations."""
