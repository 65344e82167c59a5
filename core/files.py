"""Files that are there in full or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
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


def check_can_write(file: str | Path) -> None:
    """Raise OSError, one line, where a file cannot be written for want of its folder: said before the work."""
    if Path(file).is_dir():
        raise IsADirectoryError(f"{file} is a folder: name the file to write in it")
    if not Path(file).absolute().parent.is_dir():
        raise FileNotFoundError(f"{file}: there is no such folder to write it in")


def write_text_atomically(path: Path, text: str) -> None:
    """`write_atomically` of a UTF-8 text."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
