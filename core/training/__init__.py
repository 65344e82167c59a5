"""Training: the plain loop and what it is made of."""

from core.training.callbacks import Callback
from core.training.loop import TrainResult, train

__all__ = ["Callback", "TrainResult", "train"]
