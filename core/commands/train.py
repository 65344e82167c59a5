"""`python -m core train`."""

from __future__ import annotations

import os
import sys

from core import training
from core.config import TrainConfig


def train(config: TrainConfig) -> int:
    """Train, and say in one line what came of it."""
    result = training.train(config)
    if os.environ.get("RANK", "0") == "0":
        state = "stopped; --resume goes on" if result.stopped else "finished"
        selected = result.metrics.get("selected", "")
        print(f"{state} after {result.steps} steps; {result.directory} holds {selected}", file=sys.stderr)
    return 0
