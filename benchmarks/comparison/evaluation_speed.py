"""COCO evaluation: pycocotools against `core.evaluate`'s half that judges a results list."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from benchmarks.comparison.alternating import Comparison, compare
from core.evaluation import evaluate_results
from core.evaluation.coco_metrics import DETECTION_STATISTICS
from core.masks import rle_bbox, segmentation_to_rle

COPIES = 10  # of the 106 images, so that a run takes seconds
FALSE_POSITIVES = 60  # an image


def evaluation_comparison(kind: Literal["bbox", "segm"], data: Path, runs: int) -> Comparison:
    """Both judge the same results file; their twelve figures have to be equal."""
    truth = _repeated(json.loads((data / "annotations" / "instances_val.json").read_text()))
    results = _results(truth, kind)
    with tempfile.TemporaryDirectory() as folder:
        truth_file, results_file = Path(folder, "truth.json"), Path(folder, "results.json")
        truth_file.write_text(json.dumps(truth))
        results_file.write_text(json.dumps(results))
        theirs = partial(_reference, truth_file, results_file, kind)
        ours = partial(evaluate_results, truth_file, results_file, [kind])
        expected = theirs()
        found = [ours()[kind][name] for name in DETECTION_STATISTICS]
        if not np.allclose(found, expected, atol=1e-12):
            raise ValueError(f"the figures differ: {found} instead of {list(expected)}")
        images, count = len(truth["images"]), len(results)
        name = f"evaluation, {kind}: {images} images, {count:,} detections"
        return compare(name, theirs, ours, runs, f"the same 12 figures, AP {expected[0]:.4f}", warm_up=0)


def _reference(truth_file: Path, results_file: Path, kind: str) -> np.ndarray:
    """The twelve figures, as pycocotools' own example gets them."""
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(truth_file))
        judged = COCOeval(coco, coco.loadRes(str(results_file)), kind)
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
    return judged.stats


def _repeated(truth: dict[str, Any]) -> dict[str, Any]:
    """The data set several times over, with ids of its own for each copy."""
    images, annotations = [], []
    for number in range(COPIES):
        offset = number * 1_000_000_000
        images += [image | {"id": image["id"] + offset} for image in truth["images"]]
        for annotation in truth["annotations"]:
            identity = {"id": len(annotations) + 1, "image_id": annotation["image_id"] + offset}
            annotations.append(annotation | identity)
    return truth | {"images": images, "annotations": annotations}


def _results(truth: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Detections as a middling model gives them: most objects, moved a little, and many that are none."""
    rng = np.random.default_rng(0)
    sizes = {image["id"]: (image["height"], image["width"]) for image in truth["images"]}
    categories = [category["id"] for category in truth["categories"]]
    results = []
    for annotation in truth["annotations"]:
        if not annotation["iscrowd"] and rng.random() < 0.9:
            results.append(_result(annotation, sizes, kind, rng, annotation["category_id"], rng.uniform(0.2, 1)))
    for image_id in sizes:
        for index in rng.integers(len(truth["annotations"]), size=FALSE_POSITIVES):
            elsewhere = truth["annotations"][index] | {"image_id": image_id}
            category = int(rng.choice(categories))
            results.append(_result(elsewhere, sizes, kind, rng, category, rng.uniform(0.05, 0.5)))
    return results


def _result(
    annotation: dict[str, Any],
    sizes: dict[int, tuple[int, int]],
    kind: str,
    rng: np.random.Generator,
    category_id: int,
    score: float,
) -> dict[str, Any]:
    height, width = sizes[annotation["image_id"]]
    x, y, w, h = annotation["bbox"]
    moved = [x + rng.normal(0, 0.05) * w, y + rng.normal(0, 0.05) * h, w, h]
    result = {"image_id": annotation["image_id"], "category_id": category_id, "score": float(score)}
    if kind == "bbox":
        return result | {"bbox": [float(value) for value in moved]}
    segmentation = annotation["segmentation"]
    if isinstance(segmentation, list):
        shift = np.array([moved[0] - x, moved[1] - y])
        limits = np.array([width, height])
        segmentation = [
            np.clip(np.array(ring).reshape(-1, 2) + shift, 0, limits).flatten().tolist() for ring in segmentation
        ]
        rle = segmentation_to_rle(segmentation, height, width)
    else:
        rle = segmentation_to_rle([[x, y, x + w, y, x + w, y + h]], height, width)
    return result | {"segmentation": rle, "bbox": rle_bbox(rle)}
