"""Peak memory of training on an image with many objects.

    python -m benchmarks.crowded_images
    python -m benchmarks.crowded_images --objects 600 --parts matching

"matching" is what the region proposal network does with the objects of one image of 800×1088 and the anchors of its
pyramid; "step" is a whole training step of MobileNetV2-FPN on that image, gradients included, and "twice" the same with
`checkpoint_activations`. Each figure is that of a process of its own, torch and all else included; "nothing" is such a
process with the anchors alone.
"""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from typing import Literal

import torch
import tyro
from torch import Tensor

from benchmarks.comparison.training_step import peak_of_this_process
from core import MaskRCNN, ModelConfig, TrainConfig
from core.model.anchors import anchors_for, feature_strides
from core.model.boxes import ignore_crowds, match_anchors
from core.training.learning.execution import execution

HEIGHT, WIDTH = 800, 1088
CONFIG = {"backbone": "mobilenet_v2", "num_classes": 1}
Part = Literal["nothing", "matching", "step", "twice"]


@dataclass
class CrowdedImages:
    """Print a row for each part and number of objects."""

    objects: tuple[int, ...] = (6, 600, 2000)
    """Objects in the image."""
    parts: tuple[Part, ...] = ("nothing", "matching", "step", "twice")
    """What is measured."""


def boxes_of(count: int) -> Tensor:
    """float32 N×4: random boxes of 12 to 60 pixels a side."""
    generator = torch.Generator().manual_seed(0)
    corners = torch.rand((count, 2), generator=generator) * torch.tensor([WIDTH - 60, HEIGHT - 60])
    return torch.cat([corners, corners + 12 + 48 * torch.rand((count, 2), generator=generator)], dim=1)


def peak_megabytes(part: Part, count: int) -> float:
    """Do the work, and say what the process had in memory at most."""
    torch.set_num_threads(1)
    config = ModelConfig.from_dict(CONFIG)
    boxes = boxes_of(count)
    if part in ("step", "twice"):
        model = MaskRCNN(config).train()
        masks = torch.ones((count, 28, 28), dtype=torch.uint8)
        targets = [{"boxes": boxes, "labels": torch.ones(count, dtype=torch.int64), "box_masks": masks}]
        with execution(
            model, TrainConfig(images="", annotations="", output="", checkpoint_activations=part == "twice")
        ):
            losses = model([torch.rand((3, HEIGHT, WIDTH))], targets)
            torch.stack(list(losses.values())).sum().backward()
        return peak_of_this_process()
    sizes = [(-(-HEIGHT // stride), -(-WIDTH // stride)) for stride in feature_strides(config)]
    anchors = torch.cat(anchors_for(config, sizes, (HEIGHT, WIDTH), torch.device("cpu")))
    if part == "matching":
        ignore_crowds(match_anchors(boxes, anchors, 0.7, 0.3), anchors, boxes[: count // 10])
    return peak_of_this_process()


def main(options: CrowdedImages) -> None:
    print("| what | objects | peak, MB |\n|---|---|---|")
    context = multiprocessing.get_context("spawn")
    for part in options.parts:
        for count in options.objects[:1] if part == "nothing" else options.objects:
            with context.Pool(1) as pool:
                print(f"| {part} | {count} | {pool.apply(peak_megabytes, (part, count)):.0f} |", flush=True)


if __name__ == "__main__":
    main(tyro.cli(CrowdedImages, description=__doc__))
