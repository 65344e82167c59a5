"""What stands in a COCO annotation file: its lists, its categories and the files of its images."""

from __future__ import annotations

import codecs
import json
import os
import re
from contextlib import suppress
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
    checked: dict[str, object] = data
    return checked


PIECE = 1 << 20  # characters of a long file that are read at a time


def parse_json(content: bytes) -> Any:
    """What a JSON file holds, in UTF-8, UTF-16 or UTF-32, with a byte order mark or without; ValueError in one line.

    Other threads run between the pieces of a long one, which `json` alone would keep waiting for seconds.
    """
    try:
        content = content.removeprefix(codecs.BOM_UTF8)
        text = content.decode(json.detect_encoding(content), "surrogatepass")
        if len(text) > PIECE:
            with suppress(_NotInPiecesError):
                return _in_pieces(text)
        return json.loads(text)
    except UnicodeDecodeError:
        raise ValueError("not a JSON file (it is not UTF-8 text)") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"broken JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError("not COCO (its JSON is nested too deeply)") from None


class _NotInPiecesError(ValueError):
    """A text that has to be read as a whole: it is broken, or not built as data sets are."""


_SPACE = re.compile(r"[ \t\n\r]*")
_BETWEEN = re.compile(r"\}[ \t\n\r]*,[ \t\n\r]*(?=\{)")  # two objects of a list, unless it stands in one, or in a text
MOST_TRIES = 100  # places in a piece that are not between two elements of its list


def _in_pieces(text: str) -> dict[str, object] | list[object]:
    """A list of objects, or an object whose long values are such lists, as `json.loads` reads it."""
    decoder = json.JSONDecoder()
    at = _past_space(text, 0)
    if text[at : at + 1] == "[":
        try:
            elements, at = _list_in_pieces(text, at, decoder)
        except json.JSONDecodeError:
            raise _NotInPiecesError from None
        if _past_space(text, at) != len(text):
            raise _NotInPiecesError
        return elements
    read: dict[str, object] = {}
    at = _after(text, at, "{")
    while True:
        try:
            key, at = decoder.raw_decode(text, at)
            at = _after(text, at, ":")
            value, at = _list_in_pieces(text, at, decoder) if text[at : at + 1] == "[" else decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            raise _NotInPiecesError from None
        if not isinstance(key, str):
            raise _NotInPiecesError
        read[key] = value
        at = _past_space(text, at)
        if text[at : at + 1] == "}":
            if _past_space(text, at + 1) != len(text):
                raise _NotInPiecesError
            return read
        at = _after(text, at, ",")


def _after(text: str, at: int, mark: str) -> int:
    """The place of what follows a mark, spaces passed over."""
    at = _past_space(text, at)
    if text[at : at + 1] != mark:
        raise _NotInPiecesError
    return _past_space(text, at + 1)


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None  # it matches everywhere
    return found.end()


def _list_in_pieces(text: str, at: int, decoder: json.JSONDecoder) -> tuple[list[object], int]:
    """The list that begins at `at`, and the place behind it.

    A piece ends where two objects meet. Whether they are elements of the list itself shows when it is read: up to any
    other place it is no whole list.
    """
    elements: list[object] = []
    begin, tries = at + 1, 0
    look_from = begin + PIECE
    while (place := _BETWEEN.search(text, look_from)) is not None:
        piece = f"[{text[begin : place.start() + 1]}]"
        try:
            read, end = decoder.raw_decode(piece)
        except json.JSONDecodeError:
            tries += 1
            if tries > MOST_TRIES:
                raise
            look_from = place.end()
            continue
        elements += read
        if end < len(piece):  # it ends before this place
            return elements, begin + end - 1
        begin, look_from, tries = place.end(), place.end() + PIECE, 0
    read, end = decoder.raw_decode(f"[{text[begin:]}")
    return elements + read, begin + end - 1


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
