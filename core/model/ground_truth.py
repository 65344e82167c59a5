"""The ground truth of a training step: target dictionaries, checked at the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.config import ModelConfig
from core.model.images import ImageBatch


@dataclass
class ObjectsOfImage:
    """The ground truth of one image as the model uses it: objects apart from crowds, boxes resized."""

    boxes: Tensor  # float32 N×4, input pixels
    original_boxes: Tensor  # float32 N×4, original pixels
    labels: Tensor  # int64 N, 1..K
    crowds: Tensor  # float32 C×4, input pixels
    masks: Tensor | None  # uint8 N×H×W over the original image ...
    box_masks: Tensor | None  # ... or uint8 N×S×S, each over its own box
    keypoints: Tensor | None  # float32 N×J×3, original pixels
    annotated: Tensor | None  # bool K+1
    has_mask: Tensor | None = None  # bool N, False where only a box was annotated; None where all have masks


def read_targets(
    targets: Sequence[Mapping[str, object]], batch: ImageBatch, config: ModelConfig
) -> list[ObjectsOfImage]:
    """Check torchvision-style target dictionaries and bring their boxes to input pixels.

    Targets are checked and sorted out on the device they come on, then moved to the images':
    where a data loader left them on the CPU, a GPU is not waited for.

    Raises:
        ValueError: one line that names the image's place in the batch, the field and the mend; also for a box whose
            x1 or y1 is less than its x0 or y0.
    """
    if len(targets) != len(batch.sizes):
        raise ValueError(f"{len(batch.sizes)} images but {len(targets)} targets: give one target an image")
    return [_read_target(target, index, batch, config) for index, target in enumerate(targets)]


def _read_target(target: Mapping[str, object], index: int, batch: ImageBatch, config: ModelConfig) -> ObjectsOfImage:
    where = f"target {index} (image id {target.get('image_id', '?')})"
    boxes, labels = _boxes_and_labels(target, where, config)
    count, size = len(boxes), batch.original_sizes[index]
    iscrowd = _field(target, "iscrowd", (count,), where, boxes.device)
    crowd = torch.zeros(count, dtype=torch.bool, device=boxes.device) if iscrowd is None else iscrowd.bool()
    # A box without an area has no regression target, log(0), one that is not finite no place, and what lies outside the
    # image cannot be seen: they are left out.
    inside = (boxes[:, 2:] > 0) & (boxes[:, :2] < boxes.new_tensor([size[1], size[0]]))
    usable = ~crowd & ((boxes[:, 2:] > boxes[:, :2]) & inside).all(dim=1) & boxes.isfinite().all(dim=1)
    masks = _mask_field(target, "masks", (count, *size), where, boxes.device)
    box_masks = _mask_field(target, "box_masks", (count, None, None), where, boxes.device)
    if config.mask_head is not None and masks is None and box_masks is None:
        if bool(usable.any()):
            raise ValueError(f"{where}: no masks, but the model has a mask head; build it with mask_head=None")
        masks = torch.zeros((count, *size), dtype=torch.uint8, device=boxes.device)
    has_mask = _field(target, "has_mask", (count,), where, boxes.device)
    if has_mask is not None and bool(has_mask.all()):
        has_mask = None
    keypoints = _field(target, "keypoints", (count, config.num_keypoints or None, 3), where, boxes.device)
    annotated = _field(target, "annotated_labels", (config.num_classes + 1,), where, boxes.device)
    if keypoints is not None:
        keypoints = keypoints.float() + keypoints.new_tensor([config.keypoint_offset] * 2 + [0]).float()

    device, everything = batch.tensor.device, bool(usable.all())
    scale = batch.scale(index, device)

    def moved(value: Tensor | None, rows: Tensor | None = usable) -> Tensor | None:
        if value is None:
            return None
        chosen = value if rows is None or (rows is usable and everything) else value[rows]
        return chosen.to(device, non_blocking=True)

    own_boxes, own_labels, crowds = moved(boxes), moved(labels), moved(boxes, crowd)
    assert own_boxes is not None
    assert own_labels is not None
    assert crowds is not None
    return ObjectsOfImage(
        boxes=own_boxes * scale,
        original_boxes=own_boxes,
        labels=own_labels,
        crowds=crowds * scale,
        masks=moved(masks),
        box_masks=moved(box_masks),
        has_mask=moved(None if has_mask is None else has_mask.bool()),
        keypoints=moved(keypoints),
        annotated=moved(None if annotated is None else annotated.bool(), rows=None),
    )


def _boxes_and_labels(target: Mapping[str, object], where: str, config: ModelConfig) -> tuple[Tensor, Tensor]:
    for name in ("boxes", "labels"):
        if name not in target:
            raise ValueError(f"{where}: no {name!r}; an image without objects has boxes (0, 4) and labels (0,)")
    boxes = torch.as_tensor(target["boxes"], dtype=torch.float32)
    if boxes.numel() == 0:  # nothing, whatever its shape
        boxes = boxes.reshape(0, 4)
    if boxes.dim() != 2 or boxes.shape[1] != 4:
        raise ValueError(f"{where}: boxes are {tuple(boxes.shape)}, an image without objects needs (0, 4)")
    swapped = torch.nonzero((boxes[:, 2:] < boxes[:, :2]).any(dim=1)).flatten().tolist()
    if swapped:
        box = [round(value, 2) for value in boxes[swapped[0]].tolist()]
        raise ValueError(
            f"{where}: box {swapped[0]} is {box}, with an end before its start; x0, y0, x1, y1 are needed, not x, y, "
            "width, height"
        )
    labels = _field(target, "labels", (len(boxes),), where, boxes.device)
    assert labels is not None
    if len(labels):
        low, high = int(labels.min()), int(labels.max())
        if low < 1 or high > config.num_classes:
            span = f"labels span {low}..{high}"
            raise ValueError(f"{where}: {span}, the model's are 1..{config.num_classes} (0 is background)")
        fixed = set(labels.tolist()) - set(config.class_groups[-1]) if config.class_groups else set()
        if fixed:
            raise ValueError(f"{where}: label {min(fixed)} is of a class whose heads do not learn any more")
    return boxes, labels.to(torch.int64)


def _mask_field(
    target: Mapping[str, object], name: str, shape: tuple[int | None, ...], where: str, device: torch.device
) -> Tensor | None:
    """Masks as uint8 of 0 and 1: of whole numbers everything but 0 is mask (bitmaps of 255 too), of floats above ½."""
    value = _field(target, name, shape, where, device)
    if value is None:
        return None
    return (value > 0.5 if value.is_floating_point() else value != 0).view(torch.uint8)


def _field(
    target: Mapping[str, object], name: str, shape: tuple[int | None, ...], where: str, device: torch.device
) -> Tensor | None:
    """A field of the target, None where it is absent; None in `shape` stands for any length."""
    if target.get(name) is None:
        return None
    value = torch.as_tensor(target[name], device=device)
    if len(value) == shape[0] == 0:  # nothing, whatever its shape
        return value.new_zeros([length or 0 for length in shape])
    if value.dim() != len(shape) or any(n not in (None, m) for m, n in zip(value.shape, shape, strict=True)):
        wanted = " × ".join("any" if length is None else str(length) for length in shape)
        raise ValueError(f"{where}: {name} are {tuple(value.shape)}, but {wanted} are needed: one entry a box")
    return value
