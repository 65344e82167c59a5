"""What the routes get from the application they belong to."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Path, Request

from app.inference.model_service import ModelService
from app.roles import OWNER, SCOPE_KEY, Person
from app.store.database import Store
from app.values import Id, Text


def signed_in(request: Request) -> Person:
    """Who sent a request; the owner where nobody is asked for a token."""
    person: Person = request.scope.get(SCOPE_KEY, OWNER)
    return person


def _store(
    request: Request,
    page: Annotated[
        str,
        Header(
            alias="MaskLoop-Page",
            max_length=100,
            description="A name for the sender: undo and redo with a name take that sender's own edits.",
        ),
    ] = "",
) -> Store:
    store: Store = request.app.state.store
    return store.sent_by(page, signed_in(request))


def _model_service(request: Request) -> ModelService:
    model_service: ModelService = request.app.state.model_service
    return model_service


ThePerson = Annotated[Person, Depends(signed_in)]
TheStore = Annotated[Store, Depends(_store)]
TheModelService = Annotated[ModelService, Depends(_model_service)]
ImageId = Annotated[Id, Path(description="`image_id` of `GET /api/images`")]
InstanceId = Annotated[Id, Path(description="`id` of an instance in the document")]
CategoryId = Annotated[Id, Path(description="`id` of a category")]
RequestKey = Annotated[
    Text | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=100,
        description="A name for this request: sent again with the same name, it is not carried out twice.",
    ),
]
