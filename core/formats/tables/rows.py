"""Objects as rows of a table, through pandas: our own columns, and those of other tools' tables.

    file_name, height, width, class, x, y, w, h, segmentation, keypoints, iscrowd, score, attributes,
    source, author

Cells that hold more than one value are JSON: segmentation is COCO's, keypoints {name: [x, y, visibility]}. A row
without class is an image. Read too: xmin, ymin, xmax, ymax (TensorFlow, Roboflow) or x1, y1, x2, y2 instead of x, y, w,
h, and Kaggle's ImageId, EncodedPixels (start and length of each run, column by column, counted from 1).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.coco.json_values import is_number
from core.formats.building import UNNAMED, Building, BuiltImage, Keypoint
from core.formats.content import Object, content_of
from core.formats.format import Coco
from core.formats.notes import Notes
from core.formats.pictures import Pictures, tidy_name, with_split
from core.formats.shapes import snapped
from core.masks import Rle, encode_rle

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "file_name", "height", "width", "class", "x", "y", "w", "h",
    "segmentation", "keypoints", "iscrowd", "score", "attributes", "source", "author",
)  # fmt: skip
SOURCES = ("manual", "edited", "predicted")
_MEANT = {  # other tools' names of our columns
    "file_name": (
        "file_name", "filename", "image_path", "imageid", "image_id", "image", "path", "img_file", "image_name",
    ),
    "class": (
        "class", "label", "class_name", "category", "category_name", "labelname", "label_name", "classid", "name",
    ),
    "height": ("image_height", "img_height", "height"),
    "width": ("image_width", "img_width", "width"),
    "x": ("x", "bbox_x"),
    "y": ("y", "bbox_y"),
    "w": ("w", "bbox_w", "bbox_width"),
    "h": ("h", "bbox_h", "bbox_height"),
    "left": ("xmin", "x1", "x_min"),
    "top": ("ymin", "y1", "y_min"),
    "right": ("xmax", "x2", "x_max"),
    "bottom": ("ymax", "y2", "y_max"),
    "segmentation": ("segmentation",),
    "runs": ("encodedpixels", "encoded_pixels", "rle"),
    "keypoints": ("keypoints",),
    "iscrowd": ("iscrowd",),
    "score": ("score", "confidence"),
    "attributes": ("attributes",),
    "source": ("source",),
    "author": ("author",),
}  # fmt: skip


def meant_columns(columns: Sequence[str]) -> dict[str, str]:
    """Which column is which of ours; empty where it is no table of instances."""
    by_name = {str(column).strip().lower(): str(column) for column in columns}
    found = {own: next((by_name[name] for name in names if name in by_name), "") for own, names in _MEANT.items()}
    found = {own: column for own, column in found.items() if column}
    if {"x", "y", "width", "height"} <= found.keys() and not found.keys() & {"w", "h", "left", "right"}:
        # Beside x and y they are the box's; an image's own are called image_width as a rule.
        found["w"], found["h"] = found.pop("width"), found.pop("height")
    has_shape = {"x", "y", "w", "h"} <= found.keys() or {"left", "top", "right", "bottom"} <= found.keys()
    return found if "file_name" in found and (has_shape or "runs" in found or "segmentation" in found) else {}


def read_table(table: pd.DataFrame, place: str, near: str, pictures: Pictures) -> tuple[Coco, list[str]]:
    """The rows of a table; one that is broken costs its object."""
    columns = meant_columns([str(column) for column in table.columns])
    if not columns:
        raise ValueError(f"{place}: its columns are not those of a table of instances ({', '.join(COLUMNS)})")
    notes = Notes()
    building = Building(notes)
    rows = [
        {own: value for own, value in zip(columns, values, strict=True) if not _is_missing(value)}
        for values in table[list(columns.values())].itertuples(index=False, name=None)
    ]
    names = list(dict.fromkeys(tidy_name(str(row["file_name"])) for row in rows if "file_name" in row))
    found = dict(zip(names, pictures.meant([[name] for name in names], near), strict=True))
    # Our own tables, which have all columns, are in pixels.
    fractions = "segmentation" not in columns and _has_fractions(rows)
    if fractions:
        notes.add("boxes are fractions of the image: they become pixels", place)
    for number, row in enumerate(rows, 2):
        about = f"row {number}"
        name = tidy_name(str(row.get("file_name", "")))
        picture = found.get(name)
        size = (_whole(row.get("height")), _whole(row.get("width")))
        called = picture or with_split(name, near)
        image = building.image(called, size if all(size) else pictures.size(picture) if picture else None)
        if fractions and image is not None:
            row = _in_pixels(row, image)
        if image is None or not (row.keys() - {"file_name", "height", "width"}):
            continue
        if "runs" in columns and not row.keys() & {"runs", "segmentation", "x", "left"}:
            continue  # a class that Kaggle lists for each image, of which nothing is there
        try:
            _add_row(building, image, _without_faults_beside(row, notes, about), about)
        except (ValueError, TypeError, RecursionError) as error:
            building.lose(image, f"{error}: left out", about)
    return building.finish(), notes.lines()


def rows_of(coco: Mapping[str, object], notes: Notes) -> list[dict[str, object]]:
    """The rows of a data set, one an object, and one for each image without."""
    content = content_of(coco, notes)
    rows = []
    for picture in content.pictures:
        image = {"file_name": picture.name, "height": picture.height, "width": picture.width}
        rows += [{**dict.fromkeys(COLUMNS), **image, **_cells(thing)} for thing in picture.objects]
        if not picture.objects:
            rows.append({**dict.fromkeys(COLUMNS), **image})
    return rows


def _cells(thing: Object) -> dict[str, object]:
    segmentation = thing.segmentation if isinstance(thing.segmentation, list) else thing.rle
    points = {name: [x, y, visibility] for name, x, y, visibility in thing.keypoints if visibility}
    return {
        "class": thing.name,
        **dict(zip("xywh", thing.box, strict=True)),
        "segmentation": json.dumps(segmentation) if segmentation else None,
        "keypoints": json.dumps(points, ensure_ascii=False) if points else None,
        "iscrowd": int(thing.crowd),
        "score": thing.score,
        "attributes": json.dumps(dict(thing.attributes), ensure_ascii=False) if thing.attributes else None,
        "source": thing.annotation.get("source"),
        "author": thing.annotation.get("author"),
    }


def _add_row(building: Building, image: BuiltImage, row: Mapping[str, object], about: str) -> None:
    if row.keys() <= {"file_name", "height", "width", "iscrowd", "source", "author"}:
        return
    segmentation = _json(row, "segmentation")
    if "runs" in row:
        if str(row["runs"]).strip() in ("", "-1"):
            return  # Kaggle's way to say that there is nothing
        segmentation = _kaggle_rle(str(row["runs"]), image["height"], image["width"])
    if segmentation is not None and not isinstance(segmentation, (list, dict)):
        raise ValueError("its segmentation is neither polygons nor RLE")
    attributes = _json(row, "attributes")
    score = row.get("score")
    building.add(
        image,
        row.get("class", UNNAMED),
        about,
        segmentation=segmentation,  # type: ignore[arg-type]
        box=_box(row),
        keypoints=_keypoints(_json(row, "keypoints")),
        crowd=str(row.get("iscrowd", 0)).lower() in ("1", "1.0", "true"),
        score=_number(score) if score is not None else None,
        attributes=attributes if isinstance(attributes, dict) else None,
        source=row["source"] if row.get("source") in SOURCES else None,  # Open Images has words of its own there
        author=str(row["author"]) if "author" in row else None,
    )


def _without_faults_beside(row: Mapping[str, object], notes: Notes, about: str) -> dict[str, object]:
    """A row without what is broken in it beside box and mask: that never costs the object."""
    kept = dict(row)
    readers: dict[str, Callable[[object], object]] = {
        "score": _number,
        "attributes": lambda value: _json(row, "attributes"),
        "keypoints": lambda value: _keypoints(_json(row, "keypoints")),
    }
    for key, read in readers.items():
        if key in kept:
            try:
                read(kept[key])
            except (ValueError, TypeError, RecursionError) as error:
                notes.add(f"{error}: that is left out", about)
                del kept[key]
    return kept


def _has_fractions(rows: Sequence[Mapping[str, object]]) -> bool:
    """Whether all boxes of a table lie between 0 and 1, and some not at whole numbers, as Open Images has them."""
    values = []
    for row in rows:
        try:
            box = _box(row)
        except ValueError:
            continue
        if box is not None:
            values += [box[0], box[1], box[0] + box[2], box[1] + box[3]]
    return bool(values) and min(values) >= 0 and max(values) <= 1 and any(value % 1 for value in values)


def _in_pixels(row: Mapping[str, object], image: BuiltImage) -> dict[str, object]:
    """A row whose box was fractions of its image."""
    width, height = image["width"], image["height"]
    sides = dict.fromkeys(("x", "w", "left", "right"), width) | dict.fromkeys(("y", "h", "top", "bottom"), height)
    moved = dict(row)
    for key, side in sides.items():
        if key in row:
            try:
                moved[key] = snapped(_number(row[key]) * side, side)
            except ValueError:
                continue  # told where the box is read
    return moved


def _box(row: Mapping[str, object]) -> list[float] | None:
    if {"left", "top", "right", "bottom"} <= row.keys():
        left, top, right, bottom = (_number(row[key]) for key in ("left", "top", "right", "bottom"))
        return [left, top, right - left, bottom - top]
    return [_number(row[key]) for key in "xywh"] if set("xywh") <= row.keys() else None


def _keypoints(value: object) -> dict[str, Keypoint] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError("its keypoints are not names with x, y and visibility")
    found: dict[str, Keypoint] = {}
    for name, point in value.items():
        if not (isinstance(point, list) and len(point) == 3 and all(map(is_number, point)) and point[2] in (0, 1, 2)):
            raise ValueError(f"its keypoint {name!r} is not x, y, visibility")
        found[name] = (point[0], point[1], int(point[2]))
    return found


def _kaggle_rle(text: str, height: int, width: int) -> Rle:
    """Start and length of each run, column by column, counted from 1."""
    numbers = [int(word) for word in text.split()]
    starts, lengths = numbers[::2], numbers[1::2]
    if len(starts) != len(lengths) or min(starts) < 1 or min(lengths) < 0:
        raise ValueError("its EncodedPixels are not starts and lengths")
    flat = np.zeros(height * width, dtype=np.uint8)
    for start, length in zip(starts, lengths, strict=True):
        if start - 1 + length > len(flat):
            raise ValueError("its EncodedPixels reach beyond the image")
        flat[start - 1 : start - 1 + length] = 1
    return encode_rle(flat.reshape(width, height).T)


def _json(row: Mapping[str, object], key: str) -> object:
    value = row.get(key)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        raise ValueError(f"its {key} is broken JSON") from None


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is no number") from None
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is no number")
    return number


def _whole(value: Any) -> int:
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return 0


def _is_missing(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))
