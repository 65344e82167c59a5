"""The categories of a Datumaro JSON: labels by their place in the list, and the points of those that have any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.coco.json_values import is_whole


@dataclass
class Label:
    """One label."""

    name: str
    parent: str = ""
    keypoints: list[str] = field(default_factory=list)
    skeleton: list[list[int]] = field(default_factory=list)  # from 1 on, as in COCO


def read_labels(categories: object) -> list[Label]:
    """The labels in their order; what is not as it should be in it is passed over."""
    found = [
        Label(plain_name(entry.get("name")), plain_name(entry.get("parent")))
        for entry in dictionaries(_part(categories, "label"), "labels")
    ]
    for entry in dictionaries(_part(categories, "points"), "items"):
        label_id, names = entry.get("label_id"), entry.get("labels")
        if not is_whole(label_id) or not 0 <= label_id < len(found) or not isinstance(names, list):
            continue
        texts = [plain_name(str(name)) for name in names]
        found[label_id].keypoints = [
            name if name and texts.index(name) == at else f"{name} {at + 1}".strip() for at, name in enumerate(texts)
        ]
        found[label_id].skeleton = _lines(entry.get("joints"), len(names))
    return found


def classes_of(labels: list[Label]) -> list[Label]:
    """The labels that are classes: not the points of a skeleton, which CVAT lists as labels below it."""
    points = {(label.name, point) for label in labels for point in label.keypoints}
    return [label for label in labels if label.name and (label.parent, label.name) not in points]


def plain_name(name: object) -> str:
    """A name without superfluous spaces; "" where it is none."""
    return " ".join(name.split()) if isinstance(name, str) else ""


def dictionaries(data: object, key: str) -> list[dict[str, Any]]:
    """The dictionaries of a list in a dictionary, [] where there is none."""
    values = data.get(key) if isinstance(data, dict) else None
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _part(categories: object, key: str) -> Mapping[str, Any]:
    part = categories.get(key) if isinstance(categories, dict) else None
    return part if isinstance(part, dict) else {}


def _lines(joints: object, count: int) -> list[list[int]]:
    """Pairs of points: COCO's numbers, from 1 on, which tools pass on; from 0 on where there is a 0."""
    pairs = [
        pair
        for pair in (joints if isinstance(joints, list) else [])
        if isinstance(pair, list) and len(pair) == 2 and all(map(is_whole, pair))
    ]
    first = 0 if any(0 in pair for pair in pairs) else 1
    lines = [[start - first + 1, end - first + 1] for start, end in pairs]
    return [line for line in lines if all(1 <= end <= count for end in line)]
