"""Images as programs hold them: arrays and torch tensors whose range of values is declared, not guessed."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.datasets.images import ImageSource, read_image
from core.model.images import resized_size

PredictorSource = ImageSource | Tensor
UNIT = (0.0, 1.0)  # what a float tensor has, as torchvision's transforms give it
LARGE = 40_000_000  # pixels
ROUNDING = 1e-3  # what resizing and 16-bit floats leave of the limits


def read_source(source: PredictorSource, value_range: tuple[float, float] | None = None) -> NDArray[np.uint8]:
    """An image as contiguous uint8 H×W×3 RGB, like `read_image`, of tensors too.

    `value_range` says which values are black and white in an array or tensor of floats or of integers of more than 8
    bits; what lies outside becomes one or the other. Raises ValueError, in one line, for a float tensor outside 0..1
    without a range, for a list of images, and for a shape that is no image's.
    """
    if isinstance(source, Tensor):
        array, value_range = _from_tensor(source, value_range)
    elif isinstance(source, np.ndarray):
        array = source
        if value_range is None and array.dtype == np.uint8 and array.flags.c_contiguous and array.shape[2:] == (3,):
            return array  # however large: it is in memory
    elif isinstance(source, list | tuple) or source is None:
        raise ValueError(
            f"a {type(source).__name__} is no image: a path, PIL image, array or tensor is needed; "
            "predict_batch takes a list of them"
        )
    else:
        return read_image(source)
    if value_range is not None and array.dtype not in (np.uint8, np.bool_) and array.dtype.kind in "iuf":
        low, high = value_range
        scaled = (array.astype(np.float64) - low) * (255 / (high - low))
        array = np.rint(np.clip(np.nan_to_num(scaled, nan=0.0), 0, 255)).astype(np.uint8)
    return read_image(array)


def pixel_tensor(pixels: NDArray[np.uint8]) -> Tensor:
    """The same pixels, uint8 H×W×3; a copy where they may only be read, as of PIL images: torch warns of those."""
    return torch.from_numpy(pixels if pixels.flags.writeable else pixels.copy())


def float_image(pixels: NDArray[np.uint8]) -> Tensor:
    """uint8 H×W×3 as models take it: float32 3×H×W in 0..1."""
    return pixel_tensor(pixels).permute(2, 0, 1).float().div_(255)


def shrunk(pixels: NDArray[np.uint8], shortest: int, longest: int) -> NDArray[np.uint8]:
    """A picture of more than `LARGE` pixels at the size that a network sees of it, others as they are.

    As float32, twice, a picture of 100 megapixels would take 2.6 GB. Its pixels are averaged, where `batch_images`
    takes the nearest four.
    """
    size = shrunk_size(pixels.shape[0], pixels.shape[1], shortest, longest)
    if size == pixels.shape[:2]:
        return pixels
    return np.asarray(cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA), dtype=np.uint8)


def shrunk_size(height: int, width: int, shortest: int, longest: int) -> tuple[int, int]:
    """The height and width that `shrunk` gives a picture."""
    if height * width <= LARGE:
        return height, width
    size = resized_size(height, width, shortest, longest)
    return (height, width) if size[0] >= height or size[1] >= width else size


def shrunk_image(image: NDArray[np.uint8] | Tensor, shortest: int, longest: int) -> tuple[Tensor, tuple[int, int]]:
    """float32 3×H×W in 0..1 of pixels as `shrunk` leaves them, or of such a tensor; and the height and width before."""
    if isinstance(image, Tensor):
        size = (image.shape[1], image.shape[2])
        if size[0] * size[1] <= LARGE:
            return image, size
        image = read_source(image)
    return float_image(shrunk(image, shortest, longest)), (image.shape[0], image.shape[1])


def checked_range(value_range: Any) -> tuple[float, float] | None:
    """A declared range as two numbers; ValueError where it is none."""
    if value_range is None:
        return None
    try:
        low, high = (float(value) for value in value_range)
    except (TypeError, ValueError):
        low, high = 0.0, 0.0
    if not (np.isfinite([low, high]).all() and low < high):
        raise ValueError(f"value_range={value_range!r}: the values of black and white are needed, (0, 255) say")
    return low, high


def _from_tensor(
    tensor: Tensor, value_range: tuple[float, float] | None
) -> tuple[NDArray[Any], tuple[float, float] | None]:
    """A tensor as an array with channels last, and its range."""
    shape = tuple(tensor.shape)
    if tensor.dim() == 3 and shape[0] in (1, 3, 4):
        tensor = tensor.permute(1, 2, 0)
    elif tensor.dim() != 2:
        batch = "; give images one by one, or a list to predict_batch" if tensor.dim() == 4 else ""
        raise ValueError(f"an image tensor of shape {shape}: 3×H×W (or 1×H×W, 4×H×W, H×W) is needed{batch}")
    tensor = tensor.detach().cpu()
    if not tensor.is_floating_point():
        return tensor.numpy(), value_range
    array = tensor.to(torch.float32).numpy()
    if value_range is None and array.size:
        low, high = float(np.nanmin(array)), float(np.nanmax(array))
        if low < -ROUNDING or high > 1 + ROUNDING:
            raise ValueError(
                f"an image tensor with values from {low:g} to {high:g}: 0..1 is expected of floats; "
                "Predictor(…, value_range=(black, white)) declares another range"
            )
        value_range = UNIT
    return array, value_range
