"""A workspace whose models have learnt from reviewed images, through the public routes."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from core.datasets.coco import CocoDataset

SECONDS_BETWEEN_LOOKS = 2.0


def import_reviewed(client: httpx.Client, dataset: CocoDataset, folder: Path, chosen: Sequence[int]) -> None:
    """Bring some images of a data set in with their objects, as reviewed."""
    images = [
        {"id": number, "file_name": Path(dataset.file_names[index]).name, "height": height, "width": width}
        for number, index in enumerate(chosen, start=1)
        for height, width in [dataset.image_sizes[index]]
    ]
    annotations = [
        {**one, "image_id": number}
        for number, index in enumerate(chosen, start=1)
        for one in dataset.annotations(index)
        if one.get("segmentation")
    ]
    for number, annotation in enumerate(annotations, start=1):
        annotation["id"] = number
    told = json.dumps({"images": images, "annotations": annotations, "categories": dataset.categories})
    paths = [folder / dataset.file_names[index] for index in chosen]
    files = [("files", ("instances.json", told.encode()))]
    files += [("files", (path.name, path.read_bytes())) for path in paths]
    client.post("/api/import?empty_images=true", files=files).raise_for_status()


def fine_tune(client: httpx.Client, **limit: float) -> None:
    """Press the button, wait, and use what comes of it; SystemExit with the job's line where it fails.

    `limit` is what the route takes: `minutes` or `epochs`.
    """
    job = client.post("/api/jobs", json=limit).raise_for_status().json()
    while job["state"] in ("queued", "running"):
        time.sleep(SECONDS_BETWEEN_LOOKS)
        job = client.get(f"/api/jobs/{job['id']}").raise_for_status().json()
    if job["state"] != "finished":
        raise SystemExit(f"error: the fine-tuning ended as {job['state']}: {job['error']}")
    client.post(f"/api/models/{job['model']}/promote").raise_for_status()
