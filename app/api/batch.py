"""Many objects of one image in one edit."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.api.documents import CONFLICT, conflict_answer, given_fields
from app.api.http.answers import JsonAnswer
from app.api.http.dependencies import ImageId, RequestKey, TheStore
from app.api.http.errors import INVALID, NOT_FOUND
from app.api.schemas import BASE_REVISION, InstanceChange, InstanceShape, NewInstance
from app.store.documents import instance_json
from app.store.editing.batch import edit_batch
from app.store.errors import ConflictError
from app.values import Id

router = APIRouter(prefix="/api/images/{image_id}", tags=["annotations"], responses=NOT_FOUND)


class BatchedChange(InstanceChange):
    """The fields of one object of many that change."""

    id: Id


class BatchedDeletion(BaseModel):
    """One object of many that goes."""

    id: Id
    base_revision: Id = Field(description=BASE_REVISION)


class Batch(BaseModel):
    """Edits of many objects on one image, carried out as one."""

    create: list[NewInstance] = []
    update: list[BatchedChange] = []
    delete: list[BatchedDeletion] = []


class BatchAnswer(BaseModel):
    """A batch that was saved."""

    instances: list[InstanceShape] = Field(description="Those of `update`, in its order.")
    created: list[InstanceShape] = Field(description="Those of `create`, in its order.")
    revision: int = Field(description="Of the document.")


@router.post("/batch", response_model=BatchAnswer, responses={**CONFLICT, **INVALID})
def post_batch(image_id: ImageId, body: Batch, store: TheStore, key: RequestKey = None) -> Response:
    """Change, make and remove many objects in one edit: all of it, or nothing.

    409 with the first object that was changed since its `base_revision`.
    """
    try:
        with store.writing() as session:
            image, changed, created = edit_batch(
                session,
                image_id,
                [given_fields(one) for one in body.create],
                {one.id: (one.base_revision, given_fields(one)) for one in body.update},
                {one.id: one.base_revision for one in body.delete},
                key,
            )
    except ConflictError as error:
        return conflict_answer(store, image_id, error)
    answer = {"instances": [instance_json(one) for one in changed], "created": [instance_json(one) for one in created]}
    return JsonAnswer({**answer, "revision": image.revision})
