"""Cityscapes gtFine (arXiv:1604.01685) as a COCO data set: the eight classes that the Mask R-CNN paper trains on.

A Cityscapes folder holds leftImg8bit/<split>/<city>/<name>_leftImg8bit.png and gtFine/<split>/<city>/ with
<name>_gtFine_instanceIds.png and <name>_gtFine_polygons.json. The truth is instanceIds.png, on which the benchmark
evaluates: each pixel has one owner there, while the polygons, listed from back to front, overlap. Where the picture is
missing it is drawn from the polygons as the benchmark's own scripts draw it, later ones over earlier ones.

An id from 24000 on is class · 1000 + number: one object. Below 1000 it is a class alone; of the classes with objects
that is a group whose members were not told apart ("cargroup"), which becomes a crowd.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from tqdm import tqdm

from core.coco.json_values import is_number, is_whole
from core.masks import crop_to_rle

# The benchmark's numbers; caravan (29) and trailer (30) have objects too, but are not evaluated.
CLASSES = {
    24: "person", 25: "rider", 26: "car", 27: "truck", 28: "bus", 31: "train", 32: "motorcycle", 33: "bicycle",
}  # fmt: skip
_CLASS_OF_NAME = {name: number for number, name in CLASSES.items()} | {"caravan": 29, "trailer": 30}
_NOT_DRAWN = {"license plate"}  # the one class with a negative number: it stays what it is part of
_OBJECTS = 1000  # ids from here on are class · 1000 + number


def cityscapes_to_coco(root: str | os.PathLike[str], split: str = "train") -> dict[str, Any]:
    """The COCO data set of one split, its file names relative to `root`, masks as RLE, category ids Cityscapes' own.

    Raises FileNotFoundError and ValueError, in one line, for a folder that is not laid out as Cityscapes is, and for
    annotations that cannot be read.
    """
    root = Path(root)
    annotated = root / "gtFine" / split
    if not annotated.is_dir():
        raise FileNotFoundError(f"{annotated}: there is no such folder; a Cityscapes folder has gtFine/{split}/<city>/")
    names = _names(annotated)
    if not names:
        raise ValueError(f"{annotated}: no <city>/…_gtFine_instanceIds.png or …_gtFine_polygons.json is in it")
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for image_id, name in enumerate(tqdm(names, unit="image", disable=None), 1):
        photograph = Path("leftImg8bit") / split / f"{name}_leftImg8bit.png"
        if not (root / photograph).is_file():
            raise FileNotFoundError(f"{root / photograph}: there is no such image, but gtFine has annotations of it")
        ids = _instance_ids(annotated, name)
        height, width = ids.shape
        images.append({"id": image_id, "file_name": photograph.as_posix(), "height": height, "width": width})
        for annotation in objects_of(ids):
            annotations.append({"id": len(annotations) + 1, "image_id": image_id, **annotation})
    categories = [{"id": number, "name": name, "supercategory": _super(name)} for number, name in CLASSES.items()]
    info = {"description": f"Cityscapes gtFine, {split}: the eight classes with instances"}
    return {"info": info, "images": images, "annotations": annotations, "categories": categories}


def objects_of(ids: NDArray[np.integer]) -> list[dict[str, object]]:
    """The COCO annotations, without ids, of the objects and groups in an H×W picture of instance ids."""
    height, width = ids.shape
    found = []
    for value in np.flatnonzero(np.bincount(ids.ravel())).tolist():  # np.unique would sort two million pixels
        class_id, is_group = (value, True) if value < _OBJECTS else (value // _OBJECTS, False)
        if class_id not in CLASSES:
            continue
        bitmap = (ids == value).view(np.uint8)
        x, y, box_width, box_height = cv2.boundingRect(bitmap)
        crop = bitmap[y : y + box_height, x : x + box_width]
        found.append(
            {
                "category_id": class_id,
                "iscrowd": int(is_group),
                "bbox": [float(x), float(y), float(box_width), float(box_height)],
                "area": float(crop.sum()),
                "segmentation": crop_to_rle(crop, x, y, height, width),
            }
        )
    return found


def draw_instance_ids(polygons: dict[str, object]) -> NDArray[np.int32]:
    """int32 H×W: the instance ids that the benchmark draws from the content of a polygons.json.

    Classes without objects are 0 here. Raises ValueError, in one line, for what is no such content.
    """
    height, width, listed = polygons.get("imgHeight"), polygons.get("imgWidth"), polygons.get("objects")
    if not is_whole(height) or not is_whole(width) or min(height, width) < 1 or not isinstance(listed, list):
        raise ValueError("imgHeight, imgWidth and the list objects are needed")
    picture = Image.new("I", (width, height), 0)
    pen = ImageDraw.Draw(picture)
    counts: dict[int, int] = {}
    for number, entry in enumerate(listed):
        entry = entry if isinstance(entry, dict) else {}
        label, corners = entry.get("label"), entry.get("polygon")
        if not isinstance(label, str) or not isinstance(corners, list) or not all(map(_is_corner, corners)):
            raise ValueError(f"object {number} needs a label and a polygon [[x, y], …]")
        if entry.get("deleted") or label in _NOT_DRAWN:
            continue
        class_id, value = _CLASS_OF_NAME.get(label), 0
        if class_id is not None:
            value = class_id * _OBJECTS + counts.setdefault(class_id, 0)
            counts[class_id] += 1
        elif label.endswith("group"):
            value = _CLASS_OF_NAME.get(label.removesuffix("group"), 0)
        if len(corners) > 1:
            pen.polygon([tuple(corner) for corner in corners], fill=value)
    return np.asarray(picture, dtype=np.int32)


def _names(annotated: Path) -> list[str]:
    """<city>/<name> of every annotated image, sorted."""
    names = set()
    for kind in ("_gtFine_instanceIds.png", "_gtFine_polygons.json"):
        for path in annotated.glob(f"*/*{kind}"):
            names.add(f"{path.parent.name}/{path.name.removesuffix(kind)}")
    return sorted(names)


def _instance_ids(annotated: Path, name: str) -> NDArray[np.integer]:
    picture = annotated / f"{name}_gtFine_instanceIds.png"
    if picture.is_file():
        try:
            with Image.open(picture) as opened:
                ids = np.asarray(opened)
        except Exception:  # damaged pictures raise whatever PIL's reader stumbles over
            raise ValueError(f"{picture}: not a picture that can be read; download it again") from None
        if ids.ndim != 2:
            raise ValueError(f"{picture}: a picture of colours; one of instance ids, 16 bits a pixel, is needed")
        return ids.astype(np.int32)
    path = annotated / f"{name}_gtFine_polygons.json"
    try:
        polygons = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: broken JSON ({error})") from None
    try:
        return draw_instance_ids(polygons if isinstance(polygons, dict) else {})
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _is_corner(corner: object) -> bool:
    return isinstance(corner, list) and len(corner) == 2 and all(map(is_number, corner))


def _super(name: str) -> str:
    return "human" if name in ("person", "rider") else "vehicle"
