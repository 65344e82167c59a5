"""The options of each command. `python -m core COMMAND --help` is written from these classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from tyro.conf import Positional, arg, subcommand

from core.config import TrainConfig


@dataclass(frozen=True)
class Predict:
    """Find objects in images and write them as COCO JSON."""

    sources: Annotated[Positional[tuple[str, ...]], arg(metavar="IMAGE_OR_FOLDER")]
    """Images, or folders whose images are taken, those in their subfolders too."""
    output: str
    """JSON file to write."""
    model: str = "starter"
    """A name (python -m core models), a run directory or a weights file."""
    score_threshold: float = 0.5
    """Objects with a lower score are left out."""
    batch_size: int = 1
    """Images at a time."""
    format: Literal["coco", "results"] = "coco"
    """A COCO data set whose annotations have scores, or the bare COCO results list."""
    polygons: bool = False
    """Write masks without holes as polygons instead of RLE."""
    min_size: int | None = None
    """Shorter edge that images are resized to; the model's own unless given."""
    max_size: int | None = None
    """Longer edge that is not passed."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:1."""


@dataclass(frozen=True)
class Evaluate:
    """COCO average precision of a model, or of a results file of any origin."""

    annotations: str
    """COCO JSON with the true objects."""
    model: str | None = None
    """A name, a run directory or a weights file; with --images."""
    images: str | None = None
    """Folder of the annotated images."""
    results: str | None = None
    """COCO results list, or a data set with scores, instead of a model."""
    output: str | None = None
    """JSON file to write the figures to, per category too."""
    score_threshold: float | None = None
    """Detections with a lower score are left out; COCO's figures are meant without."""
    batch_size: int = 1
    """Images at a time."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:1."""


@dataclass(frozen=True)
class Shapes:
    """Write a synthetic COCO data set with masks and keypoints."""

    out: Positional[str]
    """Folder to make: images/ and annotations.json."""
    images: int = 200
    """How many scenes."""
    seed: int = 0
    """The same seed gives the same scenes."""
    height: int | None = None
    """Pixels; 208 to 320 unless given."""
    width: int | None = None
    """Pixels; 208 to 320 unless given."""
    max_objects: int = 12
    """The most objects in a scene."""


@dataclass(frozen=True)
class Models:
    """List the models that can be named, with size, classes and where they come from."""

    json: bool = False
    """As JSON, with all class names."""


@dataclass(frozen=True)
class Check:
    """Check a COCO file: every problem in one line; exit status 1 if there is any."""

    file: Positional[str]
    """COCO JSON to check."""
    images: str | None = None
    """Folder of its images, which are then looked at too."""
    fix_to: str | None = None
    """Write a copy in which everything that can be mended is."""


Train = Annotated[TrainConfig, subcommand("train", description="Train or fine-tune a model on a COCO data set.")]
Command = (
    Annotated[Predict, subcommand("predict")]
    | Train
    | Annotated[Evaluate, subcommand("evaluate")]
    | Annotated[Shapes, subcommand("shapes")]
    | Annotated[Models, subcommand("models")]
    | Annotated[Check, subcommand("check")]
)
