"""COCO data sets out of which a format is written and read back, and what of them has to come back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from core.masks import crop_to_rle, decode_rle, encode_rle, segmentation_area, segmentation_bbox, segmentation_to_rle

FILE_NAMES = ("a.jpg", "train/b 1.png", "train/a.jpg", "c.d.jpeg", "Bärte/é,1.png", "x(1)%20.bmp")
CLASS_NAMES = ("cat", "traffic light", "Käse", "a/b", "7", 'q"&<x>;,', "person")
POINT_NAMES = ("nose", "left eye", "tail")
# Each of one type, as tools have them.
ATTRIBUTES: SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "colour": st.sampled_from(["red", "x, y", "<&>"]),
        "note 1": st.booleans(),
        "count": st.integers(-5, 99),
        "occluded": st.just(True),
    },
)

# What stands beside an object and is not its shape.
BESIDE: SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from(["manual", "edited", "predicted"]),
        "author": st.sampled_from(["Ann", "Bärbel <b>, x", "7"]),
        "my field": st.sampled_from([3, {"deep": ["x"]}]),
    },
)
OWN = {"id", "image_id", "category_id", "segmentation", "bbox", "area", "iscrowd", "keypoints", "num_keypoints"}
OWN |= {"score", "attributes", "source", "author"}


@st.composite
def polygons(draw: DrawFn, height: int, width: int) -> list[list[float]]:
    """One to three triangles or rectangles with whole-pixel corners, each covering a pixel; they may overlap."""
    found: list[list[float]] = []
    for _ in range(draw(st.integers(1, 3))):
        left, top = draw(st.integers(0, width - 2)), draw(st.integers(0, height - 2))
        right, bottom = draw(st.integers(left + 2, width)), draw(st.integers(top + 2, height))
        corners = [left, top, right, top, right, bottom, left, bottom]
        found.append([float(value) for value in corners[: draw(st.sampled_from([6, 8]))]])
    return found


@st.composite
def bitmaps(draw: DrawFn, height: int, width: int) -> np.ndarray:
    """A mask of any pixels, holes and loose ones too, at least one."""
    seed = draw(st.integers(0, 2**32 - 1))
    density = draw(st.sampled_from([0.1, 0.5, 0.9]))
    mask = (np.random.default_rng(seed).random((height, width)) < density).astype(np.uint8)
    mask[draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))] = 1
    return mask


@st.composite
def annotations(draw: DrawFn, height: int, width: int, point_names: list[str]) -> dict[str, Any]:
    """An object of any kind in an image of this size."""
    kind = draw(st.sampled_from(["polygons", "mask", "box", "crowd"]))
    size = (height, width)
    segmentation: Any = []
    if kind == "polygons":
        segmentation = draw(polygons(height, width))
    elif kind != "box":
        segmentation = encode_rle(draw(bitmaps(height, width)))
    if kind == "polygons" and draw(st.booleans()):
        # Tenths, at some of which an edge passes from one pixel to the next.
        tenth = draw(st.integers(1, 9)) / 10
        moved = [[max(value - tenth, 0.1) for value in polygon] for polygon in segmentation]
        segmentation = moved if segmentation_area(moved, *size) else segmentation
    if segmentation:
        box = segmentation_bbox(segmentation, *size)
    else:
        left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        box = [left, top, draw(st.integers(1, width - left)), draw(st.integers(1, height - top))]
    found = {"segmentation": segmentation, "bbox": [float(value) for value in box], "iscrowd": int(kind == "crowd")}
    if kind != "crowd":
        if point_names and draw(st.booleans()):
            values: list[float] = []
            for _ in point_names:
                visibility = draw(st.sampled_from([0, 1, 2]))
                point = [draw(st.integers(0, width)), draw(st.integers(0, height)), visibility]
                values += point if visibility else [0, 0, 0]
            if any(values[2::3]):
                found["keypoints"] = values
        if draw(st.booleans()):
            found["score"] = draw(st.sampled_from([0.25, 0.5, 0.875]))
        found |= draw(BESIDE)
        attributes = draw(ATTRIBUTES)
        if attributes:
            found["attributes"] = attributes
    return found


@st.composite
def data_sets(draw: DrawFn) -> dict[str, Any]:
    """A data set of a few small images, with empty ones and unused classes now and then."""
    images = []
    for number, name in enumerate(draw(st.lists(st.sampled_from(FILE_NAMES), min_size=1, max_size=3, unique=True)), 1):
        images.append(
            {
                "id": number * 10,
                "file_name": name,
                "height": draw(st.integers(4, 23)),
                "width": draw(st.integers(4, 23)),
                **draw(st.sampled_from([{}, {"license": 1, "date_captured": "2024-02-29"}])),
            }
        )
    categories = []
    for number, name in enumerate(draw(st.lists(st.sampled_from(CLASS_NAMES), min_size=1, max_size=3, unique=True)), 3):
        category: dict[str, Any] = {"id": number, "name": name}
        if draw(st.booleans()):
            category["supercategory"] = "thing"
        if draw(st.booleans()):
            category["color"] = "#123456"
        if draw(st.booleans()):
            category["keypoints"] = list(POINT_NAMES[: draw(st.integers(1, 3))])
            category["skeleton"] = [[1, 2]] if len(category["keypoints"]) > 1 else []
        categories.append(category)
    found = []
    for image in images:
        for _ in range(draw(st.integers(0, 3))):
            category = draw(st.sampled_from(categories))
            entry = draw(annotations(image["height"], image["width"], category.get("keypoints", [])))
            found.append({"id": 100 + len(found), "image_id": image["id"], "category_id": category["id"], **entry})
    beside = draw(st.sampled_from([{}, {"info": {"year": 2024}, "licenses": [{"id": 1, "name": "CC0"}]}]))
    return {**beside, "images": images, "annotations": found, "categories": categories}


def every_kind() -> dict[str, Any]:
    """One small data set with an object of every kind, and an image without."""
    ring = np.ones((7, 9), dtype=np.uint8)
    ring[2:5, 3:6] = 0
    shapes: list[dict[str, Any]] = [
        {"segmentation": [[1.0, 1.0, 8.0, 1.0, 8.0, 6.0]], "attributes": {"colour": "red", "count": 3}},
        {"segmentation": [[1.0, 2.0, 8.0, 2.0, 8.0, 6.0]], "source": "edited", "author": "Ann", "my field": 3},
        {"segmentation": [[1.0, 7.0, 4.0, 7.0, 4.0, 10.0], [6.0, 7.0, 9.0, 7.0, 9.0, 10.0, 6.0, 10.0]], "score": 0.5},
        {"segmentation": crop_to_rle(ring, 2, 3, 12, 16), "keypoints": [3, 4, 2, 0, 0, 0, 9, 9, 1]},
        {"segmentation": [], "bbox": [2.0, 2.0, 5.0, 6.0], "attributes": {"occluded": True}},
        {"segmentation": [], "bbox": [9.0, 1.0, 5.0, 6.0], "keypoints": [10, 2, 2, 12, 3, 2, 0, 0, 0]},
        {"segmentation": crop_to_rle(ring, 6, 4, 12, 16), "iscrowd": 1},
    ]
    images = [{"id": n, "file_name": name, "height": 12, "width": 16} for n, name in enumerate(FILE_NAMES[:3], 1)]
    annotations = []
    images[0]["license"] = 1
    for number, shape in enumerate(shapes * 2):
        box = shape.get("bbox") or segmentation_bbox(shape["segmentation"], 12, 16)
        place = {
            "id": number + 1,
            "image_id": 1 + number // len(shapes),
            "category_id": 1 if "keypoints" in shape else 2,
        }
        annotations.append({"iscrowd": 0, **shape, "bbox": box, "area": box[2] * box[3], **place})
    person = {
        "id": 1,
        "name": "person",
        "keypoints": list(POINT_NAMES),
        "skeleton": [[1, 2]],
        "supercategory": "animal",
    }
    others = [{"id": 2, "name": "traffic light", "color": "#123456"}, {"id": 5, "name": "unused"}]
    return {"info": {"year": 2024}, "images": images, "annotations": annotations, "categories": [person, *others]}


def sizes_of(coco: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Height and width by file name."""
    return {image["file_name"]: (image["height"], image["width"]) for image in coco["images"]}


def objects_in(coco: dict[str, Any], cannot_carry: frozenset[str] = frozenset()) -> Counter[str]:
    """Every object as a text that says all that has to be equal, without what a format cannot carry."""
    images = {image["id"]: image for image in coco["images"]}
    categories = {category["id"]: category for category in coco["categories"]}
    counted: Counter[str] = Counter()
    for annotation, rle in zip(coco["annotations"], _carried_masks(coco, cannot_carry), strict=True):
        image, category = images[annotation["image_id"]], categories[annotation["category_id"]]
        crowd = bool(annotation.get("iscrowd"))
        has_keypoints = any(annotation.get("keypoints", [])[2::3]) and "keypoints" not in cannot_carry
        if has_keypoints and rle and "masks beside keypoints" in cannot_carry:
            rle = None
        kept_box = annotation["bbox"] if rle is None or "masks" in cannot_carry else None
        if (crowd and "crowds" in cannot_carry) or (
            rle is None and "boxes alone" in cannot_carry and not has_keypoints
        ):
            continue
        thing: dict[str, Any] = {"image": image["file_name"], "class": category["name"]}
        if rle is not None and "masks" not in cannot_carry:
            thing["mask"] = rle["counts"]
        elif kept_box is not None:
            thing["box"] = [round(float(value), 6) + 0.0 for value in kept_box]
        if has_keypoints:
            points = zip(category["keypoints"], *(annotation["keypoints"][at::3] for at in range(3)), strict=True)
            thing["keypoints"] = {name: [round(float(x), 6), round(float(y), 6), v] for name, x, y, v in points if v}
        if "crowds" not in cannot_carry:
            thing["crowd"] = crowd
        if "scores" not in cannot_carry:
            thing["score"] = annotation.get("score")
        if "attributes" not in cannot_carry:
            thing["attributes"] = annotation.get("attributes", {})
        if "sources" not in cannot_carry:
            thing["source"] = source_of(annotation)
        if "authors" not in cannot_carry:
            thing["author"] = annotation.get("author")
        if "other fields" not in cannot_carry:
            thing["others"] = other_fields(annotation)
        counted[json.dumps(thing, sort_keys=True)] += 1
    return counted


def source_of(annotation: dict[str, Any]) -> str:
    """Who drew an object; where nothing is said, a score tells a model's from a person's, as on import."""
    return str(annotation.get("source") or ("manual" if annotation.get("score") is None else "predicted"))


def other_fields(entry: dict[str, Any], own: Collection[str] = OWN) -> dict[str, Any]:
    """What an object, or another entry, says beside what is COCO's own."""
    return {key: value for key, value in entry.items() if key not in own}


def _carried_masks(coco: dict[str, Any], cannot_carry: frozenset[str]) -> list[Any]:
    """The RLE of each annotation, None without a mask; where objects cannot overlap, a pixel is the last one's."""
    sizes = {image["id"]: (image["height"], image["width"]) for image in coco["images"]}
    covered = {image_id: np.zeros(size, dtype=bool) for image_id, size in sizes.items()}
    rles: list[Any] = []
    for annotation in reversed(coco["annotations"]):
        image_id = annotation["image_id"]
        rle = segmentation_to_rle(annotation["segmentation"], *sizes[image_id]) if annotation["segmentation"] else None
        is_written = not (annotation.get("iscrowd") and "crowds" in cannot_carry)
        if rle and is_written and "overlaps" in cannot_carry and "masks" not in cannot_carry:
            own = (decode_rle(rle) != 0) & ~covered[image_id]
            covered[image_id] |= own
            rle = encode_rle(own) if own.any() else None
        rles.append(rle)
    return rles[::-1]
