"""What a run that goes on from a checkpoint has to have in common with the one that wrote it."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

from core.config import TrainConfig
from core.datasets.annotated_images import AnnotatedImages
from core.model.mask_rcnn import MaskRCNN
from core.training.alternating import phases_of

BEGINNINGS = ("model", "backbone_weights")  # what learns, and how fast, follows from whether there is one
# What the optimizer's and the averaged weights' state in the checkpoint were made with; steps, learning rate, schedule,
# data and images a step may be others.
KEPT = (
    "optimizer",
    "momentum",
    "weight_decay",
    "backbone_learning_rate_factor",
    "class_row_learning_rate_factor",
    "freeze_stages",
    "own_heads",
    "base_share",
    "ema",
    *BEGINNINGS,
)


def kept_options(config: TrainConfig) -> dict[str, Any]:
    """The options that a run keeps to its end, as its checkpoints hold them."""
    return {name: getattr(config, name) for name in KEPT}


def check_resumable(checkpoint: dict[str, Any], config: TrainConfig, phase_steps: int) -> None:
    """ValueError where the run is at its end, or its phases or its optimizer would not be those that it began with."""
    before = checkpoint.get("training", "joint")
    if config.training != before:
        raise ValueError(f"the run in {config.output} began with training={before!r}: resume it with the same")
    if before != "joint" and phase_steps != checkpoint["phase_steps"]:
        raise ValueError(
            f"the phases of the run in {config.output} have {checkpoint['phase_steps']} steps, not {phase_steps}: "
            "resume it with as many, on as many images and processes"
        )
    options = checkpoint.get("options") or _written_options(Path(config.output))
    for name, new in kept_options(config).items():
        old = options.get(name, new)
        if _differ(name, old, new) and not (name == "momentum" and config.optimizer == "adamw"):
            raise ValueError(
                f"the run in {config.output} began with {name}={old!r}, not {new!r}: resume it with the same, "
                "or begin a new run with it as the model"
            )
    if checkpoint["step"] >= phase_steps * len(phases_of(config)):
        done = checkpoint["step"]
        raise ValueError(f"the run in {config.output} is at the end of its {done} steps: give it more steps or epochs")


def _differ(name: str, old: object, new: object) -> bool:
    """Whether an option is another one: of what a run begins from, which is not read again, whether there was one."""
    return bool(old) != bool(new) if name in BEGINNINGS else old != new


def _written_options(directory: Path) -> dict[str, Any]:
    """The configuration that a run wrote, for older checkpoints, which do not hold it; {} where it is not there."""
    try:
        options = json.loads((directory / "train.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return options if isinstance(options, dict) else {}


def say_which_classes_are_lost(model: MaskRCNN, dataset: AnnotatedImages) -> None:
    """A warning that counts the objects of classes that a resumed model does not have, and so does not learn."""
    known = {category["name"] for category in model.categories}
    lost = {category["id"]: category["name"] for category in dataset.categories if category["name"] not in known}
    if not lost:
        return
    what = "objects of some classes"
    if dataset.known_ahead:
        ids = [item["category_id"] for place in range(len(dataset)) for item in dataset.annotations(place)]
        what = f"{sum(category_id in lost for category_id in ids)} of {len(ids)} objects"
    warnings.warn(
        f"{what} are not learned: the run began without their classes ({', '.join(lost.values())}); "
        "a new run with this one as its model adds them",
        stacklevel=3,
    )
