"""COCO JSON in and out."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from app.api.answers import JsonAnswer
from app.api.dependencies import TheStore
from app.api.errors import INVALID, ErrorLine, error_answer
from app.api.images import MOST_FILES, add_files, uploaded_files
from app.api.schemas import ImageStatus, ImportAnswer
from app.store.coco_export import ExportError, Selection, export_coco
from app.store.coco_import import coco_parts, import_coco
from app.store.database import Store
from app.store.image_files import LARGEST_FILE, original_path
from app.store.images import base_name, short_name
from app.store.tables import Image

router = APIRouter(prefix="/api", tags=["import and export"])

IMPORT_BODY: dict[str, Any] = {
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
EXPORT_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, "application/zip": {}}, "description": "A COCO data set."},
    500: {"model": ErrorLine, "description": "What was written is not what is stored; nothing is handed over."},
}

LARGEST_ANNOTATIONS = 2_000_000_000  # bytes

Part = tuple[str, IO[bytes]]  # a file of an upload: its name, and a way to read it


@router.post("/import", response_model=ImportAnswer, responses=INVALID, openapi_extra=IMPORT_BODY)
async def import_annotations(
    request: Request,
    store: TheStore,
    status: Annotated[
        ImageStatus | Literal["keep"], Query(description="What the images become; `keep` leaves them as they are.")
    ] = "reviewed",
) -> Response:
    """Put annotations on images that are here or come along.

    Multipart: the annotations are the first file whose name ends in .json, images may be beside it, and either
    may be in a .zip. Or the JSON alone as the body. Images are found by their file names. What cannot be
    stored is named in `errors`, annotation by annotation; the rest is kept.
    """
    new_status = None if status == "keep" else status
    if request.headers.get("content-type", "").startswith("multipart/"):
        async with request.form(max_files=MOST_FILES, max_part_size=LARGEST_FILE) as form:
            parts: list[Part] = [(file.filename or "", file.file) for file in uploaded_files(form)]
            text = next((value for _, value in form.multi_items() if isinstance(value, str)), None)
            return await run_in_threadpool(_import_parts, store, parts, text, new_status)
    return await run_in_threadpool(_import_text, store, await request.body(), "the body", new_status)


@router.get("/export", response_class=FileResponse, responses=EXPORT_ANSWERS)
def export_annotations(
    store: TheStore,
    format: Annotated[Literal["coco"], Query(description="COCO JSON is what there is.")] = "coco",
    status: Annotated[ImageStatus | None, Query(description="Only images of this status.")] = None,
    include: Annotated[Literal["all", "accepted"], Query(description="`accepted` leaves proposals out.")] = "all",
    images: Annotated[bool, Query(description="A .zip with the image files beside the JSON.")] = False,
) -> Response:
    """COCO JSON, read back with pycocotools and compared with the store before it is handed over."""
    selection = Selection(status=status, accepted_only=include == "accepted")
    stack = ExitStack()
    try:
        path = stack.enter_context(store.temporary_file(".zip" if images else ".json"))
        if images:
            _write_zip(store, path, selection)
        else:
            with store.reading() as session:
                export_coco(session, path, selection)
    except ExportError as error:
        stack.close()
        return error_answer(500, str(error))
    except BaseException:
        stack.close()
        raise
    return FileResponse(
        path,
        filename="annotations.zip" if images else "annotations.json",
        media_type="application/zip" if images else "application/json",
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(stack.close),
    )


def _import_parts(store: Store, parts: list[Part], text: str | None, status: ImageStatus | None) -> Response:
    with ExitStack() as stack:
        try:
            parts = list(_unpacked(parts, stack))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError) as error:
            return error_answer(422, f"the .zip cannot be read: {error}", field="annotations")
        jsons = [part for part in parts if part[0].lower().endswith(".json")]
        images = [part for part in parts if part not in jsons]
        if not jsons and text is None:
            return error_answer(422, "no annotations came with the request: send a .json file", field="annotations")
        name, content = "the form field", (text or "").encode()
        if jsons:
            name, content = jsons[0][0], jsons[0][1].read(LARGEST_ANNOTATIONS + 1)
        if len(content) > LARGEST_ANNOTATIONS:
            return error_answer(422, f"{name}: more than {LARGEST_ANNOTATIONS / 1e9:g} GB", field="annotations")
        second = [
            {"file_name": name, "error": f"{short_name(name)}: a second annotation file"} for name, _ in jsons[1:]
        ]
        return _import_text(store, content, short_name(name), status, images, second)


def _import_text(
    store: Store,
    content: bytes,
    name: str,
    status: ImageStatus | None,
    images: Sequence[Part] = (),
    errors: Sequence[dict[str, Any]] = (),
) -> Response:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return error_answer(422, f"{name}: not valid JSON", field="annotations")
    try:
        images_of_file, _, _ = coco_parts(data)
        names = {str(entry.get("file_name")) for entry in images_of_file if isinstance(entry, dict)}
        uploaded, image_errors = add_files(
            ((_name_in(names, path), file.read(LARGEST_FILE + 1)) for path, file in images), store
        )
        just_uploaded = [image["image_id"] for image in uploaded]
        with store.writing() as session:
            report = import_coco(session, data, just_uploaded=just_uploaded, status=status)
    except ValueError as error:
        return error_answer(422, f"{name}: {error}", field="annotations")
    return JsonAnswer(
        {
            "images": len(report.images),
            "annotations": report.annotations,
            "already_there": report.already_there,
            "categories": len(report.categories),
            "uploaded": uploaded,
            "errors": [*errors, *image_errors, *report.errors],
        }
    )


def _name_in(names: Collection[str], path: str) -> str:
    """The name that an annotation file gives to the image at `path` in an upload: the longest end of it that is one."""
    parts = path.replace("\\", "/").split("/")
    ends = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((end for end in ends if end in names), path)


def _unpacked(parts: list[Part], stack: ExitStack) -> Iterator[Part]:
    """The parts, with those of .zip files in their place; read from the archive only when they are asked for."""
    for name, file in parts:
        if not name.lower().endswith(".zip"):
            yield name, file
            continue
        archive = stack.enter_context(zipfile.ZipFile(file))
        entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_litter(entry.filename)]
        if len(entries) > MOST_FILES:
            raise ValueError(f"{len(entries)} files in it, at most {MOST_FILES} are taken")
        for entry in entries:
            yield entry.filename, stack.enter_context(archive.open(entry))


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or base_name(name) in (".DS_Store", "Thumbs.db")


def _write_zip(store: Store, path: Path, selection: Selection) -> None:
    """annotations.json and images/: each file under the name that the JSON gives it, no two the same."""
    taken: dict[str, int] = {}
    names: dict[int, str] = {}

    def name_in_zip(image: Image) -> str:
        if image.id not in names:
            name = base_name(image.file_name)
            while taken.setdefault(name.casefold(), image.id) != image.id:
                name = f"{image.id}_{name}"
            names[image.id] = name
        return names[image.id]

    digests: dict[int, str] = {}
    with store.temporary_file(".json") as annotations, zipfile.ZipFile(path, "w") as archive:
        with store.reading() as session:
            export_coco(session, annotations, selection, file_name=name_in_zip)
            digests = {image_id: session.get_one(Image, image_id).sha256 for image_id in names}
        archive.write(annotations, "annotations.json", zipfile.ZIP_DEFLATED)
        for image_id, name in names.items():
            path_in_zip = zipfile.ZipInfo(f"images/{name}")
            source_path = original_path(store.workspace, digests[image_id])
            with source_path.open("rb") as source, archive.open(path_in_zip, "w") as target:
                shutil.copyfileobj(source, target, 1 << 20)
