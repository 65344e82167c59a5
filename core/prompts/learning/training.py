"""Training a prompt network, iteratively: predict, click where it is most wrong, predict again (RITM, section 3.2)."""

from __future__ import annotations

import copy
import json
import math
import sys
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from core.devices import cpu_is_faster_in_bfloat16
from core.prompts.config import PromptConfig, TrainPromptsConfig
from core.prompts.learning.decoder import take_decoder
from core.prompts.learning.losses import prompt_loss, quality_loss
from core.prompts.learning.quality import learn_quality
from core.prompts.learning.samples import Sample, SampleMaker
from core.prompts.network import PromptNetwork, as_input, probabilities, prompt_maps_of
from core.prompts.objects import PromptObjects, read_objects
from core.prompts.weights import load_prompt_network, save_prompt_network
from core.training.checkpoints import CHECKPOINT, load_checkpoint, save_checkpoint
from core.training.learning.execution import depthwise_in_float32
from core.training.signals import stop_requests

LOG = "log.jsonl"
LOG_EVERY = 50  # steps
AGAIN = 0.3  # of the steps learn from their own answer, as inference looks again at what a box gave


@dataclass(frozen=True)
class PromptTrainResult:
    """What a run left: its directory, which holds weights, sidecar, log and checkpoint, and how many steps it took."""

    directory: Path
    steps: int


def train_prompts(config: TrainPromptsConfig) -> PromptTrainResult:
    """Train until the last step or a request to stop.

    Raises ValueError and FileNotFoundError, in one line, for data or weights that cannot be used.
    """
    if config.size % 32:
        raise ValueError(f"--size {config.size}: a multiple of 32 pixels is needed")
    if config.first_size and (config.first_size % 32 or config.first_size > config.size):
        raise ValueError(f"--first-size {config.first_size}: a multiple of 32 up to --size {config.size} is needed")
    if config.shares and (len(config.shares) != len(config.images) or min(config.shares) <= 0):
        raise ValueError(f"--shares takes a positive number for each of the {len(config.images)} data sets")
    if config.weights and (config.trunk or config.trunk_weights or config.decoder_weights):
        raise ValueError(
            "--weights is a whole model to go on from: leave --trunk, --trunk-weights, --decoder-weights out"
        )
    if config.threads:
        torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    directory = Path(config.output)
    if directory.exists() and not directory.is_dir():
        raise ValueError(f"--output {directory} is a file: name a directory for the run, which is made")
    if not config.resume and (directory / CHECKPOINT).exists():
        raise ValueError(f"{directory} holds a run already: go on with --resume, or choose another --output")
    directory.mkdir(parents=True, exist_ok=True)
    objects = read_objects(config.images, config.annotations, config.held_out_every)
    print(f"{len(objects.objects)} objects on {len(objects.files)} images", file=sys.stderr, flush=True)
    network = _network(config, objects)
    average = copy.deepcopy(network).requires_grad_(False)
    optimizer = _optimizer(network, config)
    if config.mixed_precision and not cpu_is_faster_in_bfloat16():
        print(
            "this processor has no bfloat16 to learn in: --mixed-precision makes training slower here", file=sys.stderr
        )
    start, spent = 0, 0.0  # steps, and seconds, of the run so far
    if config.resume:
        state = load_checkpoint(directory, "train-prompts")
        _check_same_network(directory, network.config)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        start, spent = state["step"], state.get("seconds", 0.0)
    maker = SampleMaker(objects, config.size, config.seed + start, config.shares)
    saved = time.monotonic()
    began = saved - spent
    recent: list[float] = []
    with (
        stop_requests() as request,
        (directory / LOG).open("a", encoding="utf-8") as log,
        depthwise_in_float32(network) if config.mixed_precision else nullcontext(),
    ):
        step, over = start - 1, _progress(config, start, spent) >= 1
        for step in range(start, start if over else config.steps):
            progress = _progress(config, step, time.monotonic() - began)
            _set_learning_rate(optimizer, config, step, progress)
            maker.size = crop_size(config, progress)
            recent.append(_step(network, optimizer, maker, config))
            _follow(average, network, min(config.average, (step + 1) / (step + 10)))
            over = _progress(config, step + 1, time.monotonic() - began) >= 1
            last = over or request.asked
            if last or (step + 1) % LOG_EVERY == 0:
                _write_line(log, step + 1, float(np.mean(recent)), time.monotonic() - began)
                recent.clear()
            if last or time.monotonic() - saved > 60 * config.checkpoint_minutes:
                saved = time.monotonic()
                _save(directory, config, network, average, optimizer, step + 1, saved - began)
            if last:
                break
    if over and config.quality_objects:
        prompter = learn_quality(directory, maker, config.quality_objects)
        save_prompt_network(prompter.network, directory, lineage={"steps": step + 1, "training": asdict(config)})
    return PromptTrainResult(directory, step + 1)


def _write_line(log: TextIO, step: int, loss: float, seconds: float) -> None:
    line = json.dumps({"step": step, "loss": round(loss, 4), "seconds": round(seconds, 1)})
    log.write(line + "\n")
    log.flush()
    print(line, file=sys.stderr, flush=True)


def _network(config: TrainPromptsConfig, objects: PromptObjects) -> PromptNetwork:
    """The network at step 0, in training mode and channels-last layout."""
    if config.weights:
        network = load_prompt_network(config.weights)
        network.config = PromptConfig(**{**asdict(network.config), "size": config.size})
    else:
        network = PromptNetwork(
            PromptConfig(trunk=config.trunk or PromptConfig.trunk, size=config.size, channels=config.channels)
        )
        if config.trunk_weights:
            network.load_trunk(_read_trunk_weights(config.trunk_weights))
        if config.decoder_weights and not config.resume:
            maker = SampleMaker(objects, config.size, config.seed, config.shares)
            take_decoder(network, load_prompt_network(config.decoder_weights), maker)
    return network.to(memory_format=torch.channels_last).train()


def _read_trunk_weights(file: str) -> Mapping[str, Tensor]:
    """A classifier's state dict; ValueError, one line, where the file holds none."""
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # unpickling fails in as many ways as there are files
        raise ValueError(
            f"--trunk-weights {file}: not a state dict that can be read ({type(error).__name__})"
        ) from None
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise ValueError(
            f"--trunk-weights {file}: not a state dict of tensors, as a classifier's state_dict() gives it"
        )
    return content


def _check_same_network(directory: Path, config: PromptConfig) -> None:
    """Raise ValueError, one line, where the options describe another network than the one of the run to resume."""
    before = load_prompt_network(directory).config
    for name in ("trunk", "channels"):
        old, new = getattr(before, name), getattr(config, name)
        if old != new:
            raise ValueError(f"the run in {directory} has --{name} {old}, not {new}: resume it with its own")


def _optimizer(network: PromptNetwork, config: TrainPromptsConfig) -> torch.optim.Optimizer:
    trunk = list(network.trunk.parameters())
    known = {id(parameter) for parameter in trunk}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in known]
    groups = [{"params": rest, "factor": 1.0}, {"params": trunk, "factor": config.trunk_factor}]
    return torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay)


def _precision(config: TrainPromptsConfig) -> torch.autocast:
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=config.mixed_precision)


def _progress(config: TrainPromptsConfig, step: int, seconds: float) -> float:
    """How much of the run is over, 1 and more at its end: by steps or by time, whichever is further."""
    by_time = seconds / config.seconds if config.seconds else 0.0
    return max(step / config.steps, by_time)


def crop_size(config: TrainPromptsConfig, progress: float) -> int:
    """Pixels of a crop when so much of a run is over (0..1): a multiple of 32 from `first_size` to `size`."""
    sizes = range(config.first_size or config.size, config.size + 1, 32)
    growths = len(sizes) - 1
    return sizes[min(int(2 * progress * growths), growths)]


def _set_learning_rate(
    optimizer: torch.optim.Optimizer, config: TrainPromptsConfig, step: int, progress: float
) -> None:
    """A linear warm-up, then half a cosine down to a hundredth."""
    warm = min(1.0, (step + 1) / max(1, config.warmup_steps))
    factor = warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
    for group in optimizer.param_groups:
        group["lr"] = config.learning_rate * factor * group["factor"]


def _step(
    network: PromptNetwork, optimizer: torch.optim.Optimizer, maker: SampleMaker, config: TrainPromptsConfig
) -> float:
    samples = [maker.draw() for _ in range(config.batch_size)]
    crops = as_input([sample.image for sample in samples], network.config)
    again = maker.random.random() < AGAIN
    rounds = int(maker.random.random() ** 2 * (config.most_clicks + 1)) if maker.random.random() < 0.6 else 0
    with _precision(config):
        if again:
            _answer_and_look_again(network, crops, samples)
        for _ in range(rounds):
            _answer_and_click(network, crops, samples, maker)
    truth = F.avg_pool2d(torch.from_numpy(np.stack([sample.truth for sample in samples]))[:, None], 2)
    with _precision(config):
        logits, quality = network(crops, _maps(samples))
    logits, quality = logits.float(), quality.float()
    loss = prompt_loss(logits, truth) + 0.2 * quality_loss(quality, logits, truth)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    if bool(torch.isfinite(norm)):
        optimizer.step()
    return float(loss.detach())


def _answer_and_look_again(network: PromptNetwork, crops: Tensor, samples: list[Sample]) -> None:
    """The answer becomes the previous mask, and nothing else is prompted: so boxes are looked at twice."""
    for sample, answer in zip(samples, _answers(network, crops, samples), strict=True):
        sample.mask = answer.astype(np.float32)


def _answer_and_click(network: PromptNetwork, crops: Tensor, samples: list[Sample], maker: SampleMaker) -> None:
    for sample, answer in zip(samples, _answers(network, crops, samples), strict=True):
        sample.click(answer, maker.random)
        if sample.box is not None and maker.random.random() < 0.3:
            sample.box = None  # who mends a mask later gives no box


@torch.no_grad()
def _answers(network: PromptNetwork, crops: Tensor, samples: list[Sample]) -> NDArray[np.uint8]:
    """The masks B×S×S of 0 and 1 that the network gives as it is now."""
    logits, _ = network(crops, _maps(samples))
    return (probabilities(logits.float(), crops.shape[-1]) >= 0.5).numpy().astype(np.uint8)


def _maps(samples: list[Sample]) -> Tensor:
    return prompt_maps_of([sample.maps() for sample in samples])


@torch.no_grad()
def _follow(average: PromptNetwork, network: PromptNetwork, decay: float) -> None:
    torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - decay)


def _save(
    directory: Path,
    config: TrainPromptsConfig,
    network: PromptNetwork,
    average: PromptNetwork,
    optimizer: torch.optim.Optimizer,
    step: int,
    seconds: float,
) -> None:
    state: dict[str, object] = {
        "network": network.state_dict(),
        "average": average.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
        "seconds": seconds,
    }
    save_checkpoint(directory, state)
    save_prompt_network(average, directory, lineage={"steps": step, "training": asdict(config)})
