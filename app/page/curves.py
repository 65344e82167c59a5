"""The curves of a training as SVG: whole epochs below, the smoothed loss over the raw one, each number's meaning."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from app.finetuning.job_view import FullJob
from app.messages.wording import Wording

Point = tuple[float, float]

WIDTH, HEIGHT = 520, 190
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 8, 34  # pixels around the plot for its numbers
MOST_TICKS = 8
NICE = (1, 2, 5)  # times powers of ten: what people count by


def loss_html(job: FullJob, words: Wording) -> str:
    """A job's loss, step by step and smoothed."""
    steps_an_epoch = job["steps_an_epoch"] or 1.0
    raw = [
        (point["step"] / steps_an_epoch, point["loss"])
        for point in job["curves"]["loss"]
        if math.isfinite(point["loss"])
    ]
    if not raw:
        return _figure(words("loss"), words("loss_means"), words("no_loss"))
    smooth = smoothed(raw)
    end = max(raw[-1][0], float(job["epochs"] or 0))
    highest = nice_ticks(max(value for _, value in raw))[-1]
    lines = _line("raw", raw, end, highest) + _line("smooth", smooth, end, highest)
    now, last = f"<b>{smooth[-1][1]:.2f}</b>", f"<b>{raw[-1][1]:.2f}</b>"
    keys = f"{_key('smooth')} {words('smoothed', value=now)} {_key('raw')} {words('each_step', value=last)}"
    label = words("loss_label", first=smooth[0][1], last=smooth[-1][1])
    return _figure(words("loss"), words("loss_means"), keys + _plot(label, end, highest, lines, words("epochs")))


def precision_html(job: FullJob, words: Wording) -> str:
    """A job's average precision on the held-out images, after each epoch that it was measured."""
    points = job["curves"]["precision"]
    kind = "segm" if any("segm" in point for point in points) else "bbox"
    found = {
        name: [(float(point["epoch"]), max(0.0, point[kind][name])) for point in points if kind in point]
        for name in ("AP50", "AP")
    }
    title, meaning = words("precision_of_masks" if kind == "segm" else "precision_of_boxes"), words("precision_means")
    if not found["AP"]:
        return _figure(title, meaning, words("no_precision"))
    end = max(found["AP"][-1][0], float(job["epochs"] or 0))
    lines = "".join(
        _line(name.lower(), line, end, 1.0) + _dots(name.lower(), line, end, words) for name, line in found.items()
    )
    keys = " ".join(
        f"{_key(name.lower())} {words('precision_now', name=name, value=f'<b>{line[-1][1]:.2f}</b>')}"
        for name, line in found.items()
    )
    label = words("precision_label", title=title, ap50=found["AP50"][-1][1], ap=found["AP"][-1][1])
    return _figure(title, meaning, keys + _plot(label, end, 1.0, lines, words("epochs")))


def smoothed(points: Sequence[Point]) -> list[Point]:
    """An exponential mean whose memory is a fifteenth of the curve; of the first points it is their plain mean."""
    keep = 1 - 2 / (max(5.0, len(points) / 15) + 1)
    mean, weight, line = 0.0, 0.0, []
    for at, value in points:
        mean, weight = keep * mean + (1 - keep) * value, keep * weight + (1 - keep)
        line.append((at, mean / weight))
    return line


def nice_ticks(most: float, smallest: float = 0.0, count: int = 5) -> list[float]:
    """Round numbers from 0 to `most` or a little above, at most about `count`; none closer than `smallest`."""
    rough = max(most / count, smallest, 1e-6)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(number * power for number in (*NICE, 10) if number * power >= rough * (1 - 1e-9))
    return [number * step for number in range(math.ceil(most / step - 1e-9) + 1)] or [0.0]


def _figure(title: str, meaning: str, content: str) -> str:
    return f'<figure class="curve"><figcaption><b>{title}</b><br/>{meaning}</figcaption>{content}</figure>'


def _key(name: str) -> str:
    """How a line looks, beside its name."""
    return f'<svg class="key" viewBox="0 0 22 8" aria-hidden="true"><path class="{name}" d="M0 4h22"/></svg>'


def _plot(label: str, end: float, highest: float, lines: str, below: str) -> str:
    epochs = [tick for tick in nice_ticks(end, smallest=1.0, count=MOST_TICKS) if tick <= end + 1e-9]
    across = "".join(
        f'<text x="{_x(tick, end):.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{tick:g}</text>'
        for tick in epochs
    )
    up = "".join(
        f'<path class="grid" d="M{LEFT} {_y(tick, highest):.1f}H{WIDTH - RIGHT}"/>'
        f'<text x="{LEFT - 6}" y="{_y(tick, highest) + 4:.1f}" text-anchor="end">{tick:g}</text>'
        for tick in nice_ticks(highest)
    )
    middle = (LEFT + WIDTH - RIGHT) / 2
    unit = f'<text x="{middle}" y="{HEIGHT - 3}" text-anchor="middle">{below}</text>'
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{up}{across}{unit}{lines}</svg>'


def _line(name: str, points: Iterable[Point], end: float, highest: float) -> str:
    places = [(_x(at, end), _y(value, highest)) for at, value in points]
    path = " ".join(f"{'L' if index else 'M'}{x:.1f} {y:.1f}" for index, (x, y) in enumerate(places))
    return f'<path class="{name}" d="{path}"/>'


def _dots(name: str, points: Iterable[Point], end: float, words: Wording) -> str:
    """A dot for each value from 0 to 1, which says it under the pointer."""
    return "".join(
        f'<circle class="{name}" cx="{_x(at, end):.1f}" cy="{_y(value, 1.0):.1f}" r="3">'
        f"<title>{words('epoch', epoch=at, value=value)}</title></circle>"
        for at, value in points
    )


def _x(epoch: float, end: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * epoch / max(end, 1e-9)


def _y(value: float, highest: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / max(highest, 1e-9))
