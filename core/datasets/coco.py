"""COCO JSON and its images as a torch data set."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from core.coco.federated import annotated_labels
from core.coco.joined import join_coco
from core.coco.json_values import is_number
from core.coco.normalise import read_dataset
from core.coco.reading import read_categories
from core.datasets.annotated_images import Target
from core.datasets.box_masks import BOX_MASK_SIZE, box_mask
from core.datasets.images import LARGE_PIXEL_LIMIT, read_image
from core.datasets.target_geometry import Shrinking
from core.masks import decode_rle, segmentation_to_rle
from core.predict.sources import float_image

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
Transform = Callable[[Tensor, Target], tuple[Tensor, Target]]


class CocoDataset(Dataset[tuple[Tensor, Target]]):
    """The images of a COCO annotation file with their objects, in the order of the file.

    `dataset[i]` is an image, float32 3×H×W in 0..1, and its target, a dictionary of boxes (float32 N×4 xyxy, clipped
    to the image), labels (int64 N; 1..K in the order of the sorted category ids), iscrowd (bool N), area (float32 N),
    image_id (int) and masks (uint8 N×H×W). With `box_masks` there is instead box_masks (uint8 N×112×112), the
    bitmap of each object resampled over its own box, which costs the same for any image size. has_mask (bool N) is
    False where the data has a box alone; its mask is then the whole box. Where a category has keypoints there is
    keypoints (float32 N×P×3 of x, y, visibility), P the largest number in any category, zeros where not annotated.
    Where the images say which classes were looked for (LVIS) there is annotated_labels (bool K+1, see `federated`).

    Several folders with as many annotation files are one data set: see `joined`.

    Every dialect of COCO is read (see `core.coco.normalise`); what had to be left out or changed is warned of, in one
    line for each fact. Raises FileNotFoundError and ValueError, in one line, for files that are missing or not COCO and
    for images that are not there.
    """

    def __init__(
        self,
        images_dir: Paths,
        annotation_file: Paths,
        *,
        box_masks: bool = False,
        transforms: Transform | None = None,
    ) -> None:
        folders, files = _as_paths(images_dir), _as_paths(annotation_file)
        if len(folders) != len(files):
            raise ValueError(f"{len(folders)} folders of images for {len(files)} annotation files: give one each")
        sets = [read_dataset(file, folder) for folder, file in zip(folders, files, strict=True)]
        joined = len(sets) > 1
        self.images_dir = Path() if joined else folders[0]  # the names of joined images have their folder in front
        self.annotation_file = Path(" + ".join(file.name for file in files)) if joined else files[0]
        self.source = str(self.annotation_file)
        self.known_ahead = True
        self.box_masks = box_masks
        self.transforms = transforms
        self.shrinking: Shrinking | None = None
        self.data = (
            join_coco(folders, files, sets) if joined else sets[0]
        )  # as COCO has it, whatever the file's dialect
        self.coco_categories: list[dict[str, Any]] = self.data["categories"]
        self.categories = read_categories(self.coco_categories, self.annotation_file)
        self.num_keypoints = max((len(category.get("keypoints", [])) for category in self.categories), default=0)
        self.image_ids: list[int] = [image["id"] for image in self.data["images"]]
        self.file_names: list[str] = [image["file_name"] for image in self.data["images"]]
        self.image_sizes = [(image["height"], image["width"]) for image in self.data["images"]]
        self._label_of = {category["id"]: label for label, category in enumerate(self.categories, 1)}
        self._annotations: list[list[dict[str, Any]]] = [[] for _ in self.image_ids]
        self._boxes: list[list[list[float]]] = [[] for _ in self.image_ids]  # x0, y0, x1, y1, within the image
        index_of = {image_id: index for index, image_id in enumerate(self.image_ids)}
        for annotation in self.data["annotations"]:
            index = index_of[annotation["image_id"]]
            self._annotations[index].append(annotation)
            self._boxes[index].append(_clipped_box(annotation["bbox"], *self.image_sizes[index]))
        self._annotated = annotated_labels(self.data["images"], self._annotations, self._label_of, self.annotation_file)

    def __len__(self) -> int:
        return len(self.image_ids)

    def __getitem__(self, index: int) -> tuple[Tensor, Target]:
        image, target = self.read(index)
        if self.transforms is not None:
            image, target = self.transforms(image, target)
        return image, target

    def read(self, index: int) -> tuple[Tensor, Target]:
        """Image and target of an index without transforms, as they are or as `shrinking` makes large ones."""
        pixels, target = self.pixels(index), self.target(index)
        return (float_image(pixels), target) if self.shrinking is None else self.shrinking(pixels, target)

    def pixels(self, index: int) -> NDArray[np.uint8]:
        """The image of an index alone, uint8 H×W×3 RGB: a quarter of the memory."""
        pixels = read_image(self.images_dir / self.file_names[index], pixel_limit=LARGE_PIXEL_LIMIT)
        height, width = self.image_sizes[index]
        if pixels.shape[:2] != (height, width):
            raise ValueError(
                f"{self.images_dir / self.file_names[index]} is {pixels.shape[1]}×{pixels.shape[0]} upright, but "
                f"{self.annotation_file} says {width}×{height}: correct one of them (python -m core check lists all)"
            )
        return pixels

    def annotations(self, index: int) -> list[dict[str, Any]]:
        """The COCO annotations of one image, crowds included, empty boxes left out."""
        return self._annotations[index]

    def target(self, index: int) -> Target:
        """The target of one image, without reading the image and without transforms."""
        annotations = self._annotations[index]
        height, width = self.image_sizes[index]
        boxes = np.array(self._boxes[index], dtype=np.float32).reshape(-1, 4)
        target: Target = {
            "boxes": torch.from_numpy(boxes),
            "labels": torch.tensor([self._label_of[a["category_id"]] for a in annotations], dtype=torch.int64),
            "iscrowd": torch.tensor([bool(a.get("iscrowd", 0)) for a in annotations], dtype=torch.bool),
            "area": torch.tensor([*map(_area, annotations, boxes)], dtype=torch.float32),
            "image_id": self.image_ids[index],
            "has_mask": torch.tensor([bool(a.get("segmentation")) for a in annotations], dtype=torch.bool),
        }
        size = (BOX_MASK_SIZE, BOX_MASK_SIZE) if self.box_masks else (height, width)
        bitmaps = np.zeros((len(annotations), *size), dtype=np.uint8)
        for bitmap, annotation, box in zip(bitmaps, annotations, boxes, strict=True):
            segmentation = annotation.get("segmentation") or [_box_polygon(box)]
            if self.box_masks:
                bitmap[:] = box_mask(segmentation, box, height, width)
            else:
                bitmap[:] = decode_rle(segmentation_to_rle(segmentation, height, width))
        target["box_masks" if self.box_masks else "masks"] = torch.from_numpy(bitmaps)
        if self.num_keypoints:
            points = np.zeros((len(annotations), self.num_keypoints, 3), dtype=np.float32)
            for row, annotation in zip(points, annotations, strict=True):
                values = np.asarray(annotation.get("keypoints") or [], dtype=np.float32).reshape(-1, 3)
                row[: len(values)] = values
            target["keypoints"] = torch.from_numpy(points)
        if self._annotated is not None:
            target["annotated_labels"] = self._annotated[index]
        return target

    def bitmap(self, index: int, objects: Sequence[int]) -> NDArray[np.uint8]:
        """uint8 H×W: the pixels of some objects of one image together, given by their rows in the target."""
        height, width = self.image_sizes[index]
        bitmap = np.zeros((height, width), dtype=np.uint8)
        for row in objects:
            segmentation = self._annotations[index][row].get("segmentation")
            bitmap |= decode_rle(
                segmentation_to_rle(segmentation or [_box_polygon(self._boxes[index][row])], height, width)
            )
        return bitmap if self.shrinking is None else self.shrinking.bitmap(bitmap)


def _as_paths(given: Paths) -> list[Path]:
    return [Path(given)] if isinstance(given, (str, os.PathLike)) else [Path(path) for path in given]


def _clipped_box(bbox: Sequence[float], height: int, width: int) -> list[float]:
    """x0, y0, x1, y1 of a COCO box, within the image."""
    x, y, box_width, box_height = bbox
    return [
        min(max(x, 0.0), width),
        min(max(y, 0.0), height),
        min(max(x + box_width, 0.0), width),
        min(max(y + box_height, 0.0), height),
    ]


def _area(annotation: dict[str, object], box: NDArray[np.floating]) -> float:
    area = annotation.get("area")
    return area if is_number(area) else float((box[2] - box[0]) * (box[3] - box[1]))


def _box_polygon(box: NDArray[np.floating] | Sequence[float]) -> list[float]:
    x0, y0, x1, y1 = (float(value) for value in box)
    return [x0, y0, x1, y0, x1, y1, x0, y1]
