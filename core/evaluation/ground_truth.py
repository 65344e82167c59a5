"""COCO annotations and results as an evaluator needs them: complete, consistent, and a copy.

The evaluator writes into what it is given and trips over what annotation tools leave out. Everything
that can be filled in is filled in here, on a copy; everything that cannot is refused in one line.
"""

from __future__ import annotations

import contextlib
import json
import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.evaluation.completed import Detection, EvaluatedData, EvaluatedImage, EvaluatedObject
from core.evaluation.keypoints import keypoint_counts, pad_keypoints, plain
from core.evaluation.renumbered import renumbered_results
from core.masks import Rle, rle_area, rle_bbox, segmentation_to_rle
from core.run_lengths import first_damaged

RESULT_FIELDS = ("image_id", "category_id", "score", "bbox", "segmentation", "keypoints")


def read_results(path: str | Path) -> object:
    """The content of a results file; FileNotFoundError or ValueError in one line that names it."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise FileNotFoundError(f"{path}: there is no such results file") from None
    except IsADirectoryError:
        raise ValueError(f"{path}: a folder; the JSON file of results is needed") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: not a JSON file ({error})") from None


def complete_ground_truth(dataset: dict[str, Any], image_ids: Iterable[int] | None = None) -> EvaluatedData:
    """A COCO data set that the evaluator can work on, as a copy.

    Annotations are numbered anew from 1, because the evaluator takes id 0 for "unmatched"; missing
    `area`, `bbox`, `iscrowd`, `segmentation` and `num_keypoints` are worked out from what is there.
    An annotation that has only a box gets the box as its mask and is marked `box_only`. With
    `image_ids` other images are left out. Annotations of unknown images or categories are left out,
    as they are by pycocotools, and a warning counts them.
    """
    for field in ("images", "categories", "annotations"):
        if not isinstance(dataset, dict) or not isinstance(dataset.get(field), list):
            raise ValueError(f"the annotations have no list {field!r}: this is not a COCO data set")
    kept = None if image_ids is None else set(image_ids)
    images = {image["id"]: image for image in map(plain, dataset["images"]) if kept is None or image["id"] in kept}
    categories = {category["id"]: category for category in map(plain, dataset["categories"])}
    points = max(keypoint_counts(dataset).values(), default=0)
    annotations: list[EvaluatedObject] = []
    nowhere, unnamed = [], []
    for annotation in dataset["annotations"]:
        image_id, category_id = plain(annotation.get("image_id")), plain(annotation.get("category_id"))
        if category_id not in categories:
            unnamed.append(category_id)
        elif image_id in images:
            annotations.append(_complete_annotation(annotation, images[image_id], points, len(annotations) + 1))
        elif kept is None or image_id in kept:
            nowhere.append(image_id)
    total = len(dataset["annotations"])
    _say_what_is_left_out("annotations", total, "category ids", unnamed, "no category has")
    _say_what_is_left_out("annotations", total, "image ids", nowhere, "no image has")
    return {"images": list(images.values()), "categories": list(categories.values()), "annotations": annotations}


def _say_what_is_left_out(what: str, total: int, field: str, ids: Sequence[object], why: str) -> None:
    """A warning, one line, that counts what names unknown images or categories."""
    if ids:
        warnings.warn(f"{len(ids)} of {total} {what} have {field} that {why} ({listed(ids)}): left out", stacklevel=3)


def listed(ids: Iterable[object]) -> str:
    """The first few different ids, in order, and how many more there are."""
    different = sorted(set(ids), key=lambda value: (isinstance(value, str), value if value is not None else -1))
    more = f" and {len(different) - 5} more" if len(different) > 5 else ""
    return ", ".join(map(str, different[:5])) + more


def _complete_annotation(
    annotation: Mapping[str, Any], image: EvaluatedImage, points: int, number: int
) -> EvaluatedObject:
    """One annotation with every field that the evaluator reads, `number` as its id; lists are shared, not copied."""
    where = f"annotation {annotation.get('id')} of image {image['id']}"
    complete: Any = {name: plain(value) for name, value in annotation.items()}  # typed as it leaves
    annotation = complete
    complete["iscrowd"] = int(bool(annotation.get("iscrowd", 0)))  # some tools write true and false
    rle = None
    if annotation.get("segmentation"):
        rle = _to_rle(annotation["segmentation"], image, where)
    if annotation.get("bbox") is None:
        if rle is None:
            raise ValueError(f"{where} has neither bbox nor segmentation: remove it or draw it")
        complete["bbox"] = rle_bbox(rle)
    box = _four_numbers(complete["bbox"], where)
    if rle is not None:
        complete["segmentation"] = rle
    else:
        complete["segmentation"] = [_box_polygon(box)]
        complete["box_only"] = True
    if annotation.get("area") is None:
        complete["area"] = rle_area(rle) if rle is not None else box[2] * box[3]
    if points:
        keypoints = pad_keypoints(annotation.get("keypoints") or [], points, where)
        complete["keypoints"] = keypoints
        if annotation.get("num_keypoints") is None:
            complete["num_keypoints"] = sum(visibility > 0 for visibility in keypoints[2::3])
    complete["id"] = number
    result: EvaluatedObject = complete
    return result


def complete_results(results: object, dataset: EvaluatedData | Mapping[str, Any]) -> list[Detection]:
    """A COCO results list checked against `dataset`, as a copy.

    A data set whose annotations have a `score`, as `python -m core predict` writes it, is taken too, and
    `detection_bbox` for its boxes where it is there; its images and categories are known by their names.
    Results of categories that `dataset` does not name are left out, and a warning counts them. Numbers
    and lists may be numpy's.
    Raises ValueError naming the first result that cannot be meant: ids that are strings or unknown,
    a missing or infinite score, a box that is not four numbers, a mask of another size.
    """
    if isinstance(results, dict):
        results = renumbered_results(results, dataset)
        if results is not None:
            results = [_as_detected(result) for result in results]
    if not isinstance(results, list):
        raise ValueError("results must be a list of {image_id, category_id, score, bbox and/or segmentation}")
    images = {image["id"]: image for image in dataset["images"]}
    category_ids = {category["id"] for category in dataset["categories"]}
    complete = []
    unnamed = []
    compressed = CompressedRuns()
    for number, given in enumerate(results):
        where = f"result {number}"
        if not isinstance(given, dict):
            raise ValueError(f"{where} is not an object with image_id, category_id and score")
        result = {field: plain(given.get(field)) for field in RESULT_FIELDS}
        for field in ("image_id", "category_id"):
            value = result[field]
            if isinstance(value, bool) or not isinstance(value, int):
                raise ValueError(f"{where}: {field} is {value!r}, but ids are whole numbers as in the annotations")
        image = images.get(result["image_id"])
        if image is None:
            raise ValueError(_unknown_image(results, images, where, result["image_id"]))
        score = result["score"]
        if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
            raise ValueError(f"{where}: score is {score!r}, not a number")
        if result["category_id"] in category_ids:
            complete.append(_complete_result(result, image, where, compressed))
        else:
            unnamed.append(result["category_id"])
    compressed.check()
    _say_what_is_left_out("results", len(results), "category ids", unnamed, "the annotations do not name")
    return complete


def _as_detected(result: object) -> object:
    """An annotation of `core predict` with the box that was detected, in place of its mask's."""
    if not isinstance(result, dict) or "detection_bbox" not in result:
        return result
    return result | {"bbox": result["detection_bbox"]}


def _unknown_image(results: Sequence[object], known: dict[object, object], where: str, image_id: int) -> str:
    ids = [plain(result.get("image_id")) for result in results if isinstance(result, dict)]
    unknown = [value for value in ids if isinstance(value, int) and value not in known]
    return (
        f"{where}: image_id {image_id} is not among the annotated images; {len(unknown)} of {len(results)} results "
        f"name such images ({listed(unknown)}): are they of another data set?"
    )


class CompressedRuns:
    """The compressed masks of a results list, checked together: one by one that takes longer than the evaluation."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.pixels: list[int] = []
        self.named: list[tuple[object, EvaluatedImage, str]] = []

    def takes(self, segmentation: object, image: EvaluatedImage, where: str) -> bool:
        """Whether a segmentation is a compressed RLE of its image's size, whose runs `check` will look at."""
        if not isinstance(segmentation, dict) or not isinstance(segmentation.get("counts"), str):
            return False
        height, width = image.get("height"), image.get("width")
        if height is None or width is None or segmentation.get("size") != [height, width]:
            return False  # what is wrong is said where it is looked at alone
        self.texts.append(segmentation["counts"].encode("utf-8"))
        self.pixels.append(height * width)
        self.named.append((segmentation, image, where))
        return True

    def check(self) -> None:
        """Raises ValueError naming the first result whose runs are damaged."""
        damaged = first_damaged(self.texts, self.pixels)
        if damaged is not None:
            _to_rle(*self.named[damaged])


def _complete_result(
    result: Mapping[str, Any], image: EvaluatedImage, where: str, compressed: CompressedRuns
) -> Detection:
    """The fields of one result that count, with its mask as compressed RLE."""
    complete: Detection = {
        "image_id": result["image_id"],
        "category_id": result["category_id"],
        "score": float(result["score"]),
    }
    if result["bbox"]:
        complete["bbox"] = _four_numbers(result["bbox"], where)
    if mask := result["segmentation"]:
        complete["segmentation"] = mask if compressed.takes(mask, image, where) else _to_rle(mask, image, where)
    if result["keypoints"]:
        complete["keypoints"] = result["keypoints"]
    if not complete.keys() & {"bbox", "segmentation", "keypoints"}:
        raise ValueError(f"{where} has neither bbox, segmentation nor keypoints")
    return complete


def _to_rle(segmentation: object, image: EvaluatedImage, where: str) -> Rle:
    height, width = image.get("height"), image.get("width")
    if height is None or width is None:
        raise ValueError(f"image {image['id']} has no height and width in the annotations: add them")
    try:
        return segmentation_to_rle(segmentation, int(height), int(width))
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{where}: {error}") from None


def _four_numbers(box: object, where: str) -> list[float]:
    # Without numpy, which would take longer for four numbers than all the rest of a result.
    if isinstance(box, list | tuple | np.ndarray) and len(box) == 4:
        with contextlib.suppress(TypeError, ValueError):
            values = [float(value) for value in box]
            if all(map(math.isfinite, values)):
                return values
    raise ValueError(f"{where}: bbox {box!r} is not x, y, width, height")


def _box_polygon(box: Sequence[float]) -> list[float]:
    x, y, width, height = box
    return [x, y, x, y + height, x + width, y + height, x + width, y]
