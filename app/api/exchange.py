"""COCO JSON in and out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from app.api.http.answers import JsonAnswer
from app.api.http.dependencies import TheStore
from app.api.http.errors import INVALID, ErrorLine, error_answer
from app.api.http.limits import known_query_only
from app.api.schemas import UploadedImage
from app.api.uploads.imported_files import ImportCutOffError, import_parts, import_text
from app.api.uploads.packed_files import LARGEST_ANNOTATIONS, Part
from app.api.uploads.taken_files import MOST_FILES, uploaded_files
from app.exchange.brought_objects import ImportMode, ImportOptions
from app.exchange.coco_export import ExportError, Selection
from app.exchange.export_files import COCO, write_export
from app.exchange.progress import GoingImports
from app.store.image_files import LARGEST_FILE
from app.store.tables import ImageStatus
from app.values import Id, Score, Text
from core.formats import FORMATS
from core.memory import without_full_collections

router = APIRouter(prefix="/api", tags=["import and export"])

MOST_FIELDS = 4  # of a form, besides its files: their texts are held in memory


class ImportProblem(BaseModel):
    """Something in an import that was left out or changed."""

    error: str
    annotation_id: int | str | None = None
    number: int | None = Field(None, description="Place of the annotation in the file, from 0.")
    file_name: str | None = None
    category: str | None = None


class ImportAnswer(BaseModel):
    """What became of an import."""

    images: int = Field(description="Images of the file that were found.")
    annotations: int = Field(description="Objects that were stored.")
    already_there: int = Field(description="Objects that were on their images before.")
    updated: int = Field(0, description="Objects that an earlier import of the file brought and nobody has edited.")
    removed: int = Field(0, description="Objects and proposals that made room for those of the file.")
    categories: int
    uploaded: list[UploadedImage] = Field(description="The images that came with the annotations.")
    errors: list[ImportProblem]
    notes: list[str] = Field([], description="What is written in another way than COCO's, and read all the same.")


IMPORT_BODY: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "annotations": {"type": "string", "format": "binary", "description": "COCO JSON"},
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                    },
                    "required": ["annotations"],
                }
            },
            "application/json": {"schema": {"type": "object", "description": "COCO JSON"}},
        },
    }
}
EXPORT_ANSWERS: dict[int | str, dict[str, object]] = {
    200: {"content": {"application/json": {}, "application/zip": {}}, "description": "A COCO data set."},
    409: {"model": ErrorLine, "description": "What was written is not what is stored; nothing is handed over."},
}


@router.post(
    "/import",
    response_model=ImportAnswer,
    responses=INVALID,
    openapi_extra=IMPORT_BODY,
    dependencies=[Depends(known_query_only)],
)
async def import_annotations(
    request: Request,
    store: TheStore,
    status: Annotated[
        ImageStatus | Literal["keep"], Query(description="What the images become; `keep` leaves them as they are.")
    ] = "reviewed",
    mode: Annotated[
        ImportMode,
        Query(
            description="`add` brings what is new. `merge` also updates what an earlier import of the same file "
            "brought and nobody has edited since. `replace` removes what the file does not have from the images it has."
        ),
    ] = "merge",
    empty_images: Annotated[
        bool, Query(description="Images of which the file has no object get the status too.")
    ] = False,
    proposals: Annotated[
        bool, Query(description="All objects come as proposals; those with a score always do.")
    ] = False,
    crowds_as_objects: Annotated[
        bool, Query(description="What has `iscrowd` 1 is a single object: brush masks of CVAT are written so.")
    ] = False,
    model: Annotated[Text | None, Query(max_length=200, description="The model of proposals that name none.")] = None,
    dry_run: Annotated[bool, Query(description="Answer what would become of it, and keep nothing.")] = False,
    progress: Annotated[
        Text | None, Query(max_length=100, description="A name for this import, by which `GET /api/imports` shows it.")
    ] = None,
) -> Response:
    """Put annotations on images that are here or come along.

    Multipart: annotation files, in COCO JSON or another tool's format, images beside them, and any of it may be in a
    .zip, in folders. Or COCO JSON alone as the body, a results list too. Images are found by their file names. An
    image becomes reviewed where every object that the files have for it arrived, none of them as a proposal. What is
    left out or changed is named in `errors`; the rest is kept.
    """
    options = ImportOptions(
        status=None if status == "keep" else status,
        mode=mode,
        empty_images=empty_images,
        proposals=proposals,
        crowds_as_objects=crowds_as_objects,
        model=model,
        dry_run=dry_run,
    )
    going: GoingImports = request.app.state.imports
    with going.one(progress or "") as counted:
        if request.headers.get("content-type", "").startswith("multipart/"):
            form_of = request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LARGEST_FILE)
            async with form_of as form:
                parts: list[Part] = [(file.filename or "", file.file) for file in uploaded_files(form)]
                text = next((value for _, value in form.multi_items() if isinstance(value, str)), None)
                return await run_in_threadpool(_answer, import_parts, store, parts, text, options, counted)
        return await run_in_threadpool(_answer, import_text, store, await _body(request), options, counted)


class GoingImport(BaseModel):
    """How far an import is."""

    key: str = Field(description="Its `progress`.")
    stage: str = Field(description="What is being done, in words.")
    done: int = Field(description="How many of `total` are done in this stage.")
    total: int | None = Field(description="null where nobody can say.")
    seconds: float = Field(description="Since it began.")


class GoingImportList(BaseModel):
    """The imports that are being carried out."""

    imports: list[GoingImport]


@router.get("/imports", response_model=GoingImportList)
def get_imports(request: Request) -> object:
    """The imports that are being carried out, and how far each is."""
    going: GoingImports = request.app.state.imports
    return {"imports": going.shown()}


@router.get("/export", response_class=FileResponse, responses=EXPORT_ANSWERS, dependencies=[Depends(known_query_only)])
def export_annotations(
    store: TheStore,
    format: Annotated[Text, Query(description=f"One of {', '.join(FORMATS)}; all but coco come as a .zip.")] = COCO,
    status: Annotated[ImageStatus | None, Query(description="Only images of this status.")] = None,
    include: Annotated[Literal["all", "accepted"], Query(description="`accepted` leaves proposals out.")] = "all",
    score_threshold: Annotated[
        Score | None, Query(description="Proposals of at least this score; without it by each model's calibration.")
    ] = None,
    images: Annotated[bool, Query(description="A .zip with the image files too.")] = False,
    image_id: Annotated[list[Id] | None, Query(description="Only these images; may be given several times.")] = None,
    category_id: Annotated[list[Id] | None, Query(description="Only these classes, likewise.")] = None,
    person: Annotated[
        list[Text] | None, Query(description="Only images where one of these people made an edit.")
    ] = None,
    author: Annotated[list[Text] | None, Query(description="Only objects that one of these people wrote last.")] = None,
    unused_classes: Annotated[
        bool, Query(description="`false` leaves out classes of which no image has an object; a model's always are.")
    ] = True,
) -> Response:
    """COCO JSON, read back with pycocotools and compared with the store before it is handed over, or another format.

    What another format cannot carry is listed in a text file in its archive.
    """
    if format not in FORMATS:
        return error_answer(422, f"there is no format {format!r}; the formats are {', '.join(FORMATS)}", field="format")
    accepted_only = include == "accepted"
    selection = Selection(status, accepted_only, image_id, category_id, score_threshold, person, author, unused_classes)
    zipped = images or format != COCO
    stack = ExitStack()
    try:
        path = stack.enter_context(store.temporary_file(".zip" if zipped else ".json"))
        write_export(store, path, selection, format, images)
    except ExportError as error:
        stack.close()
        return error_answer(409, str(error))
    except ValueError as error:  # the format cannot be written here
        stack.close()
        return error_answer(422, str(error), field="format")
    except BaseException:
        stack.close()
        raise
    return FileResponse(
        path,
        filename=f"annotations-{format}.zip" if format != COCO else f"annotations.{'zip' if zipped else 'json'}",
        media_type="application/zip" if zipped else "application/json",
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(stack.close),
    )


async def _body(request: Request) -> bytes:
    """Annotations that come as the body, which are held in memory: 413 for more than is taken of a file."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST_ANNOTATIONS:
            raise HTTPException(413, f"the annotations are more than {LARGEST_ANNOTATIONS / 1e9:g} GB")
        parts.append(part)
    return b"".join(parts)


def _answer(read: Callable[..., dict[str, object]], *arguments: object) -> Response:
    try:
        with without_full_collections():
            return JsonAnswer(read(*arguments))
    except ValueError as error:
        return error_answer(422, str(error), field="annotations")
    except ImportCutOffError as error:
        return error_answer(error.status_code, str(error))
