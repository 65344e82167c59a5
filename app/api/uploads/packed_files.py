"""The files of an upload, those inside archives too, of which what is damaged is one line."""

from __future__ import annotations

import io
import lzma
import os
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, cast

from app.api.http.limits import check_unpacked_size
from app.api.uploads.taken_files import MOST_FILES
from app.store.images import short_name
from core.datasets.images import IMAGE_SUFFIXES
from core.formats.archives import entry_name

# What `zipfile` raises for what is broken in an archive, encrypted, or packed in a way that it does not know.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error, IndexError, OverflowError,
    NotImplementedError, RuntimeError,
)  # fmt: skip


LARGEST_ANNOTATIONS = 2_000_000_000  # bytes
# Of COCO, YOLO, CVAT, VOC, VIA, Label Studio, labelme and tables; of other tools, to say what they are.
ANNOTATION_SUFFIXES = (
    ".json", ".xml", ".csv", ".txt", ".yaml", ".yml", ".names", ".data", ".parquet", ".jsonl", ".ndjson", ".manifest",
)  # fmt: skip

PICTURES_BEGIN = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*")  # the common kinds

Part = tuple[str, IO[bytes]]  # a file of an upload: its name, and a way to read it


class PackedFile(io.BufferedIOBase):
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


def whole_copy(file: IO[bytes], stack: ExitStack) -> IO[bytes]:
    """An archive inside an archive, where it can be read in any order."""
    copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    shutil.copyfileobj(file, copy, 1 << 20)
    copy.seek(0)
    return copy


def is_annotation(name: str) -> bool:
    """Whether a file holds annotations, by its name."""
    return name.lower().endswith(ANNOTATION_SUFFIXES)


def unpacked_parts(parts: list[Part], stack: ExitStack) -> Iterator[Part]:
    """The parts, with those of .zip files in their place; read from the archive only when they are asked for.

    Several archives are one tree, as pictures.zip and labels.zip are meant; but where two have a file of one name, each
    is a folder of its own, called as it is.
    """
    archives: dict[int, zipfile.ZipFile] = {}
    wanted: dict[int, list[zipfile.ZipInfo]] = {}
    for place, (name, file) in enumerate(parts):
        if name.lower().endswith(".zip"):
            archives[place] = archive = stack.enter_context(zipfile.ZipFile(file))
            wanted[place] = [e for e in archive.infolist() if not e.is_dir() and _is_wanted(archive, e)]
            if (number := sum(map(len, wanted.values()))) > MOST_FILES:  # before the next is looked into
                raise ValueError(f"{number} files in it, at most {MOST_FILES} are taken")
    times = Counter(name for entries in wanted.values() for name in {entry_name(entry) for entry in entries})
    apart = any(number > 1 for number in times.values())
    check_unpacked_size([entry for entries in wanted.values() for entry in entries])
    for place, (name, file) in enumerate(parts):
        if place not in archives:
            yield name, file
        for entry in wanted.get(place, ()):
            inside = entry_name(entry)
            check_size(inside, entry.file_size)
            path = f"{name[:-4]}/{inside}" if apart else inside
            packed = cast(IO[bytes], PackedFile(stack.enter_context(archives[place].open(entry)), inside))
            if path.lower().endswith(".zip"):
                packed = whole_copy(packed, stack)
                if not zipfile.is_zipfile(packed):
                    path += " (damaged)"  # and so no archive to the next look: its line says that it is no image
            yield path, packed


def check_size(name: str, size: int) -> None:
    """Raises ValueError, in one line, for annotations that are too large: they are held in memory."""
    if is_annotation(name) and size > LARGEST_ANNOTATIONS:
        raise ValueError(f"{short_name(name)}: more than {LARGEST_ANNOTATIONS / 1e9:g} GB of annotations")


def _is_wanted(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """Annotations and images, those without an ending too; not the litter that lies beside them in archives."""
    name = entry_name(entry)
    base = name.rpartition("/")[2]
    if name.startswith("__MACOSX/") or base.startswith("._"):  # what macOS knows of a file beside its content
        return False
    if "." in base:
        return name.lower().endswith((*ANNOTATION_SUFFIXES, *IMAGE_SUFFIXES, ".zip"))
    try:
        with archive.open(entry) as file:
            return file.read(len(max(PICTURES_BEGIN, key=len))).startswith(PICTURES_BEGIN)
    except (*DAMAGED, OSError):
        return False
