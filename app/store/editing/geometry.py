"""From what a request says about an object to what the store keeps: checked, measured, in one form."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeGuard, get_args

from app.messages.message import say
from app.store.errors import InvalidFieldError
from app.store.instance_state import InstanceSource, InstanceState, InstanceStatus, Segmentation
from app.store.remarks.attributes import with_attributes
from app.store.tables import Category, Image
from core.masks import polygons_bbox, rle_area, rle_bbox, segmentation_to_rle

DECIMALS = 3  # of boxes and keypoints, in pixels; finer than any hand or model


def new_state(
    image: Image,
    category: Category,
    given: Mapping[str, object],
    *,
    source: InstanceSource = "manual",
    status: InstanceStatus = "accepted",
    score: float | None = None,
    model: str | None = None,
) -> InstanceState:
    """The state of an object that a person, a file or a model brings; raises InvalidFieldError.

    `given` holds segmentation, bbox, keypoints, iscrowd and attributes as they came.
    """
    height, width = image.height, image.width
    segmentation, bbox, area = measured_segmentation(given.get("segmentation"), given.get("bbox"), height, width)
    return InstanceState(
        category_id=category.id,
        segmentation=segmentation,
        bbox=bbox,
        area=area,
        iscrowd=checked_flag(given.get("iscrowd", 0), "iscrowd"),
        keypoints=checked_keypoints(given.get("keypoints"), category.keypoints, height, width),
        score=round(score, 5) if score is not None else None,
        source=source,
        status=status,
        model=model,
        extra=with_attributes(None, given["attributes"]) if given.get("attributes") else None,
    )


def measured_segmentation(
    segmentation: object, bbox: object, height: int, width: int
) -> tuple[Segmentation, list[float], float]:
    """The segmentation in its stored form, its bbox (x, y, width, height) and its area in pixels.

    Polygons stay polygons, every kind of RLE becomes a compressed one. Area is the number of pixels that
    the segmentation covers (parts that overlap count once), bbox encloses it within the image. Without a
    segmentation the box given is clipped to the image. Raises InvalidFieldError for what is no object.
    """
    if segmentation is None or segmentation == []:
        return [], *_measured_box(bbox, height, width)
    try:
        rle = segmentation_to_rle(segmentation, height, width)
    except ValueError as error:
        raise InvalidFieldError("segmentation", str(error)) from None
    area = rle_area(rle)
    if area == 0:
        raise InvalidFieldError("segmentation", say("no_pixel"))
    if not isinstance(segmentation, (list, tuple)):
        return rle, [round(value, DECIMALS) for value in rle_bbox(rle)], area
    # Not rounded: a coordinate in the middle between two pixels would fall on either side.
    polygons = [list(polygon) for polygon in segmentation]
    return polygons, [round(value, DECIMALS) for value in polygons_bbox(polygons, height, width)], area


def _measured_box(bbox: object, height: int, width: int) -> tuple[list[float], float]:
    if bbox is None:
        raise InvalidFieldError(
            "segmentation", "a segmentation (polygons, RLE) or a bbox [x, y, width, height] is needed"
        )
    if not _are_numbers(bbox, 4):
        raise InvalidFieldError("bbox", "bbox needs four finite numbers: [x, y, width, height]")
    x0, y0 = max(float(bbox[0]), 0.0), max(float(bbox[1]), 0.0)
    x1, y1 = min(float(bbox[0]) + float(bbox[2]), width), min(float(bbox[1]) + float(bbox[3]), height)
    box = [round(value, DECIMALS) for value in (x0, y0, x1 - x0, y1 - y0)]
    if box[2] <= 0 or box[3] <= 0:
        raise InvalidFieldError("bbox", say("box_outside", box=_short(bbox), width=width, height=height))
    return box, round(box[2] * box[3], DECIMALS)


def checked_keypoints(keypoints: object, names: Sequence[str], height: int, width: int) -> list[float]:
    """Keypoints x, y, visibility, … as stored: [] for none, (0, 0, 0) where one is not labelled.

    Visibility is 0 (not labelled), 1 (hidden) or 2 (visible). A point less than a pixel outside the image
    is moved to its edge. Raises InvalidFieldError where number, visibility or place are wrong.
    """
    if not keypoints:
        return []
    if not names:
        raise InvalidFieldError("keypoints", say("category_without_keypoints"))
    if not _are_numbers(keypoints, 3 * len(names)):
        count = len(keypoints) if isinstance(keypoints, (list, tuple)) else 0
        raise InvalidFieldError(
            "keypoints",
            f"keypoints need {3 * len(names)} finite numbers, x, y, visibility for each of {len(names)}; got {count}",
        )
    stored: list[float] = []
    for name, x, y, visibility in zip(names, keypoints[0::3], keypoints[1::3], keypoints[2::3], strict=True):
        if visibility not in (0, 1, 2):
            raise InvalidFieldError("keypoints", f"keypoint {name}: visibility is {visibility}, not 0, 1 or 2")
        if visibility == 0:
            stored += [0, 0, 0]
            continue
        if not (-1 <= x <= width + 1 and -1 <= y <= height + 1):
            raise InvalidFieldError("keypoints", say("keypoint_outside", name=name, x=x, y=y))
        stored += [_within(x, width), _within(y, height), int(visibility)]
    return stored


def checked_flag(value: object, field: str) -> int:
    """0 or 1 of a flag that files write as number or as boolean."""
    if value not in (0, 1, False, True):
        raise InvalidFieldError(field, f"{field} is {_short(value)}: 0 or 1 is needed")
    return 1 if value else 0


def checked_status(status: object) -> InstanceStatus:
    """The status of an instance; raises InvalidFieldError."""
    for known in get_args(InstanceStatus):
        if status == known:
            return known  # type: ignore[no-any-return]  # get_args loses what it is asked for
    raise InvalidFieldError("status", f"status is {status!r}: choose proposed or accepted")


def count_keypoints(keypoints: Sequence[float]) -> int:
    """COCO's num_keypoints: those that are labelled, hidden or visible."""
    return sum(1 for visibility in keypoints[2::3] if visibility > 0)


def _within(value: float, size: int) -> float:
    return round(min(max(float(value), 0.0), float(size)), DECIMALS)


def _are_numbers(values: object, count: int) -> TypeGuard[Sequence[float]]:
    return (
        isinstance(values, (list, tuple))
        and len(values) == count
        and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
        and all(math.isfinite(value) for value in values)
    )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def box_iou(first: Sequence[float], second: Sequence[float]) -> float:
    """Intersection over union of two boxes x, y, width, height."""
    width = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    height = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    intersection = width * height
    return intersection / (first[2] * first[3] + second[2] * second[3] - intersection)
