"""Reading a run's metrics.jsonl while it grows."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from app.finetuning.training_log import TrainingLog


def write_lines(path: Path, *entries: dict) -> None:
    with path.open("a") as file:
        for entry in entries:
            file.write(json.dumps(entry) + "\n")


def step(number: int, loss: float, eta: float = 10.0) -> dict:
    return {"kind": "step", "step": number, "epoch": 1, "loss": loss, "eta_seconds": eta}


def test_a_log_that_is_not_there_yet_has_no_progress(tmp_path: Path) -> None:
    log = TrainingLog(tmp_path / "metrics.jsonl").refresh()
    assert (log.progress, log.seconds_left, log.loss_curve(), log.precision_curve()) == (0.0, None, [], [])


def test_new_lines_are_added_and_a_half_written_one_waits(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    log = TrainingLog(path)
    write_lines(path, {"kind": "start", "steps_total": 10, "epochs": 5}, step(1, 2.0))
    line = json.dumps(step(2, 1.0))
    with path.open("a") as file:
        file.write(line[:20])
    assert log.refresh().progress == 0.1
    with path.open("a") as file:
        file.write(line[20:] + "\n")
    assert log.refresh().progress == 0.2
    assert log.loss_curve() == [{"step": 1, "loss": 2.0}, {"step": 2, "loss": 1.0}]
    write_lines(path, {"kind": "end", "reason": "finished"})
    assert log.refresh().end == {"kind": "end", "reason": "finished"}


def test_a_run_that_began_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write_lines(path, {"kind": "start", "steps_total": 4}, step(1, 2.0), step(2, 2.0))
    log = TrainingLog(path).refresh()
    path.write_text("")
    write_lines(path, {"kind": "start", "steps_total": 8}, step(1, 3.0))
    assert log.refresh().progress == 0.125
    assert log.loss_curve() == [{"step": 1, "loss": 3.0}]


def test_the_estimate_counts_down_between_two_lines(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write_lines(path, {"kind": "start", "steps_total": 10}, step(1, 1.0, eta=60))
    os.utime(path, (time.time() - 20, time.time() - 20))
    left = TrainingLog(path).refresh().seconds_left
    assert left is not None
    assert 39 < left <= 40.1


def test_a_long_loss_curve_is_thinned_to_means(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write_lines(path, {"kind": "start", "steps_total": 2000}, *(step(number, number % 2) for number in range(1, 2001)))
    curve = TrainingLog(path).refresh().loss_curve(points=500)
    assert len(curve) == 500
    assert all(point["loss"] == 0.5 for point in curve)
    assert curve[-1]["step"] == 2000


def test_the_curve_is_of_the_images_and_leaves_out_what_keeps_the_classes_of_the_base(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    losses = {"loss_mask": 0.5, "loss_box": 0.25, "distil_mask": 2.0, "distil_box": 1.0}
    write_lines(path, {"kind": "start", "steps_total": 1}, step(1, sum(losses.values())) | losses)
    assert TrainingLog(path).refresh().loss_curve() == [{"step": 1, "loss": 0.75}]


def test_the_precision_curve_has_boxes_and_masks(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    metrics = {"bbox": {"AP": 0.25, "AP50": 0.5, "AP75": 0.1}, "segm": {"AP": 0.2, "AP50": 0.4}}
    write_lines(path, {"kind": "validation", "step": 6, "epoch": 2, "metrics": metrics})
    expected = {"epoch": 2, "step": 6, "bbox": {"AP": 0.25, "AP50": 0.5}, "segm": {"AP": 0.2, "AP50": 0.4}}
    assert TrainingLog(path).refresh().precision_curve() == [expected]
