"""The curves of the Fine-tune tab: whole epochs, a calm line over the raw one, and words where there is nothing."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import pytest

from app.messages.wording import Wording
from app.page.curves import loss_html, nice_ticks, precision_html, smoothed

WORDS = Wording("en")


def job(losses: Sequence[float], precision: Sequence[dict[str, Any]] = (), epochs: int | None = 3) -> dict[str, Any]:
    """A job of three steps an epoch."""
    loss = [{"step": number, "loss": value} for number, value in enumerate(losses, start=1)]
    return {"epochs": epochs, "steps_an_epoch": 3.0, "curves": {"loss": loss, "precision": list(precision)}}


def plot(html: str) -> ElementTree.Element:
    """The picture of the curve; the others are keys beside its names."""
    figure = ElementTree.fromstring(html)
    return next(svg for svg in figure.iter("svg") if svg.get("role") == "img")


def below(html: str) -> list[str]:
    """The numbers under the plot, from left to right."""
    return [str(text.text) for text in plot(html).iter("text") if text.get("text-anchor") == "middle"][:-1]


def places(html: str, name: str) -> list[tuple[float, float]]:
    """Where a line of the plot goes."""
    (line,) = (path for path in plot(html).iter("path") if path.get("class") == name)
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", line.get("d", ""))]


@pytest.mark.parametrize(("epochs", "shown"), [(3, ["0", "1", "2", "3"]), (12, ["0", "2", "4", "6", "8", "10", "12"])])
def test_only_whole_epochs_stand_below_however_few_there_are(epochs: int, shown: list[str]) -> None:
    assert below(loss_html(job([2.0, 1.0], epochs=epochs), WORDS)) == shown


def test_a_step_lies_at_its_part_of_an_epoch_and_the_planned_end_is_seen() -> None:
    line = places(loss_html(job([4.0, 3.0, 2.0]), WORDS), "raw")  # one of three epochs
    widths = [after[0] - before[0] for before, after in itertools.pairwise(line)]
    assert widths[0] == pytest.approx(widths[1], abs=0.2)
    assert line[-1][0] == pytest.approx(40 + (520 - 40 - 8) / 3, abs=0.1)
    assert line[0][1] < line[1][1] < line[2][1]  # less is lower


def test_the_smoothed_loss_is_calmer_than_the_raw_one_and_true_to_its_mean() -> None:
    raw = [(float(at), 3.0 if at % 2 else 11.0) for at in range(200)]
    calm = smoothed(raw)
    assert calm[0] == raw[0]
    assert all(abs(value - 7.0) < 1.0 for _, value in calm[50:])
    assert smoothed([(0.0, 5.0), (1.0, 5.0)]) == [(0.0, 5.0), (1.0, pytest.approx(5.0))]


def test_a_loss_that_is_no_number_is_left_out() -> None:
    html = loss_html(job([2.0, math.nan, 1.0]), WORDS)
    assert len(places(html, "raw")) == 2


def test_every_number_has_its_name() -> None:
    points = [
        {"epoch": 1, "step": 3, "segm": {"AP": 0.2, "AP50": 0.5}},
        {"epoch": 2, "step": 6, "segm": {"AP": -1, "AP50": 0.75}},
    ]
    html = precision_html(job([1.0], points), WORDS)
    words = "".join(ElementTree.fromstring(html).itertext())
    assert "Average precision of masks" in words
    assert "AP50, now 0.75" in words
    assert "AP, now 0.00" in words  # -1 is COCO's for nothing to measure
    assert places(html, "ap50")[0][1] > places(html, "ap50")[1][1]
    assert plot(html).get("aria-label") == "Average precision of masks by epoch: AP50 0.75, AP 0.00 now"


def test_before_there_is_anything_a_sentence_stands_in_its_place() -> None:
    nothing = job([], epochs=None)
    assert WORDS("no_loss") in loss_html(nothing, WORDS)
    assert WORDS("no_precision") in precision_html(nothing, WORDS)
    assert "<svg" not in loss_html(nothing, WORDS) + precision_html(nothing, WORDS)


def test_ticks_are_round_and_reach_the_top() -> None:
    assert nice_ticks(11.7) == pytest.approx([0, 5, 10, 15])
    assert nice_ticks(1.0) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert nice_ticks(0.0) == [0.0]
    assert nice_ticks(300, smallest=1, count=8)[-1] == 300
