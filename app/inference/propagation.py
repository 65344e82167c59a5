"""Objects of one image looked for on the next of a series: where the picture moved, they move along.

Each object is searched around its old place by what it looks like (normalised cross-correlation under its mask). What
looks the same there keeps its outline, moved; what has changed its shape is drawn anew by the prompt model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from app.inference.outlines import exact_outline
from app.inference.prompted_masks import PromptedMasks
from app.messages.message import say
from app.store.database import Store
from app.store.documents import find_image, instances_of
from app.store.editing.predictions import add_propagated
from app.store.errors import InvalidFieldError
from app.store.tables import Image, Instance
from core.masks import polygons_to_mask, polygons_to_rle, rle_area, rle_iou, segmentation_to_rle
from core.prompts.local_mask import LocalMask
from core.run_lengths import crop_of_runs, run_lengths

TEMPLATE = 48  # pixels of the longer side that an object is searched with
REACH = 0.1  # of the image's diagonal, how far an object is looked for; its own size at least
SCALES = (1.0, 0.93, 1.07)
PLAIN = 2.0  # grey levels of deviation below which an object has no pattern of its own
SMALLEST_TURNED = 12  # pixels of a template's shorter side, from which turning and stretching can be seen
MOST_STRETCHED = 0.5  # of the area: more is a search gone astray
STANDS = 0.02  # of correlation by which another place has to be better than the old one
SAME = 0.85  # from this correlation on the outline is the same, moved
WORTH_TURNING = 0.35  # from here on it may be what is looked for, seen at another angle
LOST = 0.6  # below it the object is not there any more
AGREES = 0.4  # IoU that the prompt model's mask has to have with the moved outline, to be taken in its place

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Motion:
    """Where an object went: `affine`, 2×3, takes a point there; `likeness` (-1..1) is how much it looks the same."""

    affine: NDArray[np.float64]
    likeness: float

    def moved(self, x: float, y: float) -> tuple[float, float]:
        """Where a point went."""
        to = self.affine @ (x, y, 1.0)
        return float(to[0]), float(to[1])


def propagate(
    store: Store,
    prompts: PromptedMasks,
    pixels_of: Callable[[Image], Pixels],
    source_id: int,
    image_id: int,
    only: Sequence[int] | None = None,
) -> dict[str, int]:
    """Put the accepted objects of a source (those of the ids in `only`) on an image, as proposals, in one edit.

    Returns how many were `added`, were `there` already (same class, IoU above 0.7), and are `lost`: nothing near
    their place looks like them. Raises NotFoundError, and InvalidFieldError where source and image are one.
    """
    if source_id == image_id:
        raise InvalidFieldError("source", say("same_source"))
    with store.reading() as session:
        source, image = find_image(session, source_id), find_image(session, image_id)
        rows = [row for row in instances_of(session, source_id) if row.status == "accepted"]
        rows = [row for row in rows if only is None or row.id in only]
    if not rows:
        return {"added": 0, "there": 0, "lost": 0}
    found = found_again(pixels_of(source), pixels_of(image), rows, prompts)
    with store.writing() as session:
        added = add_propagated(session, image_id, found)
    return {"added": added, "there": len(found) - added, "lost": len(rows) - len(found)}


def found_again(
    before: Pixels, after: Pixels, rows: Sequence[Instance], prompts: PromptedMasks
) -> list[dict[str, object]]:
    """The objects as they lie on the image `after`, in the store's terms; `score` is how much they look the same."""
    grey = [cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) for pixels in (before, after)]
    found: list[dict[str, Any]] = []
    changed: list[int] = []
    for row in rows:
        mask, box = _mask_of(row, before.shape[:2])
        motion = motion_of(grey[0], grey[1], mask, box)
        entry = _carried(row, motion, after.shape[:2]) if motion is not None else None
        if motion is None or entry is None:
            continue
        if motion.likeness < SAME and not row.iscrowd and entry["segmentation"]:
            changed.append(len(found))
        found.append(entry)
    if changed:
        boxes = [_corners(found[index]["bbox"], after.shape[:2]) for index in changed]
        for index, answer in zip(changed, prompts.of_boxes(after, boxes), strict=True):
            if _iou(found[index]["segmentation"], answer["segmentation"], after.shape[:2]) >= AGREES:
                found[index] = found[index] | {"segmentation": answer["segmentation"], "bbox": answer["bbox"]}
    return found


def motion_of(before: Pixels, after: Pixels, mask: Pixels, box: tuple[int, int, int, int]) -> Motion | None:
    """Where what a mask covers went between two grey images; None where nothing near its place looks like it.

    `mask` is the bitmap inside `box`, x, y, width, height in whole pixels. The place comes from a search at a few
    sizes, turning and stretching from the enhanced correlation coefficient (ECC) around it.
    """
    x, y, width, height = box
    shrink = min(1.0, TEMPLATE / max(width, height))
    reach = int(max(REACH * np.hypot(*after.shape), max(width, height)))
    left, top = max(0, x - reach), max(0, y - reach)
    field = after[top : y + height + reach, left : x + width + reach]
    template = _resized(before[y : y + height, x : x + width], shrink)
    under = _resized(mask * np.uint8(255), shrink) > 127
    if not under.any() or float(template[under].std()) < PLAIN:
        under = np.ones_like(under)  # a plain area looks like every other: its edges count too
    if field.shape[0] < height or field.shape[1] < width:
        return None
    found, likeness = _place(
        template, _resized(field, shrink), under, (round((x - left) * shrink), round((y - top) * shrink))
    )
    if likeness < LOST:
        return None
    # From the small field's pixels to the image's: `found` takes the template's pixels to the field's.
    small = np.diag([shrink, shrink, 1.0]) @ np.array([[1.0, 0, -x], [0, 1, -y], [0, 0, 1]])
    back = np.array([[1.0, 0, left], [0, 1, top], [0, 0, 1]]) @ np.diag([1 / shrink, 1 / shrink, 1.0])
    return Motion((back @ np.vstack([found, [0, 0, 1]]) @ small)[:2], likeness)


def _place(
    template: Pixels, field: Pixels, under: NDArray[np.bool_], home: tuple[int, int]
) -> tuple[NDArray[np.float64], float]:
    """The 2×3 matrix from a template's pixels to a field's where they look alike, and how much they do (-1..1).

    `home` is where the template was: another place has to be clearly better.
    """
    stands = np.array([[1.0, 0, home[0]], [0, 1, home[1]]])
    best, likeness = stands, _likeness(template, field, stands, under)
    if likeness > 1 - STANDS:
        return best, likeness
    for scale in SCALES:
        scaled, mask = _resized(template, scale), _resized(under.astype(np.uint8), scale)
        if scaled.shape[0] > field.shape[0] or scaled.shape[1] > field.shape[1] or not mask.any():
            continue
        values = cv2.matchTemplate(field, scaled, cv2.TM_CCOEFF_NORMED, mask=mask)
        values = np.where(np.isfinite(values) & (values <= 1.001), values, -1)
        row, column = np.unravel_index(int(values.argmax()), values.shape)
        if float(values[row, column]) > likeness + STANDS:
            best, likeness = np.array([[scale, 0, column], [0, scale, row]], dtype=np.float64), float(values.max())
    if likeness < WORTH_TURNING or min(template.shape) < SMALLEST_TURNED:
        return best, likeness
    try:
        criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-4)
        start = best.astype(np.float32)
        _, turned = cv2.findTransformECC(template, field, start, cv2.MOTION_AFFINE, criteria, None, 3)
    except cv2.error:  # it does not converge
        return best, likeness
    turned = np.asarray(turned, dtype=np.float64)
    better = _likeness(template, field, turned, under)
    stretched = abs(float(np.linalg.det(turned[:, :2])) - 1) > MOST_STRETCHED
    return (best, likeness) if stretched or better <= likeness else (turned, better)


def _likeness(template: Pixels, field: Pixels, affine: NDArray[np.float64], under: NDArray[np.bool_]) -> float:
    """Correlation of a template with a field under a mask, seen through the matrix from one to the other."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(field, affine, template.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE)
    a, b = (pixels[under].astype(np.float64) for pixels in (template, seen))
    a, b = a - a.mean(), b - b.mean()
    length = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / length if length else float(not a.any() and not b.any())


def _resized(pixels: Pixels, factor: float) -> Pixels:
    if factor == 1:
        return np.ascontiguousarray(pixels)
    size = [max(2, round(side * factor)) for side in pixels.shape[1::-1]]
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _mask_of(row: Instance, shape: tuple[int, ...]) -> tuple[Pixels, tuple[int, int, int, int]]:
    """The bitmap of an object inside its box in whole pixels, and that box."""
    x0, y0 = (int(value) for value in row.bbox[:2])
    x1 = min(shape[1], int(np.ceil(row.bbox[0] + row.bbox[2])))
    y1 = min(shape[0], int(np.ceil(row.bbox[1] + row.bbox[3])))
    box = x0, y0, max(1, x1 - x0), max(1, y1 - y0)
    if isinstance(row.segmentation, dict):
        found = LocalMask.of(*crop_of_runs(run_lengths(row.segmentation["counts"].encode()), shape[0]))
        return found.within(*box), box
    if not row.segmentation:
        return np.ones((box[3], box[2]), dtype=np.uint8), box
    moved = [(np.reshape(polygon, (-1, 2)) - (x0, y0)).ravel().tolist() for polygon in row.segmentation]
    return polygons_to_mask(moved, box[3], box[2]), box


def _carried(row: Instance, motion: Motion, shape: tuple[int, ...]) -> dict[str, object] | None:
    """An object after its motion, as far as it is inside an image of this shape; None where nothing is."""
    height, width = shape
    x, y, wide, high = row.bbox
    corners = [motion.moved(*corner) for corner in ((x, y), (x + wide, y), (x, y + high), (x + wide, y + high))]
    (x0, y0), (x1, y1) = np.min(corners, axis=0).tolist(), np.max(corners, axis=0).tolist()
    bbox = [max(0.0, x0), max(0.0, y0), min(x1, width) - max(0.0, x0), min(y1, height) - max(0.0, y0)]
    if bbox[2] < 1 or bbox[3] < 1:
        return None
    segmentation: object = []
    if isinstance(row.segmentation, dict):
        mask, (left, top, *_) = _mask_of(row, (row.segmentation["size"][0], row.segmentation["size"][1]))
        to_image = motion.affine @ np.array([[1.0, 0, left], [0, 1, top], [0, 0, 1]])
        left, top = max(0, int(x0)), max(0, int(y0))
        to_image[:, 2] -= left, top
        size = max(1, min(int(x1) + 1, width) - left), max(1, min(int(y1) + 1, height) - top)
        mask = np.asarray(cv2.warpAffine(mask, to_image, size, flags=cv2.INTER_NEAREST), dtype=np.uint8)
        segmentation = exact_outline(mask, left, top, height, width) if mask.any() else None
    elif row.segmentation:
        moved = [
            [motion.moved(*pair) for pair in np.reshape(polygon, (-1, 2)).tolist()] for polygon in row.segmentation
        ]
        inside = [np.clip(polygon, 0, (width, height)).round(2).ravel().tolist() for polygon in moved]
        segmentation = [polygon for polygon in inside if rle_area(polygons_to_rle([polygon], height, width))] or None
    if segmentation is None:
        return None
    keypoints: list[float] = []
    for px, py, visibility in np.reshape(row.keypoints, (-1, 3)).tolist():
        at = motion.moved(px, py)
        there = visibility and 0 <= at[0] <= width and 0 <= at[1] <= height
        keypoints += [*at, int(visibility)] if there else [0, 0, 0]
    score = max(0.0, min(1.0, motion.likeness))
    entry = {"category_id": row.category_id, "iscrowd": row.iscrowd, "keypoints": keypoints, "score": score}
    return entry | {"segmentation": segmentation, "bbox": bbox}


def _corners(bbox: Sequence[float], shape: tuple[int, ...], grown: float = 0.05) -> list[float]:
    x, y, width, height = bbox
    dx, dy = grown * width, grown * height
    return [max(0, x - dx), max(0, y - dy), min(shape[1], x + width + dx), min(shape[0], y + height + dy)]


def _iou(first: object, second: object, shape: tuple[int, ...]) -> float:
    if not second:
        return 0.0
    return rle_iou(segmentation_to_rle(first, *shape), segmentation_to_rle(second, *shape))
