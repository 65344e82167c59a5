"""The learning rate over a run."""

from __future__ import annotations

import math

from core.config import TrainConfig


def learning_rate_factor(step: int, steps_total: int, config: TrainConfig) -> float:
    """What the learning rate of step 0 … steps_total − 1 is multiplied by, 0..1.

    A linear warm-up over `warmup_steps`, at most a tenth of the run; then the cosine's fall to 0, or
    a division by 10 at each fraction of the run in `step_at`.
    """
    warmup = min(config.warmup_steps, steps_total // 10)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if config.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps_total - warmup)))
    return 0.1 ** sum(step >= fraction * steps_total for fraction in config.step_at)
