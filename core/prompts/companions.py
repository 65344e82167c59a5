"""Which classes stand on an image together: a car seen from the front has no rear window, a class of which there is
never more than one does not come twice. Learnt from the images that were labelled before, by counting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

SMOOTHING = 2.0  # images' worth of "the other class changes nothing" in each pair of classes
REPEATS_SMOOTHING = 1.0  # images' worth of how often any class comes again, in how often this one does


def expectations(
    classes: Sequence[int], here: Mapping[int, int], others: Sequence[Mapping[int, int]]
) -> NDArray[np.float32]:
    """How likely an image holds one more object of each of `classes`, 0 to 1: float32 C.

    `here` are the objects that the image has so far, class → number; `others` the same of images that were labelled.
    All 1 where there are none to learn from.
    """
    if not others:
        return np.ones(len(classes), np.float32)
    numbers = {
        label: np.array([image.get(label, 0) for image in others])
        for label in {*classes, *(c for c in here if here[c])}
    }
    share = {label: ((count > 0).sum() + 0.5) / (len(others) + 1) for label, count in numbers.items()}
    some = sum(np.count_nonzero(count) for count in numbers.values())
    several = sum(np.count_nonzero(count > 1) for count in numbers.values())
    again = (several + 1) / (some + 2)
    found = np.empty(len(classes), np.float32)
    for index, label in enumerate(classes):
        count, already = numbers[label], here.get(label, 0)
        if already:
            more, enough = np.count_nonzero(count > already), np.count_nonzero(count >= already)
            found[index] = (more + REPEATS_SMOOTHING * again) / (enough + REPEATS_SMOOTHING)
            continue
        lifts = [
            (np.count_nonzero((numbers[other] > 0) & (count > 0)) + SMOOTHING * share[label])
            / (np.count_nonzero(numbers[other]) + SMOOTHING)
            / share[label]
            for other in here
            if here[other]
        ]
        # The companions are no independent witnesses: their logarithms add up as if they were their root many.
        told = np.exp(np.sum(np.log(lifts)) / np.sqrt(len(lifts))) if lifts else 1.0
        found[index] = min(1.0, share[label] * told)
    return found
