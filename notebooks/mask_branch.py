"""The mask branch trained alone, so that a comparison takes a minute on a CPU and one thing differs at a time.

A detector that is trained already gives the feature maps; they are computed once and stay as they are. What is read
from them (the RoI operation), which head reads it and which loss teaches it is then varied, on the objects' own boxes
slightly moved. The pieces are core's: `roi_features`, `mask_targets`, `build_mask_head`, `mask_loss`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from simple_scenes import simple_scene
from torch import Tensor, nn

from core import MaskRCNN, ModelConfig
from core.datasets.synthetic_scenes import generate_scene
from core.masks import decode_rle, paste_in_box, segmentation_to_rle
from core.model.ground_truth import ObjectsOfImage
from core.model.images import batch_images
from core.model.roi_heads.mask import MASK_RESOLUTION, build_mask_head, mask_loss, mask_probabilities, mask_targets
from core.model.roi_heads.sampling import SampledRois
from core.model.roi_ops import roi_features

SMALLEST_SIDE = 24  # pixels; below it a 28×28 mask is finer than the image
STRIDES = (4, 8, 16, 32)  # of P2 to P5


@dataclass
class Scene:
    """One scene as the mask branch needs it."""

    maps: list[Tensor]  # P2 to P5, each 1×C×H×W
    objects: ObjectsOfImage  # boxes in input pixels, masks over the original image
    scale: Tensor  # float32 4, factors from original to input pixels


@dataclass
class Regions:
    """RoIs of all scenes, read and ready for a head."""

    features: Tensor  # float32 R×C×14×14
    targets: Tensor  # float32 R×28×28
    labels: Tensor  # int64 R, 1..K


@torch.no_grad()
def collect_scenes(model: MaskRCNN, seeds: Iterable[int], *, simple: bool = False) -> list[Scene]:
    """Synthetic scenes with the feature maps that the model makes of them; small objects are left out.

    The scenes are those of `core.datasets.synthetic_scenes`, 192×256, or the simple ones, 192×192.
    """
    scenes = []
    for seed in seeds:
        if simple:
            image, annotations = simple_scene(np.random.default_rng(seed), 192)
        else:
            image, annotations = generate_scene(seed, height=192, width=256, max_objects=6)
        height, width = image.shape[:2]
        kept = [item for item in annotations if min(item["bbox"][2:]) >= SMALLEST_SIDE]
        if not kept:
            continue
        batch = batch_images([torch.from_numpy(image).permute(2, 0, 1).float() / 255], model.config, height)
        scale = batch.scale(0, torch.device("cpu"))
        boxes = torch.tensor([[x, y, x + w, y + h] for x, y, w, h in (item["bbox"] for item in kept)])
        masks = [decode_rle(segmentation_to_rle(item["segmentation"], height, width)) for item in kept]
        objects = ObjectsOfImage(
            boxes=boxes * scale,
            original_boxes=boxes,
            labels=torch.tensor([item["category_id"] for item in kept]),
            crowds=torch.zeros((0, 4)),
            masks=torch.from_numpy(np.stack(masks)),
            box_masks=None,
            keypoints=_keypoints(kept),
            annotated=None,
        )
        scenes.append(Scene(model.features(batch.tensor)[:4], objects, scale))
    return scenes


def _keypoints(annotations: Sequence[dict[str, Any]]) -> Tensor | None:
    """The objects' keypoints, float32 N×J×3; zeros for those that have none, None where nothing has."""
    each = [torch.tensor(item.get("keypoints", [])).view(-1, 3) for item in annotations]
    most = max(len(points) for points in each)
    return torch.stack([F.pad(points, (0, 0, 0, most - len(points))) for points in each]) if most else None


@torch.no_grad()
def read_regions(
    scenes: Sequence[Scene],
    config: ModelConfig,
    levels: Sequence[int] = (2, 3, 4, 5),
    *,
    moves: int = 0,
    seed: int = 0,
    shift: tuple[float, float] = (0.0, 0.0),
) -> Regions:
    """Each object's region as `config.roi_op` reads it, from P2 to P5 or from one level alone.

    With `moves` each object is shown that many times, in boxes moved and stretched by about a twentieth, as proposals
    are; the same seed moves them the same way for every configuration. With 0 the boxes are the objects' own, all moved
    by `shift` of their width and height.
    """
    generator = torch.Generator().manual_seed(seed)
    strides = [STRIDES[level - 2] for level in levels]
    features, targets, labels = [], [], []
    for scene in scenes:
        count = len(scene.objects.boxes)
        index = torch.arange(count).repeat(max(moves, 1))
        rois = scene.objects.boxes[index]
        size = (rois[:, 2:] - rois[:, :2]).repeat(1, 2)
        rois = rois + size * torch.tensor(shift).repeat(2)
        if moves:
            rois = rois + 0.05 * size * torch.randn(rois.shape, generator=generator).clamp(-2, 2)
        sampled = SampledRois(rois, scene.objects.labels[index], index)
        maps = [scene.maps[level - 2] for level in levels]
        features.append(roi_features(maps, strides, [rois], MASK_RESOLUTION, config))
        targets.append(mask_targets(sampled, scene.objects, scene.scale, 2 * MASK_RESOLUTION))
        labels.append(sampled.labels)
    return Regions(torch.cat(features), torch.cat(targets), torch.cat(labels))


def principal_channels(training: Regions, others: Sequence[Regions], channels: int) -> list[Regions]:
    """All of them with the features in that many principal components of the training features' channels.

    The fully connected heads shrink with the number of channels, and what they take to train with them.
    """
    values = training.features.transpose(0, 1).flatten(1)
    mean = values.mean(dim=1)
    spread, basis = torch.linalg.eigh(torch.cov(values))
    basis = (basis / spread.mean().sqrt())[:, -channels:]  # eigenvalues ascend
    return [
        replace(regions, features=torch.einsum("rchw,cd->rdhw", regions.features - mean[:, None, None], basis))
        for regions in (training, *others)
    ]


def train_mask_head(
    config: ModelConfig, regions: Regions, *, seed: int, steps: int, batch_size: int = 32, learning_rate: float = 2e-3
) -> nn.Module:
    """A new mask head of the configuration, taught by `config.mask_loss`; the seed draws weights and order."""
    torch.manual_seed(seed)
    head = build_mask_head(config, regions.features.shape[1])
    assert head is not None

    def loss_of(rows: Tensor) -> Tensor:
        logits = head(regions.features[rows])
        return mask_loss(logits, regions.labels[rows], regions.targets[rows], config)

    train_head(head, loss_of, len(regions.labels), steps=steps, batch_size=batch_size, learning_rate=learning_rate)
    return head.eval()


def train_head(
    head: nn.Module,
    loss_of: Callable[[Tensor], Tensor],
    regions: int,
    *,
    steps: int,
    batch_size: int,
    learning_rate: float,
) -> None:
    """Teach a head by the loss of some rows, drawn anew each step, of its regions."""
    optimizer = torch.optim.AdamW(head.parameters(), learning_rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps)
    for _ in range(steps):
        loss = loss_of(torch.randperm(regions)[:batch_size])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(head.parameters(), 10.0)
        optimizer.step()
        schedule.step()


@torch.no_grad()
def predict_masks(head: nn.Module, config: ModelConfig, regions: Regions) -> Tensor:
    """Each region's mask of its own class, float32 R×28×28 in 0..1."""
    return mask_probabilities(head(regions.features), regions.labels, config)


def overlap_with_targets(masks: Tensor, regions: Regions) -> Tensor:
    """IoU of each region's mask with its target, cell by cell of 28×28; float32 R."""
    ours, theirs = masks >= 0.5, regions.targets >= 0.5
    union = (ours | theirs).sum(dim=(1, 2)).clamp(min=1)
    return (ours & theirs).sum(dim=(1, 2)) / union


def mask_ious(masks: Tensor, scenes: Sequence[Scene]) -> Tensor:
    """IoU of each mask, pasted into its object's own box, with the object's pixels; float32 R."""
    result, row = [], 0
    for scene in scenes:
        assert scene.objects.masks is not None
        height, width = scene.objects.masks.shape[1:]
        for box, truth in zip(scene.objects.original_boxes.numpy(), scene.objects.masks.numpy(), strict=True):
            crop, left, top = paste_in_box(masks[row].numpy(), box, height, width)
            inside = truth[top : top + crop.shape[0], left : left + crop.shape[1]]
            common = int((crop & inside).sum())
            result.append(common / max(int(crop.sum()) + int(truth.sum()) - common, 1))
            row += 1
    return torch.tensor(result)


def summary(ious: Tensor) -> dict[str, float]:
    """Mean IoU and the shares of masks that are right at IoU 0.5, 0.75 and 0.9, in percent."""
    shares = {f"right at {level:.2f}": float((ious >= level).float().mean()) * 100 for level in (0.5, 0.75, 0.9)}
    return {"mean IoU": float(ious.mean()) * 100, **shares}
