"""The bytes of images: whole, as thumbnails, as tiles of what is large."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response

from app.api.http.dependencies import ImageId, TheModelService, TheStore
from app.api.http.errors import NOT_FOUND
from app.messages.message import say
from app.store.database import Store
from app.store.documents import find_image
from app.store.errors import InvalidFieldError, NotFoundError
from app.store.image_files import browser_path, restore_derived, restore_tiles, thumbnail_path, windowed_file
from app.store.images import short_name
from app.store.tables import Image
from app.store.thumbnails import accepted_shapes, colors_of, with_objects
from app.store.tiles import levels_of, read_tile, tiles_path
from app.values import Id

router = APIRouter(prefix="/api/images", tags=["images"])

# What a user uploads is shown as an image and as nothing else, and only to pages of this server.
IMAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=31536000, immutable",
}


@router.get("/{image_id}/file", response_class=FileResponse, responses=NOT_FOUND)
def get_file(
    image_id: ImageId,
    store: TheStore,
    request: Request,
    low: Annotated[float, Query(ge=0, le=1, description="What part of the range of its numbers is black.")] = 0,
    high: Annotated[float, Query(ge=0, le=1, description="What part of it is white.")] = 1,
) -> Response:
    """The image as a browser shows it: upright, RGB, with the pixels that the model sees.

    With `low` or `high` it is made of all bits of the upload, a JPEG as a rule, for the eye alone.
    """
    if (low, high) == (0, 1):
        return _image_answer(store, image_id, request, "file")
    if not low < high:
        raise InvalidFieldError("high", f"high is {high:g}: it needs to be above low ({low:g})")
    with store.reading() as session:
        image = find_image(session, image_id)
    headers = {**IMAGE_HEADERS, "ETag": f'"{image.sha256}-{low!r}-{high!r}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    try:
        drawn, media_type = windowed_file(store.workspace, image.sha256, (low, high))
    except (FileNotFoundError, ValueError):
        raise _gone(image) from None
    return Response(drawn, media_type=media_type, headers=headers)


@router.get("/{image_id}/thumbnail", response_class=FileResponse, responses=NOT_FOUND)
def get_thumbnail(
    image_id: ImageId,
    store: TheStore,
    request: Request,
    objects: Annotated[bool, Query(description="With the accepted objects drawn on it.")] = False,
    revision: Annotated[Id | None, Query(description="Says nothing: another address where they changed.")] = None,
) -> Response:
    """A WebP of at most 256 pixels."""
    plain = _image_answer(store, image_id, request, "thumbnail")
    if not objects or not isinstance(plain, FileResponse):
        return plain
    with store.reading() as session:
        image = find_image(session, image_id)
        colors = colors_of(session)
        tag = f'"{image.sha256}-{image.revision}-{zlib.crc32(repr(colors).encode())}"'
        headers = {**IMAGE_HEADERS, "Cache-Control": "private, no-cache", "ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        shapes = accepted_shapes(session, image, colors)
    drawn = with_objects(Path(plain.path).read_bytes(), shapes, image.width, image.height)
    return Response(drawn, media_type="image/webp", headers=headers)


@router.get("/{image_id}/tiles/{level}/{column}/{row}", response_class=Response, responses=NOT_FOUND)
def get_tile(
    image_id: ImageId, level: Id, column: Id, row: Id, store: TheStore, model_service: TheModelService, request: Request
) -> Response:
    """A JPEG of a part of a large picture (`tiles` in its document). Level 0 is full size, each next one half of it.

    Of the last level there is one, of the whole picture.
    """
    with store.reading() as session:
        image = find_image(session, image_id)
    headers = {**IMAGE_HEADERS, "ETag": f'"{image.sha256}-{level}-{column}-{row}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    levels = levels_of(image.width, image.height)
    if not levels:
        raise NotFoundError(f"image {image_id} is not so large that it has tiles: ask for its file")
    try:
        restore_tiles(store.workspace, image.sha256)
    except (FileNotFoundError, ValueError):
        raise _gone(image) from None
    data = read_tile(tiles_path(store.workspace, image.sha256), level, column, row)
    if level == levels:  # somebody opens it
        model_service.pixels.read_ahead(image)
    return Response(data, media_type="image/jpeg", headers=headers)


def _gone(image: Image) -> NotFoundError:
    return NotFoundError(say("file_gone", name=short_name(image.file_name)))


def _image_answer(store: Store, image_id: int, request: Request, kind: Literal["file", "thumbnail"]) -> Response:
    with store.reading() as session:
        image = find_image(session, image_id)
    headers = {**IMAGE_HEADERS, "ETag": f'"{image.sha256}-{kind}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if kind == "thumbnail":
        path, media_type = thumbnail_path(store.workspace, image.sha256), "image/webp"
    else:
        path = browser_path(store.workspace, image.sha256, image.media_type, image.converted)
        media_type = image.media_type
    if not path.is_file():
        try:
            wanted = image.converted and kind == "file"
            restore_derived(store.workspace, image.sha256, image.media_type, wanted)
        except (FileNotFoundError, ValueError):
            raise _gone(image) from None
    return FileResponse(path, media_type=media_type, headers=headers)
