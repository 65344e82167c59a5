"""MaskPrompter: box, clicks and previous mask → the mask of one object, on a crop whose cost no image size changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from core.datasets.images import ImageSource, read_image
from core.devices import choose_device
from core.prompts.finer import finer_mask
from core.prompts.fused import for_answers
from core.prompts.local_mask import LocalMask
from core.prompts.merging import merged
from core.prompts.network import PromptNetwork, as_input, probabilities, prompt_maps_of
from core.prompts.prompt_maps import Box, Click, Prompt, Window, checked, crop_image, maps_in, window_around
from core.prompts.weights import load_prompt_network
from core.prompts.windows import CLICK_WINDOWS, Look, agreement, click_windows, iou_of_looks
from core.structures import Instances

BATCH = 16  # windows at once
LOOK_AGAIN_BELOW = 0.85  # expected IoU of what a box gave, from where on a second look gains nothing
AGREEMENT = 2.0  # of the windows' answers to clicks, in log-odds of the expected IoU
# What a click may mean beside the answer to it is looked for through windows of further sizes, too.
FURTHER_WINDOWS = (0.65, 0.25, 0.09, 0.06)
SAME_MEANING = 0.7  # IoU from which on two answers are one
LEAST_QUALITY = 0.15  # expected IoU, below which an answer but the likeliest means nothing
LOOKS_AT_A_MASK = 2  # a third changes nothing any more
EMBEDDING_SIZE = 128  # pixels of a crop: a class is seen from further away than an edge
PIXEL_LIMIT = 1_000_000_000  # what is looked at does not grow with the image


@dataclass(frozen=True)
class Answer:
    """The mask of one object, and the IoU with the object that the model expects of it (0..1)."""

    mask: LocalMask
    quality: float


class MaskPrompter:
    """Masks by prompt, of objects of any class.

    `prompter(image, box=…, clicks=…, mask=…)` gives uint8 H×W of 0 and 1. `image` is what `core.read_image` takes;
    `box` is x0, y0, x1, y1 in pixels; `clicks` are (x, y, include), the newest last; `mask` H×W is the mask as it is,
    of which everything stays that no click is near to. Clicks that leave nothing give an empty mask.

    Raises FileNotFoundError and ValueError, in one line, for weights and images that cannot be read and for prompts
    that lie outside the image or name no object.
    """

    def __init__(self, weights: str | Path | None = None, *, device: str = "auto") -> None:
        self.device = choose_device(device)
        self.network: PromptNetwork = load_prompt_network(weights).to(self.device).to(memory_format=torch.channels_last)
        self._fused = for_answers(self.network) if self.device.type == "cpu" else self.network
        self.size = self.network.config.size

    def __call__(
        self,
        image: ImageSource,
        *,
        box: Box | None = None,
        clicks: Sequence[Click] = (),
        mask: NDArray[Any] | None = None,
    ) -> NDArray[np.uint8]:
        """The mask of one object as uint8 H×W of 0 and 1."""
        pixels = read_image(image, pixel_limit=PIXEL_LIMIT)
        height, width = pixels.shape[:2]
        if mask is not None and mask.shape != (height, width):
            raise ValueError(f"the mask is {mask.shape[::-1]}, the image {width}×{height}: they must be of one size")
        known = LocalMask.of(mask) if mask is not None else None
        return self.answer(pixels, Prompt(box, clicks, known)).mask.whole(height, width)

    def answer(self, pixels: NDArray[np.uint8], prompt: Prompt, *, finer: bool = True) -> Answer:
        """The answer to one prompt on an RGB image uint8 H×W×3; without the `finer` look at large objects it is a
        preview.
        """
        prompt = checked(prompt, *pixels.shape[:2])
        if prompt.box is None and prompt.mask is None:
            return self._from_clicks(pixels, prompt.clicks, finer)
        return self._from_bounds(pixels, [prompt], finer)[0]

    def answers(self, pixels: NDArray[np.uint8], prompts: Sequence[Prompt]) -> list[Answer]:
        """The answers to several prompts with a box or a mask each, on one image, in batches."""
        return self._from_bounds(pixels, [checked(prompt, *pixels.shape[:2]) for prompt in prompts])

    def refined(self, image: ImageSource, instances: Instances) -> Instances:
        """A detector's instances with the masks that this model sees there, at the image's own resolution (`crops`).

        Boxes, scores and keypoints stay as they are. Raises ValueError where the instances have no masks or are those
        of an image of another size.
        """
        pixels = read_image(image, pixel_limit=PIXEL_LIMIT)
        if instances.image_size != pixels.shape[:2]:
            (height, width), (rows, columns) = instances.image_size, pixels.shape[:2]
            raise ValueError(f"the instances are of an image of {width}×{height}, this one is {columns}×{rows}")
        masks = [LocalMask.of(crop, left, top) for crop, left, top in instances.mask_crops()]
        there = [index for index, mask in enumerate(masks) if not mask.is_empty]
        for index, seen in zip(there, self.seen_again(pixels, [masks[index] for index in there]), strict=True):
            masks[index] = seen
        return replace(instances, crops=[(mask.crop, mask.left, mask.top) for mask in masks])

    def seen_again(self, pixels: NDArray[np.uint8], masks: Sequence[LocalMask]) -> list[LocalMask]:
        """Another model's masks as this one sees them: each look begins from the mask of the one before.

        A mask of which a look leaves nothing stays as it was.
        """
        for _ in range(LOOKS_AT_A_MASK):
            answers = self.answers(pixels, [Prompt(mask=mask) for mask in masks])
            masks = [
                before if answer.mask.is_empty else answer.mask for before, answer in zip(masks, answers, strict=True)
            ]
        return list(masks)

    @torch.inference_mode()
    def embeddings(self, pixels: NDArray[np.uint8], masks: Sequence[LocalMask]) -> NDArray[np.float32]:
        """How the objects under masks look, for `ClassExamples`: float32 N×D."""
        found = []
        for start in range(0, len(masks), BATCH):
            prompts = [Prompt(mask=mask) for mask in masks[start : start + BATCH]]
            windows = [window_around(prompt) for prompt in prompts]
            crops = as_input([crop_image(pixels, window, EMBEDDING_SIZE) for window in windows], self.network.config)
            maps = prompt_maps_of([maps_in(*item, EMBEDDING_SIZE) for item in zip(prompts, windows, strict=True)])
            found.append(self._fused.embedding(crops.to(self.device), maps.to(self.device)).cpu().numpy())
        return np.concatenate(found) if found else np.zeros((0, 0), dtype=np.float32)

    # -- one object ---------------------------------------------------------------------------------

    def _from_bounds(self, pixels: NDArray[np.uint8], prompts: Sequence[Prompt], finer: bool = True) -> list[Answer]:
        looks = self.looks(pixels, prompts)
        if finer:
            looks = self._looked_again(pixels, prompts, looks)
        return [
            self._answer(pixels, prompt, look, prompt.mask, finer) for prompt, look in zip(prompts, looks, strict=True)
        ]

    def _looked_again(self, pixels: NDArray[np.uint8], prompts: Sequence[Prompt], looks: Sequence[Look]) -> list[Look]:
        """A second look where a box was looked at without a mask and the answer may be poor; the answer is the mask."""
        shape = pixels.shape[:2]
        masks = {
            index: look.mask(shape)
            for index, (prompt, look) in enumerate(zip(prompts, looks, strict=True))
            if prompt.mask is None and look.quality < LOOK_AGAIN_BELOW
        }
        asked = {
            index: Prompt(prompts[index].box, prompts[index].clicks, mask)
            for index, mask in masks.items()
            if not mask.is_empty
        }
        seen = dict(zip(asked, self.looks(pixels, list(asked.values())), strict=True))
        return [seen.get(index, look) for index, look in enumerate(looks)]

    def _from_clicks(self, pixels: NDArray[np.uint8], clicks: Sequence[Click], finer: bool) -> Answer:
        """From clicks alone: through windows of several sizes first, then closer around what each of them showed."""
        if not any(include for _, _, include in clicks):
            return Answer(LocalMask.empty(), 1.0)
        seen = self._seen_at(pixels, clicks, CLICK_WINDOWS)
        if not seen:
            return Answer(merged(None, LocalMask.empty(), clicks, pixels.shape[:2]), 0.0)
        return self._answer(pixels, *_likeliest_first(seen)[0], None, finer)

    def meanings(self, pixels: NDArray[np.uint8], clicks: Sequence[Click]) -> list[Answer]:
        """All that clicks alone may mean, a part and the whole it belongs to, say: answers that differ.

        The first is the answer to the clicks, the others follow by how likely they are, without those of which the
        model expects next to nothing; none where no click includes. At most one for each window that is looked through:
        seven.
        """
        clicks = checked(Prompt(clicks=clicks), *pixels.shape[:2]).clicks
        if not any(include for _, _, include in clicks):
            return []
        usual = self._seen_at(pixels, clicks, CLICK_WINDOWS)
        chosen = _likeliest_first(usual)[:1]
        for asked, look in _likeliest_first(usual + self._seen_at(pixels, clicks, FURTHER_WINDOWS)):
            if look.quality >= LEAST_QUALITY and all(iou_of_looks(look, known) < SAME_MEANING for _, known in chosen):
                chosen.append((asked, look))
        return [self._answer(pixels, asked, look, None, True) for asked, look in chosen]

    def candidates(
        self, pixels: NDArray[np.uint8], clicks: Sequence[Click], shares: Sequence[float] = CLICK_WINDOWS
    ) -> list[Prompt]:
        """What clicks alone may mean: the clicks with the mask that a window of each size showed, where it did.

        `shares` are the windows' sides over the longest side of the image.
        """
        shape = pixels.shape[:2]
        windows = click_windows(clicks, shape, shares)
        looks = self._look(pixels, windows, [Prompt(None, clicks)] * len(windows))
        masks = [_part_at_clicks(look.mask(shape), clicks) for look in looks]
        return [Prompt(None, clicks, mask) for mask in masks if not mask.is_empty]

    def _seen_at(
        self, pixels: NDArray[np.uint8], clicks: Sequence[Click], shares: Sequence[float]
    ) -> list[tuple[Prompt, Look]]:
        """The candidates and the closer looks at them."""
        candidates = self.candidates(pixels, clicks, shares)
        return list(zip(candidates, self.looks(pixels, candidates), strict=True))

    def looks(self, pixels: NDArray[np.uint8], prompts: Sequence[Prompt]) -> list[Look]:
        """What the network sees around each prompt, in one look, with nothing of the masks before kept."""
        return self._look(pixels, [window_around(prompt) for prompt in prompts], prompts)

    def _answer(
        self, pixels: NDArray[np.uint8], prompt: Prompt, look: Look, before: LocalMask | None, finer: bool
    ) -> Answer:
        shape = pixels.shape[:2]
        mask = look.mask(shape)
        if finer:

            def look_through(windows: Sequence[Window], known: LocalMask) -> list[NDArray[np.float32]]:
                asked = Prompt(prompt.box, prompt.clicks, known)
                return [item.probability for item in self._look(pixels, windows, [asked] * len(windows))]

            mask = finer_mask(look, mask, prompt.clicks if before is not None else (), shape, look_through)
        return Answer(merged(before, mask, prompt.clicks, shape), look.quality)

    @torch.inference_mode()
    def _look(self, pixels: NDArray[np.uint8], windows: Sequence[Window], prompts: Sequence[Prompt]) -> list[Look]:
        looks: list[Look] = []
        for start in range(0, len(windows), BATCH):
            part, asked = windows[start : start + BATCH], prompts[start : start + BATCH]
            crops = as_input([crop_image(pixels, window, self.size) for window in part], self.network.config)
            maps = prompt_maps_of(
                [maps_in(prompt, window, self.size) for prompt, window in zip(asked, part, strict=True)]
            )
            logits, quality = self._fused(crops.to(self.device), maps.to(self.device))
            seen = probabilities(logits, self.size).cpu().numpy()
            expected = quality.sigmoid().tolist()
            looks += [Look(*item) for item in zip(part, seen, expected, strict=True)]
        return looks


def _likeliest_first(seen: Sequence[tuple[Prompt, Look]]) -> list[tuple[Prompt, Look]]:
    """What windows of several sizes show alike is more likely an object than what one of them is sure of."""
    looks = [look for _, look in seen]
    expected = torch.tensor([look.quality for look in looks]).logit(eps=1e-6)
    worth = expected + AGREEMENT * torch.tensor(agreement(looks))
    return [seen[index] for index in worth.argsort(descending=True, stable=True).tolist()]


def _part_at_clicks(mask: LocalMask, clicks: Sequence[Click]) -> LocalMask:
    """The connected parts of a mask that an including click lies in; all of it where none does."""
    if mask.is_empty:
        return mask
    _, parts = cv2.connectedComponents(mask.crop, connectivity=8)
    rows, columns = mask.crop.shape
    chosen = {
        int(parts[int(y) - mask.top, int(x) - mask.left])
        for x, y, include in clicks
        if include and 0 <= int(x) - mask.left < columns and 0 <= int(y) - mask.top < rows
    } - {0}
    return LocalMask.of(np.isin(parts, list(chosen)), mask.left, mask.top) if chosen else mask
