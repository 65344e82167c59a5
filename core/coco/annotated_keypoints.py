"""The keypoints of an annotation, mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.coco.geometry import Size, as_number, keypoint_fault
from core.coco.json_values import is_number


def mend_keypoints(
    annotation: dict[str, object], category: dict[str, Any], size: Size | None, add: Callable[..., None]
) -> None:
    """Keypoints and their number, mended in place; what is no keypoint of its class is left out, the object is not.

    `add` takes down a problem: its message, what becomes of it, whether it is one of spelling.
    """
    points = annotation.get("keypoints")
    if points is None or points == []:
        if annotation.get("num_keypoints"):
            add(
                f"num_keypoints is {annotation['num_keypoints']!r}, but there are no keypoints",
                "becomes 0",
                spelling=True,
            )
            annotation["num_keypoints"] = 0
        return
    expected = 3 * len(category.get("keypoints", []))
    points = _spelt_out(points, add)
    if expected and isinstance(points, list) and 3 * len(points) == 2 * expected and all(map(is_number, points)):
        add("keypoints are x, y without visibility", "are visible, but for those at 0, 0", spelling=True)
        pairs = zip(points[::2], points[1::2], strict=True)
        points = [value for x, y in pairs for value in (x, y, 2 if x or y else 0)]
    name = category["name"]
    if not isinstance(points, list) or len(points) != expected:
        count = len(points) if isinstance(points, list) else 0
        needed = f"{name!r} needs {expected} numbers: x, y, visibility for each name"
        add(f"keypoints are {count} values, but {needed}", "left out")
        annotation.pop("keypoints")
        annotation.pop("num_keypoints", None)
        return
    points = list(points)
    if any(_is_score(visibility) for visibility in points[2::3]):
        add("visibility is a score, as models' files have it", "above 0 it becomes 2 (visible)", spelling=True)
        points[2::3] = [2 if is_number(value) and value > 0 else value for value in points[2::3]]
    for number in range(len(points) // 3):
        x, y, visibility = points[3 * number : 3 * number + 3]
        fault = _not_numbers(x, y, visibility) or keypoint_fault(x, y, visibility, size)
        if fault is not None:
            what, repair = fault
            # Nothing is said of a point that is not labelled.
            add(f"keypoint {category['keypoints'][number]!r} {what}", repair, spelling=visibility == 0)
            points[3 * number : 3 * number + 3] = [0, 0, 0]
    annotation["keypoints"] = points
    labelled = sum(visibility > 0 for visibility in points[2::3])
    stated = annotation.get("num_keypoints")
    if stated != labelled:
        what = "has no num_keypoints" if stated is None else f"num_keypoints is {stated!r}, but {labelled} are labelled"
        add(what, f"becomes {labelled}", spelling=True)
        annotation["num_keypoints"] = labelled


def _spelt_out(points: object, add: Callable[..., None]) -> object:
    """Keypoints as one list of numbers, also where each is a list of its own or numbers are texts."""
    if not isinstance(points, list):
        return points
    if points and all(isinstance(point, list) and len(point) in (2, 3) for point in points):
        add("keypoints are lists of their own", "made one list", spelling=True)
        points = [value for point in points for value in point]
    if any(isinstance(value, str) for value in points):
        numbers = [value if (number := as_number(value)) is None else number for value in points]
        if numbers != points:
            add("keypoints have texts for numbers", "become numbers", spelling=True)
        return numbers
    return points


def _is_score(visibility: object) -> bool:
    """Whether what stands where 0, 1 or 2 should says how sure a model is."""
    return is_number(visibility) and 0 < visibility < 1


def _not_numbers(*values: object) -> tuple[str, str] | None:
    if all(map(is_number, values)):
        return None
    return f"is {list(values)}, not three numbers", "becomes 0 (not labelled)"
