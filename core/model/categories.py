"""The categories that a model's labels stand for."""

from __future__ import annotations

from collections.abc import Sequence

from core.config import ModelConfig
from core.structures import Category


def default_categories(config: ModelConfig) -> list[Category]:
    """Categories named by their numbers, for a model whose classes nobody has named yet."""
    return [{"id": label, "name": str(label)} for label in range(1, config.num_classes + 1)]


def check_categories(categories: Sequence[Category], config: ModelConfig) -> None:
    """Raise ValueError, one line, where categories and configuration do not belong together."""
    if len(categories) != config.num_classes:
        raise ValueError(f"{len(categories)} categories, but ModelConfig.num_classes={config.num_classes}")
    for category in categories:
        where = f"category {category.get('name', category.get('id'))!r}"
        if "name" not in category or "id" not in category:
            raise ValueError(f"{where}: a category needs an 'id' and a 'name'")
        points = category.get("keypoints") or []
        if points and "skeleton" not in category:
            raise ValueError(f"{where} has keypoints but no 'skeleton': give pairs like [1, 2], or [] to draw no lines")
        ends = [end for bone in category.get("skeleton") or [] for end in bone]
        if ends and not 1 <= min(ends) <= max(ends) <= len(points):
            raise ValueError(f"{where}: its skeleton names keypoint {max(ends)}; it has {len(points)}, counted from 1")
        if config.num_keypoints and len(points) > config.num_keypoints:
            raise ValueError(
                f"{where} has {len(points)} keypoints, but ModelConfig.num_keypoints={config.num_keypoints}"
            )


def with_person_keypoints(categories: Sequence[Category], described: Category) -> list[Category]:
    """The categories, "person" having the keypoints and skeleton of `described`.

    Raises:
        ValueError: there is no category "person".
    """
    if not any(category["name"] == "person" for category in categories):
        raise ValueError("this model has no class 'person' that keypoints could belong to")
    points = Category(keypoints=described.get("keypoints", []), skeleton=described.get("skeleton", []))
    return [category | points if category["name"] == "person" else category for category in categories]
