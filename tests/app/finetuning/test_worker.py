"""The process of a job that was killed before: its minutes are over all of its processes, and no work is lost."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.finetuning import job_directory, worker
from app.finetuning.job_clock import JobClock
from app.finetuning.plan import LEAST_TRAINING, prompt_seconds, training_seconds
from app.json_files import read_json, write_json
from core import load_model
from core.config import TrainConfig
from core.evaluation.thresholds import DEFAULT_THRESHOLD, read_score_thresholds
from core.model.score_thresholds import ScoreThresholds
from core.training.learning.base_share import FEW_OBJECTS

HOUR = 3600.0


def worked(directory: Path, seconds: float, ago: float) -> None:
    """Leave behind what a process does that began `ago` seconds back and wrote its last line after `seconds`."""
    JobClock(directory)
    clock = directory / job_directory.CLOCK
    began = time.time() - ago
    write_json(clock, read_json(clock) | {"began": began})
    (directory / job_directory.PHASE).write_text("{}")
    os.utime(directory / job_directory.PHASE, (began + seconds, began + seconds))


def test_a_job_has_worked_while_its_processes_did_and_not_while_none_ran(tmp_path: Path) -> None:
    assert JobClock(tmp_path).seconds == pytest.approx(0, abs=2)
    worked(tmp_path, 100, ago=9 * HOUR)
    worked(tmp_path, 50, ago=2 * HOUR)
    assert JobClock(tmp_path).seconds == pytest.approx(150, abs=2)
    assert JobClock(tmp_path).seconds == pytest.approx(150, abs=2)  # one that is killed before it wrote anything


def test_a_job_that_goes_on_has_what_is_left_of_its_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    monkeypatch.setattr(worker, "EarlyEnd", given.append)
    monkeypatch.setattr(worker, "train", lambda config, callbacks: SimpleNamespace(stopped=True))
    job: dict[str, Any] = {"epochs": 3, "minutes": 60, "base_location": "none", "device": "cpu", "training": {}}
    job |= {"images": {"train": 4, "held_out": 0}}
    write_json(tmp_path / job_directory.JOB, job)
    worker.run_job(tmp_path)
    worked(tmp_path, 2000, ago=9 * HOUR)
    worker.run_job(tmp_path)
    worked(tmp_path, 1500, ago=2 * HOUR)
    worker.run_job(tmp_path)
    whole = training_seconds(60, 0, 0, prompts=0)
    assert given == pytest.approx([whole, whole - 2000, whole - 3500], abs=3)


def test_however_long_the_rest_takes_part_of_the_minutes_is_for_the_steps_but_once() -> None:
    assert training_seconds(10, used=590, judging=90) == LEAST_TRAINING * 600
    assert training_seconds(10, used=690, judging=90, trained=100) == LEAST_TRAINING * 600 - 100


def test_what_the_prompt_model_does_not_need_is_for_the_steps() -> None:
    few, many = prompt_seconds(4, 1), prompt_seconds(400, 100)
    assert 0 == prompt_seconds(4, 0) < few < many == prompt_seconds(4000, 100)
    assert training_seconds(60, 0, 0, prompts=few) - training_seconds(60, 0, 0) == many - few


def test_a_tuning_of_the_prompt_model_that_fails_does_not_cost_the_detector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: Any, **options: Any) -> None:
        raise RuntimeError("no memory\nis left")

    monkeypatch.setattr(worker, "tune_prompts", fails)
    config = TrainConfig(images="i", annotations="a", val_annotations="v", output=str(tmp_path))
    assert worker.tuned_prompts(tmp_path, config, None) == {"error": "no memory is left"}


def test_classes_that_the_new_model_finds_as_its_base_does_keep_their_thresholds() -> None:
    shipped = read_score_thresholds("starter")
    found = ScoreThresholds({"person": 0.7, "cat": 0.6, "helmet": 0.75}, 0.8)
    new = worker.with_those_of_base(
        found, "starter", taught={"person": FEW_OBJECTS, "cat": FEW_OBJECTS - 1, "helmet": 3}
    )
    assert new.of("person") == 0.7, "learned"
    assert new.of("cat") == shipped.of("cat"), "too few to learn from"
    assert new.of("dog") == shipped.of("dog"), "none to learn from"
    assert (new.of("helmet"), new.of("glove")) == (0.75, 0.8)


def test_classes_of_a_base_that_was_never_calibrated_show_as_before(tiny_model: Path) -> None:
    new = worker.with_those_of_base(ScoreThresholds({}, 0.8), str(tiny_model), taught={})
    names = [category["name"] for category in load_model(tiny_model).categories]
    assert {new.of(name) for name in names} == {DEFAULT_THRESHOLD}
    assert new.of("helmet") == 0.8
