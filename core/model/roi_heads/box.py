"""The box branch: classes and boxes of RoIs (Fast R-CNN; section 3, "L_cls" and "L_box")."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.config import ModelConfig
from core.model.boxes import box_loss, clip_boxes, decode_boxes, encode_boxes, voted_boxes
from core.model.exporting import nms_by_group
from core.model.ground_truth import ObjectsOfImage
from core.model.roi_heads.layers import convolutions, linear_layers
from core.model.roi_heads.sampling import SampledRois, rows_of_positives

BOX_RESOLUTION = 7  # RoI bins of the box head
BOX_WEIGHTS = (10.0, 10.0, 5.0, 5.0)
SMALLEST_DETECTION = 1e-2  # pixels


class BoxHead(nn.Module):
    """Two fully connected layers, or four convolutions and one (Mask R-CNN's and the updated baseline's)."""

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        width = config.box_head_channels
        self.convs = nn.Sequential()
        if config.box_head == "conv4fc1":
            self.convs = convolutions([channels] * 5, config.head_norm)
        inputs = channels * BOX_RESOLUTION**2
        self.fc = linear_layers([inputs, width] if config.box_head == "conv4fc1" else [inputs, width, width])
        self.channels = width

    def forward(self, features: Tensor) -> Tensor:
        """RoI features R×C×7×7 to vectors R×D."""
        x: Tensor = self.convs(features).flatten(1)
        for layer in self.fc:
            x = F.relu(layer(x), inplace=True)
        return x


class BoxPredictor(nn.Module):
    """Class scores over background and K classes, and a box regression for each of the K classes."""

    last_layers = ("scores", "deltas")

    def __init__(self, channels: int, num_classes: int) -> None:
        super().__init__()
        self.scores = nn.Linear(channels, num_classes + 1)
        self.deltas = nn.Linear(channels, num_classes * 4)
        nn.init.normal_(self.scores.weight, std=0.01)
        nn.init.normal_(self.deltas.weight, std=0.001)
        nn.init.zeros_(self.scores.bias)
        nn.init.zeros_(self.deltas.bias)

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """R×D to logits R×(K+1), background first, and deltas R×K×4."""
        return self.scores(vectors).float(), self.deltas(vectors).float().unflatten(1, (-1, 4))


# -- training -----------------------------------------------------------------------------------------


def box_losses(
    logits: Tensor,
    deltas: Tensor,
    sampled: Sequence[SampledRois],
    objects: Sequence[ObjectsOfImage],
    config: ModelConfig,
) -> dict[str, Tensor]:
    """L_cls over all sampled RoIs and L_box over the positive ones; logits R×(K+1), deltas R×K×4."""
    labels = torch.cat([item.labels for item in sampled])
    positive = rows_of_positives(sampled)
    own_deltas = deltas[positive, labels[positive] - 1]
    targets = torch.cat([box_targets(*item) for item in zip(sampled, objects, strict=True)])
    return {
        "loss_classifier": classification_loss(logits, labels, _annotated(sampled, objects, config)),
        "loss_box": box_loss(own_deltas, targets, len(labels), config.box_loss),
    }


def box_targets(sampled: SampledRois, objects: ObjectsOfImage) -> Tensor:
    """The regression that moves each positive RoI onto its object, float32 P×4."""
    return encode_boxes(objects.boxes[sampled.objects], sampled.rois[: sampled.positives], BOX_WEIGHTS)


def classification_loss(logits: Tensor, labels: Tensor, annotated: Tensor | None = None) -> Tensor:
    """Softmax cross-entropy of R RoIs over background and K classes (Fast R-CNN's L_cls).

    Args:
        logits: float32 R×(K+1), background first.
        labels: int64 R, 0 is background.
        annotated: bool R×(K+1) or None. Classes that the RoI's data set does not annotate take no
            part in background RoIs: an unlabelled object of such a class is no evidence against it,
            so fine-tuning on new classes does not unlearn the old. RoIs on objects keep the full
            softmax, since an object has one class.
    """
    if labels.numel() == 0:
        return logits.sum() * 0
    if annotated is not None:
        silent = ~annotated & (labels == 0)[:, None]
        logits = logits.masked_fill(silent, torch.finfo(logits.dtype).min)
    return F.cross_entropy(logits, labels)


def _annotated(sampled: Sequence[SampledRois], objects: Sequence[ObjectsOfImage], config: ModelConfig) -> Tensor | None:
    """bool R×(K+1): the classes that each RoI's image has annotations of; None where all images have all."""
    if all(item.annotated is None for item in objects):
        return None
    every = torch.ones(config.num_classes + 1, dtype=torch.bool, device=sampled[0].labels.device)
    return torch.cat(
        [
            (every if item.annotated is None else item.annotated).expand(len(rois.labels), -1)
            for item, rois in zip(objects, sampled, strict=True)
        ]
    )


# -- inference ----------------------------------------------------------------------------------------


def select_detections(
    logits: Tensor, deltas: Tensor, proposals: Tensor, size: tuple[int, int], config: ModelConfig
) -> tuple[Tensor, Tensor, Tensor]:
    """The best boxes of one image: (float32 D×4 in input pixels, int64 D labels, float32 D scores).

    Args:
        logits: float32 R×(K+1), background first.
        deltas: float32 R×K×4.
        proposals: float32 R×4 in input pixels.
        size: height, width of the resized image.
    """
    boxes, labels, scores = all_detections(logits, deltas, proposals, size, config)
    best = slice(config.detections_per_image)
    return boxes[best], labels[best], scores[best]


def all_detections(
    logits: Tensor,
    deltas: Tensor,
    proposals: Tensor,
    size: tuple[int, int],
    config: ModelConfig,
    score_threshold: float | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """The same, the best first, before `detections_per_image` cuts it; the threshold is the configuration's if None."""
    threshold = config.score_threshold if score_threshold is None else score_threshold
    scores = logits.softmax(dim=1)[:, 1:]
    # Only the pairs above the threshold are decoded: a handful of R·K.
    roi, label = torch.nonzero(scores > threshold, as_tuple=True)
    boxes = clip_boxes(decode_boxes(deltas[roi, label], proposals[roi], BOX_WEIGHTS), *size)
    kept_scores = scores[roi, label]
    large = ((boxes[:, 2:] - boxes[:, :2]) >= SMALLEST_DETECTION).all(dim=1)
    boxes, kept_scores, label = boxes[large], kept_scores[large], label[large]
    best = nms_by_group(boxes, kept_scores, label, config.nms_threshold)
    chosen = boxes[best]
    if config.box_voting:
        chosen = voted_boxes(best, boxes, label, kept_scores, config.box_voting)
    return chosen, label[best] + 1, kept_scores[best]
