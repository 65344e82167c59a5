"""The training loop.

Everything that happens to a model in a run happens here, top to bottom: what a step is, when the
model is judged, when it is written. Copy it where yours needs another step. How a run begins is in
`run`, what learns in which of its phases in `alternating`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from core.config import TrainConfig
from core.datasets.annotated_images import Samples
from core.memory import give_back_freed_memory
from core.model.mask_rcnn import MaskRCNN
from core.model.winograd import learning_convolutions
from core.structures import Category
from core.training.callbacks import Callback
from core.training.checkpoints import CheckpointClock
from core.training.class_transfer import other_rows_held
from core.training.distributed import process_group
from core.training.given import Given, effective_config, given_back
from core.training.learning.divergence import FiniteLoss, TrainingDivergedError
from core.training.learning.execution import execution
from core.training.learning.optimizers import set_learning_rate
from core.training.learning.schedules import learning_rate_factor
from core.training.learning.step import backward, distil_backward
from core.training.ranges import check_training_ranges
from core.training.records.metrics_log import StepMeter
from core.training.records.writers import writers_for
from core.training.run import Run, enter_phase, prepare_run, write_checkpoint, write_model
from core.training.samples import TargetsForModel, batches
from core.training.signals import StopRequest, stop_requests
from core.training.validation import validate, validation_is_due

# Of memory. Often enough to keep a run from growing, seldom enough: at every step it would cost a sixth of the time.
STEPS_BETWEEN_RELEASES = 5


@dataclass(frozen=True)
class TrainResult:
    """What a run came to."""

    directory: Path  # holds model.safetensors and model.json, which `load_model` reads
    metrics: dict[str, Any]  # of the model written, as in model.json
    stopped: bool  # asked to stop before its last step; `resume` goes on
    steps: int  # done so far


def train(
    config: TrainConfig,
    *,
    model: MaskRCNN | str | Path | None = None,
    dataset: Samples | None = None,
    validation: Samples | None = None,
    categories: Sequence[Category | str] | None = None,
    callbacks: Sequence[Callback] = (),
) -> TrainResult:
    """Train a model on a data set; the same as `python -m core train`.

    Model and data are those that `config` names, a COCO data set, or those that are given instead:

    - `model`: a MaskRCNN, or what `config.model` may name. A MaskRCNN learns in place, with all of it that its
      `freeze` left free (`freeze_stages` and `class_row_learning_rate_factor` are for models by name), where its
      classes are those of the data, or are as many and have no names; else a copy with rows for them learns.
    - `dataset`, `validation`: a `CocoDataset`, or any sequence of (image, target) as `SampleSequence` describes them.
    - `categories`: names or COCO categories that the labels of a sequence stand for; by default those in its attribute
      `categories`, else the model's.
    - `callbacks`: told of each step, line of the log, checkpoint and of the end (`Callback`).

    Writes into `config.output`: model.safetensors with its sidecar model.json, train.json (the
    configuration), metrics.jsonl (a line every few steps, readable while it grows) and
    checkpoint.pt. With validation data the model written is the best one so far by mask AP (keypoint
    or box AP for a model without masks, `select_by`), else the last. SIGTERM and Ctrl+C end the run
    after the step it is in, with a checkpoint; `resume` goes on from there to the same result as without the break.

    Raises FileNotFoundError and ValueError, one line, for what a user can mend, among them
    `TrainingDivergedError` naming the images whose loss was no number; what the run wrote before
    is left as it was.
    """
    if isinstance(model, str | Path):
        config, model = replace(config, model=str(model)), None
    check_training_ranges(config)
    given = Given(model, dataset, validation, categories, (*callbacks, *writers_for(config.writers)))
    config = effective_config(config, given)
    if config.threads:
        torch.set_num_threads(config.threads)
    with process_group(config.device) as processes, stop_requests() as request, given_back(dataset):
        run = prepare_run(config, processes, given)
        try:
            stopping = False
            while run.done < run.steps_total and not stopping:
                enter_phase(run)
                stopping = _run_phase(run, request)
            stopped = run.done < run.steps_total
            if run.best.score is None:  # nothing was validated: the last weights are the result
                run.best.metrics = {"selected": "the last step", "step": run.done, "epoch": run.epoch}
                if processes.is_main:
                    with run.judged() as judged:
                        write_model(run, judged)
        except Exception as error:
            reason = "nan" if isinstance(error, TrainingDivergedError) else "error"
            _end(run, reason, " ".join(str(error).split()) or type(error).__name__)
            raise
        else:
            _end(run, "stopped" if stopped else "finished", f"{run.done} of {run.steps_total} steps")
        finally:
            run.log.close()
        processes.wait()
    return TrainResult(run.directory, run.best.metrics, stopped, run.done)


def _end(run: Run, reason: str, message: str) -> None:
    run.tell("end", reason=reason, message=message)
    run.callbacks.on_end(run, reason)


def _run_phase(run: Run, request: StopRequest) -> bool:
    """The steps that are left of a phase; whether somebody asked to stop."""
    by_winograd = run.processes.device.type == "cpu" and not run.config.compile
    # A model that was given is its owner's again after the run: nothing of the run's stays on it.
    try:
        with (
            execution(run.model, run.config),
            learning_convolutions(run.model) if by_winograd else nullcontext(),
            other_rows_held(run.model, run.dataset.categories),
        ):
            return _steps(run, request)
    finally:
        run.model.map_memory = None


def _steps(run: Run, request: StopRequest) -> bool:
    config, processes, model, number = run.config, run.processes, run.model, run.phase_number
    first, end, phase = number * run.phase_steps, (number + 1) * run.phase_steps, run.phases[number]
    wrapped = processes.wrap(model)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    finite = FiniteLoss(processes, run.dataset, config.log_every)
    meter = StepMeter(run.steps_total - run.done, config.images_a_step * processes.count)
    targets_for_model = TargetsForModel(run.dataset.categories, model)
    loader = batches(run.dataset, run.train_indices, config, processes, run.done, end)
    bar = tqdm(total=end, initial=run.done, desc=phase.name, unit="step", disable=None if processes.is_main else True)
    stopping, first_done = False, run.done
    clock = CheckpointClock()
    model.train()

    for images, targets in loader:
        step = run.done
        # Each step draws from its own seed: a resumed run draws what an uninterrupted one would have.
        torch.manual_seed((config.seed * 1_000_003 + step) * processes.count + processes.rank)
        learning_rate = config.learning_rate * learning_rate_factor(step - first, run.phase_steps, config)
        set_learning_rate(run.optimizer, learning_rate)
        run.optimizer.zero_grad(set_to_none=True)
        kept: dict[str, Tensor] = {}
        if run.distillation is not None:
            kept = distil_backward(model, run.distillation, step, images, targets, config, processes, phase.learning)
        losses = kept | backward(wrapped, images, targets, targets_for_model, config, processes, phase.learning)
        loss = torch.stack(list(losses.values())).sum()
        # Without clipping the norm is still asked for: it shows what went wrong a step before the loss does.
        norm = torch.nn.utils.clip_grad_norm_(parameters, config.gradient_clip or float("inf"))
        finite.watch(step, loss, norm, [target["image_id"] for target in targets])
        meter.add(losses)
        last = step + 1 == end
        logging = (step + 1) % config.log_every == 0 or last
        if logging or processes.device.type == "cpu":  # on a GPU asking means waiting
            finite.check()
        run.optimizer.step()
        if run.average is not None:
            run.average.follow(model)
        run.done = step + 1
        run.callbacks.on_step(run, losses)
        bar.update()
        if processes.device.type == "cpu" and run.done % STEPS_BETWEEN_RELEASES == 0:
            give_back_freed_memory()

        # Processes may hear of it at different steps; they agree where they talk anyway.
        stopping = processes.any(request.asked or run.stop_asked) if logging or processes.count == 1 else False
        if logging or stopping:
            meter.steps_left = run.steps_total - first_done
            entry = meter.summary() | {"steps_total": run.steps_total}
            run.tell("step", step=run.done, epoch=run.epoch, learning_rate=learning_rate, **entry)
            bar.set_postfix(loss=f"{entry['loss']:.3f}")
        if validation_is_due(run):
            finite.check()
            began = time.perf_counter()
            validate(run)
            model.train()
            meter.leave_out(time.perf_counter() - began)
            stopping = stopping or ((request.asked or run.stop_asked) and processes.count == 1)
        # Several processes agree on steps only: each has a clock of its own.
        by_clock = processes.count == 1 and clock.is_due
        if run.done % config.checkpoint_every == 0 or last or stopping or by_clock:
            finite.check()
            write_checkpoint(run)
            clock.written()
        if stopping:
            break

    bar.close()
    return stopping
