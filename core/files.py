"""Files, and folders of files, that are there in full or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

SMALLEST_ROOM = 1 << 20  # bytes; a disk with less is full


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside `path` that then takes its place: a reader sees the old one or the new.

    The bytes are on the disk before the name changes, so that a crash leaves one of the two whole. Raises OSError that
    names the file where it cannot be written in full.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        # A temporary file is the owner's alone; what takes its place is as readable as any other file.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except BaseException as error:
        short = _is_cut_short(error, path)
        temporary.unlink(missing_ok=True)
        if short is not None:
            raise short from error
        raise


def _is_cut_short(error: BaseException, path: Path) -> OSError | None:
    """The error of a disk that took only a part, naming the file; None for an error of another kind.

    torch and safetensors say it in words of their own, which name no file.
    """
    if isinstance(error, OSError) and error.errno is not None:
        return OSError(error.errno, error.strerror, str(path))
    text = str(error)
    if "inline_container" in text or "PytorchStreamWriter" in text or "os error" in text:
        full = shutil.disk_usage(path.parent).free < SMALLEST_ROOM
        number = errno.ENOSPC if full or "os error 28" in text else errno.EIO
        return OSError(
            number, f"cannot be written in full ({os.strerror(number).lower()}): is the disk full?", str(path)
        )
    return None


@contextmanager
def folder_in_full(folder: Path) -> Iterator[Path]:
    """A folder to fill, whose files come into `folder` once all of them are written; else nothing of them stays.

    `folder` is made if it is not there; of files of one name the new ones take the place of the old. Raises OSError
    that names the folder, or the file in it, that cannot be written in full.
    """
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Inside, where it is sure to be on the same disk, and may be written.
        beside = Path(tempfile.mkdtemp(dir=folder, prefix=".writing-"))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from None
    try:
        yield beside
        targets = {path: folder / path.relative_to(beside) for path in sorted(beside.rglob("*")) if path.is_file()}
        _check_nothing_is_in_the_way(folder, targets.values())
        for path, target in targets.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
    except OSError as error:
        if error.errno is None:  # as Pillow's, which says what its encoder was told
            raise OSError(errno.EIO, f"cannot be written in full ({error}): is the disk full?", str(folder)) from error
        name = str(error.filename or folder).replace(str(beside), str(folder))
        raise OSError(error.errno, error.strerror, name) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        if is_new and not any(folder.iterdir()):
            folder.rmdir()


def _check_nothing_is_in_the_way(folder: Path, targets: Iterable[Path]) -> None:
    """OSError where a file would take a folder's place, or lie below a file: said before the first of them is moved."""
    for target in targets:
        if target.is_dir():
            raise OSError(errno.EISDIR, "a folder is where a file is to be written", str(target))
        for above in target.parents:
            if above == folder:
                break
            if above.is_file():
                raise OSError(errno.ENOTDIR, "a file is where a folder is to be written", str(above))


def check_can_write(file: str | Path) -> None:
    """Raise OSError, one line, where a file cannot be written for want of its folder: said before the work."""
    if Path(file).is_dir():
        raise IsADirectoryError(f"{file} is a folder: name the file to write in it")
    if not Path(file).absolute().parent.is_dir():
        raise FileNotFoundError(f"{file}: there is no such folder to write it in")


def write_text_atomically(path: Path, text: str) -> None:
    """`write_atomically` of a UTF-8 text."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
