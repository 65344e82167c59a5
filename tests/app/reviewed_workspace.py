"""A workspace with real images and reviewed annotations, and a base model that trains in seconds."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from app.exchange.brought_objects import ImportOptions
from app.exchange.coco_import import import_coco
from app.store.database import Store
from app.store.images import add_image
from core import MaskRCNN, ModelConfig, save_model
from core.config import Backbone
from core.datasets.synthetic_scenes import write_shapes

SIDE = 96  # pixels


def write_tiny_model(directory: Path, *, backbone: Backbone = "resnet18") -> Path:
    """A small model of one class that no test data has, with random weights; a training step takes milliseconds.

    With "mobilenet_v2" a whole job takes half the processor time; "resnet18" is surer of what it finds.
    """
    torch.manual_seed(0)
    config = ModelConfig(
        backbone=backbone,
        backbone_norm="batch",
        num_classes=1,
        fpn_channels=16,
        box_head_channels=32,
        mask_head_channels=16,
        mask_head_convs=1,
        keypoint_head_channels=16,
        keypoint_head_convs=1,
        min_size=SIDE,
        max_size=SIDE,
        anchor_sizes=(8, 16, 32, 64, 96),
        rois_per_image=32,
        proposals_before_nms_train=100,
        proposals_train=100,
        proposals_before_nms_test=50,
        proposals_test=50,
        detections_per_image=10,
    )
    model = MaskRCNN(config, categories=[{"id": 7, "name": "unicorn"}])
    return save_model(model, directory)


def add_shapes(store: Store, folder: Path, images: int, *, seed: int = 0, reviewed: bool = True) -> list[int]:
    """Put synthetic scenes into the workspace, annotated and reviewed, or bare; returns their ids."""
    annotation_file = write_shapes(folder, images=images, seed=seed, height=SIDE, width=SIDE, max_objects=3)
    data = json.loads(annotation_file.read_text())
    ids = []
    for entry in data["images"]:
        name = entry["file_name"]
        image, _ = add_image(store, (folder / "images" / name).read_bytes(), f"{seed}-{name}")
        entry["file_name"] = image.file_name
        ids.append(image.id)
    if reviewed:
        with store.writing() as session:
            import_coco(session, data, just_uploaded=ids, options=ImportOptions(empty_images=True))
    return ids
