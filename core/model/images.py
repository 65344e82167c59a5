"""From images of any size to one padded batch, and the scale back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from core.config import ModelConfig

# The coarsest map has stride 32; a batch padded to it keeps every level's stride exact.
SIZE_DIVISOR = 32


@dataclass
class ImageBatch:
    """Resized, normalised images padded at the right and bottom to one size."""

    tensor: Tensor  # float32 B×3×H×W
    sizes: list[tuple[int, int]]  # height, width of each resized image inside the padding
    original_sizes: list[tuple[int, int]]
    # Maps of the attached keypoint model, filled when they are first needed.
    keypoint_maps: list[Tensor] | None = field(default=None, repr=False)

    def scale(self, index: int, device: torch.device) -> Tensor:
        """float32 4: factors (x, y, x, y) from original pixels to resized pixels."""
        height, width = self.sizes[index]
        original_height, original_width = self.original_sizes[index]
        x, y = width / original_width, height / original_height
        return torch.tensor([x, y, x, y], dtype=torch.float32, device=device)


def batch_images(
    images: Sequence[Tensor],
    config: ModelConfig,
    min_size: int | None = None,
    max_size: int | None = None,
    scale: float = 1.0,
) -> ImageBatch:
    """Normalise and resize float 3×H×W images in 0..1 and pad them into one batch.

    The shorter edge becomes `min_size` unless the longer one would pass `max_size`; both default to the
    configuration's, and so does how far an image is enlarged where `min_size` is not given. All are multiplied by
    `scale`.

    Raises:
        ValueError: an image is not a float 3×H×W tensor.
    """
    if not len(images):
        raise ValueError("no images are given: at least one is needed")
    shortest, longest = (
        max(1, round(size * scale)) for size in (min_size or config.min_size, max_size or config.max_size)
    )
    enlargement = scale * config.max_enlargement if min_size is None and config.max_enlargement else math.inf
    resized = []
    for index, image in enumerate(images):
        if not isinstance(image, Tensor):
            raise ValueError(
                f"image {index} is a {type(image).__name__}: a float 3×H×W tensor in 0..1 is needed; "
                "core.Predictor takes paths, PIL images and arrays"
            )
        if image.dim() != 3 or image.shape[0] != 3 or not image.is_floating_point() or 0 in image.shape:
            raise ValueError(
                f"image {index} is {image.dtype} {tuple(image.shape)}: a float 3×H×W tensor in 0..1 is needed"
            )
        resized.append(_resize(_normalise(image, config), shortest, longest, enlargement))
    sizes = [(image.shape[1], image.shape[2]) for image in resized]
    height = _round_up(max(size[0] for size in sizes))
    width = _round_up(max(size[1] for size in sizes))
    batch = resized[0].new_zeros((len(resized), 3, height, width))
    for padded, image in zip(batch, resized, strict=True):
        padded[:, : image.shape[1], : image.shape[2]] = image
    return ImageBatch(batch, sizes, [(image.shape[1], image.shape[2]) for image in images])


def resized_size(
    height: int, width: int, shortest: int, longest: int, enlargement: float = math.inf
) -> tuple[int, int]:
    """The height and width to which an image is resized, torchvision's to the pixel: fractions are cut off.

    It is enlarged `enlargement` times at most.

    The floating-point factor may make the shorter edge one pixel less than `shortest`, as it does there: weights that
    were trained there are to see the same image.
    """
    scale = min(shortest / min(height, width), longest / max(height, width), enlargement)
    return max(1, int(height * scale)), max(1, int(width * scale))


def _normalise(image: Tensor, config: ModelConfig) -> Tensor:
    mean = image.new_tensor(config.image_mean)[:, None, None]
    std = image.new_tensor(config.image_std)[:, None, None]
    return (image - mean) / std


def _resize(image: Tensor, shortest: int, longest: int, enlargement: float) -> Tensor:
    size = resized_size(image.shape[-2], image.shape[-1], shortest, longest, enlargement)
    if size == (image.shape[-2], image.shape[-1]):
        return image
    return F.interpolate(image[None], size=size, mode="bilinear", align_corners=False)[0]


def _round_up(value: int) -> int:
    return -(-value // SIZE_DIVISOR) * SIZE_DIVISOR
