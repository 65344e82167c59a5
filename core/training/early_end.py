"""A run that ends before its last step: where its time is over, or where it has stopped to learn."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping

import torch
from torch import Tensor

from core.training.callbacks import Callback, RunInProgress

PACE_STEPS = 20  # the time a step takes is that of the last few: machines get busy and quiet again
LEAST_STEPS = 40  # in each of the two stretches whose losses are compared
LEAST_GAIN = 0.01  # of the loss from one stretch to the next; less is a plateau
TAIL = 0.2  # of the steps done, in which the learning rate still falls to its end


class EarlyEnd(Callback):
    """Shortens the schedule of a run in one phase, so that its learning rate still falls to its end.

    Runs in several phases or processes it leaves as they are.
    `seconds` is what the steps (with validations between them) may take from now on: how many fit is worked out after
    every step anew. `plateau`: the run also comes to its end where the mean loss over the last stretch of steps is
    hardly better than over the stretch before. A stretch is three times as many steps as an epoch has, at least 40.
    """

    def __init__(self, seconds: float | None = None, *, plateau: bool = True) -> None:
        self.deadline = None if seconds is None else time.monotonic() + seconds
        self.plateau = plateau
        self.reason = ""  # why the run was shortened: "time", "plateau" or neither
        self._times: deque[float] = deque(maxlen=PACE_STEPS + 1)
        self._losses: list[float] = []
        self._planned = 0

    def on_start(self, run: RunInProgress) -> None:
        self._planned = run.phase_steps
        self._times.append(time.monotonic())

    def on_step(self, run: RunInProgress, losses: Mapping[str, Tensor]) -> None:
        if run.steps_total > run.phase_steps or run.processes.count > 1:
            return
        self._times.append(time.monotonic())
        self._losses.append(float(torch.stack(list(losses.values())).sum()))  # one wait for a GPU, not one a loss
        if self.plateau and not self.reason and self._is_flat(3 * run.epoch_steps):
            self._planned, self.reason = min(self._planned, run.done + max(1, round(TAIL * run.done))), "plateau"
        steps = self._planned
        if self.deadline is not None:
            fits = int((self.deadline - self._times[-1]) / max(1e-9, self._pace()))
            if run.done + fits < steps:
                steps, self.reason = max(run.done, run.done + fits), self.reason or "time"
        run.phase_steps = steps
        if run.done >= steps:
            run.stop()

    def _pace(self) -> float:
        return (self._times[-1] - self._times[0]) / (len(self._times) - 1)

    def _is_flat(self, stretch: int) -> bool:
        stretch = max(LEAST_STEPS, stretch)
        if len(self._losses) < 2 * stretch:
            return False
        before, last = self._losses[-2 * stretch : -stretch], self._losses[-stretch:]
        return sum(last) > (1 - LEAST_GAIN) * sum(before)
