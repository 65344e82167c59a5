"""How long to train: enough passes over the data to learn from it, within the time a person waits."""

from __future__ import annotations

MINUTES_WILLING_TO_WAIT = 8.0  # of training; comparing and loading come on top
IMAGES_SEEN = 1200  # showing a small data set more often than this in total changes little
MOST_EPOCHS = 150
FEWEST_EPOCHS = 8  # of a large data set, where time allows


def useful_epochs(images: int) -> int:
    """Passes over so many training images after which more would not help much."""
    return max(FEWEST_EPOCHS, min(MOST_EPOCHS, round(IMAGES_SEEN / max(1, images))))


def choose_epochs(images: int, seconds_per_image: float) -> int:
    """Passes over so many training images that are useful and affordable; at least one."""
    affordable = int(60 * MINUTES_WILLING_TO_WAIT / max(1e-6, images * seconds_per_image))
    return max(1, min(useful_epochs(images), affordable))
