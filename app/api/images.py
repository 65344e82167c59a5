"""Images: upload, gallery, bytes."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import IO, Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from app.api.http.answers import JsonAnswer
from app.api.http.dependencies import ImageId, TheModelService, TheStore
from app.api.http.errors import INVALID, NOT_FOUND, cannot_store, error_answer
from app.api.schemas import ChangedImage, ImageFields, ImagePage, RemovedImage, UploadAnswer
from app.messages.message import say
from app.roles import NotAllowedError
from app.store.database import Store
from app.store.documents import ORDERS, find_image, list_images
from app.store.errors import InvalidFieldError, NotFoundError, one_line
from app.store.image_files import (
    LARGEST_FILE,
    browser_path,
    restore_derived,
    restore_tiles,
    thumbnail_path,
    windowed_file,
)
from app.store.images import add_image, clean_file_name, image_json, short_name
from app.store.remarks.filters import Remarked, tags_of
from app.store.tables import Image, ImageStatus
from app.store.thumbnails import accepted_shapes, colors_of, with_objects
from app.store.tiles import levels_of, read_tile, tiles_path
from app.store.trash import remove_image, removed_json
from app.values import Cursor, Id, Text
from core.datasets.images import MOST_FRAMES_COUNTED, frames_left_out
from core.shipped import shipped

logger = logging.getLogger("maskloop")
router = APIRouter(prefix="/api/images", tags=["images"])

MOST_FILES = 20_000  # in one request

# What a user uploads is shown as an image and as nothing else, and only to pages of this server.
IMAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=31536000, immutable",
}

MULTIPART_FILES: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                    "required": ["files"],
                }
            }
        },
    }
}


@router.post(
    "",
    status_code=201,
    response_model=UploadAnswer,
    responses={422: {"model": UploadAnswer, "description": "None of the files is an image."}},
    openapi_extra=MULTIPART_FILES,
)
async def upload_images(request: Request, store: TheStore) -> Response:
    """Store images, one or many. A file that cannot be read gets its own error line; the others are kept."""
    async with request.form(max_files=MOST_FILES, max_fields=100) as form:
        files = uploaded_files(form)
        if not files:
            return error_answer(422, "no files came along: send them as the multipart field 'files'", field="files")
        images, errors = await run_in_threadpool(
            add_files, [named(file.filename or "unnamed", file.file) for file in files], store
        )
    answer: dict[str, object] = {"images": images, "errors": errors}
    if not images:
        answer["error"] = errors[0]["error"] if len(errors) == 1 else f"none of {len(errors)} files could be taken"
    return JsonAnswer(answer, 201 if images else 422)


@router.post("/samples", status_code=201, response_model=UploadAnswer)
def take_samples(store: TheStore) -> JsonAnswer:
    """Store the photographs that come with the program, to try it on; those that are here already stay as they are."""
    files = sorted(shipped("photographs").glob("*.jpg"))
    if not files:
        raise NotFoundError(say("no_samples"))
    images, errors = add_files([(file.name, file.read_bytes) for file in files], store)
    return JsonAnswer({"images": images, "errors": errors}, 201)


def uploaded_files(form: FormData) -> list[UploadFile]:
    """The files of a multipart request, whatever its fields are called."""
    return [value for _, value in form.multi_items() if isinstance(value, UploadFile)]


Named = tuple[str, Callable[[], bytes]]  # a file: its name, and what reads it (ValueError where it is damaged)


def add_files(parts: Iterable[Named], store: Store) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Take in many files: answers and errors.

    Raises what `cannot_store` knows (a full disk, a busy database) where it happens before any file was taken;
    after that the files that are left get its line, and none of them is tried.
    """
    images: list[dict[str, object]] = []
    errors: list[dict[str, object]] = []
    stopped: str | None = None
    for name, read in parts:
        try:
            if stopped is None:
                data = read()
                image, duplicate = add_image(store, data, name)
                left_out = frames_left_out(data)
                images.append(image_json(image, duplicate) | _note_of_frames(left_out))
                continue
            line = f"{short_name(name)}: {stopped}"
        except ValueError as error:
            line = one_line(error)
        except NotAllowedError as error:
            line = f"{short_name(name)}: {error}"
        except Exception as error:  # image decoders fail in ways of their own; the other files must not suffer
            known = cannot_store(error)
            if known is not None and not images:
                raise
            if known is None:
                logger.error("%s", short_name(name), exc_info=error)
                line = f"{short_name(name)}: could not be read; the file is damaged in an unusual way"
            else:
                stopped = known[1]
                line = f"{short_name(name)}: {stopped}"
        errors.append({"file_name": clean_file_name(name), "error": line})
    return images, errors


def _note_of_frames(left_out: int) -> dict[str, str]:
    more = "more than " if left_out == MOST_FRAMES_COUNTED else ""
    note = f"the first of {more}{left_out + (not more)} pages or frames was taken, {left_out} left out"
    return {"note": note} if left_out else {}


def named(name: str, file: IO[bytes]) -> Named:
    """A file of an upload as `add_files` takes it."""
    # One byte more than is allowed is enough to know, however large the file is.
    return name, partial(file.read, LARGEST_FILE + 1)


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
        return _gone(image)
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
        return _gone(image)
    data = read_tile(tiles_path(store.workspace, image.sha256), level, column, row)
    if level == levels:  # somebody opens it
        model_service.pixels.read_ahead(image)
    return Response(data, media_type="image/jpeg", headers=headers)


def _gone(image: Image) -> Response:
    line = f"the file of {short_name(image.file_name)} is gone from the workspace; upload it again"
    return error_answer(404, line)


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
            return _gone(image)
    return FileResponse(path, media_type=media_type, headers=headers)
