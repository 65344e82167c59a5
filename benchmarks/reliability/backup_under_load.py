"""Back a workspace up while people work, restore it elsewhere, and compare both by hash.

    python -m benchmarks.reliability.backup_under_load --rounds 5

`python app/main.py backup` and `restore` run as commands of their own. Every edit and picture that was acknowledged
before a backup began must be in it; each row of the history and each file must hash to what it is in the original.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.reliability.whole_application import PROJECT, WholeApplication, add_category, add_image, block, picture

DATABASE = "maskloop.db"
FOLDERS = ("images", "upright", "thumbnails")  # of files that never change under their names


@dataclass
class Compared:
    """What was looked at in restored workspaces, and what differed."""

    edits: int = 0  # rows of the history, each compared with the original
    acknowledged: int = 0  # of them answered before the backup began
    files: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass
class Load:
    """People who draw and upload until they are told to stop."""

    app: WholeApplication
    stop: threading.Event = field(default_factory=threading.Event)
    edits: list[tuple[int, int]] = field(default_factory=list)  # acknowledged: image, its revision
    pictures: list[bytes] = field(default_factory=list)  # acknowledged uploads

    def person(self, category: int, seed: int) -> None:
        """One of them: a picture, thirty objects on it, the next picture."""
        number = 0
        with self.app.client() as client:
            while not self.stop.is_set():
                number += 1
                seed_of_picture = 10_000 * (seed + 1) + number
                image = add_image(client, seed_of_picture)
                self.pictures.append(picture(seed_of_picture))
                for step in range(30):
                    if self.stop.is_set():
                        return
                    self.draw(client, image, category, step)

    def draw(self, client: httpx.Client, image: int, category: int, step: int) -> None:
        """One object; 503 is no acknowledgement."""
        new = {"category_id": category, "segmentation": block(step)}
        answer = client.post(f"/api/images/{image}/instances", json=new)
        if answer.status_code != 503:
            self.edits.append((image, answer.raise_for_status().json()["revision"]))


@contextmanager
def load(app: WholeApplication, people: int) -> Iterator[Load]:
    """So many people at work while the block runs."""
    working = Load(app)
    with app.client() as client:
        category = add_category(client, "drawn under load")
    threads = [threading.Thread(target=working.person, args=(category, seed)) for seed in range(people)]
    for thread in threads:
        thread.start()
    try:
        yield working
    finally:
        working.stop.set()
        for thread in threads:
            thread.join()


def command(*arguments: str) -> None:
    """Run `python app/main.py …`; RuntimeError where it fails."""
    done = subprocess.run(
        [sys.executable, str(PROJECT / "app" / "main.py"), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{arguments[0]} ended with status {done.returncode}: {done.stderr.strip()}")


def history(workspace: Path) -> dict[int, str]:
    """The hash of each row of the edit history by its id."""
    with closing(sqlite3.connect(f"file:{workspace / DATABASE}?mode=ro", uri=True, timeout=60)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(edits)")]
        # Which edit lies below changes where somebody takes back what lies in between.
        kept = ", ".join(name for name in columns if name not in ("below",))
        rows = connection.execute(f"SELECT id, {kept} FROM edits").fetchall()
    return {row[0]: hashlib.sha256(repr(row).encode()).hexdigest() for row in rows}


def revisions(workspace: Path) -> dict[int, int]:
    """The revision of each image."""
    with closing(sqlite3.connect(f"file:{workspace / DATABASE}?mode=ro", uri=True)) as connection:
        return dict(connection.execute("SELECT id, revision FROM images").fetchall())


def hash_of(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def compare(
    original: Path, restored: Path, edits: list[tuple[int, int]], pictures: list[bytes], found: Compared
) -> None:
    """Compare a restored workspace with its original, which has gone on since, and with what was acknowledged."""
    there, here = history(original), history(restored)
    found.edits += len(here)
    found.acknowledged += len(edits)
    found.problems += [f"edit {number} differs" for number, digest in here.items() if there.get(number) != digest]
    reached = revisions(restored)
    found.problems += [
        f"image {image} is at revision {reached.get(image, 0)}, {revision} was acknowledged"
        for image, revision in edits
        if reached.get(image, 0) < revision
    ]
    for data in pictures:
        name = hashlib.sha256(data).hexdigest()
        if not (restored / "images" / name[:2] / name).is_file():
            found.problems.append(f"the acknowledged picture {name[:12]}… is missing")
    for folder in FOLDERS:
        for path in (restored / folder).rglob("*"):
            if path.is_file():
                found.files += 1
                if hash_of(path) != hash_of(original / path.relative_to(restored)):
                    found.problems.append(f"{path.relative_to(restored)} differs")
    if (restored / "token").exists():
        found.problems.append("the token has travelled")


def run(app: WholeApplication, workspace: Path, elsewhere: Path, *, rounds: int = 1, people: int = 4) -> Compared:
    """Back up, restore and compare so many times while people work."""
    found = Compared()
    with load(app, people) as working:
        for number in range(rounds):
            enough = len(working.edits) + 20
            while len(working.edits) < enough and not working.stop.wait(0.005):
                pass
            edits, pictures = list(working.edits), list(working.pictures)
            file = elsewhere / f"{number}.tar"
            command("backup", str(file), "--workspace", str(workspace))
            command("restore", str(file), "--workspace", str(elsewhere / str(number)))
            compare(workspace, elsewhere / str(number), edits, pictures, found)
    return found


def main() -> int:
    """Run the rounds, open the last restored workspace, print what was compared."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--people", type=int, default=4)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with WholeApplication(folder / "workspace") as app:
            found = run(app, folder / "workspace", folder, rounds=options.rounds, people=options.people)
        with WholeApplication(folder / str(options.rounds - 1)) as app, app.client() as client:
            exported = client.get("/api/export").raise_for_status().json()
    print(
        f"{options.rounds} backups under load: {found.edits} edits ({found.acknowledged} acknowledged before) and "
        f"{found.files} files compared, {len(found.problems)} differ; the last one opens and exports "
        f"{len(exported['annotations'])} objects"
    )
    for line in found.problems[:20]:
        print(line)
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
