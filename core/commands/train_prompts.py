"""`python -m core train-prompts`."""

from __future__ import annotations

import sys

from core.prompts import training
from core.prompts.config import TrainPromptsConfig


def train_prompts(config: TrainPromptsConfig) -> int:
    """Train a prompt model, and say in one line what came of it."""
    result = training.train_prompts(config)
    state = "finished" if result.steps >= config.steps else "stopped; --resume goes on"
    print(f"{state} after {result.steps} steps; {result.directory} holds the weights", file=sys.stderr)
    return 0
