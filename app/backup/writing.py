"""Everything of a workspace in one tar file, while people work.

The database is copied by SQLite's own backup call, which sees one state of it, before the files: what it names is there
by then. A tar file can be gone on with where it was cut off, which matters for large workspaces; until it is complete
and every hash in it was checked, its name ends in `.part`. Tokens, the files of running processes and what can be made
again stay out of it; of people's links not even the hashes are in it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any

from app.backup.archive import FORMAT, KEPT, MANIFEST, hash_of_member, members
from app.store.database import DATABASE_NAME, check_restored


def backup(workspace: Path, target: Path) -> str:
    """Write a workspace to a tar file; people may go on working. Returns a line that says what is in it.

    Called again after it was cut off it goes on with `<target>.part`. Raises ValueError, in one line, for a folder
    that is no workspace, a file that is there already, and a copy that differs from what was read.
    """
    workspace, target = workspace.expanduser().absolute(), target.expanduser().absolute()
    if not (workspace / DATABASE_NAME).is_file():
        raise ValueError(
            f"{workspace} has no {DATABASE_NAME}: name the folder with --workspace "
            "(where the database is PostgreSQL, copy it with pg_dump and this folder by hand)"
        )
    check_restored(workspace)
    if target.exists():
        raise ValueError(f"{target} is there already: choose another name")
    if not target.parent.is_dir():
        raise ValueError(f"{target.parent}: there is no such folder")
    if any(target.is_relative_to(workspace / folder) for folder in KEPT):
        raise ValueError(f"{target} would be a part of itself: choose a place outside of the workspace")
    part = target.with_name(target.name + ".part")
    there = _cut_to_whole_members(part)
    hashes: dict[str, str] = {}
    with open(os.open(part, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:  # the owner's alone, as the workspace is
        file.seek(max(there.values(), default=0))
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            # The database first: what it names is in the folders by the time they are read.
            hashes[DATABASE_NAME] = _add_database(tar, workspace)
            for path in _files(workspace):
                name = path.relative_to(workspace).as_posix()
                if name in there and name.startswith(("images/", "upright/", "thumbnails/", "tiles/")):
                    hashes[name] = ""  # never changes under its name; read back below
                elif (found := _add(tar, path, name)) is not None:
                    hashes[name] = found
            manifest = {"format": FORMAT, "created": time.time(), "files": hashes}
            file.flush()
            _check(part, manifest)
            content = json.dumps(manifest).encode()
            entry = tarfile.TarInfo(MANIFEST)
            entry.size, entry.mtime = len(content), int(time.time())
            tar.addfile(entry, io.BytesIO(content))
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)
    return f"{target}: {len(hashes)} files, {target.stat().st_size / 1e6:.1f} MB, every hash checked"


# -- writing ----------------------------------------------------------------------------------------


def _files(workspace: Path) -> Iterator[Path]:
    """What is kept of a workspace; what goes away while it is looked through was not to be kept.

    What is half-written, files and folders, has a dot before its name until it takes its place. Raises ValueError for
    a link to a folder, which would be missing in the backup.
    """
    for kept in KEPT:
        for place, folders, names in os.walk(workspace / kept, onerror=_raise_unless_gone):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in folders:
                if (path := Path(place, name)).is_symlink():
                    raise ValueError(f"{path} is a link, which a backup does not follow: put the folder itself there")
            paths = (Path(place, name) for name in sorted(names) if not name.startswith("."))
            yield from (path for path in paths if path.is_file())


def _raise_unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _add(tar: tarfile.TarFile, path: Path, name: str) -> str | None:
    """Add a file as it is when it is opened; None where it has gone since. Returns its hash."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        status = os.fstat(file.fileno())
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = status.st_size, int(status.st_mtime), 0o600
        reading = _Hashed(file)
        tar.addfile(entry, reading)  # it needs nothing but read
        return reading.digest.hexdigest()


def _add_database(tar: tarfile.TarFile, workspace: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / DATABASE_NAME
        source = sqlite3.connect(f"file:{workspace / DATABASE_NAME}?mode=ro", uri=True, timeout=60)
        with closing(source), closing(sqlite3.connect(copy)) as target:
            try:
                source.backup(target)
                _forget_links(target)
            except sqlite3.OperationalError as error:
                if "full" not in str(error):
                    raise
                raise ValueError(f"{folder}: no room for a copy of the database; set TMPDIR to a larger disk") from None
            (verdict,) = target.execute("PRAGMA quick_check").fetchone()
            if verdict != "ok":
                raise ValueError(f"{workspace / DATABASE_NAME} is damaged: {verdict}")
        added = _add(tar, copy, DATABASE_NAME)
        assert added is not None
        return added


def _forget_links(copy: sqlite3.Connection) -> None:
    """No link of a person is in a backup, not even as its hash: in the restored folder they are invited again."""
    copy.execute("PRAGMA secure_delete = ON")  # what is overwritten leaves no trace in free pages
    if copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'people'").fetchone():
        copy.execute("UPDATE people SET link = NULL")
    copy.commit()


class _Hashed:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self.file.read(size)
        self.digest.update(data)
        return data


def _cut_to_whole_members(part: Path) -> dict[str, int]:
    """What an earlier, unfinished backup holds: name → where its member ends. What is cut off is taken away."""
    ends: dict[str, int] = {}
    if not part.exists():
        return ends
    size = part.stat().st_size
    # What cannot be read is written anew.
    with suppress(tarfile.TarError, EOFError, OSError), tarfile.open(part, "r:") as tar:
        for entry in tar:
            end = entry.offset_data + -(-entry.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
            if end > size:
                break
            if entry.name != MANIFEST:
                ends[entry.name] = end
    with part.open("r+b") as file:
        file.truncate(max(ends.values(), default=0))
    return ends


# -- checking ---------------------------------------------------------------------------------------


def _check(part: Path, manifest: dict[str, Any]) -> None:
    """Read everything back; hashes that are not known yet are filled in, for files whose name is their hash."""
    files: dict[str, str] = manifest["files"]
    with tarfile.open(part, "r:") as tar:
        last = members(tar)
        for name, wanted in files.items():
            found = hash_of_member(tar, last[name])
            if name.startswith("images/") and found != Path(name).name:
                raise ValueError(f"{name} does not have the content that its name says: the disk may be damaged")
            if wanted and found != wanted:
                raise ValueError(f"{name} reads differently from what was written: delete {part} and try again")
            files[name] = found
