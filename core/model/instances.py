"""What was found in the images of a batch, image by image and in their own pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from core.config import ModelConfig
from core.model.images import ImageBatch
from core.structures import Category, Instances


def instances_of_images(
    batch: ImageBatch,
    boxes: Sequence[Tensor],
    labels: Sequence[Tensor],
    described: Mapping[str, Tensor],
    categories: Sequence[Category],
    config: ModelConfig,
) -> list[Instances]:
    """One `Instances` an image, scores 1.

    Args:
        boxes, labels: float32 N×4 in input pixels and int64 N of each image.
        described: fields of `Instances`, or what goes to its `extras`, with a row for every box of all images.
    """
    instances, start = [], 0
    for index, (own_boxes, own_labels) in enumerate(zip(boxes, labels, strict=True)):
        rows = slice(start, start + len(own_boxes))
        start += len(own_boxes)
        own = {name: value[rows] for name, value in described.items()}
        instances.append(
            Instances(
                image_size=batch.original_sizes[index],
                boxes=own_boxes / batch.scale(index, own_boxes.device),
                labels=own_labels,
                scores=torch.ones_like(own_labels, dtype=torch.float32),
                masks=own.pop("masks", None),
                keypoints=own.pop("keypoints", None),
                keypoint_scores=own.pop("keypoint_scores", None),
                categories=tuple(categories),
                mask_paste=config.mask_paste,
                extras=own,
            )
        )
    return instances
