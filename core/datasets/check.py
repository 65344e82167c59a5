"""Linter for COCO files: every problem in one line, and a repaired copy."""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from core.datasets.check_annotations import AnnotationCheck
from core.datasets.check_report import Problem, Report
from core.datasets.coco_json import image_file_name, read_coco_json
from core.datasets.images import image_size, read_image
from core.datasets.json_values import is_whole
from core.files import write_text_atomically

__all__ = ["Problem", "check_coco"]


def check_coco(
    annotation_file: str | os.PathLike[str],
    images_dir: str | os.PathLike[str] | None = None,
    fix_to: str | os.PathLike[str] | None = None,
) -> list[Problem]:
    """Everything that is wrong or doubtful in a COCO annotation file, in the order of the file.

    What is legal but may surprise (category ids with gaps, as COCO's own) is among it with `is_note` set.

    With `images_dir` the image files are looked at too: whether they are there, open, are complete and have the size
    that the file says (upright, as their EXIF orientation turns them). With `fix_to` a copy is written there in which
    everything that a problem's `repair` names is mended; ids stay as they are wherever they can.

    Raises FileNotFoundError, or ValueError in one line, for a file that is no COCO data set at all, and where `fix_to`
    is the file itself.
    """
    source = Path(annotation_file)
    if fix_to is not None and Path(fix_to).resolve() == source.resolve():
        raise ValueError(f"{fix_to}: the repaired copy needs another name than the file itself")
    if images_dir is not None and not Path(images_dir).is_dir():
        raise FileNotFoundError(f"{images_dir}: there is no such folder of images")
    data = read_coco_json(source)
    report = Report()
    categories, category_of = _check_categories(data["categories"], data["annotations"], report)
    images, image_of = _check_images(data["images"], images_dir, report)
    crowds_known = _has_crowds(data["images"], data["annotations"], report)
    check = AnnotationCheck(category_of, image_of, data["annotations"], report, crowds_known)
    annotations = [mended for number, raw in enumerate(data["annotations"]) if (mended := check(number, raw))]
    if fix_to is not None:
        mended_data = {**data, "categories": categories, "images": images, "annotations": annotations}
        write_text_atomically(Path(fix_to), json.dumps(mended_data, ensure_ascii=False))
    return report.problems


# -- ids ------------------------------------------------------------------------------------------------


def _free_ids(entries: list[Any]) -> Iterator[int]:
    """Ids above all that the entries of a list have."""
    used = [entry["id"] for entry in entries if isinstance(entry, dict) and is_whole(entry.get("id"))]
    number = max([0, *used])
    while True:
        number += 1
        yield number


def _mended_id(raw: Any, subject: str, taken: dict[int, Any], free: Iterator[int], report: Report) -> int:
    """A whole number that no other entry has, as near to the raw id as can be."""
    if is_whole(raw) and raw not in taken:
        return int(raw)
    if is_whole(raw):
        number = next(free)
        report.add(subject, f"id {raw} is used twice", f"the second becomes {number}")
        return number
    as_number = int(raw) if isinstance(raw, str) and raw.isascii() and raw.isdigit() else None
    number = as_number if as_number is not None and as_number not in taken else next(free)
    what = "has no id" if raw is None else f"id is {raw!r}: a whole number is needed"
    report.add(subject, what, f"becomes {number}")
    return number


# -- categories -----------------------------------------------------------------------------------------


def _check_categories(
    raw_categories: list[Any], annotations: list[Any], report: Report
) -> tuple[list[dict[str, Any]], dict[Hashable, dict[str, Any]]]:
    """The mended categories, and each by the id with which annotations name it."""
    mended: dict[int, dict[str, Any]] = {}
    by_raw: dict[Hashable, dict[str, Any]] = {}
    free = _free_ids(raw_categories)
    used = {a["category_id"] for a in annotations if isinstance(a, dict) and isinstance(a.get("category_id"), Hashable)}
    for number, raw in enumerate(raw_categories):
        if not isinstance(raw, dict):
            report.add(f"category number {number}", f"is {raw!r}: an object with id and name is needed", "left out")
            continue
        subject = f"category {raw.get('id', f'number {number}')}"
        raw_id = raw.get("id")
        twin = mended.get(raw_id) if is_whole(raw_id) else None
        if twin is not None and twin.get("name") == raw.get("name"):
            report.add(subject, f"{raw.get('name')!r} is listed twice", "the second is left out")
            continue
        if _is_background(raw) and raw_id not in used:
            report.add(subject, f"{raw['name']!r} stands for background, which is no category", "left out")
            continue
        category = {**raw, "id": _mended_id(raw_id, subject, mended, free, report)}
        if category["id"] == 0:
            report.add(subject, "id is 0, which many tools take for background")
        if not isinstance(raw.get("name"), str) or not raw["name"].strip():
            report.add(subject, "has no name", f"named {category['id']}")
            category["name"] = str(category["id"])
        elif any(other["name"] == category["name"] for other in mended.values()):
            report.add(subject, f"has the name of another category, {category['name']!r}")
        _check_skeleton(category, subject, report)
        mended[category["id"]] = category
        if isinstance(raw_id, Hashable):
            by_raw.setdefault(raw_id, category)
    if not mended:
        report.add("categories", "there are none")
    missing = sorted(set(range(min(mended, default=1), max(mended, default=0))) - set(mended))
    if missing:
        shown = ", ".join(map(str, missing[:12])) + (", …" if len(missing) > 12 else "")
        report.note("categories", f"ids leave out {shown}: tools that take the id for a model's output will be wrong")
    return list(mended.values()), by_raw


def _has_crowds(images: list[Any], annotations: list[Any], report: Report) -> bool:
    """False for an LVIS file: it has no crowds and does not say so of each object."""
    federated = any(isinstance(image, dict) and "neg_category_ids" in image for image in images)
    if not federated or any(isinstance(annotation, dict) and "iscrowd" in annotation for annotation in annotations):
        return True
    report.note("annotations", "none has iscrowd, as in LVIS: COCO's own tools need it", "becomes 0")
    return False


def _is_background(category: dict[str, Any]) -> bool:
    return isinstance(category.get("name"), str) and category["name"].strip("_ ").lower() == "background"


def _check_skeleton(category: dict[str, Any], subject: str, report: Report) -> None:
    """Keypoint names and the pairs that join them; mended in place."""
    names = category.get("keypoints", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        report.add(subject, "keypoints are not a list of names", "left out")
        del category["keypoints"]
        names = []
    elif len(set(names)) < len(names):
        report.add(subject, "two keypoints have the same name")
    if names and category.get("skeleton") is None:
        report.note(subject, "has keypoints but no skeleton: no lines are drawn between them", "becomes []")
        category["skeleton"] = []
    skeleton = category.get("skeleton") or []
    if not isinstance(skeleton, list):
        report.add(subject, "skeleton is not a list of pairs of keypoint numbers", "left out")
        category["skeleton"] = []
        return
    good = [
        bone
        for bone in skeleton
        if isinstance(bone, list) and len(bone) == 2 and all(is_whole(end) and 1 <= end <= len(names) for end in bone)
    ]
    if len(good) < len(skeleton):
        wrong = next(bone for bone in skeleton if bone not in good)
        report.add(subject, f"skeleton joins {wrong!r}, but keypoints are numbered 1 to {len(names)}", "left out")
        category["skeleton"] = good


# -- images ---------------------------------------------------------------------------------------------


def _check_images(
    raw_images: list[Any], images_dir: str | os.PathLike[str] | None, report: Report
) -> tuple[list[dict[str, Any]], dict[Hashable, dict[str, Any]]]:
    """The mended images, and each by the id with which annotations name it."""
    mended: dict[int, dict[str, Any]] = {}
    by_raw: dict[Hashable, dict[str, Any]] = {}
    seen_files: set[str] = set()
    unnamed = 0
    free = _free_ids(raw_images)
    for number, raw in enumerate(raw_images):
        if not isinstance(raw, dict):
            report.add(f"image number {number}", f"is {raw!r}: an object with id and file_name is needed", "left out")
            continue
        subject = f"image {raw.get('id', f'number {number}')}"
        file_name = image_file_name(raw, images_dir)
        if file_name is None:
            report.add(subject, "has no file_name", "left out")
            continue
        unnamed += file_name != raw.get("file_name")
        twin = mended.get(raw["id"]) if is_whole(raw.get("id")) else None
        if twin is not None and twin["file_name"] == file_name:
            report.add(subject, f"{file_name} is listed twice", "the second is left out")
            continue
        if file_name in seen_files:
            report.add(subject, f"{file_name} is another image's file too")
        seen_files.add(file_name)
        size = None
        if images_dir is not None:
            try:
                size = _complete_image_size(Path(images_dir) / file_name)
            except (FileNotFoundError, ValueError) as error:
                report.add(subject, str(error), "left out, with its annotations")
                continue
        image = {**raw, "id": _mended_id(raw.get("id"), subject, mended, free, report)}
        image["file_name"] = file_name
        _check_size(image, size, subject, report)
        mended[image["id"]] = image
        if isinstance(raw.get("id"), Hashable):
            by_raw.setdefault(raw.get("id"), image)
    if unnamed:
        report.note("images", f"{unnamed} have no file_name, as in LVIS", "taken from coco_url")
    return list(mended.values()), by_raw


def _check_size(image: dict[str, Any], size: tuple[int, int] | None, subject: str, report: Report) -> None:
    """Width and height against the file's upright height and width; mended in place."""
    stated = (image.get("height"), image.get("width"))
    known = all(is_whole(value) and value > 0 for value in stated)
    if not known:
        repair = f"{size[1]}×{size[0]} from the file" if size else None
        report.add(
            subject, f"width and height are {stated[1]!r} and {stated[0]!r}: two whole numbers are needed", repair
        )
        if size:
            image["height"], image["width"] = size
    elif size is not None and stated != size:
        turned = ", as it is before its EXIF orientation turns it" if stated == size[::-1] else ""
        # Which of both the annotations were made on cannot be known, so nothing is changed.
        report.add(subject, f"{image['file_name']} is {size[1]}×{size[0]}, not {stated[1]}×{stated[0]}{turned}")


def _complete_image_size(path: Path) -> tuple[int, int]:
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
