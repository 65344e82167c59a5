"""One fine-tuning, in a process of its own: `python -m app.finetuning.worker JOB_DIRECTORY`.

The directory holds `job.json` and the frozen data. The base model is judged on the held-out images, trained
on all others, and the new model is judged on the same held-out images. `result.json` appears last and in one
piece: where it is, the job is done. What went wrong is the last line of the output, after "error: ".
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from dataclasses import replace
from pathlib import Path

from app.finetuning import job_directory
from app.finetuning.comparison import draw_comparison
from app.finetuning.job_directory import training_config
from app.finetuning.plan import choose_epochs
from app.finetuning.step_time import measured_seconds_per_image, seconds_per_image
from app.finetuning.training_log import TrainingLog
from app.json_files import read_json, write_json
from core import CocoDataset, evaluate, load_model, train
from core.config import TrainConfig
from core.model.weights import SIDECAR_FILE, WEIGHTS_FILE
from core.training.checkpoints import CHECKPOINT, load_checkpoint
from core.training.records.metrics_log import METRICS


def run_job(directory: Path) -> None:
    """Carry out the job in `directory`; returns without a result where it was told to stop."""
    began = time.time()
    job = read_json(directory / job_directory.JOB)
    if job["epochs"] is None:
        _enter(directory, "measuring the speed of this machine")
        speed = seconds_per_image(training_config(directory, job), directory / job_directory.MEASURING)
        job["epochs"] = choose_epochs(**job["images"], seconds_per_image=speed)
        write_json(directory / job_directory.JOB, job)
    config = training_config(directory, job)

    held_out = before = after = None
    if config.val_annotations is not None:
        _enter(directory, "judging the base model")
        held_out = CocoDataset(directory / job_directory.IMAGES, config.val_annotations)
        base = load_model(config.model)
        if not (directory / job_directory.BEFORE).exists():
            write_json(directory / job_directory.BEFORE, evaluate(base, held_out, device=config.device))
        before = read_json(directory / job_directory.BEFORE)
    _enter(directory, "training")
    if _train(config):
        return
    if held_out is not None:
        _enter(directory, "judging the new model")
        new = load_model(directory)
        after = evaluate(new, held_out, device=config.device)
        draw_comparison(directory, base, new, held_out, config.device)
    (directory / CHECKPOINT).unlink(missing_ok=True)  # only of use to a run that goes on
    result = {
        "before": before,
        "after": after,
        "seconds": time.time() - began,
        "seconds_per_image": measured_seconds_per_image(directory),
    }
    write_json(directory / job_directory.RESULT, result)


def _train(config: TrainConfig) -> bool:
    """Train, from where a process that was killed left its last checkpoint; whether somebody asked to stop."""
    directory = Path(config.output)
    if not (directory / CHECKPOINT).exists():
        for leftover in (WEIGHTS_FILE, SIDECAR_FILE):  # of a process that was killed before its first checkpoint
            (directory / leftover).unlink(missing_ok=True)
        return train(config).stopped
    log = TrainingLog(directory / METRICS).refresh()
    done = load_checkpoint(directory)["step"]
    if log.start is not None and done >= log.start["steps_total"]:
        if (directory / SIDECAR_FILE).exists():
            return False  # it was killed behind its last step
        (directory / CHECKPOINT).unlink()
        return _train(config)
    return train(replace(config, resume=True)).stopped


def _enter(directory: Path, phase: str) -> None:
    write_json(directory / job_directory.PHASE, {"phase": phase, "since": time.time()})


def main() -> None:
    """Run the job named on the command line; exit status 2 and a last line "error: …" where it fails."""
    if hasattr(os, "nice"):
        os.nice(5)  # the page and the person in front of it come first
    try:
        run_job(Path(sys.argv[1]))
    except Exception as error:
        traceback.print_exc()
        print(f"error: {' '.join(str(error).split()) or type(error).__name__}", file=sys.stderr, flush=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
