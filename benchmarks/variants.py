"""What each variant of `ModelConfig` weighs and costs: parameters, operations, seconds an image.

    python benchmarks/variants.py                 # every variant, as a Markdown table
    python benchmarks/variants.py --only C4 DC5

An inference step is one 480×640 image, not resized, of random pixels through random weights: features,
proposals, the box head on as many boxes as the configuration keeps (1000 with a pyramid, else 300), masks
and keypoints of 100. The boxes are drawn, so that every variant has the same. Seconds are CPU time of one
thread, the least of the runs, which other work on the machine disturbs little; operations count products
and sums of convolutions and matrices.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import tyro
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core import MaskRCNN, ModelConfig
from core.model.folding import folded, for_inference
from core.model.images import batch_images

VARIANTS: dict[str, dict[str, Any]] = {
    "ResNet-50-FPN": {},
    "ResNet-18-FPN": {"backbone": "resnet18"},
    "ResNet-34-FPN": {"backbone": "resnet34"},
    "ResNet-101-FPN": {"backbone": "resnet101"},
    "ResNet-152-FPN": {"backbone": "resnet152"},
    "ResNeXt-50-32x4d-FPN": {"backbone": "resnext50_32x4d"},
    "ResNeXt-101-32x8d-FPN": {"backbone": "resnext101_32x8d"},
    "ResNeXt-101-64x4d-FPN": {"backbone": "resnext101_64x4d"},
    "ResNeXt-152-32x8d-FPN": {"backbone": "resnext152_32x8d"},
    "MobileNetV2-FPN": {"backbone": "mobilenet_v2"},
    "MobileNetV3-large-FPN": {"backbone": "mobilenet_v3_large"},
    "ResNet-50-C4": {"features": "c4"},
    "ResNet-101-C4": {"features": "c4", "backbone": "resnet101"},
    "ResNet-50-C5": {"features": "c5"},
    "ResNet-50-DC5": {"features": "dc5"},
    "RoIAlign, maximum": {"roi_reduce": "max"},
    "RoIPool": {"roi_op": "pool"},
    "RoIWarp": {"roi_op": "warp"},
    "softmax masks": {"mask_loss": "softmax"},
    "class-agnostic masks": {"mask_class_agnostic": True},
    "MLP masks, two layers": {"mask_head": "mlp2"},
    "MLP masks, three layers": {"mask_head": "mlp3"},
    "no masks (Faster R-CNN)": {"mask_head": None},
    "masks and 17 keypoints": {"num_keypoints": 17},
    "updated baseline (4conv1fc, BN in pyramid and heads)": {
        "fpn_norm": "batch",
        "head_norm": "batch",
        "box_head": "conv4fc1",
        "rpn_conv_depth": 2,
    },
    "GroupNorm": {"backbone_norm": "group"},
    "a non-local block": {"non_local_blocks": 1},
    "RPN with a backbone of its own": {"rpn_backbone": "own"},
}


@dataclass
class Variants:
    """Parameters, operations and time of each variant, as a Markdown table."""

    only: tuple[str, ...] = ()
    """Variants whose name has one of these words in it."""
    runs: int = 3
    """Timed steps a variant."""


def drawn_boxes(count: int) -> torch.Tensor:
    """Boxes of 16 to 400 pixels a side anywhere in the image, float32 N×4."""
    generator = torch.Generator().manual_seed(0)
    size = 16 * 25 ** torch.rand((count, 2), generator=generator)
    corner = torch.rand((count, 2), generator=generator) * (torch.tensor([640.0, 480.0]) - size)
    return torch.cat([corner, corner + size], dim=1)


def inference_step(model: MaskRCNN, image: torch.Tensor) -> None:
    """What an image costs, with as many regions and masks as there can be."""
    batch = batch_images([image], model.config)
    maps = model.features(batch.tensor)
    model.rpn.proposals(model.rpn_output(maps, batch), batch)
    boxes = drawn_boxes(model.config.proposals_test)
    model.classify(maps, [boxes])
    best = boxes[: model.config.detections_per_image]
    model.predict_given_boxes(maps, batch, [best], [torch.ones(len(best), dtype=torch.int64)])


def main(options: Variants) -> None:
    """Print the table row by row."""
    torch.set_num_threads(1)
    print("| variant | parameters, M | GFLOP | CPU seconds |\n|---|---|---|---|")
    for name, changes in VARIANTS.items():
        if options.only and not any(word.lower() in name.lower() for word in options.only):
            continue
        torch.manual_seed(0)
        trained = MaskRCNN(ModelConfig(min_size=480, max_size=640, **changes))
        parameters = sum(parameter.numel() for parameter in trained.parameters())
        model = for_inference(trained, torch.device("cpu"))
        image = torch.rand((3, 480, 640))
        times = []
        with torch.inference_mode():
            # The operations that the network is, not those that a faster way of computing it needs.
            with FlopCounterMode(display=False) as counter:
                inference_step(folded(trained), image)
            del trained
            for _ in range(options.runs):
                began = time.process_time()
                inference_step(model, image)
                times.append(time.process_time() - began)
        operations = counter.get_total_flops() / 1e9
        print(f"| {name} | {parameters / 1e6:.1f} | {operations:.0f} | {min(times):.2f} |", flush=True)


if __name__ == "__main__":
    main(tyro.cli(Variants))
