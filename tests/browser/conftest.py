"""A real server on a free port and a real Chromium; every test gets a context of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.browser.editor_page import EditorPage

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the playwright package of requirements-dev.txt")

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PERSON = {
    "name": "person",
    "keypoints": ["nose", "left eye", "right eye", "left shoulder", "right shoulder"],
    "skeleton": [[1, 2], [1, 3], [4, 5]],
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium: the system's, or one that Playwright fetches.

    Not for the whole session: Playwright keeps an event loop running in this thread, in which tests of other
    folders could not run theirs.
    """
    with sync_api.sync_playwright() as playwright:
        executable = next((path for path in map(shutil.which, CHROMIUM_NAMES) if path), None)
        if executable is None and not Path(playwright.chromium.executable_path).exists():
            fetched = subprocess.run(
                [sys.executable, "-m", "playwright", "install", "chromium"], capture_output=True, text=True, check=False
            )
            if fetched.returncode != 0:
                reason = "no Chromium is installed and Playwright could not fetch one"
                if os.environ.get("CI"):
                    pytest.fail(f"{reason}: {fetched.stderr.strip()[-300:]}")
                pytest.skip(reason)
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


class Server:
    """The application in a thread; it can go away and come back on the same port and workspace."""

    def __init__(
        self,
        workspace: Path,
        model: str = "scenes",
        with_page: bool = True,
        prefix: str = "",
        token: str | None = None,
    ) -> None:
        self.workspace = workspace
        self.model = model
        self.with_page = with_page
        self.prefix = prefix
        self.token = token
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{prefix}"
        self.start()

    def start(self) -> None:
        """Serve until `stop`."""
        import uvicorn

        from app.server import create_app
        from app.store.database import Store

        store = Store(self.workspace)
        app: Any = create_app(store, model=self.model, device="cpu", with_page=self.with_page, token=self.token)
        if self.prefix:
            app = below(self.prefix, app)
        self.uvicorn = uvicorn.Server(
            uvicorn.Config(app, port=self.port, log_level="warning", timeout_graceful_shutdown=2)
        )
        self.thread = threading.Thread(target=self.uvicorn.run, daemon=True)
        self.thread.start()
        deadline = time.monotonic() + 60
        while not self.uvicorn.started:
            if not self.thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the server did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server and wait until its port is free."""
        self.uvicorn.should_exit = True
        self.thread.join(timeout=20)


def below(prefix: str, app: Any) -> Any:
    """`app` as a proxy shows it that has put it under a path."""

    async def prefixed(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "root_path": prefix} if "path" in scope else scope, receive, send)

    return prefixed


class DataPlane(httpx.Client):
    """Requests to the server as a script would send them."""

    def upload(self, path: Path) -> int:
        """Store an image; returns its id."""
        answer = self.post("/api/images", files={"files": (path.name, path.read_bytes())})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["images"][0]["image_id"])

    def category(self, name: str, **fields: Any) -> int:
        """The id of a class, made where there is none of that name."""
        for category in self.get("/api/categories").json()["categories"]:
            if category["name"] == name:
                return int(category["id"])
        answer = self.post("/api/categories", json={"name": name, **fields})
        assert answer.status_code < 300, answer.text
        return int(answer.json()["id"])

    def draw(self, image: int, category: int, **fields: Any) -> dict[str, Any]:
        """Add an object; returns it as stored."""
        answer = self.post(f"/api/images/{image}/instances", json={"category_id": category, **fields})
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["instance"])

    def document(self, image: int) -> dict[str, Any]:
        """The document of an image."""
        return dict(self.get(f"/api/images/{image}/document").json())


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that do not stop it."""
    running = Server(tmp_path_factory.mktemp("workspace"))
    yield running
    running.stop()


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Server]:
    """The program as it is installed, on an empty workspace of one test."""
    running = Server(tmp_path / "workspace", model="starter")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def data_plane(server: Server) -> Iterator[DataPlane]:
    """The server's routes."""
    with DataPlane(base_url=server.url, timeout=60) as client:
        # In this order, so that their keys are known: 1, 2, 3.
        client.category(**PERSON)
        client.category("dog")
        client.category("ball")
        yield client


class Photographs:
    """Images that no other test has: the store knows an image by its bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self, name: str = "scene.png", width: int = 400, height: int = 300) -> Path:
        """Smooth random colours under a file name."""
        random = np.random.default_rng(time.time_ns())
        coarse = Image.fromarray(random.integers(60, 200, (6, 8, 3), dtype=np.uint8))
        path = self.folder / name
        coarse.resize((width, height), Image.Resampling.BICUBIC).save(path)
        return path


@pytest.fixture
def photographs(tmp_path: Path) -> Photographs:
    """Makes images for one test."""
    return Photographs(tmp_path)


@pytest.fixture
def open_editor(browser: Any, server: Server, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A function that opens the editor on an image; whatever goes wrong in the page fails the test."""
    contexts: list[Any] = []
    pages: list[EditorPage] = []

    def open_page(
        image: int | None = None, *, path: str = "/canvas/index.html", url: str | None = None, **options: Any
    ) -> EditorPage:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
        context.set_default_timeout(40_000)  # two busy cores load forty modules in seconds
        # The model has a test of its own; elsewhere it would only draw over what the test draws.
        context.add_init_script("localStorage.setItem('maskloop.preference:find-automatically', 'false')")
        contexts.append(context)
        page = EditorPage(context.new_page(), url or server.url)
        pages.append(page)
        page.open(path, image)
        return page

    yield open_page
    try:
        for page in pages:
            page.assert_no_errors()
    finally:
        for context in contexts:
            context.close()


@pytest.fixture(scope="session")
def axe(project_root: Path) -> str:
    """The source of axe-core, which `npm ci` installs."""
    path = project_root / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file() and not os.environ.get("CI"):
        pytest.skip("axe-core is not installed: npm ci")
    return path.read_text(encoding="utf-8")
