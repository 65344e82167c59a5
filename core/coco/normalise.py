"""Every dialect of COCO that is seen in the wild, made into COCO: what is right is kept, each change is said."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.coco.annotations import AnnotationMender
from core.coco.categories import mended_categories
from core.coco.crowds import note_crowds
from core.coco.image_entries import ImageFiles, ImageFolder, mended_images
from core.coco.names import picture_folders
from core.coco.reading import read_coco_json
from core.coco.report import LEFT_OUT, Problem, Report, grouped


@dataclass(frozen=True)
class Normalised:
    """A data set as COCO has it."""

    data: dict[str, Any]
    keys: dict[int, Any]  # what the finder of files knows each image by, by the image's id
    numbers: list[int]  # of each annotation kept: its place in the file's list
    lost: dict[int, int]  # for each image: how many of its annotations could not be kept
    unusable: list[Exception]  # why images or categories, and so their objects, cannot be taken at their word


def read_dataset(
    annotation_file: str | os.PathLike[str], images_dir: str | os.PathLike[str] | None = None
) -> dict[str, Any]:
    """A file's data set, normalised; what was changed in meaning or left out is warned of, one line for each fact.

    Areas stay as they are written. Raises FileNotFoundError where an image is not in `images_dir`, ValueError where one
    id stands for two things, and what `read_coco_json` raises.
    """
    report = Report()
    near = picture_folders(Path(annotation_file).name)
    files = None if images_dir is None else ImageFolder(images_dir, look_inside=False, near=near)
    normalised = normalise_coco(read_coco_json(annotation_file), report, files, mend_areas=False)
    if normalised.unusable:
        first, more = normalised.unusable[0], len(normalised.unusable) - 1
        others = f" ({more} more such)" if more else ""
        if isinstance(first, FileNotFoundError):
            raise FileNotFoundError(f"{first}, but {annotation_file} lists it{others}")
        raise ValueError(f"{annotation_file}: {first}{others}; python -m core check lists and mends such things")
    for problem in grouped(filter(_changes_what_counts, report.problems)):
        warnings.warn(f"{annotation_file}: {problem}", stacklevel=3)
    return normalised.data


def _changes_what_counts(problem: Problem) -> bool:
    """Whether a file is read otherwise than it is meant, or with fewer objects than pycocotools would find in it."""
    return not problem.is_note and (
        not problem.is_spelling or (problem.number is not None and problem.repair == LEFT_OUT)
    )


def normalise_coco(
    data: Mapping[str, Any],
    report: Report,
    files: ImageFiles | None = None,
    *,
    mend_areas: bool = True,
    crowds_as_objects: bool = False,
    along: Callable[[list[object]], Iterable[Any]] = iter,
) -> Normalised:
    """A COCO data set with whole-number ids, one category a name, boxes of their masks, and nothing that is no object.

    `data` has the lists images, annotations and categories (`read_coco_json`) and stays as it is; other keys are
    passed on. With `files` names are those of the files that are meant, and images without a file are left out.
    `mend_areas` False leaves an area that is a number: COCO's evaluation reads it. `crowds_as_objects` says that
    what has `iscrowd` 1 is a single object. `along` gives the annotations of the
    list one by one, so that somebody can count them.
    """
    annotations = data["annotations"]
    categories, category_of, doubled = mended_categories(data["categories"], annotations, report)
    images, image_of, keys, unusable = mended_images(data["images"], files, report)
    mender = AnnotationMender(
        category_of, image_of, data, report, mend_areas=mend_areas, crowds_as_objects=crowds_as_objects
    )
    kept: list[dict[str, object]] = []
    numbers: list[int] = []
    lost: dict[int, int] = {}
    for number, raw in enumerate(along(annotations)):
        mended = mender(number, raw)
        if mended is not None:
            kept.append(mended)
            numbers.append(number)
        elif mender.lost_of is not None:
            lost[mender.lost_of] = lost.get(mender.lost_of, 0) + 1
    note_crowds(kept, categories, report)
    mended_data = {**data, "categories": categories, "images": images, "annotations": kept}
    return Normalised(mended_data, keys, numbers, lost, [*doubled, *unusable])
