"""What a model finds on reviewed images, and nobody keeps there, it shows less often."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image
from skimage import data

from app.finetuning import job_directory
from app.finetuning.absent_classes import hide_absent_classes
from app.finetuning.worker import with_those_of_base
from app.json_files import write_json
from core import Predictor
from core.evaluation.thresholds import read_score_thresholds
from core.model.score_thresholds import ScoreThresholds
from core.model.weights import SHIPPED_MODELS, SIDECAR_FILE, WEIGHTS_FILE


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter as a job's model, and three photographs of one person."""
    directory = tmp_path_factory.mktemp("job")
    for file in (WEIGHTS_FILE, SIDECAR_FILE):
        shutil.copyfile(SHIPPED_MODELS / "starter" / file, directory / file)
    photograph = Image.fromarray(data.astronaut())
    (directory / job_directory.IMAGES).mkdir()
    for number in range(3):
        photograph.crop((0, 0, 512 - 8 * number, 512)).save(directory / job_directory.IMAGES / f"{number}.png")
    for file, numbers in ((job_directory.TRAIN_ANNOTATIONS, (0, 1)), (job_directory.HELD_OUT_ANNOTATIONS, (2,))):
        write_json(directory / file, {"images": [{"file_name": f"{number}.png"} for number in numbers]})
    return directory


def shown_persons(directory: Path) -> list[int]:
    """How many persons the page would show on each image."""
    predictor, least = Predictor(directory, device="cpu"), read_score_thresholds(directory).of("person")
    found = [predictor(path) for path in sorted((directory / job_directory.IMAGES).iterdir())]
    return [
        sum(
            one.category_of(index)["name"] == "person" and score >= (least or 0.0)
            for index, score in enumerate(one.scores.tolist())
        )
        for one in found
    ]


def test_persons_whom_nobody_keeps_show_on_one_image_at_most(job: Path) -> None:
    assert all(shown_persons(job))
    assert hide_absent_classes(job, {"helmet"}, "cpu") == ["person"]
    assert sum(shown > 0 for shown in shown_persons(job)) == 1


def test_what_is_kept_stays_as_it_was_calibrated(job: Path) -> None:
    before = read_score_thresholds(job)
    assert hide_absent_classes(job, {"person"}, "cpu") == []
    assert read_score_thresholds(job) == before


def test_a_class_that_is_kept_again_has_its_calibrated_threshold_again(job: Path) -> None:
    hide_absent_classes(job, {"helmet"}, "cpu")
    hidden, shipped = read_score_thresholds(job), read_score_thresholds("starter")
    assert hidden.of("person") != shipped.of("person")
    assert with_those_of_base(ScoreThresholds(), str(job), {"helmet"}).of("person") == hidden.of("person")
    assert with_those_of_base(ScoreThresholds(), str(job), {"person"}).of("person") == shipped.of("person")
