"""Zip archives, unpacked so that nothing lands outside the folder and nothing fills the disk."""

from __future__ import annotations

import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LIMIT = 32 * 2**30  # bytes of all files together
_MOST_FILES = 2_000_000
_BLOCK = 2**20
_UTF8_NAME = 0x800  # flag of an entry whose name is UTF-8


@contextmanager
def unpacked(archive: Path, limit: int = LIMIT) -> Iterator[Path]:
    """A temporary folder with an archive's files, gone afterwards.

    ValueError, in one line and before anything else happens, for what is no zip, for a name that leads out of the
    folder, for links, for encryption, and for more than `limit` bytes, said or found while unpacking.
    """
    with tempfile.TemporaryDirectory(prefix="unpacked-") as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(archive) as opened:
                _unpack(opened, archive, folder, limit)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, zlib.error) as error:
            raise ValueError(f"{archive}: not a zip archive, or damaged ({' '.join(str(error).split())})") from None
        yield folder


def _unpack(opened: zipfile.ZipFile, archive: Path, folder: Path, limit: int) -> None:
    entries = [(entry, _name(entry)) for entry in opened.infolist() if not entry.is_dir()]
    if len(entries) > _MOST_FILES:
        raise ValueError(f"{archive}: more than {_MOST_FILES} files")
    if sum(entry.file_size for entry, _ in entries) > limit:
        raise ValueError(
            f"{archive}: unpacks to more than {limit / 2**30:g} GiB; unpack it yourself and give the folder"
        )
    for entry, name in entries:
        if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/") or "\0" in name:
            raise ValueError(f"{archive}: {name!r} would lie outside the folder that it is unpacked into")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ValueError(f"{archive}: {name!r} is a link, which is not unpacked")
        if entry.flag_bits & 1:
            raise ValueError(f"{archive}: {name!r} is encrypted")
    left = limit
    for entry, name in entries:
        target = folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with opened.open(entry) as source, target.open("xb") as file:
                while block := source.read(_BLOCK):
                    left -= len(block)
                    if left < 0:  # its directory of files said less
                        raise ValueError(f"{archive}: unpacks to more than it says; it is damaged or made to harm")
                    file.write(block)
        except (FileExistsError, NotADirectoryError):
            raise ValueError(f"{archive}: {name!r} is in it twice, or is a file and a folder") from None


def _name(entry: zipfile.ZipInfo) -> str:
    """An entry's name with forward slashes; UTF-8 that was not said to be UTF-8 is read as such."""
    name = entry.filename
    if not entry.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")
