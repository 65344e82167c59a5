"""The class of a new object, guessed from the objects that were accepted before: no training, from the first one on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, select

from app.inference.prompted_masks import PromptedMasks
from app.store.database import Store
from app.store.tables import Image, Instance
from core.prompts.class_examples import ClassExamples

EXAMPLES = 1000  # the newest accepted objects
AT_ONCE = 8  # objects of other images that one guess looks at; the others wait for a quiet moment

Guess = tuple[int, float]  # id of the class, and how sure it is (0..1)


class ClassGuess:
    """Remembers how accepted objects look; `pixels_of` gives the RGB pixels of an image."""

    def __init__(self, store: Store, prompts: PromptedMasks, pixels_of: Callable[[Image], NDArray[np.uint8]]) -> None:
        self.store = store
        self.prompts = prompts
        self.pixels_of = pixels_of
        self.examples = ClassExamples(EXAMPLES)
        self._boxes: set[int] = set()  # objects without a mask: they look like nothing

    def guess(self, image: Image, answers: Sequence[dict[str, Any]]) -> tuple[list[Guess | None], set[int]]:
        """The class of each object (a dictionary with `segmentation`) of an image, None where nothing is known.

        And the classes that accepted objects have.
        """
        accepted = self._accepted()
        if not accepted:
            return [None] * len(answers), set()
        here = [row.id for row in accepted if row.image_id == image.id]
        elsewhere = [row.id for row in accepted if row.image_id != image.id]
        self._look_at(here)
        self._look_at(elsewhere, AT_ONCE)
        class_of = {row.id: row.category_id for row in accepted}
        embeddings = self.prompts.embeddings(self.pixels_of(image), [answer["segmentation"] for answer in answers])
        guesses = [
            None if embedding is None else self.examples.guess(embedding, class_of)  # type: ignore[arg-type]
            for embedding in embeddings
        ]
        return guesses, set(class_of.values())

    def look_at_others(self) -> bool:
        """Look at some accepted objects that were not looked at yet; False where none is left."""
        return self._look_at([row.id for row in self._accepted()], AT_ONCE)

    def _accepted(self) -> Sequence[Row[int, int, int]]:
        with self.store.reading() as session:
            return session.execute(
                select(Instance.id, Instance.image_id, Instance.category_id)
                .where(Instance.status == "accepted", Instance.iscrowd == 0)
                .order_by(Instance.id.desc())
                .limit(EXAMPLES)
            ).all()

    def _look_at(self, ids: Sequence[int], most: int = EXAMPLES) -> bool:
        known = self._boxes
        new = [identifier for identifier in ids if identifier not in self.examples and identifier not in known][:most]
        if not new:
            return False
        with self.store.reading() as session:
            rows = session.execute(select(Instance, Image).join(Image).where(Instance.id.in_(new))).all()
        by_image: dict[int, list[tuple[Instance, Image]]] = {}
        for instance, image in rows:
            by_image.setdefault(image.id, []).append((instance, image))
        for pairs in by_image.values():
            pixels = self.pixels_of(pairs[0][1])
            found = self.prompts.embeddings(pixels, [instance.segmentation for instance, _ in pairs])
            for (instance, _), embedding in zip(pairs, found, strict=True):
                if embedding is None:
                    self._boxes.add(instance.id)
                else:
                    self.examples.add(instance.id, embedding)
        return True
