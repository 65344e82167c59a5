"""Who did what to an image."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.api.http.answers import JsonAnswer
from app.api.http.dependencies import ImageId, TheStore
from app.api.http.errors import NOT_FOUND
from app.store.documents import find_image, history_json
from app.store.tables import ImageStatus
from app.values import Id, Text

router = APIRouter(prefix="/api/images/{image_id}", tags=["annotations"], responses=NOT_FOUND)


class EditShape(BaseModel):
    """One step of an image's history."""

    revision: int = Field(description="Of the document after it.")
    kind: str = Field(description="create, update, delete, batch, accept_all, status, predict, import, undo or redo")
    author: str | None = Field(description="Who made it; null for a model, and for what was done before names were.")
    created: float = Field(description="Seconds since 1970.")
    status: ImageStatus = Field(description="Of the image after it.")
    instances: list[int] = Field(description="The objects that it made, changed or removed.")
    of: int | None = Field(description="undo, redo: the revision of the edit that was taken back or done again.")


class History(BaseModel):
    """The edits of an image, the newest first."""

    edits: list[EditShape]
    next_before: int | None = Field(description="What to send as `before` for the next page; null on the last.")


@router.get("/history", response_model=History)
def get_history(
    image_id: ImageId,
    store: TheStore,
    person: Annotated[Text | None, Query(description="Only the edits of somebody of this name.")] = None,
    before: Annotated[Id | None, Query(description="`next_before` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Who did what to an image, the last edit first."""
    with store.reading() as session:
        image = find_image(session, image_id)
        return JsonAnswer(history_json(session, image, person=person, before=before, limit=limit))
