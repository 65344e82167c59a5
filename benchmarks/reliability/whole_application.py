"""`python app/main.py` in a process of its own, and what people do with it over HTTP."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import numpy as np
import psutil
from PIL import Image

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 300.0  # a machine may be busy
WIDTH, HEIGHT = 160, 120


class WholeApplication:
    """A started server with its page; `with` ends it."""

    def __init__(self, workspace: Path, *, model: str = "starter", database_url: str | None = None) -> None:
        options = ["--no-browser", "--port", "0", "--device", "cpu", "--workspace", str(workspace), "--model", model]
        if database_url is not None:
            options += ["--database-url", database_url]
        # The project need not be the working directory, nor its path known.
        command = [sys.executable, str(PROJECT / "app" / "main.py"), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.errors: list[str] = []
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()
        self.url, self.token = self._announced()

    def _announced(self) -> tuple[str, str]:
        assert self.process.stdout is not None
        timer = threading.Timer(START_SECONDS, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()
        if "/?token=" not in line:
            self.process.kill()
            status = self.process.wait()
            self._reader.join()
            raise RuntimeError(f"the application did not start (status {status}): " + "".join(self.errors[-3:]))
        url, _, token = line.split()[3].partition("/?token=")
        return url, token

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors.extend(self.process.stderr)

    def client(self, **headers: str) -> httpx.Client:
        """A script's client with the workspace's token."""
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        return httpx.Client(base_url=self.url, headers=headers, timeout=300)

    def memory(self) -> int:
        """Resident bytes of the server's process."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def kill(self) -> None:
        """End it as a power cut would end it."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> WholeApplication:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
            self.process.kill()
        self.process.wait()


def picture(seed: int) -> bytes:
    """The PNG of an image that no other seed gives."""
    pixels = np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def block(number: int) -> list[list[float]]:
    """A rectangle as a segmentation, which says its number by where it lies."""
    x, y = number % 140, number // 140 % 100
    return [[x, y, x + 12, y, x + 12, y + 12, x, y + 12]]


def add_image(client: httpx.Client, seed: int) -> int:
    """Upload the picture of a seed; its id."""
    answer = client.post("/api/images", files=[("files", (f"picture {seed}.png", picture(seed)))])
    return int(answer.raise_for_status().json()["images"][0]["image_id"])


def add_category(client: httpx.Client, name: str = "thing") -> int:
    """Make a class; its id."""
    return int(client.post("/api/categories", json={"name": name}).raise_for_status().json()["id"])


def objects_of(client: httpx.Client, image: int) -> dict[int, list[float]]:
    """The boxes of an image's objects by their ids."""
    document: dict[str, Any] = client.get(f"/api/images/{image}/document").raise_for_status().json()
    return {entry["id"]: entry["bbox"] for entry in document["instances"]}


def quantile(values: list[float], share: float) -> float:
    """The smallest of the values that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
