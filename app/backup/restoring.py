"""A backup unpacked into a folder; cut off, it goes on where it was."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

from app.backup.archive import CHUNK, hash_of, members, read_manifest
from app.store.database import UNFINISHED_RESTORE


def restore(source: Path, workspace: Path) -> str:
    """Unpack a backup into a folder that is empty, or that a restore of the same backup was cut off in.

    Raises ValueError, in one line, for a file that is no complete backup and for a folder that holds something else;
    what fails its hash is not left behind.
    """
    source, workspace = source.expanduser().absolute(), workspace.expanduser().absolute()
    manifest = read_manifest(source)
    identity = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    mark = workspace / UNFINISHED_RESTORE
    if workspace.exists() and any(workspace.iterdir()) and not (mark.is_file() and mark.read_text() == identity):
        raise ValueError(f"{workspace} is not empty: restore into a new folder with --workspace DIR")
    workspace.mkdir(parents=True, exist_ok=True, mode=0o700)
    workspace.chmod(0o700)  # one that was there, and empty, may have been open to others
    mark.write_text(identity)
    with tarfile.open(source, "r:") as tar:
        last = members(tar)
        for name, wanted in manifest["files"].items():
            target = workspace / name
            if target.is_file() and hash_of(target) == wanted:
                continue
            _extract(tar, last[name], target, wanted)
    mark.unlink()
    return f"{workspace}: {len(manifest['files'])} files restored, every hash checked"


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
