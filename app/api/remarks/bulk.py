"""Tags, exclusion, and removal of many images at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.http.answers import JsonAnswer
from app.api.http.dependencies import TheStore
from app.api.http.errors import INVALID, NOT_FOUND
from app.roles import check_act
from app.store.documents import find_images
from app.store.errors import InvalidFieldError
from app.store.remarks.filters import tags_of
from app.store.trash import remove_image
from app.values import Id, Text

router = APIRouter(prefix="/api/images", tags=["images"])

MOST_TAGS = 100
Tags = Annotated[list[Annotated[Text, Field(min_length=1, max_length=100)]], Field(max_length=MOST_TAGS)]


class ManyImages(BaseModel):
    """What becomes of many images, all of them or none."""

    model_config = ConfigDict(extra="forbid")

    image_ids: list[Id] = Field(min_length=1, max_length=20_000)
    add_tags: Tags = []
    remove_tags: Tags = []
    excluded: bool | None = Field(None, description="Kept out of training, or not any more.")
    removed: bool = Field(False, description="Put them into the trash.")


class ManyChanged(BaseModel):
    """How many images were changed."""

    images: int


@router.patch("", response_model=ManyChanged, responses=INVALID | NOT_FOUND)
def change_images(body: ManyImages, store: TheStore) -> Response:
    """Tag many images, keep them out of training, or put them into the trash."""
    with store.writing() as session:
        if body.removed:
            check_act(session.info.get("person"), "remove images")
        images = find_images(session, dict.fromkeys(body.image_ids))
        for image in images:
            if body.excluded is not None:
                image.excluded = body.excluded
            if body.add_tags or body.remove_tags:
                left = [tag for tag in tags_of(image) if tag not in body.remove_tags]
                tags = list(dict.fromkeys([*left, *body.add_tags]))
                if len(tags) > MOST_TAGS:
                    line = f"image {image.id} would have {len(tags)} tags: at most {MOST_TAGS} are possible"
                    raise InvalidFieldError("add_tags", line)
                image.extra = (image.extra or {}) | {"tags": tags}
            if body.removed:
                remove_image(session, image)
    return JsonAnswer({"images": len(images)})
