"""Teaching a prompt network which of its answers is right, once it has learned to give them.

From one click the assistant looks through windows of several sizes and takes the answer that the network expects most
of. Those answers are of another kind than the samples that it learned from (a head where the whole dog is meant), so
what it expects of them is learned from themselves; the rest of the network stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.masks import bitmap_iou
from core.prompts.clicks import box_by_hand, next_click
from core.prompts.learning.samples import SampleMaker
from core.prompts.local_mask import LocalMask
from core.prompts.prompt_maps import Prompt
from core.prompts.prompter import MaskPrompter

LEARNING_RATE, WEIGHT_DECAY = 1e-3, 1e-3
BATCH, EPOCHS = 64, 20


@dataclass(frozen=True)
class JudgedAnswers:
    """What the network saw of each of its answers, float32 N×D, and their IoU with the object, float32 N."""

    seen: Tensor
    ious: Tensor


def learn_quality(directory: Path, maker: SampleMaker, objects: int) -> MaskPrompter:
    """The prompter of a run's weights, its quality learned from the answers to a click and to a box on so many objects
    that `maker` draws.
    """
    prompter = MaskPrompter(directory, device="cpu")  # where the rest of the training is
    answers = judged_answers(prompter, maker, objects)
    quality = prompter.network.quality
    optimizer = torch.optim.AdamW(quality.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(answers.ious)).split(BATCH):
            loss = F.binary_cross_entropy_with_logits(quality(answers.seen[chosen])[:, 0], answers.ious[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return prompter


def judged_answers(prompter: MaskPrompter, maker: SampleMaker, objects: int) -> JudgedAnswers:
    """The candidates for a click in the middle of each object, and the answer to a box around it."""
    seen: list[Tensor] = []
    ious: list[float] = []

    def remember(_: nn.Module, inputs: tuple[Tensor]) -> None:
        seen.append(inputs[0].detach().clone())

    for _ in range(objects):
        pixels, truth = maker.draw_object()
        clicked = next_click(truth, np.zeros_like(truth), maker.random)
        assert clicked is not None  # every object has pixels
        height, width = truth.shape
        box = box_by_hand(LocalMask.of(truth).box, width, height, maker.random)
        prompts = [*prompter.candidates(pixels, [clicked]), Prompt(box)]
        with prompter.network.quality.register_forward_pre_hook(remember):
            looks = prompter.looks(pixels, prompts)
        ious += [bitmap_iou(look.mask((height, width)).whole(height, width), truth) for look in looks]
    return JudgedAnswers(torch.cat(seen), torch.tensor(ious))
