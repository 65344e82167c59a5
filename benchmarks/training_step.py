"""A training step of the same weights on the same images: forward, backward and update; its peak memory too."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import torch

from benchmarks.alternating import Comparison, compare
from benchmarks.inference import THRESHOLD, torchvision_to_coco
from benchmarks.same_weights import build_pair
from core import CocoDataset, Predictor

BATCH = 2
THEIR_LOSSES = ("loss_classifier", "loss_box_reg", "loss_mask")
OUR_LOSSES = ("loss_classifier", "loss_box", "loss_mask")
Side = Literal["torchvision", "ours"]


def training_comparison(data: Path, runs: int, device: str) -> Comparison:
    """Steps of ResNet-50-FPN on annotated photographs; SGD, the stem and the first stage frozen in both."""
    theirs, ours = step_of("torchvision", data, device), step_of("ours", data, device)
    # Which RoIs are sampled is drawn, so the losses are near each other and not the same.
    losses = [{name: float(value) for name, value in step().items()} for step in (theirs, ours)]
    pairs = zip(("classifier", "box", "mask"), THEIR_LOSSES, OUR_LOSSES, strict=True)
    agreement = "losses " + ", ".join(f"{name} {losses[0][a]:.2f} / {losses[1][b]:.2f}" for name, a, b in pairs)
    return compare(f"training step, {BATCH} images", theirs, ours, runs, agreement)


def step_of(side: Side, data: Path, device: str) -> Callable[[], dict[str, torch.Tensor]]:
    """A function that makes one step and gives its losses; `data` holds images/ and annotations/."""
    # Each reads what its own data loader would give: bitmaps over the image, or over each object's box.
    dataset = CocoDataset(data / "images", data / "annotations" / "instances_val.json", box_masks=side == "ours")
    chosen = [index for index in range(len(dataset)) if _is_usable(dataset.target(index))][:BATCH]
    samples = [dataset[index] for index in chosen]
    pair = build_pair("masks", [image for image, _ in samples])
    images = [image.to(device) for image, _ in samples]
    wanted = ("boxes", "labels", "box_masks" if side == "ours" else "masks")
    targets = [{key: target[key].to(device) for key in wanted} for _, target in samples]
    model: torch.nn.Module
    if side == "ours":
        pair.ours.freeze_stages(2)
        model = pair.ours.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    else:
        model = pair.torchvision.to(device)  # its first two stages were built frozen
    model.train()
    optimizer = torch.optim.SGD([parameter for parameter in model.parameters() if parameter.requires_grad], 1e-6)

    def step() -> dict[str, torch.Tensor]:
        losses: dict[str, torch.Tensor] = model(images, targets)
        optimizer.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        optimizer.step()
        return losses

    return step


def peak_memory(data: Path, photograph: Path) -> Iterator[str]:
    """Rows of peak resident memory on the CPU, each side in a process of its own."""
    context = multiprocessing.get_context("spawn")
    for name, action in (("an image of 1920×1080 to COCO JSON", _infer), ("training steps", _train)):
        peaks = []
        for side in ("torchvision", "ours"):
            with context.Pool(1) as pool:
                peaks.append(pool.apply(_peak_of, (action, side, data, photograph)))
        yield f"| peak memory, {name} | {peaks[0]:.0f} MB | {peaks[1]:.0f} MB | **{peaks[0] / peaks[1]:.2f}** | | |"


def _peak_of(action: Callable[[Side, Path, Path], None], side: Side, data: Path, photograph: Path) -> float:
    """MB that an action adds at its peak to what the process had with the libraries and the weights of both."""
    action(side, data, photograph)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _infer(side: Side, _data: Path, photograph: Path) -> None:
    pair = build_pair("masks", [torch.zeros((3, 64, 64))])
    if side == "ours":
        predictor = Predictor(pair.ours, "cpu", score_threshold=THRESHOLD, cache_size=1)
        predictor(photograph).to_coco()
    else:
        torchvision_to_coco(pair, "cpu")(photograph)


def _train(side: Side, data: Path, _photograph: Path) -> None:
    step = step_of(side, data, "cpu")
    for _ in range(3):
        step()


def _is_usable(target: dict[str, Any]) -> bool:
    return len(target["boxes"]) >= 4 and not bool(target["iscrowd"].any())
