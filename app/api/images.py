"""Images: the gallery, and what is said of each."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from app.api.http.answers import JsonAnswer
from app.api.http.dependencies import ImageId, TheStore
from app.api.http.errors import INVALID, NOT_FOUND
from app.api.schemas import ChangedImage, ImageFields, ImagePage, RemovedImage
from app.store.documents import ORDERS, find_image, list_images
from app.store.remarks.filters import Remarked, tags_of
from app.store.tables import ImageStatus
from app.store.trash import remove_image, removed_json
from app.values import Cursor, Id, Text

router = APIRouter(prefix="/api/images", tags=["images"])


@router.get("", response_model=ImagePage, responses=INVALID)
def get_images(
    store: TheStore,
    status: Annotated[ImageStatus | None, Query(description="Only images of this status.")] = None,
    category: Annotated[Id | None, Query(description="Only images with an instance of this category id.")] = None,
    person: Annotated[Text | None, Query(description="Only images where somebody of this name made an edit.")] = None,
    tag: Annotated[Text | None, Query(description="Only images with this tag.")] = None,
    text: Annotated[Text | None, Query(description="Only images with this in their name or a tag.")] = None,
    noted: Annotated[bool | None, Query(description="Only images with, or without, an open note.")] = None,
    review: Annotated[
        Literal["returned", "changed"] | None, Query(description="Only images sent back, or edited since their review.")
    ] = None,
    excluded: Annotated[bool | None, Query(description="Only images kept out of training, or the others.")] = None,
    order: Annotated[Text, Query(description=f"One of {', '.join(ORDERS)}.")] = "id",
    cursor: Annotated[Cursor | None, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """One page of the gallery. `order=uncertainty` begins with the images that the model is least sure of."""
    with store.reading() as session:
        remarked = Remarked(tag, text, noted, review, excluded)
        page = list_images(
            session,
            status=status,
            category_id=category,
            person=person,
            remarked=remarked,
            order=order,
            cursor=cursor,
            limit=limit,
        )
    return JsonAnswer(page)


@router.patch("/{image_id}", response_model=ChangedImage, responses=INVALID | NOT_FOUND)
def change_image(image_id: ImageId, fields: ImageFields, store: TheStore) -> Response:
    """Keep an image out of training, or tag it; what is not named stays as it is."""
    with store.writing() as session:
        image = find_image(session, image_id)
        if fields.excluded is not None:
            image.excluded = fields.excluded
        if fields.tags is not None:
            image.extra = (image.extra or {}) | {"tags": list(dict.fromkeys(fields.tags))}
        answer = {"image_id": image.id, "excluded": image.excluded, "tags": tags_of(image)}
    return JsonAnswer(answer)


@router.delete("/{image_id}", response_model=RemovedImage, responses=NOT_FOUND)
def delete_image(image_id: ImageId, store: TheStore) -> Response:
    """Put an image into the trash, with all that is on it; `POST /api/trash/{id}/restore` brings it back."""
    with store.writing() as session:
        image = find_image(session, image_id)
        remove_image(session, image)
        answer = removed_json(image)
    return JsonAnswer(answer)
