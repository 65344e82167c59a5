"""The files of one import: annotation files and images, side by side or in archives, brought together."""

from __future__ import annotations

import io
import lzma
import os
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import IO, Any, cast

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.api.http.errors import cannot_store
from app.api.http.limits import check_unpacked_size
from app.api.images import MOST_FILES, Named, add_files, named
from app.exchange.brought_objects import ImportOptions, ImportReport
from app.exchange.coco_import import coco_parts, import_coco
from app.exchange.other_formats import is_panoptic, is_results_list, read_other, results_as_coco
from app.exchange.progress import ImportProgress
from app.store.database import Store
from app.store.images import clean_file_name, image_json, short_name
from app.store.tables import Image
from app.values import check_texts_of_json
from core.coco.names import FileNames, base_name, picture_folders, plain_name
from core.coco.reading import parse_json
from core.datasets.images import IMAGE_SUFFIXES, image_size

LARGEST_ANNOTATIONS = 2_000_000_000  # bytes
# Of COCO, YOLO, CVAT, VOC, VIA, Label Studio, labelme and tables.
ANNOTATION_SUFFIXES = (".json", ".xml", ".csv", ".txt", ".yaml", ".yml", ".names", ".data", ".parquet")
# What `zipfile` raises for what is broken in an archive, encrypted, or packed in a way that it does not know.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error, IndexError, OverflowError,
    NotImplementedError, RuntimeError,
)  # fmt: skip
FORM_FIELD = "the form field"  # stands for the name of annotations that came as text
OTHER = "another format"  # stands for the name of a data set that was not COCO

Part = tuple[str, IO[bytes]]  # a file of an upload: its name, and a way to read it


@dataclass(frozen=True)
class AnnotationFile:
    """One COCO data set of an import."""

    name: str  # its path in the upload
    data: dict[str, Any]


class ImportCutOffError(RuntimeError):
    """The disk or the database stood in the way when a part of an import was stored."""

    def __init__(self, status_code: int) -> None:
        reason = "the disk is full" if status_code == 507 else "the database is busy"
        super().__init__(
            f"{reason}: a part of it was stored; import the same files again then, what is there is not stored twice"
        )
        self.status_code = status_code


def import_text(store: Store, content: bytes, options: ImportOptions, progress: ImportProgress) -> dict[str, Any]:
    """The answer to an import of COCO JSON alone; ValueError, in one line, for what is none."""
    progress.enter("reading annotations")
    return _import(store, [AnnotationFile("", _coco(store, content, "the body"))], [], options, [], progress)


def import_parts(
    store: Store, parts: list[Part], text: str | None, options: ImportOptions, progress: ImportProgress
) -> dict[str, Any]:
    """The answer to an import of files, .zip files looked into; ValueError, in one line, where none can be read."""
    progress.enter("reading annotations")
    with ExitStack() as stack:
        for name, file in parts:
            _check_size(name, file.seek(0, os.SEEK_END))
            file.seek(0)
        try:
            parts = list(_unpacked(parts, stack))
        except (*DAMAGED, ValueError) as error:
            raise ValueError(f"the .zip cannot be read: {error}") from None
        if not any(_is_annotation(name) for name, _ in parts) and text is not None:
            parts.append((FORM_FIELD, io.BytesIO(text.encode())))
        files, notes = _annotation_files(store, parts)
        images = [part for part in parts if not _is_annotation(part[0]) and part[0] != FORM_FIELD]
        if files and files[0].name == OTHER:
            listed = {entry.get("file_name") for entry in files[0].data["images"]}
            images = [part for part in images if clean_file_name(part[0]) in listed]  # not masks that lie beside them
        return _import(store, files, images, options, notes, progress)


def _annotation_files(store: Store, parts: Sequence[Part]) -> tuple[list[AnnotationFile], list[str]]:
    """The COCO files among several, else what they are in another format, and a line for each that was passed over.

    Raises ValueError where nothing can be read.
    """
    files, faults = [], []
    for name, file in parts:
        if not name.lower().endswith(".json") and name != FORM_FIELD:
            continue
        try:
            files.append(AnnotationFile(name, _coco(store, file.read(), short_name(name))))
        except ValueError as error:
            faults.append(str(error))
        file.seek(0)
    if files:
        return files, [f"{fault}; passed over" for fault in faults]
    try:
        coco, notes = read_other(store, parts)
    except ValueError as error:
        others = [name for name, _ in parts if _is_annotation(name) and not name.lower().endswith(".json")]
        if faults and not others:
            raise ValueError(faults[0]) from None  # what is wrong with the JSON says more than that it is no other
        if not others:
            raise ValueError("no annotations came with the request: send a .json file") from None
        raise ValueError(f"the annotations cannot be read: {error}") from None
    return [AnnotationFile(OTHER, coco_parts(coco))], notes


def _coco(store: Store, content: bytes, name: str) -> dict[str, Any]:
    try:
        check_texts_of_json(content)
        data = parse_json(content)
        if is_results_list(data):
            return results_as_coco(store, data)
        if is_panoptic(data):
            raise ValueError("not a COCO data set of instances: a panoptic one, whose PNG files have to come along")
        return coco_parts(data)
    except ValueError as error:
        reason = str(error)
        raise ValueError(f"{name}: {reason if reason.startswith('not') else f'not valid JSON: {reason}'}") from None


def _is_annotation(name: str) -> bool:
    return name.lower().endswith(ANNOTATION_SUFFIXES)


def _import(
    store: Store,
    files: Sequence[AnnotationFile],
    images: Sequence[Part],
    options: ImportOptions,
    passed_over: Sequence[str],
    progress: ImportProgress,
) -> dict[str, Any]:
    stored_names, files = _names_of_images(files, [path for path, _ in images])
    contents = (named(stored_names.get(path, path), file) for path, file in progress.over("storing images", images))
    uploaded: list[dict[str, Any]] = []
    image_errors: list[dict[str, Any]] = []
    if not options.dry_run:
        uploaded, image_errors = add_files(contents, store)
    total = ImportReport()
    with store.writing_at_length() as writing:
        session = writing.session
        if options.dry_run:
            uploaded = _placeholders(session, contents)
        just_uploaded = [image["image_id"] for image in uploaded]
        try:
            for file in files:
                report = import_coco(
                    session,
                    file.data,
                    just_uploaded=just_uploaded,
                    near=picture_folders(file.name),
                    options=replace(options, source=options.source or base_name(file.name)),
                    progress=progress,
                    pause=None if options.dry_run else writing.pause,
                )
                _add(total, report, file, len(files))
            progress.enter("writing to the disk")
            session.rollback() if options.dry_run else session.commit()
        except ValueError as error:
            raise ValueError(f"{short_name(files[0].name) or 'the body'}: {error}") from None
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
    seldom = {"updated": total.updated, "removed": total.removed, "notes": [*passed_over, *total.notes]}
    return answer | {key: value for key, value in seldom.items() if value}


def _placeholders(session: Session, contents: Iterable[Named]) -> list[dict[str, Any]]:
    """Rows for images that would be stored, which the dry run takes back."""
    rows = []
    for number, (name, read) in enumerate(contents):
        try:
            data = read()
            height, width = image_size(data)
        except ValueError:
            continue
        known = {"media_type": "", "converted": False, "bytes": len(data), "width": width, "height": height}
        rows.append(
            Image(sha256=f"dry run {number}", file_name=clean_file_name(name), status="todo", revision=0, **known)
        )
    session.add_all(rows)
    session.flush()
    return [image_json(row, duplicate=False) for row in rows]


def _add(total: ImportReport, report: ImportReport, file: AnnotationFile, files: int) -> None:
    """Take one file's report into that of all; with several files each line says which it is about."""
    total.images += report.images
    for name in ("annotations", "already_there", "updated", "removed"):
        setattr(total, name, getattr(total, name) + getattr(report, name))
    total.categories |= {len(total.categories) + number: own for number, own in enumerate(report.categories.values())}
    about = f"{short_name(file.name)}: " if files > 1 else ""
    total.errors += [{**error, "error": about + error["error"]} for error in report.errors]
    total.notes += [about + note for note in report.notes]


def _names_of_images(
    files: Sequence[AnnotationFile], paths: Sequence[str]
) -> tuple[dict[str, str], list[AnnotationFile]]:
    """The name that each uploaded image is kept under, by its path, and the files with these names in their entries.

    A name in an annotation file is looked for beside the file first. One file's images keep the names that it gives
    them; those of several get the folder of their pictures in front, so that no two are one.
    """
    names = FileNames([path.replace("\\", "/") for path in paths])
    kept: dict[str, str] = {}
    taken: set[str] = set()
    renamed = []
    for file in files:
        near = picture_folders(file.name)
        entries = []
        listed = [str(e["file_name"]) for e in file.data["images"] if isinstance(e, dict) and e.get("file_name")]
        plain = frozenset(map(plain_name, listed))
        for entry in file.data["images"]:
            if isinstance(entry, dict) and isinstance(entry.get("file_name"), str):
                name = entry["file_name"]
                places = names.find(name, plain, near)
                if len(places) == 1:
                    path = paths[places[0]]
                    if path not in kept:
                        apart = len(files) > 1 and near and not plain_name(name).startswith(f"{near[0]}/")
                        own = clean_file_name(f"{near[0]}/{name}" if apart else name)
                        kept[path] = own if own not in taken else clean_file_name(path)
                        taken.add(kept[path])
                    entry = {**entry, "file_name": kept[path]}
            entries.append(entry)
        renamed.append(AnnotationFile(file.name, {**file.data, "images": entries}))
    return kept, renamed


def _unpacked(parts: list[Part], stack: ExitStack) -> Iterator[Part]:
    """The parts, with those of .zip files in their place; read from the archive only when they are asked for.

    Several archives are one tree, as pictures.zip and labels.zip are meant; but where two have a file of one name, each
    is a folder of its own, called as it is.
    """
    archives = {
        place: stack.enter_context(zipfile.ZipFile(file))
        for place, (name, file) in enumerate(parts)
        if name.lower().endswith(".zip")
    }
    wanted = {
        place: [entry for entry in archive.infolist() if not entry.is_dir() and _is_wanted(entry.filename)]
        for place, archive in archives.items()
    }
    times = Counter(name for entries in wanted.values() for name in {entry.filename for entry in entries})
    apart = any(number > 1 for number in times.values())
    if (most := max(map(len, wanted.values()), default=0)) > MOST_FILES:
        raise ValueError(f"{most} files in it, at most {MOST_FILES} are taken")
    check_unpacked_size([entry for entries in wanted.values() for entry in entries])
    for place, (name, file) in enumerate(parts):
        if place not in archives:
            yield name, file
        for entry in wanted.get(place, ()):
            _check_size(entry.filename, entry.file_size)
            path = f"{name[:-4]}/{entry.filename}" if apart else entry.filename
            yield path, cast(IO[bytes], _PackedFile(stack.enter_context(archives[place].open(entry)), entry.filename))


class _PackedFile(io.BufferedIOBase):
    """A file in an archive; ValueError, in one line that names it, where it is damaged there."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file, self._name = file, name

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes."""
        with self._one_line():
            return self._file.read(-1 if size is None else size)

    def seek(self, place: int, whence: int = os.SEEK_SET, /) -> int:
        """To a place, which `zipfile` reads up to."""
        with self._one_line():
            return self._file.seek(place, whence)

    @contextmanager
    def _one_line(self) -> Iterator[None]:
        try:
            yield
        except (*DAMAGED, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:  # bzip2's own has none
                raise
            raise ValueError(f"{short_name(self._name)}: damaged in its .zip ({error})") from None


def _check_size(name: str, size: int) -> None:
    """Raises ValueError, in one line, for annotations that are too large: they are held in memory."""
    if _is_annotation(name) and size > LARGEST_ANNOTATIONS:
        raise ValueError(f"{short_name(name)}: more than {LARGEST_ANNOTATIONS / 1e9:g} GB of annotations")


def _is_wanted(name: str) -> bool:
    """Annotations and images; not the litter that lies beside them in archives."""
    return not name.startswith("__MACOSX/") and name.lower().endswith((*ANNOTATION_SUFFIXES, *IMAGE_SUFFIXES))
