"""The model: backbones, anchors, RPN, RoI operations, heads, losses and their assembly."""

from core.model.mask_rcnn import MaskRCNN

__all__ = ["MaskRCNN"]
