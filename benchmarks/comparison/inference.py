"""An image file to COCO JSON: torchvision with pycocotools, as its users write it, and this package's `Predictor`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from pycocotools import mask as pycocotools_mask
from torchvision.ops import box_iou
from torchvision.transforms.functional import pil_to_tensor

from benchmarks.comparison.alternating import Comparison, Seconds, clock_seconds, compare_each
from benchmarks.comparison.own_process import OwnProcess, in_own_process
from benchmarks.comparison.same_weights import Task, torchvision_model, write_weights
from core import Predictor
from core.masks import rle_iou
from core.memory import keep_freed_memory

Size = Literal["640x480", "1920x1080", "4000x3000"]
SIZES: dict[Size, tuple[int, int]] = {"640x480": (640, 480), "1920x1080": (1920, 1080), "4000x3000": (4000, 3000)}
THRESHOLD = 0.05  # torchvision's own; as many as 100 detections an image


def inference_comparisons(
    task: Task,
    photographs: Sequence[Path],
    folder: Path,
    runs: int,
    device: str,
    precisions: Sequence[str] = ("float32",),
    cpu_time: bool = False,
    sizes: Sequence[Size] = ("640x480", "1920x1080"),
) -> Iterator[Comparison]:
    """A comparison a size and precision, on the same photographs brought to it, all of a size by turns in one run.

    `folder` takes the copies of the photographs and the weights. With `cpu_time` the seconds are those of a processor.
    """
    weights = folder / f"{task}.pth"
    write_weights(task, [to_tensor(path) for path in photographs[:2]], weights)
    with ExitStack() as stack:
        reference = stack.enter_context(in_own_process(torchvision_to_coco, task, weights, device))
        ours = {
            name: stack.enter_context(in_own_process(maskloop_to_coco, weights, device, name)) for name in precisions
        }
        for size in sizes:
            files = [resized(path, SIZES[size], folder) for path in photographs]

            def all_by(process: OwnProcess, files: Sequence[Path] = files) -> list[list[dict[str, Any]]]:
                return [json.loads(process(file)) for file in files]

            def seconds_of(process: OwnProcess) -> Seconds:
                return process.cpu_seconds_of if cpu_time else clock_seconds

            found = all_by(reference)  # this warms all of them up, too
            rows = {}
            for precision, process in ours.items():
                # Rounded to 8 bits, near-equal scores of random weights change places: that much is said, not asked.
                limits = {} if precision == "float32" else {"iou": 0.9, "least": 0.0}
                agreement = agreement_of(found, all_by(process), **limits)
                name = f"{task}: {len(files)} files of {size} to COCO JSON, {precision}"
                rows[name] = (partial(all_by, process), agreement, seconds_of(process))
            yield from compare_each(rows, partial(all_by, reference), seconds_of(reference), runs)


def to_tensor(path: Path) -> torch.Tensor:
    """float32 3×H×W in 0..1, as torchvision's tutorials do it."""
    with Image.open(path) as image:
        return pil_to_tensor(image.convert("RGB")).float() / 255


def maskloop_to_coco(weights: Path, device: str, precision: str = "float32") -> Callable[[Path], str]:
    """File to COCO annotations by `Predictor`, in a process that keeps its memory as `python -m core predict` does."""
    keep_freed_memory()
    predictor = Predictor(weights, device, score_threshold=THRESHOLD, cache_size=0, precision=precision)
    return lambda file: json.dumps(predictor(file).to_coco())


def torchvision_to_coco(task: Task, weights: Path, device: str) -> Callable[[Path], str]:
    """File to COCO annotations by torchvision's model, a threshold at 0.5 and pycocotools' encoder."""
    model = torchvision_model(task, weights).to(device)

    @torch.inference_mode()
    def to_coco(path: Path) -> str:
        found = {key: value.cpu() for key, value in model([to_tensor(path).to(device)])[0].items()}
        annotations = []
        for index, (box, label, score) in enumerate(zip(found["boxes"], found["labels"], found["scores"], strict=True)):
            x0, y0, x1, y1 = box.tolist()
            annotation: dict[str, Any] = {"image_id": 0, "category_id": int(label), "bbox": [x0, y0, x1 - x0, y1 - y0]}
            annotation["score"] = float(score)
            if "masks" in found:
                bitmap = their_bitmap(found["masks"][index, 0])
                rle = pycocotools_mask.encode(np.asfortranarray(bitmap))
                annotation["segmentation"] = {"size": rle["size"], "counts": rle["counts"].decode("ascii")}
            if "keypoints" in found:
                annotation["keypoints"] = found["keypoints"][index].flatten().tolist()
            annotations.append(annotation)
        return json.dumps(annotations)

    return to_coco


def their_bitmap(probabilities: torch.Tensor) -> np.ndarray:
    """uint8 H×W of torchvision's mask by the rule that ours goes by: saturated random maps are full of exact halves."""
    return (probabilities >= 0.5).numpy().astype(np.uint8)


def agreement_of(
    theirs: Sequence[list[dict[str, Any]]],
    ours: Sequence[list[dict[str, Any]]],
    iou: float = 0.99,
    least: float = 0.98,
) -> str:
    """The share of their detections that is among ours: same label, box IoU over `iou`; and how like their shapes are.

    Raises ValueError where less than `least` agree: the times would then be those of different work.
    """
    count, boxes_agree, shapes = 0, 0, []
    for their_image, our_image in zip(theirs, ours, strict=True):
        count += len(their_image)
        if not their_image or not our_image:
            continue
        same_label = _labels(their_image)[:, None] == _labels(our_image)[None]
        overlap = box_iou(_boxes(their_image), _boxes(our_image)) * same_label
        best = overlap.max(dim=1)
        for index in torch.nonzero(best.values > iou)[:, 0].tolist():
            boxes_agree += 1
            shapes.append(_same_shape(their_image[index], our_image[int(best.indices[index])]))
    share = boxes_agree / max(count, 1)
    if share < least:
        raise ValueError(f"only {share:.0%} of {count} detections agree: nothing to compare")
    example = theirs[0][0]
    shape = ", boxes alone"
    if "segmentation" in example:
        shape = f", mean mask IoU {np.mean(shapes):.3f}"
    elif "keypoints" in example:
        shape = f", {np.mean(np.array(shapes) < 1):.1%} of persons with all keypoints within a pixel"
    looser = "" if iou == 0.99 else f" at box IoU {iou}"
    return f"{share:.1%} of {count} detections{looser}{shape}"


def _same_shape(theirs: dict[str, Any], ours: dict[str, Any]) -> float:
    """IoU of the masks, or the largest distance of a keypoint in pixels; 1 where there are boxes alone."""
    if "segmentation" in theirs:
        return rle_iou(theirs["segmentation"], ours["segmentation"])
    if "keypoints" not in theirs:
        return 1.0
    points = [np.array(item["keypoints"]).reshape(-1, 3)[:, :2] for item in (theirs, ours)]
    return float(np.abs(points[0] - points[1]).max())


def _labels(annotations: Sequence[dict[str, Any]]) -> torch.Tensor:
    return torch.tensor([annotation["category_id"] for annotation in annotations])


def _boxes(annotations: Sequence[dict[str, Any]]) -> torch.Tensor:
    corners = torch.tensor([annotation["bbox"] for annotation in annotations])
    return torch.cat([corners[:, :2], corners[:, :2] + corners[:, 2:]], dim=1)


def resized(path: Path, size: tuple[int, int], folder: Path) -> Path:
    """A copy of a photograph in another size, as a JPEG in `folder`."""
    file = folder / f"{size[0]}_{path.stem}.jpg"
    with Image.open(path) as image:
        image.convert("RGB").resize(size, Image.Resampling.BICUBIC).save(file, quality=92)
    return file
