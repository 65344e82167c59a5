"""What a run leaves in its directory."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.config import TrainConfig
from core.datasets.annotated_images import AnnotatedImages
from core.files import write_text_atomically
from core.model.weights import WEIGHTS_FILE
from core.training.checkpoints import CHECKPOINT


@dataclass
class Best:
    """The model that the run would give now."""

    score: float | None = None  # None: nothing was validated yet
    metrics: dict[str, Any] = field(default_factory=dict)


def best_so_far(checkpoint: dict[str, Any], config: TrainConfig, validation: AnnotatedImages | None) -> Best:
    """What a resumed run has to be better than: nothing where it judges no more, as then the last step's model counts.

    A run that was validated and goes on without would else leave the model of the step that it was broken off at.
    """
    if validation is None or config.select_by == "last":
        return Best()
    return Best(**checkpoint["best"])


def refuse_to_overwrite(directory: Path) -> None:
    """ValueError where the directory is a file, or holds another run, which a new one would destroy."""
    if directory.exists() and not directory.is_dir():
        raise ValueError(f"output={directory} is a file: name a directory for the run, which is made")
    for name in (WEIGHTS_FILE, CHECKPOINT):
        if (directory / name).exists():
            raise ValueError(f"{directory} holds a run already ({name}): resume it, or name another output")


def write_config(directory: Path, config: TrainConfig) -> None:
    """Make the directory, with the configuration as train.json."""
    directory.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(config), indent=2, ensure_ascii=False)
    write_text_atomically(directory / "train.json", text)
