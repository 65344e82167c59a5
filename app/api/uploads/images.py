"""Images are uploaded, one or many."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from app.api.http.answers import JsonAnswer
from app.api.http.dependencies import TheStore
from app.api.http.errors import error_answer
from app.api.schemas import UploadAnswer
from app.api.uploads.taken_files import MOST_FILES, add_files, named, uploaded_files
from app.messages.message import say
from app.store.errors import NotFoundError
from core.shipped import shipped

router = APIRouter(prefix="/api/images", tags=["images"])

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
