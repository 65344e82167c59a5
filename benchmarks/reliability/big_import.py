"""What a large import costs those who work meanwhile: how long their edits take before it and while it runs.

    python -m benchmarks.reliability.big_import --megabytes 173
    python -m benchmarks.reliability.big_import --megabytes 72 --classes 1203

A COCO file of so many megabytes, of objects with 40 corners on small pictures that are here already, is imported while
somebody draws and moves objects on a picture of their own, one edit after the other with a short pause.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from benchmarks.reliability.whole_application import WholeApplication, add_category, add_image, block, quantile

WIDTH, HEIGHT = 640, 480
CORNERS = 40
OBJECTS_ON_AN_IMAGE = 120
PAUSE = 0.05  # seconds between two edits
ALONE_SECONDS = 10.0


@dataclass
class Pull:
    """How long each edit took, in seconds, and what failed."""

    alone: list[float] = field(default_factory=list)
    during: list[float] = field(default_factory=list)
    failures: Counter[int] = field(default_factory=Counter)
    import_seconds: float = 0.0
    objects: int = 0
    memory_before: int = 0  # bytes of the server, its pictures stored
    memory_peak: int = 0  # the most of them during the import


def add_pictures(client: httpx.Client, count: int) -> None:
    """Upload pictures of one colour, called by their numbers."""
    for start in range(0, count, 100):
        files = []
        for number in range(start, min(count, start + 100)):
            buffer = BytesIO()
            Image.new("RGB", (WIDTH, HEIGHT), (number % 251, number // 251 % 251, 9)).save(buffer, "PNG")
            files.append(("files", (f"{number}.png", buffer.getvalue())))
        client.post("/api/images", files=files).raise_for_status()


def data_set(size: int, classes: int = 80, seed: int = 0) -> tuple[bytes, int, int]:
    """COCO JSON of about `size` bytes; of how many images, and of how many objects."""
    chance = random.Random(seed)
    annotations: list[str] = []
    length = 0
    while length < size:
        number = len(annotations)
        x, y, radius = chance.uniform(60, 580), chance.uniform(60, 420), chance.uniform(10, 50)
        corners = []
        for corner in range(CORNERS):
            angle = 2 * math.pi * corner / CORNERS
            away = radius * chance.uniform(0.8, 1.2)
            corners += [round(x + away * math.cos(angle), 2), round(y + away * math.sin(angle), 2)]
        one = {
            "id": number + 1,
            "image_id": number // OBJECTS_ON_AN_IMAGE + 1,
            "category_id": 1 + number % classes,
            "segmentation": [corners],
            "iscrowd": 0,
        }
        annotations.append(json.dumps(one))
        length += len(annotations[-1]) + 1
    images = (len(annotations) - 1) // OBJECTS_ON_AN_IMAGE + 1
    listed = [{"id": number + 1, "file_name": f"{number}.png"} for number in range(images)]
    named = [{"id": number, "name": f"class {number}"} for number in range(1, classes + 1)]
    head = json.dumps({"images": listed, "categories": named})
    return f'{head[:-1]}, "annotations": [{",".join(annotations)}]}}'.encode(), images, len(annotations)


class Editor:
    """Somebody who draws an object and moves it, again and again."""

    def __init__(self, client: httpx.Client, image: int, category: int, failures: Counter[int]) -> None:
        self.client, self.image, self.category, self.failures = client, image, category, failures
        self.last: dict[str, Any] | None = None
        self.number = 0

    def edit(self) -> float:
        """One edit; the seconds that it took."""
        self.number += 1
        path = f"/api/images/{self.image}/instances"
        began = time.perf_counter()
        if self.last is None or self.number % 4 == 0:
            new = {"category_id": self.category, "segmentation": block(self.number)}
            answer = self.client.post(path, json=new)
        else:
            change = {"base_revision": self.last["revision"], "segmentation": block(self.number)}
            answer = self.client.put(f"{path}/{self.last['id']}", json=change)
        seconds = time.perf_counter() - began
        if answer.is_success:
            self.last = answer.json()["instance"]
        else:
            self.failures[answer.status_code] += 1
        return seconds


def run(app: WholeApplication, size: int, alone_seconds: float = ALONE_SECONDS, classes: int = 80) -> Pull:
    """Edit alone, then beside an import."""
    pull = Pull()
    content, images, pull.objects = data_set(size, classes)
    with app.client() as owner, app.client() as client:
        owner.timeout = None
        add_pictures(owner, images)
        editor = Editor(client, add_image(client, 1), add_category(client), pull.failures)
        until = time.monotonic() + alone_seconds
        while time.monotonic() < until or not pull.alone:
            pull.alone.append(editor.edit())
            time.sleep(PAUSE)
        answers: list[httpx.Response] = []

        def bring() -> None:
            began = time.perf_counter()
            answers.append(owner.post("/api/import", files={"annotations": ("big.json", content)}))
            pull.import_seconds = time.perf_counter() - began

        pull.memory_before = pull.memory_peak = app.memory()
        importing = threading.Thread(target=bring)
        importing.start()
        while importing.is_alive():
            pull.during.append(editor.edit())
            pull.memory_peak = max(pull.memory_peak, app.memory())
            time.sleep(PAUSE)
        importing.join()
        stored = answers[0].raise_for_status().json()["annotations"]
        if stored != pull.objects:
            raise RuntimeError(f"{stored} of {pull.objects} objects were stored")
    return pull


def line(name: str, seconds: list[float]) -> str:
    """The figures of some edits."""
    shares = ", ".join(f"{100 * share:.0f} % within {1000 * quantile(seconds, share):.0f} ms" for share in (0.5, 0.99))
    return f"{name}: {len(seconds)} edits, {shares}, the longest {1000 * max(seconds):.0f} ms"


def main() -> int:
    """Import once, print what was met; status 1 where an edit failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=173.0)
    parser.add_argument("--classes", type=int, default=80)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, WholeApplication(Path(folder) / "workspace") as app:
        pull = run(app, int(1e6 * options.megabytes), classes=options.classes)
        print(line("alone", pull.alone))
        print(line("beside the import", pull.during))
        before, peak, after = (value / 1e6 for value in (pull.memory_before, pull.memory_peak, app.memory()))
        print(f"the import of {pull.objects} objects took {pull.import_seconds:.0f} s")
        print(f"the server's memory: {before:.0f} MB before it, at most {peak:.0f} MB, {after:.0f} MB after it")
        print(f"failed edits: {dict(pull.failures) or 'none'}")
    return 1 if pull.failures else 0


if __name__ == "__main__":
    sys.exit(main())
