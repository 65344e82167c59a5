"""The files of an upload, taken in one by one: what cannot be read is one line, and the others are kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import IO

from starlette.datastructures import FormData, UploadFile

from app.api.http.errors import cannot_store
from app.roles import NotAllowedError
from app.store.database import Store
from app.store.errors import one_line
from app.store.image_files import LARGEST_FILE
from app.store.images import add_image, clean_file_name, image_json, short_name
from core.datasets.images import MOST_FRAMES_COUNTED, frames_left_out

logger = logging.getLogger("maskloop")

MOST_FILES = 20_000  # in one request


def uploaded_files(form: FormData) -> list[UploadFile]:
    """The files of a multipart request, whatever its fields are called."""
    return [value for _, value in form.multi_items() if isinstance(value, UploadFile)]


Named = tuple[str, Callable[[], bytes]]  # a file: its name, and what reads it (ValueError where it is damaged)


def add_files(parts: Iterable[Named], store: Store) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Take in many files: answers and errors.

    Raises what `cannot_store` knows (a full disk, a busy database) where it happens before any file was taken;
    after that the files that are left get its line, and none of them is tried.
    """
    images: list[dict[str, object]] = []
    errors: list[dict[str, object]] = []
    stopped: str | None = None
    for name, read in parts:
        try:
            if stopped is None:
                data = read()
                image, duplicate = add_image(store, data, name)
                left_out = frames_left_out(data)
                images.append(image_json(image, duplicate) | _note_of_frames(left_out))
                continue
            line = f"{short_name(name)}: {stopped}"
        except ValueError as error:
            line = one_line(error)
        except NotAllowedError as error:
            line = f"{short_name(name)}: {error}"
        except Exception as error:  # image decoders fail in ways of their own; the other files must not suffer
            known = cannot_store(error)
            if known is not None and not images:
                raise
            if known is None:
                logger.error("%s", short_name(name), exc_info=error)
                line = f"{short_name(name)}: could not be read; the file is damaged in an unusual way"
            else:
                stopped = known[1]
                line = f"{short_name(name)}: {stopped}"
        errors.append({"file_name": clean_file_name(name), "error": line})
    return images, errors


def _note_of_frames(left_out: int) -> dict[str, str]:
    more = "more than " if left_out == MOST_FRAMES_COUNTED else ""
    note = f"the first of {more}{left_out + (not more)} pages or frames was taken, {left_out} left out"
    return {"note": note} if left_out else {}


def named(name: str, file: IO[bytes]) -> Named:
    """A file of an upload as `add_files` takes it."""
    # One byte more than is allowed is enough to know, however large the file is.
    return name, partial(file.read, LARGEST_FILE + 1)
