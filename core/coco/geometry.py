"""What is measured of one object: extents and areas, gaps between boxes, runs that can be mended, keypoints."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeGuard

from core.coco.json_values import is_number, is_whole, whole
from core.masks import polygon_area, rle_area, rle_bbox, segmentation_to_rle, validate_segmentation

Size = tuple[int, int]  # height, width

AREA_TOLERANCE = 0.2  # of the area; COCO's own areas differ by this much for some small objects


def extent_and_area(segmentation: Any, size: tuple[int, int]) -> tuple[list[float] | None, float | None]:
    """Box x, y, width, height and area of a segmentation known to be valid, None where it has no pixel.

    Not by `segmentation_bbox` and `segmentation_area`, which would check it once more each: of polygons the corners
    and the area they enclose, overlaps counted twice.
    """
    if not segmentation:
        return None, None
    if isinstance(segmentation, list):
        # Python's own minimum of a list is found before numpy has made an array of it.
        (left, right), (top, bottom) = (
            (
                min(max(min(min(polygon[axis::2]) for polygon in segmentation), 0), limit),
                min(max(max(max(polygon[axis::2]) for polygon in segmentation), 0), limit),
            )
            for axis, limit in ((0, size[1]), (1, size[0]))
        )
        extent = [left, top, right - left, bottom - top]
        area = sum(map(polygon_area, segmentation))
    else:
        rle = segmentation
        if not isinstance(rle["counts"], str):
            rle = segmentation_to_rle(segmentation, *size)
        extent, area = rle_bbox(rle), rle_area(rle)
    return (extent if min(extent[2:]) > 0 else None), area


def keypoints_extent(points: object, size: Size | None) -> list[float] | None:
    """Box x, y, width, height around the labelled keypoints, at least a pixel wide and high; None without any."""
    if not isinstance(points, list) or not points or not all(map(is_number, points)):
        return None
    labelled = [
        (x, y)
        for x, y, visibility in zip(points[0::3], points[1::3], points[2::3], strict=False)
        if visibility and keypoint_fault(x, y, visibility, size) is None
    ]
    if not labelled:
        return None
    ends = []
    for axis, limit in ((0, size[1] if size else math.inf), (1, size[0] if size else math.inf)):
        first, last = min(point[axis] for point in labelled), max(point[axis] for point in labelled)
        first = max(min(first, limit - 1), 0)
        ends.append((first, min(max(last, first + 1), limit)))
    (left, right), (top, bottom) = ends
    return [left, top, right - left, bottom - top]


_ROUNDING = 1e-3  # that a fraction may pass 0 or 1 by


def are_fractions(annotations: Iterable[object]) -> bool:
    """Whether a file's coordinates are fractions of its images, as Azure writes them: all from 0 to 1, not all whole.

    In pixels that would be objects of less than a pixel, all of them in the same corner.
    """
    some = False
    for annotation in annotations:
        if isinstance(annotation, dict):
            values = _coordinates(annotation)
            if values is None or not all(-_ROUNDING <= value <= 1 + _ROUNDING for value in values):
                return False
            some = some or any(value % 1 for value in values)
    return some


def _coordinates(annotation: Mapping[str, Any]) -> list[float] | None:
    """All coordinates of an annotation, and no others; None where they are written in another way than as numbers.

    A box without extent is one too: that an object is broken says nothing of the others' unit.
    """
    box, polygons = annotation.get("bbox") or [], annotation.get("segmentation") or []
    points = annotation.get("keypoints") or []
    if not all(isinstance(part, list) for part in (box, polygons, points)) or len(box) not in (0, 4):
        return None
    flat = [value for part in polygons for value in (part if isinstance(part, list) else [part])]
    values = flat + points[0::3] + points[1::3]
    if not all(map(is_number, [*box, *values])):
        return None
    return [*box[:2], *(start + extent for start, extent in zip(box[:2], box[2:], strict=True)), *values]


def in_pixels(annotation: dict[str, Any], size: Size) -> None:
    """An annotation whose coordinates are fractions (`are_fractions`), in place."""
    height, width = size

    def scaled(values: list[float]) -> list[float]:
        return [round(value * (height if at % 2 else width), 6) for at, value in enumerate(values)]

    if box := annotation.get("bbox"):
        annotation["bbox"] = scaled(box)
    if polygons := annotation.get("segmentation"):
        annotation["segmentation"] = [
            scaled(part) for part in (polygons if isinstance(polygons[0], list) else [polygons])
        ]
    if points := annotation.get("keypoints"):
        x_and_y = zip(points[0::3], points[1::3], points[2::3], strict=False)
        annotation["keypoints"] = [value for x, y, v in x_and_y for value in (*scaled([x, y]), v)]
    if is_number(annotation.get("area")):
        annotation["area"] *= height * width


def turned_box(box: list[float], degrees: float) -> list[float]:
    """The corners x0, y0, x1, … of a box x, y, width, height, turned clockwise about its middle."""
    x, y, width, height = box
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    corners = ((-width / 2, -height / 2), (width / 2, -height / 2), (width / 2, height / 2), (-width / 2, height / 2))
    middle = (x + width / 2, y + height / 2)
    turned = ((middle[0] + cos * dx - sin * dy, middle[1] + sin * dx + cos * dy) for dx, dy in corners)
    return [round(value, 3) for point in turned for value in point]


def flat_polygons(segmentation: object) -> list[list[float]] | None:
    """Polygons that are lists of points x, y as lists of numbers; None where they are none.

    One polygon alone may be written so too. A point may be in a list of its own, as OpenCV has those of contours.
    """
    if not isinstance(segmentation, list) or not segmentation:
        return None
    alone = _points(segmentation) if len(segmentation) > 2 else None
    polygons = [_points(part) for part in segmentation] if alone is None else [alone]
    if not all(polygons):
        return None
    return [[value for point in polygon for value in point] for polygon in polygons if polygon]


def _points(polygon: object) -> list[list[float]] | None:
    """The points of a polygon, each [x, y] or [[x, y]]; None where it is none."""
    if not isinstance(polygon, list):
        return None
    points = [part[0] if isinstance(part, list) and len(part) == 1 else part for part in polygon]
    is_all = all(isinstance(point, list) and len(point) == 2 and all(map(is_number, point)) for point in points)
    return points if is_all else None


def spelt_out(segmentation: object) -> tuple[object, str | None]:
    """A segmentation that is JSON in a text, or RLE in a list, as what it is, and a word on it; else as it came."""
    odd = None
    if isinstance(segmentation, str):
        try:
            segmentation, odd = json.loads(segmentation), "segmentation is a text"
        except (ValueError, RecursionError):
            return segmentation, None
    if isinstance(segmentation, list) and len(segmentation) == 1 and "counts" in _keys(segmentation[0]):
        segmentation, odd = segmentation[0], "segmentation is an RLE in a list"
    if isinstance(segmentation, dict):
        runs = {key: _whole_numbers(segmentation[key]) for key in ("counts", "size") if key in segmentation}
        if any(runs[key] is not segmentation[key] for key in runs):
            return {**segmentation, **runs}, "runs are not written as whole numbers"
    elif isinstance(_first(segmentation), (str, dict)) and (plain := _as_numbers(segmentation)) is not None:
        return plain, "points are not written as numbers"
    return segmentation, odd


def _keys(value: object) -> Collection[str]:
    return value.keys() if isinstance(value, dict) else ()


def _whole_numbers(values: object) -> object:
    """A list of whole numbers, also where they are written as texts or as 3.0; else what it was."""
    if not isinstance(values, list) or all(map(is_whole, values)):
        return values
    numbers = [whole(value) for value in values]
    return values if None in numbers else numbers


def _first(value: object) -> object:
    """What a list begins with, lists in it looked into."""
    while isinstance(value, list) and value:
        value = value[0]
    return value


def _as_numbers(segmentation: Any) -> list[Any] | None:
    """Polygons whose numbers are texts, or whose points are {"x": …, "y": …}; None where nothing of it is so."""
    odd = False

    def plain(value: Any) -> Any:
        nonlocal odd
        if isinstance(value, list):
            return [plain(one) for one in value]
        if isinstance(value, dict) and {"x", "y"} <= value.keys():
            odd = True
            return [plain(value["x"]), plain(value["y"])]
        if isinstance(value, str) and (number := as_number(value)) is not None:
            odd = True
            return number
        return value

    try:
        numbers = plain(segmentation)
    except RecursionError:
        return None
    if odd and numbers and all(isinstance(point, list) and len(point) == 2 for point in numbers):
        numbers = [numbers]  # the points of one polygon
    return numbers if odd else None


def is_too_deep(segmentation: object) -> TypeGuard[list[list[list[float]]]]:
    """Whether polygons lie in lists in a list, as a list of several objects would."""
    return (
        isinstance(segmentation, list)
        and bool(segmentation)
        and all(
            isinstance(parts, list)
            and bool(parts)
            and all(isinstance(part, list) and len(part) >= 6 and all(map(is_number, part)) for part in parts)
            for parts in segmentation
        )
    )


def as_number(value: object) -> float | None:
    """A number, also where it is written as text; None where it is none."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    return value if is_number(value) else None


def keypoint_fault(x: float, y: float, visibility: float, size: tuple[int, int] | None) -> tuple[str, str] | None:
    """What is wrong with a keypoint, and what becomes of it; None where nothing is."""
    if visibility not in (0, 1, 2):
        return f"has visibility {visibility}: 0, 1 or 2 is needed", "becomes 0 (not labelled)"
    if visibility == 0:
        return (f"is not labelled (visibility 0), but at {x}, {y}", "becomes 0, 0, 0") if x or y else None
    if size and not (0 <= x <= size[1] and 0 <= y <= size[0]):
        return f"lies outside the image, at {x}, {y}", "becomes 0 (not labelled)"
    return None


def mended_rle(segmentation: object, size: tuple[int, int]) -> dict[str, object] | None:
    """The RLE with its size turned round, or its last run made as long as the image asks; None if that is not it."""
    if not isinstance(segmentation, dict):
        return None
    counts = segmentation.get("counts")
    attempts = [{"size": list(size), "counts": counts}]
    if isinstance(counts, list) and all(is_whole(run) and run >= 0 for run in counts) and counts:
        missing = size[0] * size[1] - sum(counts)
        # Background is the even runs: it goes on to the image's end.
        last = [counts[-1] + missing] if len(counts) % 2 else [counts[-1], missing]
        if missing > 0 and segmentation.get("size") == list(size):
            attempts.append({"size": list(size), "counts": counts[:-1] + last})
    for attempt in attempts:
        try:
            validate_segmentation(attempt, *size)
        except ValueError:
            continue
        return attempt
    return None


def largest_gap(box: list[float], other: list[float]) -> float:
    """The farthest that a side of one box x, y, width, height lies from that of the other."""
    ends = (box[0] + box[2] - other[0] - other[2], box[1] + box[3] - other[1] - other[3])
    return max(abs(box[0] - other[0]), abs(box[1] - other[1]), *map(abs, ends))


def beyond(box: list[float], size: tuple[int, int]) -> float:
    """How far a box reaches out of its image."""
    return max(-box[0], -box[1], box[0] + box[2] - size[1], box[1] + box[3] - size[0])


def clipped(box: list[float], size: tuple[int, int]) -> list[float] | None:
    """The part of a box inside its image, None where there is none."""
    left, top = max(box[0], 0), max(box[1], 0)
    right, bottom = min(box[0] + box[2], size[1]), min(box[1] + box[3], size[0])
    return [left, top, right - left, bottom - top] if right > left and bottom > top else None


def differs(area: float, expected: float) -> bool:
    """Whether an area is too far from what it should be for a rounding or another way of counting."""
    return abs(area - expected) > max(AREA_TOLERANCE * max(area, expected), 20)


def is_box(box: object) -> TypeGuard[list[float]]:
    """Whether a value is a box x, y, width, height that has an extent."""
    return isinstance(box, list) and len(box) == 4 and all(map(is_number, box)) and box[2] > 0 and box[3] > 0


def says_nothing(annotation: Mapping[str, Any]) -> bool:
    """Whether an annotation is an object that was begun and never drawn, as COCO Annotator writes it."""
    box = annotation.get("bbox")
    drawn = annotation.get("segmentation") or any(annotation.get("keypoints") or ())
    return box is not None and not drawn and (box == [] or (isinstance(box, list) and not any(box)))
