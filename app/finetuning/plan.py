"""How long to train: enough passes over the data to learn from it, within the time a person waits."""

from __future__ import annotations

MINUTES_WILLING_TO_WAIT = 9.0
IMAGES_SEEN = 400  # showing a small data set more often than this in total changes little
LEAST_IMAGES_SEEN = 200  # showing it less often teaches hardly anything, however slow the machine is
MOST_EPOCHS = 150
FEWEST_EPOCHS = 8  # of a large data set, where time allows
VALIDATIONS = 10  # points of the curve of average precision
LOADING_SECONDS = 20.0  # libraries, models, pictures of the comparison
JUDGING = 0.5  # looking at an image costs this part of learning from it: there is no backward pass


def useful_epochs(images: int) -> int:
    """Passes over so many training images after which more would not help much."""
    return max(FEWEST_EPOCHS, min(MOST_EPOCHS, round(IMAGES_SEEN / max(1, images))))


def expected_seconds(epochs: int, train: int, held_out: int, seconds_per_image: float) -> float:
    """How long a job takes that passes `epochs` times over its training images and judges on the held-out ones."""
    judged = held_out * (2 + min(VALIDATIONS, epochs))
    return LOADING_SECONDS + seconds_per_image * (epochs * train + JUDGING * judged)


def choose_epochs(train: int, held_out: int, seconds_per_image: float) -> int:
    """Passes over so many training images that are useful and affordable, and no fewer than teach something."""
    limit = 60 * MINUTES_WILLING_TO_WAIT
    fewest = -(-LEAST_IMAGES_SEEN // max(1, train))
    epochs = useful_epochs(train)
    while epochs > fewest and expected_seconds(epochs, train, held_out, seconds_per_image) > limit:
        epochs -= 1
    return epochs


def epochs_between_validations(epochs: int) -> int:
    """How many passes lie between two points of the curve of average precision."""
    return -(-epochs // VALIDATIONS)
