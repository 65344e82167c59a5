"""A class by likeness: which class the objects that look like this one have, without any training.

Two voices. The nearest examples of each class speak from the first object on, and say where an object is like none of
them. A linear discriminant (Fisher 1936; its covariance shrunk towards a multiple of the identity, as in Ledoit & Wolf
2004) weighs what tells the classes apart against what varies within them: with more examples it sees more.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

NEAREST = 3  # examples of a class that count
SHARPNESS = 12.0  # of the softmax over the classes' likeness
AN_UNKNOWN_CLASS = 0.25  # likeness that an object of none of the classes is taken to have
SHRINKAGE = 0.6  # of the covariance within the classes
TO_THE_MEAN = 0.5  # examples' worth of the mean of all classes in the mean of each: few examples say little
DISCRIMINANT_SHARPNESS = 0.1  # of the softmax over what the discriminant gives each class
DISCRIMINANT_SHARE = 0.3  # of the logarithm of the probabilities; chosen on training photographs, as all of these
LEAST_EXPECTED = 1e-4  # nothing is impossible


class ClassExamples:
    """Objects whose class is known, by a key of the caller's; the oldest go where there are more than `most`.

    Embeddings are those of `MaskPrompter.embeddings`, float32 D.
    """

    def __init__(self, most: int = 2000) -> None:
        self.most = most
        self._embeddings: OrderedDict[Hashable, NDArray[np.float32]] = OrderedDict()
        self._discriminant: tuple[object, _Discriminant] | None = None  # with what it was made from

    def __contains__(self, key: Hashable) -> bool:
        return key in self._embeddings

    def __len__(self) -> int:
        return len(self._embeddings)

    def add(self, key: Hashable, embedding: NDArray[np.float32]) -> None:
        """Remember how an object looks."""
        self._embeddings[key] = embedding
        self._discriminant = None
        while len(self._embeddings) > self.most:
            self._embeddings.popitem(last=False)

    def guess(
        self,
        embedding: NDArray[np.float32],
        class_of: Mapping[Hashable, int],
        expected: Callable[[Sequence[int]], NDArray[np.float32]] | None = None,
    ) -> tuple[int, float] | None:
        """The class of the examples most like an object, and how sure that is (0..1); None without examples.

        `class_of` gives the class of each example as it is now; those that it lacks do not count. `expected` says of
        classes how likely each is there whatever the object looks like (`companions.expectations`).
        """
        keys = [key for key in self._embeddings if key in class_of]
        if not keys:
            return None
        labels = np.array([class_of[key] for key in keys])
        classes = np.unique(labels)
        if len(classes) < 2:
            return int(labels[0]), 0.5
        examples = np.stack([self._embeddings[key] for key in keys])
        near, known = _near(examples, labels, classes, embedding)
        made_from = (tuple(keys), labels.tobytes())
        if self._discriminant is None or self._discriminant[0] != made_from:
            self._discriminant = made_from, _Discriminant(examples, labels, classes)
        apart = known * _softmax(DISCRIMINANT_SHARPNESS * self._discriminant[1].scores(embedding))
        weights = near ** (1 - DISCRIMINANT_SHARE) * apart**DISCRIMINANT_SHARE
        if expected is not None:
            told = weights * np.maximum(expected(classes.tolist()), LEAST_EXPECTED)
            weights = told * (weights.sum() / told.sum())
        best = int(weights.argmax())
        return int(classes[best]), float(weights[best])


def _near(
    examples: NDArray[np.float32], labels: NDArray[np.int64], classes: NDArray[np.int64], embedding: NDArray[np.float32]
) -> tuple[NDArray[np.float32], float]:
    """How likely each class is by its nearest examples, and how likely it is one of the classes at all."""
    middle = examples.mean(axis=0)  # what all of them share tells no class from another
    likeness = _unit(examples - middle) @ _unit((embedding - middle)[None])[0]
    scores = [np.sort(likeness[labels == label])[-NEAREST:].mean() for label in classes]
    weights = _softmax(np.float32(SHARPNESS) * np.array([*scores, AN_UNKNOWN_CLASS], dtype=np.float32))
    return weights[:-1], float(weights[:-1].sum())


class _Discriminant:
    """Linear discriminant analysis of examples N×D with labels N; `scores` are logits of the classes."""

    def __init__(self, examples: NDArray[np.float32], labels: NDArray[np.int64], classes: NDArray[np.int64]) -> None:
        counts = np.array([np.count_nonzero(labels == label) for label in classes], dtype=np.float32)[:, None]
        sums = np.stack([examples[labels == label].sum(axis=0) for label in classes])
        means = (sums + TO_THE_MEAN * examples.mean(axis=0)) / (counts + TO_THE_MEAN)
        within = examples - means[np.searchsorted(classes, labels)]
        covariance = within.T @ within / len(examples)
        variance = max(float(np.trace(covariance)) / len(covariance), 1e-12)
        covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * variance * np.eye(len(covariance), dtype=np.float32)
        self.directions: NDArray[np.float32] = np.linalg.solve(covariance, means.T)
        self.offsets: NDArray[np.float32] = -0.5 * (means * self.directions.T).sum(axis=1)

    def scores(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        """One number a class."""
        found: NDArray[np.float32] = embedding @ self.directions + self.offsets
        return found


def _softmax(values: NDArray[np.float32]) -> NDArray[np.float32]:
    weights = np.exp(values - values.max())
    shares: NDArray[np.float32] = weights / weights.sum()
    return shares


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / (np.linalg.norm(rows, axis=1, keepdims=True) + np.float32(1e-6))
    return unit
