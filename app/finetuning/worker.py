"""One fine-tuning, in a process of its own: `python -m app.finetuning.worker JOB_DIRECTORY`.

The directory holds `job.json` and the frozen data. The base model is judged on the held-out images, trained
on all others, and the new model is judged on the same held-out images. `result.json` appears last and in one
piece: where it is, the job is done. What went wrong is the last line of the output, after "error: ".
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import traceback
from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from app.finetuning import job_directory
from app.finetuning.absent_classes import hide_absent_classes
from app.finetuning.comparison import draw_comparison
from app.finetuning.job_clock import JobClock
from app.finetuning.job_directory import training_config
from app.finetuning.plan import choose_epochs, planned_minutes, prompt_seconds, training_seconds
from app.finetuning.step_time import measured_seconds_per_image, seconds_per_image
from app.finetuning.training_log import TrainingLog
from app.json_files import read_json, write_json
from app.messages.message import say
from app.store.errors import one_line
from core import CocoDataset, MaskPrompter, MaskRCNN, load_model, train
from core.commands.output import print_any_character
from core.config import TrainConfig
from core.evaluation import coco_results, evaluate_results
from core.evaluation.detections import evaluated_kinds
from core.evaluation.intervals import bootstrap_intervals
from core.evaluation.mask_refinement import mask_refinement, write_mask_refinement
from core.evaluation.thresholds import (
    DEFAULT_THRESHOLD,
    Expectation,
    calibrated_thresholds,
    read_score_thresholds,
    write_score_thresholds,
)
from core.model.score_thresholds import ScoreThresholds
from core.model.weights import SIDECAR_FILE, WEIGHTS_FILE
from core.prompts.learning.tuning import MOST_SECONDS, tune_prompts
from core.training.checkpoints import CHECKPOINT, load_checkpoint
from core.training.early_end import EarlyEnd
from core.training.learning.base_share import FEW_OBJECTS
from core.training.records.metrics_log import METRICS

LEAST_PROMPT_SECONDS = 5.0
# A few held-out objects say little of where thresholds lie, and those of models fine-tuned so lay near this one.
USUAL = Expectation(threshold=0.8, objects=100)


def run_job(directory: Path) -> None:
    """Carry out the job in `directory`; returns without a result where it was told to stop."""
    clock = JobClock(directory)
    job = read_json(directory / job_directory.JOB)
    if job["epochs"] is None:
        _enter(directory, say("measuring_speed"))
        speed = seconds_per_image(training_config(directory, job), directory / job_directory.MEASURING)
        epochs = choose_epochs(**job["images"], seconds_per_image=speed)
        minutes = planned_minutes(epochs, **job["images"], seconds_per_image=speed)
        job |= {"epochs": epochs, "minutes": minutes}
        write_json(directory / job_directory.JOB, job)
    config = training_config(directory, job)

    images = directory / job_directory.IMAGES
    held_out = before = after = None
    thresholds = ScoreThresholds(others=USUAL.threshold)
    if config.val_annotations is not None:
        _enter(directory, say("judging_base"))
        held_out = CocoDataset(images, config.val_annotations)
        judging_began = clock.seconds
        base = load_model(config.model)
        if not (directory / job_directory.BEFORE).exists():
            write_json(directory / job_directory.BEFORE, judged(base, held_out, config.device)[0])
            job |= {"judging": clock.seconds - judging_began}
        before = read_json(directory / job_directory.BEFORE)
    _enter(directory, say("training"))
    minutes, used = job.get("minutes"), clock.seconds
    job |= {"trained_from": job.get("trained_from", used)}  # a process that goes on for this one reckons with it
    write_json(directory / job_directory.JOB, job)
    trained = used - job["trained_from"]
    seconds = None
    if minutes is not None:
        for_prompts = prompt_seconds(**job["images"])
        seconds = training_seconds(minutes, used, job.get("judging", 0.0), trained, for_prompts)
    if _train(config, EarlyEnd(seconds)):
        return
    if held_out is not None:
        _enter(directory, say("judging_new"))
        new = load_model(directory)
        after, thresholds, results = judged(new, held_out, config.device)
        draw_comparison(directory, base, new, held_out, config.device)
    accepted = set(job.get("accepted", ()))
    taught = {row["name"]: row["train"] for row in job["classes"]}
    thresholds = with_those_of_base(thresholds, config.model, accepted, taught)
    write_score_thresholds(directory, thresholds)
    hidden = hide_absent_classes(directory, accepted, config.device) if accepted else []
    prompts = None
    if held_out is not None:
        _enter(directory, say("tuning_prompts"))
        prompts = tuned_prompts(directory, config, None if minutes is None else 60 * minutes - clock.seconds)
        if (directory / job_directory.CANCEL).exists():
            return
        tuned = directory / job_directory.PROMPTS if (prompts or {}).get("kept") else None
        measure_masks_by_prompt(directory, tuned, held_out, results, thresholds, config.device)
    (directory / CHECKPOINT).unlink(missing_ok=True)  # only of use to a run that goes on
    result = {
        "before": before,
        "after": after,
        "prompts": prompts,
        "hidden": hidden,
        "seconds": clock.seconds,
        "seconds_per_image": measured_seconds_per_image(directory),
    }
    write_json(directory / job_directory.RESULT, result)


def judged(
    model: MaskRCNN, held_out: CocoDataset, device: str
) -> tuple[dict[str, Any], ScoreThresholds, list[dict[str, Any]]]:
    """COCO metrics on the held-out images, with the `intervals` of masks (or boxes), the thresholds, the results."""
    results = coco_results(model, held_out, device=device)
    metrics = evaluate_results(held_out.data, results, evaluated_kinds(model, held_out.data))
    kind = "segm" if "segm" in metrics else "bbox"
    metrics[kind]["intervals"] = bootstrap_intervals(held_out.data, results)
    return metrics, calibrated_thresholds(held_out.data, results, expected=USUAL), results


def tuned_prompts(directory: Path, config: TrainConfig, seconds_left: float | None) -> dict[str, object] | None:
    """Tune the prompt model on the job's data, in what is left of the job's time at most; None where it cannot be.

    It begins from the one that ships, as the detector begins from its base model: newer images do not weigh more.
    Returns the fields of PromptTuning, or an `error` in one line: the detector is done, and is not lost for that.
    """
    seconds = MOST_SECONDS if seconds_left is None else min(MOST_SECONDS, max(LEAST_PROMPT_SECONDS, seconds_left))
    output = directory / job_directory.PROMPTS
    shutil.rmtree(output, ignore_errors=True)  # of a process that was killed
    annotations = str(directory / job_directory.TRAIN_ANNOTATIONS)
    held_out = str(config.val_annotations)
    try:
        tuning = tune_prompts(str(config.images), annotations, held_out, output, seconds=seconds, device=config.device)
    except (OSError, RuntimeError, ValueError) as error:
        traceback.print_exc()
        return {"error": one_line(error) or type(error).__name__}
    return None if tuning is None else asdict(tuning)


def measure_masks_by_prompt(
    directory: Path,
    tuned: Path | None,
    held_out: CocoDataset,
    results: list[dict[str, object]],
    thresholds: ScoreThresholds,
    device: str,
) -> None:
    """Write down whether the new model's masks get better where the prompt model that comes with it looks again.

    Where that cannot be measured they stay as they are, as `mask_refinement` is not in its sidecar then.
    """
    try:
        measured = mask_refinement(held_out, results, thresholds, MaskPrompter(tuned, device=device))
    except (OSError, RuntimeError, ValueError):
        traceback.print_exc()
        return
    if measured is not None:
        write_mask_refinement(directory, measured)


def with_those_of_base(
    thresholds: ScoreThresholds, base: str, accepted: Collection[str] = (), taught: Mapping[str, int] | None = None
) -> ScoreThresholds:
    """Thresholds of a new model: classes that it finds as its base model does keep those of that.

    `taught` is how many objects of each class it learned from: the base's classes with fewer than FEW_OBJECTS stayed.
    Hidden classes stay hidden, too, unless they are `accepted` on reviewed images now.
    """
    before = read_score_thresholds(base)
    stay = [
        category["name"]
        for category in load_model(base).categories
        if (taught or {}).get(category["name"], 0) < FEW_OBJECTS
    ]
    kept = {name: DEFAULT_THRESHOLD if (score := before.calibrated(name)) is None else score for name in stay}
    hidden = {name: score for name, score in before.hidden.items() if name not in accepted}
    return ScoreThresholds({**thresholds.classes, **kept}, thresholds.others, hidden)


def _train(config: TrainConfig, early_end: EarlyEnd) -> bool:
    """Train, from where a process that was killed left its last checkpoint; whether somebody asked to stop."""
    directory = Path(config.output)
    if not (directory / CHECKPOINT).exists():
        for leftover in (WEIGHTS_FILE, SIDECAR_FILE):  # of a process that was killed before its first checkpoint
            (directory / leftover).unlink(missing_ok=True)
        return train(config, callbacks=[early_end]).stopped
    log = TrainingLog(directory / METRICS).refresh()
    done = load_checkpoint(directory)["step"]
    ended = log.end is not None and log.end.get("reason") == "finished"
    if log.start is not None and (ended or done >= log.start["steps_total"]):
        if (directory / SIDECAR_FILE).exists():
            return False  # it was killed behind its last step
        (directory / CHECKPOINT).unlink()
        return _train(config, early_end)
    return train(replace(config, resume=True), callbacks=[early_end]).stopped


def _enter(directory: Path, phase: str) -> None:
    write_json(directory / job_directory.PHASE, {"phase": phase, "since": time.time()})


def main() -> None:
    """Run the job named on the command line; exit status 2 and a last line "error: …" where it fails."""
    print_any_character()
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
