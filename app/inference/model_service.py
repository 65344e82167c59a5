"""The model beside the canvas: what is on an image, box → mask, clicks → better mask.

One model is in memory at a time, and one thread runs it: requests wait in line, boxes and clicks before predictions,
and the server's event loop never waits for any of them. The features of an image are kept under its SHA-256, so that
prompts on the image that a person looks at cost only the heads.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any

from sqlalchemy import select

from app.inference.class_guess import ClassGuess
from app.inference.image_pixels import ImagePixels
from app.inference.loaded_model import LoadedModel, LoadingState
from app.inference.model_terms import (
    Prediction,
    clipped_box,
    found_objects,
    labels_of,
    prompted_suggestion,
    suggestion,
    wanted_category,
)
from app.inference.model_thread import Haste, ModelThread
from app.inference.prompted_masks import PromptedMasks
from app.inference.registry import ModelRegistry
from app.inference.repredict import is_untouched
from app.store.categories import category_for_model
from app.store.database import Store
from app.store.documents import find_image
from app.store.editing.edits import instance_of
from app.store.editing.geometry import measured_segmentation
from app.store.editing.predictions import replace_predictions
from app.store.instance_state import STORED_FROM
from app.store.tables import Category, Image

SURE_BY_LIKENESS = 0.6  # from here on the model is not asked for the class, which may take it a second
PROMPT_MODEL = "prompts"  # what a mask that a person asked for is drawn with, whatever model names its class


class ModelService:
    """The model of one workspace, and the `thread` that runs it."""

    def __init__(self, store: Store, registry: ModelRegistry, device: str = "auto") -> None:
        self.store = store
        self.registry = registry
        self._loaded = LoadedModel(registry, device)
        self.thread = ModelThread(may_give_way=self._loaded.is_in_use)
        self._loaded.between_layers = self.thread.give_way
        self.prompts = PromptedMasks(device, registry.prompts_in_use)
        self.pixels = ImagePixels(store.workspace)
        self.class_guess = ClassGuess(store, self.prompts, self.pixels.read)

    def load_in_background(self) -> None:
        """Begin to load the version in use, so that the first prediction need not wait for it."""
        self.thread.submit(lambda: self._loaded.use(None), Haste.SOON)

    def close(self) -> None:
        """Let the thread end after what it is at; a download is not waited for."""
        self.thread.close()

    @property
    def model_name(self) -> str | None:
        """The version in memory."""
        return self._loaded.name

    @property
    def state(self) -> LoadingState:
        """Whether it is there."""
        return self._loaded.state

    @property
    def message(self) -> str:
        """One line: why it is another model than wanted; empty where all is well."""
        return self._loaded.message

    def predict(
        self,
        image_id: int,
        model: str | None = None,
        score_threshold: float = STORED_FROM,
        *,
        only_untouched: bool = False,
    ) -> Future[Prediction]:
        """Run a version (the one in use without a name) on an image and store what it finds.

        Untouched predictions are replaced, everything else stays; with `only_untouched` all of an image does that a
        person works on, from before or since the model began. The result raises NotFoundError for an
        unknown image or model, ModelUnavailableError where no model can be loaded.
        """
        haste = Haste.AHEAD if only_untouched else Haste.SOON
        return self.thread.submit(lambda: self._predict(image_id, model, score_threshold, only_untouched), haste)

    def masks_from_boxes(
        self, image_id: int, boxes: Sequence[Sequence[float]], category: int | str | None = None
    ) -> Future[list[dict[str, object]]]:
        """For each box (x0, y0, x1, y1) the object in it, as instance JSON with id null; nothing is stored.

        `category` is an id or a name of the store; without it the model guesses.
        """
        return self.thread.submit(lambda: self._masks_from_boxes(image_id, boxes, category), Haste.AT_ONCE)

    def mask_from_points(
        self,
        image_id: int,
        points: Sequence[tuple[float, float, bool]],
        category: int | str | None = None,
        *,
        preview: bool = False,
        meanings: bool = False,
    ) -> list[dict[str, Any]]:
        """The object that clicks (x, y, include) are on, as instance JSON with id null; nothing is stored.

        With `meanings` all that they may be on, that one first. Nothing where no click includes. Runs in the caller's
        thread; only a class that has to be guessed waits for the model's. A preview is quicker and coarser, and guesses
        no class: its category_id is 0 where none is given.
        """
        with self.store.reading() as session:
            image = find_image(session, image_id)
            wanted = wanted_category(session, category)
        pixels = self.pixels.of(image)
        given = (
            self.prompts.meanings(pixels, points)
            if meanings
            else [self.prompts.of_points(pixels, points, preview=preview)]
        )
        answers = [answer for answer in given if answer["segmentation"]]
        if not answers:
            return []
        if preview:
            entry = {**answers[0], "keypoints": [], "score": 1.0}
            return [suggestion(entry, image, wanted or Category(id=0, keypoints=[]), PROMPT_MODEL)]
        corners = [(x, y, x + width, y + height) for x, y, width, height in (answer["bbox"] for answer in answers)]
        task = partial(self._suggestions, image, corners, answers, wanted)
        alone = wanted is not None and not wanted.keypoints
        return task() if alone else self.thread.submit(task, Haste.AT_ONCE).result()

    def refine(
        self,
        image_id: int,
        instance: int | dict[str, object],
        points: Sequence[tuple[float, float, bool]],
        box: Sequence[float] | None = None,
    ) -> dict[str, object]:
        """The mask of an instance (its id, or its segmentation or bbox) after clicks (x, y, include), and in the box
        that was drawn around it, where one was.

        Returns segmentation, bbox and area, those of nothing where the clicks leave nothing; nothing is stored. Runs
        in the caller's thread.
        """
        with self.store.reading() as session:
            image = find_image(session, image_id)
            if isinstance(instance, int):
                segmentation = instance_of(session, image, instance).segmentation
                bbox = instance_of(session, image, instance).bbox
            else:
                segmentation, bbox, _ = measured_segmentation(
                    instance.get("segmentation"), instance.get("bbox"), image.height, image.width
                )
        drawn = clipped_box(box, image, "box") if box is not None else None
        return self.prompts.refined(self.pixels.of(image), segmentation, bbox, points, drawn)

    # -- in the model's thread ------------------------------------------------------------------

    def _predict(self, image_id: int, model: str | None, score_threshold: float, only_untouched: bool) -> Prediction:
        name, predictor = self._loaded.use(model)
        # As they are now: what it gives way to may load a version that was promoted meanwhile.
        thresholds, looks_again = self._loaded.thresholds, self._loaded.masks_by_prompt
        with self.store.reading() as session:
            image = find_image(session, image_id)
            if only_untouched and not is_untouched(session, image_id):
                return Prediction(name, 0.0)
        started = time.perf_counter()
        predictor.score_threshold = score_threshold
        with self.pixels.named(image):
            instances = predictor(self.pixels.source(image), key=image.sha256)
        found = found_objects(instances, thresholds)
        if looks_again:
            self.prompts.look_again(self.pixels.of(image), found, self.thread.give_way)
        seconds = time.perf_counter() - started
        with self.store.writing() as session:
            if only_untouched and not is_untouched(session, image_id):
                return Prediction(name, seconds)
            for entry in found:
                entry["category_id"] = category_for_model(session, entry.pop("category")).id
            replace_predictions(session, image_id, found, name)
        return Prediction(name, seconds)

    def _masks_from_boxes(
        self, image_id: int, boxes: Sequence[Sequence[float]], category: int | str | None
    ) -> list[dict[str, object]]:
        with self.store.reading() as session:
            image = find_image(session, image_id)
            wanted = wanted_category(session, category)
        clipped = [clipped_box(box, image) for box in boxes]
        answers = self.prompts.of_boxes(self.pixels.of(image), clipped)
        return self._suggestions(image, clipped, answers, wanted)

    def _suggestions(
        self,
        image: Image,
        boxes: Sequence[Sequence[float]],
        answers: Sequence[dict[str, object]],
        wanted: Category | None,
    ) -> list[dict[str, Any]]:
        """Masks by prompt with their class, guessed where none is `wanted`, and the model's keypoints."""
        named = [(wanted, 1.0)] * len(boxes) if wanted is not None else self._classes(image, boxes, answers)
        keypoints: list[list[float]] = [[] for _ in boxes]
        for target in {target.id: target for target, _ in named if target.keypoints}.values():
            those = [index for index, (other, _) in enumerate(named) if other.id == target.id]
            found = self._described(image, [boxes[index] for index in those], target.name)
            for index, entry in zip(those, found, strict=True):
                keypoints[index] = entry["keypoints"]
        return [
            prompted_suggestion(answer, box, points, score, image, target, PROMPT_MODEL)
            for (target, score), points, answer, box in zip(named, keypoints, answers, boxes, strict=True)
        ]

    def _classes(
        self, image: Image, boxes: Sequence[Sequence[float]], answers: Sequence[dict[str, object]]
    ) -> list[tuple[Category, float]]:
        """Class and certainty of each object: by likeness to accepted ones, or by the model where that is surer.

        What the model says counts only among the classes that are in use here, until there are any.
        """
        guesses, in_use = self.class_guess.guess(image, self.pixels.of(image), answers)
        self._look_at_examples_when_idle()
        with self.store.reading() as session:
            wanted = select(Category).where(Category.id.in_(in_use), Category.state != "removed")
            by_id = {category.id: category for category in session.scalars(wanted)}
        unsure = [index for index, guess in enumerate(guesses) if guess is None or guess[1] < SURE_BY_LIKENESS]
        described = self._described(image, [boxes[index] for index in unsure], None) if unsure else []
        named = [(by_id[guess[0]], guess[1]) if guess is not None else None for guess in guesses]
        for index, entry in zip(unsure, described, strict=True):
            guess = guesses[index]
            name = entry["category"]["name"]
            known = next((category.id for category in by_id.values() if category.name == name), None)
            if guess is None or (known in in_use and entry["score"] > guess[1]):
                with self.store.writing() as session:
                    named[index] = category_for_model(session, entry["category"]), entry["score"]
        return [item for item in named if item is not None]

    def _look_at_examples_when_idle(self) -> None:
        """A few accepted objects at a time, so that nobody waits for all of them."""

        def look() -> None:
            if self.class_guess.look_at_others(self.thread.give_way):
                self._look_at_examples_when_idle()

        self.thread.submit(look, Haste.IDLE)

    def _described(self, image: Image, boxes: Sequence[Sequence[float]], category: str | None) -> list[dict[str, Any]]:
        """What the model in use says of boxes: category, score and keypoints."""
        _, predictor = self._loaded.use(None)
        labels = labels_of(predictor, category, len(boxes))
        with self.pixels.named(image):
            instances = predictor.boxes_to_masks(self.pixels.source(image), boxes, labels=labels, key=image.sha256)
        return found_objects(replace(instances, masks=None))  # the prompt model's masks are what counts
