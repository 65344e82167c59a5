"""The files of one import: annotation files and images, side by side or in archives, brought together."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.api.http.errors import cannot_store
from app.api.uploads.packed_files import DAMAGED, Part, check_size, is_annotation, unpacked_parts
from app.api.uploads.taken_files import Named, add_files, named
from app.exchange.annotation_files import AnnotationFile, names_of_images, with_sources
from app.exchange.brought_objects import ImportOptions, ImportReport
from app.exchange.coco_import import coco_parts, import_coco
from app.exchange.other_formats import is_captions, is_panoptic, is_results_list, read_other, results_as_coco
from app.exchange.progress import ImportProgress
from app.store.database import Store
from app.store.errors import one_line
from app.store.images import clean_file_name, image_json, short_name
from app.store.tables import Image
from app.values import check_texts_of_json
from core.coco.names import picture_folders, plain_name
from core.coco.reading import parse_json
from core.coco.report import SHOWN
from core.datasets.images import IMAGE_SUFFIXES, image_size
from core.formats.archives import DEEPEST
from core.formats.masks.places import masks_of_others
from core.formats.refused import KnownFormatError

FORM_FIELD = "the form field"  # stands for the name of annotations that came as text
OTHER = "another format"  # stands for the name of a data set that was not COCO


class ImportCutOffError(RuntimeError):
    """The disk or the database stood in the way when a part of an import was stored."""

    def __init__(self, status_code: int) -> None:
        reason = "the disk is full" if status_code == 507 else "the database is busy"
        super().__init__(
            f"{reason}: a part of it was stored; import the same files again then, what is there is not stored twice"
        )
        self.status_code = status_code


def import_text(store: Store, content: bytes, options: ImportOptions, progress: ImportProgress) -> dict[str, object]:
    """The answer to an import of COCO JSON alone; ValueError, in one line, for what is none."""
    progress.enter("reading annotations")
    data = _content(content, "the body")
    if isinstance(data, list):
        data = results_as_coco(store, data)
    return _import(store, [AnnotationFile("", data)], [], options, [], progress)


def import_parts(
    store: Store, parts: list[Part], text: str | None, options: ImportOptions, progress: ImportProgress
) -> dict[str, Any]:
    """The answer to an import of files, .zip files looked into; ValueError, in one line, where none can be read."""
    progress.enter("reading annotations")
    with ExitStack() as stack:
        for name, file in parts:
            check_size(name, file.seek(0, os.SEEK_END))
            file.seek(0)
        packed = any(name.lower().endswith(".zip") for name, _ in parts)
        try:
            for _ in range(DEEPEST):  # archives in archives too
                parts = list(unpacked_parts(parts, stack))
        except (*DAMAGED, ValueError) as error:
            raise ValueError(f"the .zip cannot be read: {error}") from None
        for name in (name for name, _ in parts if name.lower().endswith(".zip")):
            raise ValueError(f"{short_name(name)}: lies in archives more than {DEEPEST} deep: unpack them first")
        if not any(is_annotation(name) for name, _ in parts) and text is not None:
            parts.append((FORM_FIELD, io.BytesIO(text.encode())))
        files, images, notes = _sorted_out(store, parts, packed)
        return _import(store, files, images, options, notes, progress)


def _sorted_out(
    store: Store, parts: Sequence[Part], packed: bool
) -> tuple[list[AnnotationFile], list[Part], list[str]]:
    """The annotation files, as COCO data sets, and the pictures of an upload; a line for what was passed over.

    Where no file is COCO, all of them are what they are in another format. Pictures that no file lists are taken too,
    as nobody would miss them in time; masks of others are not. What came in an archive (`packed`) may be nothing but
    pictures. Raises ValueError where nothing can be read.
    """
    pictures = [part for part in parts if not is_annotation(part[0]) and part[0] != FORM_FIELD]
    files: list[AnnotationFile] = []
    results: list[tuple[str, list[dict[str, object]]]] = []
    faults = []
    for name, file in parts:
        if not name.lower().endswith(".json") and name != FORM_FIELD:
            continue
        try:
            data = _content(file.read(), short_name(name))
            if isinstance(data, list):
                results.append((name, data))
            else:
                files.append(AnnotationFile(name, data))
        except ValueError as error:
            faults.append(str(error))
        file.seek(0)
    listing = [file.data for file in files]
    for name, entries in results:
        try:
            files.append(AnnotationFile(name, results_as_coco(store, entries, listing)))
        except ValueError as error:
            faults.append(f"{short_name(name)}: {error}")
    if files:
        images = [image for file in files for image in file.data["images"] if isinstance(image, dict)]
        listed = {plain_name(str(image.get("file_name"))) for image in images}
        masks = masks_of_others([name for name, _ in pictures], listed)
        pictures = [part for part in pictures if part[0] not in masks]
        notes = [f"{fault}; passed over" for fault in faults]
        if masks:
            notes.append(f"taken for masks of other pictures, as they lie in a folder of masks: {len(masks)} files")
        return files, pictures, notes
    try:
        other = read_other(store, parts)
    except ValueError as error:
        others = [name for name, _ in parts if is_annotation(name) and not name.lower().endswith(".json")]
        if isinstance(error, KnownFormatError):
            raise ValueError(str(error)) from None
        if faults and not others:
            raise ValueError(faults[0]) from None  # what is wrong with the JSON says more than that it is no other
        strange = [name for name, _ in pictures if not name.lower().endswith(tuple(IMAGE_SUFFIXES))]
        if strange and not others:
            raise ValueError(f"{short_name(strange[0])}: no annotations that are read; send COCO JSON") from None
        if not others and packed and pictures:
            return [], pictures, ["no annotations are in it: its pictures are taken"]
        if not others:
            raise ValueError("no annotations came with the request: send a .json file") from None
        raise ValueError(f"the annotations cannot be read: {error}") from None
    # Whoever exports again gives the archive another name: what kind of files is in it stays.
    kinds = sorted({PurePosixPath(name).suffix.lower() for name, _ in parts if is_annotation(name)})
    pictures += [(name, io.BytesIO(data)) for name, data in other.inside]
    known = {entry.get("file_name") for entry in other.coco["images"]}
    pictures = [part for part in pictures if (name := clean_file_name(part[0])) in known or name not in other.masks]
    return [AnnotationFile(OTHER, coco_parts(other.coco), source=f"*{' *'.join(kinds)}")], pictures, other.notes


def _content(content: bytes, name: str) -> dict[str, Any] | list[dict[str, object]]:
    """A COCO data set, or a list of results; ValueError, in one line, for anything else."""
    try:
        check_texts_of_json(content)
        data = parse_json(content)
        if is_results_list(data):
            results: list[dict[str, object]] = data
            return results
        if is_panoptic(data):
            raise ValueError("not a COCO data set of instances: a panoptic one, whose PNG files have to come along")
        if is_captions(data):
            raise ValueError("not a COCO data set of instances: captions, which say nothing of objects")
        return coco_parts(data)
    except ValueError as error:
        reason = str(error)
        raise ValueError(f"{name}: {reason if reason.startswith('not') else f'not valid JSON: {reason}'}") from None


def _import(
    store: Store,
    files: Sequence[AnnotationFile],
    images: Sequence[Part],
    options: ImportOptions,
    passed_over: Sequence[str],
    progress: ImportProgress,
) -> dict[str, Any]:
    stored_names, files = names_of_images(files, [path for path, _ in images])
    contents = (named(stored_names.get(path, path), file) for path, file in progress.over("storing images", images))
    if options.dry_run:
        with store.trying() as session:
            uploaded, image_errors = _placeholders(session, contents)
            came = uploaded, image_errors
            total, reports = _import_each(session, files, came, options, progress, pause=None)
    else:
        uploaded, image_errors = add_files(contents, store)
        with store.writing_at_length() as writing:
            try:
                came = uploaded, image_errors
                total, reports = _import_each(writing.session, files, came, options, progress, writing.pause)
                progress.enter("writing to the disk")
                writing.session.commit()
            except (SQLAlchemyError, OSError) as error:
                known = cannot_store(error)
                if known is None or not writing.kept:
                    raise
                raise ImportCutOffError(known[0]) from error
    answer = {
        "images": len(set(total.images)),
        "annotations": total.annotations,
        "already_there": total.already_there,
        "categories": len(set(total.categories.values())),
        "uploaded": uploaded,
        "errors": [*image_errors, *total.errors],
    }
    notes = [*_notes_of(files, reports), *total.stay_notes()]
    seldom = {"updated": total.updated, "removed": total.removed, "notes": [*passed_over, *notes]}
    return answer | {key: value for key, value in seldom.items() if value}


def _import_each(
    session: Session,
    files: Sequence[AnnotationFile],
    came: tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]]],
    options: ImportOptions,
    progress: ImportProgress,
    pause: Callable[..., bool] | None,
) -> tuple[ImportReport, list[ImportReport]]:
    """Import one file after the other: what became of all, and of each. Raises ValueError that names the file.

    `came`: the pictures that came along, and errors of those that were not taken.
    """
    total, reports = ImportReport(), []
    just_uploaded = [image["image_id"] for image in came[0]]
    not_taken = {error["file_name"] for error in came[1]}
    for file in with_sources(files):
        own = replace(options, source=options.source or file.source)
        try:
            report = import_coco(
                session,
                file.data,
                just_uploaded=just_uploaded,
                near=picture_folders(file.name),
                not_taken=not_taken,
                options=own,
                progress=progress,
                pause=pause,
            )
        except ValueError as error:
            raise ValueError(f"{short_name(file.name) or 'the body'}: {error}") from None
        total.include(report, f"{short_name(file.name)}: " if len(files) > 1 else "")
        reports.append(report)
    return total, reports


def _placeholders(
    session: Session, contents: Iterable[Named]
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Rows for images that would be stored, which the dry run takes back, and errors of those that would not."""
    rows: list[Image] = []
    errors: list[dict[str, object]] = []
    for number, (name, read) in enumerate(contents):
        try:
            data = read()
            height, width = image_size(data)
        except ValueError as error:
            errors.append({"file_name": clean_file_name(name), "error": one_line(error)})
            continue
        known = {"media_type": "", "converted": False, "bytes": len(data), "width": width, "height": height}
        rows.append(
            Image(sha256=f"dry run {number}", file_name=clean_file_name(name), status="todo", revision=0, **known)
        )
    session.add_all(rows)
    session.flush()
    return [image_json(row, duplicate=False) for row in rows], errors


def _notes_of(files: Sequence[AnnotationFile], reports: Sequence[ImportReport]) -> list[str]:
    """What was noted of the files; of several each line says of which, once however many it is true of."""
    said: dict[str, list[str]] = {}
    for file, report in zip(files, reports, strict=True):
        for note in report.notes:
            said.setdefault(note, []).append(short_name(file.name))
    if len(files) == 1:
        return list(said)
    return [
        f"{', '.join(names[:SHOWN])}{' and others' if len(names) > SHOWN else ''}: {n}" for n, names in said.items()
    ]
