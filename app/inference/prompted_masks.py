"""Masks by prompt for the canvas: the prompt model of core, its answers in the store's terms.

Any class, and any detector beside it: the prompt model knows none. It is small enough to answer in the thread that
asks, so that a click never waits behind a prediction.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from app.inference.outlines import exact_outline, outline
from app.messages.message import say
from app.store.editing.geometry import measured_segmentation
from app.store.errors import InvalidFieldError
from core.masks import polygons_to_mask, segmentation_to_rle
from core.run_lengths import crop_of_runs, run_lengths, runs_cover

if TYPE_CHECKING:
    from core import MaskPrompter
    from core.prompts.local_mask import LocalMask

Point = tuple[float, float, bool]  # x, y, whether it belongs to the object
EMPTY: dict[str, object] = {"segmentation": [], "bbox": [0, 0, 0, 0], "area": 0}
OVERLAP = 0.03  # of a box's side, by which the object in it may reach beyond: a hand's box is not exact
# Of the objects that a detector found: so many get another look, for as long as that may make a person wait.
MOST_LOOKED_AT_AGAIN, SECONDS_TO_LOOK_AGAIN, LOOKED_AT_AT_ONCE = 50, 0.5, 8


class PromptedMasks:
    """Loads the prompt model with the first prompt. Images are RGB uint8 H×W×3, boxes x0, y0, x1, y1 in pixels.

    Answers are dictionaries of segmentation, bbox (x, y, width, height) and area; a mask without a pixel is `EMPTY`.
    Raises InvalidFieldError for prompts outside the image.
    """

    def __init__(self, device: str = "auto", weights: Callable[[], str | None] = lambda: None) -> None:
        """`weights` says before each prompt which prompt model is to answer; None is the one that ships."""
        self.device = device
        self.weights = weights
        self._prompters: dict[str | None, MaskPrompter] = {}  # the one that ships, and at most one other
        self._lock = threading.Lock()  # torch has both cores busy with one prompt

    def of_boxes(self, pixels: NDArray[np.uint8], boxes: Sequence[Sequence[float]]) -> list[dict[str, object]]:
        """The object in each box."""
        from core.prompts.prompt_maps import Prompt

        with self._lock:
            answers = self._loaded().answers(pixels, [Prompt(box=box) for box in boxes])
        shape = pixels.shape[:2]
        return [_answer(_inside(answer.mask, box), (), shape) for answer, box in zip(answers, boxes, strict=True)]

    def look_again(
        self, pixels: NDArray[np.uint8], found: Sequence[dict[str, Any]], between: Callable[[], None] = lambda: None
    ) -> None:
        """The prompt model's masks in the place of a detector's, of the objects that are shown, the surest first.

        `found` are dictionaries of segmentation, bbox, score and threshold; at most 50 change, and after half a second
        none does. `between` is called after every few.
        """
        shown = [entry for entry in found if entry["segmentation"] and entry["score"] >= entry["threshold"]]
        shown = sorted(shown, key=lambda entry: -entry["score"])[:MOST_LOOKED_AT_AGAIN]
        shape = pixels.shape[:2]
        began, most = time.perf_counter(), 1
        while shown and time.perf_counter() - began < SECONDS_TO_LOOK_AGAIN:
            those, shown = shown[:most], shown[most:]
            masks = [_local_mask(entry["segmentation"], shape) for entry in those]
            with self._lock:  # a click waits for a few masks, not for all
                seen = self._loaded().seen_again(pixels, masks)
            for entry, mask in zip(those, seen, strict=True):
                if (answer := _answer(mask, (), shape))["segmentation"]:
                    entry |= {"segmentation": answer["segmentation"], "bbox": answer["bbox"]}
            most = LOOKED_AT_AT_ONCE
            between()

    def of_points(self, pixels: NDArray[np.uint8], points: Sequence[Point], *, preview: bool = False) -> dict[str, Any]:
        """The object that clicks are on, from nothing; a preview is quicker and coarser."""
        return self._clicked(pixels, None, None, points, preview=preview)

    def meanings(self, pixels: NDArray[np.uint8], points: Sequence[Point]) -> list[dict[str, Any]]:
        """All objects that clicks may be on, the one of `of_points` first."""
        shape = pixels.shape[:2]
        _expect_inside(points, shape)
        with self._lock:
            answers = self._loaded().meanings(pixels, points)
        return [_answer(answer.mask, points, shape) for answer in answers]

    def refined(
        self,
        pixels: NDArray[np.uint8],
        segmentation: object,
        bbox: Sequence[float],
        points: Sequence[Point],
        drawn: Sequence[float] | None = None,
    ) -> dict[str, object]:
        """A mask after clicks, the newest last, and in the box that was `drawn` around it; where there is no
        segmentation it begins from the box, drawn or not.
        """
        if segmentation:
            return self._clicked(pixels, drawn, _local_mask(segmentation, pixels.shape[:2]), points)
        left, top, width, height = bbox
        return self._clicked(pixels, drawn or (left, top, left + width, top + height), None, points)

    def embeddings(
        self, pixels: NDArray[np.uint8], segmentations: Sequence[object]
    ) -> list[NDArray[np.float32] | None]:
        """How objects look, for `core.prompts.class_examples`; None for one without a mask.

        Always to the model that ships: what was seen before can then be compared, whichever version is in use.
        """
        shape = pixels.shape[:2]
        masks = [_local_mask(segmentation, shape) if segmentation else None for segmentation in segmentations]
        there = [mask for mask in masks if mask is not None]
        with self._lock:
            found = iter(self._prompter(None).embeddings(pixels, there) if there else ())
        return [None if mask is None else next(found) for mask in masks]

    def _clicked(
        self,
        pixels: NDArray[np.uint8],
        box: Sequence[float] | None,
        mask: LocalMask | None,
        points: Sequence[Point],
        *,
        preview: bool = False,
    ) -> dict[str, object]:
        from core.prompts.prompt_maps import Prompt

        shape = pixels.shape[:2]
        _expect_inside(points, shape)
        with self._lock:
            answer = self._loaded().answer(pixels, Prompt(box, points, mask), finer=not preview)
        return _answer(answer.mask, points, shape)

    def _loaded(self) -> MaskPrompter:
        return self._prompter(self.weights())

    def _prompter(self, weights: str | None) -> MaskPrompter:
        if weights not in self._prompters:
            from core import MaskPrompter  # brings torch, which takes longer to import than all the rest

            loaded = MaskPrompter(weights, device=self.device)
            self._prompters = {known: other for known, other in self._prompters.items() if known is None}
            self._prompters[weights] = loaded
        return self._prompters[weights]


def _expect_inside(points: Sequence[Point], shape: tuple[int, ...]) -> None:
    height, width = shape[:2]
    for x, y, _ in points:
        if not (0 <= x <= width and 0 <= y <= height):
            raise InvalidFieldError("points", say("point_outside", x=x, y=y, width=width, height=height))


def _local_mask(segmentation: Any, shape: tuple[int, ...]) -> LocalMask:
    """A COCO segmentation as the prompt model takes masks; what it costs grows with the object, not with the image."""
    from core.prompts.local_mask import LocalMask

    if isinstance(segmentation, dict):
        rle = segmentation_to_rle(segmentation, *shape[:2])
        return LocalMask.of(*crop_of_runs(run_lengths(rle["counts"].encode()), shape[0]))
    points = np.concatenate([np.reshape(polygon, (-1, 2)) for polygon in segmentation])
    left, top = (max(0, int(value)) for value in np.floor(points.min(axis=0)))
    right, bottom = (min(shape[1 - axis], int(np.ceil(points[:, axis].max())) + 1) for axis in (0, 1))
    moved = [(np.reshape(polygon, (-1, 2)) - (left, top)).ravel().tolist() for polygon in segmentation]
    return LocalMask.of(polygons_to_mask(moved, max(1, bottom - top), max(1, right - left)), left, top)


def _inside(mask: LocalMask, box: Sequence[float]) -> LocalMask:
    """A mask without what lies well outside the person's box."""
    margins = [max(1.0, OVERLAP * (box[2 + axis] - box[axis])) for axis in (0, 1)]
    left, top = (max(0, round(box[axis] - margins[axis])) for axis in (0, 1))
    right, bottom = (round(box[2 + axis] + margins[axis]) for axis in (0, 1))
    return type(mask).of(mask.within(left, top, right - left, bottom - top), left, top)


def _answer(mask: LocalMask, points: Sequence[Point], shape: tuple[int, ...]) -> dict[str, object]:
    height, width = shape[:2]
    if mask.is_empty:
        return dict(EMPTY)
    segmentation = outline(mask.crop, mask.left, mask.top, height, width)
    if points and not _agrees(segmentation, points, height, width):
        # A click lies closer to the edge than the simplified outline does.
        segmentation = exact_outline(mask.crop, mask.left, mask.top, height, width)
    segmentation, box, area = measured_segmentation(segmentation, None, height, width)
    return {"segmentation": segmentation, "bbox": box, "area": area}


def _agrees(segmentation: object, points: Sequence[Point], height: int, width: int) -> bool:
    runs = run_lengths(segmentation_to_rle(segmentation, height, width)["counts"].encode())
    return all(
        runs_cover(runs, height, min(int(x), width - 1), min(int(y), height - 1)) == bool(include)
        for x, y, include in points
    )
