"""How a training run goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.config.fields import make_plain


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
    val_images: str | None = None  # folder of the validation images; without them the last step's model is the result
    val_annotations: str | None = None  # COCO JSON of the validation images

    # "joint": everything at once. "rpn_separate": first the RPN, then the heads on its proposals, each with a
    # backbone of its own. "alternating": the four steps of Faster R-CNN, section 3.2, which end in a shared one.
    training: Literal["joint", "rpn_separate", "alternating"] = "joint"
    epochs: int = 12  # of each phase of the training; ignored where steps is given
    steps: int | None = None  # of each phase
    # Images a process at a time, whatever the number of processes; in a recipe's file those of all together.
    batch_size: int = 2
    # Batches whose gradients make one step: it sees accumulate × batch_size images, batch_size of them at a time.
    accumulate: int = 1
    optimizer: Literal["sgd", "adamw"] = "adamw"  # the paper's is sgd
    learning_rate: float = 2e-4  # at full warm-up, for the batch size given
    backbone_learning_rate_factor: float = 0.25  # pre-trained features move more slowly than the heads
    # Only with a base model: new classes have everything to learn, what all classes share has much to lose.
    class_row_learning_rate_factor: float = 5.0
    momentum: float = 0.9  # SGD
    weight_decay: float = 1e-4  # of weights; biases and norms have none
    schedule: Literal["step", "cosine"] = "cosine"  # how the learning rate falls after the warm-up
    # Where "step" divides by 10: fractions of the run, or steps where above 1.
    step_at: tuple[float, ...] = (0.67, 0.89)
    warmup_steps: int = 100  # at most a tenth of the run
    gradient_clip: float = 10.0  # norm; 0 turns clipping off
    # Decay of an exponential moving average of the weights, which is then what is judged and written, 0.999 say; 0 is
    # none. A phase begins its own.
    ema: float = 0.0
    freeze_stages: int = 2  # backbone stages that do not learn, the stem counted as one
    min_sizes: tuple[int, ...] = ()  # shorter edges drawn from for scale jitter; () is the model's own
    max_size: int | None = None  # longer edge that is not passed; None is the model's own
    empty_images: bool = True  # learn from images without objects too (keypoints, where the data has them)
    horizontal_flip: float = 0.5  # probability that an image is mirrored
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
    # The data's classes get an RPN and heads of their own, beginning as copies of the base's, and learn on its features
    # as they are: what the base knows of other classes stays to the bit, and a step takes half of the time.
    # freeze_stages and base_distillation do not count then. Without it everything learns: more to learn with, and more
    # images and time to do it in.
    own_heads: bool = False
    # With own_heads: how much of the base's heads those have that are judged and written, for the classes that the base
    # knows (core/training/learning/base_share.py). A few images teach the base's own classes less than they take;
    # half of each was better than either (docs/benchmarks.md), and all of the base's where there is hardly an object to
    # learn from. New classes keep what they learned.
    base_share: float = 0.0
    # So that kept classes stay as good as they were, each step also learns, from one image more, to answer as the base
    # does (core/training/learning/base_distillation.py). This is the weight of those losses; 0 leaves them out, which
    # saves a third of the time and cost `scenes` a third of its AP50, `starter` two fifths (docs/benchmarks.md).
    base_distillation: float = 2.0
    # "pedestrian=person": the data's class begins with the rows of the base model's class of another name.
    synonyms: tuple[str, ...] = ()

    device: str = "auto"  # "auto", "cpu", "cuda", "cuda:1"
    mixed_precision: bool = True  # bfloat16 on a GPU
    # The same on a CPU that has it (avx512_bf16 or AMX), elsewhere float32; the application fine-tunes so.
    cpu_bfloat16: bool = False
    # Keep only the inputs of the backbone's blocks for the backward pass, where the blocks are computed again: less
    # memory, more time, the same gradients.
    checkpoint_activations: bool = False
    compile: bool = False  # backbone and pyramid by torch.compile: minutes at first; needs a C++ compiler, or Triton
    workers: int = 0  # data loading processes
    threads: int | None = None  # CPU threads; None leaves torch's choice
    seed: int = 0  # of everything that is drawn by chance
    checkpoint_every: int = 200  # steps between two checkpoints
    log_every: int = 5  # steps between two lines of metrics.jsonl
    # metrics.jsonl in other forms too: metrics.csv; TensorBoard and Weights & Biases where they are installed.
    writers: tuple[Literal["csv", "tensorboard", "wandb"], ...] = ()
    validate_every: int = 1  # epochs; 0 validates at the end only
    # Which AP says which model is the best: "auto" is keypoints' for a model that has them and no masks, else masks',
    # else boxes'.
    # "last" chooses none: the last step's model, so that the validation images can judge it.
    select_by: Literal["auto", "bbox", "segm", "keypoints", "last"] = "auto"
    validation_losses: bool = False  # the losses on the validation data too, in metrics.jsonl
    resume: bool = False  # go on from the checkpoint in `output`

    def __post_init__(self) -> None:
        make_plain(self)

    @property
    def images_a_step(self) -> int:
        """Images that a process sees in a step."""
        return self.batch_size * self.accumulate
