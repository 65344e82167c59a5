"""Annotations of other tools, and COCO results lists, as the COCO data sets that `import_coco` takes."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

from app.exchange.foreign_fields import ShownIds
from app.store.categories import all_categories, category_json
from app.store.database import Store
from app.store.images import clean_file_name, short_name
from app.store.trash import kept_images
from core.coco.names import FileNames
from core.formats import read
from core.formats.content import id_key
from core.formats.files import Folder
from core.formats.labelme.masks import write_pictures_inside
from core.formats.masks.places import mask_files
from core.formats.refused import KnownFormatError

# A name that is too long for the disk, or a file where another name has a folder.
NO_NAME = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.EINVAL)


def is_results_list(content: object) -> bool:
    """Whether JSON is a COCO results list: detections that name image and category by their ids."""
    return (
        isinstance(content, list)
        and bool(content)
        and all(isinstance(entry, dict) and "image_id" in entry and "category_id" in entry for entry in content)
    )


def is_panoptic(content: object) -> bool:
    """Whether JSON is COCO's panoptic kind, whose objects lie in PNG files."""
    annotations = content.get("annotations") if isinstance(content, dict) else None
    return isinstance(annotations, list) and any(isinstance(e, dict) and "segments_info" in e for e in annotations)


def is_captions(content: object) -> bool:
    """Whether JSON is COCO's file of captions."""
    annotations = content.get("annotations") if isinstance(content, dict) else None
    first = next((e for e in annotations if isinstance(e, dict)), {}) if isinstance(annotations, list) else {}
    return "caption" in first and not {"bbox", "segmentation", "keypoints"} & first.keys()


def results_as_coco(
    store: Store, results: Sequence[dict[str, object]], listing: Sequence[Mapping[str, Any]] = ()
) -> dict[str, object]:
    """A results list with the images and categories that its ids mean.

    Those of the first of the data sets `listing` that has all of its images, else of this store, by the ids that its
    exports have; an image also by its file's name, as Ultralytics writes it. Raises ValueError where none of the images
    or none of the classes is known.
    """
    annotations = [{"id": number, **entry} for number, entry in enumerate(results, start=1)]
    wanted = {id_key(entry["image_id"]) for entry in results}
    for data in listing:
        if wanted <= {id_key(image.get("id")) for image in data["images"] if isinstance(image, dict)}:
            return {"images": data["images"], "categories": data["categories"], "annotations": annotations}
    with store.reading() as session:
        ids = ShownIds(session)
        images = [
            {"id": ids(row), "file_name": row.file_name, "width": row.width, "height": row.height}
            for row in session.scalars(kept_images())
        ]
        categories = [category_json(row) | {"id": ids(row)} for row in all_categories(session)]
    by_id, names = {id_key(image["id"]): image for image in images}, FileNames([str(i["file_name"]) for i in images])
    for entry in annotations:
        if entry.get("file_name") or id_key(entry["image_id"]) not in by_id:
            places = names.find(str(entry.get("file_name") or entry["image_id"]))
            if len(places) == 1:
                entry["image_id"] = images[places[0]]["id"]
    mend = "send the COCO file along whose images and classes it is about"
    if not any(id_key(entry["image_id"]) in by_id for entry in annotations):
        raise ValueError(f"not a COCO data set but a list of results, and none of its image ids is known here: {mend}")
    known = {id_key(category["id"]) for category in categories}
    if not any(id_key(entry["category_id"]) in known for entry in annotations):
        raise ValueError(f"not a COCO data set but a list of results, and none of its classes is known here: {mend}")
    return {"images": images, "categories": categories, "annotations": annotations}


@dataclass(frozen=True)
class OtherData:
    """What the files of an upload are that are not COCO's."""

    coco: dict[str, Any]  # all of it, as one data set
    notes: list[str]  # a line for each change or loss
    inside: list[tuple[str, bytes]]  # pictures that lay inside the annotations and are nowhere else
    masks: set[str]  # the names, as images are called here, of pictures that are masks of others


def read_other(store: Store, parts: Sequence[tuple[str, IO[bytes]]]) -> OtherData:
    """The files of an upload, in whichever format they are; the parts can be read again afterwards.

    Raises ValueError, in one line, where no format is recognised.
    """
    with store.temporary_folder() as folder:
        for name, file in parts:
            path = folder / PurePosixPath(clean_file_name(name))
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                target = path.open("wb")
            except OSError as error:
                if error.errno not in NO_NAME:
                    raise
                raise ValueError(f"{short_name(name)}: no file can be called so beside the others") from None
            with target:
                shutil.copyfileobj(file, target, 1 << 20)
            file.seek(0)
        try:
            sizes = _StoredSizes(store)
            unpacked = Folder(folder)
            inside = write_pictures_inside(unpacked, lambda name: name not in sizes)
            pictures = [(name, (folder / name).read_bytes()) for name in inside]
            masks = mask_files(unpacked)
            coco, notes = read(folder, None, sizes)
        except (ValueError, FileNotFoundError) as error:
            kind = KnownFormatError if isinstance(error, KnownFormatError) else ValueError
            raise kind(str(error).replace(f"{folder}/", "").replace(f"{folder}: ", "")) from None
    return OtherData(coco, [note.replace(f"{folder}/", "") for note in notes], pictures, masks)


class _StoredSizes(Mapping[str, tuple[int, int]]):
    """Height and width of the stored images by file name, for data sets whose pictures are here already."""

    def __init__(self, store: Store) -> None:
        with store.reading() as session:
            rows = session.scalars(kept_images()).all()
        self._sizes = {row.file_name: (row.height, row.width) for row in rows}
        self._names = list(self._sizes)
        self._finder = FileNames(self._names)

    def __getitem__(self, name: str) -> tuple[int, int]:
        if name in self._sizes:
            return self._sizes[name]
        found = self._finder.find(name)
        if len(found) != 1:
            raise KeyError(name)
        return self._sizes[self._names[found[0]]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
