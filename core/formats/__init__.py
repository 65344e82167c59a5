"""Annotation formats of other tools, read into and written from plain COCO dictionaries; no torch.

    recognise(Path("roboflow.zip unpacked"))    # [("coco", .../train/_annotations.coco.json), …]
    coco, notes = read(Path("export.zip"))      # all of it as one data set, and a line for each change or loss
    notes = write(coco, "yolo-seg", Path("out"))

A zip is unpacked safely (`archives`); `docs/formats.md` says what each format can carry.

Own code, not a library's, after a look at what would come with one (pip, dry run, beside what is installed):
datumaro 1.13 reads most of these formats, but brings 11 packages (lxml, shapely, ruamel.yaml, a second OpenCV, a pandas
and pyarrow of its own choice), makes of an item's name its identity without the ending and of masks class-wise bitmaps,
and says nothing of what it drops. supervision 0.31 (3 packages, among them PyAV) reads COCO, YOLO and VOC into arrays,
in which attributes, crowds, ids and keypoints have no place. globox 2.9 is light, for boxes alone. pylabel 0.1 (13
packages, scikit-learn and ipywidgets among them) keeps a table of boxes and first polygons. None names its losses, none
keeps masks to the pixel through all formats, and refusing entity bombs or telling UTF-16 apart would be ours anyway.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.coco.names import layout_part
from core.files import folder_in_full
from core.formats.archives import unpacked
from core.formats.files import Folder, joined, parent, suffix
from core.formats.joining import joined_data_sets
from core.formats.known import FORMATS, READ, format_of, reader_of
from core.formats.losses import losses_beside
from core.formats.masks import semantic as semantic_masks
from core.formats.pictures import Pictures
from core.formats.refused import KnownFormatError, other_refusal, refusal

__all__ = ["FORMATS", "read", "recognise", "write"]

# Recognised by little: a table or masks beside a data set of another format are part of that.
_ONLY_ALONE = frozenset({semantic_masks.NAME, "masks", "csv", "parquet"})
# Read together: the results list says what was found on the images of the COCO file beside it.
_TOGETHER = frozenset({"coco", "coco-results"})


def recognise(root: Path) -> list[tuple[str, Path]]:
    """The data sets in a folder, or the one in a file: the format of each and its file or folder.

    Raises FileNotFoundError where there is nothing at `root`.
    """
    folder = Folder(Path(root))
    return [(name, folder.path(place)) for name, place in _found(folder)]


def read(
    root: Path, format: str | None = None, images: Mapping[str, tuple[int, int]] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """All data sets in a folder, or the one in a file, as one COCO data set, and a line for each change or loss.

    `format` names it where it is not recognised, or where data sets of several formats lie there. `images` gives height
    and width by file name where the pictures are elsewhere. File names are relative to `root` where the picture is
    there, or as in `images`, else as written. A zip is unpacked for the while. Raises ValueError in one line where
    there is nothing to read.
    """
    root = Path(root)
    if not (root.is_file() and zipfile.is_zipfile(root)):
        return _read(root, format, images)
    with unpacked(root) as inside:
        try:
            return _read(inside, format, images)
        except ValueError as error:
            raise type(error)(str(error).replace(str(inside), str(root))) from None


def _read(
    root: Path, format: str | None, images: Mapping[str, tuple[int, int]] | None
) -> tuple[dict[str, object], list[str]]:
    # data.yaml is how YOLO's data sets are named; what it is about lies beside it.
    folder = Folder(root.parent if root.is_file() and root.suffix.lower() in (".yaml", ".yml") else root)
    places = [(name, place) for name, place in _found(folder) if format is None or name == format]
    if format is not None and not places:
        # Kinds of one format, such as YOLO's, have one reader: whichever of them was named.
        kin = [module for module in READ.values() if module.read is reader_of(format).read]
        places = [(format, place) for module in kin for place in module.recognise(folder)]
    _check(places, folder, root, format)
    notes = [problem for name, problem in folder.problems.items()]
    notes += [f"{name}: an archive in a folder is not looked into" for name in folder.names if suffix(name) == ".zip"]
    own_folders = {place: place if folder.path(place).is_dir() else parent(place) for _, place in places}
    pictures = Pictures(folder, images, list(own_folders.values()))
    split = {layout_part(place) for _, place in places}  # instances_train.json and instances_val.json in one folder
    parts = []
    failures = []
    for name, place in places:
        try:
            coco, lines = reader_of(name).read(folder, place, pictures)
        except (ValueError, OSError) as error:
            failures.append(" ".join(str(error).split()))
            continue
        prefix = f"{place}: " if len(places) > 1 and place else ""
        notes += [line if place and line.startswith(place) else f"{prefix}{line}" for line in lines]
        parts.append((own_folders[place] if len(split) < 2 else joined(own_folders[place], layout_part(place)), coco))
    if not parts:
        raise ValueError(failures[0])
    coco, lines = joined_data_sets(parts, pictures)
    return coco, failures + notes + lines


def write(coco: Mapping[str, object], format: str, folder: Path) -> list[str]:
    """Write a COCO data set in a format, into a folder that is made; a line for each thing that it cannot carry.

    Pictures are not copied; the names of files inside are those that the format has. Raises ValueError for an unknown
    format, and OSError where not all of it can be written: nothing of it is there then.
    """
    module = format_of(format)
    with folder_in_full(Path(folder)) as inside:
        return [*module.write(coco, inside), *losses_beside(coco, module.CANNOT_CARRY)]


def _found(folder: Folder) -> list[tuple[str, str]]:
    found = [(name, place) for name, module in READ.items() for place in module.recognise(folder)]
    strong = [entry for entry in found if entry[0] not in _ONLY_ALONE]
    # Masks beside a list of classes are numbers of classes, not of objects.
    return strong or [entry for entry in found if entry[0] == semantic_masks.NAME] or found


def _check(places: list[tuple[str, str]], folder: Folder, root: Path, format: str | None) -> None:
    """ValueError, in one line, unless there is something to read, and of one format."""
    if not places:
        if refused := refusal(folder):
            raise KnownFormatError(refused)
        if folder.problems:
            raise ValueError(next(iter(folder.problems.values())))
        if refused := other_refusal(folder):
            raise KnownFormatError(refused)
        if packed := [name for name in folder.names if suffix(name) == ".zip"]:
            raise ValueError(f"{root}: no annotations but in archives; give {packed[0]} by itself, or unpack it")
        kinds = format or f"none of {', '.join(READ)}"
        raise ValueError(f"{root}: no annotations in a format that is read ({kinds})")
    names = list(dict.fromkeys(name for name, _ in places))
    if len(names) > 1 and not set(names) <= _TOGETHER:
        raise ValueError(
            f"{root}: holds data sets as {' and as '.join(names)}; name the one to read, or give its folder"
        )
