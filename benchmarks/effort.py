"""How much less a person does with the assistant than by hand, on photographs with known truth.

    DATA=../shared/data
    python benchmarks/effort.py --data $DATA/coco_subset/images:$DATA/coco_subset/annotations/instances_val.json
    python benchmarks/effort.py --data $DATA/carparts/images:$DATA/carparts/annotations/instances.json:5 \
        --after 0 5 10 20 40 --seeds 0 1 2

A simulated annotator (benchmarks/annotator/) reviews images through the public routes; one line an image goes to a
CSV file: actions by kind and in seconds, those by hand, and the masks' IoU at the end. With `--after` the models have
been fine-tuned before, as by the button, on so many other images of the file, which came in reviewed; a plot shows how
the effort falls.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.annotator.fine_tuned import fine_tune, import_reviewed  # noqa: E402
from benchmarks.annotator.ledger import SECONDS, by_hand, targets_of  # noqa: E402
from benchmarks.annotator.reviewer import Annotator  # noqa: E402
from benchmarks.whole_process import wait_for_page  # noqa: E402
from core.datasets.coco import CocoDataset  # noqa: E402


def main() -> None:
    """Start the assistant in workspaces that are thrown away, review, print one line a data set and point."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", required=True, help="FOLDER:FILE[:EVERY], EVERY n-th image by file name")
    parser.add_argument("--images", type=int, default=0, help="at most so many a data set, spread evenly; 0: all")
    parser.add_argument("--after", type=int, nargs="+", default=[0], help="images of the rest learnt from before")
    parser.add_argument("--minutes", type=float, default=9.0, help="that a fine-tuning may take")
    parser.add_argument("--shown", type=int, help="in place of --minutes: how many images it is shown, however long")
    parser.add_argument(
        "--tuned", type=Path, help="keep what was learnt here, and use it: a folder for one set of options"
    )
    parser.add_argument("--model", default="starter")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--output", type=Path, default=Path("runs/effort.csv"))
    parser.add_argument("--resume", action="store_true", help="keep what --output has, and run only what it lacks")
    parser.add_argument("--port", type=int, default=7912)
    options = parser.parse_args()
    if len({title(name) for name in options.data}) < len(options.data):
        raise SystemExit("error: two data sets have folders of one name, and so would their rows: run them one by one")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    if options.resume and options.output.exists():
        rows = pd.read_csv(options.output).to_dict("records")
    done = {(row["data"], row["after"], row["seed"]) for row in rows}
    for name in options.data:
        for after in options.after:
            for seed in options.seeds:
                if (title(name), after, seed) in done:
                    continue
                rows += reviewed(name, after, seed, options)
                pd.DataFrame(rows).to_csv(options.output, index=False)
            point = [row for row in rows if (row["data"], row["after"]) == (title(name), after)]
            print(json.dumps(summary(pd.DataFrame(point))), flush=True)
    if len(options.after) > 1:
        plot(pd.DataFrame(rows), options.output.with_suffix(".png"))


def reviewed(name: str, after: int, seed: int, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """One row an image of a data set, in a workspace of its own."""
    folder, file, *_ = name.split(":")
    dataset = CocoDataset(folder, file)
    judged, rest = split(dataset, name, options.images)
    with tempfile.TemporaryDirectory() as scratch:
        workspace, tuned = Path(scratch) / "workspace", Path(scratch) / "tuned"
        if options.tuned is not None:
            tuned = options.tuned / f"{title(name)}_{after}_{seed}"
        if after and not tuned.exists():
            chosen = np.random.default_rng(seed).permutation(rest)[:after].tolist()
            with assistant(workspace, options) as client:
                import_reviewed(client, dataset, Path(folder), chosen)
                shown = options.shown and max(1, round(options.shown / after))
                fine_tune(client, **({"epochs": shown} if shown else {"minutes": options.minutes}))
            tuned.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(workspace, tuned)
        if after:
            shutil.copytree(tuned, workspace)
        with assistant(workspace, options) as client:
            for row in review(client, dataset, Path(folder), judged, seed):
                yield {"data": title(name), "after": after, "seed": seed, **row}


@contextmanager
def assistant(workspace: Path, options: argparse.Namespace) -> Iterator[httpx.Client]:
    """A server on a workspace, for as long as it is needed."""
    command = [sys.executable, "app/main.py", "--no-browser", "--no-token", "--model", options.model]
    server = subprocess.Popen([*command, "--workspace", str(workspace), "--port", str(options.port)], cwd=PROJECT)
    try:
        limits = httpx.Limits(keepalive_expiry=2)  # the server closes what idles for five seconds
        with httpx.Client(base_url=f"http://127.0.0.1:{options.port}", timeout=600, limits=limits) as client:
            wait_for_page(client, server)
            yield client
    finally:
        server.terminate()
        server.wait()


def title(name: str) -> str:
    """What a data set is called: its folder, or the one above where that is `images`."""
    folder = Path(name.split(":")[0]).resolve()
    return folder.parent.name if folder.name == "images" else folder.name


def split(dataset: CocoDataset, name: str, most: int) -> tuple[list[int], list[int]]:
    """Indices of the images that are reviewed with the clock running, and of all others."""
    _, _, *every = name.split(":")
    order = sorted(range(len(dataset)), key=lambda index: dataset.file_names[index])
    judged = order[:: int(every[0])] if every else order
    if most and len(judged) > most:
        judged = [judged[i] for i in np.linspace(0, len(judged) - 1, most).astype(int)]
    candidates = order if not every else [index for index in order if index not in order[:: int(every[0])]]
    return judged, [index for index in candidates if index not in judged]


def review(
    client: httpx.Client, dataset: CocoDataset, folder: Path, judged: Sequence[int], seed: int
) -> Iterator[dict[str, Any]]:
    """Upload, predict and review one image after the other."""
    annotator = Annotator(client, seed)
    names = {category["id"]: category["name"] for category in dataset.categories}
    known = {one["name"]: one["id"] for one in client.get("/api/categories").json()["categories"]}
    for category in names.values():
        if category not in known:
            answer = client.post("/api/categories", json={"name": category}).raise_for_status()
            known[category] = answer.json()["id"]
    for index in judged:
        annotations = [
            {**one, "category_id": known[names[one["category_id"]]]}
            for one in dataset.annotations(index)
            if one.get("segmentation") and not one.get("iscrowd")
        ]
        if not annotations:
            continue
        path = folder / dataset.file_names[index]
        posted = client.post("/api/images", files=[("files", (path.name, path.read_bytes()))]).raise_for_status()
        image_id = posted.json()["images"][0]["image_id"]
        client.post(f"/api/images/{image_id}/predict").raise_for_status()
        targets = targets_of(annotations, *dataset.image_sizes[index])
        ledger, ious = annotator.review(image_id, targets)
        hand = by_hand(targets)
        yield {
            "file_name": dataset.file_names[index],
            "objects": len(targets),
            "actions": ledger.total,
            "by_hand": hand.total,
            "seconds": round(ledger.seconds, 1),
            "seconds_by_hand": round(hand.seconds, 1),
            "iou": round(float(np.mean(ious)), 4) if ious else None,
            **{kind: ledger.actions[kind] for kind in SECONDS},
        }


def summary(rows: pd.DataFrame) -> dict[str, Any]:
    """How many times fewer actions and seconds, on how many images help cost more than it saved, and what was done."""
    return {
        "data": str(rows["data"].iloc[0]),
        "after": int(rows["after"].iloc[0]),
        "images": len(rows),
        "objects": int(rows["objects"].sum()),
        "fewer_actions": round(float(rows["by_hand"].sum() / rows["actions"].sum()), 2),
        "fewer_seconds": round(float(rows["seconds_by_hand"].sum() / rows["seconds"].sum()), 2),
        "images_slower": int((rows["actions"] > rows["by_hand"]).sum()),
        "iou": round(float(rows["iou"].mean()), 3),
        **{kind: int(rows[kind].sum()) for kind in SECONDS if rows[kind].sum()},
    }


def plot(rows: pd.DataFrame, file: Path) -> None:
    """How many times fewer actions, over the images learnt from: the mean of the seeds, and their range."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    sums = rows.groupby(["data", "after", "seed"])[["by_hand", "actions"]].sum()
    times = (sums["by_hand"] / sums["actions"]).rename("times").reset_index()
    figure, axes = pyplot.subplots(figsize=(7, 4), dpi=160, layout="constrained")
    for name, part in times.groupby("data"):
        points = part.groupby("after")["times"]
        axes.plot(points.mean().index, points.mean(), marker="o", label=name)
        axes.fill_between(points.mean().index, points.min(), points.max(), alpha=0.2)
    axes.axhline(1, color="grey", linewidth=1)
    axes.set(xlabel="images learnt from", ylabel="times fewer actions than by hand")
    axes.legend()
    figure.savefig(file)


if __name__ == "__main__":
    main()
