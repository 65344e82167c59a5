"""Zip archives, unpacked so that nothing lands outside the folder and nothing fills the disk."""

from __future__ import annotations

import errno
import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LIMIT = 32 * 2**30  # bytes of all files together
DEEPEST = 4  # archives in each other
_MOST_FILES = 2_000_000
_BLOCK = 2**20
_UTF8_NAME = 0x800  # flag of an entry whose name is UTF-8


@contextmanager
def unpacked(archive: Path, limit: int = LIMIT) -> Iterator[Path]:
    """A temporary folder with an archive's files, and with those of archives in it, gone afterwards.

    Archives inside become part of the folder that they lie in; where that has one of their files already, a folder
    called as the archive. ValueError, in one line and before anything else happens, for what is no zip, for a name
    that leads out of the folder, for links, for encryption, for more than `limit` bytes, said or found while unpacking,
    and for archives that lie in each other more than four deep.
    """
    with tempfile.TemporaryDirectory(prefix="unpacked-") as name:
        folder = Path(name)
        left = _unpack(archive, str(archive), folder, limit)
        for _ in range(DEEPEST - 1):
            for inner in _archives_in(folder):
                packed = inner.rename(inner.with_name(f"{inner.name} unpacked"))  # its name may be a file's in it
                target = inner.parent if _fits(packed, inner.parent) else inner.with_suffix("")
                left = _unpack(packed, f"{archive}/{inner.relative_to(folder)}", target, left)
                packed.unlink()
        if more := _archives_in(folder):
            deep = f"{archive}/{more[0].relative_to(folder)}"
            raise ValueError(f"{deep}: lies in archives more than {DEEPEST} deep; unpack them yourself")
        yield folder


def _archives_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".zip" and zipfile.is_zipfile(path))


def _fits(archive: Path, folder: Path) -> bool:
    """Whether no file of an archive has a name that is in the folder already."""
    try:
        with zipfile.ZipFile(archive) as opened:
            names = [entry_name(entry) for entry in opened.infolist() if not entry.is_dir()]
    except zipfile.BadZipFile:
        return True  # said when it is unpacked
    return not any((folder / name).exists() for name in names if "\0" not in name)


def _unpack(archive: Path, called: str, folder: Path, limit: int) -> int:
    """Unpack one archive, which messages call so; how many bytes of the limit are left."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return _unpack_each(opened, called, folder, limit)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, zlib.error) as error:
        raise ValueError(f"{called}: not a zip archive, or damaged ({' '.join(str(error).split())})") from None


def _unpack_each(opened: zipfile.ZipFile, archive: str, folder: Path, limit: int) -> int:
    entries = [(entry, entry_name(entry)) for entry in opened.infolist() if not entry.is_dir()]
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
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            place = f"{archive}, unpacked in {folder.parent}"
            raise OSError(error.errno, error.strerror, place) from None
    return left


def entry_name(entry: zipfile.ZipInfo) -> str:
    """An entry's name with forward slashes; UTF-8 that was not said to be UTF-8 is read as such."""
    name = entry.filename
    if not entry.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")
