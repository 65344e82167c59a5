"""Small detectors trained from scratch by core's own `train`, each in well under a minute of one CPU thread.

A comparison is a few variants of `ModelConfig`, each trained with several seeds on the simple scenes and judged by
core's own `evaluate` on others. The runs do not wait for each other: each is a process with one thread, as many at a
time as there are cores (one at a time on a GPU).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
import time
import warnings
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import torch
from simple_scenes import CATEGORIES, simple_scene

from core import CocoDataset, MaskRCNN, ModelConfig, TrainConfig, evaluate, load_model, train

JUDGED_FROM = 1_000_000  # scenes from this seed on are never trained on

# The paper's detector in small: fewer channels, anchors for figures of 18 to 60 pixels, fewer regions.
SMALL_MODEL: dict[str, Any] = {
    "backbone": "resnet18",
    "backbone_norm": "batch",  # from random weights; frozen statistics need a pre-trained backbone
    "fpn_channels": 64,
    "anchor_sizes": (16, 24, 40, 60, 90),
    "rpn_batch_size": 64,
    "rois_per_image": 32,
    "proposals_train": 100,
    "proposals_test": 30,
    "proposals_before_nms_train": 200,
    "proposals_before_nms_test": 100,
    "box_head_channels": 128,
    "mask_head_channels": 48,
    "mask_head_convs": 1,
    "keypoint_head_channels": 48,
    "keypoint_head_convs": 2,
}


@dataclass(frozen=True)
class SmallTraining:
    """What all variants of a comparison have in common."""

    scenes: int = 240  # trained on
    judged: int = 60
    size: int = 128  # pixels a side
    steps: int = 60
    batch_size: int = 4
    learning_rate: float = 2e-3
    seeds: int = 3
    device: str = "cpu"


def small_config(size: int, **changes: Any) -> ModelConfig:
    """`SMALL_MODEL` with changes, for images of `size` pixels a side."""
    return ModelConfig(**SMALL_MODEL | {"min_size": size, "max_size": size, "num_classes": len(CATEGORIES)} | changes)


def write_simple_scenes(folder: Path, images: int, first_seed: int, size: int) -> None:
    """Simple scenes as a COCO data set: images/, annotations.json and, with the arrows' keypoints, keypoints.json."""
    (folder / "images").mkdir(parents=True)
    entries, annotations = [], []
    for number in range(images):
        image, objects = simple_scene(np.random.default_rng(first_seed + number), size)
        name = f"{number:05}.png"
        cv2.imwrite(str(folder / "images" / name), image[..., ::-1])
        entries.append({"id": number + 1, "file_name": name, "height": size, "width": size})
        annotations += [
            item | {"id": len(annotations) + k, "image_id": number + 1} for k, item in enumerate(objects, 1)
        ]
    fields = ("keypoints", "skeleton", "num_keypoints")
    for name, left_out in (("keypoints.json", ()), ("annotations.json", fields)):
        data = {
            "images": entries,
            "annotations": [_without(item, left_out) for item in annotations],
            "categories": [_without(item, left_out) for item in CATEGORIES],
        }
        (folder / name).write_text(json.dumps(data))


def train_variants(variants: Mapping[str, Mapping[str, Any]], settings: SmallTraining, column: str) -> pd.DataFrame:
    """Every variant (changes of `SMALL_MODEL`) with every seed; one row each, the variant's name in `column`.

    A variant with "keypoints": True learns the arrows' keypoints too; "training" are changes of `TrainConfig`. The
    other columns are seed, parameters (millions), training and inference (milliseconds an image, of the CPU's time; on
    a GPU those that passed), and AP, AP50 and AP75 in percent of boxes, of masks and of keypoints, of all classes and
    of arrows alone.
    """
    jobs = [(name, dict(changes), seed) for seed in range(settings.seeds) for name, changes in variants.items()]
    with tempfile.TemporaryDirectory() as folder, one_thread_processes(settings.device) as pool:
        for part, images, first in (("train", settings.scenes, 0), ("judged", settings.judged, JUDGED_FROM)):
            write_simple_scenes(Path(folder) / part, images, first, settings.size)
        running = [pool.submit(train_small, changes, seed, settings, Path(folder)) for _, changes, seed in jobs]
        rows = [{column: name, "seed": seed} | job.result() for (name, _, seed), job in zip(jobs, running, strict=True)]
    order = list(variants)
    return pd.DataFrame(rows).sort_values(column, key=lambda names: names.map(order.index), kind="stable")


def one_thread_processes(device: str) -> ProcessPoolExecutor:
    """Processes of one thread each, as many as there are cores; a single one for a GPU."""
    workers = 1 if device != "cpu" else os.cpu_count() or 1
    # "spawn": a forked child of a process that has used torch's threads may hang.
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), torch.set_num_threads, (1,))


def train_small(changes: dict[str, Any], seed: int, settings: SmallTraining, folder: Path) -> dict[str, float]:
    """One run of core's `train` and its figures by core's `evaluate`, in percent."""
    file = "keypoints.json" if changes.get("keypoints") else "annotations.json"
    clock = time.process_time if settings.device == "cpu" else time.perf_counter
    began = clock()
    model = trained_model(changes, seed, settings, folder / "train")
    trained = clock()
    judged_on = CocoDataset(folder / "judged" / "images", folder / "judged" / file)
    with warnings.catch_warnings():  # of how arrows' keypoints are judged, the same for a dozen runs
        warnings.filterwarnings("ignore", message="keypoints")
        figures = evaluate(model, judged_on, device=settings.device)
    judged = clock()
    steps = changes.get("training", {}).get("steps", settings.steps)
    row = {
        "parameters": sum(parameter.numel() for parameter in model.parameters()) / 1e6,
        "training": 1000 * (trained - began) / (steps * settings.batch_size),
        "inference": 1000 * (judged - trained) / settings.judged,
    }
    for kind, word in (("bbox", "box"), ("segm", "mask"), ("keypoints", "keypoint")):
        if kind in figures:
            row |= {f"{word} {name}": 100 * figures[kind][name] for name in ("AP", "AP50", "AP75")}
            row[f"arrow {word} AP"] = 100 * figures[kind]["per_category"]["arrow"]
    return row


def trained_model(changes: Mapping[str, Any], seed: int, settings: SmallTraining, scenes: Path) -> MaskRCNN:
    """`SMALL_MODEL` with changes, trained from random weights on what `write_simple_scenes` wrote into `scenes`."""
    fields = {key: value for key, value in changes.items() if key not in ("keypoints", "training")}
    with tempfile.TemporaryDirectory() as place:
        config_file = Path(place) / "model_config.json"
        config_file.write_text(json.dumps(small_config(settings.size, **fields).to_dict()))
        config = TrainConfig(
            images=str(scenes / "images"),
            annotations=str(scenes / ("keypoints.json" if changes.get("keypoints") else "annotations.json")),
            output=str(Path(place) / "run"),
            model="",
            model_config=str(config_file),
            steps=settings.steps,
            batch_size=settings.batch_size,
            learning_rate=settings.learning_rate,
            backbone_learning_rate_factor=1.0,  # nothing is pre-trained
            warmup_steps=20,
            horizontal_flip=0.0,
            checkpoint_every=10**9,
            device=settings.device,
            seed=seed,
        )
        run = train(replace(config, **changes.get("training", {})))
        return load_model(run.directory)


def described(settings: SmallTraining) -> dict[str, Any]:
    """The settings and the small model's configuration as JSON-ready values, for `cached_table`."""
    return asdict(settings) | {"model": small_config(settings.size).to_dict()}


def _without(item: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in fields}
