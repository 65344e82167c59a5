"""Classes that a new model finds on the reviewed images although nobody keeps them there: they show less often.

The base model's `car` on pictures whose parts are wanted, say. Heads of their own leave what it knows of cars as it
is, so that nothing but the threshold tells it that a car is not wanted here. Who wants one all the same lowers the
slider, or accepts a few: then the class is learnt.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Set
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.finetuning import job_directory
from app.json_files import read_json
from core.datasets.images import LARGE_PIXEL_LIMIT, read_image
from core.evaluation.thresholds import read_score_thresholds, thresholds_of_absent, write_score_thresholds

MOST_IMAGES, MOST_SECONDS = 20, 15.0


def hide_absent_classes(directory: Path, accepted: Set[str], device: str) -> list[str]:
    """Raise the thresholds of classes that the job's model finds on its images and that are not `accepted` there.

    Looks at 20 images at most, and not much longer than a quarter of a minute. Returns the names, the commonest first.
    """
    from core import Predictor  # brings torch

    before = read_score_thresholds(directory)
    predictor = Predictor(directory, device=device)
    best_scores: dict[str, list[float]] = defaultdict(list)
    began, seen = time.monotonic(), 0
    for file in _image_files(directory):
        found = predictor(read_image(file, pixel_limit=LARGE_PIXEL_LIMIT))
        best: dict[str, float] = {}
        for index, score in enumerate(found.scores.tolist()):
            name = found.category_of(index)["name"]
            best[name] = max(score, best.get(name, 0.0))
        for name in best.keys() - accepted:
            best_scores[name].append(best[name])
        seen += 1
        if time.monotonic() - began > MOST_SECONDS:
            break
    raised = thresholds_of_absent(best_scores, seen, before)
    if raised:
        write_score_thresholds(directory, replace(before, hidden={**before.hidden, **raised}))
    return sorted(raised, key=lambda name: (-len(best_scores[name]), name))


def _image_files(directory: Path) -> list[Path]:
    """Images of the job, those that no heads have learnt from first, spread evenly."""
    names: list[str] = []
    for part in (job_directory.HELD_OUT_ANNOTATIONS, job_directory.TRAIN_ANNOTATIONS):
        if (directory / part).exists():
            own = [image["file_name"] for image in read_json(directory / part)["images"]]
            left = MOST_IMAGES - len(names)
            places = np.linspace(0, len(own) - 1, min(left, len(own))).astype(int)
            names += [own[place] for place in dict.fromkeys(places.tolist())]
    return [directory / job_directory.IMAGES / name for name in names]
