"""`Instances`: the one value that leaves a model."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, SupportsIndex, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.masks import Rle, crop_has_holes, crop_to_polygons, crop_to_rle, paste_in_box


class Category(TypedDict, total=False):
    """A COCO category; `id` and `name` are always there."""

    id: int
    name: str
    supercategory: str
    keypoints: list[str]
    skeleton: list[list[int]]  # pairs of 1-based keypoint numbers
    sigmas: list[float]  # how exactly each keypoint can be placed, for OKS; see `core.evaluation.keypoints`
    flip_pairs: list[list[int]]  # pairs of 1-based keypoint numbers that trade places in a mirrored image
    unused: bool  # a row of published weights that stands for nothing: COCO's ids have gaps


def named_categories(categories: Sequence[Category]) -> list[Category]:
    """The categories that something can belong to: what lists and files for people show."""
    return [category for category in categories if not category.get("unused")]


@dataclass
class Instances:
    """The N objects found in one image, masks kept inside their boxes.

    Boxes and keypoints are in absolute pixels of the original image; the centre of the first pixel
    is (0.5, 0.5). No N×H×W tensor is made unless `bitmaps` is called.
    """

    image_size: tuple[int, int]  # height, width of the original image
    boxes: Tensor  # float32 N×4, x0 y0 x1 y1
    labels: Tensor  # int64 N, 1..K; `categories[label - 1]` names it
    scores: Tensor  # float32 N
    masks: Tensor | None = None  # float32 N×M×M, probabilities over the box
    keypoints: Tensor | None = None  # float32 N×P×3: x, y, visibility (0, 1, 2)
    keypoint_scores: Tensor | None = None  # float32 N×P, heatmap logit at the keypoint
    categories: Sequence[Category] = field(default_factory=tuple)  # in the order of the labels
    mask_paste: Literal["pixel_centres", "integer_box"] = "pixel_centres"
    extras: dict[str, Tensor] = field(default_factory=dict)  # what heads of one's own say: N rows each
    left_out: int = 0  # objects that were found and cut, being more than the model's detections_per_image
    # Masks at the image's own resolution, in the place of `masks`: bitmaps with their left and top pixel.
    crops: Sequence[tuple[NDArray[np.uint8], int, int]] | None = None

    def __len__(self) -> int:
        return len(self.boxes)

    def __iter__(self) -> Iterator[Instances]:
        """Each instance by itself, as Instances of length 1."""
        return (self[place] for place in range(len(self)))

    def __getitem__(
        self, index: Tensor | slice | SupportsIndex | Sequence[int] | Sequence[bool] | NDArray[np.integer | np.bool_]
    ) -> Instances:
        """The instances that an integer, a slice, a list of integers or a mask (bool N) selects, always as Instances.

        Raises IndexError for an integer that is out of range and for a mask of another length, TypeError for
        an index that is neither.
        """
        rows = _rows(index, len(self), self.boxes.device)
        selected = {
            item.name: getattr(self, item.name)[rows]
            for item in fields(self)
            if isinstance(getattr(self, item.name), Tensor)
        }
        extras = {name: value[rows] for name, value in self.extras.items()}
        crops = self.crops
        if crops is not None:
            crops = [crops[place] for place in torch.arange(len(self), device=self.boxes.device)[rows].tolist()]
        return replace(self, **selected, crops=crops, extras=extras, left_out=0)

    def to(self, device: torch.device | str) -> Instances:
        """The same instances with every tensor on `device`."""
        moved = {
            item.name: getattr(self, item.name).to(device)
            for item in fields(self)
            if isinstance(getattr(self, item.name), Tensor)
        }
        return replace(self, **moved, extras={name: value.to(device) for name, value in self.extras.items()})

    def category_of(self, index: int) -> Category:
        """The category of one instance; `{"id": label}` named by its number where none were given."""
        label = int(self.labels[index])
        if label <= len(self.categories):
            return self.categories[label - 1]
        return {"id": label, "name": str(label)}

    def mask_crops(self, threshold: float = 0.5) -> Iterator[tuple[Any, int, int]]:
        """For each instance, its uint8 bitmap cut out of the image, and the crop's left and top pixel.

        `threshold` is of `masks`; `crops`, where there are any, are cut already.
        """
        if self.crops is not None:
            yield from self.crops
            return
        if self.masks is None:
            raise ValueError("these instances have no masks: the model was built with mask_head=None")
        height, width = self.image_size
        probabilities = self.masks.detach().float().cpu().numpy()
        boxes = self.boxes.detach().double().cpu().numpy()
        for mask, box in zip(probabilities, boxes, strict=True):
            yield paste_in_box(mask, box, height, width, threshold, self.mask_paste)

    def bitmaps(self, threshold: float = 0.5) -> Tensor:
        """bool N×H×W masks over the whole image, for plots and comparisons."""
        height, width = self.image_size
        result = torch.zeros((len(self), height, width), dtype=torch.bool)
        for bitmap, (crop, left, top) in zip(result, self.mask_crops(threshold), strict=True):
            bitmap[top : top + crop.shape[0], left : left + crop.shape[1]] = torch.from_numpy(crop).bool()
        return result

    def to_coco(
        self, image_id: int = 0, *, polygons: bool = False, first_annotation_id: int = 1, tolerance: float = 0.5
    ) -> list[dict[str, Any]]:
        """COCO annotation dictionaries, one an instance, with `score`.

        Masks are written as compressed RLE; with `polygons` as [[x, y, …], …] simplified by at most
        `tolerance` pixels, except where a mask has a hole, which polygons cannot say: that one stays
        RLE. `bbox` is the detected box and `area` the mask's, in pixels. An instance whose mask is
        empty at the threshold keeps its box and an empty RLE.
        """
        annotations = []
        height, width = self.image_size
        boxes = self.boxes.detach().double().cpu().tolist()
        scores = self.scores.detach().cpu().tolist()
        crops = list(self.mask_crops()) if self.has_masks else None
        keypoints = self.keypoints.detach().float().cpu() if self.keypoints is not None else None
        for index, (x0, y0, x1, y1) in enumerate(boxes):
            category = self.category_of(index)
            annotation: dict[str, object] = {
                "id": first_annotation_id + index,
                "image_id": image_id,
                "category_id": category["id"],
                "bbox": [round(value, 3) for value in (x0, y0, x1 - x0, y1 - y0)],
                "area": (x1 - x0) * (y1 - y0),
                "iscrowd": 0,
                "score": scores[index],
            }
            if crops is not None:
                crop, left, top = crops[index]
                annotation["area"] = float(crop.sum())
                segmentation: Rle | list[list[float]] | None = None
                if polygons and crop.any() and not crop_has_holes(crop):
                    segmentation = crop_to_polygons(crop, left, top, tolerance) or None
                annotation["segmentation"] = segmentation or crop_to_rle(crop, left, top, height, width)
            if keypoints is not None and self.has_keypoints(index):
                points = keypoints[index]
                annotation["keypoints"] = [round(value, 3) for value in points.flatten().tolist()]
                annotation["num_keypoints"] = int((points[:, 2] > 0).sum())
            annotations.append(annotation)
        return annotations

    @property
    def has_masks(self) -> bool:
        """Whether the model that found them has a mask head."""
        return self.masks is not None or self.crops is not None

    def has_keypoints(self, index: int) -> bool:
        """Whether the instance's keypoints mean something: some visibility is above 0."""
        return self.keypoints is not None and bool((self.keypoints[index, :, 2] > 0).any())


def _rows(index: object, count: int, device: torch.device) -> Tensor | slice:
    """An index of any kind as a slice or tensor that keeps the dimension it selects from."""
    if isinstance(index, slice):
        if (index.step or 1) > 0:
            return index
        return torch.arange(count, device=device)[list(range(count)[index])]  # tensors take no negative step
    if isinstance(index, SupportsIndex) and not getattr(index, "ndim", 0):
        place = operator.index(index)
        if not -count <= place < count:
            raise IndexError(f"instance {place} of {count}: the first is 0, the last {count - 1}")
        return slice(place % count, place % count + 1)
    try:
        rows = torch.as_tensor(index, device=device)
    except (RuntimeError, ValueError):  # no numbers at all
        rows = torch.zeros(1)
    if rows.numel() == 0 and rows.dtype != torch.bool:
        rows = rows.to(torch.int64)
    if rows.dim() != 1 or rows.is_floating_point():
        raise TypeError(f"instances are selected by integers, a slice or a mask, not by {type(index).__name__}")
    if rows.dtype != torch.bool:
        return rows.to(torch.int64)
    if len(rows) != count:
        raise IndexError(f"a mask of {len(rows)} selects among {count} instances: give one truth value each")
    return rows
