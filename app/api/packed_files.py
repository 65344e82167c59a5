"""Files inside archives, of which what is damaged is one line."""

from __future__ import annotations

import io
import lzma
import os
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

from app.store.images import short_name

# What `zipfile` raises for what is broken in an archive, encrypted, or packed in a way that it does not know.
DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error, IndexError, OverflowError,
    NotImplementedError, RuntimeError,
)  # fmt: skip


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
