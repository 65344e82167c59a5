"""What the notebooks draw with: images in pixel axes, boxes, masks and keypoints on them, figures by seed."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from core.structures import Instances

# Okabe and Ito's colours, which the colour-blind can tell apart; yellow and black come last, as few grounds suit them.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
HEAT = "cividis"  # the map for anything with a magnitude; even in lightness, the same to the colour-blind

# A page is some 730 pixels wide: a figure of at most 9 inches is shown there at 80 pixels an inch or more, so that
# letters of 8 points are 9 pixels high; twice that in the file, for screens that have it.
plt.rcParams.update(
    {
        "figure.dpi": 160,
        "figure.constrained_layout.use": True,
        "font.size": 9,
        "axes.titlesize": 10,
        "legend.fontsize": 8,
        "image.interpolation": "nearest",
        "axes.prop_cycle": plt.cycler(color=COLOURS),
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)


def describe(figure: Figure, text: str) -> None:
    """Say in words what a figure shows: the alternative text of its picture in a notebook, for who cannot see it."""
    figure.set_label(text)
    shell = get_ipython()
    if shell is not None:  # registered here: making a figure is what sets the formats of notebooks up
        shell.display_formatter.formatters["image/png"].for_type(Figure, _png_with_words)


def _png_with_words(figure: Figure) -> tuple[bytes, dict[str, Any]]:
    """A figure as PNG, with what `describe` said of it, and shown at half its pixels."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=figure.dpi, bbox_inches="tight")
    return file.getvalue(), {"alt": figure.get_label(), "width": round(figure.get_figwidth() * figure.dpi / 2)}


def show_image(axes: Axes, image: Any, title: str = "", *, faded: float = 0.0) -> None:
    """An H×W×3 image whose pixel (r, c) covers [c, c + 1) × [r, r + 1); `faded` mixes it with white, 0 to 1."""
    pixels = np.asarray(image, dtype=np.float64) / 255
    height, width = pixels.shape[:2]
    axes.imshow(pixels * (1 - faded) + faded, extent=(0, width, height, 0))
    axes.set(title=title, xlabel="x (pixels)", ylabel="y (pixels)", xlim=(0, width), ylim=(height, 0))


def show_heat(axes: Axes, values: Any, size: tuple[int, int], title: str = "", **imshow: Any) -> Any:
    """An h×w map laid over the height × width pixels that it describes; returns it for a colour bar."""
    height, width = size
    picture = axes.imshow(np.asarray(values), extent=(0, width, height, 0), **({"cmap": HEAT} | imshow))
    axes.set(title=title, xlabel="x (pixels)", ylabel="y (pixels)", xlim=(0, width), ylim=(height, 0))
    return picture


def draw_boxes(axes: Axes, boxes: Any, colours: Sequence[Any] | str = COLOURS[0], **style: Any) -> None:
    """The outlines of boxes N×4 xyxy, in one colour or one each."""
    boxes = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    each = [colours] * len(boxes) if isinstance(colours, str) else colours
    for (x0, y0, x1, y1), colour in zip(boxes, each, strict=True):
        axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=colour, **({"lw": 1.5} | style)))


def draw_instances(axes: Axes, instances: Instances, *, scores: bool = True) -> None:
    """Masks, boxes, names and keypoints of `Instances` over an image that is shown already."""
    for index, mask in enumerate(instances.bitmaps().numpy() if instances.masks is not None else []):
        layer = np.zeros((*mask.shape, 4))
        layer[mask] = (*to_rgb(COLOURS[index % 6]), 0.5)
        axes.imshow(layer, extent=(0, mask.shape[1], mask.shape[0], 0))
    for index, (x0, y0, x1, y1) in enumerate(instances.boxes.tolist()):
        colour = COLOURS[index % 6]
        draw_boxes(axes, [[x0, y0, x1, y1]], colour)
        name = instances.category_of(index)["name"]
        text = f"{name} {float(instances.scores[index]):.2f}" if scores else name
        axes.text(
            x0, max(y0, 9), text, fontsize=8, color="white", va="bottom", bbox={"fc": colour, "ec": "none", "pad": 1}
        )
        if instances.has_keypoints(index):
            skeleton = instances.category_of(index).get("skeleton", [])
            draw_keypoints(axes, instances.keypoints[index], skeleton)  # type: ignore[index]


def draw_keypoints(axes: Axes, keypoints: Any, skeleton: Sequence[Sequence[int]], colour: str = "white") -> None:
    """One object's P×3 keypoints with the bones between them (1-based pairs)."""
    points = np.asarray(keypoints, dtype=np.float64)
    for a, b in skeleton:
        if points[a - 1, 2] > 0 and points[b - 1, 2] > 0:
            axes.plot(points[[a - 1, b - 1], 0], points[[a - 1, b - 1], 1], color=colour, lw=1, alpha=0.9)
    seen = points[points[:, 2] > 0]
    axes.scatter(seen[:, 0], seen[:, 1], s=9, color=colour, edgecolors="black", linewidths=0.5, zorder=3)


def draw_by_seed(axes: Axes, table: pd.DataFrame, variant: str, figure: str, title: str = "", unit: str = "%") -> None:
    """One dot a seed and a bar at the mean, for each variant in the order in which they come, on an axis from 0."""
    for position, (name, rows) in enumerate(table.groupby(variant, sort=False)):
        values = rows[figure].to_numpy(dtype=float)
        colour = COLOURS[position % 6]
        axes.hlines(values.mean(), position - 0.25, position + 0.25, color=colour, lw=3)
        spread = np.linspace(-0.12, 0.12, len(values)) if len(values) > 1 else [0.0]
        axes.scatter(
            position + np.asarray(spread), values, color=colour, edgecolors="white", s=36, zorder=3, label=str(name)
        )
    names = list(dict.fromkeys(table[variant]))
    axes.set_xticks(range(len(names)), [textwrap.fill(str(name), 9, break_on_hyphens=False) for name in names])
    axes.set(title=title, xlabel=variant, ylabel=f"{figure} ({unit})", xlim=(-0.6, len(names) - 0.4))
    axes.set_ylim(0, max(1.0, 1.08 * float(table[figure].max())))
    axes.grid(axis="y", alpha=0.3)


def compare(table: pd.DataFrame, variant: str, figures: Sequence[str]) -> pd.DataFrame:
    """Mean and spread over seeds of each variant, "43.1 ± 0.8 (3)" ± being the standard deviation, 3 the seeds."""

    def summary(values: pd.Series[float]) -> str:
        return (
            f"{values.mean():.1f} ± {values.std(ddof=1):.1f} ({len(values)})"
            if len(values) > 1
            else f"{values.mean():.1f} (1)"
        )

    return table.groupby(variant, sort=False)[list(figures)].agg(summary)
