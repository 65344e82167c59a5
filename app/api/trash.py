"""The trash: images that were removed, to be brought back or deleted for good."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel

from app.api.http.answers import JsonAnswer
from app.api.http.dependencies import ImageId, TheStore
from app.api.http.errors import NOT_FOUND
from app.api.schemas import RemovedImage
from app.messages.message import say
from app.store.errors import NotFoundError
from app.store.trash import purge, removed_images, removed_json, restore_image

router = APIRouter(prefix="/api/trash", tags=["images"])


class TrashPage(BaseModel):
    """What lies in the trash."""

    images: list[RemovedImage]


class PurgeAnswer(BaseModel):
    """The images that are gone for good."""

    purged: list[int]


@router.get("", response_model=TrashPage)
def get_trash(store: TheStore) -> Response:
    """The images in the trash, the last one removed first."""
    with store.reading() as session:
        return JsonAnswer({"images": [removed_json(image) for image in removed_images(session)]})


@router.post("/{image_id}/restore", response_model=RemovedImage, responses=NOT_FOUND)
def restore(image_id: ImageId, store: TheStore) -> Response:
    """Bring an image back as it was."""
    with store.writing() as session:
        answer = removed_json(restore_image(session, image_id))
    return JsonAnswer(answer)


@router.delete("", response_model=PurgeAnswer)
def empty_trash(store: TheStore) -> Response:
    """Delete what is in the trash for good: objects, history, files, and copies in past fine-tuning runs."""
    return JsonAnswer({"purged": purge(store)})


@router.delete("/{image_id}", response_model=PurgeAnswer, responses=NOT_FOUND)
def purge_image(image_id: ImageId, store: TheStore) -> Response:
    """Delete one image of the trash for good."""
    purged = purge(store, [image_id])
    if not purged:
        raise NotFoundError(say("no_image_in_trash", image=image_id))
    return JsonAnswer({"purged": purged})
