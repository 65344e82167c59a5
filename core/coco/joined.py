"""Several COCO data sets as one, each with the classes that were looked for in it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def join_coco(
    folders: Sequence[str | os.PathLike[str]],
    files: Sequence[str | os.PathLike[str]],
    sets: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """One COCO dictionary of the images, annotations and categories of several normalised data sets.

    Categories of one name become one, with the keypoints of the set that has them. Images get new ids, their folders
    in front of their file names, and `neg_category_ids`: what a set has no category for was not looked for in it, so
    that nothing is learnt of it there (see `federated`). `files` are what a set is called in ValueErrors.
    """
    categories = _merged_categories([data["categories"] for data in sets], files)
    id_of_name = {category["name"]: category["id"] for category in categories}
    images: list[dict[str, object]] = []
    annotations: list[dict[str, Any]] = []
    for data, folder in zip(sets, folders, strict=True):
        new_category = {category["id"]: id_of_name[category["name"]] for category in data["categories"]}
        new_image = {image["id"]: len(images) + number for number, image in enumerate(data["images"], start=1)}
        for image in data["images"]:
            looked_for = image.get("neg_category_ids", list(new_category))
            doubtful = image.get("not_exhaustive_category_ids", [])
            images.append(
                image
                | {
                    "id": new_image[image["id"]],
                    "file_name": str(Path(folder).absolute() / image["file_name"]),
                    "neg_category_ids": [new_category.get(old, old) for old in looked_for],
                    "not_exhaustive_category_ids": [new_category.get(old, old) for old in doubtful],
                }
            )
        annotations += [
            annotation
            | {
                "image_id": new_image[annotation["image_id"]],
                "category_id": new_category[annotation["category_id"]],
            }
            for annotation in data["annotations"]
        ]
    return {"images": images, "annotations": annotations, "categories": categories}


def _merged_categories(
    sets: Sequence[Sequence[Mapping[str, Any]]], files: Sequence[str | os.PathLike[str]]
) -> list[dict[str, Any]]:
    """The categories by name, with their first id unless that is taken already."""
    merged: dict[str, dict[str, object]] = {}
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
