"""Classes of objects."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, Field

from app.api.http.answers import JsonAnswer
from app.api.http.dependencies import CategoryId, TheStore
from app.api.http.errors import INVALID, NOT_FOUND, ErrorLine
from app.api.schemas import CategoryList, CategoryShape
from app.store import categories
from app.store.categories.changes import merge_category, remove_category
from app.store.categories.listed import category_list
from app.values import Id, Json, Text

router = APIRouter(prefix="/api/categories", tags=["categories"])

ATTRIBUTES = "`{name, type, choices?}`, type text, number, choice or flag."
NULLABLE = ("supercategory", "key", "position")
TAKEN: dict[int | str, dict[str, object]] = {
    409: {"model": ErrorLine, "description": "Name or id is taken, or in use."}
}


class NewCategory(BaseModel):
    """A class to add."""

    name: Text = Field(examples=["apple"])
    id: int | None = Field(None, ge=0, lt=2**31, description="Asked for; the next free one without it.")
    supercategory: Text | None = Field(None, max_length=200)
    color: Text | None = Field(None, description="#rrggbb; one from a palette safe for the colour-blind without it.")
    keypoints: list[Text] = []
    skeleton: list[list[Id]] = []
    attributes: list[Json] = Field([], description=ATTRIBUTES)


class CategoryChange(BaseModel):
    """The fields of a class that change."""

    name: Text | None = None
    supercategory: Text | None = Field(None, max_length=200)
    color: Text | None = None
    keypoints: list[Text] | None = None
    skeleton: list[list[Id]] | None = None
    attributes: list[Json] | None = Field(None, description=ATTRIBUTES)
    position: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(None, description="Place in the list, from 1.")
    key: Text | None = Field(None, description="`1` to `9`; null: by place.")
    hidden: bool | None = None


class MergeRequest(BaseModel):
    """Where the objects of a class go."""

    into: Id


class MergeAnswer(BaseModel):
    """What a merge did."""

    instances: int = Field(description="Objects that have the other class now.")


@router.get("", response_model=CategoryList, response_model_exclude_unset=True)
def get_categories(store: TheStore) -> Response:
    """Every category, by id."""
    with store.reading() as session:
        return JsonAnswer({"categories": category_list(session).shown})


@router.post(
    "", status_code=201, response_model=CategoryShape, response_model_exclude_unset=True, responses={**TAKEN, **INVALID}
)
def post_category(body: NewCategory, store: TheStore) -> object:
    """Add a category."""
    with store.writing() as session:
        return categories.category_json(categories.create_category(session, body.model_dump()))


@router.put(
    "/{category_id}",
    response_model=CategoryShape,
    response_model_exclude_unset=True,
    responses={**NOT_FOUND, **TAKEN, **INVALID},
)
def put_category(category_id: CategoryId, body: CategoryChange, store: TheStore) -> object:
    """Change name, colour, keypoints or skeleton. The number of keypoints stays where instances have them."""
    given = body.model_dump(exclude_unset=True)
    fields = {name: value for name, value in given.items() if value is not None or name in NULLABLE}
    with store.writing() as session:
        return categories.category_json(categories.update_category(session, category_id, fields))


@router.delete("/{category_id}", status_code=204, responses={**NOT_FOUND, **TAKEN})
def delete_category(category_id: CategoryId, store: TheStore) -> Response:
    """Remove a category that no instance has; an undo that brings back an object of it brings it back."""
    with store.writing() as session:
        remove_category(session, category_id)
    return Response(status_code=204)


@router.post("/{category_id}/merge", response_model=MergeAnswer, responses={**NOT_FOUND, **TAKEN, **INVALID})
def merge(category_id: CategoryId, body: MergeRequest, store: TheStore) -> Any:
    """Give all objects of a category another one, one edit an image; models that know its name mean the other then."""
    with store.writing_at_length() as writing:
        return {"instances": merge_category(writing.session, category_id, body.into, writing.pause)}
