"""An export as one file: COCO JSON, or a .zip of the images or of another tool's layout."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

from app.exchange.coco_export import ExportError, Selection, export_coco
from app.store.database import Store
from app.store.image_files import original_path
from app.store.images import short_name
from app.store.tables import Image
from core.coco.names import base_name
from core.formats import write
from core.formats.known import folder_of_pictures

COCO = "coco"
NOTES = "NOT IN THIS FORMAT.txt"


def write_export(store: Store, path: Path, selection: Selection, format: str, with_images: bool) -> None:
    """Write the selected images with their objects; raises what `export_coco` does.

    COCO JSON is checked against the store before anything is made of it. What another format cannot carry is listed
    in a text file in the archive.
    """
    if format == COCO and not with_images:
        with store.reading() as session:
            export_coco(session, path, selection)
        return
    names = _NamesInArchive()
    with store.temporary_file(".json") as annotations, zipfile.ZipFile(path, "w") as archive:
        with store.reading() as session:
            export_coco(session, annotations, selection, file_name=names)
        if format == COCO:
            archive.write(annotations, "annotations.json", zipfile.ZIP_DEFLATED)
        else:
            _write_format(store, archive, annotations, format)
        if with_images:
            place = folder_of_pictures(format)
            for name, sha256 in names.files.items():
                source_path = original_path(store.workspace, sha256)
                if not source_path.is_file():
                    raise ExportError(
                        f"export stopped: the file of {short_name(name)} is gone from the workspace; upload it again, "
                        "or export without the image files"
                    )
                with (
                    source_path.open("rb") as source,
                    archive.open(zipfile.ZipInfo(f"{place}/{name}".lstrip("/")), "w") as target,
                ):
                    shutil.copyfileobj(source, target, 1 << 20)


class _NamesInArchive:
    """The name of each image in an archive: its own without folders, no two the same."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}  # the SHA-256 of each by its name
        self._names: dict[int, str] = {}
        self._taken: dict[str, int] = {}

    def __call__(self, image: Image) -> str:
        if image.id not in self._names:
            name = base_name(image.file_name)
            while self._taken.setdefault(name.casefold(), image.id) != image.id:
                name = f"{image.id}_{name}"
            self._names[image.id] = name
            self.files[name] = image.sha256
        return self._names[image.id]


def _write_format(store: Store, archive: zipfile.ZipFile, annotations: Path, format: str) -> None:
    with store.temporary_folder() as folder:
        notes = write(json.loads(annotations.read_bytes()), format, folder)
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix(), zipfile.ZIP_DEFLATED)
    if notes:
        archive.writestr(NOTES, "".join(f"{note}\n" for note in notes))
