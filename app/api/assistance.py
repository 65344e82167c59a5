"""What the model does for a person: predictions, box → mask, clicks → better mask."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app.api.documents import given_fields
from app.api.http.answers import JsonAnswer
from app.api.http.dependencies import ImageId, TheModelService, TheStore
from app.api.http.errors import INVALID, NOT_FOUND, ErrorLine, language_of
from app.api.schemas import Document, InstanceFields, InstanceShape
from app.inference.propagation import propagate
from app.messages.message import in_language
from app.store.database import Store
from app.store.documents import document_json, find_image
from app.store.errors import InvalidFieldError
from app.store.instance_state import BOX, SEGMENTATION, STORED_FROM
from app.values import Coordinate, Id, Score, Text

UNAVAILABLE: dict[int | str, dict[str, object]] = {
    503: {"model": ErrorLine, "description": "The model cannot be loaded."}
}
router = APIRouter(prefix="/api", tags=["assistance"], responses={**NOT_FOUND, **UNAVAILABLE})


class AssistState(BaseModel):
    """The model beside the canvas."""

    state: Literal["loading", "ready", "failed"]
    model: str | None = Field(description="The version in memory.")
    message: str = Field(description="One line: why it is another model than wanted; empty where all is well.")


class PredictRequest(BaseModel):
    """How to run the model."""

    model_config = ConfigDict(protected_namespaces=())

    model: Text | None = Field(None, description="A name of `GET /api/models`; the current version without it.")
    score_threshold: Score = Field(
        STORED_FROM, description="What scores less is not stored. Which of it counts is the model's `threshold`."
    )
    only_untouched: bool = Field(
        False, description="An image that a person works on stays as it is, also where that began after the request."
    )


class PredictAnswer(Document):
    """The document after a prediction."""

    model: str
    seconds: float = Field(description="What the model took.")


class PropagateRequest(BaseModel):
    """Whose objects are looked for on an image."""

    source: Id = Field(description="`image_id` of the image that they are on.", examples=[1])
    instances: list[Id] | None = Field(None, description="Only those of these ids; all accepted ones without it.")


class PropagateAnswer(Document):
    """The document after it, and what became of the objects."""

    added: int = Field(description="New proposals.")
    there: int = Field(description="Left out: an object of this class is already there.")
    lost: int = Field(description="Left out: nothing near their place looks like them.")


class MaskPrompts(BaseModel):
    """What a person shows of objects: boxes around them, or clicks on one."""

    boxes: list[tuple[Coordinate, Coordinate, Coordinate, Coordinate]] | None = Field(
        None, min_length=1, max_length=100, description="`[x0, y0, x1, y1]` in pixels", examples=[[[10, 10, 60, 40]]]
    )
    points: list[tuple[Coordinate, Coordinate, bool]] | None = Field(
        None, min_length=1, max_length=200, description="Clicks on one object, `[x, y, include]` in pixels"
    )
    preview: bool = Field(
        False,
        description="With points: quicker and coarser; no class is guessed, `category_id` is 0 without `category`.",
    )
    meanings: bool = Field(
        False,
        description="With points: all objects that they may be on (a part, the whole, …), likeliest first; a few.",
    )
    category: Id | Text | None = Field(None, description="Id or name of the class; the model's guess without it.")


class Suggestions(BaseModel):
    """Objects that are not stored."""

    instances: list[InstanceShape]


class RefineRequest(BaseModel):
    """Clicks that correct a mask."""

    instance: Id | InstanceFields = Field(description="The id of an instance, or a segmentation (or bbox) itself.")
    points: list[tuple[Coordinate, Coordinate, bool]] = Field(
        min_length=1, max_length=200, description="`[x, y, include]` in pixels", examples=[[[30, 20, 1]]]
    )
    box: tuple[Coordinate, Coordinate, Coordinate, Coordinate] | None = Field(
        None, description="The box that a person drew around the object, `[x0, y0, x1, y1]`, where there was one."
    )


class RefinedMask(BaseModel):
    """The corrected mask, `[]` with area 0 where the clicks leave nothing of it; nothing is stored."""

    segmentation: Any = Field(description=SEGMENTATION)
    bbox: list[float] = Field(description=BOX)
    area: float


@router.get("/assist", response_model=AssistState)
async def get_assist_state(request: Request, model_service: TheModelService) -> object:
    """Which model is in memory, and whether it is ready."""
    message = in_language(model_service.message, language_of(request))
    return {"state": model_service.state, "model": model_service.model_name, "message": message}


@router.post("/images/{image_id}/predict", response_model=PredictAnswer, responses=INVALID)
async def predict(
    image_id: ImageId, store: TheStore, model_service: TheModelService, body: PredictRequest | None = None
) -> Response:
    """Run the model. Its earlier predictions that nobody touched are replaced, everything else stays."""
    body = body or PredictRequest.model_validate({})
    prediction = await asyncio.wrap_future(
        model_service.predict(image_id, body.model, body.score_threshold, only_untouched=body.only_untouched)
    )
    document = await run_in_threadpool(_document, store, image_id)
    return JsonAnswer({**document, "model": prediction.model, "seconds": round(prediction.seconds, 4)})


@router.post("/images/{image_id}/masks", response_model=Suggestions, responses=INVALID)
async def masks(image_id: ImageId, body: MaskPrompts, model_service: TheModelService) -> Response:
    """The object in each box, or the one that clicks are on: mask, class guess and keypoints. Nothing is stored."""
    if (body.boxes is None) == (body.points is None):
        raise InvalidFieldError("boxes", "either boxes around objects or points on one object are needed")
    if body.boxes is not None:
        instances = await asyncio.wrap_future(model_service.masks_from_boxes(image_id, body.boxes, body.category))
    else:
        instances = await run_in_threadpool(
            model_service.mask_from_points,
            image_id,
            body.points or [],
            body.category,
            preview=body.preview,
            meanings=body.meanings,
        )
    return JsonAnswer({"instances": instances})


@router.post("/images/{image_id}/refine", response_model=RefinedMask, responses=INVALID)
async def refine(image_id: ImageId, body: RefineRequest, model_service: TheModelService) -> Response:
    """A mask after clicks that say what belongs to it and what does not. Nothing is stored."""
    instance = body.instance if isinstance(body.instance, int) else given_fields(body.instance)
    return JsonAnswer(await run_in_threadpool(model_service.refine, image_id, instance, body.points, body.box))


@router.post("/images/{image_id}/propagate", response_model=PropagateAnswer, responses=INVALID)
async def propagate_objects(
    image_id: ImageId, body: PropagateRequest, store: TheStore, model_service: TheModelService
) -> Response:
    """The accepted objects of another image as proposals on this one, moved and redrawn where the picture moved."""
    only = body.instances
    prompts, pixels_of = model_service.prompts, model_service.pixels.of
    told = await run_in_threadpool(propagate, store, prompts, pixels_of, body.source, image_id, only)
    return JsonAnswer({**await run_in_threadpool(_document, store, image_id), **told})


def _document(store: Store, image_id: int) -> dict[str, object]:
    with store.reading() as session:
        return document_json(session, find_image(session, image_id))
