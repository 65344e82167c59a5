"""Several people annotate at once for a while: how long an edit takes them, and what memory the server needs.

    python -m benchmarks.reliability.annotators --people 8 --minutes 30

Everybody was invited as an annotator and has images of their own: opens one (gallery, picture, document, predictions),
draws, moves, deletes and undoes with a pause as a person makes between two edits, marks it reviewed, uploads the next.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.reliability.whole_application import WholeApplication, add_category, add_image, block, quantile

EDITS_ON_AN_IMAGE = 40
PAUSE = (0.3, 1.7)  # seconds between two edits
SAMPLE_EVERY = 10.0  # seconds between two looks at the memory


@dataclass
class Seen:
    """What everybody has met so far."""

    edits: list[float] = field(default_factory=list)  # seconds each
    images: int = 0
    failures: Counter[str] = field(default_factory=Counter)  # answers that were no success, by what was asked
    memory: list[tuple[float, int]] = field(default_factory=list)  # seconds since the start, resident bytes


@dataclass
class Person:
    """Somebody who annotates, in a browser of their own."""

    client: httpx.Client
    category: int
    seen: Seen
    until: float  # of time.monotonic()
    pause: tuple[float, float]
    seed: int
    mine: dict[int, int] = field(default_factory=dict)  # the objects drawn on this image → their revisions

    def work(self) -> None:
        """Image after image, until the time is up."""
        chance, number = random.Random(self.seed), 0
        while number == 0 or time.monotonic() < self.until:
            number += 1
            path = f"/api/images/{add_image(self.client, 10_000 * self.seed + number)}"
            self.seen.images += 1
            for place in ("/api/images?limit=50", f"{path}/thumbnail", f"{path}/file", f"{path}/document"):
                self.ask("open", "GET", place)
            self.ask("predict", "POST", f"{path}/predict", {})
            self.mine = {}
            for step in range(EDITS_ON_AN_IMAGE):
                if step and time.monotonic() >= self.until:
                    return
                self.edit(path, chance, step)
                time.sleep(chance.uniform(*self.pause))
            self.ask("review", "PUT", f"{path}/status", {"status": "reviewed"})

    def edit(self, path: str, chance: random.Random, step: int) -> None:
        """Draw, move, delete or undo, and note how long the answer took."""
        kind = chance.choices(("move", "draw", "delete", "undo"), (10, 4, 1, 1))[0] if self.mine else "draw"
        one = chance.choice(sorted(self.mine)) if self.mine else 0
        began = time.perf_counter()
        if kind == "draw":
            new = {"category_id": self.category, "segmentation": block(step)}
            answer = self.ask(kind, "POST", f"{path}/instances", new)
        elif kind == "move":
            change = {"base_revision": self.mine[one], "segmentation": block(step)}
            answer = self.ask(kind, "PUT", f"{path}/instances/{one}", change)
        elif kind == "delete":
            revision = self.mine.pop(one)
            answer = self.ask(kind, "DELETE", f"{path}/instances/{one}?base_revision={revision}")
        else:
            answer = self.ask(kind, "POST", f"{path}/undo")
        self.seen.edits.append(time.perf_counter() - began)
        if answer is None:
            return
        if kind == "undo":
            drawn = [entry for entry in answer["instances"] if entry["source"] == "manual"]
            self.mine = {entry["id"]: entry["revision"] for entry in drawn}
        elif kind != "delete":
            self.mine[answer["instance"]["id"]] = answer["instance"]["revision"]

    def ask(self, kind: str, method: str, path: str, body: object = None) -> Any:
        """The JSON of an answer, None for bytes and for a failure, which is noted."""
        answer = self.client.request(method, path, json=body)
        if not answer.is_success:
            self.seen.failures[f"{kind} {answer.status_code}"] += 1
            return None
        return answer.json() if "json" in answer.headers["content-type"] else None


def run(app: WholeApplication, people: int, seconds: float, *, pause: tuple[float, float] = PAUSE) -> Seen:
    """Invite everybody and let them work."""
    seen = Seen()
    with app.client() as owner, contextlib.ExitStack() as stack:
        category = add_category(owner, f"thing of {people}")
        clients = []
        for number in range(people):
            invited = {"name": f"annotator {number}", "role": "annotator"}
            token = owner.post("/api/people", json=invited).raise_for_status().json()["token"]
            clients.append(stack.enter_context(app.client(Authorization=f"Bearer {token}")))
        began = time.monotonic()
        until = began + seconds
        everybody = [Person(client, category, seen, until, pause, seed) for seed, client in enumerate(clients)]
        threads = [threading.Thread(target=person.work) for person in everybody]
        for thread in threads:
            thread.start()
        while time.monotonic() < until:
            seen.memory.append((time.monotonic() - began, app.memory()))
            time.sleep(min(SAMPLE_EVERY, max(0.0, until - time.monotonic())))
        for thread in threads:
            thread.join()
        seen.memory.append((time.monotonic() - began, app.memory()))
    return seen


def growth(memory: list[tuple[float, int]]) -> float:
    """Bytes a second, a straight line through the second half of the samples."""
    half = memory[len(memory) // 2 :]
    times, sizes = [time for time, _ in half], [size for _, size in half]
    middle, mean = sum(times) / len(times), sum(sizes) / len(sizes)
    spread = sum((time - middle) ** 2 for time in times)
    return sum((time - middle) * (size - mean) for time, size in half) / spread if spread else 0.0


def main() -> int:
    """Work for some minutes, print what was met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=30.0)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        WholeApplication(Path(folder) / "workspace") as app,
    ):
        seen = run(app, options.people, 60 * options.minutes)
        done = f"{options.people} people, {options.minutes:g} minutes: {len(seen.edits)} edits on {seen.images} images"
        print(f"{done}, failures {dict(seen.failures) or 'none'}")
        for share in (0.5, 0.95, 0.99):
            print(f"{100 * share:.0f} % of the edits within {1000 * quantile(seen.edits, share):.0f} ms")
        print(f"the longest edit {max(seen.edits):.2f} s")
        first = next(size for time, size in seen.memory if time >= min(60, 30 * options.minutes))
        sizes = [size for _, size in seen.memory]
        figures = (first, sizes[-1], max(sizes))
        memory = "memory {:.0f} MB after a minute, {:.0f} MB at the end, {:.0f} MB at most"
        print(memory.format(*(size / 1e6 for size in figures)))
        print(f"in the second half it grows by {60 * growth(seen.memory) / 1e6:.2f} MB a minute")
    return 1 if any(not kind.endswith(" 503") for kind in seen.failures) else 0


if __name__ == "__main__":
    sys.exit(main())
