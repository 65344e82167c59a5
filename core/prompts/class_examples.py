"""A class by likeness: which class the objects that look like this one have, without any training."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping

import numpy as np
from numpy.typing import NDArray

NEAREST = 3  # examples of a class that count
SHARPNESS = 12.0  # of the softmax over the classes' likeness
AN_UNKNOWN_CLASS = 0.25  # likeness that an object of none of the classes is taken to have


class ClassExamples:
    """Objects whose class is known, by a key of the caller's; the oldest go where there are more than `most`.

    Embeddings are those of `MaskPrompter.embeddings`, float32 D.
    """

    def __init__(self, most: int = 2000) -> None:
        self.most = most
        self._embeddings: OrderedDict[Hashable, NDArray[np.float32]] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._embeddings

    def __len__(self) -> int:
        return len(self._embeddings)

    def add(self, key: Hashable, embedding: NDArray[np.float32]) -> None:
        """Remember how an object looks."""
        self._embeddings[key] = embedding
        while len(self._embeddings) > self.most:
            self._embeddings.popitem(last=False)

    def guess(self, embedding: NDArray[np.float32], class_of: Mapping[Hashable, int]) -> tuple[int, float] | None:
        """The class of the examples most like an object, and how sure that is (0..1); None without examples.

        `class_of` gives the class of each example as it is now; those that it lacks do not count.
        """
        keys = [key for key in self._embeddings if key in class_of]
        if not keys:
            return None
        examples = np.stack([self._embeddings[key] for key in keys])
        labels = np.array([class_of[key] for key in keys])
        middle = examples.mean(axis=0)  # what all of them share tells no class from another
        if len(np.unique(labels)) < 2:
            return int(labels[0]), 0.5
        likeness = _unit(examples - middle) @ _unit((embedding - middle)[None])[0]
        classes = np.unique(labels)
        scores = np.array([np.sort(likeness[labels == label])[-NEAREST:].mean() for label in classes])
        weights = np.exp(SHARPNESS * np.append(scores, AN_UNKNOWN_CLASS))
        best = int(scores.argmax())
        return int(classes[best]), float(weights[best] / weights.sum())


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / (np.linalg.norm(rows, axis=1, keepdims=True) + np.float32(1e-6))
    return unit
