"""How long to train: enough passes over the data to learn from it, within the time a person waits."""

from __future__ import annotations

MINUTES_WILLING_TO_WAIT = 9.0
IMAGES_SEEN = 1600  # in all, over a small data set; a run that stops to gain ends before
LEAST_IMAGES_SEEN = 200  # showing it less often teaches hardly anything, however slow the machine is
MOST_EPOCHS = 250
FEWEST_EPOCHS = 8  # of a large data set, where time allows
VALIDATIONS = 10  # points of the curve of average precision
LOADING_SECONDS = 20.0  # libraries, models, pictures of the comparison
PROMPT_SECONDS, PROMPT_SHARE = 200.0, 0.35  # for the prompt model: so long, at most this part of a job's time
PROMPT_LEAST, PROMPT_AN_IMAGE = 20.0, 5.0  # with few images less: so long, and so long for each
LEAST_TRAINING = 0.3  # of a job's time, however long the rest takes
JUDGING = 2.5  # judging an image (some 0.4 s) costs so many times what learning from it once more does (0.16 s)
FIRST_LOOKS, FIRST_LOOK = 2, 1.2  # the image and its mirror image; how many times longer the first look at each takes


def useful_epochs(images: int) -> int:
    """Passes over so many training images after which more would not help much."""
    return max(FEWEST_EPOCHS, min(MOST_EPOCHS, round(IMAGES_SEEN / max(1, images))))


def expected_seconds(epochs: int, train: int, held_out: int, seconds_per_image: float) -> float:
    """How long a job takes that passes `epochs` times over its training images and judges on the held-out ones."""
    judged = held_out * (2 + min(VALIDATIONS, epochs))
    shown = epochs * train + FIRST_LOOK * min(FIRST_LOOKS, epochs) * train
    steps = seconds_per_image * (shown + JUDGING * judged)
    return LOADING_SECONDS + prompt_seconds(train, held_out) + steps


def prompt_seconds(train: int, held_out: int) -> float:
    """How long the prompt model is tuned on so many images; without held-out ones nothing says whether it is better."""
    return min(PROMPT_SECONDS, PROMPT_LEAST + PROMPT_AN_IMAGE * train) if held_out else 0.0


def choose_epochs(train: int, held_out: int, seconds_per_image: float) -> int:
    """Passes over so many training images that are useful and affordable, and no fewer than teach something."""
    limit = 60 * MINUTES_WILLING_TO_WAIT
    fewest = -(-LEAST_IMAGES_SEEN // max(1, train))
    epochs = useful_epochs(train)
    while epochs > fewest and expected_seconds(epochs, train, held_out, seconds_per_image) > limit:
        epochs -= 1
    return epochs


def planned_minutes(epochs: int, train: int, held_out: int, seconds_per_image: float) -> float:
    """The time that a job may take which nobody gave a number of epochs or minutes: what its plan says."""
    return max(MINUTES_WILLING_TO_WAIT, expected_seconds(epochs, train, held_out, seconds_per_image) / 60)


def training_seconds(
    minutes: float, used: float, judging: float, trained: float = 0.0, prompts: float = PROMPT_SECONDS
) -> float:
    """What is left for the steps of a job of so many minutes, after `used` seconds of work, `trained` of them on steps.

    `judging` is what the base model's judgement took: the new one's takes as long, and something is to be written;
    `prompts` what the prompt model is to have.
    """
    rest = 1.5 * judging + LOADING_SECONDS / 2 + min(prompts, PROMPT_SHARE * 60 * minutes)
    return max(LEAST_TRAINING * 60 * minutes - trained, 60 * minutes - used - rest)


def epochs_between_validations(epochs: int) -> int:
    """How many passes lie between two points of the curve of average precision."""
    return -(-epochs // VALIDATIONS)
