"""The notebooks in JupyterLab, as their reader has them: figures are there, and the assistant works inside a cell."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import TimeoutError

from app.notebook.data_frames import objects
from app.notebook.server_process import end_server, find_server

# test_notebook_frame.py holds the frame to its promises in every run; a whole JupyterLab takes minutes.
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("jupyterlab") is None, reason="needs jupyterlab"),
]

SETTINGS = {
    # What a run in a test changes must not be written into the notebook that is committed.
    "docmanager-extension/plugin": {"autosave": False},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Iterator[tuple[str, Path]]:
    """The address of JupyterLab on the project, with settings of its own, and the folder of the notebooks' results."""
    home = tmp_path_factory.mktemp("jupyter")
    for name, values in SETTINGS.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "MASKLOOP_NOTEBOOK_CACHE": "results",
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.port={port}", f"--ServerApp.root_dir={project_root}", "--IdentityProvider.token="]
    command += ["--ServerApp.allow_root=True"]
    environment = os.environ | {name: str(home / folder) for name, folder in folders.items()}
    environment["MASKLOOP_PROFILE"] = "quick"
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://localhost:{port}"
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                httpx.get(f"{url}/api/status", timeout=10).raise_for_status()
                break
            except httpx.HTTPError:
                ended = process.poll() is not None or time.monotonic() > deadline
                assert not ended, (home / "log").read_text()[-2000:]
                time.sleep(0.1)
        yield url, home / "results"
    finally:
        process.terminate()
        process.wait(30)
        end_server(home / "results" / "12_annotate_here")


@pytest.fixture
def lab(browser: Any, jupyterlab: tuple[str, Path]) -> Iterator[Any]:
    """A function that opens a notebook and returns the page; errors of the page fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(90_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def open_notebook(name: str) -> Any:
        page.goto(f"{jupyterlab[0]}/lab/tree/notebooks/{name}.ipynb?reset")  # or the notebook before is there too
        page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for()
        return page

    yield open_notebook
    context.close()
    assert errors == []


def run_cell(page: Any, cell: Any) -> None:
    """Run a cell and wait until it has ended; a key pressed while JupyterLab still lays out the page gets lost."""
    busy = cell.locator(".jp-InputArea-prompt", has_text="[*]")
    for _ in range(5):
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        try:
            busy.wait_for(timeout=5_000)
            break
        except TimeoutError:
            continue
    busy.wait_for(state="detached", timeout=240_000)


def test_a_walkthrough_shows_its_figures(lab: Any) -> None:
    page = lab("01_one_image_step_by_step")
    picture = page.locator(".jp-OutputArea img").first
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("image => image.naturalWidth") > 300
    assert "step by step" in page.locator(".jp-RenderedMarkdown h1").first.inner_text()


def test_the_assistant_works_inside_a_cell(lab: Any, jupyterlab: tuple[str, Path]) -> None:
    page = lab("12_annotate_here")
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    cells = page.locator(".jp-NotebookPanel .jp-CodeCell")
    run_cell(page, cells.nth(0))
    run_cell(page, cells.nth(1))
    output = cells.nth(1).locator(".jp-OutputArea iframe")
    frame = page.frame_locator(".jp-OutputArea iframe")
    frame.locator('[data-tool="polygon"]').wait_for(timeout=240_000)
    output.scroll_into_view_if_needed()
    workspace = jupyterlab[1] / "12_annotate_here"
    server = find_server(workspace)
    assert server is not None
    inner = next(one for one in page.frames if one.url.startswith(server.page))
    inner.wait_for_function("window.maskloop && maskloop.drawn")
    outer = output.bounding_box()
    assert outer["width"] > 700  # what JupyterLab leaves of a window of 1280 pixels, with its file browser open
    assert inner.evaluate("document.documentElement.scrollWidth <= innerWidth")

    # The model has looked at the first image by itself; Shift+Enter accepts what it shows.
    inner.wait_for_function("!maskloop.working && maskloop.document.instances.length > 0")
    shown = inner.evaluate("maskloop.document.instances.filter((one) => maskloop.bench.editor.isVisible(one)).length")
    assert shown >= 2
    frame.locator(".ml-stage canvas").last.click(position={"x": 5, "y": 5})
    page.keyboard.press("Shift+Enter")
    inner.wait_for_function("maskloop.document.instances.some((one) => one.status === 'accepted')")
    inner.wait_for_function("maskloop.saveState === 'saved'")
    assert len(objects(workspace, None, proposals=False)) == shown
