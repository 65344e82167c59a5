"""A known model taught new classes by few images: what is copied from it, and what begins anew.

The target is the simple scenes, a world that the starter has never seen: discs, squares and arrows in flat colours.
"""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from small_training import JUDGED_FROM, one_thread_processes, write_simple_scenes

from core import CocoDataset, TrainConfig, evaluate, load_model, train

# The starter knows circles and squares; nothing it knows has the names in the second file.
SYNONYMS = ("disc=circle",)
OTHER_NAMES = {"disc": "round thing", "square": "cornered thing", "arrow": "pointed thing"}


@dataclass(frozen=True)
class Transfer:
    """What all runs have in common."""

    images: tuple[int, ...] = (4, 16)  # to learn from
    judged: int = 30
    size: int = 128  # pixels a side
    steps: int = 30
    batch_size: int = 2
    seeds: int = 3
    device: str = "cpu"


def transfer_table(settings: Transfer) -> pd.DataFrame:
    """A row for each way to begin, number of images and seed: AP of boxes and masks by class, in percent.

    "rows copied" begins as the starter with the rows of classes of the same name or a synonym; "features only" as the
    starter with all rows of classes new; "random weights" as a new model of the same configuration. "untrained" is the
    starter as it is, asked for discs and squares.
    """
    begins = ("rows copied", "features only", "random weights")
    with tempfile.TemporaryDirectory() as place, one_thread_processes(settings.device) as pool:
        folder = Path(place)
        _write(folder / "judged", settings.judged, JUDGED_FROM, settings.size)
        jobs = list(itertools.product(begins, settings.images, range(settings.seeds)))
        for _, images, seed in jobs:
            if not (folder / f"train_{images}_{seed}").exists():
                _write(folder / f"train_{images}_{seed}", images, 1000 * seed, settings.size)
        running = [pool.submit(transfer_run, *job, settings, folder) for job in jobs]
        untrained = pool.submit(untrained_figures, settings, folder)
        rows = [
            {"begins with": begin, "images": images, "seed": seed} | run.result()
            for (begin, images, seed), run in zip(jobs, running, strict=True)
        ]
        rows.append({"begins with": "untrained", "images": 0, "seed": 0} | untrained.result())
    return pd.DataFrame(rows)


def transfer_run(begin: str, images: int, seed: int, settings: Transfer, folder: Path) -> dict[str, float]:
    """One run of core's `train`, judged."""
    scenes = folder / f"train_{images}_{seed}"
    file = "other_names.json" if begin == "features only" else "annotations.json"
    starter = load_model("scenes").config
    size = {"min_size": settings.size, "max_size": settings.size}
    if begin == "random weights":
        # Frozen statistics need a pre-trained backbone; a new one learns fast, and with all its stages.
        config = starter.to_dict() | {"backbone_norm": "batch"} | size
        start: dict[str, Any] = {"model": "", "learning_rate": 2e-3, "backbone_learning_rate_factor": 1.0}
    else:
        config = size
        synonyms = SYNONYMS if begin == "rows copied" else ()
        start = {"model": "scenes", "learning_rate": 5e-4, "synonyms": synonyms, "keep_base_classes": False}
    with tempfile.TemporaryDirectory() as place:
        config_file = Path(place) / "model_config.json"
        config_file.write_text(json.dumps(config))
        run = train(
            TrainConfig(
                images=str(scenes / "images"),
                annotations=str(scenes / file),
                output=str(Path(place) / "run"),
                model_config=str(config_file),
                steps=settings.steps,
                batch_size=settings.batch_size,
                warmup_steps=10,
                checkpoint_every=10**9,
                device=settings.device,
                seed=seed,
                **start,
            )
        )
        model = load_model(run.directory)
    return _figures(model, folder / "judged", file, settings.device)


def untrained_figures(settings: Transfer, folder: Path) -> dict[str, float]:
    """The starter as it is on the judged scenes."""
    return _figures(load_model("scenes"), folder / "judged", "starter_names.json", settings.device)


def _figures(model: Any, scenes: Path, file: str, device: str) -> dict[str, float]:
    found = evaluate(model, CocoDataset(scenes / "images", scenes / file), device=device, kinds=("bbox", "segm"))
    row = {"box AP": 100 * found["bbox"]["AP"], "mask AP": 100 * found["segm"]["AP"]}
    ours = ("disc", "square", "arrow")
    by_class = list(
        found["segm"]["per_category"].values()
    )  # in the order of the file's categories, whatever their names
    return row | {f"{name} mask AP": 100 * value for name, value in zip(ours, by_class, strict=True)}


def _write(folder: Path, images: int, first_seed: int, size: int) -> None:
    """Simple scenes, with the classes under three sets of names."""
    write_simple_scenes(folder, images, first_seed, size)
    data = json.loads((folder / "annotations.json").read_text())
    _renamed(data, OTHER_NAMES, folder / "other_names.json")
    _renamed(data, {"disc": "circle"}, folder / "starter_names.json")


def _renamed(data: dict[str, Any], names: dict[str, str], file: Path) -> None:
    categories: Sequence[dict[str, Any]] = data["categories"]
    renamed = [category | {"name": names.get(category["name"], category["name"])} for category in categories]
    file.write_text(json.dumps(data | {"categories": renamed}))
