"""Between a model's terms and the store's: what it found, what is suggested, what a request means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from app.inference.outlines import outline
from app.store.categories import category_named
from app.store.documents import state_json
from app.store.editing.geometry import new_state
from app.store.errors import InvalidFieldError
from app.store.instance_state import DEFAULT_THRESHOLD
from app.store.tables import Category, Image

if TYPE_CHECKING:  # torch takes longer to import than all the rest
    from core import Instances, Predictor
    from core.model.score_thresholds import ScoreThresholds


class ModelUnavailableError(RuntimeError):
    """A model that was asked for by name cannot be used; one line says why."""


@dataclass(frozen=True)
class Prediction:
    """How a prediction went."""

    model: str
    seconds: float


def found_objects(instances: Instances, thresholds: ScoreThresholds | None = None) -> list[dict[str, object]]:
    """The instances in the store's terms: segmentation, bbox (x, y, width, height), score, keypoints, category.

    And the threshold of their class, the single default where their model was never calibrated.
    """
    height, width = instances.image_size
    crops = list(instances.mask_crops()) if instances.has_masks else [None] * len(instances)
    objects = []
    for index, (box, score, crop) in enumerate(
        zip(instances.boxes.tolist(), instances.scores.tolist(), crops, strict=True)
    ):
        keypoints: list[float] = []
        if instances.keypoints is not None and instances.has_keypoints(index):
            for x, y, visibility in instances.keypoints[index].tolist():
                keypoints += [min(max(x, 0.0), width), min(max(y, 0.0), height), int(visibility)]
        objects.append(
            {
                "category": instances.category_of(index),
                "segmentation": outline(*crop, height, width) if crop is not None else [],
                "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]],
                "keypoints": keypoints,
                "score": score,
                "threshold": _threshold(thresholds, instances.category_of(index)["name"]),
            }
        )
    return objects


def _threshold(thresholds: ScoreThresholds | None, name: str) -> float:
    calibrated = thresholds.of(name) if thresholds is not None else None
    return DEFAULT_THRESHOLD if calibrated is None else calibrated


def prompted_suggestion(
    answer: dict[str, object],
    box: Sequence[float],
    keypoints: Sequence[float],
    score: float,
    image: Image,
    category: Category,
    model: str,
) -> dict[str, object]:
    """A mask by prompt as instance JSON; where nothing is seen in a person's box (x0, y0, x1, y1), the box itself."""
    bbox = answer["bbox"] if answer["segmentation"] else [box[0], box[1], box[2] - box[0], box[3] - box[1]]
    entry = {"segmentation": answer["segmentation"], "bbox": bbox, "keypoints": keypoints, "score": score}
    return suggestion(entry, image, category, model)


def suggestion(entry: dict[str, Any], image: Image, category: Category, model: str) -> dict[str, Any]:
    """What a model made of a prompt, as instance JSON with id null: as it would be stored."""
    if len(entry["keypoints"]) != 3 * len(category.keypoints):
        entry = {**entry, "keypoints": []}
    state = new_state(image, category, entry, source="predicted", status="proposed", score=entry["score"], model=model)
    return state_json(state, image.id, None, image.revision)


def wanted_category(session: Session, category: int | str | None) -> Category | None:
    """The store's category of an id or a name, None where none is given; InvalidFieldError for an unknown one."""
    if category is None:
        return None
    wanted = session.get(Category, category) if isinstance(category, int) else category_named(session, category)
    if wanted is None or wanted.state == "removed":
        raise InvalidFieldError("category", f"there is no category {category!r}")
    return wanted


def clipped_box(box: Sequence[float], image: Image, field: str = "boxes") -> list[float]:
    """A box with its corners in order and inside the image; raises InvalidFieldError, which
    names the field of the request, where nothing of it is.
    """
    x0, x1 = sorted((min(max(float(box[0]), 0.0), image.width), min(max(float(box[2]), 0.0), image.width)))
    y0, y1 = sorted((min(max(float(box[1]), 0.0), image.height), min(max(float(box[3]), 0.0), image.height)))
    if not (x1 - x0 >= 1 and y1 - y0 >= 1):
        raise InvalidFieldError(
            field, f"box {list(box)} covers less than a pixel of the image of {image.width}×{image.height}"
        )
    return [x0, y0, x1, y1]


def labels_of(predictor: Predictor, category_name: str | None, number: int) -> list[int] | None:
    """The model's label for a category of this name, once for each box; None where it has no such class."""
    for index, category in enumerate(predictor.categories):
        if category_name is not None and category["name"] == category_name:
            return [index + 1] * number
    return None
