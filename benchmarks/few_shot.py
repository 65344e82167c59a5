"""What a dozen images teach: fine-tune on some images of a COCO data set and judge on the others.

    python benchmarks/few_shot.py --data ../shared/data/fruits_nuts --output runs/fruits
    python benchmarks/few_shot.py --data … --output … --set epochs=60 learning_rate=3e-4

The images, sorted by name, are dealt out evenly: of 18, every third is kept for judging. The figures
are those of the last step, not of the best one, so nothing is chosen by the images that judge.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core import CocoDataset, TrainConfig, evaluate, load_model, train


@dataclass
class FewShot:
    """Fine-tune on some images of a data set and judge on the others."""

    data: Path  # holds images/ and annotations/instances.json
    output: Path  # run directory to make; the split is written beside it
    model: str = "starter"
    train_images: int = 12
    val_images: int | None = None  # the others unless given
    set: Annotated[tuple[str, ...], tyro.conf.arg(metavar="FIELD=VALUE")] = ()  # fields of TrainConfig


def split(data: dict[str, Any], train_images: int, val_images: int | None) -> dict[str, dict[str, Any]]:
    """The data set as "train" and "val": judging images lie evenly among the images sorted by name."""
    images = sorted(data["images"], key=lambda image: image["file_name"])
    judged = val_images or len(images) - train_images
    total = train_images + judged
    if not 0 < train_images <= total - 1 < len(images):
        raise SystemExit(f"error: {len(images)} images cannot be split into {train_images} and {judged}")
    parts: dict[str, list[dict[str, Any]]] = {"train": [], "val": []}
    for index, image in enumerate(images[:total]):
        taken = (index + 1) * judged // total > index * judged // total
        parts["val" if taken else "train"].append(image)
    result = {}
    for name, chosen in parts.items():
        ids = {image["id"] for image in chosen}
        annotations = [annotation for annotation in data["annotations"] if annotation["image_id"] in ids]
        result[name] = {"images": chosen, "annotations": annotations, "categories": data["categories"]}
    return result


def main() -> None:
    """Split, train, judge, print."""
    options = tyro.cli(FewShot)
    data = json.loads((options.data / "annotations" / "instances.json").read_text())
    options.output.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, part in split(data, options.train_images, options.val_images).items():
        files[name] = options.output / f"{name}_annotations.json"
        files[name].write_text(json.dumps(part))
    images = str(options.data / "images")
    config = TrainConfig(
        images=images, annotations=str(files["train"]), output=str(options.output), model=options.model
    )
    for assignment in options.set:
        field, _, value = assignment.partition("=")
        try:
            parsed = json.loads(value)
        except json.JSONDecodeError:
            parsed = value
        if isinstance(parsed, dict):
            parsed = value  # model_config is JSON text
        config = replace(config, **{field: tuple(parsed) if isinstance(parsed, list) else parsed})
    began = time.perf_counter()
    train(config)
    seconds = time.perf_counter() - began
    metrics = evaluate(load_model(options.output), CocoDataset(images, files["val"]), device=config.device)
    figures = {
        kind: {name: round(values[name], 4) for name in ("AP", "AP50", "AP75")} for kind, values in metrics.items()
    }
    per_category = {
        name: round(value, 3) for name, value in metrics.get("segm", metrics["bbox"])["per_category"].items()
    }
    print(json.dumps({"seconds": round(seconds, 1), **figures, "per_category": per_category, "set": options.set}))


if __name__ == "__main__":
    main()
