"""Keeping what a base model knows while it learns other classes: knowledge distillation from its frozen copy.

Classes that the data does not show lose though their own rows stay as they are, since the features below change. So
each step also asks the learning model to answer on one image as the base does (Learning without Forgetting, Li & Hoiem
2016; for detectors ILOD, Shmelkov et al. 2017, and Faster ILOD, Peng et al. 2020).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.ops import box_iou

from core.model.images import batch_images
from core.model.mask_rcnn import Learning, MaskRCNN
from core.model.rpn import RpnOutput
from core.structures import Category

ROIS = 64  # of the base's proposals, and as many of the learning model's
ANCHORS = 512  # those that the base is most sure of
SURE = 0.5  # a probability from which on the base's boxes and masks are worth keeping
DESCRIBED = 16  # RoIs whose masks are compared, those of the highest scores
LEFT_TO_DATA = 0.3  # IoU with an annotated object from which on a RoI is the data's to teach


class BaseDistillation:
    """The frozen base model, and the classes whose answers are to stay.

    Args:
        base: the model as it was before it learned; it is frozen here.
        categories: of the model that learns.
        kept: names of the classes to keep, which both models have.
    """

    def __init__(self, base: MaskRCNN, categories: Sequence[Category], kept: Sequence[str]) -> None:
        self.base = base.requires_grad_(False).eval()
        label_of = {category["name"]: label for label, category in enumerate(categories, 1)}
        known = {category["name"]: label for label, category in enumerate(base.categories, 1)}
        self.base_labels = torch.tensor([known[name] for name in kept], dtype=torch.int64)
        self.labels = torch.tensor([label_of[name] for name in kept], dtype=torch.int64)

    def losses(
        self, model: MaskRCNN, image: Tensor, objects: Tensor, scale: float = 1.0, learning: Learning = "all"
    ) -> dict[str, Tensor]:
        """How far the model is from the base on an image, float 3×H×W in 0..1; each loss is 0 where they agree.

        `objects`, float32 N×4 xyxy in the image's pixels, are annotated ones of the classes that are learned: of what
        lies there the base says nothing. The image is seen at `scale` times the model's size. `learning` chooses as in
        `MaskRCNN.losses`.
        """
        device = next(model.parameters()).device
        batch = batch_images([image.to(device)], model.config, scale=scale)
        with torch.no_grad():
            base_maps = self.base.features(batch.tensor)
            base_output = self.base.rpn_output(base_maps, batch)
        maps = model.features(batch.tensor)
        output = model.rpn_output(maps, batch)
        losses: dict[str, Tensor] = {}
        if learning != "heads":
            losses["distil_objectness"], losses["distil_rpn_box"] = rpn_losses(output, base_output)
        if learning == "rpn":
            return losses
        theirs, ours = self.base.rpn.proposals(base_output, batch)[0], model.rpn.proposals(output, batch)[0]
        rois = torch.cat([theirs[0][:ROIS], ours[0][:ROIS]])
        if len(objects):
            rois = rois[box_iou(rois, objects.to(device) * batch.scale(0, device)).amax(dim=1) < LEFT_TO_DATA]
        return losses | self._head_losses(model, maps, base_maps, rois)

    def _head_losses(
        self, model: MaskRCNN, maps: list[Tensor], base_maps: list[Tensor], rois: Tensor
    ) -> dict[str, Tensor]:
        base_labels, labels = self.base_labels.to(rois.device), self.labels.to(rois.device)
        logits, deltas = model.classify(maps, [rois])
        with torch.no_grad():
            base_logits, base_deltas = self.base.classify(base_maps, [rois])
            wanted = base_logits.softmax(dim=1)[:, base_labels]
        box = F.smooth_l1_loss(deltas[:, labels - 1], base_deltas[:, base_labels - 1], reduction="none").sum(dim=2)
        none = logits.sum() * 0
        losses = {
            "distil_classifier": kept_class_loss(logits, wanted, labels) if len(rois) else none,
            "distil_box": (box * wanted).sum() / max(1, len(rois)),
            "distil_mask": none,
        }
        score, best = wanted.max(dim=1)
        first = score.argsort(descending=True)[:DESCRIBED]
        chosen = first[score[first] > SURE]
        if model.roi_heads.mask_head is not None and len(chosen):
            with torch.no_grad():
                theirs = self.base.roi_heads.describe(base_maps, [rois[chosen]], base_labels[best[chosen]])
            ours = model.roi_heads.describe(maps, [rois[chosen]], labels[best[chosen]])
            losses["distil_mask"] = mask_divergence(ours["masks"], theirs["masks"])
        return losses


def kept_classes(base: MaskRCNN, categories: Sequence[Category], learned: Sequence[Category]) -> list[str]:
    """Names of the base's classes that a model for `categories` still has, and that are none of those it learns."""
    names, others = {category["name"] for category in categories}, {category["name"] for category in learned}
    return [category["name"] for category in base.categories if category["name"] in names - others]


def rpn_losses(output: RpnOutput, base_output: RpnOutput) -> tuple[Tensor, Tensor]:
    """(objectness loss, box loss) of an image over the anchors that the base is most sure of.

    Objectness counts only where the model is less sure than the base (Faster ILOD): new objects may come.
    """
    anchors = base_output.objectness[0].topk(min(ANCHORS, base_output.objectness.shape[1])).indices
    ours, logits = output.objectness[0, anchors], base_output.objectness[0, anchors]
    theirs, less = logits.sigmoid(), (ours.detach() < logits).float()
    # Both from logits: a cross-entropy of probabilities is refused by a GPU's autocast.
    loss = F.binary_cross_entropy_with_logits
    divergence = loss(ours, theirs, less) - loss(logits, theirs, less)
    box = F.smooth_l1_loss(output.deltas[0, anchors], base_output.deltas[0, anchors], reduction="none").sum(dim=1)
    sure = theirs > SURE
    return divergence, (box * sure).sum() / sure.sum().clamp(min=1)


def kept_class_loss(logits: Tensor, wanted: Tensor, labels: Tensor) -> Tensor:
    """The divergence of the learning model's class probabilities from the base's (MiB, Cermelli et al. 2020).

    What the base takes for none of the classes may be background or any of the classes that are learned: of those the
    base says nothing.

    Args:
        logits: float32 R×(K+1) of the learning model, background first.
        wanted: float32 R×O, the base's probabilities of the classes to keep.
        labels: int64 O, their labels in `logits`.
    """
    log_probabilities = logits.log_softmax(dim=1)
    others = torch.ones(logits.shape[1], dtype=torch.bool, device=logits.device)
    others[labels] = False
    ours = torch.cat([log_probabilities[:, others].logsumexp(dim=1, keepdim=True), log_probabilities[:, labels]], dim=1)
    theirs = torch.cat([(1 - wanted.sum(dim=1, keepdim=True)).clamp(min=0), wanted], dim=1)
    return F.kl_div(ours, theirs, reduction="batchmean")


def mask_divergence(ours: Tensor, theirs: Tensor) -> Tensor:
    """The mean divergence of pixels, float32 R×M×M in 0..1 each; 0 where they agree."""
    with torch.autocast(ours.device.type, enabled=False):  # there is no such loss in half precision
        ours, theirs = ours.float(), theirs.float()
        return F.binary_cross_entropy(ours, theirs) - F.binary_cross_entropy(theirs, theirs)
