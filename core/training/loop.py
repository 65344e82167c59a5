"""The training loop.

Everything that happens to a model in a run happens here, top to bottom: where it comes from, what a
step is, when it is judged, when it is written. Copy it where yours needs another step.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from core.config import ModelConfig, TrainConfig
from core.datasets import CocoDataset
from core.datasets.transforms import training_transforms
from core.evaluation import evaluate
from core.model import MaskRCNN
from core.training.checkpoints import load_checkpoint, save_checkpoint
from core.training.distributed import Processes, processes
from core.training.divergence import FiniteLoss, TrainingDivergedError
from core.training.metrics_log import MetricsLog, StepMeter
from core.training.optimizers import build_optimizer, freeze_stages, learning_mode, set_learning_rate
from core.training.results import Best, refuse_to_overwrite, write_result, write_train_config
from core.training.samples import LabelledTargets, batches, steps_an_epoch
from core.training.schedules import learning_rate_factor
from core.training.signals import StopRequest, stop_requests
from core.training.start import starting_model


@dataclass(frozen=True)
class TrainResult:
    """What a run came to."""

    directory: Path  # holds model.safetensors and model.json, which `load_model` reads
    metrics: dict[str, Any]  # of the model written, as in model.json
    stopped: bool  # asked to stop before its last step; `resume` goes on
    steps: int  # done so far


def train(config: TrainConfig) -> TrainResult:
    """Train a model on a COCO data set; the same as `python -m core train`.

    Writes into `config.output`: model.safetensors with its sidecar model.json, train.json (the
    configuration), metrics.jsonl (a line for every few steps, readable while it grows) and
    checkpoint.pt. With validation data the model written is the best one so far by mask AP (box AP
    for a model without masks), else the last. SIGTERM and Ctrl+C end the run after the step it is
    in, with a checkpoint; `resume` goes on from there to the same result as without the break.

    Raises FileNotFoundError and ValueError, one line, for what a user can mend, among them
    `TrainingDivergedError` naming the images whose loss was no number; the files of the run are
    then those of its last good state.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    with processes(config.device) as here, stop_requests() as request:
        directory = Path(config.output)
        checkpoint = load_checkpoint(directory) if config.resume else None
        if here.is_main and checkpoint is None:
            refuse_to_overwrite(directory)
        here.wait()
        return _run(config, directory, checkpoint, here, request)


def _run(
    config: TrainConfig,
    directory: Path,
    checkpoint: dict[str, Any] | None,
    here: Processes,
    request: StopRequest,
) -> TrainResult:
    # -- data --------------------------------------------------------------------------------------
    dataset = CocoDataset(config.images, config.annotations, box_masks=True)
    dataset.transforms = training_transforms(dataset.categories, config.horizontal_flip, config.colour_jitter)
    if len(dataset) == 0:
        raise ValueError(f"{config.annotations} has no images: there is nothing to learn from")
    validation = None
    if config.val_annotations:
        validation = CocoDataset(config.val_images or config.images, config.val_annotations)

    # -- model and optimizer -----------------------------------------------------------------------
    torch.manual_seed(config.seed)
    if checkpoint is None:
        model = starting_model(config, dataset.categories)
    else:
        model = MaskRCNN(ModelConfig.from_dict(checkpoint["model_config"]), categories=checkpoint["categories"])
        model.load_state_dict(checkpoint["model"])
    model.to(here.device)
    # Features that nobody has trained yet are worth nothing frozen.
    frozen = freeze_stages(model, config.freeze_stages if config.model or config.backbone_weights else 0)
    optimizer = build_optimizer(model, config)
    if checkpoint is not None:
        optimizer.load_state_dict(checkpoint["optimizer"])
    wrapped = here.wrap(model)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    sizes = config.min_sizes or (model.config.min_size,)
    mixed_precision = config.mixed_precision and here.device.type == "cuda"

    # -- the run -----------------------------------------------------------------------------------
    epoch_steps = steps_an_epoch(len(dataset), config.batch_size, here.count)
    steps_total = config.steps or config.epochs * epoch_steps
    first_step = checkpoint["step"] if checkpoint else 0
    best = Best(**checkpoint["best"]) if checkpoint else Best()
    if first_step >= steps_total:
        raise ValueError(f"the run in {directory} has done its {first_step} steps: give more steps or epochs to go on")
    targets_of = LabelledTargets(dataset, model, here.device)
    finite = FiniteLoss(here, config.log_every)
    meter = StepMeter(config.batch_size * here.count, steps_total)

    def lineage() -> dict[str, Any]:
        return {"base_model": config.model or None, "annotations": config.annotations, "images": len(dataset), "steps": done}

    def save_state() -> None:
        if here.is_main:
            state = {"format": 1, "step": done, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
            state |= {"model_config": model.config.to_dict(), "categories": list(model.categories)}
            save_checkpoint(directory, state | {"best": asdict(best), "train_config": asdict(config)})

    if here.is_main:
        directory.mkdir(parents=True, exist_ok=True)
        write_train_config(directory, config)
    ...
