"""Any sequence of (image, target) as a data set: torchvision's kind, a list, one's own class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from core.datasets.annotated_images import AnnotatedImages, Samples, Target
from core.datasets.coco import CocoDataset
from core.datasets.sample_targets import Wanted, checked_target
from core.datasets.target_geometry import Shrinking
from core.masks import encode_rle
from core.predict.sources import float_image, read_source
from core.structures import Category


class SampleSequence:
    """A sequence of (image, target) with what training and evaluation ask of a data set.

    An image is a tensor (uint8, or float in 0..1, 3×H×W), a PIL image, an array H×W×3 or a path. Its target is a
    dictionary as torchvision's detection references have it:

    - `boxes`: N×4 of x0, y0, x1, y1 in pixels; (0, 4) where there is no object
    - `labels`: N whole numbers, 1..K in the order of `categories`
    - `masks`: N×H×W, everything but 0 is mask; without them only boxes are learned
    - `keypoints`: N×P×3 of x, y, visibility (0 not labelled, 1 hidden, 2 visible), zeros for what has none
    - `image_id`: a whole number of its own; the index unless given
    - `iscrowd`, `has_mask` (bool N), `area` (N), `annotated_labels` (bool K+1) as in `CocoDataset`, if wanted

    Raises ValueError, one line that names the sample and the key, where one of them is something else.
    """

    def __init__(self, samples: Samples, categories: Sequence[Category], num_keypoints: int = 0) -> None:
        if not hasattr(samples, "__len__") or not hasattr(samples, "__getitem__"):
            raise ValueError(
                f"a data set of type {type(samples).__name__}: a sequence of (image, target) with a length and an "
                "index is needed; list(…) makes one of what can only be iterated"
            )
        if not len(samples):
            raise ValueError(f"the data set ({type(samples).__name__}) has no samples")
        self.samples = samples
        self.categories = list(categories)
        self.num_keypoints = num_keypoints
        self.image_ids = list(range(len(samples)))
        self.file_names: list[str] = []
        self.source = f"the data set ({type(samples).__name__} of {len(samples)} samples)"
        self.transforms: Any = None
        self.shrinking: Shrinking | None = None
        self.known_ahead = False
        self.needs_masks = False  # a target without masks is then refused
        self._entries: dict[int, tuple[dict[str, object], list[dict[str, object]]]] = {}
        self._index_of: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self.image_ids)

    def __getitem__(self, index: int) -> tuple[Tensor, Target]:
        image, target = self.read(index)
        return (image, target) if self.transforms is None else self.transforms(image, target)

    def read(self, index: int) -> tuple[Tensor, Target]:
        """Image (float32 3×H×W in 0..1) and completed target of an index, without transforms.

        Large images are as `shrinking` makes them.
        """
        image, target = self._whole(index)
        if self.shrinking is not None:
            return self.shrinking(image, target)
        return (image if isinstance(image, Tensor) else float_image(image)), target

    def _whole(self, index: int) -> tuple[NDArray[np.uint8] | Tensor, Target]:
        """The same in the image's own size, uint8 H×W×3 where it was not float32 3×H×W before."""
        sample = self.samples[index]
        if not isinstance(sample, tuple | list) or len(sample) != 2:
            raise ValueError(f"sample {index}: {type(sample).__name__}, but a pair (image, target) is needed")
        image = _as_image(sample[0], index)
        wanted = Wanted(len(self.categories), self.num_keypoints, self.needs_masks)
        return image, checked_target(sample[1], index, _size(image), wanted)

    def pixels(self, index: int) -> NDArray[np.uint8] | Tensor:
        """The image alone in its own size, uint8 H×W×3 or float32 3×H×W.

        Its objects are remembered: `data` tells of the sample that was seen.
        """
        image, target = self._whole(index)
        self._remember(index, _size(image), target)
        return image

    def annotations(self, index: int) -> list[dict[str, Any]]:
        """COCO annotations of one sample, which is read unless it was before."""
        if index not in self._entries:
            self.pixels(index)
        return self._entries[index][1]

    @property
    def data(self) -> dict[str, Any]:
        """All samples as a COCO data set; those that were not seen before are read."""
        annotations = [annotation for index in range(len(self)) for annotation in self.annotations(index)]
        images = [self._entries[index][0] for index in range(len(self))]
        return {"images": images, "categories": self.categories, "annotations": annotations}

    def bitmap(self, index: int, objects: Sequence[int]) -> NDArray[np.uint8]:
        """uint8 H×W: the pixels of some objects of one sample together, given by their rows in the target."""
        image, target = self._whole(index)
        bitmap = np.zeros(_size(image), dtype=np.uint8)
        for row in objects:
            bitmap |= _bitmap_of(target, row, *bitmap.shape)
        return bitmap if self.shrinking is None else self.shrinking.bitmap(bitmap)

    def _remember(self, index: int, size: tuple[int, int], target: Target) -> None:
        own, (height, width) = target["image_id"], size
        other = self._index_of.setdefault(own, index)
        if other != index:
            raise ValueError(f"sample {index}, 'image_id': {own} is that of sample {other} too; give each its own")
        self.image_ids[index] = own
        annotations = [_annotation(self, target, row, height, width) for row in range(len(target["boxes"]))]
        self._entries[index] = ({"id": own, "height": height, "width": width}, annotations)


def as_annotated_images(dataset: Samples, categories: Sequence[Category], num_keypoints: int = 0) -> AnnotatedImages:
    """A `CocoDataset` as it is, and any other sequence of (image, target) with these categories."""
    return (
        dataset
        if isinstance(dataset, CocoDataset | SampleSequence)
        else SampleSequence(dataset, categories, num_keypoints)
    )


def said_categories(dataset: Any) -> list[Category] | None:
    """The `categories` of a data set, or of the one that it is a part of (`torch.utils.data.Subset`); None without."""
    while dataset is not None:
        if getattr(dataset, "categories", None):
            return as_categories(dataset.categories)
        dataset = getattr(dataset, "dataset", None)
    return None


def as_categories(given: Sequence[Category | str]) -> list[Category]:
    """Categories of names or COCO categories, in the order of the labels."""
    if isinstance(given, str):
        raise ValueError(f"categories={given!r}: a list of names is needed")
    return [
        Category(id=label, name=item) if isinstance(item, str) else Category(**item)
        for label, item in enumerate(given, 1)
    ]


def _size(image: NDArray[np.uint8] | Tensor) -> tuple[int, int]:
    """Height and width of what `_as_image` gives."""
    return (image.shape[1], image.shape[2]) if isinstance(image, Tensor) else (image.shape[0], image.shape[1])


def _as_image(given: Any, index: int) -> NDArray[np.uint8] | Tensor:
    """float32 3×H×W in 0..1 of such a tensor, and uint8 H×W×3 of anything else."""
    if isinstance(given, Tensor):
        given = given.as_subclass(Tensor)
        if given.dim() == 3 and given.shape[0] == 3 and given.is_floating_point():
            low, high = (float(value) for value in given.aminmax()) if given.numel() else (0.0, 0.0)
            if given.numel() == 0 or not (low >= -1e-3 and high <= 1 + 1e-3):  # NaN too
                raise ValueError(f"sample {index}, image: values from {low:g} to {high:g}; floats in 0..1 are needed")
            floats: Tensor = given.detach().cpu().float().clamp(0, 1)
            return floats
    try:
        return read_source(given)
    except (TypeError, ValueError, OSError) as error:
        raise ValueError(f"sample {index}, image: {' '.join(str(error).split())}") from None


def _annotation(samples: SampleSequence, target: Target, row: int, height: int, width: int) -> dict[str, object]:
    """One object as COCO has it."""
    x0, y0, x1, y1 = target["boxes"][row].tolist()
    annotation: dict[str, object] = {
        "image_id": target["image_id"],
        "category_id": samples.categories[int(target["labels"][row]) - 1]["id"],
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": float(target["area"][row]),
        "iscrowd": int(target["iscrowd"][row]),
    }
    if bool(target["has_mask"][row]):
        annotation["segmentation"] = encode_rle(_bitmap_of(target, row, height, width))
    if "keypoints" in target and bool((target["keypoints"][row, :, 2] > 0).any()):
        annotation["keypoints"] = target["keypoints"][row].flatten().tolist()
    return annotation


def _bitmap_of(target: Target, row: int, height: int, width: int) -> NDArray[np.uint8]:
    """uint8 H×W of one object; a mask over its box is put there, each pixel the cell that its centre lies in."""
    if "masks" in target:
        return np.asarray(target["masks"][row].numpy(), dtype=np.uint8)
    cells = target["box_masks"][row].numpy()
    x0, y0, x1, y1 = target["boxes"][row].tolist()
    bitmap = np.zeros((height, width), dtype=np.uint8)
    columns = np.floor((np.arange(width) + 0.5 - x0) / (x1 - x0) * cells.shape[1]).astype(np.int64)
    rows = np.floor((np.arange(height) + 0.5 - y0) / (y1 - y0) * cells.shape[0]).astype(np.int64)
    inside_x, inside_y = (columns >= 0) & (columns < cells.shape[1]), (rows >= 0) & (rows < cells.shape[0])
    bitmap[np.ix_(inside_y, inside_x)] = cells[np.ix_(rows[inside_y], columns[inside_x])]
    return bitmap
