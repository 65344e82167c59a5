"""The page asks its framework for nothing but what is open, and works with that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.page.gradio_routes import CALL, READ
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser

OURS = ("/api/", "/canvas/")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without a reviewed image: on the common one *Fine-tune* would train for minutes on those of others."""
    running = Server(tmp_path_factory.mktemp("empty") / "workspace")
    yield running
    running.stop()


def test_the_page_asks_only_for_what_is_open(browser: Any, bare: Server) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    asked: list[tuple[str, str, int]] = []
    page.on(
        "response",
        lambda answer: asked.append((answer.request.method, urlsplit(answer.url).path, answer.status)),
    )
    page.goto(bare.url)
    page.locator(".maskloop-host canvas").first.wait_for()
    page.get_by_role("tab", name="Fine-tune").click()
    page.locator("#finetune-data").wait_for()
    page.get_by_role("button", name="Fine-tune").click()
    page.locator("#finetune-message").get_by_text("reviewed images").wait_for()
    page.get_by_text("Model versions").click()
    page.get_by_role("tab", name="Annotate").click()
    page.wait_for_timeout(500)
    page.close()
    framework = [(method, path, status) for method, path, status in asked if not path.startswith(OURS)]
    assert [entry for entry in framework if entry[2] >= 400] == []
    closed = [(method, path) for method, path, _ in framework if not READ.fullmatch(path) and path != CALL]
    assert closed == []
    # What is open is used: an allow-list that only grows would be none.
    paths = {path for _, path, _ in framework}
    assert CALL in paths
    assert {"/", "/theme.css"} <= paths
    assert any(path.startswith("/gradio_api/heartbeat/") for path in paths)
    assert any(path.startswith("/assets/") for path in paths)
    assert any(path.startswith("/static/") for path in paths)


@pytest.mark.parametrize("path", ["/", "/canvas/index.html"])
def test_nothing_that_the_page_needs_is_refused_by_its_own_policy(browser: Any, bare: Server, path: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Security Policy" in message.text else None)
    page.goto(bare.url + path)
    page.locator("canvas").first.wait_for()
    if path == "/":
        page.get_by_role("tab", name="Fine-tune").click()
        page.get_by_role("button", name="Fine-tune").click()
        page.locator("#finetune-message").get_by_text("reviewed images").wait_for()
    page.wait_for_timeout(1000)
    assert refused == []
    page.close()
