"""Fine-tuning jobs over HTTP."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from app.api.http.dependencies import ThePerson
from app.api.http.errors import INVALID, NOT_FOUND, ErrorLine, error_to
from app.finetuning.jobs import MOST_EPOCHS, FineTuning
from app.finetuning.reviewed_data import TooLittleDataError
from app.values import Id, Text

MOST_MINUTES = 10_000
router = APIRouter(prefix="/api/jobs", tags=["fine-tuning"])


def _fine_tuning(request: Request) -> FineTuning:
    fine_tuning: FineTuning = request.app.state.fine_tuning
    return fine_tuning


TheFineTuning = Annotated[FineTuning, Depends(_fine_tuning)]
JobId = Annotated[Id, Path(description="`id` of `GET /api/jobs`")]


class NewJob(BaseModel):
    """What to fine-tune."""

    base_model: Text | None = Field(
        None, description="A name of `GET /api/models`; without it the one that the version in use comes from."
    )
    categories: list[Text | Id] | None = Field(
        None,
        max_length=10_000,
        description="Names or ids of the classes to learn; all that occur on reviewed images without it.",
    )
    epochs: int | None = Field(
        None, ge=1, le=MOST_EPOCHS, description="Passes over the images; chosen from their number without it."
    )
    minutes: float | None = Field(
        None, gt=0, le=MOST_MINUTES, description="The job ends when they are over, however far it is by then."
    )


class ImageParts(BaseModel):
    """Reviewed images: those learnt from, and those kept out to compare the models on."""

    train: int
    held_out: int


class ClassCount(BaseModel):
    """A class, and how many instances of it each part of the images has."""

    id: int
    name: str
    train: int
    held_out: int


class JobShape(BaseModel):
    """A fine-tuning; times are seconds since 1970."""

    id: int
    state: Literal["queued", "running", "finished", "failed", "cancelled"]
    cancelling: bool = Field(description="Told to stop, and about to.")
    phase: str | None = Field(description="What a running job is doing.")
    base_model: str
    model: str | None = Field(description="The version it made; null until it is finished.")
    epochs: int | None = Field(description="null until the job has measured how many there is time for.")
    images: ImageParts
    classes: list[ClassCount]
    progress: float = Field(description="0 to 1, of the training steps.")
    seconds_left: float | None
    seconds: float | None = Field(description="Since it was started.")
    created: float
    started: float | None
    finished: float | None
    error: str | None = Field(description="One line: why it failed.")
    author: str | None = Field(description="Who asked for it.")
    result: dict[str, Any] | None = Field(
        description="`before` and `after`: COCO metrics of both models on the held-out images, null without any."
    )


class JobWithCurves(JobShape):
    """A fine-tuning and how it went so far."""

    curves: dict[str, list[dict[str, Any]]] = Field(
        description="`loss`: step and loss, at most 500 times; `precision`: epoch, and AP and AP50 of boxes and masks."
    )
    steps_an_epoch: float | None = Field(description="What the steps of `curves` are divided by to be epochs.")


class JobList(BaseModel):
    """All jobs, the newest first."""

    jobs: list[JobShape]


class Plan(BaseModel):
    """What a fine-tuning would do."""

    base_model: str
    images: dict[str, int] = Field(description="`reviewed`, and of those `train` and `held_out`.")
    classes: list[ClassCount]
    missing: str | None = Field(description="One line: what must be done first; null where nothing is missing.")
    epochs: int = Field(description="What is used where none are given.")
    seconds: float | None = Field(description="How long; null until this base model has been timed on this machine.")
    seconds_per_image: float | None
    sides: list[list[str]] = Field(description="Classes that differ by their side only: images are not mirrored then.")
    staying: list[str] = Field(description="Classes of the base model with too few objects to learn from.")


@router.post("", status_code=201, response_model=JobWithCurves, responses=NOT_FOUND | INVALID)
def start_job(fine_tuning: TheFineTuning, wanted: NewJob, person: ThePerson, request: Request) -> object:
    """Freeze the reviewed images and train on them in a process of its own; one job runs at a time."""
    base_model = wanted.base_model if wanted.base_model is not None else fine_tuning.registry.original()
    try:
        return fine_tuning.start(base_model, wanted.categories, wanted.epochs, wanted.minutes, author=person.name)
    except TooLittleDataError as error:
        return error_to(request, 422, error)


@router.get("", response_model=JobList)
def list_jobs(fine_tuning: TheFineTuning) -> object:
    """All jobs, the newest first, without their curves."""
    return {"jobs": fine_tuning.jobs()}


@router.get("/plan", response_model=Plan, responses=NOT_FOUND)
def plan_job(fine_tuning: TheFineTuning, base_model: Annotated[Text | None, Query()] = None) -> object:
    """What a fine-tuning would learn from, and what is missing for it; nothing is started."""
    return fine_tuning.plan(base_model if base_model is not None else fine_tuning.registry.original())


@router.get("/{job_id}", response_model=JobWithCurves, responses=NOT_FOUND)
def show_job(fine_tuning: TheFineTuning, job_id: JobId) -> object:
    """One job with its curves."""
    return fine_tuning.job(job_id)


@router.get("/{job_id}/comparison/{number}", response_class=FileResponse, responses=NOT_FOUND)
def show_comparison(
    fine_tuning: TheFineTuning, job_id: JobId, number: Annotated[int, Path(ge=0, le=999)]
) -> FileResponse:
    """A held-out image as both models see it, JPEG; jobs that are finished have some, from 0."""
    return FileResponse(fine_tuning.comparison(job_id, number), media_type="image/jpeg")


@router.post(
    "/{job_id}/cancel",
    response_model=JobWithCurves,
    responses=NOT_FOUND | {409: {"model": ErrorLine, "description": "It has ended already."}},
)
def cancel_job(fine_tuning: TheFineTuning, job_id: JobId) -> object:
    """Stop a job. One that is training stops after the step it is in."""
    return fine_tuning.cancel(job_id)
