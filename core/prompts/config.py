"""What a prompt network is built from, and how one is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from core.ranges import Range, check_ranges

RANGES = {"size": Range(32, 1024), "channels": Range(1, 4096), "blocks": Range(0, 64), "image_std": Range(above=0)}


@dataclass(frozen=True)
class PromptConfig:
    """What a prompt network is built from."""

    trunk: str = "mobilenet_v2"  # or "efficientnet_lite2"
    size: int = 192  # pixels of the square crop that is looked at; a multiple of 32
    channels: int = 64  # of the decoder
    blocks: int = 2  # of the decoder at each stride
    image_mean: tuple[float, float, float] = (0.5, 0.5, 0.5)  # of RGB in 0..1, as the trunk learned
    image_std: tuple[float, float, float] = (0.5, 0.5, 0.5)

    def to_dict(self) -> dict[str, object]:
        """As JSON holds it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> PromptConfig:
        """From JSON; raises ValueError in one line for a name that is no field, or a number that no network has."""
        known = {field.name for field in fields(cls)}
        for name in values:
            if name not in known:
                raise ValueError(f"{name!r} is no setting of a prompt network; they are {', '.join(sorted(known))}")
        tuples = {name: tuple(values[name]) for name in ("image_mean", "image_std") if name in values}
        config = cls(**{**values, **tuples})
        check_ranges(config, RANGES)
        return config


@dataclass(frozen=True)
class TrainPromptsConfig:
    """A training run of a prompt network: `python -m core train-prompts`."""

    images: tuple[str, ...]  # folders of images, one a data set
    annotations: tuple[str, ...]  # COCO files, in the order of the folders
    output: str  # directory of the run
    weights: str = ""  # a prompt model to begin from; else the trunk's
    trunk: str = ""  # of a network that begins anew: "efficientnet_lite2", or "mobilenet_v2" as where none is given
    trunk_weights: str = ""  # a state dict of that trunk's classifier with ImageNet features
    decoder_weights: str = ""  # a prompt model, of any trunk, whose decoder a network that begins anew takes over
    size: int = 160  # pixels of a crop, a multiple of 32
    # Crops begin at so many pixels and grow to `size` over the first half of the run, in steps of 32: more samples in
    # the same time (EfficientNetV2, Tan & Le 2021, section 4.2); 0: all of `size`.
    first_size: int = 0
    channels: int = 64  # of the decoder, at each stride
    batch_size: int = 16  # crops a step
    steps: int = 8000  # of the whole run
    seconds: float = 0.0  # the run, resumed or not, ends after so long, if that is before its last step; 0: no limit
    learning_rate: float = 1e-3  # of the decoder
    trunk_factor: float = 0.15  # the trunk's learning rate over the decoder's
    weight_decay: float = 1e-4  # AdamW
    warmup_steps: int = 200  # in which the learning rate rises
    most_clicks: int = 3  # rounds of clicking before the step that learns; few oftener than many
    average: float = 0.999  # decay of the moving average of the weights, which is what is saved
    held_out_every: tuple[int, ...] = ()  # of each data set, leave every n-th image by file name out; 0: none
    # How much oftener each data set is drawn than by its number of objects; (): all alike.
    shares: tuple[float, ...] = ()
    # At the end the network learns on so many objects what to expect of its answers to one click (learning/quality.py),
    # at a third of a second each; without it the answer for an object is more often one for a part of it.
    quality_objects: int = 0
    checkpoint_minutes: float = 3.0  # between two checkpoints
    threads: int = 0  # of the CPU; 0: as many as torch likes
    # Convolutions in bfloat16, but for depthwise ones: two thirds of the time where the processor has
    # AMX or avx512_bf16.
    mixed_precision: bool = False
    seed: int = 0  # of everything that is drawn by chance
    resume: bool = False  # go on from the checkpoint in `output`
