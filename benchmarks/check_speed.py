"""How long `python -m core check` takes on a file of 100,000 annotations, on one core.

    python benchmarks/check_speed.py                                        # synthetic scenes, repeated
    python benchmarks/check_speed.py --source data/instances_train2017.json  # a real file, repeated or cut short

The annotations of the source, and their images, are repeated under new ids until there are enough. The command runs in
a process of its own; user and system seconds are those of that process, its start and the reading of the file included,
and change little with other work on the machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.coco.reading import read_coco_json
from core.datasets.synthetic_scenes import write_shapes

ROOT = Path(__file__).resolve().parents[1]


@dataclass
class CheckSpeed:
    """Seconds of `python -m core check`, without images, on one core."""

    source: str | None = None
    """COCO JSON whose annotations are repeated; synthetic scenes unless given."""
    annotations: int = 100_000
    """How many there are to be."""
    runs: int = 3
    """How often; each is printed."""


def repeated(data: dict[str, Any], count: int) -> dict[str, Any]:
    """A data set of `count` annotations: those of `data` over and over, each time on images of their own."""
    images, annotations = [], []
    times = -(-count // len(data["annotations"]))
    for turn in range(times):
        shift = turn * (1 + max(image["id"] for image in data["images"]))
        images += [i | {"id": i["id"] + shift, "file_name": f"{turn}/{i['file_name']}"} for i in data["images"]]
        annotations += [
            annotation | {"id": len(annotations) + number, "image_id": annotation["image_id"] + shift}
            for number, annotation in enumerate(data["annotations"], 1)
        ]
    return data | {"images": images, "annotations": annotations[:count]}


def main(options: CheckSpeed) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(options.source) if options.source else write_shapes(Path(folder) / "shapes", 200, seed=0)
        file = Path(folder) / "large.json"
        file.write_text(json.dumps(repeated(read_coco_json(source), options.annotations)))
        print(f"{options.annotations} annotations, {file.stat().st_size / 1e6:.0f} MB, from {source.name}")
        for _ in range(options.runs):
            before = os.times()
            command = [sys.executable, "-m", "core", "check", str(file)]
            environment = os.environ | {"OMP_NUM_THREADS": "1"}
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            after = os.times()
            if done.returncode not in (0, 1):
                raise SystemExit(done.stderr)
            seconds = after.children_user + after.children_system - before.children_user - before.children_system
            elapsed = after.elapsed - before.elapsed
            said = done.stderr.strip().splitlines()[-1].split(": ")[-1]
            print(f"{seconds:.1f} s of one core ({elapsed:.1f} s passed): {said}")


if __name__ == "__main__":
    main(tyro.cli(CheckSpeed, description=__doc__))
