"""A run between two steps: what it is made of, how it begins, and what it leaves in its directory."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from core.config import TrainConfig
from core.datasets.annotated_images import AnnotatedImages
from core.datasets.transforms import training_transforms
from core.model.freezing import MapMemory
from core.model.mask_rcnn import MaskRCNN
from core.model.weights import save_model
from core.training.alternating import Phase, freeze_for, model_for, phases_of
from core.training.callbacks import Callback, Callbacks
from core.training.checkpoints import load_checkpoint, model_state, restored_model, save_checkpoint
from core.training.class_transfer import has_other_rows
from core.training.distributed import Processes
from core.training.given import Given, look_at_first, training_data
from core.training.learning.averaging import WeightAverage
from core.training.learning.base_distillation import BaseDistillation
from core.training.learning.base_share import BaseShare
from core.training.learning.execution import computes_in_bfloat16
from core.training.learning.from_base import begun_base_share, begun_distillation
from core.training.learning.optimizers import build_optimizer
from core.training.records.metrics_log import MetricsLog
from core.training.records.results import Best, best_so_far, refuse_to_overwrite, write_config
from core.training.records.resuming import check_resumable, kept_options, say_which_classes_are_lost
from core.training.records.selection import check_can_select
from core.training.samples import largest_seen, select_train_indices, steps_an_epoch
from core.training.start import starting_model, trained_categories

NOTHING_GIVEN = Given()


@dataclass
class Run:
    """A run between two steps."""

    config: TrainConfig
    directory: Path
    processes: Processes
    dataset: AnnotatedImages
    train_indices: list[int]  # places in the data set of the images that are learned from
    validation: AnnotatedImages | None
    model: MaskRCNN
    phases: tuple[Phase, ...]  # what learns when
    phase_steps: int
    log: MetricsLog
    best: Best
    callbacks: Callback
    done: int = 0  # steps
    optimizer_state: dict[str, Any] | None = None  # of the phase that a resumed run goes on in
    optimizer: torch.optim.Optimizer = field(init=False)  # of the phase that was entered
    average: WeightAverage | None = None  # of the weights in the phase that was entered, where `ema` asks for it
    average_state: dict[str, Any] | None = None  # of the phase that a resumed run goes on in
    distillation: BaseDistillation | None = None  # where the base has classes that the data does not show
    base_share: BaseShare | None = None  # where heads of their own learned classes that the base knows
    stop_asked: bool = False

    @property
    def phase_number(self) -> int:
        """The phase that the next step belongs to, from 0; after the last step the last."""
        return min(self.done // self.phase_steps, len(self.phases) - 1)

    @property
    def steps_total(self) -> int:
        """Steps of all phases."""
        return self.phase_steps * len(self.phases)

    @property
    def epoch_steps(self) -> int:
        """Steps until every image was seen once."""
        return steps_an_epoch(len(self.train_indices), self.config.images_a_step, self.processes.count)

    @property
    def epoch(self) -> int:
        """The epoch that the last step belonged to, from 1."""
        return max(1, -(-self.done // self.epoch_steps))

    @contextmanager
    def judged(self) -> Iterator[MaskRCNN]:
        """Within it there is the model that is judged and written: the one that learns, or what averages make of it."""
        with nullcontext() if self.average is None else self.average.in_place_of(self.model):
            yield self.model if self.base_share is None else self.base_share.shared(self.model)

    def stop(self) -> None:
        """End the run in good order after the step it is in, with a checkpoint."""
        self.stop_asked = True

    def tell(self, kind: str, **values: object) -> None:
        """A line of metrics.jsonl, and to the callbacks."""
        self.log.write(kind, **values)
        if self.processes.is_main:
            self.callbacks.on_log(self, {"kind": kind, **values})


def prepare_run(config: TrainConfig, processes: Processes, given: Given = NOTHING_GIVEN) -> Run:
    """Data, model and optimizer at step 0, or where the checkpoint left them."""
    directory, phases = Path(config.output), phases_of(config)
    checkpoint = load_checkpoint(directory) if config.resume else None
    if checkpoint is None and processes.is_main:
        refuse_to_overwrite(directory)
    callbacks = Callbacks(given.callbacks)
    dataset, validation = training_data(config, given, checkpoint)
    train_indices = select_train_indices(dataset, config)
    phase_steps = config.steps or config.epochs * steps_an_epoch(
        len(train_indices), config.images_a_step, processes.count
    )
    torch.manual_seed(config.seed)
    if checkpoint is None:
        known = (config.model or given.model is not None) and dataset.known_ahead
        categories = trained_categories(dataset) if known else dataset.categories
        model, done, best, optimizer_state = starting_model(config, categories, given.model), 0, Best(), None
    else:
        check_resumable(checkpoint, config, phase_steps)
        model, done, best = (
            restored_model(checkpoint, given.model),
            checkpoint["step"],
            best_so_far(checkpoint, config, validation),
        )
        optimizer_state = checkpoint["optimizer"] if done % phase_steps else None
        say_which_classes_are_lost(model, dataset)
    dataset.transforms = training_transforms(dataset, config, model.config.keypoint_offset)
    dataset.shrinking = largest_seen(config, model.config)
    model.to(processes.device)
    distillation = begun_distillation(config, model, dataset, given, checkpoint)
    base_share = begun_base_share(config, model, dataset, train_indices, given, checkpoint)
    for images in (dataset, validation):
        look_at_first(images, model)
    check_can_select(config, model, validation)
    processes.check_model(model)
    if processes.is_main:
        write_config(directory, config)
    _say_where_float32_stays(config, processes)
    log = MetricsLog(directory if processes.is_main else None, keep_until_step=done if config.resume else None)
    run = Run(
        config,
        directory,
        processes,
        dataset,
        train_indices,
        validation,
        model,
        phases,
        phase_steps,
        log,
        best,
        callbacks,
        done,
        optimizer_state,
    )
    if optimizer_state is not None and checkpoint is not None:
        run.average_state = checkpoint.get("average")
    run.distillation, run.base_share = distillation, base_share
    callbacks.on_start(run)
    run.tell(
        "start",
        steps_total=run.steps_total,
        epochs=-(-run.steps_total // run.epoch_steps),
        base_model=config.model or None,
        categories=[category["name"] for category in model.categories],
        resumed_at=done or None,
        phases=[phase.name for phase in run.phases],
    )
    return run


def _say_where_float32_stays(config: TrainConfig, processes: Processes) -> None:
    if config.cpu_bfloat16 and processes.device.type == "cpu" and not computes_in_bfloat16(config, processes.device):
        warnings.warn("cpu_bfloat16: this CPU has neither avx512_bf16 nor AMX; it learns in float32", stacklevel=4)


def enter_phase(run: Run) -> None:
    """Ready the model and its optimizer for the phase that the next step belongs to."""
    config, phase = run.config, run.phases[run.phase_number]
    if run.done % run.phase_steps == 0:
        run.model = model_for(phase, run.model)
    # Convolutions are faster where the channels of a pixel lie together, on a CPU and with a GPU's tensor cores.
    run.model.to(memory_format=torch.channels_last)
    # Stages whose weights are random have nothing worth keeping.
    pretrained = bool(config.model or config.backbone_weights)
    run.model.freeze_stages(config.freeze_stages if pretrained else 0)
    if config.own_heads or run.model.config.class_groups:
        run.model.freeze_features(keypoints=bool(run.dataset.num_keypoints))
        run.model.map_memory = MapMemory() if _shows_the_same_again(config) else None
    freeze_for(phase, run.model)
    run.optimizer = build_optimizer(run.model, config, has_other_rows(run.model, run.dataset.categories))
    if run.optimizer_state is not None:
        run.optimizer.load_state_dict(run.optimizer_state)
        run.optimizer_state = None
    run.average = WeightAverage(run.model, config.ema) if config.ema else None
    if run.average is not None and run.average_state is not None:
        run.average.load_state_dict(run.average_state)
    run.average_state = None


def _shows_the_same_again(config: TrainConfig) -> bool:
    """Whether images come back as they were, or mirrored, and not each time with other colours or of another size."""
    varied = config.colour_jitter or config.copy_paste or config.large_scale_jitter or len(config.min_sizes) > 1
    return not varied


def write_model(run: Run, model: MaskRCNN) -> None:
    """A model that is judged (`Run.judged`), as the result of the run; the main process alone writes."""
    lineage = {
        "base_model": run.config.model or None,
        "annotations": Path(run.dataset.source).name,
        "images": len(run.train_indices),
        "classes_learned": [category["name"] for category in run.dataset.categories],
        "training": run.config.training,
        "steps": run.done,
    }
    save_model(model, run.directory, metrics=run.best.metrics, lineage=lineage)


def write_checkpoint(run: Run) -> None:
    """What `resume` goes on from."""
    if run.processes.is_main:
        state = {
            "step": run.done,
            "training": run.config.training,
            "phase_steps": run.phase_steps,
            "options": kept_options(run.config),
            "optimizer": run.optimizer.state_dict(),
            "best": asdict(run.best),
            "average": None if run.average is None else run.average.state_dict(),
        }
        if run.distillation is not None:
            state["base"] = model_state(run.distillation.base)
        if run.base_share is not None:
            state["base_share"] = run.base_share.state_dict()
        save_checkpoint(run.directory, state | model_state(run.model))
    run.callbacks.on_checkpoint(run)
