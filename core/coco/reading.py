"""What stands in a COCO annotation file: its lists, its categories and the files of its images."""

from __future__ import annotations

import codecs
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.coco.json_values import is_whole

if TYPE_CHECKING:
    from core.structures import Category  # brings torch, which takes seconds; the names of fields need none


def read_coco_json(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The dictionary in a COCO annotation file, with its lists `images`, `annotations` and `categories`.

    Raises FileNotFoundError, or ValueError in one line where the file is not JSON or not COCO.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: there is no such annotation file") from None
    except IsADirectoryError:
        raise ValueError(f"{path}: a folder; the COCO JSON file is needed") from None
    try:
        data = parse_json(content)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if isinstance(data, list):
        raise ValueError(f"{path}: a JSON list (detection results?); a COCO data set with images is needed")
    for key in ("images", "annotations", "categories"):
        if not isinstance(data, dict) or not isinstance(data.get(key), list):
            raise ValueError(f"{path}: no list {key!r}, so this is not a COCO data set")
    checked: dict[str, Any] = data
    return checked


def parse_json(content: bytes) -> Any:
    """What a JSON file holds, in UTF-8, UTF-16 or UTF-32, with a byte order mark or without; ValueError in one line."""
    try:
        return json.loads(content.removeprefix(codecs.BOM_UTF8))
    except UnicodeDecodeError:
        raise ValueError("not a JSON file (it is not UTF-8 text)") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"broken JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("not COCO (its JSON is nested too deeply)") from None


_CATEGORY_FIELDS = ("id", "name", "supercategory", "keypoints", "skeleton", "sigmas", "flip_pairs")


def read_categories(raw: list[object], file: Path) -> list[Category]:
    """The categories in the order of their ids, which is that of the labels 1..K; ValueError names a bad one."""
    known: dict[int, Category] = {}
    for number, category in enumerate(raw):
        if not isinstance(category, dict) or not is_whole(category.get("id")):
            raise ValueError(f"{file}: category {number} needs a whole number as id, not {_id_of(category)}")
        if not isinstance(category.get("name"), str):
            raise ValueError(f"{file}: category {category['id']} has no name")
        if category["id"] in known:
            raise ValueError(f"{file}: two categories have the id {category['id']}")
        kept = {key: category[key] for key in _CATEGORY_FIELDS if key in category}
        names = kept.get("keypoints")
        if names is None:
            kept.pop("keypoints", None)
        elif not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError(f"{file}: category {category['id']} has keypoints that are not a list of names")
        elif names and not kept.get("skeleton"):
            kept["skeleton"] = []  # points without lines between them
        known[category["id"]] = kept  # type: ignore[assignment]
    return [known[category_id] for category_id in sorted(known)]


def read_images(raw: list[object], file: Path, images_dir: Path) -> tuple[list[int], list[str]]:
    """Ids of the images and their files' names inside `images_dir`; ValueError names the image that has none."""
    ids: dict[int, str] = {}
    for number, image in enumerate(raw):
        if not isinstance(image, dict) or not is_whole(image.get("id")):
            raise ValueError(f"{file}: image {number} needs a whole number as id, not {_id_of(image)}")
        name = image_file_name(image, images_dir)
        if name is None:
            raise ValueError(f"{file}: image {image['id']} has no file_name")
        if image["id"] in ids:
            raise ValueError(f"{file}: two images have the id {image['id']}")
        ids[image["id"]] = name
    return list(ids), list(ids.values())


def image_file_name(image: dict[str, object], images_dir: str | os.PathLike[str] | None = None) -> str | None:
    """An image's file_name; without one, as in LVIS, what its coco_url ends with; None where there is neither.

    LVIS takes images from COCO's train2017 and val2017: "train2017/000000391895.jpg" if that is in `images_dir` (or
    there is none to look in), else "000000391895.jpg", which is in only one of the two.
    """
    name = image.get("file_name")
    if isinstance(name, str) and name:
        return name
    url = image.get("coco_url")
    *_, folder, base = ["", "", *(urlsplit(url).path.split("/") if isinstance(url, str) else [])]
    if not base:
        return None
    in_folder = f"{folder}/{base}" if folder else base
    return in_folder if images_dir is None or (Path(images_dir) / in_folder).is_file() else base


def _id_of(value: object) -> str:
    return repr(value.get("id")) if isinstance(value, dict) else repr(value)
