"""The heads on regions of interest, in parallel (figure 4): `RoiHeads` puts together what each branch's file owns."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from core.config import ModelConfig
from core.model.anchors import roi_strides
from core.model.backbones.resnet import build_c4_head
from core.model.ground_truth import ObjectsOfImage
from core.model.roi_heads.box import BOX_RESOLUTION, BoxHead, BoxPredictor, box_losses
from core.model.roi_heads.keypoint import KeypointHead, keypoint_losses, with_keypoints
from core.model.roi_heads.mask import (
    MASK_RESOLUTION,
    MaskPredictor,
    build_mask_head,
    mask_channels,
    mask_losses,
    masks_known,
    predict_masks,
)
from core.model.roi_heads.sampling import SampledRois, rows_of_positives
from core.model.roi_ops import roi_features

C4_RESOLUTION = 14  # RoI bins before res5 halves them


class RoiHeads(nn.Module):
    """Box, mask and keypoint branch of one configuration, on maps of `channels` channels.

    A branch is switched off by None in its place. For heads of one's own, replace one by a module that takes and
    gives the same, or subclass: `losses` may have more entries, `describe` too (core/README.md, "Parts of one's own").
    """

    def __init__(self, config: ModelConfig, channels: int) -> None:
        super().__init__()
        self.config = config
        self.strides = roi_strides(config)
        self.res5: nn.Module | None = None
        self.box_head: nn.Module | None = None
        self.mask_head: nn.Module | None
        if config.features == "c4":
            # Figure 4, left: res5 is the head, shared by box and mask.
            self.res5 = build_c4_head(config)
            self.box_predictor: nn.Module = BoxPredictor(2 * channels, config.num_classes)
            has_masks, width = config.mask_head is not None, config.mask_head_channels
            self.mask_head = MaskPredictor(2 * channels, width, mask_channels(config)) if has_masks else None
        else:
            self.box_head = BoxHead(config, channels)
            self.box_predictor = BoxPredictor(config.box_head_channels, config.num_classes)
            self.mask_head = build_mask_head(config, channels)
        self.keypoint_head: nn.Module | None = KeypointHead(config, channels) if config.num_keypoints else None

    def losses(
        self,
        maps: Sequence[Tensor],
        sampled: Sequence[SampledRois],
        objects: Sequence[ObjectsOfImage],
        scales: Sequence[Tensor],
    ) -> dict[str, Tensor]:
        """L_cls + L_box + L_mask (section 3), and the keypoints' loss (section 5), of those heads that there are.

        One entry an image in `sampled`, `objects` and `scales` (factors x, y, x, y from original to input pixels).
        """
        features = self.box_features(maps, [item.rois for item in sampled])
        losses = box_losses(*self.box_outputs(features), sampled, objects, self.config)
        if self.mask_head is not None:
            known = [masks_known(*item) for item in zip(sampled, objects, strict=True)]
            teaching = [item.teaching(which) for item, which in zip(sampled, known, strict=True)]
            if self.res5 is not None:
                # Figure 4, left: the mask branch continues from the box branch's res5.
                mask_features = features[rows_of_positives(sampled, known)]
            else:
                mask_features = self.mask_features(maps, [item.rois for item in teaching])
            losses["loss_mask"] = mask_losses(self.mask_head, mask_features, teaching, objects, scales, self.config)
        return losses | self.keypoint_losses(maps, sampled, objects, scales)

    def keypoint_losses(
        self,
        maps: Sequence[Tensor],
        sampled: Sequence[SampledRois],
        objects: Sequence[ObjectsOfImage],
        scales: Sequence[Tensor],
    ) -> dict[str, Tensor]:
        """The keypoint head's part of `losses`; empty without one."""
        if self.keypoint_head is None:
            return {}
        teaching = [with_keypoints(*item) for item in zip(sampled, objects, strict=True)]
        features = self.keypoint_features(maps, [item.rois for item in teaching])
        return {"loss_keypoint": keypoint_losses(self.keypoint_head, features, teaching, objects, scales)}

    def classify(self, maps: Sequence[Tensor], rois: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """The box branch on every RoI: logits R×(K+1), background first, and deltas R×K×4."""
        return self.box_outputs(self.box_features(maps, rois))

    def describe(
        self, maps: Sequence[Tensor], rois: Sequence[Tensor], labels: Tensor, probabilities: Tensor | None = None
    ) -> dict[str, Tensor]:
        """What else is found of RoIs (float32 N×4 in input pixels, an image each) of given labels (int64 R).

        One row a RoI, images in order. `masks`, float32 R×M×M in 0..1, are the labels' or, with `probabilities`
        (float32 R×K), the mean of the classes' weighted by them. Entries of other names go to `Instances.extras`.
        """
        if self.mask_head is None:
            return {}
        features = self.mask_features(maps, rois)
        return {"masks": predict_masks(self.mask_head, features, labels, probabilities, self.config)}

    def heatmaps(self, maps: Sequence[Tensor], rois: Sequence[Tensor]) -> Tensor:
        """Heatmap logits of each RoI, R×J×56×56; there has to be a keypoint head."""
        assert self.keypoint_head is not None
        heatmaps: Tensor = self.keypoint_head(self.keypoint_features(maps, rois))
        return heatmaps

    # -- what the heads see of a region -------------------------------------------------------------

    def box_features(self, maps: Sequence[Tensor], rois: Sequence[Tensor]) -> Tensor:
        """What the box head reads of each RoI: C×7×7 of the maps; for C4 after res5."""
        if self.res5 is None:
            return self._regions(maps, rois, BOX_RESOLUTION)
        size = C4_RESOLUTION if self.config.c4_res5 == "stride2" else BOX_RESOLUTION
        features: Tensor = self.res5(self._regions(maps, rois, size))
        return features

    def box_outputs(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """`box_features` to logits R×(K+1), background first, and deltas R×K×4."""
        vectors = features.mean(dim=(2, 3)) if self.box_head is None else self.box_head(features)
        logits, deltas = self.box_predictor(vectors)
        return logits, deltas

    def mask_features(self, maps: Sequence[Tensor], rois: Sequence[Tensor]) -> Tensor:
        """What the mask head reads of each RoI: C×14×14 of the maps; for C4 the box head's 7×7 after res5."""
        return self.box_features(maps, rois) if self.res5 is not None else self._regions(maps, rois, MASK_RESOLUTION)

    def keypoint_features(self, maps: Sequence[Tensor], rois: Sequence[Tensor]) -> Tensor:
        """What the keypoint head reads of each RoI, C×14×14: before res5, since it needs a high resolution."""
        return self._regions(maps, rois, MASK_RESOLUTION)

    def _regions(self, maps: Sequence[Tensor], rois: Sequence[Tensor], size: int) -> Tensor:
        # A pyramid's last level serves the RPN alone.
        return roi_features(maps[: len(self.strides)], self.strides, rois, size, self.config)
