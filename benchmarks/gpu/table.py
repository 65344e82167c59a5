"""The table of `gpu_check`: how long a prediction and a training step take on the device, and in how much memory."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

from benchmarks.comparison.alternating import HEADER, clock_seconds
from benchmarks.comparison.inference import inference_comparisons
from benchmarks.comparison.training_step import training_comparison
from benchmarks.gpu.parts import MODEL, TINY_SIZES, Setting
from core import CocoDataset, MaskRCNN, Predictor, TrainConfig, load_model
from core.datasets import read_image
from core.training.distributed import Processes
from core.training.learning.execution import execution
from core.training.learning.step import backward
from core.training.samples import TargetsForModel

RUNS = 7
STEP_IMAGES = 4


def rows(setting: Setting, deadline: float) -> Iterator[str]:
    """The lines of the tables; what would begin after `deadline` (of time.monotonic) is named and left out."""
    yield f"\n| {MODEL} | ms | peak memory, MB |\n|---|---|---|"
    for name, prepared in _works(setting):
        if time.monotonic() > deadline:
            yield f"| {name} | left out | |"
        else:
            yield _row(name, prepared(), setting)
    if setting.tiny:
        return
    yield f"\nResNet-50-FPN, random calibrated weights, beside torchvision\n\n{HEADER}"
    device, photographs = str(setting.device), setting.photographs[:4]
    if time.monotonic() < deadline - 90:
        for comparison in inference_comparisons("masks", photographs, setting.folder, 3, device):
            yield comparison.row()
    if time.monotonic() < deadline - 60:
        data = setting.folder / "coco"
        data.mkdir()
        (data / "images").symlink_to(setting.data / "images")
        (data / "annotations").mkdir()
        (data / "annotations" / "instances_val.json").write_bytes((setting.data / "annotations.json").read_bytes())
        yield training_comparison(data, setting.folder, 5, device).row()


def _works(setting: Setting) -> Iterator[tuple[str, Callable[[], Callable[[], object]]]]:
    """Names, and what prepares the work of each: nothing is held in memory for another row."""
    count = 2 if setting.tiny else STEP_IMAGES
    yield "one image", lambda: _predicting(setting, 1)
    yield f"a batch of {count}", lambda: _predicting(setting, count)
    for name, options in (
        ("float32", {"mixed_precision": False}),
        ("mixed precision", {}),
        ("mixed precision, activations computed twice", {"checkpoint_activations": True}),
        *([] if setting.tiny else [("mixed precision, compiled", {"compile": True})]),
    ):
        yield f"training step of {count}, {name}", lambda options=options: _stepping(setting, count, options)


def _predicting(setting: Setting, count: int) -> Callable[[], object]:
    sizes = {"min_size": 128, "max_size": 176} if setting.tiny else {}
    predictor = Predictor(MODEL, str(setting.device), cache_size=0, **sizes)
    images = [read_image(path) for path in (setting.photographs * count)[:count]]
    return (lambda: predictor(images[0])) if count == 1 else (lambda: predictor.predict_batch(images))


def _stepping(setting: Setting, count: int, options: dict[str, Any]) -> Callable[[], object]:
    """A step as `core.train` makes it: gradients in mixed precision or not, and the optimizer's."""
    config = TrainConfig(batch_size=count, **options, **(TINY_SIZES if setting.tiny else {}))
    dataset = CocoDataset(setting.data / "images", setting.data / "annotations.json", box_masks=True)
    images, targets = zip(*(dataset[index % len(dataset)] for index in range(count)), strict=True)
    model: MaskRCNN = load_model(MODEL).to(setting.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    model.freeze_stages(config.freeze_stages)
    model.train()
    optimizer = torch.optim.AdamW([item for item in model.parameters() if item.requires_grad], 1e-6)
    processes, targets_for_model = Processes(0, 1, setting.device), TargetsForModel(dataset.categories, model)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        backward(model, images, targets, targets_for_model, config, processes, "all")
        optimizer.step()

    # Not undone: the model ends with its row.
    execution(model, config).__enter__()
    return step


def _row(name: str, work: Callable[[], object], setting: Setting) -> str:
    """Median time of a work after it has been warmed up, and the most memory that its tensors took on a GPU."""
    on_gpu = setting.device.type == "cuda"
    runs = 1 if setting.tiny else RUNS
    for _ in range(1 if setting.tiny else 3):
        work()
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(setting.device)
    seconds = statistics.median(clock_seconds(work) for _ in range(runs))
    memory = f"{torch.cuda.max_memory_allocated(setting.device) / 1e6:.0f}" if on_gpu else "–"
    return f"| {name} | {1000 * seconds:.1f} | {memory} |"
