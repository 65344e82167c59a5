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
    there = [label for label, count in here.items() if count]
    column = {label: index for index, label in enumerate(dict.fromkeys([*classes, *there]))}
    numbers = np.zeros((len(others), len(column)), np.int32)
    for row, image in enumerate(others):
        for label in image.keys() & column.keys():
            numbers[row, column[label]] = image[label]
    some = numbers > 0
    images_with = some.sum(axis=0)
    share = (images_with + 0.5) / (len(others) + 1)
    again = ((numbers > 1).sum() + 1) / (images_with.sum() + 2)

    own = [column[label] for label in classes]
    already = np.array([here.get(label, 0) for label in classes])
    more, enough = (numbers[:, own] > already).sum(axis=0), (numbers[:, own] >= already).sum(axis=0)
    one_more = (more + REPEATS_SMOOTHING * again) / (enough + REPEATS_SMOOTHING)

    companions = [column[label] for label in there]
    both = some[:, companions].T.astype(np.float32) @ some[:, own]
    lifts = (both + SMOOTHING * share[own]) / (images_with[companions, None] + SMOOTHING) / share[own]
    # The companions are no independent witnesses: their logarithms add up as if they were their root many.
    told = np.exp(np.log(lifts).sum(axis=0) / np.sqrt(max(1, len(companions))))
    found: NDArray[np.float32] = np.where(already > 0, one_more, np.minimum(1, share[own] * told)).astype(np.float32)
    return found
