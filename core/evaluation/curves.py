"""What is behind the figures of an evaluation: precision-recall curves and the match grid, as CSV and as pictures."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.evaluation.completed import Detection, EvaluatedData
from core.evaluation.matches import LEAST_IOU, LEAST_SCORE, MatchGrid, match_grid
from core.files import write_atomically, write_text_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# What is written of the ten thresholds, by their number: 0.50, 0.75, and the mean of all that AP is.
THRESHOLDS = {"0.50": slice(0, 1), "0.75": slice(5, 6), "0.50:0.95": slice(None)}
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31", "#555555")
MOST_NAMED = len(COLOURS)  # classes with a curve of their own colour
MOST_IN_GRID = 30  # classes that a picture of the grid shows, those with the most objects


@dataclass(frozen=True)
class Curves:
    """Precision at each recall of one kind of evaluation."""

    kind: str
    names: list[str]  # of the K classes with annotated objects
    recall: NDArray[np.float64]  # R
    precision: NDArray[np.float64]  # 10×R×K, over the IoU (or OKS) thresholds 0.50 to 0.95


def check_can_draw() -> None:
    """Raise ValueError, one line, where matplotlib is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise ValueError("curves are drawn by matplotlib, which is not installed: pip install matplotlib") from None


def write_curves(
    directory: str | Path,
    curves: Sequence[Curves],
    dataset: EvaluatedData,
    detections: Sequence[Detection],
) -> None:
    """Write precision_recall_KIND.csv and .png of each kind, and matches.csv and .png of masks, else of boxes."""
    check_can_draw()
    folder = Path(directory)
    folder.mkdir(parents=True, exist_ok=True)
    for own in curves:
        rows = [("category", "iou", "recall", "precision"), *_rows(own)]
        _write_csv(folder / f"precision_recall_{own.kind}.csv", rows)
        _write_picture(folder / f"precision_recall_{own.kind}.png", _draw_curves(own))
    kinds = [own.kind for own in curves]
    if "segm" in kinds or "bbox" in kinds:
        grid = match_grid(dataset, detections, "segm" if "segm" in kinds else "bbox")
        names = [*grid.names, ""]
        header = ("true \\ found", *grid.names, "missed")
        body = [(name or "nothing there", *row) for name, row in zip(names, grid.counts.tolist(), strict=True)]
        _write_csv(folder / "matches.csv", [header, *body])
        _write_picture(folder / "matches.png", _draw_grid(grid))


def _rows(curves: Curves) -> Iterator[tuple[object, ...]]:
    """The lines of a file of curves: each class, and the mean of all as "all classes"."""
    for label, rows in THRESHOLDS.items():
        each = curves.precision[rows].mean(axis=0)
        columns = [*zip(curves.names, each.T, strict=True), ("all classes", each.mean(axis=1))] if curves.names else []
        for name, precision in columns:
            for recall, value in zip(curves.recall, precision, strict=True):
                yield name, label, f"{recall:.2f}", f"{value:.5f}"


def _draw_curves(curves: Curves) -> Figure:
    """The classes at IoU 0.50 at the left, the means at three thresholds at the right."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.4), dpi=120, layout="constrained")
    left, right = figure.subplots(1, 2)
    overlap = "OKS" if curves.kind == "keypoints" else "IoU"
    at_half = curves.precision[0]
    order = np.argsort(-at_half.mean(axis=0))
    few = len(curves.names) <= MOST_NAMED
    for place, number in enumerate(order):
        label = f"{curves.names[number]}  {100 * at_half[:, number].mean():.1f}"
        style = {"color": COLOURS[place], "label": label} if few else {"color": "#999999", "lw": 0.6, "alpha": 0.6}
        left.plot(curves.recall, at_half[:, number], **style)
    if not few:
        left.plot(curves.recall, at_half.mean(axis=1), color="black", label=f"mean  {100 * at_half.mean():.1f}")
    title = "each class" if few else f"each of {len(curves.names)} classes"
    _frame(left, f"{curves.kind}: {title} at {overlap} 0.50", bool(curves.names))
    for colour, (label, rows) in zip(COLOURS, THRESHOLDS.items(), strict=False):
        if curves.names:
            mean = curves.precision[rows].mean(axis=(0, 2))
            right.plot(curves.recall, mean, color=colour, label=f"{overlap} {label}  {100 * mean.mean():.1f}")
    _frame(right, f"{curves.kind}: mean over classes", bool(curves.names))
    return figure


def _frame(axes: Axes, title: str, legend: bool) -> None:
    axes.set(title=title, xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes.grid(color="#dddddd", lw=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        axes.legend(title="area below (AP)", fontsize=8, title_fontsize=8, loc="best")


def _draw_grid(grid: MatchGrid) -> Figure:
    """Shares of each row's objects as shades, counts as numbers."""
    from matplotlib.figure import Figure

    totals = grid.counts.sum(axis=1)[:-1] + grid.counts.sum(axis=0)[:-1]
    shown = sorted(np.argsort(-totals, kind="stable")[:MOST_IN_GRID])
    shown = [number for number in shown if totals[number]]
    places = [*shown, len(grid.names)]
    counts = grid.counts[np.ix_(places, places)]
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    side = 2.6 + 0.34 * len(places)
    figure = Figure(figsize=(side + 0.6, side), dpi=120, layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    names = [grid.names[number] for number in shown]
    axes.set_xticks(range(len(places)), [*names, "missed"], rotation=45, ha="right", rotation_mode="anchor", fontsize=8)
    axes.set_yticks(range(len(places)), [*names, "nothing there"], fontsize=8)
    what = "masks" if grid.kind == "segm" else "boxes"
    more = f", {len(shown)} of {len(grid.names)} classes" if len(shown) < len(grid.names) else ""
    axes.set(xlabel="found as", ylabel="annotated as")
    axes.set_title(f"{what} with IoU ≥ {LEAST_IOU:g}, score ≥ {LEAST_SCORE:g}{more}", fontsize=9)
    for row, column in np.argwhere(counts > 0):
        colour = "white" if shares[row, column] > 0.55 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=7, color=colour)
    return figure


def _write_csv(path: Path, rows: Sequence[Sequence[object]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_text_atomically(path, text.getvalue())


def _write_picture(path: Path, figure: Figure) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # class names in scripts that no font here has
        write_atomically(path, lambda temporary: figure.savefig(temporary, format="png"))
