"""One target dictionary of a data set of one's own: checked, and completed to what `CocoDataset` gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.datasets.annotated_images import Target
from core.datasets.box_masks import BOX_MASK_SIZE


@dataclass(frozen=True)
class Wanted:
    """What a target has to fit."""

    classes: int  # labels are 1 to this
    keypoints: int  # of each object, at most
    masks: bool = False  # whether objects need masks


def checked_target(target: object, index: int, size: tuple[int, int], wanted: Wanted) -> Target:
    """The target of sample `index` with every key that training reads; `size` is the image's height and width.

    Boxes are cut to the image; `iscrowd` is False and `area` the mask's (else the box's) where they are not given;
    without masks `has_mask` is False. Raises ValueError, one line, that names the sample and the key.
    """
    if not isinstance(target, Mapping):
        raise ValueError(f"sample {index}: its target is {type(target).__name__}, a dictionary of boxes … is needed")
    reader = _Reader(target, index)
    boxes = _checked_boxes(reader, size)
    count = len(boxes)
    complete: Target = {
        "boxes": boxes,
        "labels": _checked_labels(reader, count, wanted.classes),
        "iscrowd": reader.tensor("iscrowd", (count,), torch.bool, torch.zeros(count, dtype=torch.bool)),
        "has_mask": reader.tensor("has_mask", (count,), torch.bool, torch.ones(count, dtype=torch.bool)),
        "image_id": reader.number("image_id", index),
    }
    masks = reader.tensor("masks", (count, *size), torch.uint8)
    box_masks = reader.tensor("box_masks", (count, None, None), torch.uint8)
    if masks is not None:
        complete["masks"] = masks
    elif box_masks is not None:
        complete["box_masks"] = box_masks
    elif wanted.masks and count and "has_mask" not in target:
        raise reader.error("masks", "none are there, but the model has a mask head: give uint8 N×H×W (mask_head=None)")
    else:
        complete["box_masks"] = torch.ones((count, BOX_MASK_SIZE, BOX_MASK_SIZE), dtype=torch.uint8)
        complete["has_mask"] = torch.zeros(count, dtype=torch.bool)
    sides = boxes[:, 2:] - boxes[:, :2]
    pixels = sides.prod(dim=1) if masks is None else masks.sum(dim=(1, 2)).float()
    complete["area"] = reader.tensor("area", (count,), torch.float32, pixels)
    if wanted.keypoints:
        complete["keypoints"] = _checked_keypoints(reader, count, wanted.keypoints)
    annotated = reader.tensor("annotated_labels", (wanted.classes + 1,), torch.bool)
    return complete if annotated is None else complete | {"annotated_labels": annotated}


class _Reader:
    """Reads values of one target; every complaint names the sample and the key."""

    def __init__(self, target: Mapping[str, object], index: int) -> None:
        self.target, self.index = target, index

    def error(self, key: str, what: str) -> ValueError:
        return ValueError(f"sample {self.index}, {key!r}: {what}")

    def tensor(self, key: str, shape: tuple[int | None, ...], kind: torch.dtype, default: Tensor | None = None) -> Any:
        """The value as a tensor of a shape, in which None stands for any length; `default` where it is absent."""
        given = self.target.get(key)
        if given is None:
            return default
        try:
            value = torch.as_tensor(np.asarray(given) if isinstance(given, list | tuple) else given)
        except (TypeError, ValueError, RuntimeError):
            raise self.error(key, f"{type(given).__name__} that is no tensor of numbers") from None
        # Of torchvision's tv_tensors the plain tensor.
        value = value.detach().cpu().as_subclass(torch.Tensor)
        if value.numel() == 0 and shape[0] in (0, None):  # nothing, whatever its shape
            return value.new_zeros([length or 0 for length in shape]).to(kind)
        if value.dim() != len(shape) or any(n not in (None, m) for m, n in zip(value.shape, shape, strict=True)):
            needed = "×".join("any" if length is None else str(length) for length in shape)
            raise self.error(key, f"shape {tuple(value.shape)}, but {needed} is needed: one entry a box")
        if kind == torch.uint8:
            return (value > 0.5 if value.is_floating_point() else value != 0).to(kind)
        if kind == torch.float32 and not bool(value.isfinite().all()):
            raise self.error(key, "a number that is NaN or infinite")
        return value.to(kind)

    def number(self, key: str, default: int) -> int:
        """A whole number, also as a tensor of one."""
        given = self.target.get(key, default)
        value = given.item() if hasattr(given, "item") and getattr(given, "size", None) is not None else given
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.error(key, f"{given!r}, but a whole number is needed")
        return value


def _checked_boxes(reader: _Reader, size: tuple[int, int]) -> Tensor:
    """float32 N×4 within the image."""
    given = reader.target.get("boxes")
    if given is None:
        raise reader.error("boxes", "none are there; an image without objects has boxes of shape (0, 4)")
    layout = getattr(getattr(given, "format", None), "name", "XYXY")
    if layout != "XYXY":
        raise reader.error("boxes", f"they are {layout}; x0, y0, x1, y1 (XYXY) are needed")
    boxes = reader.tensor("boxes", (None, 4), torch.float32)
    height, width = size
    cut: Tensor = boxes.clamp(min=0).minimum(boxes.new_tensor([width, height] * 2))
    empty = (cut[:, 2:] <= cut[:, :2]).any(dim=1)
    if bool(empty.any()):
        place = int(torch.nonzero(empty)[0])
        box = [round(value, 2) for value in boxes[place].tolist()]
        what = f"box {place} is {box}, without an area inside the {width}×{height} image"
        raise reader.error("boxes", f"{what}; x0 < x1 and y0 < y1 in pixels are needed")
    return cut


def _checked_labels(reader: _Reader, count: int, classes: int) -> Tensor:
    """int64 N, 1..K."""
    if reader.target.get("labels") is None:
        raise reader.error("labels", "none are there; one a box is needed, 1 for the first class")
    labels: Tensor = reader.tensor("labels", (count,), torch.int64)
    if count and not 1 <= int(labels.min()) <= int(labels.max()) <= classes:
        span = f"{int(labels.min())} to {int(labels.max())}"
        raise reader.error("labels", f"they are {span}, but classes are 1 to {classes} (0 is background)")
    return labels


def _checked_keypoints(reader: _Reader, count: int, most: int) -> Tensor:
    """float32 N×P×3 of x, y, visibility, P the most; zeros where not given."""
    points = reader.tensor("keypoints", (count, None, 3), torch.float32, torch.zeros((count, 0, 3)))
    if points.shape[1] > most:
        raise reader.error("keypoints", f"{points.shape[1]} of each object, but the categories have {most} at most")
    return torch.nn.functional.pad(points, (0, 0, 0, most - points.shape[1]))
