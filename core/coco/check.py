"""Linter for COCO files: every problem in one line, and a repaired copy."""

from __future__ import annotations

import json
import os
from pathlib import Path

from core.coco.image_entries import ImageFolder
from core.coco.names import picture_folders
from core.coco.normalise import normalise_coco
from core.coco.reading import read_coco_json
from core.coco.report import Problem, Report
from core.files import write_text_atomically

__all__ = ["Problem", "check_coco"]


def check_coco(
    annotation_file: str | os.PathLike[str],
    images_dir: str | os.PathLike[str] | None = None,
    fix_to: str | os.PathLike[str] | None = None,
    *,
    crowds_as_objects: bool = False,
) -> list[Problem]:
    """Everything that is wrong or doubtful in a COCO annotation file, in the order of the file.

    What is legal but may surprise (category ids with gaps, as COCO's own) is among it with `is_note` set.

    With `images_dir` the image files are looked at too: whether they are there, open, are complete and have the size
    that the file says (upright, as their EXIF orientation turns them). With `fix_to` a copy is written there in which
    everything that a problem's `repair` names is mended; ids stay as they are wherever they can. With
    `crowds_as_objects` what has `iscrowd` 1 is read as a single object: a brush mask.

    Raises FileNotFoundError, or ValueError in one line, for a file that is no COCO data set at all, and where `fix_to`
    is the file itself.
    """
    source = Path(annotation_file)
    if fix_to is not None and Path(fix_to).resolve() == source.resolve():
        raise ValueError(f"{fix_to}: the repaired copy needs another name than the file itself")
    if images_dir is not None and not Path(images_dir).is_dir():
        raise FileNotFoundError(f"{images_dir}: there is no such folder of images")
    report = Report()
    files = None if images_dir is None else ImageFolder(images_dir, look_inside=True, near=picture_folders(source.name))
    normalised = normalise_coco(read_coco_json(source), report, files, crowds_as_objects=crowds_as_objects)
    if fix_to is not None:
        write_text_atomically(Path(fix_to), json.dumps(normalised.data, ensure_ascii=False))
    return report.problems
