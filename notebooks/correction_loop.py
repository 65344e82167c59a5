"""The assistant's loop by code: images with known truth, reviewed through its routes, and a fine-tuning awaited."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
from PIL import Image
from simple_scenes import CATEGORIES, simple_scene
from simulated_annotator import SATISFIED, SimulatedAnnotator, actions_by_hand

from app.notebook.session import AnnotationSession


@dataclass(frozen=True)
class LoopData:
    """Images to correct by name, what is on them (COCO annotations with `category`, a name), and a test set."""

    pictures: Mapping[str, Any]
    truth: Mapping[str, list[dict[str, Any]]]
    categories: list[str]
    test_images: Path
    test: Mapping[str, Any]  # COCO data set


def simple_data(folder: Path, images: int, test_images: int, size: int, seed: int) -> LoopData:
    """Simple scenes without keypoints; those of the test are written to `folder`."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    names = {category["id"]: category["name"] for category in CATEGORIES}
    pictures, truth = {}, {}
    test: dict[str, Any] = {"images": [], "annotations": [], "categories": []}
    test["categories"] = [{"id": identifier, "name": name} for identifier, name in names.items()]
    for number in range(images + test_images):
        pixels, annotations = simple_scene(rng, size)
        annotations = [_without_keypoints(one) | {"category": names[one["category_id"]]} for one in annotations]
        name = f"scene-{number:03}.png"
        if number < images:
            pictures[name], truth[name] = pixels, annotations
            continue
        Image.fromarray(pixels).save(folder / name)
        test["images"].append({"id": number, "file_name": name, "height": size, "width": size})
        first = len(test["annotations"]) + 1
        test["annotations"] += [one | {"id": first + k, "image_id": number} for k, one in enumerate(annotations)]
    return LoopData(pictures, truth, list(names.values()), folder, test)


def coco_data(images_dir: Path, annotation_file: Path, images: int, seed: int) -> LoopData:
    """A COCO data set of yours in a random order: so many images to correct, all others for the test."""
    content = json.loads(annotation_file.read_text(encoding="utf-8"))
    names = {category["id"]: category["name"] for category in content["categories"]}
    entries = [content["images"][index] for index in np.random.default_rng(seed).permutation(len(content["images"]))]
    by_image: dict[Any, list[dict[str, Any]]] = {entry["id"]: [] for entry in entries}
    for one in content["annotations"]:
        if not one.get("iscrowd") and one.get("segmentation"):
            by_image[one["image_id"]].append(_without_keypoints(one) | {"category": names[one["category_id"]]})
    chosen, rest = entries[:images], entries[images:]
    return LoopData(
        {entry["file_name"]: images_dir / entry["file_name"] for entry in chosen},
        {entry["file_name"]: by_image[entry["id"]] for entry in chosen},
        list(names.values()),
        images_dir,
        {
            "images": rest,
            "annotations": [one for entry in rest for one in by_image[entry["id"]]],
            "categories": [{"id": identifier, "name": name} for identifier, name in names.items()],
        },
    )


def review_images(session: AnnotationSession, data: LoopData, images: Iterable[Any], log: Path) -> None:
    """Let the simulated annotator correct images (rows of `session.images()`); one line a CSV `log` for each.

    What the model in use proposes is asked for where nobody has asked before, as the page does.
    """
    with httpx.Client(base_url=session.url, headers=session.authorization, timeout=600) as client:
        for row in images:
            if client.get(f"/api/images/{row.image_id}/document").json()["revision"] == 0:
                client.post(f"/api/images/{row.image_id}/predict").raise_for_status()
            ids = {one["name"]: one["id"] for one in client.get("/api/categories").json()["categories"]}
            truth = [one | {"category_id": ids[one["category"]]} for one in data.truth[row.file_name]]
            line = {
                "file_name": row.file_name,
                "objects": len(truth),
                "actions": SimulatedAnnotator(client, seed=row.image_id).review(row.image_id, truth),
                "actions by hand": actions_by_hand(truth, (row.height, row.width), SATISFIED),
            }
            pd.DataFrame([line]).to_csv(log, mode="a", header=not log.exists(), index=False)


def fine_tune(session: AnnotationSession, epochs: int) -> dict[str, Any]:
    """The finished fine-tuning of a workspace, started or awaited where there is none; its model is then in use."""
    with httpx.Client(base_url=session.url, headers=session.authorization, timeout=600) as client:
        jobs = client.get("/api/jobs").json()["jobs"]
        job = next((job for job in jobs if job["state"] in ("queued", "running", "finished")), None)
        if job is None:
            answer = client.post("/api/jobs", json={"base_model": "scenes", "epochs": epochs})
            answer.raise_for_status()
            job = answer.json()
        while job["state"] in ("queued", "running"):
            time.sleep(0.5)
            job = client.get(f"/api/jobs/{job['id']}").json()
        if job["state"] != "finished":
            raise RuntimeError(f"the fine-tuning has {job['state']}: {job['error']}")
        if client.get("/api/models").json()["current"] != job["model"]:
            client.post(f"/api/models/{job['model']}/promote").raise_for_status()
        while client.get("/api/models").json()["repredicting"]["running"]:
            time.sleep(0.2)
        return dict(client.get(f"/api/jobs/{job['id']}").json())


def ratio_with_interval(by_hand: Any, assisted: Any, draws: int = 2000) -> tuple[float, float, float]:
    """How many times fewer actions, with the 95 % interval that resampling the images gives."""
    by_hand, assisted = np.asarray(by_hand, dtype=float), np.asarray(assisted, dtype=float)
    chosen = np.random.default_rng(0).integers(len(by_hand), size=(draws, len(by_hand)))
    ratios = by_hand[chosen].sum(axis=1) / assisted[chosen].sum(axis=1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(by_hand.sum() / assisted.sum()), float(low), float(high)


def _without_keypoints(annotation: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in annotation.items() if key not in ("keypoints", "num_keypoints")}
