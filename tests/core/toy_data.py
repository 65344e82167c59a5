"""A data set that a small model learns in half a minute: discs and squares of plain colours."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core.config import TrainConfig
from core.masks import encode_rle, rle_area, rle_bbox

KEYPOINTS = ["left", "right"]
CATEGORIES: list[dict[str, Any]] = [
    {"id": 3, "name": "disc", "keypoints": KEYPOINTS, "skeleton": [[1, 2]]},
    {"id": 7, "name": "square"},
]

# A Mask R-CNN small enough for tests: a step on two images takes a tenth of a second.
TINY_MODEL: dict[str, Any] = {
    "backbone": "resnet18",
    "backbone_norm": "batch",
    "fpn_channels": 32,
    "min_size": 96,
    "max_size": 128,
    "anchor_sizes": [16, 32, 64, 96, 128],
    "rpn_batch_size": 64,
    "rois_per_image": 32,
    "proposals_train": 100,
    "proposals_test": 50,
    "proposals_before_nms_train": 200,
    "proposals_before_nms_test": 100,
    "box_head_channels": 64,
    "mask_head_channels": 16,
    "mask_head_convs": 1,
    "keypoint_head_channels": 16,
    "keypoint_head_convs": 1,
}


def toy_config(folder: Path, output: Path, **fields: Any) -> TrainConfig:
    """Training of a tiny model on what `write_toy_data` wrote to a folder; `fields` change it."""
    config = TrainConfig(
        images=str(folder / "images"),
        annotations=str(folder / "annotations.json"),
        output=str(output),
        model="",
        model_config=json.dumps(TINY_MODEL),
        batch_size=2,
        learning_rate=2e-3,
        device="cpu",
    )
    return replace(config, **fields)


def write_toy_data(
    folder: Path, images: int, seed: int = 0, *, size: int = 96, keypoints: bool = False, categories: Any = CATEGORIES
) -> Path:
    """Write `folder`/images/*.png with a disc and a square each, and give `folder`/annotations.json."""
    rng = np.random.default_rng(seed)
    data: dict[str, Any] = {"images": [], "annotations": [], "categories": []}
    for category in categories:
        kept = category if keypoints else {key: category[key] for key in ("id", "name")}
        data["categories"].append(kept)
    (folder / "images").mkdir(parents=True)
    y, x = np.mgrid[:size, :size] + 0.5
    for image_id in range(images):
        pixels = np.full((size, size, 3), rng.integers(60, 200, 3), dtype=np.uint8)
        name = f"toy{image_id:03}.png"
        data["images"].append({"id": image_id, "file_name": name, "height": size, "width": size})
        # One in each half, so that neither hides the other.
        halves = rng.permutation(2)
        for half, category in zip(halves, categories, strict=False):
            radius = rng.uniform(0.12, 0.22) * size
            cx, cy = (half + 0.5) * size / 2, rng.uniform(radius, size - radius)
            if category["name"] == "square":
                mask = (np.abs(x - cx) < radius) & (np.abs(y - cy) < radius)
            else:
                mask = (x - cx) ** 2 + (y - cy) ** 2 < radius**2
            pixels[mask] = [220, 40, 40] if category["name"] == "square" else [40, 40, 220]
            rle = encode_rle(mask)
            annotation = {
                "id": len(data["annotations"]) + 1,
                "image_id": image_id,
                "category_id": category["id"],
                "segmentation": rle,
                "bbox": rle_bbox(rle),
                "area": rle_area(rle),
                "iscrowd": 0,
            }
            if keypoints and "keypoints" in category:
                annotation |= {"keypoints": [cx - radius, cy, 2, cx + radius, cy, 2], "num_keypoints": 2}
            data["annotations"].append(annotation)
        Image.fromarray(pixels).save(folder / "images" / name)
    file = folder / "annotations.json"
    file.write_text(json.dumps(data))
    return file
