"""What may be told of a run while it goes on: derive from `Callback` and give it to `train`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from torch import Tensor

from core.config import TrainConfig
from core.model.mask_rcnn import MaskRCNN
from core.training.distributed import Processes


class RunInProgress(Protocol):
    """What a callback may rely on of `core.training.run.Run`, which knows callbacks and is not known here."""

    config: TrainConfig
    directory: Path
    processes: Processes
    model: MaskRCNN
    done: int  # steps
    phase_steps: int  # of the phase that goes on; whoever shortens it shortens its schedule

    @property
    def epoch_steps(self) -> int:
        """Steps in which every image is seen once."""

    @property
    def steps_total(self) -> int:
        """Steps of all phases."""

    @property
    def epoch(self) -> int:
        """The epoch that the last step belonged to, from 1."""

    def stop(self) -> None:
        """End the run in good order after the step it is in, with a checkpoint."""


class Callback:
    """Does nothing; override what you want to hear of.

    Every process of a run calls all of them, and `run.processes.is_main` is True in one alone. What is raised ends
    the run as an error of its own would. `run.stop()` ends it in good order after the step, with a checkpoint; several
    processes agree on it at the next line of the log.
    """

    def on_start(self, run: RunInProgress) -> None:
        """Data, model and log are ready; `run.done` steps were done before, by a run that is resumed."""

    def on_step(self, run: RunInProgress, losses: Mapping[str, Tensor]) -> None:
        """The optimizer has made step `run.done`; `losses` (each a number on the device) are what it learned from."""

    def on_log(self, run: RunInProgress, entry: Mapping[str, object]) -> None:
        """A line was written to metrics.jsonl (in the main process)."""

    def on_checkpoint(self, run: RunInProgress) -> None:
        """`run.directory` holds a checkpoint of step `run.done`."""

    def on_end(self, run: RunInProgress, reason: str) -> None:
        """The run is over: "finished", "stopped", "nan" or "error"."""


class Callbacks(Callback):
    """Several, each told in the order given."""

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise ValueError(f"callbacks: {callback!r} is none; derive its class from core.training.Callback")
        self.callbacks = tuple(callbacks)

    def on_start(self, run: RunInProgress) -> None:
        for callback in self.callbacks:
            callback.on_start(run)

    def on_step(self, run: RunInProgress, losses: Mapping[str, Tensor]) -> None:
        for callback in self.callbacks:
            callback.on_step(run, losses)

    def on_log(self, run: RunInProgress, entry: Mapping[str, object]) -> None:
        for callback in self.callbacks:
            callback.on_log(run, entry)

    def on_checkpoint(self, run: RunInProgress) -> None:
        for callback in self.callbacks:
            callback.on_checkpoint(run)

    def on_end(self, run: RunInProgress, reason: str) -> None:
        for callback in self.callbacks:
            callback.on_end(run, reason)
