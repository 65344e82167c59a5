"""Which of the models that a run validates is the one it leaves."""

from __future__ import annotations

import warnings
from collections.abc import Collection

from core.config import TrainConfig
from core.datasets.annotated_images import AnnotatedImages
from core.evaluation.detections import evaluated_kinds
from core.model.mask_rcnn import MaskRCNN


def selected_kind(config: TrainConfig, model: MaskRCNN, figures: Collection[str]) -> str:
    """The kind of AP that the best model is chosen by: a keypoint run's is that of its keypoints (section 5).

    Raises ValueError where the validation data or the model has not what `select_by` names.
    """
    if config.select_by == "auto":
        keypoints_alone = model.config.num_keypoints > 0 and model.config.mask_head is None
        order = ("keypoints", "segm", "bbox") if keypoints_alone else ("segm", "bbox")
        return next(kind for kind in order if kind in figures)
    if config.select_by not in figures:
        raise ValueError(
            f"select_by={config.select_by!r}, but model and validation data have {', '.join(figures)} in common alone: "
            "choose among these, or 'auto'"
        )
    return config.select_by


def check_can_select(config: TrainConfig, model: MaskRCNN, validation: AnnotatedImages | None) -> None:
    """Raise ValueError where no validation of the run could choose a model: said before the run, and not after it.

    Without any validation data a warning says that nothing is chosen.
    """
    if config.select_by in ("auto", "last"):
        return
    if validation is None:
        warnings.warn(
            f"select_by={config.select_by!r} chooses by validation data, and there is none: the last model is kept; "
            "val_images and val_annotations give some",
            stacklevel=4,
        )
        return
    selected_kind(config, model, evaluated_kinds(model, validation.data))
