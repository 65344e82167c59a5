"""The options of each command. `python -m core COMMAND --help` is written from these classes."""

from __future__ import annotations

import functools
import itertools
import operator
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any, Literal

import tyro
from tyro.conf import Positional, arg, subcommand

from core.config import TrainConfig
from core.prompts.config import TrainPromptsConfig
from core.recipes import batch_note, recipe_config, recipe_names


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
    draw: str | None = None
    """Folder to make, with a JPEG of each image and what was found drawn on it."""
    min_size: int | None = None
    """Shorter edge that images are resized to; the model's own unless given."""
    max_size: int | None = None
    """Longer edge that is not passed."""
    detections_per_image: int | None = None
    """The most objects in an image, the best of them; the model's own, 100 as a rule, unless given."""
    class_names: tuple[str, ...] = ()
    """Names of the model's classes in their order, or a file of them (.txt with one a line, or COCO .json), for
    weights that have none; coco for COCO's."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:1."""
    precision: Literal["float32", "bf16", "auto"] = "float32"
    """bf16 is faster where the device has it (avx512_bf16 or AMX), with slightly different scores and boxes;
    auto takes it on such a CPU."""
    refine_masks: bool = False
    """The masks that the prompt model sees there, as in the assistant: sharper, and slower."""


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
    curves: str | None = None
    """Folder to make, with precision-recall curves and a grid of annotated against found classes, CSV and PNG."""
    losses: bool = False
    """Also the losses of training on these images, with --model."""
    calibrate: bool = False
    """Write into the model, for each class, the score from which on at least half of its detections are right."""
    score_threshold: float | None = None
    """Detections with a lower score are left out; COCO's figures are meant without."""
    max_detections: int | None = None
    """The most results of an image and category that count; COCO's 100, and 20 for keypoints, unless given."""
    batch_size: int = 1
    """Images at a time."""
    class_names: tuple[str, ...] = ()
    """Names of the model's classes in their order, or a file of them (.txt with one a line, or COCO .json), for
    weights that have none; coco for COCO's."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:1."""
    precision: Literal["float32", "bf16", "auto"] = "float32"
    """bf16 is faster where the device has it (avx512_bf16 or AMX), with slightly different scores and boxes;
    auto takes it on such a CPU."""
    refine_masks: bool = False
    """The masks that the prompt model sees there, as in the assistant: sharper, and slower."""


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
    """Of each scene, in pixels; 208 to 320 unless given."""
    width: int | None = None
    """Likewise."""
    max_objects: int = 12
    """The most objects in a scene."""


@dataclass(frozen=True)
class Export:
    """Write a model for programs without this package: as ONNX, or as a program of torch.export."""

    model: Positional[str]
    """A name (python -m core models), a run directory or a weights file."""
    output: Annotated[Positional[str], arg(metavar="OUT.onnx|OUT.pt2")]
    """File to write; its ending says what it becomes."""
    score_threshold: float | None = None
    """Objects with a lower score are left out; the model's own, 0.05 as a rule, unless given."""
    detections_per_image: int | None = None
    """The most objects in an image; the model's own, 100 as a rule, unless given."""
    min_size: int | None = None
    """Shorter edge that images are resized to inside the ONNX file; the model's own unless given."""
    max_size: int | None = None
    """Longer edge that is not passed."""
    class_names: tuple[str, ...] = ()
    """Names of the model's classes in their order, or a file of them (.txt with one a line, or COCO .json), for
    weights that have none; coco for COCO's."""


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
    crowds_as_objects: bool = False
    """What has iscrowd 1 is a single object, as brush masks of CVAT are."""


@dataclass(frozen=True)
class TrainPrompts(TrainPromptsConfig):
    """Train a model of masks by prompt on one or several COCO data sets; classes do not matter to it."""


@dataclass(frozen=True)
class Convert:
    """Write a data set in another format: docs/formats.md says which there are and what each can carry."""

    paths: Annotated[Positional[tuple[str, ...]], arg(metavar="FROM TO")]
    """FROM: a folder, file or zip of any format. TO: a folder, or a .json file for COCO. Or: cityscapes ROOT OUT.json,
    where ROOT holds leftImg8bit and gtFine (the eight classes with instances) and is what train takes as --images."""
    format: str | None = None
    """Format to write into the folder TO; coco unless given."""
    from_format: str | None = None
    """Format of FROM, where it is not recognised or where several are in it."""
    images: str | None = None
    """Folder of the images, where a format does not say how large they are and they do not lie in FROM."""
    split: str = "train"
    """Of cityscapes: train or val."""


@dataclass(frozen=True)
class Distill:
    """Label images with a model and test-time augmentation, as COCO JSON that train takes (data distillation)."""

    sources: Annotated[Positional[tuple[str, ...]], arg(metavar="IMAGE_OR_FOLDER")]
    """Images without labels, or folders of such."""
    output: str
    """JSON file to write; its file names are relative to the folder that holds all images."""
    model: str = "starter"
    """A name (python -m core models), a run directory or a weights file."""
    annotations: str | None = None
    """COCO JSON of labelled data: its classes are kept, and the score threshold is the one at which the images have
    as many objects each as its own."""
    labelled_images: str | None = None
    """Folder of the images in --annotations: the labelled data is then part of the output."""
    score_threshold: float | None = None
    """Objects with a lower score are left out; needed without --annotations."""
    scales: tuple[float, ...] = (0.75, 1.0, 1.25)
    """Factors of the size that images are seen at."""
    mirror: bool = True
    """See each mirrored too."""
    min_size: int | None = None
    """Shorter edge that images are resized to; the model's own unless given."""
    max_size: int | None = None
    """Longer edge that is not passed."""
    detections_per_image: int | None = None
    """The most objects in an image, the best of them; the model's own, 100 as a rule, unless given."""
    class_names: tuple[str, ...] = ()
    """Names of the model's classes in their order, or a file of them (.txt with one a line, or COCO .json), for
    weights that have none; coco for COCO's."""
    device: str = "auto"
    """auto, cpu, cuda or cuda:1."""


@dataclass(frozen=True)
class Recipes:
    """List the recipes that `train --recipe` takes."""


@dataclass(frozen=True)
class Train(TrainConfig):
    """Train or fine-tune a model on a COCO data set."""

    # A program may give data of its own; the command line has nothing else.
    images: str | tuple[str, ...] = field()
    """Folder of the training images; several, with as many annotation files, are trained on as one data set, in which
    a class that a file does not have was not looked for in its images."""
    annotations: str | tuple[str, ...] = field()
    """COCO JSON of the training images, or one for each folder."""
    output: str = field()
    """Run directory: model, sidecar, metrics.jsonl, checkpoint."""
    recipe: Annotated[
        str | None,
        arg(
            help="A published run whose values become the defaults of all other options: "
            f"{', '.join(recipe_names())}, or a .toml file; list describes them. Another number of images a step "
            "than the recipe's scales learning rate and steps."
        ),
    ] = None
    scaling: bool = True
    """Whether another number of images a step than a recipe's scales its learning rate, warm-up and length."""

    def config(self) -> TrainConfig:
        """The configuration alone."""
        return TrainConfig(**{field.name: getattr(self, field.name) for field in fields(TrainConfig)})


COMMANDS: dict[str, Any] = {
    "predict": Predict,
    "train": Train,
    "train-prompts": TrainPrompts,
    "evaluate": Evaluate,
    "export": Export,
    "distill": Distill,
    "convert": Convert,
    "shapes": Shapes,
    "models": Models,
    "check": Check,
}


def parse(given: Sequence[str]) -> Any:
    """The command that the arguments ask for, one of `COMMANDS` or `Recipes`.

    The recipe's values are defaults like others: they are known before the other options are read.
    Raises ValueError for a recipe that cannot be used; ends the process, saying why, for other mistakes.
    """
    recipe = _named_recipe(given)
    if recipe is None:
        return _parsed(given)
    if recipe == "list":
        return Recipes()
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    required: dict[str, Any] = dict.fromkeys(("images", "annotations", "output"), tyro.MISSING)
    defaults = Train(**vars(recipe_config(recipe, processes=processes, images="", annotations="", output="")))
    parsed = tyro.cli(
        Train, prog="python -m core train", args=given[1:], default=replace(defaults, recipe=recipe, **required)
    )
    own = {name: getattr(parsed, name) for name in _options_of(given) if hasattr(TrainConfig, name) or name in required}
    config = recipe_config(recipe, processes=processes, scaling=parsed.scaling, **own)
    note = batch_note(recipe, config, processes)
    if note and os.environ.get("RANK", "0") == "0":
        print(f"note: {note}", file=sys.stderr)
    return Train(**vars(config), recipe=recipe, scaling=parsed.scaling)


def _parsed(given: Sequence[str]) -> Any:
    """The command that the arguments ask for. What it does not understand is compared with its own options alone."""
    if given and given[0] in COMMANDS:
        return tyro.cli(COMMANDS[given[0]], prog=f"python -m core {given[0]}", args=list(given[1:]))
    every: Any = functools.reduce(
        operator.or_, (Annotated[options, subcommand(name)] for name, options in COMMANDS.items())
    )
    return tyro.cli(every, prog="python -m core", args=list(given) or ["--help"])


def _named_recipe(given: Sequence[str]) -> str | None:
    """The value of `train --recipe`, None where there is none."""
    if list(given[:1]) != ["train"]:
        return None
    for option, following in itertools.zip_longest(given, given[1:]):
        if option == "--recipe" and following is not None:
            return following
        if option.startswith("--recipe="):
            return option.removeprefix("--recipe=")
    return None


def _options_of(given: Sequence[str]) -> list[str]:
    """The names of the fields that options are given for: `--no-resume` and `--batch-size=4` too."""
    names = [option[2:].split("=")[0].replace("-", "_") for option in given if option.startswith("--")]
    return [name.removeprefix("no_") for name in names]
