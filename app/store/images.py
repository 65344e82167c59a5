"""Images of the workspace: taking them in, finding them by the names that files give them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.store.database import Store
from app.store.image_files import keep_image, original_path, restore_derived, sha256_of, write_once
from app.store.tables import Image

LONGEST_FILE_NAME = 1024


def add_image(store: Store, data: bytes, file_name: str) -> tuple[Image, bool]:
    """Take in one uploaded file; returns its row, and whether the same bytes were there before.

    The file's bytes are on the disk before the row says so. Raises ValueError, in one line that names the
    file, where it cannot be taken.
    """
    name = clean_file_name(file_name)
    if data and (known := _by_sha256(store, sha256_of(data))) is not None:
        write_once(original_path(store.workspace, known.sha256), data)
        restore_derived(store.workspace, known.sha256, known.media_type, known.converted)
        return known, True
    kept = keep_image(store.workspace, data, short_name(name))
    image = Image(
        sha256=kept.sha256,
        file_name=name,
        width=kept.width,
        height=kept.height,
        bytes=kept.bytes,
        media_type=kept.media_type,
        converted=kept.converted,
        status="todo",
        revision=0,
    )
    try:
        with store.writing() as session:
            session.add(image)
    except IntegrityError:  # the same file in two requests at once
        known = _by_sha256(store, kept.sha256)
        if known is None:
            raise
        return known, True
    return image, False


def image_json(image: Image, duplicate: bool) -> dict[str, Any]:
    """An image as the answer to its upload shows it."""
    return {
        "image_id": image.id,
        "file_name": image.file_name,
        "width": image.width,
        "height": image.height,
        "duplicate": duplicate,
    }


def clean_file_name(file_name: str) -> str:
    """The user's own name for a file, as data: no control characters, and no way out of a folder.

    Folders in it are kept ("train/0001.jpg" is what annotation files write), except in a name that
    leads out of them.
    """
    name = "".join(character for character in file_name if unicodedata.category(character) not in ("Cc", "Cs"))
    parts = [part for part in re.split(r"[/\\]", name) if part not in ("", ".")]
    leads_out = ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name)
    if leads_out:
        parts = [part for part in parts if part != ".."][-1:]
    name = "/".join(parts)[-LONGEST_FILE_NAME:]
    return name if name.strip() else "unnamed"


def short_name(name: str) -> str:
    """A name that fits a message."""
    return name if len(name) <= 120 else f"{name[:80]}…{name[-30:]}"


def base_name(file_name: str) -> str:
    """A file name without its folders, whichever way they are written."""
    return re.split(r"[/\\]", file_name)[-1]


class ImagesByName:
    """The images of a store by the file names in an annotation file.

    The whole name is looked for first, then the name without folders. Where several images have it, those
    just uploaded come first, then the one whose size the file states.
    """

    def __init__(self, images: Sequence[Image], just_uploaded: Sequence[int] = ()) -> None:
        self._just_uploaded = set(just_uploaded)
        self._by_name: dict[str, list[Image]] = {}
        self._by_base_name: dict[str, list[Image]] = {}
        for image in images:
            name = _composed(image.file_name)
            self._by_name.setdefault(name, []).append(image)
            self._by_base_name.setdefault(base_name(name), []).append(image)

    def find(self, file_name: str, width: Any = None, height: Any = None) -> Image:
        """The image of a name; raises LookupError, in one line, where there is none or more than one."""
        name = _composed(clean_file_name(file_name))
        found = self._by_name.get(name) or self._by_base_name.get(base_name(name)) or []
        if len(found) > 1:
            found = [image for image in found if image.id in self._just_uploaded] or found
        if len(found) > 1:
            found = [image for image in found if (image.width, image.height) == (width, height)] or found
        if not found:
            raise LookupError(f"{short_name(name)}: no image of this name has been uploaded")
        if len(found) > 1:
            raise LookupError(f"{short_name(name)}: {len(found)} images have this name; upload it with the annotations")
        return found[0]


def _composed(name: str) -> str:
    # Some systems write é as one character, some as two; to a reader they are the same name.
    return unicodedata.normalize("NFC", name)


def _by_sha256(store: Store, sha256: str) -> Image | None:
    with store.reading() as session:
        return session.scalar(select(Image).where(Image.sha256 == sha256))
