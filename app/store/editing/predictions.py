"""What a model found on an image, kept apart from what people did there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.store.editing.edits import begun, category_of
from app.store.editing.geometry import box_iou, new_state
from app.store.editing.history import image_for_writing, write
from app.store.errors import InvalidFieldError
from app.store.instance_state import InstanceState
from app.store.tables import Image, Instance
from core.masks import Rle, rle_iou, segmentation_to_rle

SAME_OBJECT_IOU = 0.7
PROPAGATED = "propagated"  # what stands for a model where a proposal is an object of another image, found again


def replace_predictions(
    session: Session, image_id: int, predictions: Sequence[Mapping[str, object]], model: str
) -> Image:
    """Put `predictions` in the place of those that nobody has touched, as one edit.

    A prediction has category_id, score, threshold (from which score on it counts; none: always), segmentation or bbox,
    and keypoints. Work of a person and accepted
    predictions stay, and a prediction that covers one of them (same category, IoU above 0.7) is left out.
    Predictions that cover no pixel are left out too. Where nothing would change, nothing is written.
    """
    image = image_for_writing(session, image_id)
    instances = session.scalars(select(Instance).where(Instance.image_id == image.id).order_by(Instance.id)).all()
    untouched = [row for row in instances if _is_untouched(row) and row.model != PROPAGATED]
    kept = [_Outline(row, image) for row in instances if row not in untouched]
    states = []
    for prediction in predictions:
        state = _state(session, image, prediction, model)
        if state is not None and not any(outline.is_same_object(state) for outline in kept):
            states.append(state)
    # A second run of the same model says the same again: keep the instances with their ids.
    if [replace(row.state, created=None, author=None) for row in untouched] != states:
        write(session, image, "predict", {row.id: None for row in untouched}, states)
    return image


def add_propagated(session: Session, image_id: int, found: Sequence[Mapping[str, object]]) -> int:
    """Add objects that came from another image as proposals, in one edit; returns how many.

    Those of an earlier time that nobody touched are replaced. What covers an object that is there (same category,
    IoU above 0.7) is left out, and so is what covers no pixel. Proposals that score too low to be shown give way.
    """
    image = image_for_writing(session, image_id)
    instances = session.scalars(select(Instance).where(Instance.image_id == image.id).order_by(Instance.id)).all()
    earlier = [row for row in instances if _is_untouched(row) and row.model == PROPAGATED]
    unseen = [row for row in instances if _is_untouched(row) and row not in earlier and not row.counts()]
    kept = [_Outline(row, image) for row in instances if row not in earlier and row not in unseen]
    states = [_state(session, image, entry, PROPAGATED) for entry in found]
    new = [state for state in states if state is not None and not any(there.is_same_object(state) for there in kept)]
    gone = earlier + [row for row in unseen if any(_Outline(row, image).is_same_object(state) for state in new)]
    if new or earlier:
        write(session, image, "propagate", {row.id: None for row in gone}, new, status=begun(image))
    return len(new)


def _is_untouched(row: Instance) -> bool:
    return row.source == "predicted" and row.status == "proposed"


def _state(session: Session, image: Image, prediction: Mapping[str, Any], model: str) -> InstanceState | None:
    category = category_of(session, prediction["category_id"])
    given = {name: prediction.get(name) for name in ("segmentation", "bbox", "keypoints")}
    given["iscrowd"] = prediction.get("iscrowd", 0)
    if len(given["keypoints"] or ()) != 3 * len(category.keypoints):
        given["keypoints"] = None  # the user's category of this name has other keypoints than the model's
    score = float(prediction["score"])
    try:
        state = new_state(image, category, given, source="predicted", status="proposed", score=score, model=model)
        return replace(state, threshold=prediction.get("threshold"))
    except InvalidFieldError as error:
        if error.field == "keypoints":
            raise
        return None


class _Outline:
    """An instance that stays, ready to be compared with many predictions."""

    def __init__(self, instance: Instance, image: Image) -> None:
        self.category_id = instance.category_id
        self.bbox = instance.bbox
        self.segmentation = instance.segmentation
        self.size = image.height, image.width
        self._rle: Rle | None = None

    def is_same_object(self, state: InstanceState) -> bool:
        """Whether a prediction is of this category and covers this instance."""
        if state.category_id != self.category_id:
            return False
        overlap = box_iou(self.bbox, state.bbox)
        if not self.segmentation or not state.segmentation:
            return overlap > SAME_OBJECT_IOU
        if overlap == 0:
            return False
        if self._rle is None:
            self._rle = segmentation_to_rle(self.segmentation, *self.size)
        return rle_iou(self._rle, segmentation_to_rle(state.segmentation, *self.size)) > SAME_OBJECT_IOU
