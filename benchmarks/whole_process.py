"""How long a person waits: first page, first prediction, box → mask, an edit, an export of 1,000 instances.

    python benchmarks/whole_process.py --data ../shared/data/coco_subset

Starts the assistant as a user would, in a workspace that is thrown away, and talks to it over HTTP.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

PROJECT = Path(__file__).resolve().parents[1]


def median_ms(action: Callable[[], object], repetitions: int) -> float:
    """The median time of an action in milliseconds."""
    times = []
    for _ in range(repetitions):
        began = time.perf_counter()
        action()
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def main() -> None:
    """Start, measure, print, stop."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="images/ and annotations/instances_val.json")
    parser.add_argument("--port", type=int, default=7911)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as workspace:
        command = [sys.executable, "app/main.py", "--no-browser", "--no-token", "--model", "starter"]
        began = time.perf_counter()
        server = subprocess.Popen([*command, "--workspace", workspace, "--port", str(options.port)], cwd=PROJECT)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{options.port}", timeout=300) as client:
                wait_for_page(client, server)
                print(f"first page {time.perf_counter() - began:.1f} s after the command")
                measure(client, options.data)
        finally:
            server.terminate()
            server.wait()


def wait_for_page(client: httpx.Client, server: subprocess.Popen[bytes]) -> None:
    """Return when the page was answered; SystemExit where the server ended instead."""
    while server.poll() is None:
        try:
            client.get("/").raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.02)
    raise SystemExit(f"error: the assistant ended with status {server.returncode} before it answered")


def measure(client: httpx.Client, data: Path) -> None:
    """Print one line a figure."""
    photograph = sorted((data / "images").iterdir())[0]
    posted = client.post("/api/images", files=[("files", (photograph.name, photograph.read_bytes()))])
    image = posted.raise_for_status().json()["images"][0]
    address = f"/api/images/{image['image_id']}"
    first = median_ms(lambda: client.post(f"{address}/predict", json={}).raise_for_status(), 1)
    print(f"first prediction {first:.0f} ms, the model's loading included")

    width, height = image["width"], image["height"]
    category = client.post("/api/categories", json={"name": "thing"}).raise_for_status().json()["id"]
    box = {"boxes": [[0.2 * width, 0.2 * height, 0.6 * width, 0.7 * height]]}
    print(f"box → mask {median_ms(lambda: client.post(f'{address}/masks', json=box).raise_for_status(), 40):.0f} ms")

    outline = [0.2 * width, 0.2 * height, 0.6 * width, 0.2 * height, 0.6 * width, 0.7 * height]
    made = client.post(f"{address}/instances", json={"category_id": category, "segmentation": [outline]}).json()
    state = {"revision": made["instance"]["revision"]}

    def edit() -> None:
        outline[0] = (outline[0] + 1) % width
        body = {"base_revision": state["revision"], "segmentation": [outline]}
        answer = client.put(f"{address}/instances/{made['instance']['id']}", json=body).raise_for_status()
        state["revision"] = answer.json()["revision"]

    print(f"edit saved {median_ms(edit, 100):.1f} ms")

    annotations = data / "annotations" / "instances_val.json"
    names = [entry["file_name"] for entry in json.loads(annotations.read_text())["images"]]
    files = [("files", (name, (data / "images" / name).read_bytes())) for name in names]
    client.post("/api/import", files=[("annotations", (annotations.name, annotations.read_bytes())), *files])
    found: list[int] = []

    def export() -> None:
        document = client.get("/api/export?format=coco&status=reviewed").raise_for_status().json()
        found.append(len(document["annotations"]))

    print(f"export {median_ms(export, 3):.0f} ms for {found[0]} instances, checked")


if __name__ == "__main__":
    main()
