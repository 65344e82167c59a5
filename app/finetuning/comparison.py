"""Held-out images with what the base model and the new model find on them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from app.finetuning import job_directory
from app.store.categories import PALETTE
from core.datasets.images import LARGE_PIXEL_LIMIT, read_image

if TYPE_CHECKING:
    from core import CocoDataset, Instances, MaskRCNN

PICTURES = 4
LONGEST_EDGE = 640  # pixels of a picture
SCORE_THRESHOLD = 0.5


def draw_comparison(directory: Path, base: MaskRCNN, new: MaskRCNN, held_out: CocoDataset, device: str) -> None:
    """Write `comparison/<n>.jpg` for the first few held-out images: before on the left, after on the right.

    Only classes that the held-out data names are drawn: of the others nobody said whether they are right.
    """
    from core import Predictor  # brings torch, which the page does without

    folder = directory / job_directory.COMPARISON
    folder.mkdir(exist_ok=True)
    colours = {category["name"]: PALETTE[index % len(PALETTE)] for index, category in enumerate(held_out.categories)}
    pictures: list[list[Image.Image]] = [[] for _ in held_out.file_names[:PICTURES]]
    for model in (base, new):
        predictor = Predictor(model, device=device, score_threshold=SCORE_THRESHOLD)
        for pair, file_name in zip(pictures, held_out.file_names, strict=False):
            pixels = read_image(held_out.images_dir / file_name, pixel_limit=LARGE_PIXEL_LIMIT)
            pair.append(draw_instances(pixels, predictor(pixels), colours))
    for number, (before, after) in enumerate(pictures):
        side_by_side(before, after).save(folder / f"{number}.jpg", quality=88)


def side_by_side(before: Image.Image, after: Image.Image) -> Image.Image:
    """Both pictures of one image with their captions above them."""
    strip, gap = 28, 8
    both = Image.new("RGB", (2 * before.width + gap, before.height + strip), "white")
    draw = ImageDraw.Draw(both)
    font = ImageFont.load_default(size=16)
    for left, caption, picture in ((0, "Before", before), (before.width + gap, "After", after)):
        draw.text((left + 4, 4), caption, fill="black", font=font)
        both.paste(picture, (left, strip))
    return both


def draw_instances(pixels: NDArray[np.uint8], instances: Instances, colours: dict[str, str]) -> Image.Image:
    """The image, made smaller, with masks and class names; `colours` ("#rrggbb") says which classes are drawn."""
    height, width = pixels.shape[:2]
    scale = min(1.0, LONGEST_EDGE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    canvas = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    labels = []
    for index, (crop, left, top) in enumerate(_shapes(instances)):
        name = instances.category_of(index)["name"]
        if name not in colours or not crop.any():
            continue
        colour = _rgb(colours[name])
        outlines, _ = cv2.findContours(crop, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE, offset=(left, top))
        scaled = [np.round((outline + 0.5) * scale).astype(np.int32) for outline in outlines]
        filled = cv2.fillPoly(canvas.copy(), scaled, colour)
        canvas = cv2.addWeighted(filled, 0.4, canvas, 0.6, 0)
        cv2.polylines(canvas, scaled, True, colour, 2, cv2.LINE_AA)
        labels.append((left * scale, top * scale, f"{name} {float(instances.scores[index]):.2f}"))
    picture = Image.fromarray(canvas)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=13)
    for x, y, text in labels:
        box = draw.textbbox((x + 2, y + 1), text, font=font)
        draw.rectangle((box[0] - 2, box[1] - 1, box[2] + 2, box[3] + 1), fill="black")
        draw.text((x + 2, y + 1), text, fill="white", font=font)
    return picture


def _shapes(instances: Instances) -> Iterable[tuple[NDArray[np.uint8], int, int]]:
    """Mask crops with their left and top pixel; of a model without masks, its boxes."""
    if instances.masks is not None:
        return instances.mask_crops()
    corners = [[round(value) for value in box] for box in instances.boxes.tolist()]
    return [(np.ones((max(0, y1 - y0), max(0, x1 - x0)), np.uint8), x0, y0) for x0, y0, x1, y1 in corners]


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
