"""The learning rate over a run."""

from __future__ import annotations

import math

from core.config import TrainConfig


def learning_rate_factor(step: int, steps_total: int, config: TrainConfig) -> float:
    """What the learning rate of step 0 … steps_total − 1 is multiplied by, 0..1.

    A linear warm-up over `warmup_steps`, at most a tenth of the run; then the cosine's fall to 0, or
    a division by 10 at each place in `step_at`.
    """
    warmup = min(config.warmup_steps, steps_total // 10)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if config.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps_total - warmup)))
    return 0.1 ** sum(step >= place for place in division_steps(steps_total, config))


def division_steps(steps_total: int, config: TrainConfig) -> list[int]:
    """The steps, counted from 0, that "step" divides at: the first that have the smaller learning rate."""
    # Rounded: 120000 / 180000 of 180000 steps is a little less or more than 120000.
    return [round(place if place > 1 else place * steps_total) for place in config.step_at]
