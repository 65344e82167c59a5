"""`python -m core train-prompts`."""

from __future__ import annotations

import sys

from core.prompts.config import TrainPromptsConfig
from core.prompts.learning import training
from core.ranges import ONE_OR_MORE, POSITIVE, SEED, ZERO_OR_MORE, Range, check_ranges

RANGES = {
    "size": ONE_OR_MORE,
    "first_size": ZERO_OR_MORE,
    "channels": ONE_OR_MORE,
    "batch_size": ONE_OR_MORE,
    "steps": ONE_OR_MORE,
    "learning_rate": POSITIVE,
    "trunk_factor": ZERO_OR_MORE,
    "weight_decay": ZERO_OR_MORE,
    "warmup_steps": ZERO_OR_MORE,
    "most_clicks": ZERO_OR_MORE,
    "average": Range(least=0, below=1),
    "held_out_every": ZERO_OR_MORE,
    "shares": ZERO_OR_MORE,
    "quality_objects": ZERO_OR_MORE,
    "checkpoint_minutes": ZERO_OR_MORE,
    "threads": ZERO_OR_MORE,
    "seed": SEED,
}


def train_prompts(config: TrainPromptsConfig) -> int:
    """Train a prompt model, and say in one line what came of it."""
    check_ranges(config, RANGES, command_line=True)
    if config.size % 32:
        raise ValueError(f"--size {config.size}: a multiple of 32 is needed")
    result = training.train_prompts(config)
    state = "finished" if result.steps >= config.steps else "stopped; --resume goes on"
    print(f"{state} after {result.steps} steps; {result.directory} holds the weights", file=sys.stderr)
    return 0
