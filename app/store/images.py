"""Images of the workspace: taking them in, finding them by the names that files give them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.roles import check_act
from app.store.database import Store
from app.store.image_files import (
    keep_image,
    original_path,
    restore_derived,
    restore_tiles,
    sha256_of,
    write_once,
)
from app.store.tables import Image
from app.store.tiles import levels_of
from app.store.trash import restore_image

LONGEST_FILE_NAME = 1024


def add_image(store: Store, data: bytes, file_name: str) -> tuple[Image, bool]:
    """Take in one uploaded file; returns its row, and whether the same bytes were there before under this name.

    Equal bytes under two names are two images, of one stored file. The file's bytes are on the disk before the row
    says so. Raises ValueError, in one line that names the file, where it cannot be taken, and NotAllowedError where it
    lies in the trash and the store's person may not bring it back.
    """
    name = clean_file_name(file_name)
    if data and (known := _known(store, sha256_of(data), name)) is not None:
        if known.removed is not None:
            check_act(store.person, "bring back a removed image")
        write_once(original_path(store.workspace, known.sha256), data)
        _restore_shown(store.workspace, known)
        if known.removed is not None:
            with store.writing() as session:
                known = restore_image(session, known.id)  # whoever adds it again wants it back
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
        if not original_path(store.workspace, kept.sha256).exists():  # the trash was emptied of the same bytes just now
            write_once(original_path(store.workspace, kept.sha256), data)
            _restore_shown(store.workspace, image)
    except IntegrityError:  # the same file in two requests at once
        known = _known(store, kept.sha256, name)
        if known is None:
            raise
        return known, True
    return image, False


def _restore_shown(workspace: Path, image: Image) -> None:
    """Make again what the page shows of an image, where somebody has cleared it away."""
    tiled = levels_of(image.width, image.height) > 0
    if tiled:
        restore_tiles(workspace, image.sha256)
    restore_derived(workspace, image.sha256, image.media_type, image.converted and not tiled)


def image_json(image: Image, duplicate: bool) -> dict[str, object]:
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


def _known(store: Store, sha256: str, file_name: str) -> Image | None:
    with store.reading() as session:
        return session.scalar(select(Image).where(Image.sha256 == sha256, Image.file_name == file_name))
