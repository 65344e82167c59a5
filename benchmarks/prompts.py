"""Masks by prompt, measured as in the literature: IoU of box → mask, and clicks until an IoU (NoC).

Objects of at least 32² pixels; box corners moved by a normal deviate of 3 % of the box's sides; a click in the
middle of the largest error, moved by 2.5 px a direction; at most 20 clicks, a failure counts 20. IoUs by COCO's sizes,
small below 32² pixels and large from 96², are of the first answer.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from core.datasets.coco import CocoDataset
from core.datasets.images import read_image
from core.masks import bitmap_iou
from core.prompts.clicks import next_click
from core.prompts.local_mask import LocalMask
from core.prompts.prompt_maps import Prompt
from core.prompts.prompter import MaskPrompter

SIZES = {"small": 0, "medium": 32 * 32, "large": 96 * 96}  # pixels from which on
MOST_CLICKS = 20
TARGETS = (0.85, 0.90)
KEYS = 3  # for a larger or smaller object, at most


def main() -> None:
    """Measure a prompt model on the objects of one or several data sets and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", default=None, help="directory of a prompt model; the one that ships without it")
    parser.add_argument("--data", nargs="+", required=True, help="FOLDER:FILE[:EVERY], EVERY n-th image by file name")
    parser.add_argument("--objects", type=int, default=0, help="at most so many a data set, spread evenly; 0: all")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--start", choices=("box", "click", "mask"), default="box")
    parser.add_argument("--clicks", type=int, default=MOST_CLICKS)
    parser.add_argument(
        "--meanings", action="store_true", help="with --start click: by so many keys for a larger or smaller"
    )
    parser.add_argument("--smallest", type=int, default=SIZES["medium"], help="pixels of the smallest object")
    parser.add_argument("--deviation", type=float, default=0.03, help="of a box's corners, over its sides; 0: exact")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    prompter = MaskPrompter(options.weights)
    for name in options.data:
        rows = [measured(prompter, *item, options) for item in _objects(name, options.objects, options.smallest)]
        print(json.dumps({"data": name, "start": options.start, **summary(rows)}), flush=True)


def _objects(name: str, most: int, smallest: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8], int]]:
    folder, file, *every = name.split(":")
    dataset = CocoDataset(folder, file)
    order = sorted(range(len(dataset)), key=lambda index: dataset.file_names[index])
    if every:
        order = order[:: int(every[0])]
    chosen = [
        (index, number)
        for index in order
        for number, annotation in enumerate(dataset.annotations(index))
        if annotation.get("segmentation") and not annotation.get("iscrowd")
        and dataset.bitmap(index, [number]).sum() >= smallest
    ]  # fmt: skip
    if most and len(chosen) > most:
        chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, most).astype(int)]
    for index, number in chosen:
        pixels = read_image(Path(folder) / dataset.file_names[index])
        yield pixels, dataset.bitmap(index, [number]), 1000 * index + number


def measured(
    prompter: MaskPrompter, pixels: NDArray[np.uint8], truth: NDArray[np.uint8], seed: int, options: argparse.Namespace
) -> dict[str, Any]:
    """IoU after the first prompt, clicks to each target, and the seconds of each answer."""
    random = np.random.default_rng(seed)
    height, width = truth.shape
    box, clicks, mask = None, [], None
    if options.start == "box":
        x0, y0, x1, y1 = LocalMask.of(truth).box
        sides = np.array([x1 - x0, y1 - y0, x1 - x0, y1 - y0])
        moved = np.array([x0, y0, x1, y1]) + random.normal(0, options.deviation, 4) * sides
        box = np.clip(moved, 0, [width, height] * 2).tolist()
    else:
        clicks = [next_click(truth, np.zeros_like(truth), random)]
    began = time.perf_counter()
    answer = prompter.answer(pixels, Prompt(box, clicks, mask))
    first = time.perf_counter() - began
    ious = [bitmap_iou(answer.mask.whole(height, width), truth)]
    seconds = []
    while ious[-1] < TARGETS[-1] and len(ious) <= options.clicks:
        clicked = next_click(truth, answer.mask.whole(height, width), random)
        if clicked is None:
            break
        clicks.append(clicked)
        began = time.perf_counter()
        answer = prompter.answer(pixels, Prompt(box, clicks, answer.mask))  # the page keeps the box too
        seconds.append(time.perf_counter() - began)
        ious.append(bitmap_iou(answer.mask.whole(height, width), truth))
    meanings = prompter.meanings(pixels, clicks) if options.meanings else []
    chosen = by_keys([(int(one.mask.crop.sum()), bitmap_iou(one.mask.whole(height, width), truth)) for one in meanings])
    return {
        "by_keys": chosen,
        "area": int(truth.sum()),
        "ious": ious,
        "first": first,
        "seconds": seconds,
        "quality": answer.quality,
    }


def by_keys(meanings: list[tuple[int, float]]) -> list[float]:
    """Of (area, IoU), the answer first: the best IoU with no key for a larger or smaller one, with one, with two …"""
    if not meanings:
        return []
    order = sorted(meanings)
    at, best = order.index(meanings[0]), max(range(len(order)), key=lambda place: order[place][1])
    way = 1 if best > at else -1
    seen = [order[place][1] for place in range(at, best + way, way)]
    return [max(seen[: keys + 1]) for keys in range(KEYS + 1)]


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over the objects, as the module says."""
    answer: dict[str, Any] = {"objects": len(rows), "iou": round(float(np.mean([row["ious"][0] for row in rows])), 4)}
    by_size: dict[str, list[float]] = {size: [] for size in SIZES}
    for row in rows:
        by_size[[size for size, least in SIZES.items() if row["area"] >= least][-1]].append(row["ious"][0])
    answer["iou_by_size"] = {size: round(float(np.mean(ious)), 4) for size, ious in by_size.items() if ious}
    if pressed := [row["by_keys"] for row in rows if row["by_keys"]]:
        answer["iou_by_keys"] = np.mean(pressed, axis=0).round(4).tolist()
    for target in TARGETS:
        clicks = [
            next((number for number, value in enumerate(row["ious"]) if value >= target), MOST_CLICKS) for row in rows
        ]
        answer[f"clicks_{target:g}"] = round(float(np.mean(clicks)), 2)
        answer[f"failed_{target:g}"] = sum(number >= MOST_CLICKS for number in clicks)
    later = [value for row in rows for value in row["seconds"]]
    answer["first_ms"] = round(1e3 * float(np.median([row["first"] for row in rows])), 1)
    answer["click_ms"] = round(1e3 * float(np.median(later)), 1) if later else None
    return answer


if __name__ == "__main__":
    main()
