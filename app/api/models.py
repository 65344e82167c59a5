"""Model versions over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field

from app.api.http.errors import NOT_FOUND, language_of
from app.inference.registry import ModelRegistry
from app.inference.repredict import Repredictor
from app.messages.message import in_language
from app.values import Text

router = APIRouter(prefix="/api/models", tags=["models"])


def _registry(request: Request) -> ModelRegistry:
    registry: ModelRegistry = request.app.state.registry
    return registry


def _repredictor(request: Request) -> Repredictor:
    repredictor: Repredictor = request.app.state.repredictor
    return repredictor


TheRegistry = Annotated[ModelRegistry, Depends(_registry)]
TheRepredictor = Annotated[Repredictor, Depends(_repredictor)]


class Version(BaseModel):
    """A model version."""

    id: int
    name: str
    current: bool = Field(description="Whether it predicts where no model is named.")
    parent: str | None = Field(description="The version it was fine-tuned from.")
    lineage: list[str] = Field(description="From the first ancestor to itself.")
    metrics: dict[str, Any] = Field(description="COCO metrics on held-out images; empty for what came with the app.")
    categories: list[str] = Field(description="The classes that it knows, in the order of its labels.")
    created: float = Field(description="Seconds since 1970.")
    note: str = Field(description="One sentence to know of it, such as that it is small; empty for most.")


class Repredicting(BaseModel):
    """How far the new predictions of untouched images are."""

    model: str | None
    total: int = Field(description="Images")
    done: int
    running: bool
    errors: list[str] = Field(description="One line for each image that could not be predicted.")


class VersionList(BaseModel):
    """All versions, the oldest first."""

    models: list[Version]
    current: str
    repredicting: Repredicting


class Promotion(BaseModel):
    """The version that is now in use."""

    current: str
    repredicting: Repredicting


@router.get("", response_model=VersionList)
def list_models(request: Request, registry: TheRegistry, repredictor: TheRepredictor) -> Any:
    """All model versions with metrics and lineage, and which one is in use."""
    language = language_of(request)
    versions = [{**version, "note": in_language(version["note"], language)} for version in registry.versions()]
    current = next(version["name"] for version in versions if version["current"])
    return {"models": versions, "current": current, "repredicting": repredictor.status()}


@router.post("/{name_or_id}/promote", response_model=Promotion, responses=NOT_FOUND)
def promote_model(
    registry: TheRegistry,
    repredictor: TheRepredictor,
    name_or_id: Annotated[Text, Path(description="`id` or `name` of a version", max_length=200)],
) -> object:
    """Use this version from now on, or go back to an older one.

    Images that no person has worked on are predicted anew in the background; all others stay as they are.
    """
    name = registry.promote(int(name_or_id) if name_or_id.isdecimal() and len(name_or_id) < 19 else name_or_id)
    repredictor.start(name)
    return {"current": name, "repredicting": repredictor.status()}
