"""Several COCO data sets as one, each with the classes that were looked for in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.datasets.coco_json import read_categories, read_coco_json, read_images
from core.structures import Category


def join_coco(folders: Sequence[str | os.PathLike[str]], files: Sequence[str | os.PathLike[str]]) -> dict[str, Any]:
    """One COCO dictionary of the images, annotations and categories of several data sets.

    Categories of one name become one, with the keypoints of the set that has them. Images get new ids, their folders
    in front of their file names, and `neg_category_ids`: what a set has no category for was not looked for in it, so
    that nothing is learnt of it there (see `federated`). Raises FileNotFoundError and ValueError, in one line.
    """
    if len(folders) != len(files):
        raise ValueError(f"{len(folders)} folders of images for {len(files)} annotation files: give one each")
    sets = [read_coco_json(file) for file in files]
    own = [read_categories(data["categories"], Path(file)) for data, file in zip(sets, files, strict=True)]
    categories = _merged_categories(own, files)
    id_of_name = {category["name"]: category["id"] for category in categories}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for data, classes, folder, file in zip(sets, own, folders, files, strict=True):
        new_category = {category["id"]: id_of_name[category["name"]] for category in classes}
        ids, names = read_images(data["images"], Path(file), Path(folder))
        new_image = {old: len(images) + number for number, old in enumerate(ids, start=1)}
        for image, name in zip(data["images"], names, strict=True):
            looked_for = image.get("neg_category_ids", list(new_category))
            images.append(
                image
                | {
                    "id": new_image[image["id"]],
                    "file_name": str(Path(folder).absolute() / name),
                    "neg_category_ids": [new_category.get(old, old) for old in looked_for],
                    "not_exhaustive_category_ids": [
                        new_category.get(old, old) for old in image.get("not_exhaustive_category_ids", [])
                    ],
                }
            )
        for annotation in data["annotations"]:
            image_id, category_id = annotation.get("image_id"), annotation.get("category_id")
            if image_id not in new_image or category_id not in new_category:
                raise ValueError(
                    f"{file}: annotation {annotation.get('id')!r} has image_id {image_id!r} and category_id "
                    f"{category_id!r}: one of them is not in the file (python -m core check lists all such)"
                )
            annotations.append(annotation | {"image_id": new_image[image_id], "category_id": new_category[category_id]})
    return {"images": images, "annotations": annotations, "categories": categories}


def _merged_categories(
    sets: Sequence[Sequence[Category]], files: Sequence[str | os.PathLike[str]]
) -> list[dict[str, Any]]:
    """The categories by name, with their first id unless that is taken already."""
    merged: dict[str, dict[str, Any]] = {}
    taken: set[int] = set()
    for classes, file in zip(sets, files, strict=True):
        for category in classes:
            known = merged.get(category["name"])
            if known is None:
                new_id = category["id"] if category["id"] not in taken else max(taken) + 1
                merged[category["name"]] = {**category, "id": new_id}
                taken.add(new_id)
            elif category.get("keypoints") and not known.get("keypoints"):
                known |= {key: category[key] for key in ("keypoints", "skeleton") if key in category}
            elif category.get("keypoints") and category["keypoints"] != known["keypoints"]:
                raise ValueError(f"{file}: {category['name']!r} has other keypoints than in the files before it")
    return sorted(merged.values(), key=lambda category: category["id"])
