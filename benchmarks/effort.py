"""How much less a person does with the assistant than by hand, on photographs with known truth.

    DATA=../shared/data/coco_subset
    python benchmarks/effort.py --data $DATA/images:$DATA/annotations/instances_val.json

A simulated annotator (benchmarks/annotator.py) reviews every image through the public routes; one line an image goes
to a CSV file: actions by kind and in seconds, those by hand, and the masks' IoU at the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.annotator import SECONDS, Annotator, by_hand, targets_of  # noqa: E402
from benchmarks.whole_process import wait_for_page  # noqa: E402
from core.datasets.coco import CocoDataset  # noqa: E402


def main() -> None:
    """Start the assistant in a workspace that is thrown away, review, print one line a data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", required=True, help="FOLDER:FILE[:EVERY], EVERY n-th image by file name")
    parser.add_argument("--images", type=int, default=0, help="at most so many a data set, spread evenly; 0: all")
    parser.add_argument("--model", default="starter")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--output", type=Path, default=Path("runs/effort.csv"))
    parser.add_argument("--port", type=int, default=7912)
    options = parser.parse_args()
    options.output.parent.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    for name in options.data:
        for seed in options.seeds:
            with tempfile.TemporaryDirectory() as workspace:
                rows += reviewed(name, seed, Path(workspace), options)
            pd.DataFrame(rows).to_csv(options.output, index=False)
        print(json.dumps(summary(pd.DataFrame([row for row in rows if row["data"] == name]))), flush=True)


def reviewed(name: str, seed: int, workspace: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """One row an image of a data set, with a server of its own."""
    command = [sys.executable, "app/main.py", "--no-browser", "--no-token", "--model", options.model]
    server = subprocess.Popen([*command, "--workspace", str(workspace), "--port", str(options.port)], cwd=PROJECT)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{options.port}", timeout=600) as client:
            wait_for_page(client)
            return list(_review(client, name, seed, options.images))
    finally:
        server.terminate()
        server.wait()


def _review(client: httpx.Client, name: str, seed: int, most: int) -> list[dict[str, Any]]:
    folder, file, *every = name.split(":")
    dataset = CocoDataset(folder, file)
    order = sorted(range(len(dataset)), key=lambda index: dataset.file_names[index])
    order = order[:: int(every[0])] if every else order
    if most and len(order) > most:
        order = [order[i] for i in np.linspace(0, len(order) - 1, most).astype(int)]
    annotator = Annotator(client, seed)
    names = {category["id"]: category["name"] for category in dataset.categories}
    known = {one["name"]: one["id"] for one in client.get("/api/categories").json()["categories"]}
    for category in names.values():
        if category not in known:
            answer = client.post("/api/categories", json={"name": category}).raise_for_status()
            known[category] = answer.json()["id"]
    rows = []
    for index in order:
        annotations = [
            {**one, "category_id": known[names[one["category_id"]]]}
            for one in dataset.annotations(index)
            if one.get("segmentation") and not one.get("iscrowd")
        ]
        if not annotations:
            continue
        path = Path(folder) / dataset.file_names[index]
        posted = client.post("/api/images", files=[("files", (path.name, path.read_bytes()))]).raise_for_status()
        image_id = posted.json()["images"][0]["image_id"]
        client.post(f"/api/images/{image_id}/predict").raise_for_status()
        targets = targets_of(annotations, *dataset.image_sizes[index])
        ledger, ious = annotator.review(image_id, targets)
        hand = by_hand(targets)
        rows.append(
            {
                "data": name,
                "seed": seed,
                "file_name": dataset.file_names[index],
                "objects": len(targets),
                "actions": ledger.total,
                "by_hand": hand.total,
                "seconds": round(ledger.seconds, 1),
                "seconds_by_hand": round(hand.seconds, 1),
                "iou": round(float(np.mean(ious)), 4) if ious else None,
                **{kind: ledger.actions[kind] for kind in SECONDS},
            }
        )
    return rows


def summary(rows: pd.DataFrame) -> dict[str, Any]:
    """How many times fewer actions and seconds, on how many images help cost more than it saved, and what was done."""
    return {
        "data": str(rows["data"].iloc[0]),
        "images": len(rows),
        "objects": int(rows["objects"].sum()),
        "fewer_actions": round(float(rows["by_hand"].sum() / rows["actions"].sum()), 2),
        "fewer_seconds": round(float(rows["seconds_by_hand"].sum() / rows["seconds"].sum()), 2),
        "images_slower": int((rows["actions"] > rows["by_hand"]).sum()),
        "iou": round(float(rows["iou"].mean()), 3),
        **{kind: int(rows[kind].sum()) for kind in SECONDS if rows[kind].sum()},
    }


if __name__ == "__main__":
    main()
