"""The class of a new object, guessed from the objects that were accepted before: no training, from the first one on."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, select

from app.inference.prompted_masks import PromptedMasks
from app.store.database import Store
from app.store.tables import Image, Instance
from core.prompts.class_examples import ClassExamples
from core.prompts.companions import expectations

EXAMPLES = 1000  # the newest accepted objects
HERE_AT_ONCE, AT_ONCE = 24, 8  # of this image and of others: so many a guess looks at; the rest has time

logger = logging.getLogger("maskloop")

Guess = tuple[int, float]  # id of the class, and how sure it is (0..1)


class ClassGuess:
    """Remembers how accepted objects look; `read_pixels` gives the RGB pixels of an image.

    It must not be a small cache of the images that a person looks at: other images would drive those out of it.
    """

    def __init__(self, store: Store, prompts: PromptedMasks, read_pixels: Callable[[Image], NDArray[np.uint8]]) -> None:
        self.store = store
        self.prompts = prompts
        self.read_pixels = read_pixels
        self.examples = ClassExamples(EXAMPLES)
        self._blank: set[int] = set()  # objects without a mask, or whose image cannot be read

    def guess(
        self, image: Image, pixels: NDArray[np.uint8], answers: Sequence[dict[str, object]]
    ) -> tuple[list[Guess | None], set[int]]:
        """The class of each object (a dictionary with `segmentation`) of an image, None where nothing is known.

        And the classes that accepted objects have.
        """
        accepted = self._accepted()
        if not accepted:
            return [None] * len(answers), set()
        here = [row.id for row in accepted if row.image_id == image.id]
        elsewhere = [row.id for row in accepted if row.image_id != image.id]
        self._look_at(here, HERE_AT_ONCE, {image.id: pixels})
        self._look_at(elsewhere, AT_ONCE)
        class_of = {row.id: row.category_id for row in accepted}
        embeddings = self.prompts.embeddings(pixels, [answer["segmentation"] for answer in answers])
        so_far, others = _numbers(image.id, accepted)
        expected = partial(expectations, here=so_far, others=others)
        guesses = [
            None if embedding is None else self.examples.guess(embedding, class_of, expected)
            for embedding in embeddings
        ]
        return guesses, set(class_of.values())

    def look_at_others(self, between: Callable[[], None] = lambda: None) -> bool:
        """Look at some accepted objects that were not looked at yet; False where none is left.

        `between` is called after those of each image.
        """
        return self._look_at([row.id for row in self._accepted()], AT_ONCE, between=between)

    def _accepted(self) -> Sequence[Row[int, int, int]]:
        with self.store.reading() as session:
            return session.execute(
                select(Instance.id, Instance.image_id, Instance.category_id)
                .where(Instance.status == "accepted", Instance.iscrowd == 0)
                .order_by(Instance.id.desc())
                .limit(EXAMPLES)
            ).all()

    def _look_at(
        self,
        ids: Sequence[int],
        most: int,
        at_hand: dict[int, NDArray[np.uint8]] | None = None,
        between: Callable[[], None] = lambda: None,
    ) -> bool:
        new = [key for key in ids if key not in self.examples and key not in self._blank][:most]
        if not new:
            return False
        with self.store.reading() as session:
            rows = session.execute(select(Instance, Image).join(Image).where(Instance.id.in_(new))).all()
        by_image: dict[int, list[tuple[Instance, Image]]] = {}
        for instance, image in rows:
            by_image.setdefault(image.id, []).append((instance, image))
        for image_id, pairs in by_image.items():
            found: Sequence[NDArray[np.float32] | None] = [None] * len(pairs)
            try:
                pixels = (at_hand or {}).get(image_id)
                pixels = self.read_pixels(pairs[0][1]) if pixels is None else pixels
                found = self.prompts.embeddings(pixels, [instance.segmentation for instance, _ in pairs])
            except (OSError, ValueError) as error:  # one bad file costs its examples, not the answer
                logger.warning("no examples from image %d: %s", image_id, error)
            for (instance, _), embedding in zip(pairs, found, strict=True):
                if embedding is None:
                    self._blank.add(instance.id)
                else:
                    self.examples.add(instance.id, embedding)
            between()
        return True


def _numbers(image: int, accepted: Sequence[Row[int, int, int]]) -> tuple[Counter[int], list[Counter[int]]]:
    """How many objects of each class the image has, and each of the others."""
    images: dict[int, Counter[int]] = defaultdict(Counter)
    for row in accepted:
        images[row.image_id][row.category_id] += 1
    return images.pop(image, Counter()), list(images.values())
