"""Training samples: a crop around an object, and prompts as a person would give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from core.prompts.clicks import next_click
from core.prompts.objects import PromptObjects
from core.prompts.prompt_maps import (
    SMALLEST_SIDE,
    Click,
    Window,
    crop_image,
    crop_mask,
    prompt_maps,
    window_of,
)

# How often a sample begins from what; a batch may go on with clicks after each of them.
BOX, CLICK, MASK, PART = 0.5, 0.18, 0.2, 0.12
CUT_SHARE = 0.35  # of the masks to mend lack a whole side of the object, or have one too much
UNION_SHARE = 0.08  # of the samples ask for several objects of an image as one
SOURCE_POWER = 0.6  # a data set's share of the samples grows with its objects to this power


@dataclass
class Sample:
    """One object to learn from, everything in pixels of the crop."""

    image: NDArray[np.uint8]  # S×S×3
    truth: NDArray[np.float32]  # S×S, the share of each pixel that is the object's
    box: tuple[float, float, float, float] | None = None
    mask: NDArray[np.float32] | None = None  # S×S, the previous answer
    clicks: list[Click] = field(default_factory=list)

    @property
    def bitmap(self) -> NDArray[np.uint8]:
        """The truth as 0 and 1."""
        return (self.truth >= 0.5).astype(np.uint8)

    def maps(self) -> NDArray[np.float32]:
        """The prompt maps 6×S×S."""
        return prompt_maps(self.image.shape[0], self.box, self.mask, self.clicks)

    def click(self, answer: NDArray[np.uint8], random: np.random.Generator) -> None:
        """Go on from an answer: it becomes the previous mask, and the middle of its largest error is clicked."""
        size = self.image.shape[0]
        clicked = next_click(self.bitmap, answer, random, jitter=size * random.uniform(0.0, 0.03))
        if clicked is not None:
            self.clicks.append(clicked)
            self.mask = answer.astype(np.float32)


class SampleMaker:
    """Draws samples of `size` pixels from objects; the same seed draws the same ones."""

    def __init__(self, objects: PromptObjects, size: int, seed: int, shares: Sequence[float] = ()) -> None:
        """`shares`: how much oftener than by its number of objects each data set is drawn; none: all alike."""
        self.objects = objects
        self.size = size
        self.random = np.random.default_rng(seed)
        counts = np.bincount(objects.source)
        weights = counts[objects.source].astype(np.float64) ** (SOURCE_POWER - 1)
        if shares:
            weights *= np.asarray(shares, dtype=np.float64)[objects.source]
        self.weights = np.cumsum(weights / weights.sum())

    def draw(self) -> Sample:
        """One sample."""
        chosen = self._chosen()
        members = self._with_neighbours(chosen)
        image = self.objects.image(self.objects.objects[chosen].image)
        mask = self.objects.mask(members)
        left, top, width, height = cv2.boundingRect(mask)
        box = (float(left), float(top), float(left + width), float(top + height))
        kind = self.random.choice(4, p=(BOX, CLICK, MASK, PART))
        sample = (self._box, self._click, self._mask, self._part)[kind](image, mask, box)
        return self._varied(sample)

    def draw_object(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """An object as it is: its image RGB uint8 H×W×3 and its mask uint8 H×W."""
        chosen = self._chosen()
        return self.objects.image(self.objects.objects[chosen].image), self.objects.mask([chosen])

    def _chosen(self) -> int:
        return min(int(np.searchsorted(self.weights, self.random.random())), len(self.weights) - 1)

    def _with_neighbours(self, chosen: int) -> list[int]:
        others = [other for other in self.objects.of_image[self.objects.objects[chosen].image] if other != chosen]
        if not others or self.random.random() > UNION_SHARE:
            return [chosen]
        x0, y0, x1, y1 = self.objects.objects[chosen].box
        reach = 0.3 * max(x1 - x0, y1 - y0)
        near = [
            other
            for other in others
            for a0, b0, a1, b1 in [self.objects.objects[other].box]
            if a0 < x1 + reach and a1 > x0 - reach and b0 < y1 + reach and b1 > y0 - reach
        ]
        return [chosen, *near[: int(self.random.integers(1, 3))]]

    # -- what a sample begins from ------------------------------------------------------------------

    def _box(self, image: NDArray[np.uint8], mask: NDArray[np.uint8], box: tuple[float, ...]) -> Sample:
        width, height = box[2] - box[0], box[3] - box[1]
        loose = self.random.choice((0.02, 0.04, 0.08), p=(0.3, 0.5, 0.2))
        moved = [
            value + self.random.normal(0, loose) * side for value, side in zip(box, (width, height) * 2, strict=True)
        ]
        if self.random.random() < 0.1:  # people rather draw too large
            moved = [value + sign * abs(self.random.normal(0, 0.12)) * side for value, sign, side in zip(
                box, (-1, -1, 1, 1), (width, height) * 2, strict=True)]  # fmt: skip
        window = window_of(moved)
        sample = self._cropped(image, mask, window)
        scale = self.size / window[2]
        x0, y0, x1, y1 = ((v - window[i % 2]) * scale for i, v in enumerate(moved))
        sample.box = (x0, y0, x1, y1)
        return sample

    def _click(self, image: NDArray[np.uint8], mask: NDArray[np.uint8], box: tuple[float, ...]) -> Sample:
        longest = max(box[2] - box[0], box[3] - box[1])
        side = max(longest * float(np.exp(self.random.uniform(np.log(1.15), np.log(5.0)))), SMALLEST_SIDE)
        side = min(side, max(1.25 * max(image.shape[:2]), 1.3 * longest))
        # Anywhere in the window, but inside it.
        slack = (side - longest) / 2
        centre_x = (box[0] + box[2]) / 2 + self.random.uniform(-slack, slack)
        centre_y = (box[1] + box[3]) / 2 + self.random.uniform(-slack, slack)
        sample = self._cropped(image, mask, (centre_x - side / 2, centre_y - side / 2, side))
        empty = np.zeros_like(sample.bitmap)
        clicked = next_click(sample.bitmap, empty, self.random, jitter=0.1 * self.size * longest / side)
        sample.clicks = [clicked] if clicked is not None else []
        return sample

    def _mask(self, image: NDArray[np.uint8], mask: NDArray[np.uint8], box: tuple[float, ...]) -> Sample:
        window = self._loose_window(box)
        sample = self._cropped(image, mask, window)
        sample.mask = damaged(sample.truth, self.random)
        if self.random.random() < 0.8:
            sample.click((sample.mask >= 0.5).astype(np.uint8), self.random)
        return sample

    def _part(self, image: NDArray[np.uint8], mask: NDArray[np.uint8], box: tuple[float, ...]) -> Sample:
        """A finer look at a place of the edge, from the mask that a look at the whole object gives."""
        longest = max(box[2] - box[0], box[3] - box[1])
        side = max(1.4 * longest * self.random.uniform(0.25, 0.7), SMALLEST_SIDE)
        rows, columns = np.nonzero(mask[:, 1:] != mask[:, :-1])
        if len(rows):
            chosen = int(self.random.integers(len(rows)))
            x, y = float(columns[chosen]), float(rows[chosen])
        else:
            x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        x, y = x + self.random.uniform(-0.3, 0.3) * side, y + self.random.uniform(-0.3, 0.3) * side
        window = (x - side / 2, y - side / 2, side)
        sample = self._cropped(image, mask, window)
        sample.mask = damaged(sample.truth, self.random, strength=self.random.uniform(0.2, 0.7))
        if self.random.random() < 0.5:
            scale = self.size / side
            x0, y0, x1, y1 = ((v - window[i % 2]) * scale for i, v in enumerate(box))
            sample.box = (x0, y0, x1, y1)
        if self.random.random() < 0.5:
            sample.click((sample.mask >= 0.5).astype(np.uint8), self.random)
        return sample

    def _loose_window(self, box: tuple[float, ...]) -> Window:
        left, top, side = window_of(box, self.random.uniform(1.2, 1.7))
        shift_x, shift_y = self.random.uniform(-0.08, 0.08, 2) * side
        return left + shift_x, top + shift_y, side

    def _cropped(self, image: NDArray[np.uint8], mask: NDArray[np.uint8], window: Window) -> Sample:
        return Sample(crop_image(image, window, self.size), crop_mask(mask, window, self.size))

    # -- variation ------------------------------------------------------------------------------------

    def _varied(self, sample: Sample) -> Sample:
        if self.random.random() < 0.5:
            sample = _mirrored(sample)
        pixels = sample.image.astype(np.float32)
        if self.random.random() < 0.6:
            pixels = (pixels - 128) * self.random.uniform(0.6, 1.4) + 128 + self.random.uniform(-35, 35)
            pixels *= self.random.uniform(0.85, 1.15, 3).astype(np.float32)
        if self.random.random() < 0.1:
            pixels = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
        if self.random.random() < 0.1:
            pixels = cv2.GaussianBlur(pixels, (0, 0), self.random.uniform(0.5, 1.5))
        sample.image = np.clip(pixels, 0, 255).astype(np.uint8)
        return sample


def damaged(
    truth: NDArray[np.float32], random: np.random.Generator, strength: float | None = None
) -> NDArray[np.float32]:
    """A mask as a model or a hurried hand might have left it: float32 S×S of 0 and 1."""
    size = truth.shape[0]
    if strength is None and random.random() < CUT_SHARE:
        return _cut(truth, random)
    strength = float(random.uniform(0.2, 1.6)) if strength is None else strength
    cells = int(random.choice((4, 6, 10, 16)))
    noise = cv2.resize(
        random.normal(0, 1, (cells, cells)).astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC
    )
    blurred = cv2.GaussianBlur(truth, (0, 0), size * 0.03 * strength + 0.5)
    answer: NDArray[np.float32] = (blurred + 0.25 * strength * noise >= 0.5 + random.normal(0, 0.08)).astype(np.float32)
    reach = cv2.GaussianBlur(truth, (0, 0), size * 0.05) > 0.02
    answer *= reach  # noise far from the object is no error that a model makes
    for _ in range(int(random.poisson(0.6 * strength))):
        rows, columns = np.nonzero(reach)
        if not len(rows):
            break
        chosen = int(random.integers(len(rows)))
        axes = tuple(int(value) for value in random.uniform(0.03, 0.22, 2) * size)
        centre = int(columns[chosen]), int(rows[chosen])
        cv2.ellipse(answer, centre, axes, float(random.uniform(0, 180)), 0, 360, float(random.integers(2)), cv2.FILLED)
    return answer


def _cut(truth: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """A mask of which a straight line took a side away, or where what lies around one side was added."""
    size = truth.shape[0]
    rows, columns = np.nonzero(truth >= 0.5)
    if not len(rows):
        return truth.copy()
    angle = random.uniform(0, 2 * np.pi)
    towards = np.cos(angle), np.sin(angle)
    place = columns * towards[0] + rows * towards[1]
    grid_rows, grid_columns = np.mgrid[:size, :size].astype(np.float32)
    beyond = grid_columns * towards[0] + grid_rows * towards[1] > np.quantile(place, random.uniform(0.2, 0.85))
    answer = (truth >= 0.5).astype(np.float32)
    if random.random() < 0.7:
        answer[beyond] = 0
    else:
        reach = cv2.GaussianBlur(answer, (0, 0), size * random.uniform(0.03, 0.12)) > 0.1
        answer[beyond & reach] = 1
    return answer


def _mirrored(sample: Sample) -> Sample:
    size = float(sample.image.shape[0])
    box = sample.box
    return Sample(
        np.ascontiguousarray(sample.image[:, ::-1]),
        np.ascontiguousarray(sample.truth[:, ::-1]),
        None if box is None else (size - box[2], box[1], size - box[0], box[3]),
        None if sample.mask is None else np.ascontiguousarray(sample.mask[:, ::-1]),
        [(size - x, y, include) for x, y, include in sample.clicks],
    )
