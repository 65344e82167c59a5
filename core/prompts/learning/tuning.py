"""A prompt model that goes on to learn from a few images of one person's, kept only where it got better on others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.datasets.coco import CocoDataset
from core.devices import cpu_is_faster_in_bfloat16
from core.masks import bitmap_iou
from core.model.weights.sidecar import read_json
from core.prompts.clicks import box_by_hand, next_click
from core.prompts.config import TrainPromptsConfig
from core.prompts.learning.training import train_prompts
from core.prompts.network import PromptNetwork
from core.prompts.objects import PromptObjects
from core.prompts.prompt_maps import Prompt
from core.prompts.prompter import MaskPrompter
from core.prompts.weights import SHIPPED, SIDECAR_FILE, WEIGHTS_FILE, load_prompt_network, save_prompt_network
from core.training.checkpoints import CHECKPOINT

FEWEST_JUDGED, MOST_JUDGED = 5, 60  # objects on the held-out images; fewer are chance, of more some spread evenly
SECONDS_AN_OBJECT, MOST_SECONDS = 0.7, 180.0  # of training: few objects are learnt by heart
LEAST_GAIN = 0.002  # of the mean IoU; less is chance
CLICK_ERROR = 0.02  # of the longer side of an object's box: the standard deviation of a hand's clicks
LEARNING_RATE = 1e-3  # what it learned with
# Of the tuned weights in what is kept; the rest are those before. The mean knows the person's objects as well as the
# tuned weights alone, and forgets little else (robust fine-tuning, Wortsman et al. 2022, arXiv:2109.01903).
TUNED_SHARE = 0.6
# With so many images half of that: of few, the tuned weights know how those look, and other pictures of the same things
# the worse for it (stained tissue after four images of fluorescence).
FEW_IMAGES = 4
STEPS = 100_000  # the time ends it


@dataclass(frozen=True)
class PromptTuning:
    """Mean IoU on the images that were held out, before and after, of the answers to a box and to a click after it, and
    how many objects that is.
    """

    before: float
    after: float
    objects: int
    kept: bool  # the output directory holds the tuned weights; else none


def tune_prompts(
    images: str | Path,
    annotations: str | Path,
    held_out_annotations: str | Path,
    output: str | Path,
    *,
    weights: str = "",
    seconds: float = MOST_SECONDS,
    device: str = "auto",
) -> PromptTuning | None:
    """Train for `seconds` at most and keep the weights in `output` only where they are better on the held-out images.

    `weights` is the prompt model to begin from, by default the one that ships. With few objects it takes less than a
    second for each. None, and nothing is written, where there are none with a mask to learn from or fewer than five to
    judge by. Raises what `train_prompts` does.
    """
    judge, learn = _objects(images, held_out_annotations), _objects(images, annotations)
    if len(judge.objects) < FEWEST_JUDGED or not learn.objects:
        return None
    source = weights or None
    before = answered_ious(MaskPrompter(source, device=device), judge)
    config = TrainPromptsConfig(
        images=(str(images),),
        annotations=(str(annotations),),
        output=str(output),
        weights=weights or str(SHIPPED),
        size=load_prompt_network(source).config.size,
        batch_size=min(8, max(2, len(learn.objects))),
        steps=STEPS,
        seconds=min(seconds, SECONDS_AN_OBJECT * len(learn.objects)),
        learning_rate=LEARNING_RATE,
        warmup_steps=10,
        average=0.98,
        mixed_precision=cpu_is_faster_in_bfloat16(),
    )
    train_prompts(config)
    mix_with(load_prompt_network(source), Path(output), tuned_share(learn))
    after = answered_ious(MaskPrompter(output, device=device), judge)
    gains = [late - early for early, late in zip(before, after, strict=True)]
    kept = float(np.mean(gains)) > LEAST_GAIN and min(gains) > -LEAST_GAIN
    directory = Path(output)
    for name in (CHECKPOINT,) if kept else (CHECKPOINT, WEIGHTS_FILE, SIDECAR_FILE):
        (directory / name).unlink(missing_ok=True)
    return PromptTuning(float(np.mean(before)), float(np.mean(after)), min(MOST_JUDGED, len(judge.objects)), kept)


def tuned_share(learned_from: PromptObjects) -> float:
    """How much of the tuned weights is kept, by the images with objects that they learned from."""
    images = sum(bool(objects) for objects in learned_from.of_image)
    return TUNED_SHARE * images / (images + FEW_IMAGES)


def mix_with(before: PromptNetwork, directory: Path, share: float) -> None:
    """Put the mean of two networks, a share of the one in a directory, in its place."""
    tuned = load_prompt_network(directory)
    lineage = read_json(directory / SIDECAR_FILE)["lineage"] | {"tuned_share": share}
    own, others = tuned.state_dict(), before.state_dict()
    for name, value in own.items():
        if value.is_floating_point():
            value.lerp_(others[name], 1 - share)  # shares memory with the network
    save_prompt_network(tuned, directory, lineage)


def answered_ious(prompter: MaskPrompter, objects: PromptObjects) -> tuple[float, float]:
    """Mean IoU of the answers to a box as a hand draws it, the same each time, and to one click where each is wrong."""
    chosen = np.unique(np.linspace(0, len(objects.objects) - 1, MOST_JUDGED).astype(int))
    box_ious, click_ious = [], []
    for number in chosen:
        random = np.random.default_rng(int(number))
        item = objects.objects[number]
        pixels, truth = objects.image(item.image), objects.mask([int(number)])
        box = box_by_hand(item.box, pixels.shape[1], pixels.shape[0], random)
        found = prompter.answer(pixels, Prompt(box), finer=False).mask
        box_ious.append(bitmap_iou(found.whole(*truth.shape), truth))
        jitter = CLICK_ERROR * max(item.box[2] - item.box[0], item.box[3] - item.box[1])
        if (clicked := next_click(truth, found.whole(*truth.shape), random, jitter)) is not None:
            found = prompter.answer(pixels, Prompt(box, [clicked], found), finer=False).mask
        click_ious.append(bitmap_iou(found.whole(*truth.shape), truth))
    return float(np.mean(box_ious)), float(np.mean(click_ious))


def _objects(images: str | Path, annotations: str | Path) -> PromptObjects:
    objects = PromptObjects()
    objects.add(CocoDataset(str(images), str(annotations)), 0)
    return objects
