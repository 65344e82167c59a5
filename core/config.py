"""The only configuration there is: one commented dataclass for a model, one for a training run.

Every field is an explicit value; nothing is looked up in a registry. `ModelConfig` travels with the
weights (in the JSON beside them), so a model can always be rebuilt from its own files.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, NamedTuple, get_args, get_type_hints

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

    # -- image at the door ----------------------------------------------------------------------
    min_size: int = 800  # the shorter edge is resized to this ...
    max_size: int = 1333  # ... unless the longer edge would pass this
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

    def to_dict(self) -> dict[str, Any]:
        """The configuration as JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ModelConfig:
        """The inverse of `to_dict`; raises ValueError naming a field that is not known."""
        if not isinstance(values, dict):
            raise ValueError("a model's configuration has to be an object of ModelConfig fields")
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown ModelConfig field {unknown[0]!r}: the file was written by another version")
        arguments: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**arguments)


@dataclass(frozen=True)
class TrainConfig:
    """One training run; `python -m core train` has an option for every field."""

    # Folder and COCO JSON of the training images. Several folders, with as many files, are trained on as one data set,
    # in which a class that a file does not have was not looked for in its images.
    # Not needed where `train` is given a data set.
    images: str | tuple[str, ...] = ()
    annotations: str | tuple[str, ...] = ()
    output: str = ""  # run directory: model, sidecar, metrics.jsonl, checkpoint
    # What to start from: a name (`python -m core models`), a run directory or a weights file.
    # "" builds a new model from `model_config`.
    model: str = "starter"
    # A JSON file with ModelConfig fields, or the JSON itself: what a new model is made of (num_classes and
    # num_keypoints come from the data), or what to change of `model` that leaves its weights their shapes.
    model_config: str | None = None
    backbone_weights: str | None = None  # only with model="": a torchvision classification state dict
    val_images: str | None = None
    val_annotations: str | None = None

    # "joint": everything at once. "rpn_separate": first the RPN, then the heads on its proposals, each with a
    # backbone of its own. "alternating": the four steps of Faster R-CNN, section 3.2, which end in a shared one.
    training: Literal["joint", "rpn_separate", "alternating"] = "joint"
    epochs: int = 12  # of each phase of the training; ignored where steps is given
    steps: int | None = None  # of each phase
    batch_size: int = 2  # images a process
    # Batches whose gradients make one step: as many images as accumulate × batch_size, in the memory of batch_size.
    accumulate: int = 1
    optimizer: Literal["sgd", "adamw"] = "adamw"
    learning_rate: float = 2e-4  # at full warm-up, for the batch size given
    backbone_learning_rate_factor: float = 0.25  # pre-trained features move more slowly than the heads
    # Only with a base model: new classes have everything to learn, what all classes share has much to lose.
    class_row_learning_rate_factor: float = 5.0
    momentum: float = 0.9  # SGD
    weight_decay: float = 1e-4
    schedule: Literal["step", "cosine"] = "cosine"
    # Where "step" divides by 10: fractions of the run, or steps where above 1.
    step_at: tuple[float, ...] = (0.67, 0.89)
    warmup_steps: int = 100  # at most a tenth of the run
    gradient_clip: float = 10.0  # norm; 0 turns clipping off
    # Decay of an exponential moving average of the weights, which is then what is judged and written, 0.999 say; 0 is
    # none. A phase begins its own.
    ema: float = 0.0
    freeze_stages: int = 2  # backbone stages that do not learn, the stem counted as one
    min_sizes: tuple[int, ...] = ()  # shorter edges drawn from for scale jitter; () is the model's own
    max_size: int | None = None
    empty_images: bool = True  # learn from images without objects too (keypoints, where the data has them)
    horizontal_flip: float = 0.5
    colour_jitter: float = 0.0  # strength of brightness, contrast, saturation and hue changes
    # Large-scale jitter (arXiv:2012.07177): the image, fitted into crop_size, is resized by a factor drawn from
    # this range (the paper's is 0.1 to 2.0), then cropped or padded to a square that the model sees as it is:
    # min_sizes and max_size do not count. () is none.
    large_scale_jitter: tuple[float, ...] = ()
    crop_size: int = 1024  # pixels a side, only with large_scale_jitter
    copy_paste: float = 0.0  # probability that some objects of another image are pasted in (same paper)
    # Classes of the base model that the data does not name are kept: their rows are copied and stay
    # as they are, and background regions do not push them down. False drops them from the model.
    keep_base_classes: bool = True
    # "pedestrian=person": the data's class begins with the rows of the base model's class of another name.
    synonyms: tuple[str, ...] = ()

    device: str = "auto"  # "auto", "cpu", "cuda", "cuda:1"
    mixed_precision: bool = True  # bfloat16 on a GPU; the CPU stays in float32
    # Keep only the inputs of the backbone's blocks for the backward pass, where the blocks are computed again: less
    # memory, more time, the same gradients.
    checkpoint_activations: bool = False
    compile: bool = False  # backbone and pyramid by torch.compile: minutes at first; needs a C++ compiler, or Triton
    workers: int = 0  # data loading processes
    threads: int | None = None  # CPU threads; None leaves torch's choice
    seed: int = 0
    checkpoint_every: int = 200  # steps
    log_every: int = 5  # steps
    # metrics.jsonl in other forms too: metrics.csv; TensorBoard and Weights & Biases where they are installed.
    writers: tuple[Literal["csv", "tensorboard", "wandb"], ...] = ()
    validate_every: int = 1  # epochs; 0 validates at the end only
    # Which AP says which model is the best: "auto" is keypoints' for a model that has them and no masks, else masks',
    # else boxes'.
    # "last" chooses none: the last step's model, so that the validation images can judge it.
    select_by: Literal["auto", "bbox", "segm", "keypoints", "last"] = "auto"
    validation_losses: bool = False  # the losses on the validation data too, in metrics.jsonl
    resume: bool = False  # go on from the checkpoint in `output`

    @property
    def images_a_step(self) -> int:
        """Images that a process sees in a step."""
        return self.batch_size * self.accumulate


# The other numbers with a fraction are scores, overlaps and shares, between 0 and 1.
_FLOAT_RANGES = {"backbone_norm_eps": ZERO_OR_MORE, "keypoint_offset": Range()}

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


def _check_value(name: str, value: Any, hint: Any) -> None:
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
    else:
        numbers = isinstance(value, tuple) and all(isinstance(item, (int, float)) for item in value)
        # Sizes, ratios and deviations divide something; a mean may be anything.
        if not numbers or not value or (not name.endswith("mean") and min(value) <= 0):
            raise ValueError(f"{name}={value!r}: a tuple of positive numbers is needed")


def _literal_choices(hint: Any) -> tuple[Any, ...]:
    """The values of a Literal, or of a Literal in a union with None."""
    arguments = get_args(hint)
    if not arguments:
        return ()
    nested = [get_args(argument) for argument in arguments if get_args(argument)]
    if nested:
        return (*nested[0], None) if type(None) in arguments and isinstance(nested[0][0], str) else ()
    return arguments if isinstance(arguments[0], str) else ()
