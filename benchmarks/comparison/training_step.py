"""A training step of the same weights on the same images: forward, backward and update; its peak memory too."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import torch

from benchmarks.comparison.alternating import Comparison, compare
from benchmarks.comparison.inference import SIZES, maskloop_to_coco, resized, torchvision_to_coco
from benchmarks.comparison.same_weights import torchvision_model, write_weights
from core import CocoDataset, load_model
from core.model.winograd import exchange_learning_convolutions

BATCH = 2
THEIR_LOSSES = ("loss_classifier", "loss_box_reg", "loss_mask")
OUR_LOSSES = ("loss_classifier", "loss_box", "loss_mask")
Side = Literal["torchvision", "ours"]


def training_comparison(data: Path, folder: Path, runs: int, device: str) -> Comparison:
    """Steps of ResNet-50-FPN on annotated photographs; SGD, the stem and the first stage frozen in both."""
    weights = _weights(data, folder)
    theirs, ours = step_of("torchvision", data, weights, device), step_of("ours", data, weights, device)
    # Which RoIs are sampled is drawn, so the losses are near each other and not the same.
    losses = [{name: float(value) for name, value in step().items()} for step in (theirs, ours)]
    pairs = zip(("classifier", "box", "mask"), THEIR_LOSSES, OUR_LOSSES, strict=True)
    agreement = "losses " + ", ".join(f"{name} {losses[0][a]:.2f} / {losses[1][b]:.2f}" for name, a, b in pairs)
    return compare(f"training step, {BATCH} images", theirs, ours, runs, agreement)


def step_of(side: Side, data: Path, weights: Path, device: str) -> Callable[[], dict[str, torch.Tensor]]:
    """A function that makes one step and gives its losses; `data` holds images/ and annotations/."""
    # Each reads what its own data loader would give: bitmaps over the image, or over each object's box.
    samples = _samples(data, box_masks=side == "ours")
    images = [image.to(device) for image, _ in samples]
    wanted = ("boxes", "labels", "box_masks" if side == "ours" else "masks")
    targets = [{key: target[key].to(device) for key in wanted} for _, target in samples]
    model: torch.nn.Module
    if side == "ours":
        # As `core.train` prepares it.
        ours = load_model(weights).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        if device == "cpu":
            exchange_learning_convolutions(ours)
        ours.freeze_stages(2)
        model = ours
    else:
        model = torchvision_model("masks", weights).to(device)  # its first two stages are built frozen
    model.train()
    optimizer = torch.optim.SGD([parameter for parameter in model.parameters() if parameter.requires_grad], 1e-6)

    def step() -> dict[str, torch.Tensor]:
        losses: dict[str, torch.Tensor] = model(images, targets)
        optimizer.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        optimizer.step()
        return {name: loss.detach() for name, loss in losses.items()}

    return step


def peak_memory(data: Path, photograph: Path, folder: Path) -> Iterator[str]:
    """Rows of peak resident memory on the CPU, each side in a process of its own."""
    weights, large = _weights(data, folder), resized(photograph, SIZES["1920x1080"], folder)
    context = multiprocessing.get_context("spawn")
    for name, action in (("an image of 1920×1080 to COCO JSON", _infer), ("training steps", _train)):
        peaks = []
        for side in ("torchvision", "ours"):
            with context.Pool(1) as pool:
                peaks.append(pool.apply(_peak_of, (action, side, data, weights, large)))
        yield f"| peak memory, {name} | {peaks[0]:.0f} MB | {peaks[1]:.0f} MB | **{peaks[0] / peaks[1]:.2f}** | | |"


def _peak_of(
    action: Callable[[Side, Path, Path, Path], None], side: Side, data: Path, weights: Path, photograph: Path
) -> float:
    """Peak resident MB of a process that does nothing else, libraries and weights included."""
    action(side, data, weights, photograph)
    return peak_of_this_process()


def peak_of_this_process() -> float:
    """The most resident memory that it has had so far, MB."""
    # Not getrusage: there a new process begins with what the one that started it had reached.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _infer(side: Side, _data: Path, weights: Path, photograph: Path) -> None:
    if side == "ours":
        maskloop_to_coco(weights, "cpu")(photograph)
    else:
        torchvision_to_coco("masks", weights, "cpu")(photograph)


def _train(side: Side, data: Path, weights: Path, _photograph: Path) -> None:
    step = step_of(side, data, weights, "cpu")
    for _ in range(3):
        step()


def _weights(data: Path, folder: Path) -> Path:
    """Weights calibrated on the images that are trained on."""
    file = folder / "training.pth"
    write_weights("masks", [image for image, _ in _samples(data, box_masks=True)], file)
    return file


def _samples(data: Path, box_masks: bool) -> list[tuple[torch.Tensor, dict[str, Any]]]:
    """The first images with some objects and no crowd among them, which torchvision would learn as objects."""
    dataset = CocoDataset(data / "images", data / "annotations" / "instances_val.json", box_masks=box_masks)
    usable = (index for index in range(len(dataset)) if _is_usable(dataset.target(index)))
    return [dataset[index] for index in itertools.islice(usable, BATCH)]


def _is_usable(target: dict[str, Any]) -> bool:
    return len(target["boxes"]) >= 4 and not bool(target["iscrowd"].any())
