"""What a model is made of; it travels with the weights, in the JSON beside them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, NamedTuple, get_args, get_type_hints

from core.config.fields import make_plain
from core.ranges import SHARE, ZERO_OR_MORE, Range

Backbone = Literal[
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "resnext152_32x8d",
    "mobilenet_v2",
    "mobilenet_v3_large",
]


class ProposalCounts(NamedTuple):
    """How many of the RPN's boxes go on."""

    before_nms: int  # a pyramid level
    kept: int  # an image


@dataclass(frozen=True)
class ModelConfig:
    """What a Mask R-CNN is made of (arXiv:1703.06870, section 3 and tables 2a to 2e)."""

    # -- backbone and features ------------------------------------------------------------------
    backbone: Backbone = "resnet50"
    # c4, c5: one map at stride 16, 32; dc5: C5 dilated to stride 16; fpn_mobile: torchvision's pyramid on a
    # MobileNet, two maps of stride 32 and their half.
    features: Literal["fpn", "fpn_mobile", "c4", "c5", "dc5"] = "fpn"
    num_classes: int = 80  # without background; labels are 1..num_classes, 0 is background
    fpn_channels: int = 256
    # "frozen": statistics and affine terms fixed, folded into the convolution for inference;
    # "batch": ordinary BN; "sync": BN over all processes; "group": GroupNorm with 32 groups.
    backbone_norm: Literal["frozen", "batch", "sync", "group"] = "frozen"
    backbone_norm_eps: float = 1e-5  # torchvision's first COCO weights (its COCO_V1 files) were trained with 0
    stride_in_1x1: bool = False  # MSRA's ResNets (detectron2's R50, R101) put a bottleneck's stride there
    fpn_norm: Literal["none", "batch"] = "none"
    # Appendix B and arXiv:1711.07971: each stands before one of the last residual blocks of res4.
    non_local_blocks: int = 0

    # Classes with an RPN and RoI heads of their own on the features that all share: for each set of heads the label of
    # every class it knows, 0 for one that another set answers for. Only the last learns, the features and the others
    # stay as they are. () is one set of heads for all classes, as the paper has it.
    class_groups: tuple[tuple[int, ...], ...] = ()

    # -- image at the door ----------------------------------------------------------------------
    min_size: int = 800  # the shorter edge is resized to this ...
    max_size: int = 1333  # ... unless the longer edge would pass this
    # A small picture is enlarged at most so many times on the way to min_size: it shows no more when it is larger, and
    # looks blurred. 0 is as far as it takes, as the paper has it. A min_size that a call asks for is reached anyway.
    max_enlargement: float = 0.0
    image_mean: tuple[float, float, float] = (0.485, 0.456, 0.406)  # RGB, images in 0..1
    image_std: tuple[float, float, float] = (0.229, 0.224, 0.225)

    # -- region proposal network ----------------------------------------------------------------
    anchor_sizes: tuple[int, ...] = (32, 64, 128, 256, 512)  # FPN: one a level; otherwise all on every map
    anchor_ratios: tuple[float, ...] = (0.5, 1.0, 2.0)  # height / width
    anchors_rounded: bool = False  # torchvision rounds anchors, and the step between them, to whole pixels
    rpn_conv_depth: int = 1
    rpn_backbone: Literal["shared", "own"] = "shared"  # "own": backbone (and pyramid) of the RPN's, not the heads'
    proposals_train: int = 2000  # kept after NMS, an image
    proposals_test: int = 0  # 0 is the paper's: 1000 with FPN, 300 on one map
    # Before NMS, a pyramid level; 0 is 2000 and 1000, and Faster R-CNN's 12000 and 6000 where there is one map.
    proposals_before_nms_train: int = 0
    proposals_before_nms_test: int = 0
    rpn_nms_threshold: float = 0.7
    rpn_score_threshold: float = 0.0  # proposals of lower objectness are left out; torchvision's MobileNets: 0.05
    rpn_batch_size: int = 256  # anchors sampled for the RPN loss, an image
    rpn_positive_iou: float = 0.7
    rpn_negative_iou: float = 0.3

    # -- regions of interest --------------------------------------------------------------------
    roi_op: Literal["align", "pool", "warp"] = "align"
    roi_reduce: Literal["avg", "max"] = "avg"  # how the samples of one bin are combined; "pool" is always max
    roi_samples: int = 2  # samples a bin and axis; 0 adapts to the RoI
    roi_aligned: bool = True  # half-pixel correction; torchvision's weights were trained without
    rois_per_image: int = 0  # N of section 3.1; 0 is the paper's: 512 with FPN, 64 on one map
    roi_positive_fraction: float = 0.25

    # C4's RoIs of 14×14 that res5 halves, or 7×7 and stride 1 in res5 as figure 4 has it; both give the heads 7×7.
    c4_res5: Literal["stride2", "stride1"] = "stride2"

    # -- box head -------------------------------------------------------------------------------
    box_head: Literal["fc2", "conv4fc1"] = "fc2"  # ignored where res5 is the head (c4)
    box_head_channels: int = 1024
    box_loss: Literal["smooth_l1", "l1"] = "smooth_l1"  # of the RPN too
    score_threshold: float = 0.05
    nms_threshold: float = 0.5
    # IoU from which boxes of a class vote on where the one lies that NMS keeps: it becomes their mean, weighted by
    # scores (Gidaris and Komodakis 2015, arXiv:1505.01749): boxes learnt from few images scatter. 0: none, the paper's.
    box_voting: float = 0.0
    detections_per_image: int = 100

    # -- mask head ------------------------------------------------------------------------------
    mask_head: Literal["fcn", "mlp2", "mlp3"] | None = "fcn"  # None is Faster R-CNN
    mask_head_channels: int = 256
    mask_head_convs: int = 4
    mask_loss: Literal["sigmoid", "softmax"] = "sigmoid"  # table 2b
    mask_class_agnostic: bool = False
    head_norm: Literal["none", "batch"] = "none"  # in the conv4fc1 box head and the FCN mask head
    # How an M×M mask becomes pixels: sampled at pixel centres, or resized into the box rounded to
    # whole pixels as torchvision does (kept so that its weights give its own results).
    mask_paste: Literal["pixel_centres", "integer_box"] = "pixel_centres"

    # -- keypoint head (section 5) --------------------------------------------------------------
    num_keypoints: int = 0  # 17 adds the keypoint head for COCO persons
    keypoint_head_channels: int = 512
    keypoint_head_convs: int = 8
    # Added to the data's coordinates in training and taken off again: 0.5 where COCO's keypoints are
    # indices of pixels and the weights (detectron2's) were trained on the pixels' centres.
    keypoint_offset: float = 0.0

    def __post_init__(self) -> None:
        make_plain(self)
        hints = get_type_hints(type(self))
        for field in fields(self):
            _check_value(f"ModelConfig.{field.name}", getattr(self, field.name), hints[field.name])
            if hints[field.name] is float:
                allowed = _FLOAT_RANGES.get(field.name, SHARE)
                if getattr(self, field.name) not in allowed:
                    raise ValueError(f"ModelConfig.{field.name}={getattr(self, field.name)}: {allowed} is needed")
        if self.num_classes < 1:
            raise ValueError(f"ModelConfig.num_classes={self.num_classes}: at least one class besides background")
        if self.num_keypoints < 0:
            raise ValueError(f"ModelConfig.num_keypoints={self.num_keypoints}: 0 for none, 17 for COCO persons")
        if 0 < self.max_enlargement < 1:
            raise ValueError(f"ModelConfig.max_enlargement={self.max_enlargement}: at least 1 is needed, or 0 for any")
        if self.min_size > self.max_size:
            raise ValueError(f"ModelConfig.min_size={self.min_size} is larger than max_size={self.max_size}")
        # Frozen dataclasses are set this way; the JSON beside the weights then holds the numbers used.
        if not self.rois_per_image:
            object.__setattr__(self, "rois_per_image", 512 if self.has_pyramid else 64)
        if not self.proposals_test:
            object.__setattr__(self, "proposals_test", 1000 if self.has_pyramid else 300)
        if not self.proposals_before_nms_train:
            object.__setattr__(self, "proposals_before_nms_train", 2000 if self.has_pyramid else 12000)
        if not self.proposals_before_nms_test:
            object.__setattr__(self, "proposals_before_nms_test", 1000 if self.has_pyramid else 6000)
        _check_class_groups(self.class_groups, self.num_classes)
        for name in ("image_mean", "image_std"):
            if len(getattr(self, name)) != 3:
                raise ValueError(f"ModelConfig.{name}={getattr(self, name)}: three numbers are needed, for R, G and B")
        if self.features == "fpn" and len(self.anchor_sizes) != 5:
            raise ValueError(
                f"ModelConfig.anchor_sizes={self.anchor_sizes}: a pyramid needs five, one a level P2 to P6"
            )
        if self.roi_samples < 1 and (self.roi_reduce == "max" or self.roi_op == "warp"):
            raise ValueError("ModelConfig.roi_samples=0 (adaptive) needs roi_op='align' and roi_reduce='avg'")
        if self.non_local_blocks and self.backbone.startswith("mobilenet"):
            raise ValueError(
                f"ModelConfig.non_local_blocks={self.non_local_blocks} needs a ResNet or ResNeXt, not {self.backbone}"
            )
        if not self.has_pyramid and self.backbone.startswith("mobilenet"):
            raise ValueError(f"ModelConfig.features={self.features!r} needs a ResNet or ResNeXt, not {self.backbone}")
        if self.features == "fpn_mobile" and not self.backbone.startswith("mobilenet"):
            raise ValueError(f"ModelConfig.features='fpn_mobile' needs a MobileNet, not {self.backbone}")
        if self.features == "c4":
            # Figure 4, left: res5 is the box head, and the mask head follows it.
            for name in ("mask_head", "box_head"):
                if getattr(self, name) in ("mlp2", "mlp3", "conv4fc1"):
                    value = getattr(self, name)
                    raise ValueError(f"ModelConfig.{name}={value!r} needs features='fpn', 'c5' or 'dc5', not 'c4'")

    @property
    def has_pyramid(self) -> bool:
        """Whether RPN and heads read a pyramid, not one map."""
        return self.features in ("fpn", "fpn_mobile")

    @property
    def training_proposals(self) -> ProposalCounts:
        """What the heads learn from."""
        return ProposalCounts(self.proposals_before_nms_train, self.proposals_train)

    @property
    def test_proposals(self) -> ProposalCounts:
        """What the heads judge in prediction."""
        return ProposalCounts(self.proposals_before_nms_test, self.proposals_test)

    def to_dict(self) -> dict[str, object]:
        """The configuration as JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, object]) -> ModelConfig:
        """The inverse of `to_dict`; raises ValueError naming a field that is not known."""
        if not isinstance(values, dict):
            raise ValueError("a model's configuration has to be an object of ModelConfig fields")
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(
                f"unknown ModelConfig field {unknown[0]!r}: misspelt, or of another version of this package"
            )
        return cls(**values)  # type: ignore[arg-type]


def _check_class_groups(groups: tuple[tuple[int, ...], ...], classes: int) -> None:
    """Raise ValueError where not every class is one set of heads' and one's alone, or a set has none."""
    whole = all(isinstance(group, tuple) and all(type(label) is int for label in group) for group in groups)
    named = sorted(label for group in groups for label in group if label) if whole else []
    if groups and (named != list(range(1, classes + 1)) or not all(map(any, groups))):
        raise ValueError(
            f"ModelConfig.class_groups={str(groups)[:200]}: each of the labels 1..{classes} is needed once, and 0 for "
            "classes that another group answers for"
        )


# The other numbers with a fraction are scores, overlaps and shares, between 0 and 1.
_FLOAT_RANGES = {"backbone_norm_eps": ZERO_OR_MORE, "keypoint_offset": Range(), "max_enlargement": ZERO_OR_MORE}

# May be 0: for none, for "as the paper has it", or because nothing is lost.
_MAY_BE_ZERO = {
    "num_classes",  # has a message of its own
    "num_keypoints",
    "proposals_test",
    "proposals_before_nms_train",
    "proposals_before_nms_test",
    "rois_per_image",
    "roi_samples",
    "mask_head_convs",
    "keypoint_head_convs",
    "non_local_blocks",
}


def _check_value(name: str, value: Any, hint: object) -> None:
    """Raise ValueError where a field's value is not of its type, or a size is not positive."""
    choices = _literal_choices(hint)
    if choices:
        if value not in choices:
            raise ValueError(f"{name}={value!r}: choose one of {', '.join(map(repr, choices))}")
    elif hint is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{name}={value!r}: True or False is needed")
    elif hint in (int, float):
        if isinstance(value, bool) or not isinstance(value, int if hint is int else (int, float)):
            raise ValueError(f"{name}={value!r}: {'a whole number' if hint is int else 'a number'} is needed")
        least = 0 if name.split(".")[-1] in _MAY_BE_ZERO else 1
        if hint is int and value < least:
            raise ValueError(f"{name}={value}: at least {least} is needed")
    elif name.endswith("class_groups"):
        if not isinstance(value, tuple):
            raise ValueError(f"{name}={value!r}: a tuple of labels for each set of heads is needed")
    else:
        numbers = isinstance(value, tuple) and all(isinstance(item, (int, float)) for item in value)
        # Sizes, ratios and deviations divide something; a mean may be anything.
        if not numbers or not value or (not name.endswith("mean") and min(value) <= 0):
            raise ValueError(f"{name}={value!r}: a tuple of positive numbers is needed")


def _literal_choices(hint: object) -> tuple[object, ...]:
    """The values of a Literal, or of a Literal in a union with None."""
    arguments = get_args(hint)
    if not arguments:
        return ()
    nested = [get_args(argument) for argument in arguments if get_args(argument)]
    if nested:
        return (*nested[0], None) if type(None) in arguments and isinstance(nested[0][0], str) else ()
    return arguments if isinstance(arguments[0], str) else ()
