"""Large-scale jitter of Ghiasi et al., Simple Copy-Paste (arXiv:2012.07177), section 3."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from core.datasets.annotated_images import Target
from core.datasets.target_geometry import crop_or_pad, resize

GREY = 0.5  # what the image is padded with


class LargeScaleJitter:
    """Resizes by a random factor, then crops at a random place, or pads, to crop_size × crop_size pixels.

    The factor, drawn from `scales`, is of the size at which the whole image just fits the crop: with the paper's
    (0.1, 2.0) an image fills from a hundredth of the square up to four squares, of which one is seen.
    `keypoint_offset` is the model's (`ModelConfig`).
    """

    def __init__(self, scales: Sequence[float], crop_size: int, keypoint_offset: float = 0.0) -> None:
        if len(scales) != 2 or not 0 < scales[0] <= scales[1]:
            raise ValueError(f"large_scale_jitter={tuple(scales)}: the least and the largest factor, as in 0.1 2.0")
        if crop_size < 1:
            raise ValueError(f"crop_size={crop_size}: at least 1 pixel is needed")
        self.least, self.largest = scales
        self.crop_size = crop_size
        self.keypoint_offset = keypoint_offset

    def __call__(self, image: Tensor, target: Target) -> tuple[Tensor, Target]:
        height, width = image.shape[-2:]
        drawn = self.least + (self.largest - self.least) * float(torch.rand(()))
        factor = drawn * self.crop_size / max(height, width)
        new_height, new_width = max(1, round(height * factor)), max(1, round(width * factor))
        image, target = resize(image, target, new_height, new_width, self.keypoint_offset)
        return random_crop(image, target, self.crop_size, self.crop_size, self.keypoint_offset)


def random_crop(
    image: Tensor, target: Target, height: int, width: int, keypoint_offset: float = 0.0
) -> tuple[Tensor, Target]:
    """A random height × width part; along a side that is too short the image is padded with grey at its end."""
    spare_height, spare_width = max(0, image.shape[-2] - height), max(0, image.shape[-1] - width)
    top, left = int(torch.randint(spare_height + 1, ())), int(torch.randint(spare_width + 1, ()))
    return crop_or_pad(image, target, left, top, height, width, GREY, keypoint_offset)
