"""Hostile files, bodies and weights: is any answered with a 5xx but 503 and 507, and does any leave a trace?

    python -m benchmarks.reliability.hostile --files 300 --weights 120

Files are pictures of every format that is read, and of those that are not: cut off, with bytes turned, with headers
that promise too much. Bodies are every route of the OpenAPI with one value out of this world at a time (the tests' own
walk). Weights are a model's two files, damaged. After everything that was refused, the tables and the folders of the
workspace must be what they were; what turned out to be a picture after all is removed again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from benchmarks.reliability.whole_application import WholeApplication, add_category, add_image, block
from core import load_model
from tests.app.api.openapi_walk import NASTY, as_asked, as_text, with_one_fault

ALLOWED = (503, 507)
FOLDERS = ("images", "upright", "thumbnails", "runs")
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "JPEG2000", "AVIF", "PPM", "ICO", "PCX", "TGA", "EPS", "PDF")
CHANGES_ITSELF = ("jobs",)  # of the tables: a job that was begun goes on


@dataclass
class Tried:
    """How many of each kind were sent, what they were answered, and what was wrong."""

    answers: Counter[str] = field(default_factory=Counter)  # "files 422" → how many
    problems: list[str] = field(default_factory=list)

    def of(self, kind: str) -> int:
        """How many of a kind."""
        return sum(count for name, count in self.answers.items() if name.startswith(kind))


def state_of(workspace: Path) -> str:
    """A hash of all tables and of the names and sizes of all stored files."""
    digest = hashlib.sha256()
    with closing(sqlite3.connect(f"file:{workspace / 'maskloop.db'}?mode=ro", uri=True, timeout=60)) as connection:
        tables = [
            row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
        ]
        for table in tables:
            if table not in CHANGES_ITSELF and not table.startswith("sqlite_"):
                for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1"):
                    digest.update(repr(row).encode())
    for folder in FOLDERS[:3]:
        for path in sorted((workspace / folder).rglob("*")):
            if path.is_file():
                digest.update(f"{path} {path.stat().st_size}".encode())
    return digest.hexdigest()


def hostile_files(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of files that look like pictures."""
    chance = random.Random(seed)
    wholes = []
    for kind in FORMATS:
        pixels = np.random.default_rng(len(wholes)).integers(0, 256, (40, 60, 3), dtype=np.uint8)
        buffer = BytesIO()
        Image.fromarray(pixels).save(buffer, kind)
        wholes.append((kind.lower(), buffer.getvalue()))
    for number in range(count):
        kind, data = wholes[number % len(wholes)]
        damaged, way = bytearray(data), chance.choice(("cut", "turned", "header", "doubled", "noise"))
        if way == "cut":
            damaged = damaged[: chance.randrange(len(damaged))]
        elif way == "turned":
            for _ in range(chance.randint(1, 40)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        elif way == "header":  # where sizes stand
            start = chance.randrange(min(64, len(damaged) - 4))
            damaged[start : start + 4] = chance.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4)))
        elif way == "doubled":
            middle = chance.randrange(len(damaged))
            damaged = damaged[:middle] + damaged
        else:
            damaged = damaged[:16] + chance.randbytes(400)
        name = chance.choice((f"{way}.{kind}", "../../etc/passwd", "x" * 5000, "a\x00b.png", "<script>.svg", "\n.jpg"))
        yield name, bytes(damaged)


def try_files(client: httpx.Client, workspace: Path, count: int, tried: Tried) -> None:
    """Upload each; the store is as before, once what was a picture after all is purged."""
    before = state_of(workspace)
    for name, data in hostile_files(count):
        answer = client.post("/api/images", files=[("files", (name, data))])
        note("files", answer, f"{name[:40]!r}, {len(data)} bytes", tried)
        for image in answer.json().get("images", ()) if answer.status_code == 201 else ():
            tried.answers["pictures after all"] += 1
            client.delete(f"/api/images/{image['image_id']}").raise_for_status()
            client.delete(f"/api/trash/{image['image_id']}").raise_for_status()
        if answer.status_code >= 400 and state_of(workspace) != before:
            tried.problems.append(f"a file that was refused left a trace: {name[:40]!r}, {len(data)} bytes")
            before = state_of(workspace)
    if state_of(workspace) != before:
        tried.problems.append("the files left a trace")


def try_bodies(client: httpx.Client, workspace: Path, tried: Tried, every: int = 1) -> None:
    """Each route with one fault at a time, or with every so manyth; what is refused changes nothing."""
    whole = client.get("/openapi.json").raise_for_status().json()
    number = 0
    for template, methods in whole["paths"].items():
        for method, described in methods.items():
            for path, body in faulty_requests(template, described, whole):
                number += 1
                if number % every:
                    continue
                before = state_of(workspace)
                content = None if body is None else json.dumps(body).encode()
                headers = {"Content-Type": "application/json"} if body is not None else {}
                answer = client.request(method.upper(), path, content=content, headers=headers)
                note("bodies", answer, f"{method} {path[:80]} {str(body)[:120]}", tried)
                if answer.status_code >= 400 and state_of(workspace) != before:
                    tried.problems.append(f"refused, yet it left a trace: {method} {path[:80]} {str(body)[:120]}")


def faulty_requests(template: str, described: dict[str, Any], whole: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Paths and bodies of a route with one fault each."""
    schema = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    body = None if schema is None else as_asked(schema, whole)
    places = {entry["name"]: entry for entry in described.get("parameters", ()) if entry["in"] in ("path", "query")}
    wanted = {name: as_text(as_asked(entry["schema"], whole)) for name, entry in places.items()}
    in_path = {name: wanted[name] or "0" for name, entry in places.items() if entry["in"] == "path"}
    for name, entry in places.items():
        for fault in NASTY:
            if entry["in"] == "path":
                yield template.format(**{**in_path, name: as_text(fault) or "0"}), body
            else:
                yield f"{template.format(**in_path)}?{name}={as_text(fault)}", body
    for faulty in with_one_fault(body) if body is not None else ():
        yield template.format(**in_path), faulty


def note(kind: str, answer: httpx.Response, what: str, tried: Tried) -> None:
    """Count an answer; a 5xx that may not be is a problem, and so is an error of more than one line."""
    tried.answers[f"{kind} {answer.status_code}"] += 1
    if answer.status_code >= 500 and answer.status_code not in ALLOWED:
        tried.problems.append(f"{answer.status_code} for {kind}: {what}")
    elif answer.status_code >= 400 and answer.headers["content-type"].startswith("application/json"):
        said = answer.json()
        lines = [said["error"]] if "error" in said else [error["error"] for error in said["errors"]]
        if any("\n" in line or "Traceback" in line for line in lines):
            tried.problems.append(f"more than a line for {kind}: {what}: {lines[0][:200]}")


def try_weights(model: Path, folder: Path, count: int, tried: Tried, seed: int = 0) -> None:
    """Load damaged copies of a model: ValueError in one line, or a model where the damage was none."""
    chance = random.Random(seed)
    load_model(model)  # undamaged it is one
    weights, sidecar = (model / "model.safetensors").read_bytes(), json.loads((model / "model.json").read_text())
    length = 8 + int.from_bytes(weights[:8], "little")  # of the header that says where each tensor lies
    nasty = [value for value in NASTY if as_text(value) is not None]
    for number in range(count):
        copy = folder / str(number)
        copy.mkdir(parents=True)
        damaged, described = bytearray(weights), json.loads(json.dumps(sidecar))
        if number % 3 == 0:
            damaged = damaged[: chance.randrange(len(damaged))]
        elif number % 3 == 1:
            for _ in range(chance.randint(1, 6)):
                damaged[chance.randrange(length)] = chance.randrange(256)
        else:
            key = chance.choice(sorted(described["config"]))
            described["config"][key] = chance.choice([*nasty, 10**7, -1, [[]]])
        (copy / "model.safetensors").write_bytes(damaged)
        (copy / "model.json").write_text(json.dumps(described))
        try:
            load_model(copy)
            tried.answers["weights loaded"] += 1
        except ValueError as error:
            tried.answers["weights refused"] += 1
            if "\n" in str(error):
                tried.problems.append(f"more than a line for weights {number}: {str(error)[:200]}")
        except Exception as error:
            tried.problems.append(f"weights {number}: {type(error).__name__}: {str(error)[:200]}")
        shutil.rmtree(copy)


def run(app: WholeApplication, workspace: Path, *, files: int, every: int = 1) -> Tried:
    """Files and bodies for a running application."""
    tried = Tried()
    with app.client() as client:
        image, category = add_image(client, 1), add_category(client, "apple")
        new = {"category_id": category, "segmentation": block(1)}
        client.post(f"/api/images/{image}/instances", json=new).raise_for_status()
        while client.get("/api/assist").raise_for_status().json()["state"] == "loading":  # what it notes is no trace
            time.sleep(0.05)
        try_files(client, workspace, files, tried)
        try_bodies(client, workspace, tried, every)
        client.get("/api/export").raise_for_status()
        client.get("/").raise_for_status()
    return tried


def main() -> int:
    """Try everything, print what was answered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--weights", type=int, default=120)
    parser.add_argument("--every", type=int, default=1, help="only every so manyth of the bodies")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / "workspace"
        with WholeApplication(workspace) as app:
            tried = run(app, workspace, files=options.files, every=options.every)
        starter = Path(__file__).resolve().parents[2] / "data" / "models" / "starter"
        try_weights(starter, Path(folder) / "weights", options.weights, tried)
    print(", ".join(f"{tried.of(kind)} {kind}" for kind in ("files", "bodies", "weights")))
    for kind, count in sorted(tried.answers.items()):
        print(f"  {kind}: {count}")
    print(f"{len(tried.problems)} problems")
    for line in tried.problems[:30]:
        print(f"  {line}")
    return 1 if tried.problems else 0


if __name__ == "__main__":
    sys.exit(main())
