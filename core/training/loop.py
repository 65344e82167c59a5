"""The training loop.

Everything that happens to a model in a run happens here, top to bottom: where it comes from, what a
step is, when it is judged, when it is written. Copy it where yours needs another step.
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from core.config import TrainConfig
from core.datasets import CocoDataset
from core.datasets.transforms import training_transforms
from core.evaluation import evaluate
from core.model.mask_rcnn import MaskRCNN
from core.model.weights import save_model
from core.training.checkpoints import load_checkpoint, model_state, restored_model, save_checkpoint
from core.training.class_rows import hold_other_rows
from core.training.distributed import Processes, processes
from core.training.divergence import FiniteLoss, TrainingDivergedError
from core.training.metrics_log import MetricsLog, StepMeter
from core.training.optimizers import build_optimizer, set_learning_rate
from core.training.results import Best, refuse_to_overwrite, write_config
from core.training.samples import TargetsForModel, batches, input_size, steps_an_epoch
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
    configuration), metrics.jsonl (a line every few steps, readable while it grows) and
    checkpoint.pt. With validation data the model written is the best one so far by mask AP (box AP
    for a model without masks), else the last. SIGTERM and Ctrl+C end the run after the step it is
    in, with a checkpoint; `resume` goes on from there to the same result as without the break.

    Raises FileNotFoundError and ValueError, one line, for what a user can mend, among them
    `TrainingDivergedError` naming the images whose loss was no number; what the run wrote before
    is left as it was.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    with processes(config.device) as here, stop_requests() as request:
        run = _prepare(config, here)
        try:
            stopped = _run_steps(run, request)
        except Exception as error:
            reason = "nan" if isinstance(error, TrainingDivergedError) else "error"
            run.log.write("end", reason=reason, message=" ".join(str(error).split()) or type(error).__name__)
            raise
        finally:
            run.log.close()
        here.wait()
    return TrainResult(run.directory, run.best.metrics, stopped, run.done)


@dataclass
class Run:
    """A run between two steps."""

    config: TrainConfig
    directory: Path
    here: Processes
    dataset: CocoDataset
    validation: CocoDataset | None
    model: MaskRCNN
    optimizer: torch.optim.Optimizer
    steps_total: int
    epoch_steps: int
    log: MetricsLog
    best: Best
    done: int = 0  # steps

    @property
    def epoch(self) -> int:
        """The epoch that the last step belonged to, from 1."""
        return max(1, -(-self.done // self.epoch_steps))


def _prepare(config: TrainConfig, here: Processes) -> Run:
    """Data, model and optimizer at step 0, or where the checkpoint left them."""
    directory = Path(config.output)
    checkpoint = load_checkpoint(directory) if config.resume else None
    if checkpoint is None and here.is_main:
        refuse_to_overwrite(directory)
    dataset = CocoDataset(config.images, config.annotations, box_masks=True)
    dataset.transforms = training_transforms(dataset, config)
    if len(dataset) == 0:
        raise ValueError(f"{config.annotations} has no images: there is nothing to learn from")
    validation = None
    if config.val_annotations:
        validation = CocoDataset(config.val_images or config.images, config.val_annotations)

    torch.manual_seed(config.seed)
    if checkpoint is None:
        model = starting_model(config, dataset.categories)
    else:
        model = restored_model(checkpoint)
    model.to(here.device)
    # Stages whose weights are random have nothing worth keeping.
    pretrained = bool(config.model or config.backbone_weights)
    model.freeze_stages(config.freeze_stages if pretrained else 0)
    hold_other_rows(model, dataset.categories)
    optimizer = build_optimizer(model, config)
    if checkpoint is not None:
        optimizer.load_state_dict(checkpoint["optimizer"])

    epoch_steps = steps_an_epoch(len(dataset), config.batch_size, here.count)
    steps_total = config.steps or config.epochs * epoch_steps
    done = checkpoint["step"] if checkpoint is not None else 0
    best = Best(**checkpoint["best"]) if checkpoint is not None else Best()
    if done >= steps_total:
        raise ValueError(f"the run in {directory} is at the end of its {done} steps: give it more steps or epochs")
    if here.is_main:
        write_config(directory, config)
    log = MetricsLog(directory if here.is_main else None, keep_until_step=done if config.resume else None)
    run = Run(
        config,
        directory,
        here,
        dataset,
        validation,
        model,
        optimizer,
        steps_total,
        epoch_steps,
        log,
        best,
        done,
    )
    log.write(
        "start",
        steps_total=steps_total,
        epochs=-(-steps_total // epoch_steps),
        base_model=config.model or None,
        categories=[category["name"] for category in model.categories],
        resumed_at=done or None,
    )
    return run


def _run_steps(run: Run, request: StopRequest) -> bool:
    """All steps that are left; whether somebody asked to stop before the last."""
    config, here, model = run.config, run.here, run.model
    wrapped = here.wrap(model)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    finite = FiniteLoss(here, run.dataset, config.log_every)
    meter = StepMeter(run.steps_total - run.done, config.batch_size * here.count)
    targets_for_model = TargetsForModel(run.dataset.categories, model)
    loader = batches(run.dataset, config, here, run.done, run.steps_total)
    bar = tqdm(total=run.steps_total, initial=run.done, unit="step", disable=None if here.is_main else True)
    model.train()

    for images, targets in loader:
        step = run.done
        # Each step draws from its own seed: a resumed run draws what an uninterrupted one would have.
        torch.manual_seed((config.seed * 1_000_003 + step) * here.count + here.rank)
        learning_rate = config.learning_rate * learning_rate_factor(step, run.steps_total, config)
        set_learning_rate(run.optimizer, learning_rate)
        with torch.autocast(here.device.type, torch.bfloat16, config.mixed_precision and here.device.type == "cuda"):
            losses = wrapped(
                [image.to(here.device, non_blocking=True) for image in images],
                targets_for_model(targets),
                **input_size(config),
            )
            loss = torch.stack(list(losses.values())).sum()
        run.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        # Without clipping the norm is still asked for: it shows what went wrong a step before the loss does.
        norm = torch.nn.utils.clip_grad_norm_(parameters, config.gradient_clip or float("inf"))
        finite.watch(step, loss, norm, [target["image_id"] for target in targets])
        meter.add(losses)
        last = step + 1 == run.steps_total
        logging = (step + 1) % config.log_every == 0 or last
        if logging or here.device.type == "cpu":  # on a GPU asking means waiting
            finite.check()
        run.optimizer.step()
        run.done = step + 1
        bar.update()

        # Processes may hear of it at different steps; they agree where they talk anyway.
        stopping = here.any(request.asked) if logging or here.count == 1 else False
        if logging or stopping:
            entry = meter.summary()
            run.log.write("step", step=run.done, epoch=run.epoch, learning_rate=learning_rate, **entry)
            bar.set_postfix(loss=f"{entry['loss']:.3f}")
        if _validation_is_due(run):
            finite.check()
            began = time.perf_counter()
            _validate(run)
            model.train()
            meter.leave_out(time.perf_counter() - began)
            stopping = stopping or (request.asked and here.count == 1)
        if run.done % config.checkpoint_every == 0 or last or stopping:
            finite.check()
            _save_checkpoint(run)
        if stopping and not last:
            break

    bar.close()
    stopped = run.done < run.steps_total
    if run.best.score is None:  # nothing was validated: the last weights are the result
        run.best.metrics = {"selected": "the last step", "step": run.done, "epoch": run.epoch}
        _write_model(run)
    run.log.write("end", reason="stopped" if stopped else "finished", message=f"{run.done} of {run.steps_total} steps")
    return stopped


def _validation_is_due(run: Run) -> bool:
    if run.validation is None:
        return False
    every = run.config.validate_every * run.epoch_steps
    return run.done == run.steps_total or (every > 0 and run.done % every == 0)


def _validate(run: Run) -> None:
    """Judge the model on the validation data; where it is the best so far, write it."""
    assert run.validation is not None
    if run.here.is_main:
        figures = evaluate(run.model, run.validation, device=run.here.device)
        run.log.write("validation", step=run.done, epoch=run.epoch, metrics=figures)
        kind = "segm" if "segm" in figures else "bbox"
        score = figures[kind]["AP"]
        tqdm.write(f"epoch {run.epoch}, step {run.done}: {kind} AP {score:.3f}", file=sys.stderr)
        if run.best.score is None or score >= run.best.score:
            run.best.score = score
            selected = f"the best {kind} AP of all validations"
            run.best.metrics = {"selected": selected, "step": run.done, "epoch": run.epoch, **figures}
            _write_model(run)
    run.here.wait()


def _write_model(run: Run) -> None:
    lineage = {
        "base_model": run.config.model or None,
        "annotations": Path(run.config.annotations).name,
        "images": len(run.dataset),
        "classes_learned": [category["name"] for category in run.dataset.categories],
        "steps": run.done,
    }
    if run.here.is_main:
        save_model(run.model, run.directory, metrics=run.best.metrics, lineage=lineage)


def _save_checkpoint(run: Run) -> None:
    if run.here.is_main:
        state = {"step": run.done, "optimizer": run.optimizer.state_dict(), "best": asdict(run.best)}
        save_checkpoint(run.directory, state | model_state(run.model))
