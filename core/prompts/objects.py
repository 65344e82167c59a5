"""The objects that a prompt model learns from: every annotated mask of one or several COCO data sets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.datasets.coco import CocoDataset
from core.datasets.images import LARGE_PIXEL_LIMIT, read_image

SMALLEST_AREA = 10 * 10  # pixels of a mask; less says little about where an edge runs
IMAGE_MEMORY = 6e9  # bytes of decoded images that are kept


@dataclass(frozen=True)
class PromptObject:
    """One annotated object: which image, and its mask inside its bounds."""

    image: int  # of `PromptObjects.files`
    left: int  # of the crop, in pixels of the image
    top: int
    crop: NDArray[np.uint8]  # 0 and 1

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The bounds x0, y0, x1, y1 of the mask."""
        height, width = self.crop.shape
        return float(self.left), float(self.top), float(self.left + width), float(self.top + height)


class PromptObjects:
    """All objects of several data sets, by data set and by image, with the images kept in memory where they fit."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.objects: list[PromptObject] = []
        self.of_image: list[list[int]] = []
        self.source: list[int] = []  # the data set of each object, for a balanced choice
        self._kept: dict[int, NDArray[np.uint8]] = {}
        self._bytes = 0.0

    def add(self, dataset: CocoDataset, source: int, indices: Iterable[int] | None = None) -> None:
        """Take the masks of a data set (of the given images only) that are no crowds and no specks."""
        for index in range(len(dataset)) if indices is None else indices:
            wanted = [
                number
                for number, annotation in enumerate(dataset.annotations(index))
                if annotation.get("segmentation") and not annotation.get("iscrowd")
            ]
            self.files.append(str(dataset.images_dir / dataset.file_names[index]))
            self.of_image.append([])
            for number in wanted:
                mask = dataset.bitmap(index, [number])
                left, top, width, height = cv2.boundingRect(mask)
                crop = mask[top : top + height, left : left + width].copy()
                if int(crop.sum()) >= SMALLEST_AREA:
                    self.of_image[-1].append(len(self.objects))
                    self.objects.append(PromptObject(len(self.files) - 1, left, top, crop))
                    self.source.append(source)

    def image(self, index: int) -> NDArray[np.uint8]:
        """An image as RGB uint8 H×W×3."""
        if index in self._kept:
            return self._kept[index]
        pixels = read_image(self.files[index], pixel_limit=LARGE_PIXEL_LIMIT)
        if self._bytes + pixels.nbytes < IMAGE_MEMORY:
            self._kept[index] = pixels
            self._bytes += pixels.nbytes
        return pixels

    def mask(self, members: Sequence[int]) -> NDArray[np.uint8]:
        """The union of objects of one image as uint8 H×W."""
        height, width = self.image(self.objects[members[0]].image).shape[:2]
        mask = np.zeros((height, width), dtype=np.uint8)
        for member in members:
            item = self.objects[member]
            rows, columns = item.crop.shape
            mask[item.top : item.top + rows, item.left : item.left + columns] |= item.crop
        return mask


def read_objects(
    images: Sequence[str | os.PathLike[str]],
    annotations: Sequence[str | os.PathLike[str]],
    held_out_every: Sequence[int] = (),
) -> PromptObjects:
    """The objects of several data sets; of each, every n-th image by sorted file name is left out (0: none).

    Raises ValueError where folders and files do not pair, and what `CocoDataset` raises.
    """
    if len(images) != len(annotations):
        raise ValueError(
            f"{len(images)} folders of --images for {len(annotations)} files of --annotations: give one folder a file"
        )
    if held_out_every and len(held_out_every) != len(images):
        raise ValueError(
            f"{len(held_out_every)} numbers of --held-out-every for {len(images)} data sets: give one each"
        )
    objects = PromptObjects()
    for source, (folder, file) in enumerate(zip(images, annotations, strict=True)):
        dataset = CocoDataset(folder, file)
        order = sorted(range(len(dataset)), key=lambda index: dataset.file_names[index])
        every = held_out_every[source] if held_out_every else 0
        if every:
            order = [index for number, index in enumerate(order) if number % every]
        objects.add(dataset, source, order)
    if not objects.objects:
        raise ValueError("none of these data sets has a mask to learn from")
    return objects
