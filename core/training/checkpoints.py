"""Checkpoints: what a run needs to go on exactly where it stopped, written in one piece or not at all."""

from __future__ import annotations

import pickle
import time
from pathlib import Path
from typing import Any

import torch

from core.config import ModelConfig
from core.files import write_atomically
from core.model.mask_rcnn import MaskRCNN
from core.model.score_thresholds import ScoreThresholds
from core.model.weights.ours import tensors_by_own_name
from core.structures import Category

CHECKPOINT = "checkpoint.pt"
FIRST_AFTER = 60.0  # seconds of a run until its first checkpoint, whatever its steps take
EVERY = 240.0  # seconds between two
FORMAT = 1
# What only the checkpoints of one command's runs have.
MARKS = {"train": "model_config", "train-prompts": "network"}


class CheckpointClock:
    """Says when a checkpoint is due by the clock: a step may take a second here and a minute there."""

    def __init__(self) -> None:
        self.due_at = time.monotonic() + FIRST_AFTER

    @property
    def is_due(self) -> bool:
        """Whether one should be written after this step."""
        return time.monotonic() >= self.due_at

    def written(self) -> None:
        """One has been written."""
        self.due_at = time.monotonic() + EVERY


def save_checkpoint(directory: Path, state: dict[str, object]) -> None:
    """Write a run's state (tensors and plain values) as `checkpoint.pt`."""
    write_atomically(directory / CHECKPOINT, lambda path: torch.save({"format": FORMAT, **state}, path))


def load_checkpoint(directory: Path, command: str = "train") -> dict[str, Any]:
    """The state that `save_checkpoint` wrote in a run of a command, on the CPU.

    Raises ValueError, one line, where there is none to go on from, or it is of another command's run.
    """
    path = directory / CHECKPOINT
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ValueError(f"there is no run to resume in {directory}: it has no {CHECKPOINT}") from None
    except (RuntimeError, EOFError, pickle.UnpicklingError):
        raise ValueError(f"{path} cannot be read: it is damaged or no checkpoint of a run") from None
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise ValueError(f"{path} is no checkpoint of a run, or of another version")
    for other, mark in MARKS.items():
        if other != command and mark in state and MARKS[command] not in state:
            raise ValueError(f"{path} is of a run of python -m core {other}: resume it with that, not with {command}")
    return state


def model_state(model: MaskRCNN) -> dict[str, Any]:
    """Weights and description of a model, as values that a checkpoint may hold."""
    state = {"model": model.state_dict(), "model_config": model.config.to_dict(), "categories": _plain(model)}
    state["score_thresholds"] = model.score_thresholds.to_dict()
    if model.keypoint_model is not None:
        state["keypoint_model_config"] = model.keypoint_model.config.to_dict()
        state["keypoint_model_categories"] = _plain(model.keypoint_model)
    return state


def restored_model(state: dict[str, Any], given: MaskRCNN | None = None) -> MaskRCNN:
    """The model that `model_state` described: the `given` one, where it is of that kind, with the state's weights."""
    config = ModelConfig.from_dict(state["model_config"])
    if given is not None and given.config == config:
        model = given
        categories: list[Category] = state["categories"]
        model.categories = [category.copy() for category in categories]
    else:
        model = MaskRCNN(config, state["categories"])
    if "keypoint_model_config" in state and model.keypoint_model is None:
        config = ModelConfig.from_dict(state["keypoint_model_config"])
        model.attach_keypoint_model(MaskRCNN(config, state["keypoint_model_categories"]))
    model.score_thresholds = ScoreThresholds.from_dict(state.get("score_thresholds", {}))  # older checkpoints have none
    model.load_state_dict(tensors_by_own_name(model, state["model"]))
    return model


def _plain(model: MaskRCNN) -> list[dict[str, object]]:
    return [dict(category) for category in model.categories]
