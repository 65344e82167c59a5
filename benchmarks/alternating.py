"""Timing two ways of doing the same thing by turns, so that what else the machine does meets both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Comparison:
    """One row of the table: seconds of the reference and of this package, medians over alternating runs."""

    name: str
    reference: float
    ours: float
    ratio: float  # median of the runs' own ratios, reference / ours
    lowest: float
    highest: float
    agreement: str  # what was compared, and how far it agrees

    def row(self) -> str:
        """The comparison as a row of a Markdown table."""
        spread = f"{self.lowest:.2f} to {self.highest:.2f}"
        times = f"{1000 * self.reference:.0f} | {1000 * self.ours:.0f}"
        return f"| {self.name} | {times} | **{self.ratio:.2f}** | {spread} | {self.agreement} |"


HEADER = "| what | reference, ms | MaskLoop, ms | ratio | of single runs | agreement |\n|---|---|---|---|---|---|"


def compare(
    name: str, reference: Callable[[], object], ours: Callable[[], object], runs: int, agreement: str, warm_up: int = 1
) -> Comparison:
    """Run both by turns, each first every second time."""
    for _ in range(warm_up):
        reference()
        ours()
    reference_seconds, our_seconds = [], []
    for run in range(runs):
        turns = [(reference, reference_seconds), (ours, our_seconds)]
        for action, seconds in turns if run % 2 == 0 else reversed(turns):
            seconds.append(seconds_of(action))
    ratios = [a / b for a, b in zip(reference_seconds, our_seconds, strict=True)]
    return Comparison(
        name,
        statistics.median(reference_seconds),
        statistics.median(our_seconds),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        agreement,
    )


def seconds_of(action: Callable[[], object]) -> float:
    """How long an action takes, with what it left to the GPU."""
    began = time.perf_counter()
    action()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began
