"""Pictures of what was found: masks, keypoints with their skeleton, classes with scores, and the truth beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from core.predict.sources import PredictorSource, read_source
from core.structures import Category, Instances

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
Rectangle = tuple[int, int, int, int]  # x0, y0, x1, y1

# Bright and far apart in hue, for the colour-blind too (after Okabe and Ito): neighbours differ, whatever their class.
COLOURS: tuple[Colour, ...] = (
    (0, 158, 255), (255, 127, 14), (0, 200, 130), (230, 110, 190), (250, 215, 40), (110, 205, 250), (235, 70, 60),
    (160, 120, 240),
)  # fmt: skip
DARK: Colour = (20, 20, 20)  # around lines, so that they stand out from light pictures as from dark ones
OPACITY = 0.4  # of masks
GAP = 8  # pixels between two pictures side by side
SUBPIXEL = 4  # bits: OpenCV takes places of lines and points as whole numbers of 1/16 pixel


@dataclass
class _Object:
    """What is drawn of one object."""

    text: str
    box: tuple[float, float, float, float]
    crop: NDArray[np.uint8] | None  # its pixels, and where they begin
    left: int
    top: int
    keypoints: NDArray[np.float64]  # P×3 of x, y, visibility
    skeleton: Sequence[Sequence[int]]


def draw(
    image: PredictorSource,
    instances: Instances,
    *,
    truth: Instances | Mapping[str, object] | None = None,
    score_threshold: float = 0.0,
    boxes: bool | None = None,
    labels: bool = True,
) -> Picture:
    """uint8 H×W×3: an image with the instances on it, each in a colour of its own.

    Masks are filled and outlined, keypoints joined by the skeleton of their category (hidden ones are rings), and
    each object is named with its score. Boxes are drawn where there are no masks, or as `boxes` says. Instances below
    `score_threshold` are left out. With `truth` (Instances, or a target as `CocoDataset` gives them, whose labels
    stand for the same categories) the picture is twice as wide, with the annotated objects at the right.

    Raises ValueError, one line, where the instances are those of an image of another size.
    """
    pixels = read_source(image)
    if instances.image_size != pixels.shape[:2]:
        height, width = instances.image_size
        raise ValueError(
            f"the instances are of an image of {width}×{height}, this one is {pixels.shape[1]}×{pixels.shape[0]}"
        )
    kept = instances[instances.scores >= score_threshold]
    found = _drawn(pixels, list(_objects(kept, scores=True)), boxes, labels)
    if truth is None:
        return found
    annotated = (
        _objects(truth, scores=False) if isinstance(truth, Instances) else _of_target(truth, instances.categories)
    )
    right = _drawn(pixels, list(annotated), boxes, labels)
    gap = np.full((pixels.shape[0], GAP, 3), 255, dtype=np.uint8)
    return np.hstack([found, gap, right])


def _objects(instances: Instances, scores: bool) -> Iterator[_Object]:
    """The objects of Instances."""
    crops = list(instances.mask_crops()) if instances.has_masks else [(None, 0, 0)] * len(instances)
    points = None if instances.keypoints is None else instances.keypoints.detach().double().cpu().numpy()
    for row, (crop, left, top) in enumerate(crops):
        category = instances.category_of(row)
        text = f"{category['name']} {float(instances.scores[row]):.2f}" if scores else category["name"]
        own = np.zeros((0, 3)) if points is None else points[row]
        x0, y0, x1, y1 = instances.boxes[row].tolist()
        yield _Object(text, (x0, y0, x1, y1), crop, left, top, own, category.get("skeleton") or ())


def _of_target(target: Mapping[str, Any], categories: Sequence[Category]) -> Iterator[_Object]:
    """The objects of a target dictionary."""
    points = target.get("keypoints")
    for row, (box, label) in enumerate(zip(target["boxes"], target["labels"], strict=True)):
        x0, y0, x1, y1 = (float(value) for value in box)
        known = int(label) <= len(categories)
        category = categories[int(label) - 1] if known else Category(id=int(label), name=str(int(label)))
        crop, left, top = None, 0, 0
        if "masks" in target:
            crop = np.ascontiguousarray(np.asarray(target["masks"][row]) != 0, dtype=np.uint8)
        elif "box_masks" in target:
            left, top = round(x0), round(y0)
            size = (max(1, round(x1) - left), max(1, round(y1) - top))
            cells = np.ascontiguousarray(np.asarray(target["box_masks"][row]), dtype=np.uint8)
            crop = np.asarray(cv2.resize(cells, size, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
        own = np.zeros((0, 3)) if points is None else np.asarray(points[row], dtype=np.float64)
        yield _Object(category["name"], (x0, y0, x1, y1), crop, left, top, own, category.get("skeleton") or ())


def _drawn(pixels: Picture, objects: Sequence[_Object], boxes: bool | None, labels: bool) -> Picture:
    """The picture with the objects on it: large ones first, so that small ones stay visible, all names last."""
    picture = pixels.copy()
    shorter = min(pixels.shape[:2])
    line = max(1, round(shorter / 350))
    order = sorted(range(len(objects)), key=lambda place: -_area(objects[place]))
    for place in order:
        thing, colour = objects[place], COLOURS[place % len(COLOURS)]
        if thing.crop is not None and thing.crop.size:
            _fill(picture, thing, colour)
            _outline(picture, thing, colour, line)
        if boxes or (boxes is None and thing.crop is None):
            _box(picture, thing.box, colour, line)
        _keypoints(picture, thing, colour, line)
    if not labels or not objects:
        return picture
    named = [(objects[place].text, _name_place(objects[place]), COLOURS[place % len(COLOURS)]) for place in order[::-1]]
    return _with_names(picture, named, size=min(26, max(11, round(shorter / 34))))


def _area(thing: _Object) -> float:
    x0, y0, x1, y1 = thing.box
    return (x1 - x0) * (y1 - y0)


def _fill(picture: Picture, thing: _Object, colour: Colour) -> None:
    """Mix the colour into the object's pixels."""
    assert thing.crop is not None
    height, width = thing.crop.shape
    window = picture[thing.top : thing.top + height, thing.left : thing.left + width]
    inside = thing.crop[: window.shape[0], : window.shape[1]].astype(bool)
    window[inside] = np.rint((1 - OPACITY) * window[inside] + OPACITY * np.array(colour)).astype(np.uint8)


def _outline(picture: Picture, thing: _Object, colour: Colour, line: int) -> None:
    assert thing.crop is not None
    outlines, _ = cv2.findContours(
        np.ascontiguousarray(thing.crop), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE, offset=(thing.left, thing.top)
    )
    cv2.drawContours(picture, outlines, -1, DARK, line + 2, cv2.LINE_AA)
    cv2.drawContours(picture, outlines, -1, colour, line, cv2.LINE_AA)


def _box(picture: Picture, box: tuple[float, float, float, float], colour: Colour, line: int) -> None:
    x0, y0, x1, y1 = box
    for tint, width in ((DARK, line + 2), (colour, line)):
        cv2.rectangle(picture, _place(x0, y0), _place(x1, y1), tint, width, cv2.LINE_AA, SUBPIXEL)


def _keypoints(picture: Picture, thing: _Object, colour: Colour, line: int) -> None:
    """The bones between labelled keypoints, then the points: visible ones filled, hidden ones as rings."""
    points = thing.keypoints
    bones = [
        (points[first - 1], points[second - 1])
        for first, second in thing.skeleton
        if max(first, second) <= len(points) and points[first - 1, 2] > 0 and points[second - 1, 2] > 0
    ]
    for tint, width in ((DARK, line + 2), (colour, line)):
        for first, second in bones:
            cv2.line(picture, _place(*first[:2]), _place(*second[:2]), tint, width, cv2.LINE_AA, SUBPIXEL)
    radius = max(3, 2 * line)
    for x, y, visibility in points:
        if visibility > 0:
            size = radius << SUBPIXEL
            cv2.circle(picture, _place(x, y), size + (1 << SUBPIXEL), DARK, -1, cv2.LINE_AA, SUBPIXEL)
            middle = (255, 255, 255) if visibility > 1 else DARK
            cv2.circle(picture, _place(x, y), size, middle, -1, cv2.LINE_AA, SUBPIXEL)
            cv2.circle(picture, _place(x, y), size, colour, max(1, line // 2), cv2.LINE_AA, SUBPIXEL)


def _place(x: float, y: float) -> tuple[int, int]:
    """A place in OpenCV's numbers, whose (0, 0) is the centre of the first pixel."""
    return round((x - 0.5) * (1 << SUBPIXEL)), round((y - 0.5) * (1 << SUBPIXEL))


def _name_place(thing: _Object) -> tuple[float, float]:
    """Where the mask begins, from above; without one, the box. A slanting mask may be far from its box's corner."""
    shown = np.zeros(0, dtype=np.int64) if thing.crop is None else np.flatnonzero(thing.crop.any(axis=1))
    if thing.crop is None or not len(shown):
        return thing.box[0], thing.box[1]
    return thing.left + int(np.flatnonzero(thing.crop[shown[0]])[0]), thing.top + int(shown[0])


def _with_names(picture: Picture, named: Sequence[tuple[str, tuple[float, float], Colour]], size: int) -> Picture:
    """Each text on a ground of its colour above its place, moved down where another one is."""
    canvas = Image.fromarray(picture)
    painter = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size)
    taken: list[Rectangle] = []
    for text, (x, y), colour in named:
        wide, high = round(painter.textlength(text, font)) + 6, size + 5
        left = min(max(0, round(x)), max(0, canvas.width - wide))
        top = round(y) - high
        ground = _free(left, top if top >= 0 else max(0, round(y)), wide, high, canvas.height, taken)
        taken.append(ground)
        painter.rectangle(ground, fill=colour, outline=DARK)
        bright = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] > 140
        painter.text((ground[0] + 3, ground[1] + high / 2), text, DARK if bright else "white", font, anchor="lm")
    return np.asarray(canvas)


def _free(left: int, top: int, wide: int, high: int, height: int, taken: Sequence[Rectangle]) -> Rectangle:
    """The first rectangle from a place downwards that hides no other; where there is none, the one at the place."""
    for y in range(top, max(top, height - high) + 1, max(1, high // 3)):
        if not any(left < x1 and x0 < left + wide and y < y1 and y0 < y + high for x0, y0, x1, y1 in taken):
            return left, y, left + wide, y + high
    return left, top, left + wide, top + high
