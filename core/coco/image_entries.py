"""The images of a COCO file, mended, each with the file that is meant by its name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from core.coco.categories import TWO, ById, free_ids, mended_id
from core.coco.json_values import id_key, is_whole, whole
from core.coco.names import FileNames, plain_name
from core.coco.reading import image_file_name
from core.coco.report import Report
from core.datasets.images import image_size, read_image

Size = tuple[int, int]  # height, width


@dataclass(frozen=True)
class FoundFile:
    """The file of an image entry."""

    name: str  # as it is to be called from here on
    size: Size | None = None  # upright; None where it was not looked at
    key: Any = None  # whatever the finder knows it by
    itself: str | None = None  # what the file is called, where that is not `name`


class ImageFiles(Protocol):
    """Where the files of a data set are: a folder, or a store of images."""

    folder: Path | None

    def find(self, name: str, entry: dict[str, object], listed: frozenset[str]) -> FoundFile:
        """The file that an entry means; raises FileNotFoundError, LookupError or ValueError, in one line."""


class ImageFolder:
    """The image files in a folder and its subfolders."""

    def __init__(self, folder: str | os.PathLike[str], *, look_inside: bool, near: Sequence[str] = ()) -> None:
        """`look_inside`: each file is looked at, whether complete and how large; else only where no size is given.

        `near`: the folders in it where pictures lie whose names leave that out.
        """
        self.folder: Path | None = Path(folder)
        self._folder = Path(folder)
        self._look_inside, self._near = look_inside, near
        self._listed: dict[str, set[str]] = {}
        self._all: tuple[list[str], FileNames] | None = None

    def find(self, name: str, entry: dict[str, object], listed: frozenset[str]) -> FoundFile:
        """The file of this name, or else what `FileNames` finds among all files of the folder."""
        if not self._is_there(name):
            names, finder = self._everything()
            found = finder.find(name, listed, self._near)
            if len(found) != 1:
                raise FileNotFoundError(f"{self._folder / name}: there is no such image file")
            name = names[found[0]]
        path = self._folder / name
        if self._look_inside:
            return FoundFile(name, _complete_image_size(path))
        known = all((whole(entry.get(side)) or 0) > 0 for side in ("width", "height"))
        return FoundFile(name, None if known else image_size(path))

    def _is_there(self, name: str) -> bool:
        parent, base = os.path.split(name)
        if parent not in self._listed:
            path = self._folder / parent
            self._listed[parent] = set(os.listdir(path)) if path.is_dir() else set()
        return base in self._listed[parent]

    def _everything(self) -> tuple[list[str], FileNames]:
        if self._all is None:
            files = (Path(at, base) for at, _, bases in os.walk(self._folder) for base in bases)
            names = sorted(file.relative_to(self._folder).as_posix() for file in files)
            self._all = names, FileNames(names)
        return self._all


def mended_images(
    raw_images: list[Any], files: ImageFiles | None, report: Report
) -> tuple[list[dict[str, object]], ById, dict[int, object], list[Exception]]:
    """The mended images, each by the id with which annotations name it, the finder's keys, and what is unusable."""
    mended: dict[int, dict[str, object]] = {}
    by_raw: ById = {}
    keys: dict[int, object] = {}
    unusable: list[Exception] = []
    names = [_file_name(raw, files) for raw in raw_images]
    listed = frozenset(plain_name(name) for name in names if name is not None)
    exact = {name for name in names if name is not None}
    seen_files: set[str] = set()
    free = free_ids(raw_images)
    for number, (raw, name) in enumerate(zip(raw_images, names, strict=True)):
        if not isinstance(raw, dict):
            report.add(f"image number {number}", f"is {raw!r}: an object with id and file_name is needed", "left out")
            continue
        subject = f"image {raw.get('id', f'number {number}')}"
        if name is None:
            report.add(subject, "has no file_name", "left out")
            unusable.append(ValueError(f"{subject} has no file_name"))
            continue
        key = id_key(raw.get("id"))
        twin = mended.get(raw["id"]) if is_whole(raw.get("id")) else by_raw.get(key) if key is not None else None
        if twin and name == twin["file_name"]:
            report.add(subject, f"{name} is listed twice", "the second is left out", spelling=True)
            continue
        if name in seen_files:
            report.add(subject, f"{name} is another image's file too")
        seen_files.add(name)
        if twin is not None:
            unusable.append(ValueError(f"two images have the id {raw['id']!r}"))
        found = FoundFile(name)
        if files is not None:
            try:
                found = files.find(name, raw, listed)
            except (OSError, LookupError, ValueError) as error:
                report.add(subject, str(error), "left out, with its annotations")
                unusable.append(error)
                continue
            file_name = found.itself or found.name
            if "%" in name and file_name != name and file_name in exact:
                report.add(subject, f"{name} would be {file_name}, which is another image of the list", "left out")
                unusable.append(ValueError(f"{subject}: {name} and {file_name} are one file's name"))
                continue
        image = {**raw, "id": mended_id(raw.get("id"), subject, mended, free, report), "file_name": found.name}
        if found.name != name and raw.get("file_name"):
            report.add(subject, f"file_name is {name!r}", f"becomes {found.name!r}", spelling=True)
        _mend_size(image, found.size, subject, report)
        mended[image["id"]] = image
        keys[image["id"]] = found.key
        if raw.get("id") is None:  # its name is all that annotations can call it by
            by_raw.setdefault(name, image)
        elif twin is not None and not is_whole(raw["id"]):
            by_raw[key] = TWO
        elif key is not None:
            by_raw.setdefault(key, image)
    unnamed = sum(name is not None and not raw.get("file_name") for raw, name in zip(raw_images, names, strict=True))
    if unnamed:
        report.note("images", f"{unnamed} have no file_name, as in LVIS", "taken from coco_url")
    return list(mended.values()), by_raw, keys, unusable


def _file_name(raw: object, files: ImageFiles | None) -> str | None:
    return image_file_name(raw, files.folder if files is not None else None) if isinstance(raw, dict) else None


def _mend_size(image: dict[str, object], size: Size | None, subject: str, report: Report) -> None:
    """Width and height against the file's upright height and width; mended in place."""
    raw = (image.get("height"), image.get("width"))
    stated = (whole(raw[0]), whole(raw[1]))
    known = all(value is not None and value > 0 for value in stated)
    if known and stated != raw:
        report.add(subject, f"width and height are {raw[1]!r} and {raw[0]!r}", "become numbers", spelling=True)
    if known:
        image["height"], image["width"] = stated
    if not known:
        repair = f"{size[1]}×{size[0]} from the file" if size else None
        what = f"width and height are {raw[1]!r} and {raw[0]!r}: two whole numbers are needed"
        report.add(subject, what, repair, spelling=True)
        if size:
            image["height"], image["width"] = size
    elif size is not None and stated != size:
        turned = ", as it is before its EXIF orientation turns it" if stated == size[::-1] else ""
        # Which of both the annotations were made on cannot be known, so nothing is changed.
        report.add(subject, f"{image['file_name']} is {size[1]}×{size[0]}, not {stated[1]}×{stated[0]}{turned}")


def _complete_image_size(path: Path) -> Size:
    """Upright height and width of an image file; ValueError where it does not open or is cut short.

    A JPEG or PNG with its end mark is taken as complete without being decoded.
    """
    size = image_size(path)
    with open(path, "rb") as file:
        start = file.read(8)
        file.seek(-min(path.stat().st_size, 64), os.SEEK_END)
        end = file.read()
    complete = (start.startswith(b"\xff\xd8") and b"\xff\xd9" in end) or (start[1:4] == b"PNG" and b"IEND" in end)
    if not complete:
        read_image(path, pixel_limit=Image.MAX_IMAGE_PIXELS or 10**9)
    return size
