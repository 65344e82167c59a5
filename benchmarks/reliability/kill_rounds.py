"""Kill the whole application in the middle of edits, again and again: is all that it acknowledged still there?

    python -m benchmarks.reliability.kill_rounds --rounds 100
    python -m benchmarks.reliability.kill_rounds --rounds 20 --postgresql     # its server crashes every second round

Several people draw, move, delete and undo, each on an image of their own, and one uploads. After each SIGKILL the next
start must show every image as it was last acknowledged, or with the one edit more that was under way, undo must lead to
what was there before it, and every acknowledged upload must be there byte for byte.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import sqlite3
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.reliability.postgresql import Cluster, cluster
from benchmarks.reliability.whole_application import (
    WholeApplication,
    add_category,
    add_image,
    block,
    picture,
)

Objects = dict[int, list[float]]
EDITS_IN_A_ROUND = (5, 80)
LONGEST_ROUND = 120.0  # seconds, on a machine that is busy


@dataclass
class Annotator:
    """Somebody at one image, and what the server has told them."""

    image: int
    category: int
    number: int = 0  # of the edit; it is where the object of that edit lies
    known: Objects = field(default_factory=dict)  # as last acknowledged
    revisions: dict[int, int] = field(default_factory=dict)  # of each object
    before: list[Objects] = field(default_factory=list)  # what undo goes back through
    pending: Objects | None = None  # what the request under way would lead to; an object without an id has 0
    pending_before: list[Objects] = field(default_factory=list)
    acknowledged: int = 0

    def edit(self, client: httpx.Client, chance: random.Random) -> None:
        """One edit, kept in mind once it is answered."""
        self.number += 1
        kind = chance.choices(("move", "draw", "delete", "undo"), (10, 2, 1, 1))[0]
        path = f"/api/images/{self.image}"
        if kind == "undo" and self.before:
            self.pending, self.pending_before = self.before[-1], self.before[:-1]
            document = client.post(f"{path}/undo").raise_for_status().json()
            self._done(self.pending, revisions_in(document), self.pending_before)
            return
        place = [float(self.number % 140), float(self.number // 140 % 100), 12.0, 12.0]
        one = chance.choice(sorted(self.known)) if self.known and kind in ("move", "delete") else 0
        rest = {key: box for key, box in self.known.items() if key != one}
        self.pending = rest if one and kind == "delete" else {**rest, one: place}
        self.pending_before = [*self.before, self.known]
        change = {"base_revision": self.revisions.get(one, 0), "segmentation": block(self.number)}
        if one and kind == "delete":
            address = f"{path}/instances/{one}?base_revision={self.revisions[one]}"
            client.delete(address).raise_for_status()
            self._done(rest, self.revisions, self.pending_before)
            return
        if one:
            answer = client.put(f"{path}/instances/{one}", json=change)
        else:
            new = {"category_id": self.category, "segmentation": block(self.number)}
            answer = client.post(f"{path}/instances", json=new)
        made = answer.raise_for_status().json()["instance"]
        revisions = {**self.revisions, made["id"]: made["revision"]}
        self._done({**rest, made["id"]: place}, revisions, self.pending_before)

    def _done(self, known: Objects, revisions: dict[int, int], before: list[Objects]) -> None:
        self.known, self.revisions, self.before, self.pending = known, revisions, before[-200:], None
        self.acknowledged += 1

    def check(self, client: httpx.Client) -> str | None:
        """Compare with what a new server shows, and go on from there; a line where something is lost."""
        path = f"/api/images/{self.image}"
        document = client.get(f"{path}/document").raise_for_status().json()
        found, under_way = objects_in(document), self.pending
        if under_way is not None and 0 in under_way:  # it may have got any id
            new = dict.fromkeys(set(found) - set(self.known), under_way[0])
            under_way = {key: box for key, box in under_way.items() if key} | new
        if found not in (self.known, under_way):
            return f"image {self.image}: acknowledged {self.known}, under way {under_way}, found {found}"
        if found != self.known:
            self.before = self.pending_before
        self.known, self.pending = found, None
        if self.before:  # the history has come along too
            undone = client.post(f"{path}/undo").raise_for_status().json()
            document = client.post(f"{path}/redo").raise_for_status().json()
            if (objects_in(undone), objects_in(document)) != (self.before[-1], found):
                return f"image {self.image}: undo leads to {objects_in(undone)}, not to {self.before[-1]}"
        self.revisions = revisions_in(document)
        return None


def objects_in(document: dict[str, Any]) -> Objects:
    """The boxes of a document's objects by their ids."""
    return {one["id"]: one["bbox"] for one in document["instances"]}


def revisions_in(document: dict[str, Any]) -> dict[int, int]:
    """The revisions of a document's objects by their ids."""
    return {one["id"]: one["revision"] for one in document["instances"]}


@dataclass
class Work:
    """All that has been asked of the application so far."""

    people: list[Annotator]
    uploads: dict[int, int] = field(default_factory=dict)  # acknowledged: image → the number of its picture
    lost: list[str] = field(default_factory=list)
    busy: int = 0  # edits that were answered 503: nothing of them may be there

    @property
    def edits(self) -> int:
        """How many were acknowledged."""
        return sum(person.acknowledged for person in self.people)

    def until_killed(self, app: WholeApplication, edits: int, delay: float, seed: int) -> None:
        """Everybody works; the application is killed so many seconds after so many more edits."""
        enough = self.edits + edits
        threads = [
            threading.Thread(target=self._annotate, args=(app, person, random.Random(1000 * seed + person.image)))
            for person in self.people
        ]
        threads.append(threading.Thread(target=self._upload, args=(app, seed)))
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + LONGEST_ROUND
        while self.edits < enough and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(delay)
        app.kill()
        for thread in threads:
            thread.join()

    def _annotate(self, app: WholeApplication, person: Annotator, chance: random.Random) -> None:
        with contextlib.suppress(httpx.TransportError), app.client() as client:  # until it is killed
            while True:
                try:
                    person.edit(client, chance)
                except httpx.HTTPStatusError as error:
                    if error.response.status_code != 503:
                        self.lost.append(f"image {person.image}: {error.response.text[:200]}")
                        break
                    person.pending = None  # it says that nothing of this was stored
                    self.busy += 1

    def _upload(self, app: WholeApplication, seed: int) -> None:
        with contextlib.suppress(httpx.TransportError, httpx.HTTPStatusError), app.client() as client:
            for number in range(1000 * (seed + 1), 1000 * (seed + 1) + 20):
                self.uploads[add_image(client, number)] = number

    def check(self, app: WholeApplication) -> None:
        """Note all that is not as it was acknowledged; the page must be there too."""
        with app.client() as client:
            self.lost += [line for person in self.people if (line := person.check(client)) is not None]
            for image, number in list(self.uploads.items())[-40:]:
                if client.get(f"/api/images/{image}/file").content != picture(number):
                    self.lost.append(f"upload {number} of image {image} is not what was sent")
            if "MaskLoop" not in client.get("/").raise_for_status().text:
                self.lost.append("the page does not show")


def integrity(workspace: Path) -> list[str]:
    """What SQLite says of the file that a kill left."""
    with contextlib.closing(sqlite3.connect(workspace / "maskloop.db")) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    lines = [f"foreign_key_check: {row}" for row in orphans]
    return lines if verdict == "ok" else [f"integrity_check: {verdict}", *lines]


def run(
    workspace: Path, rounds: int, *, people: int = 4, seed: int = 0, database: Cluster | None = None, **options: Any
) -> Work:
    """Start, check, work, kill, again and again; ends early where something is lost."""
    chance = random.Random(seed)
    url = database.url if database is not None else None
    work = Work([])
    for number in range(rounds + 1):
        with WholeApplication(workspace, database_url=url, **options) as app:
            if not work.people:
                with app.client() as client:
                    category = add_category(client)
                    work.people = [Annotator(add_image(client, person), category) for person in range(people)]
            work.check(app)
            if number == rounds or work.lost:
                break
            work.until_killed(app, chance.randint(*EDITS_IN_A_ROUND), chance.uniform(0, 0.05), number)
        if database is None:
            work.lost += integrity(workspace)
        elif number % 2:
            database.crash()
            database.start()
        print(f"round {number + 1}: {work.edits} edits, {len(work.uploads)} uploads acknowledged so far", flush=True)
    return work


def main() -> int:
    """Run the rounds, print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--postgresql", action="store_true", help="on a server of its own instead of SQLite")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        workspace = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "workspace"
        database = stack.enter_context(cluster()) if options.postgresql else None
        work = run(workspace, options.rounds, people=options.people, seed=options.seed, database=database)
    print(
        f"{options.rounds} kills, {work.edits} edits and {len(work.uploads)} uploads acknowledged, "
        f"{len(work.lost)} lost; {work.busy} edits were refused with 503"
    )
    for line in work.lost:
        print(line)
    return 1 if work.lost else 0


if __name__ == "__main__":
    sys.exit(main())
