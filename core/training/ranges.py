"""The ranges of a training run's options, looked at before anything is read or written."""

from __future__ import annotations

from core.config import TrainConfig
from core.config.fields import check_types
from core.ranges import ONE_OR_MORE, POSITIVE, SEED, SHARE, ZERO_OR_MORE, Range, check_ranges

RANGES = {
    "epochs": ONE_OR_MORE,
    "steps": ONE_OR_MORE,
    "batch_size": ONE_OR_MORE,
    "accumulate": ONE_OR_MORE,
    "ema": Range(least=0, below=1),
    "learning_rate": POSITIVE,
    "backbone_learning_rate_factor": ZERO_OR_MORE,
    "class_row_learning_rate_factor": ZERO_OR_MORE,
    "base_distillation": ZERO_OR_MORE,
    "base_share": SHARE,
    "momentum": Range(least=0, below=1),
    "weight_decay": ZERO_OR_MORE,
    "step_at": POSITIVE,
    "warmup_steps": ZERO_OR_MORE,
    "gradient_clip": ZERO_OR_MORE,
    "freeze_stages": Range(least=0, most=5),
    "min_sizes": ONE_OR_MORE,
    "max_size": ONE_OR_MORE,
    "horizontal_flip": SHARE,
    "colour_jitter": SHARE,
    "large_scale_jitter": POSITIVE,
    "crop_size": ONE_OR_MORE,
    "copy_paste": SHARE,
    "workers": ZERO_OR_MORE,
    "threads": ONE_OR_MORE,
    "seed": SEED,
    "checkpoint_every": ONE_OR_MORE,
    "log_every": ONE_OR_MORE,
    "validate_every": ZERO_OR_MORE,
}


def check_training_ranges(config: TrainConfig) -> None:
    """Raise ValueError, one line, for an option of a run that is of another type or outside its range."""
    check_types(config)
    check_ranges(config, RANGES)
    if config.min_sizes and config.max_size is not None and max(config.min_sizes) > config.max_size:
        raise ValueError(
            f"min_sizes has {max(config.min_sizes)}, more than max_size={config.max_size}, which the longer edge has"
        )
    if config.compile and config.checkpoint_activations:
        raise ValueError("compile and checkpoint_activations: give one of them, the compiler plans memory by itself")
