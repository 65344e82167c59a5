"""Synthetic scenes with exact masks and keypoints: a data set without photographs.

Materials, light and camera faults are drawn far more widely than the real world has them, so that what a model
learns of figure and ground holds for photographs too.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.datasets.figures import SHAPES, Figure, shape
from core.datasets.people import DETAIL, HAIR, KEYPOINT_NAMES, SKELETON, SKIN, person
from core.datasets.textures import background, camera, lighting, random_colour, surface
from core.files import write_text_atomically
from core.masks import crop_has_holes, crop_to_polygons, crop_to_rle
from core.structures import Category

CATEGORIES: tuple[Category, ...] = (
    *(Category(id=number, name=name, supercategory="shape") for number, name in enumerate(SHAPES, 1)),
    Category(
        id=len(SHAPES) + 1,
        name="person",
        supercategory="person",
        keypoints=list(KEYPOINT_NAMES),
        skeleton=[list(bone) for bone in SKELETON],
    ),
)

SMALLEST = 16  # pixels along the longer side of an object
_PERSON_SHARE = 0.3
_HIDDEN_SHARE = 0.75  # of an object that others may cover before it is no longer annotated


def generate_scene(
    seed: int | list[int],
    *,
    height: int | None = None,
    width: int | None = None,
    max_objects: int = 12,
) -> tuple[NDArray[np.uint8], list[dict[str, object]]]:
    """One scene: its image, uint8 H×W×3 RGB, and its COCO annotations, with ids from 1 and no image_id yet.

    1 to `max_objects` objects overlap; masks are what is visible of each, an object mostly covered by others is not
    annotated. Where `height` or `width` is not given, the longer side is 320 and the shorter 208 to 320. Keypoint
    visibility is 2 where seen, 1 where another object or the body covers it, 0 (and x = y = 0) outside the image. The
    same seed gives the same scene.
    """
    rng = np.random.default_rng(seed)
    shorter = int(rng.integers(208, 321))
    tall = rng.random() < 0.35
    height = height or (320 if tall else shorter)
    width = width or (shorter if tall else 320)
    canvas = background(rng, height, width)
    owner = np.full((height, width), -1, dtype=np.int16)  # number of the object seen at each pixel
    placed: list[tuple[int, Figure, int]] = []  # category id, figure, its pixels in the image were it alone
    count = max(int(np.ceil(max_objects * rng.random() ** 1.3)), 1)
    for number in range(count):
        figure, category_id = _random_figure(rng, owner, count)
        whole = _paint(rng, canvas, owner, number, figure, is_person=category_id == len(SHAPES) + 1)
        placed.append((category_id, figure, whole))
    annotations: list[dict[str, object]] = []
    for number, (category_id, figure, whole) in enumerate(placed):
        annotation = _annotation(owner, number, category_id, figure, whole)
        if annotation is not None:
            annotations.append({"id": len(annotations) + 1, **annotation})
    return camera(rng, canvas), annotations


def write_shapes(
    out_dir: str | os.PathLike[str],
    images: int,
    seed: int = 0,
    *,
    height: int | None = None,
    width: int | None = None,
    max_objects: int = 12,
    image_format: Literal["jpg", "png"] = "jpg",
) -> Path:
    """A COCO data set of synthetic scenes: `out_dir`/images/*.jpg (or png) and `out_dir`/annotations.json.

    Returns the annotation file, which is written last. Raises ValueError where `out_dir` already holds a data set, and
    OSError that names the file where the disk is full.
    """
    if images < 1:
        raise ValueError(f"{images} images: at least 1 is needed")
    out = Path(out_dir)
    annotation_file = out / "annotations.json"
    if annotation_file.exists():
        raise ValueError(f"{annotation_file} exists already: name another folder, or remove it first")
    (out / "images").mkdir(parents=True, exist_ok=True)
    data: dict[str, Any] = {
        "info": {"description": f"synthetic shapes and people, {images} scenes, seed {seed}", "version": "1"},
        "licenses": [],
        "images": [],
        "annotations": [],
        "categories": list(CATEGORIES),
    }
    for image_id in range(1, images + 1):
        pixels, annotations = generate_scene([seed, image_id], height=height, width=width, max_objects=max_objects)
        file_name = f"{image_id:06d}.{image_format}"
        try:
            Image.fromarray(pixels).save(out / "images" / file_name, quality=92)
        except OSError as error:  # of a full disk Pillow does not say which file it was
            raise OSError(error.errno, error.strerror, str(out / "images" / file_name)) from None
        size = {"width": pixels.shape[1], "height": pixels.shape[0]}
        data["images"].append({"id": image_id, "file_name": file_name, **size})
        for annotation in annotations:
            data["annotations"].append({**annotation, "id": len(data["annotations"]) + 1, "image_id": image_id})
    write_text_atomically(annotation_file, json.dumps(data))
    return annotation_file


def _random_figure(rng: np.random.Generator, owner: NDArray[np.int16], count: int) -> tuple[Figure, int]:
    """A figure somewhere in the image, rather where nothing is yet, with its category id."""
    height, width = owner.shape
    # Among many objects none should fill the image.
    largest = min(height, width) * 0.95 / max(count / 3, 1) ** 0.5
    size = SMALLEST * max(largest / SMALLEST, 1) ** (rng.random() ** 0.7)
    candidates = rng.uniform(0.02, 0.98, (3, 2)) * (width, height)
    centre = min(candidates, key=lambda point: owner[int(point[1]), int(point[0])] >= 0)
    if rng.random() < _PERSON_SHARE:
        return person(rng, (centre[0], centre[1]), size * 1.3), len(SHAPES) + 1
    kind = int(rng.integers(len(SHAPES)))
    return shape(rng, SHAPES[kind], (centre[0], centre[1]), size), kind + 1


def _paint(
    rng: np.random.Generator,
    canvas: NDArray[np.float32],
    owner: NDArray[np.int16],
    number: int,
    figure: Figure,
    is_person: bool,
) -> int:
    """Paints a figure over what is there and enters it as the owner of its pixels; how many they are."""
    height, width = owner.shape
    fine = figure.fine
    left, top = max(figure.left, 0), max(figure.top, 0)
    right = min(figure.left + figure.materials.shape[1] // fine, width)
    bottom = min(figure.top + figure.materials.shape[0] // fine, height)
    if right <= left or bottom <= top:
        return 0
    rows = slice((top - figure.top) * fine, (bottom - figure.top) * fine)
    columns = slice((left - figure.left) * fine, (right - figure.left) * fine)
    materials = figure.materials[rows, columns]
    size = (right - left, bottom - top)
    coverage = _share(materials > 0, size)
    under = canvas[top:bottom, left:right]
    like = under.mean(axis=(0, 1)) if rng.random() < 0.1 else None
    colour = np.zeros_like(under)
    for material in np.flatnonzero(np.bincount(materials.ravel())[1:]).tolist():
        share = _share(materials == material + 1, size)[..., None]
        colour += share * _material(rng, material + 1, size, is_person, like)
    if rng.random() < 0.7:
        colour *= lighting(rng, size[1], size[0], 0.6)[..., None]
    if rng.random() < 0.4:
        colour *= _roundness(coverage, rng.uniform(0.3, 0.8))[..., None]
    if rng.random() < 0.3:
        _cast_shadow(rng, canvas, coverage, left, top)
    # `colour` carries its coverage already.
    canvas[top:bottom, left:right] = under * (1 - coverage[..., None]) + np.clip(colour, 0, 255)
    mask = coverage >= 0.5
    owner[top:bottom, left:right][mask] = number
    return int(mask.sum())


def _share(cells: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.float32]:
    """The part of each pixel that its fine cells cover, 0 to 1."""
    share: NDArray[np.float32] = cv2.resize(cells.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return share


def _material(
    rng: np.random.Generator, material: int, size: tuple[int, int], is_person: bool, like: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    if is_person and material in (SKIN, HAIR, DETAIL):
        tone = {
            SKIN: np.array([224, 172, 138], dtype=np.float32) * np.float32(rng.uniform(0.35, 1.1)),
            HAIR: np.array([90, 65, 45], dtype=np.float32) * np.float32(rng.uniform(0.1, 2)),
            DETAIL: np.full(3, rng.uniform(0, 60), dtype=np.float32),
        }[material]
        if rng.random() < 0.15:
            tone = random_colour(rng)
        return np.broadcast_to(tone, (size[1], size[0], 3))
    return surface(rng, size[1], size[0], like)


def _roundness(coverage: NDArray[np.float32], depth: float) -> NDArray[np.float32]:
    """Factors that darken an object towards its outline, as light from the viewer does with round things."""
    distance: NDArray[np.float32] = cv2.distanceTransform((coverage >= 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    factors: NDArray[np.float32] = 1 - np.float32(depth) * (1 - np.sqrt(distance / max(float(distance.max()), 1.0)))
    return factors


def _cast_shadow(
    rng: np.random.Generator, canvas: NDArray[np.float32], coverage: NDArray[np.float32], left: int, top: int
) -> None:
    """Darkens the canvas beside an object."""
    height, width = canvas.shape[:2]
    reach = max(coverage.shape) * 0.12
    shift = rng.normal(0, reach, 2)
    move = np.array([[1, 0, left + shift[0]], [0, 1, top + shift[1]]])
    shadow = cv2.warpAffine(coverage, move, (width, height))
    shadow = cv2.blur(shadow, (int(reach) + 1, int(reach) + 1))
    canvas *= 1 - np.float32(rng.uniform(0.2, 0.6)) * shadow[..., None]


def _annotation(
    owner: NDArray[np.int16], number: int, category_id: int, figure: Figure, whole: int
) -> dict[str, object] | None:
    """The COCO annotation of what is visible of an object; None where that is too little."""
    height, width = owner.shape
    left, top = max(figure.left, 0), max(figure.top, 0)
    fine = figure.fine
    right = figure.left + figure.materials.shape[1] // fine
    bottom = figure.top + figure.materials.shape[0] // fine
    crop = (owner[top : max(bottom, 0), left : max(right, 0)] == number).astype(np.uint8)
    area = int(crop.sum())
    if area < 12 or area < (1 - _HIDDEN_SHARE) * whole:
        return None
    x, y, box_width, box_height = cv2.boundingRect(crop)
    crop = crop[y : y + box_height, x : x + box_width]
    x, y = x + left, y + top
    holes = crop_has_holes(crop)
    annotation: dict[str, object] = {
        "category_id": category_id,
        "iscrowd": 0,
        "bbox": [float(x), float(y), float(box_width), float(box_height)],
        "area": float(area),
        "segmentation": crop_to_rle(crop, x, y, height, width) if holes else crop_to_polygons(crop, x, y),
    }
    if figure.keypoints is not None:
        points: list[float] = []
        for px, py, hidden in figure.keypoints.tolist():
            if not (0 <= px < width and 0 <= py < height):
                points += [0, 0, 0]
            else:
                covered = hidden or owner[int(py), int(px)] > number
                # Rounded down, they stay in their pixel, and so in the image.
                points += [int(px * 10) / 10, int(py * 10) / 10, 1 if covered else 2]
        annotation["keypoints"] = points
        annotation["num_keypoints"] = sum(visibility > 0 for visibility in points[2::3])
    return annotation
