"""Timing two ways of doing the same thing by turns, so that what else the machine does meets both."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
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


def clock_seconds(action: Callable[[], object]) -> float:
    """How long an action takes, with what it left to the GPU."""
    began = time.perf_counter()
    action()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began


Seconds = Callable[[Callable[[], object]], float]


def compare(
    name: str,
    reference: Callable[[], object],
    ours: Callable[[], object],
    runs: int,
    agreement: str,
    warm_up: int = 1,
) -> Comparison:
    """Run both by turns, each first every second time."""
    for _ in range(warm_up):
        reference()
        ours()
    return compare_each({name: (ours, agreement, clock_seconds)}, reference, clock_seconds, runs)[0]


def compare_each(
    ours: Mapping[str, tuple[Callable[[], object], str, Seconds]],
    reference: Callable[[], object],
    reference_seconds_of: Seconds,
    runs: int,
) -> list[Comparison]:
    """The reference and each of ours by turns, in one order and in the other: (action, agreement, what times it)."""
    turns = [("", reference, reference_seconds_of), *((name, action, of) for name, (action, _, of) in ours.items())]
    seconds: dict[str, list[float]] = {name: [] for name, _, _ in turns}
    for run in range(runs):
        for name, action, seconds_of in turns if run % 2 == 0 else reversed(turns):
            seconds[name].append(seconds_of(action))
    rows = []
    for name, (_, agreement, _) in ours.items():
        ratios = [a / b for a, b in zip(seconds[""], seconds[name], strict=True)]
        medians = (statistics.median(seconds[""]), statistics.median(seconds[name]), statistics.median(ratios))
        rows.append(Comparison(name, *medians, min(ratios), max(ratios), agreement))
    return rows
