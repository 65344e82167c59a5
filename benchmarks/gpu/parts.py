"""The comparisons of `gpu_check`: one function for each thing that a user does."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.ops import box_iou

from core import CocoDataset, Instances, MaskPrompter, Predictor, TrainConfig, evaluate, load_model, train
from core.datasets import read_image
from core.datasets.synthetic_scenes import write_shapes
from core.devices import has_bfloat16
from core.masks import encode_rle, rle_iou, segmentation_to_rle
from core.model.weights import save_model

PROJECT = Path(__file__).resolve().parents[2]
MODEL = "scenes"  # it knows the classes of the synthetic scenes that are learned from
SCORE = 0.5
TINY_SIZES: dict[str, Any] = {"min_sizes": (128,), "max_size": 176}


@dataclass(frozen=True)
class Check:
    """A number that compares the device with the CPU, and what it may be."""

    what: str
    value: float
    least: float = -math.inf
    most: float = math.inf

    @property
    def passed(self) -> bool:
        """Whether it is within its limits; a number that is none is not."""
        return self.least <= self.value <= self.most

    def line(self, part: str) -> str:
        """One line for people."""
        limit = f"at least {self.least:g}" if self.most == math.inf else f"at most {self.most:g}"
        return f"{'ok    ' if self.passed else 'FAILED'} {part}: {self.what} {self.value:.4g} ({limit})"


@dataclass(frozen=True)
class Setting:
    """What the parts work on."""

    folder: Path
    device: torch.device
    tiny: bool
    data: Path  # images/ and annotations.json: synthetic scenes
    photographs: list[Path]


def prepare(folder: Path, device: torch.device, tiny: bool) -> Setting:
    """Scenes and photographs in a folder."""
    count, height, width = (2, 96, 128) if tiny else (16, 480, 640)
    write_shapes(folder / "data", count, 0, height=height, width=width, max_objects=4 if tiny else 12)
    scenes = sorted((folder / "data" / "images").iterdir())
    shipped = sorted((PROJECT / "data" / "samples").glob("*.jpg"))
    return Setting(folder, device, tiny, folder / "data", scenes[:1] if tiny else [*shipped, *scenes[:4]])


def prediction(setting: Setting) -> Iterator[Check]:
    """Objects of photographs."""
    ours, reference = Predictor(MODEL, str(setting.device), SCORE), Predictor(MODEL, "cpu", SCORE)
    found = [(ours(path), reference(path)) for path in setting.photographs]
    yield Check("objects found on the CPU", float(sum(len(expected) for _, expected in found)), least=1)
    yield from _alike("", *zip(*found, strict=True))
    if has_bfloat16(setting.device):  # other scores and boxes are its price; that it finds the same is not in doubt
        half = Predictor(MODEL, str(setting.device), SCORE, precision="bf16")
        counts = [
            (len(half(path)), len(expected)) for path, (_, expected) in zip(setting.photographs, found, strict=True)
        ]
        differing = sum(abs(own - expected) for own, expected in counts) / max(1, sum(number for _, number in counts))
        yield Check("bfloat16, share of objects more or less", differing, most=0.1)


def batches(setting: Setting) -> Iterator[Check]:
    """The same in batches."""
    ours, reference = Predictor(MODEL, str(setting.device), SCORE), Predictor(MODEL, "cpu", SCORE)
    images = [read_image(path) for path in setting.photographs]
    if setting.tiny:
        images.append(images[0][:, : images[0].shape[1] // 2])
    yield from _alike("", ours.predict_batch(images), reference.predict_batch(images))


def training(setting: Setting) -> Iterator[Check]:
    """Losses of the first steps, in float32 and in mixed precision; every anchor and proposal counts, so no chance."""
    expected = _losses(setting, "cpu", mixed=False)
    for name, mixed, tolerance in (("float32", False, 0.02), ("mixed precision", True, 0.1)):
        found = _losses(setting, str(setting.device), mixed=mixed)
        worst = max(abs(found[key] / value - 1) for key, value in expected.items() if abs(value) > 1e-3)
        yield Check(f"{name}, largest difference of a loss, relative,", worst, most=tolerance)


def own_heads(setting: Setting) -> Iterator[Check]:
    """Classes that the model does not know, learnt by heads of their own as the assistant does it; then what is found
    with both sets of heads.
    """
    changes: dict[str, Any] = {"annotations": _new_classes(setting), "own_heads": True}
    expected = _losses(setting, "cpu", mixed=False, **changes)
    found = _losses(setting, str(setting.device), mixed=False, **changes)
    worst = max(abs(found[key] / value - 1) for key, value in expected.items() if abs(value) > 1e-3)
    yield Check("largest difference of a loss, relative,", worst, most=0.02)
    tuned = max(setting.folder.glob("train_*"), key=lambda run: run.stat().st_mtime)
    ours, reference = Predictor(tuned, str(setting.device), SCORE), Predictor(tuned, "cpu", SCORE)
    pairs = [(ours(path), reference(path)) for path in setting.photographs]
    yield from _alike("", *zip(*pairs, strict=True))


def kept_classes(setting: Setting) -> Iterator[Check]:
    """The same classes learnt by all of the model, as `core train` does it by default: held to the base's answers."""
    changes: dict[str, Any] = {"annotations": _new_classes(setting), "base_distillation": 2.0}
    expected = _losses(setting, "cpu", mixed=False, **changes)
    found = _losses(setting, str(setting.device), mixed=True, **changes)
    yield Check(
        "mixed precision, difference of the loss, relative,", abs(found["loss"] / expected["loss"] - 1), most=0.1
    )


def _new_classes(setting: Setting) -> str:
    """The annotations of the scenes, as a file, with names that the model does not know."""
    told = json.loads((setting.data / "annotations.json").read_text(encoding="utf-8"))
    for category in told["categories"]:
        category["name"] = f"new {category['name']}"
    annotations = setting.folder / "new_classes.json"
    annotations.write_text(json.dumps(told), encoding="utf-8")
    return str(annotations)


def torchrun(setting: Setting) -> Iterator[Check]:
    """Training as many processes as there are GPUs; on a CPU two."""
    on_gpu = setting.device.type == "cuda"
    count, run = torch.cuda.device_count() if on_gpu else 2, setting.folder / "torchrun"
    config = _config(setting, run)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    command += ["-m", "core", "train", "--images", str(config.images), "--annotations", str(config.annotations)]
    command += ["--output", str(run), "--model", MODEL, "--steps", "2", "--log-every", "1", "--batch-size", "1"]
    command += ["--model-config", str(config.model_config), "--learning-rate", "1e-5"]
    command += ["--device", "cuda" if on_gpu else "cpu"]
    if setting.tiny:
        command += ["--min-sizes", "128", "--max-size", "176"]
    environment = os.environ | ({} if on_gpu else {"OMP_NUM_THREADS": "1"})
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{count} processes: {done.stderr.strip().splitlines()[-1]}")
    losses = [entry["loss"] for entry in _log(run) if entry["kind"] == "step"]
    yield Check(f"{count} processes, finite losses", float(sum(map(math.isfinite, losses))), least=2)


def evaluation(setting: Setting) -> Iterator[Check]:
    """COCO's figures."""
    dataset = CocoDataset(setting.data / "images", setting.data / "annotations.json")
    model = load_model(MODEL)
    if setting.tiny:
        model = model.with_config(min_size=TINY_SIZES["max_size"], max_size=TINY_SIZES["max_size"])
    ours, reference = (evaluate(model, dataset, device=device) for device in (setting.device, "cpu"))
    for kind, expected in reference.items():
        yield Check(f"{kind} AP, difference,", abs(ours[kind]["AP"] - expected["AP"]), most=0.005)


def prompts(setting: Setting) -> Iterator[Check]:
    """Masks of boxes and of clicks."""
    ours, reference = MaskPrompter(device=str(setting.device)), MaskPrompter(device="cpu")
    dataset = CocoDataset(setting.data / "images", setting.data / "annotations.json")
    overlaps: dict[str, list[float]] = {"box": [], "click": []}
    for index in range(1 if setting.tiny else 4):
        pixels = read_image(setting.data / "images" / dataset.file_names[index])
        for x0, y0, x1, y1 in dataset.target(index)["boxes"][:2].tolist():
            for name, prompt in (("box", {"box": (x0, y0, x1, y1)}),
                                 ("click", {"clicks": [((x0 + x1) / 2, (y0 + y1) / 2, True)]})):  # fmt: skip
                masks: list[NDArray[np.uint8]] = [each(pixels, **prompt) for each in (ours, reference)]  # type: ignore[arg-type]
                overlaps[name].append(rle_iou(*map(encode_rle, masks)))
    for name, values in overlaps.items():
        yield Check(f"masks of a {name}, mean IoU", float(np.mean(values)), least=0.97)


def app(setting: Setting) -> Iterator[Check]:
    """The assistant's answer for a photograph, as a script gets it."""
    photograph = setting.photographs[0]
    # Written anew, nothing is known of what the prompt model makes of its masks: the assistant shows them as they are.
    own_masks = setting.folder / "own_masks"
    save_model(load_model(MODEL), own_masks)
    command = [sys.executable, str(PROJECT / "app" / "main.py"), "--no-browser", "--no-token", "--port", "0"]
    command += ["--workspace", str(setting.folder / "workspace"), "--model", str(own_masks)]
    command += ["--device", str(setting.device)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            document = _asked(_address(server), photograph)
        finally:
            server.terminate()
    names = {category["id"]: category["name"] for category in document["categories"]}
    expected = Predictor(MODEL, "cpu", SCORE)(photograph)
    height, width = expected.image_size
    found = [
        (names[item["category_id"]], segmentation_to_rle(item["segmentation"], height, width))
        for item in document["instances"]
    ]
    overlaps = []
    for place, annotation in enumerate(expected.to_coco()):
        name = expected.category_of(place)["name"]
        same = [rle_iou(annotation["segmentation"], rle) for other, rle in found if other == name]
        overlaps.append(max(same, default=0.0))
    yield Check("objects on the CPU and in the app, difference,", abs(len(found) - len(overlaps)), most=1)
    yield Check("share of the CPU's objects with the same mask", float(np.mean(np.array(overlaps) > 0.9)), least=0.9)


def _alike(what: str, found: Sequence[Instances], expected: Sequence[Instances]) -> Iterator[Check]:
    """Whether objects are the same; those with a score near the threshold may be on either side of it."""
    matched, total, boxes, scores, masks = 0, 0, [0.0], [0.0], [1.0]
    for ours, reference in zip(found, expected, strict=True):
        sure = reference[reference.scores > SCORE + 0.02]
        total += len(sure)
        if not len(sure) or not len(ours):
            continue
        overlap = box_iou(sure.boxes, ours.boxes) * (sure.labels[:, None] == ours.labels[None])
        best = overlap.max(dim=1)
        for place in torch.nonzero(best.values > 0.9).flatten().tolist():
            other = int(best.indices[place])
            matched += 1
            boxes.append(float((sure.boxes[place] - ours.boxes[other]).abs().max()))
            scores.append(float((sure.scores[place] - ours.scores[other]).abs()))
            pair = [item[at].bitmaps()[0].numpy() for item, at in ((sure, place), (ours, other))]
            masks.append(rle_iou(*map(encode_rle, pair)))
    yield Check(f"{what}share of the CPU's objects found", matched / max(1, total), least=0.97)
    yield Check(f"{what}largest distance of a box edge, pixels,", max(boxes), most=2.0)
    yield Check(f"{what}largest difference of a score", max(scores), most=0.05)
    yield Check(f"{what}mean IoU of masks", float(np.mean(masks)), least=0.97)


def _config(setting: Setting, output: Path) -> TrainConfig:
    return TrainConfig(
        images=str(setting.data / "images"),
        annotations=str(setting.data / "annotations.json"),
        output=str(output),
        model=MODEL,
        model_config=json.dumps(
            {"rpn_batch_size": 200_000, "rois_per_image": 5000, "proposals_train": 50 if setting.tiny else 200}
        ),
        steps=1 if setting.tiny else 3,
        batch_size=1 if setting.tiny else 4,
        warmup_steps=0,
        learning_rate=1e-5,
        horizontal_flip=0.0,
        **(TINY_SIZES if setting.tiny else {}),
        log_every=1,
    )


def _losses(setting: Setting, device: str, *, mixed: bool, **changes: Any) -> dict[str, float]:
    """The losses of a run, means over its steps."""
    run = setting.folder / f"train_{device.replace(':', '_')}_{mixed}_{time.monotonic_ns()}"
    train(TrainConfig(**vars(_config(setting, run)) | {"device": device, "mixed_precision": mixed} | changes))
    steps = [entry for entry in _log(run) if entry["kind"] == "step"]
    return {name: float(np.mean([step[name] for step in steps])) for name in steps[0] if name.startswith("loss")}


def _log(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


def _address(server: subprocess.Popen[str]) -> str:
    """Where the assistant says that it is."""
    assert server.stdout is not None
    for line in server.stdout:
        if "MaskLoop is at" in line:
            return line.split(" at ")[1].split()[0]
    raise RuntimeError(f"the app ended with status {server.wait()} before it was up")


def _asked(address: str, photograph: Path) -> dict[str, Any]:
    """Hand an image to the assistant and ask for a prediction."""
    boundary = "gpu-check"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{photograph.name}"\r\n\r\n'
    body = head.encode() + photograph.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    stored = _post(f"{address}api/images", body, f"multipart/form-data; boundary={boundary}")
    (entry,) = stored["images"]
    asked = json.dumps({"score_threshold": SCORE}).encode()
    return _post(f"{address}api/images/{entry['image_id']}/predict", asked, "application/json")


def _post(url: str, body: bytes, kind: str) -> Any:
    request = urllib.request.Request(url, body, {"Content-Type": kind}, method="POST")
    with urllib.request.urlopen(request, timeout=120) as answer:
        return json.load(answer)
