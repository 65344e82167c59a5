"""The paper's ablations in small: each choice trained with equal budgets and several seeds, and judged alike.

    python benchmarks/ablations.py --output runs/ablations
    python benchmarks/ablations.py --output runs/ablations --only table_2c table_2d --steps 400

The detectors are those of notebooks/small_training.py: ResNet-18 from random weights on synthetic scenes of 128
pixels, a CPU thread each. results.csv has a row a run and grows while they run; a second call goes on where it was
broken off. summary.csv has means and standard deviations over seeds, and the difference to each table's first row
with its own standard deviation (runs of one seed are paired); <table>.png shows them.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import torch
import tyro

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "notebooks")]

from small_training import JUDGED_FROM, SmallTraining, train_small, write_simple_scenes  # noqa: E402

# With one map a quarter of the regions, as the paper has an eighth: C4 runs the whole last stage on each.
ONE_MAP = {"rois_per_image": 8, "proposals_test": 20}
C4 = ONE_MAP | {"features": "c4"}
C5 = ONE_MAP | {"features": "c5"}

# Of each table: the figure that the paper compares, and the variants, the one to compare with first.
TABLES: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "table_2b": (
        "mask AP",
        {
            "sigmoid": {},
            "softmax": {"mask_loss": "softmax"},
            "class-agnostic": {"mask_class_agnostic": True},
        },
    ),
    "table_2c": (
        "mask AP",
        {
            "RoIAlign, stride 16": C4,
            "RoIWarp, stride 16": C4 | {"roi_op": "warp"},
            "RoIPool, stride 16": C4 | {"roi_op": "pool"},
        },
    ),
    "table_2d": (
        "mask AP",
        {
            "RoIAlign, stride 32": C5,
            "RoIWarp, stride 32": C5 | {"roi_op": "warp"},
            "RoIPool, stride 32": C5 | {"roi_op": "pool"},
        },
    ),
    "table_2e": (
        "mask AP",
        {
            "FCN": {},
            "MLP, two layers": {"mask_head": "mlp2"},
            "MLP, three layers": {"mask_head": "mlp3"},
        },
    ),
    "table_3": ("box AP", {"with masks": {}, "without masks": {"mask_head": None}}),
    "table_5": ("mask AP", {"without keypoints": {}, "with keypoints": {"keypoints": True}}),
}


@dataclass
class Ablations:
    """Train and judge the variants of the paper's tables."""

    output: Path
    """Folder of results.csv, summary.csv and the plots."""
    only: tuple[str, ...] = tuple(TABLES)
    """Tables."""
    seeds: int = 3
    steps: int = 200
    """Of four images."""
    scenes: int = 400
    """To train on."""
    judged: int = 100
    """Scenes to judge on."""
    device: str = "cpu"
    """cpu or cuda."""


def main(options: Ablations) -> None:
    """Train what is missing, then sum up."""
    unknown = sorted(set(options.only) - set(TABLES))
    if unknown:
        raise SystemExit(f"error: --only {unknown[0]}: choose among {', '.join(TABLES)}")
    options.output.mkdir(parents=True, exist_ok=True)
    settings = SmallTraining(
        scenes=options.scenes, judged=options.judged, steps=options.steps, seeds=options.seeds, device=options.device
    )
    file = options.output / "results.csv"
    results = pd.read_csv(file).to_dict("records") if file.exists() else []
    run_missing(results, settings, options.only, file)
    table = pd.DataFrame(results)
    summary = pd.concat([summarised(table, name) for name in options.only])
    summary.to_csv(options.output / "summary.csv", index=False)
    for name in options.only:
        plot(table, name, options.output / f"{name}.png")
    print(summary.to_string(index=False, float_format="%.1f"))


def run_missing(results: list[dict[str, Any]], settings: SmallTraining, tables: tuple[str, ...], file: Path) -> None:
    """Add a row to `results` and to the file for each run that is not there yet; equal variants are trained once."""
    key = json.dumps({name: value for name, value in asdict(settings).items() if name != "seeds"}, sort_keys=True)
    done = {(row["changes"], row["seed"]) for row in results if row["settings"] == key}
    wanted = {
        (json.dumps(changes, sort_keys=True), seed): changes
        for seed in range(settings.seeds)
        for name in tables
        for changes in TABLES[name][1].values()
    }
    missing = {identity: changes for identity, changes in wanted.items() if identity not in done}
    results[:] = [row for row in results if row["settings"] == key]
    workers = 1 if settings.device != "cpu" else os.cpu_count() or 1
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), torch.set_num_threads, (1,))
    with tempfile.TemporaryDirectory() as folder, pool:
        for part, images, first in (("train", settings.scenes, 0), ("judged", settings.judged, JUDGED_FROM)):
            write_simple_scenes(Path(folder) / part, images, first, settings.size)
        running = {
            pool.submit(train_small, changes, seed, settings, Path(folder)): (text, seed)
            for (text, seed), changes in missing.items()
        }
        for count, future in enumerate(as_completed(running), 1):
            text, seed = running[future]
            results.append({"settings": key, "changes": text, "seed": seed} | future.result())
            pd.DataFrame(results).to_csv(file, index=False)
            print(f"{count} of {len(missing)}: {text} seed {seed}", file=sys.stderr, flush=True)


def summarised(results: pd.DataFrame, table: str) -> pd.DataFrame:
    """Mean and standard deviation over seeds of each variant, and of its difference to the table's first."""
    figure, variants = TABLES[table]
    by_seed = {name: _by_seed(results, changes)[figure] for name, changes in variants.items()}
    reference = next(iter(by_seed.values()))
    rows = []
    for name, values in by_seed.items():
        difference = values - reference
        rows.append(
            {
                "table": table,
                "variant": name,
                "figure": figure,
                "mean": values.mean(),
                "deviation": values.std(),
                "difference": difference.mean(),
                "deviation of difference": difference.std(),
                "seeds": len(values),
            }
        )
    return pd.DataFrame(rows)


def plot(results: pd.DataFrame, table: str, file: Path) -> None:
    """Each run a point, each variant's mean a bar."""
    figure, variants = TABLES[table]
    drawing, axes = plt.subplots(figsize=(6, 0.6 * len(variants) + 1.2), layout="constrained")
    for row, changes in enumerate(variants.values()):
        values = _by_seed(results, changes)[figure]
        axes.barh(row, values.mean(), color="#56B4E9", height=0.6)
        axes.plot(values, [row] * len(values), "o", color="black", markersize=4)
    axes.set_yticks(range(len(variants)), list(variants))
    axes.invert_yaxis()
    axes.set_xlabel(f"{figure}, percent; points are seeds")
    axes.set_title(table.replace("_", " "))
    drawing.savefig(file, dpi=110)
    plt.close(drawing)


def _by_seed(results: pd.DataFrame, changes: dict[str, Any]) -> pd.DataFrame:
    return results[results["changes"] == json.dumps(changes, sort_keys=True)].set_index("seed").sort_index()


if __name__ == "__main__":
    main(tyro.cli(Ablations))
