"""Mask R-CNN for training, prediction and evaluation; the public names of the package.

They are imported on first use, so that `import core` costs nothing and `python -m core --help`
answers at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.config import ModelConfig, TrainConfig
    from core.datasets.coco import CocoDataset
    from core.drawing import draw
    from core.evaluation import evaluate
    from core.model.mask_rcnn import MaskRCNN
    from core.model.weights import load_model, save_model
    from core.predict.predictor import Predictor
    from core.prompts.prompter import MaskPrompter
    from core.structures import Instances
    from core.training import train

_HOME_OF = {
    "ModelConfig": "core.config",
    "TrainConfig": "core.config",
    "CocoDataset": "core.datasets.coco",
    "draw": "core.drawing",
    "evaluate": "core.evaluation",
    "MaskRCNN": "core.model.mask_rcnn",
    "load_model": "core.model.weights",
    "save_model": "core.model.weights",
    "Predictor": "core.predict.predictor",
    "MaskPrompter": "core.prompts.prompter",
    "Instances": "core.structures",
    "train": "core.training",
}

__version__ = "0.1.0"  # of the whole project: nothing else says it

__all__ = [
    "CocoDataset",
    "Instances",
    "MaskPrompter",
    "MaskRCNN",
    "ModelConfig",
    "Predictor",
    "TrainConfig",
    "draw",
    "evaluate",
    "load_model",
    "save_model",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'core' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    """The public names too, before their first use: what a console completes."""
    return sorted({*globals(), *__all__})
