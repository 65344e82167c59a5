"""Results that are a whole COCO data set: which of the annotated images and categories theirs are, by name.

`python -m core predict` numbers images in the order of their names and has the model's category ids; a person's
data set numbers both in its own way. Taken by its number a detection would be judged on another image.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from core.coco.names import FileNames, plain_name


def renumbered_results(results: Mapping[str, Any], dataset: Mapping[str, Any]) -> list[Any] | None:
    """The annotations of `results` with the ids that `dataset` has for their images and categories.

    Images are the same by file name, categories by name; where a side has no names, or no image's name is known, the
    ids stay. Annotations of images and categories that `dataset` has not are left out, and a warning counts them.
    None where `results` has no list of annotations.
    """
    annotations = results.get("annotations")
    if not isinstance(annotations, list):
        return None
    annotations, unknown = _renumbered(annotations, "image_id", _same_images(results, dataset))
    _say_what_is_left_out(unknown, "images", results.get("images"), "file_name")
    annotations, unknown = _renumbered(annotations, "category_id", _same_categories(results, dataset))
    _say_what_is_left_out(unknown, "categories", results.get("categories"), "name")
    return annotations


def _same_images(results: Mapping[str, Any], dataset: Mapping[str, Any]) -> dict[Any, Any] | None:
    """Id of an image of the results → id of the annotated one; None where ids have to do."""
    found, annotated = _named(results.get("images"), "file_name"), _named(dataset.get("images"), "file_name")
    if found is None or annotated is None:
        return None
    files = FileNames([name for name, _ in annotated])
    listed = frozenset(plain_name(name) for name, _ in found)
    same: dict[Any, Any] = {}
    for name, image_id in found:
        ids = [annotated[place][1] for place in files.find(name, listed)]
        if ids:
            same[image_id] = image_id if image_id in ids else ids[0]
    return same or None


def _same_categories(results: Mapping[str, Any], dataset: Mapping[str, Any]) -> dict[Any, Any] | None:
    found, annotated = _named(results.get("categories"), "name"), _named(dataset.get("categories"), "name")
    if found is None or annotated is None:
        return None
    ids: dict[str, list[Any]] = {}
    for name, category_id in annotated:
        ids.setdefault(name, []).append(category_id)
    # Of several of one name the one of the same number.
    return {number: number if number in ids[name] else ids[name][0] for name, number in found if name in ids}


def _named(entries: object, field: str) -> list[tuple[str, Any]] | None:
    """(name, id) of each entry; None where one has no name or id, or an id is there twice."""
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        return None
    named = [(entry.get(field), entry.get("id")) for entry in entries]
    whole = all(isinstance(name, str) and name and isinstance(number, int) for name, number in named)
    return named if whole and len({number for _, number in named}) == len(named) else None


def _renumbered(annotations: Sequence[Any], field: str, same: dict[Any, Any] | None) -> tuple[list[Any], list[Any]]:
    """The annotations with other ids in a field, and the ids for which there are none."""
    if same is None:
        return list(annotations), []
    kept, unknown = [], []
    for annotation in annotations:
        number = annotation.get(field) if isinstance(annotation, dict) else None
        if not isinstance(number, int):
            kept.append(annotation)  # refused further on, by its place
        elif number in same:
            kept.append({**annotation, field: same[number]})
        else:
            unknown.append(number)
    return kept, unknown


def _say_what_is_left_out(unknown: Sequence[Any], what: str, entries: object, field: str) -> None:
    if not unknown:
        return
    names = {entry["id"]: entry[field] for entry in entries} if isinstance(entries, list) else {}
    different = sorted({str(names.get(number, number)) for number in unknown})
    more = f" and {len(different) - 5} more" if len(different) > 5 else ""
    warnings.warn(
        f"{len(unknown)} results are of {what} that the annotations do not name "
        f"({', '.join(different[:5])}{more}): left out",
        stacklevel=5,
    )
