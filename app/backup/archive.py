"""The tar file of a backup: its members, their hashes, and the manifest that says it is complete."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path
from typing import IO, Any

from app.store.database import DATABASE_NAME

FORMAT = 1
MANIFEST = "backup.json"
KEPT = ("images", "upright", "thumbnails", "tiles", "runs")  # folders of a workspace
CHUNK = 1 << 20


def members(tar: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    """The files of an archive, of those with one name the last: no links, and no sparse files, which could be endless.

    A backup has neither.
    """
    return {entry.name: entry for entry in tar if entry.isfile() and not entry.issparse()}


def read_manifest(source: Path) -> dict[str, Any]:
    """The manifest of a complete backup; ValueError, in one line, where there is none or it names what is no part."""
    try:
        with tarfile.open(source, "r:") as tar:
            entries = members(tar)
            if MANIFEST not in entries:
                raise ValueError(f"{source} is no complete backup: it has no {MANIFEST}")
            content = tar.extractfile(entries[MANIFEST])
            assert content is not None
            manifest = json.loads(content.read())
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(f"{source} is no backup, or damaged: {error}") from None
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError(f"{source} is no backup, or damaged: its {MANIFEST} cannot be read") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(f"{source} is a backup of another format")
    files = manifest.get("files")
    if not isinstance(files, dict) or DATABASE_NAME not in files:
        raise ValueError(f"{source} is damaged: its {MANIFEST} does not name {DATABASE_NAME}")
    for name, digest in files.items():
        parts = Path(name).parts
        if not parts or name not in entries or ".." in parts or Path(name).is_absolute() or "\x00" in name:
            raise ValueError(f"{source} is damaged: it names {name!r}")
        if parts != (DATABASE_NAME,) and (parts[0] not in KEPT or len(parts) < 2):
            raise ValueError(f"{source} holds {name!r}, which is no part of a workspace")
        if not isinstance(digest, str):
            raise ValueError(f"{source} is damaged: it has no hash of {name!r}")
    return manifest


def hash_of_member(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> str:
    """The SHA-256 of a member, as hexadecimal digits."""
    content = tar.extractfile(entry)
    assert content is not None
    return _hash(content)


def hash_of(path: Path) -> str:
    """The same of a file."""
    with path.open("rb") as file:
        return _hash(file)


def _hash(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while data := file.read(CHUNK):
        digest.update(data)
    return digest.hexdigest()
