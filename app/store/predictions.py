"""What a model found on an image, kept apart from what people did there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.store.edits import category_of
from app.store.errors import InvalidFieldError
from app.store.geometry import checked_keypoints, measured_segmentation
from app.store.history import State, image_for_writing, state_of, write
from app.store.tables import Image, Instance
from core.masks import Rle, rle_iou, segmentation_to_rle

SAME_OBJECT_IOU = 0.7


def replace_predictions(session: Session, image_id: int, predictions: Sequence[dict[str, Any]], model: str) -> Image:
    """Put `predictions` in the place of those that nobody has touched, as one edit.

    A prediction has category_id, score, segmentation or bbox, and keypoints. Work of a person and accepted
    predictions stay, and a prediction that covers one of them (same category, IoU above 0.7) is left out.
    Predictions that cover no pixel are left out too. Where nothing would change, nothing is written.
    """
    image = image_for_writing(session, image_id)
    instances = session.scalars(select(Instance).where(Instance.image_id == image.id).order_by(Instance.id)).all()
    untouched = [row for row in instances if row.source == "predicted" and row.status == "proposed"]
    kept = [_Outline(row, image) for row in instances if row not in untouched]
    states = []
    for prediction in predictions:
        state = _state(session, image, prediction, model)
        if state is not None and not any(outline.is_same_object(state) for outline in kept):
            states.append(state)
    # A second run of the same model says the same again: keep the instances with their ids.
    if [_without_time(state_of(row)) for row in untouched] != states:
        write(session, image, "predict", {row.id: None for row in untouched}, states)
    return image


def _state(session: Session, image: Image, prediction: dict[str, Any], model: str) -> State | None:
    category = category_of(session, prediction["category_id"])
    try:
        segmentation, bbox, area = measured_segmentation(
            prediction.get("segmentation"), prediction.get("bbox"), image.height, image.width
        )
    except InvalidFieldError:
        return None
    keypoints = prediction.get("keypoints")
    if keypoints and len(keypoints) != 3 * len(category.keypoints):
        keypoints = None  # the user's category of this name has other keypoints than the model's
    return {
        "category_id": category.id,
        "segmentation": segmentation,
        "bbox": bbox,
        "area": area,
        "iscrowd": 0,
        "keypoints": checked_keypoints(keypoints, category.keypoints, image.height, image.width),
        "score": round(float(prediction["score"]), 5),
        "source": "predicted",
        "status": "proposed",
        "model": model,
    }


def _without_time(state: State) -> State:
    return {field: value for field, value in state.items() if field != "created"}


class _Outline:
    """An instance that stays, ready to be compared with many predictions."""

    def __init__(self, instance: Instance, image: Image) -> None:
        self.category_id = instance.category_id
        self.bbox = instance.bbox
        self.segmentation = instance.segmentation
        self.size = image.height, image.width
        self._rle: Rle | None = None

    def is_same_object(self, state: State) -> bool:
        """Whether a prediction is of this category and covers this instance."""
        if state["category_id"] != self.category_id:
            return False
        box_iou = _box_iou(self.bbox, state["bbox"])
        if not self.segmentation or not state["segmentation"]:
            return box_iou > SAME_OBJECT_IOU
        if box_iou == 0:
            return False
        if self._rle is None:
            self._rle = segmentation_to_rle(self.segmentation, *self.size)
        return rle_iou(self._rle, segmentation_to_rle(state["segmentation"], *self.size)) > SAME_OBJECT_IOU


def _box_iou(first: Sequence[float], second: Sequence[float]) -> float:
    width = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    height = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    intersection = width * height
    return intersection / (first[2] * first[3] + second[2] * second[3] - intersection)
