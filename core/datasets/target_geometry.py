"""Resizing and cropping an image with its target: boxes, masks, box masks and keypoints stay on the same pixels.

Images are float32 C×H×W, targets the dictionaries of `CocoDataset`; what is given stays as it is. An object of which
nothing is left, or less than half a pixel's width or height, leaves the target.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as nn_functional
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as F

from core.datasets.annotated_images import Target
from core.predict.sources import shrunk_image, shrunk_size

PER_OBJECT = ("boxes", "labels", "iscrowd", "area", "has_mask", "masks", "box_masks", "keypoints")
LEAST_SIDE = 0.5  # pixels; less can hardly hold a pixel's centre


@dataclass(frozen=True)
class Shrinking:
    """Large pictures at the size that a network sees of them, as `Predictor` has them; others as they are.

    As float32, with a copy for each transform, a picture of 100 megapixels would take several gigabytes a step.
    """

    shortest: int  # pixels of the shorter side, unless the longer one would pass `longest`
    longest: int
    keypoint_offset: float = 0.0  # the model's (`ModelConfig`)

    def __call__(self, image: NDArray[np.uint8] | Tensor, target: Target) -> tuple[Tensor, Target]:
        """float32 3×H×W in 0..1 of uint8 H×W×3, or of such a tensor, and its target; every object stays in it."""
        small, size = shrunk_image(image, self.shortest, self.longest)
        return small, scale_target(target, size, (small.shape[1], small.shape[2]), self.keypoint_offset)

    def bitmap(self, bitmap: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """H×W of the same image, at its size."""
        height, width = shrunk_size(bitmap.shape[0], bitmap.shape[1], self.shortest, self.longest)
        if bitmap.shape == (height, width):
            return bitmap
        return np.asarray(cv2.resize(bitmap, (width, height), interpolation=cv2.INTER_NEAREST_EXACT), dtype=np.uint8)


def select_objects(target: Target, rows: Tensor) -> Target:
    """The target with some of its objects: rows by a bool N or int64 index."""
    return {key: value[rows] if key in PER_OBJECT else value for key, value in target.items()}


def join_objects(first: Target, second: Target) -> Target:
    """The objects of both targets; everything else is the first's.

    Where one has masks over the image and the other over boxes, as an image without objects has in a data set whose
    other images have masks, the first takes the second's form, and what it has then teaches no mask.
    """
    for form in ("masks", "box_masks"):
        if form in second and form not in first:
            first = _without_masks(first, form, second[form])
    joined = {key: torch.cat([first[key], second[key]]) for key in PER_OBJECT if key in first}
    return first | joined


def _without_masks(target: Target, form: str, like: Tensor) -> Target:
    """A target whose objects have masks of another form, empty ones, and are said to have none."""
    rows = len(target["boxes"])
    kept = {key: value for key, value in target.items() if key not in ("masks", "box_masks")}
    kept["has_mask"] = torch.zeros_like(target["has_mask"])
    return kept | {form: like.new_zeros((rows, *like.shape[1:]))}


def resize(
    image: Tensor, target: Target, height: int, width: int, keypoint_offset: float = 0.0
) -> tuple[Tensor, Target]:
    """Image and target at another size, antialiased where that is smaller.

    A keypoint of the data lies at its x and y + `keypoint_offset` (`ModelConfig`) in the image: that place is resized.
    """
    resized = F.resize(image, [height, width], antialias=True)
    changed = scale_target(target, (image.shape[-2], image.shape[-1]), (height, width), keypoint_offset)
    return resized, select_objects(changed, _something_left(changed))


def scale_target(
    target: Target, old_size: tuple[int, int], new_size: tuple[int, int], keypoint_offset: float = 0.0
) -> Target:
    """The target of an image of another height and width, with every object, however small it becomes."""
    if old_size == new_size:
        return target
    height, width = new_size
    x, y = width / old_size[1], height / old_size[0]
    changed = dict(target)
    # Not a rounding error beyond the image's edge, where a crop would take the box for cut.
    limits = torch.tensor([width, height] * 2, dtype=torch.float32)
    changed["boxes"] = (target["boxes"] * torch.tensor([x, y, x, y])).minimum(limits)
    changed["area"] = target["area"] * (x * y)
    if "keypoints" in target:
        points = target["keypoints"] * torch.tensor([x, y, 1.0])
        shift = torch.tensor([x - 1, y - 1, 0.0]) * keypoint_offset
        changed["keypoints"] = torch.where(points[..., 2:] > 0, points + shift, points)  # (0, 0, 0) is no place
    if "masks" in target:
        masks = target["masks"]
        # Each pixel is the one that its centre lies in; plain "nearest" would take the one of its corner.
        changed["masks"] = (
            F.resize(masks, [height, width], InterpolationMode.NEAREST_EXACT)
            if len(masks)
            else masks.new_zeros((0, height, width))
        )
    return changed


def crop_or_pad(
    image: Tensor,
    target: Target,
    left: int,
    top: int,
    height: int,
    width: int,
    fill: float = 0.0,
    keypoint_offset: float = 0.0,
) -> tuple[Tensor, Target]:
    """The height × width pixels from (left, top) on; where the image ends before, `fill` goes on at right and bottom.

    Boxes of objects that the crop cuts become those of the part that is left. `keypoint_offset` is that of `resize`.
    """
    # Not by F.crop: it pads, with zeros, on whichever side the window reaches out.
    pixels = image[:, top : top + height, left : left + width]
    missing = [0, width - pixels.shape[-1], 0, height - pixels.shape[-2]]
    cropped = nn_functional.pad(pixels, missing, value=fill)
    changed = dict(target)
    whole = target["boxes"] - torch.tensor([left, top, left, top])
    limits = torch.tensor([pixels.shape[-1], pixels.shape[-2]] * 2, dtype=torch.float32)
    inside = whole.clamp(min=0).minimum(limits)
    cut = (inside != whole).any(dim=1)
    changed["boxes"] = whole
    if "masks" in target:
        masks = target["masks"][:, top : top + height, left : left + width]
        changed["masks"] = nn_functional.pad(masks, missing)
    if "keypoints" in target:
        points = target["keypoints"] - torch.tensor([left, top, 0.0])
        places = points[..., :2] + keypoint_offset
        gone = (places < 0).any(dim=-1) | (places > limits[:2]).any(dim=-1)
        # Not labelled, like those that were not: (0, 0, 0) is no place in the image.
        points[gone | (points[..., 2] == 0)] = 0
        changed["keypoints"] = points
    return cropped, fit_to_masks(changed, inside, cut)


def fit_to_masks(target: Target, windows: Tensor, changed: Tensor) -> Target:
    """The target whose `changed` (bool N) objects have the box of what their mask shows inside their window.

    `windows` are float32 N×4 xyxy, parts of the boxes. An object that has a box alone gets the window for a box.
    """
    fitted = dict(target)
    rows = torch.nonzero(changed).squeeze(1)
    old, own_windows, alone = target["boxes"][rows], windows[rows], ~target["has_mask"][rows, None]
    if "box_masks" in target:
        own = target["box_masks"][rows]
        new = torch.where(alone, own_windows, _intersection(_shown_in_box(own, old, own_windows), own_windows))
        fitted["box_masks"] = target["box_masks"].clone()
        fitted["box_masks"][rows] = resample_box_masks(own, old, new)
        shares = fitted["box_masks"][rows].float().mean(dim=(1, 2))
        new_area = (new[:, 2:] - new[:, :2]).clamp(min=0).prod(dim=1) * shares
    else:
        bitmaps = target["masks"][rows]
        new = torch.where(alone, own_windows, _intersection(_extents(bitmaps).to(old), own_windows))
        new_area = bitmaps.sum(dim=(1, 2)).to(old)
    fitted["boxes"], fitted["area"] = target["boxes"].clone(), target["area"].clone()
    fitted["boxes"][rows], fitted["area"][rows] = new, new_area
    return select_objects(fitted, _something_left(fitted))


def _something_left(target: Target) -> Tensor:
    """bool N: the objects that are large enough to be seen and have a mask with something in it."""
    sides = target["boxes"][:, 2:] - target["boxes"][:, :2]
    bitmaps = target["box_masks" if "box_masks" in target else "masks"]
    seen: Tensor = (sides >= LEAST_SIDE).all(dim=1) & bitmaps.flatten(1).any(dim=1).bool()
    return seen


def _shown_in_box(box_masks: Tensor, boxes: Tensor, windows: Tensor) -> Tensor:
    """float32 N×4 xyxy around the cells of N×S×S box masks that are set and have their centres in their windows."""
    size = box_masks.shape[-1]
    centres = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    corner, sides = boxes[:, :2].double(), (boxes[:, 2:] - boxes[:, :2]).double()
    visible = box_masks.bool()
    for axis in (0, 1):  # x, y
        at = corner[:, axis, None] + centres * sides[:, axis, None]
        within = (at > windows[:, axis, None]) & (at < windows[:, 2 + axis, None])
        visible = visible & (within[:, None, :] if axis == 0 else within[:, :, None])
    return (_extents(visible).double() / size * sides.repeat(1, 2) + corner.repeat(1, 2)).to(boxes)


def resample_box_masks(box_masks: Tensor, boxes: Tensor, new_boxes: Tensor) -> Tensor:
    """uint8 N×S×S over `new_boxes` of bitmaps over `boxes`: each cell is the one that its centre lies in."""
    count, size = len(box_masks), box_masks.shape[-1]
    centres = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    old, new = boxes.double(), new_boxes.double()
    places = []
    for axis in (0, 1):  # x, y
        at = new[:, axis, None] + centres * (new[:, 2 + axis] - new[:, axis])[:, None]
        side = (old[:, 2 + axis] - old[:, axis])[:, None]
        places.append(((at - old[:, axis, None]) / side * size).floor().long().clamp(0, size - 1))
    columns, rows = places
    return box_masks[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


def _extents(bitmaps: Tensor) -> Tensor:
    """int64 N×4: x0, y0, x1, y1 around what N×H×W bitmaps show, in pixel edges; x1 < x0 where that is nothing."""
    shows = bitmaps.bool()
    height, width = shows.shape[1:]
    sides = []
    for shown, length in ((shows.any(dim=1), width), (shows.any(dim=2), height)):
        index = torch.arange(length)
        first = torch.where(shown, index, length).amin(dim=1)
        last = torch.where(shown, index, -1).amax(dim=1)
        sides.append((first, last + 1))
    (x0, x1), (y0, y1) = sides
    return torch.stack([x0, y0, x1, y1], dim=1)


def _intersection(boxes: Tensor, windows: Tensor) -> Tensor:
    return torch.cat([boxes[:, :2].maximum(windows[:, :2]), boxes[:, 2:].minimum(windows[:, 2:])], dim=1)
