"""`python app/main.py backup FILE` and `restore FILE`: everything of a workspace in one tar file, while people work.

The database is copied by SQLite's own backup call, which sees one state of it, before the files: what it names is there
by then. A tar file can be gone on with where it was cut off, which matters for large workspaces; until it is complete
and every hash in it was checked, its name ends in `.part`. Tokens, the files of running processes and what can be made
again stay out of it; of people's links not even the hashes are in it.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import sqlite3
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any

from app.store.database import DATABASE_NAME, UNFINISHED_RESTORE, check_restored

FORMAT = 1
MANIFEST = "backup.json"
KEPT = ("images", "upright", "thumbnails", "tiles", "runs")  # folders of a workspace
CHUNK = 1 << 20


def main(command: str, arguments: list[str], program: str, default_workspace: Path) -> int:
    """`backup` or `restore` with its own options; the exit status."""
    parser = argparse.ArgumentParser(prog=f"{program} {command}")
    parser.add_argument("file", type=Path, help="the backup, a .tar file")
    parser.add_argument("--workspace", type=Path, default=default_workspace, help="default: %(default)s")
    options = parser.parse_args(arguments)
    try:
        if command == "backup":
            line = backup(options.workspace, options.file)
        else:
            line = restore(options.file, options.workspace)
    except sqlite3.Error as error:
        print(f"error: {options.workspace / DATABASE_NAME}: {error}", file=sys.stderr)
        return 2
    except (tarfile.TarError, EOFError) as error:
        print(f"error: {options.file}: {error}", file=sys.stderr)
        return 2
    except (ValueError, OSError) as error:
        # What is written does not say where it was to go when the disk is full.
        place = getattr(error, "filename", None) or (options.file if command == "backup" else options.workspace)
        reason = f"{place}: {error.strerror}" if isinstance(error, OSError) and error.strerror else error
        print(f"error: {reason}", file=sys.stderr)
        return 2
    print(line)
    return 0


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


def restore(source: Path, workspace: Path) -> str:
    """Unpack a backup into a folder that is empty, or that a restore of the same backup was cut off in.

    Raises ValueError, in one line, for a file that is no complete backup and for a folder that holds something else;
    what fails its hash is not left behind.
    """
    source, workspace = source.expanduser().absolute(), workspace.expanduser().absolute()
    manifest = _manifest(source)
    identity = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    mark = workspace / UNFINISHED_RESTORE
    if workspace.exists() and any(workspace.iterdir()) and not (mark.is_file() and mark.read_text() == identity):
        raise ValueError(f"{workspace} is not empty: restore into a new folder with --workspace DIR")
    workspace.mkdir(parents=True, exist_ok=True, mode=0o700)
    workspace.chmod(0o700)  # one that was there, and empty, may have been open to others
    mark.write_text(identity)
    with tarfile.open(source, "r:") as tar:
        last = _members(tar)
        for name, wanted in manifest["files"].items():
            target = workspace / name
            if target.is_file() and _hash_of(target) == wanted:
                continue
            _extract(tar, last[name], target, wanted)
    mark.unlink()
    return f"{workspace}: {len(manifest['files'])} files restored, every hash checked"


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
        last = _members(tar)
        for name, wanted in files.items():
            found = _hash_of_member(tar, last[name])
            if name.startswith("images/") and found != Path(name).name:
                raise ValueError(f"{name} does not have the content that its name says: the disk may be damaged")
            if wanted and found != wanted:
                raise ValueError(f"{name} reads differently from what was written: delete {part} and try again")
            files[name] = found


def _members(tar: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    """The files of an archive, of those with one name the last: no links, and no sparse files, which could be endless.

    A backup has neither.
    """
    return {entry.name: entry for entry in tar if entry.isfile() and not entry.issparse()}


def _manifest(source: Path) -> dict[str, Any]:
    try:
        with tarfile.open(source, "r:") as tar:
            entries = _members(tar)
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


def _extract(tar: tarfile.TarFile, entry: tarfile.TarInfo, target: Path, wanted: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    digest = hashlib.sha256()
    content = tar.extractfile(entry)
    assert content is not None
    with part.open("wb") as file:
        while data := content.read(CHUNK):
            digest.update(data)
            file.write(data)
    if digest.hexdigest() != wanted:
        part.unlink()
        raise ValueError(f"{entry.name} in the backup is damaged (its hash differs): nothing of it was kept")
    part.replace(target)


def _hash_of_member(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> str:
    content = tar.extractfile(entry)
    assert content is not None
    return _hash(content)


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return _hash(file)


def _hash(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while data := file.read(CHUNK):
        digest.update(data)
    return digest.hexdigest()
