"""Several COCO data sets become one: train, valid and test of an archive, or instances and keypoints of the images."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from core.formats.building import LEFT_OUT
from core.formats.content import id_key
from core.formats.notes import Notes
from core.formats.pictures import Pictures, tidy_name

_OWN_FIELDS = ("id", "image_id", "category_id")


def joined_data_sets(
    parts: Sequence[tuple[str, dict[str, Any]]], pictures: Pictures
) -> tuple[dict[str, object], list[str]]:
    """One data set of all parts, each with the folder it comes from, and notes.

    A part alone stays as it is. Otherwise images of one name are one, categories of one name are one, ids are new. An
    image whose picture is not there gets its folder before its name: one name in two folders means two images. An
    object that stands in two parts, with the same class, mask and box, is one with the fields of both.
    """
    if len(parts) == 1:
        return parts[0][1], []
    notes = Notes()
    images: dict[str, dict[str, object]] = {}
    categories: dict[str, dict[str, Any]] = {}
    annotations: dict[str, dict[str, Any]] = {}
    for folder, coco in parts:
        image_ids = _add_images(images, coco, folder, pictures)
        category_ids = _add_categories(categories, coco)
        for annotation in coco["annotations"]:
            image_id = image_ids.get(id_key(annotation.get("image_id")))
            category_id = category_ids.get(id_key(annotation.get("category_id")))
            if image_id is None or category_id is None:
                notes.add("its image or category is not in its file: left out", f"annotation {annotation.get('id')}")
                continue
            shape = [
                image_id,
                category_id,
                annotation.get("segmentation"),
                annotation.get("bbox"),
                annotation.get("score"),
            ]
            key = json.dumps(shape, default=str)
            known = annotations.get(key)
            if known is not None and known["part"] is not coco:
                known["fields"] = {**annotation, **known["fields"]}
                notes.add("the same object stands in two files: it comes once", f"annotation {annotation.get('id')}")
                continue
            fields = {**annotation, "image_id": image_id, "category_id": category_id}
            annotations[f"{key} {len(annotations)}" if known else key] = {"part": coco, "fields": fields}
    merged = [{**entry["fields"], "id": number} for number, entry in enumerate(annotations.values(), 1)]
    info = {key: value for _, coco in parts for key, value in coco.items() if key in ("info", "licenses")}
    return {**info, "images": list(images.values()), "annotations": merged, "categories": list(categories.values())}, (
        notes.lines()
    )


def _add_images(
    images: dict[str, dict[str, Any]], coco: dict[str, Any], folder: str, pictures: Pictures
) -> dict[str, int]:
    """Add a part's images under new ids; which id each of its own becomes."""
    ids = {}
    for image in coco["images"]:
        name = str(image.get("file_name", ""))
        if folder and not pictures.has(name):
            name = tidy_name(f"{folder}/{name}")
        entry = images.get(name)
        if entry is None:
            entry = images[name] = {**image, "id": len(images) + 1, "file_name": name}
        elif image.get(LEFT_OUT):
            entry[LEFT_OUT] = entry.get(LEFT_OUT, 0) + image[LEFT_OUT]
        ids[id_key(image.get("id"))] = entry["id"]
    return ids


def _add_categories(categories: dict[str, dict[str, Any]], coco: dict[str, Any]) -> dict[str, int]:
    """Add a part's categories under new ids; which id each of its own becomes."""
    ids = {}
    for category in coco["categories"]:
        # Keypoints in another order are another class to whoever reads the numbers.
        name = str(category.get("name", ""))
        entry = categories.setdefault(name, {**category, "id": len(categories) + 1})
        if category.get("keypoints") and not entry.get("keypoints"):
            entry.update({key: category[key] for key in ("keypoints", "skeleton") if key in category})
        ids[id_key(category.get("id"))] = entry["id"]
    return ids
