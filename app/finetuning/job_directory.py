"""What lies in the directory of a fine-tuning job, `<workspace>/runs/<id>/`, besides the files of a core run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.finetuning.plan import epochs_between_validations
from core.config import TrainConfig

JOB = "job.json"  # what is to be done
IMAGES = "images"  # the frozen data
TRAIN_ANNOTATIONS = "train_annotations.json"
HELD_OUT_ANNOTATIONS = "held_out_annotations.json"  # only where images are held out
PHASE = "phase.json"  # what the process is doing, and since when
OUTPUT = "output.log"  # all that the process printed
CANCEL = "cancel.json"  # a person asked to stop, and when
CLOCK = "clock.json"  # how long the processes before worked, and when this one began
BEFORE = "before.json"  # how the base model was judged, for a process that goes on
INTERRUPTED = "interrupted.json"  # how often the process was killed, and the checkpoint it had then
RESULT = "result.json"  # written last: where it is, the job is done
PROMPTS = "prompts"  # the prompt model that was tuned, where it is better on the held-out images
COMPARISON = "comparison"  # pictures of held-out images before and after
MEASURING = "measuring"  # scratch of the speed measurement


def training_config(directory: Path, job: dict[str, Any]) -> TrainConfig:
    """The training run of a job: all of its data, always from the base model that the person chose."""
    images, held_out = directory / IMAGES, directory / HELD_OUT_ANNOTATIONS
    epochs = job["epochs"] or 1
    mirroring: dict[str, Any] = (
        {"horizontal_flip": 0.0} if job.get("sides") and "horizontal_flip" not in job["training"] else {}
    )
    return TrainConfig(
        images=str(images),
        annotations=str(directory / TRAIN_ANNOTATIONS),
        val_images=str(images) if held_out.exists() else None,
        val_annotations=str(held_out) if held_out.exists() else None,
        output=str(directory),
        model=job["base_location"],
        epochs=epochs,
        model_config='{"box_voting": 0.75}',  # boxes learnt from few images scatter around the right one
        own_heads=True,  # a dozen images teach heads more, and sooner, than features; and no other class is lost
        base_share=0.5,  # what a dozen images say of a class that thousands taught is half of the truth
        learning_rate=1e-3,
        class_row_learning_rate_factor=2.0,
        batch_size=1,  # maps of an image alone are remembered
        accumulate=2,
        validate_every=epochs_between_validations(epochs),
        device=job["device"],
        cpu_bfloat16=True,
        log_every=1,
        select_by="last",  # the held-out images judge the model: they do not choose it too
        **mirroring,
        **job["training"],
    )
