"""COCO JSON and its images as a torch data set."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from core.datasets.box_masks import BOX_MASK_SIZE, box_mask
from core.datasets.coco_json import read_categories, read_coco_json, read_images
from core.datasets.federated import annotated_labels
from core.datasets.images import image_size, read_image
from core.datasets.joined import join_coco
from core.datasets.json_values import is_number, is_whole
from core.masks import decode_rle, segmentation_bbox, segmentation_to_rle, validate_segmentation
from core.structures import Category

Target = dict[str, Any]
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

    Objects with an empty box are left out, with one warning that names them. Raises FileNotFoundError and ValueError,
    in one line, for files that are missing or not COCO, for images that are not there and for bad annotations.
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
        joined = len(folders) > 1 or len(files) > 1
        self.images_dir = Path() if joined else folders[0]  # the names of joined images have their folder in front
        self.annotation_file = Path(" + ".join(file.name for file in files)) if joined else files[0]
        self.box_masks = box_masks
        self.transforms = transforms
        data = join_coco(folders, files) if joined else read_coco_json(self.annotation_file)
        self.coco_categories: list[dict[str, Any]] = data["categories"]
        self.categories = read_categories(self.coco_categories, self.annotation_file)
        self.num_keypoints = max((len(category.get("keypoints", [])) for category in self.categories), default=0)
        self.image_ids, self.file_names = read_images(data["images"], self.annotation_file, self.images_dir)
        self._check_files()
        self.image_sizes = [  # height, width
            (image["height"], image["width"])
            if is_whole(image.get("height")) and is_whole(image.get("width"))
            else image_size(self.images_dir / file_name)
            for image, file_name in zip(data["images"], self.file_names, strict=True)
        ]
        self._label_of = {category["id"]: label for label, category in enumerate(self.categories, 1)}
        self._annotations: list[list[dict[str, Any]]] = [[] for _ in self.image_ids]
        self._boxes: list[list[list[float]]] = [[] for _ in self.image_ids]  # x0, y0, x1, y1, within the image
        self._index(data["annotations"])
        self._annotated = annotated_labels(data["images"], self._annotations, self._label_of, self.annotation_file)

    def __len__(self) -> int:
        return len(self.image_ids)

    def __getitem__(self, index: int) -> tuple[Tensor, Target]:
        image, target = self.read(index)
        if self.transforms is not None:
            image, target = self.transforms(image, target)
        return image, target

    def read(self, index: int) -> tuple[Tensor, Target]:
        """Image and target of an index as they are, without transforms."""
        pixels = read_image(self.images_dir / self.file_names[index])
        height, width = self.image_sizes[index]
        if pixels.shape[:2] != (height, width):
            raise ValueError(
                f"{self.images_dir / self.file_names[index]} is {pixels.shape[1]}×{pixels.shape[0]} upright, but "
                f"{self.annotation_file} says {width}×{height}: correct one of them (python -m core check lists all)"
            )
        return torch.from_numpy(pixels).permute(2, 0, 1).float().div_(255), self.target(index)

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
        return bitmap

    def _check_files(self) -> None:
        """Every image file is there; known now instead of in the middle of a run. One listing a folder."""
        present: dict[str, set[str]] = {}
        for file_name in self.file_names:
            folder, base = os.path.split(file_name)
            if folder not in present:
                path = self.images_dir / folder
                present[folder] = set(os.listdir(path)) if path.is_dir() else set()
            if base not in present[folder]:
                raise FileNotFoundError(
                    f"{self.images_dir / file_name}: there is no such image, but {self.annotation_file} lists it"
                )

    def _index(self, annotations: list[Any]) -> None:
        """Puts every annotation, checked, beside its image."""
        index_of = {image_id: index for index, image_id in enumerate(self.image_ids)}
        by_category = {category["id"]: category for category in self.categories}
        empty = []
        for number, annotation in enumerate(annotations):
            name = f"{self.annotation_file}: annotation {_name_of(annotation, number)}"
            if not isinstance(annotation, dict):
                raise ValueError(f"{name} is not an object with image_id, category_id and bbox")
            image_id, category_id = annotation.get("image_id"), annotation.get("category_id")
            if not is_whole(image_id) or image_id not in index_of:
                raise ValueError(f"{name} has image_id {image_id!r}, which no image has")
            if not is_whole(category_id) or category_id not in by_category:
                raise ValueError(f"{name} has category_id {category_id!r}, which no category has")
            index = index_of[image_id]
            try:
                box = _checked_box(annotation, by_category[category_id], *self.image_sizes[index])
            except ValueError as error:
                raise ValueError(f"{name}: {error}; python -m core check lists and mends such things") from None
            if box[2] <= box[0] or box[3] <= box[1]:
                empty.append(_name_of(annotation, number))
            else:
                self._annotations[index].append(annotation)
                self._boxes[index].append(box)
        if empty:
            more = f" and {len(empty) - 20} more" if len(empty) > 20 else ""
            warnings.warn(
                f"{self.annotation_file}: left out {len(empty)} with an empty box, "
                f"annotation {', '.join(empty[:20])}{more}",
                stacklevel=3,
            )


def _as_paths(given: Paths) -> list[Path]:
    return [Path(given)] if isinstance(given, (str, os.PathLike)) else [Path(path) for path in given]


def _checked_box(annotation: dict[str, Any], category: Category, height: int, width: int) -> list[float]:
    """x0, y0, x1, y1 of an annotation, clipped to its image; ValueError for what cannot be trained on."""
    segmentation = annotation.get("segmentation")
    if segmentation:
        validate_segmentation(segmentation, height, width)
    if annotation.get("iscrowd", 0) not in (0, 1):  # True and False are equal to them
        raise ValueError(f"iscrowd is {annotation['iscrowd']!r}: 0 or 1 is needed")
    keypoints = annotation.get("keypoints") or []
    expected = 3 * len(category.get("keypoints", []))
    if keypoints and (
        not isinstance(keypoints, list) or len(keypoints) != expected or not all(map(is_number, keypoints))
    ):
        raise ValueError(f"keypoints need to be {expected} numbers, x, y, visibility for each of {category['name']!r}")
    bbox = annotation.get("bbox")
    if bbox is None and segmentation:
        bbox = segmentation_bbox(segmentation, height, width)
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(is_number, bbox)):
        raise ValueError(f"bbox is {bbox!r}: x, y, width, height are needed")
    x, y, box_width, box_height = bbox
    return [
        min(max(x, 0.0), width),
        min(max(y, 0.0), height),
        min(max(x + box_width, 0.0), width),
        min(max(y + box_height, 0.0), height),
    ]


def _area(annotation: dict[str, Any], box: NDArray[np.floating]) -> float:
    area = annotation.get("area")
    return area if is_number(area) else float((box[2] - box[0]) * (box[3] - box[1]))


def _box_polygon(box: NDArray[np.floating] | Sequence[float]) -> list[float]:
    x0, y0, x1, y1 = (float(value) for value in box)
    return [x0, y0, x1, y0, x1, y1, x0, y1]


def _name_of(annotation: Any, number: int) -> str:
    """The annotation's id, or its place in the list where it has none."""
    if isinstance(annotation, dict) and annotation.get("id") is not None:
        return repr(annotation["id"])
    return f"number {number} of the list"
