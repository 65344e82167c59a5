"""This package beside torchvision and pycocotools, as ratios in one run.

    python -m benchmarks
    python -m benchmarks --data ../shared/data/coco_subset --only masks evaluation

The same (random, calibrated) weights, the same images; both take turns, and what they find is checked to be the
same before anything is timed.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import torch
import tyro

from benchmarks.comparison.alternating import HEADER
from benchmarks.comparison.evaluation_speed import evaluation_comparison
from benchmarks.comparison.inference import Size, inference_comparisons
from benchmarks.comparison.training_step import peak_memory, training_comparison
from core.datasets.synthetic_scenes import write_shapes
from core.devices import choose_device

Part = Literal["masks", "keypoints", "mobilenet", "training", "evaluation", "memory"]


@dataclass
class Benchmarks:
    """Compare with torchvision and pycocotools."""

    data: Annotated[Path | None, tyro.conf.arg(metavar="DIR")] = None
    """Photographs in images/ with annotations/instances_val.json; synthetic scenes by default."""
    only: tuple[Part, ...] = ("masks", "keypoints", "mobilenet", "training", "evaluation", "memory")
    """Parts of the table."""
    runs: int = 5
    """Timed runs of each side."""
    images: int = 4
    """Photographs a run of inference."""
    sizes: tuple[Size, ...] = ("640x480", "1920x1080")
    """Sizes that the photographs are brought to, a row each."""
    threads: int | None = None
    """CPU threads; torch's choice by default."""
    device: str = "cpu"
    """cpu, cuda or auto."""
    precision: tuple[Literal["float32", "bf16"], ...] = ("float32",)
    """Numbers that our side of inference computes in, a row each; the reference is float32."""
    cpu_time: bool = False
    """Inference: count a processor's seconds, all threads together, where other work would lengthen the clock's."""


def main(options: Benchmarks) -> None:
    """Print the table row by row."""
    if options.threads:
        torch.set_num_threads(options.threads)
    device = str(choose_device(options.device))
    where = torch.cuda.get_device_name() if device.startswith("cuda") else f"CPU, {torch.get_num_threads()} threads"
    print(f"{where}, torch {torch.__version__}, medians of {options.runs} alternating runs\n\n{HEADER}")
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or synthetic_data(Path(folder) / "data")
        photographs = sorted((data / "images").iterdir())[: options.images]
        for part in options.only:
            if part in ("masks", "keypoints", "mobilenet"):
                settings = (options.runs, device, options.precision, options.cpu_time, options.sizes)
                for row in inference_comparisons(part, photographs, Path(folder), *settings):
                    print(row.row(), flush=True)
            elif part == "training":
                print(training_comparison(data, Path(folder), options.runs, device).row(), flush=True)
            elif part == "evaluation":
                for kind in ("bbox", "segm"):
                    print(evaluation_comparison(kind, data, options.runs).row(), flush=True)
            else:
                for line in peak_memory(data, photographs[0], Path(folder)):
                    print(line, flush=True)


def synthetic_data(folder: Path) -> Path:
    """100 synthetic scenes in the layout of `--data`."""
    write_shapes(folder, images=100, seed=0, height=480, width=640)
    (folder / "annotations").mkdir()
    (folder / "annotations.json").rename(folder / "annotations" / "instances_val.json")
    return folder


if __name__ == "__main__":
    main(tyro.cli(Benchmarks))
