"""A run that ends at its minutes, or where it has stopped to learn, with its learning rate at its end."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from core.training import early_end
from core.training.early_end import EarlyEnd


class Clock:
    """A clock that steps move on."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(early_end, "time", clock)
    return clock


class Steps:
    """A run of as many steps as planned, each with a loss and a length."""

    def __init__(self, steps: int, epoch_steps: int = 5) -> None:
        self.processes = SimpleNamespace(count=1)
        self.phase_steps, self.epoch_steps, self.done, self.stopped = steps, epoch_steps, 0, False

    @property
    def steps_total(self) -> int:
        return self.phase_steps

    def stop(self) -> None:
        self.stopped = True

    def go(
        self, end: EarlyEnd, clock: Clock, loss: Any = lambda step: 1 / (1 + step), seconds: Any = lambda step: 1.0
    ) -> int:
        end.on_start(self)  # type: ignore[arg-type]
        while self.done < self.phase_steps and not self.stopped:
            clock.now += seconds(self.done)
            self.done += 1
            end.on_step(self, {"loss": torch.tensor(loss(self.done))})  # type: ignore[arg-type]
        return self.done


def test_a_run_that_learns_in_time_is_as_long_as_planned(clock: Clock) -> None:
    end = EarlyEnd(1000)
    assert Steps(400).go(end, clock) == 400
    assert end.reason == ""


def test_it_ends_at_its_minutes_also_where_the_machine_gets_slower(clock: Clock) -> None:
    end = EarlyEnd(600)
    run = Steps(1000)
    done = run.go(end, clock, seconds=lambda step: 1.0 if step < 200 else 4.0)
    assert clock.now == pytest.approx(600, abs=5)
    assert done == pytest.approx(200 + 400 / 4, abs=2)
    assert run.phase_steps == done  # nothing is left: it has finished, and was not stopped
    assert end.reason == "time"


def test_a_machine_that_gets_quiet_again_makes_use_of_it(clock: Clock) -> None:
    done = Steps(500).go(EarlyEnd(600), clock, seconds=lambda step: 4.0 if step < 50 else 1.0)
    assert done == pytest.approx(50 + 400, abs=5)


def test_a_run_that_stopped_to_learn_comes_to_its_end_with_a_tail(clock: Clock) -> None:
    run = Steps(1000)
    end = EarlyEnd()
    done = run.go(end, clock, loss=lambda step: max(0.5, 1 - step / 100))
    assert end.reason == "plateau"
    assert 130 < done < 200
    assert Steps(1000).go(EarlyEnd(plateau=False), clock, loss=lambda step: 0.5) == 1000
