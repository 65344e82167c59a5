"""Judging a model on validation data while it learns."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch
from tqdm import tqdm

from core.config import TrainConfig
from core.datasets.annotated_images import AnnotatedImages
from core.devices import choose_device
from core.evaluation import evaluate
from core.model.ground_truth import read_targets
from core.model.images import batch_images
from core.model.mask_rcnn import MaskRCNN
from core.training.records.selection import selected_kind
from core.training.run import Run, write_model
from core.training.samples import TargetsForModel, largest_seen


def validation_is_due(run: Run) -> bool:
    """Every few epochs and at the end, once all parts of the model have learned: in the last phase."""
    if run.validation is None or run.done <= run.steps_total - run.phase_steps:
        return False
    every = run.config.validate_every * run.epoch_steps
    return run.done == run.steps_total or (every > 0 and run.done % every == 0)


def validate(run: Run) -> None:
    """Judge the model on the validation data; where it is the best so far, write it."""
    if run.processes.is_main:
        # Made once: with a `base_share` it is a model of its own.
        with run.judged() as model:
            _judge(run, model)
    run.processes.wait()


def _judge(run: Run, model: MaskRCNN) -> None:
    assert run.validation is not None
    entry: dict[str, Any] = {"metrics": evaluate(model, run.validation, device=run.processes.device)}
    if run.config.validation_losses:
        # Of the heads that learn, with all of their classes: those of a `base_share` are several sets.
        entry["losses"] = validation_losses(run.model, run.validation, device=run.processes.device)
    run.tell("validation", step=run.done, epoch=run.epoch, **entry)
    figures = entry["metrics"]
    if run.config.select_by == "last":
        return
    kind = selected_kind(run.config, model, figures)
    score = figures[kind]["AP"]
    tqdm.write(f"epoch {run.epoch}, step {run.done}: {kind} AP {score:.3f}", file=sys.stderr)
    selected = f"the best {kind} AP of all validations"
    # A resumed run may select by another kind than before, whose scores say nothing beside this one's.
    comparable = run.best.score is not None and run.best.metrics.get("selected") == selected
    if not comparable or score >= run.best.score:
        run.best.score = score
        run.best.metrics = {"selected": selected, "step": run.done, "epoch": run.epoch, **figures}
        write_model(run, model)


def validation_losses(
    model: MaskRCNN,
    dataset: AnnotatedImages,
    *,
    device: str | torch.device = "auto",
    progress: Callable[[int], object] | None = None,
) -> dict[str, float]:
    """The losses of training on a data set from which nothing is learned: their sum as "loss", and each by its name.

    A mean over the images, one at a time at the model's own size, without augmentation. Batch
    normalisation uses the statistics that it has, and keeps them. The regions are drawn by a seed of
    their own: the same model gets the same figures, and a training's chance goes on as if nothing had
    been. Objects of classes that the model does not have are left out. The model is given back on its
    device and in its mode.

    Raises ValueError where there are no images.
    """
    if len(dataset) == 0:
        raise ValueError(f"{dataset.source} has no images: there are no losses on it")
    device = choose_device(str(device))
    was_training, was_on = model.training, next(model.parameters()).device
    targets_for_model = TargetsForModel(dataset.categories, model)
    sums: dict[str, torch.Tensor] = {}
    model.eval().to(device)
    shrinking, dataset.shrinking = dataset.shrinking, largest_seen(TrainConfig(), model.config)
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            for index in range(len(dataset)):
                torch.manual_seed(index)
                image, target = dataset.read(index)  # without the transforms of a training on the same data
                batch = batch_images([image.to(device)], model.config)
                objects = read_targets(targets_for_model([target]), batch, model.config)
                for name, loss in model.losses(batch, objects).items():
                    sums[name] = sums[name] + loss if name in sums else loss
                if progress is not None:
                    progress(1)
    finally:
        model.train(was_training).to(was_on)
        dataset.shrinking = shrinking
    means = {name: float(total) / len(dataset) for name, total in sums.items()}
    return {"loss": sum(means.values()), **means}
