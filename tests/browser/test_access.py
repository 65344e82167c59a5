"""A browser comes in with the printed address or by typing the token, and stays in; another one reads nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import Server

pytestmark = pytest.mark.browser

TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that asks for its token."""
    running = Server(tmp_path_factory.mktemp("guarded") / "workspace", token=TOKEN)
    yield running
    running.stop()


def works(page: Any) -> None:
    """The editor is there, and the second tab answers."""
    page.locator(".maskloop-host canvas").first.wait_for()
    page.get_by_role("tab", name="Fine-tune").click()
    page.locator("#finetune-data").get_by_text("reviewed").first.wait_for()


def test_the_printed_address_opens_the_page_and_the_token_leaves_the_address(browser: Any, guarded: Server) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{guarded.url}/?token={TOKEN}")
    works(page)
    assert TOKEN not in page.url
    assert TOKEN not in page.evaluate("document.cookie")
    again = context.new_page()
    again.goto(guarded.url)
    works(again)
    context.close()


def test_a_browser_without_it_is_asked_and_may_type_it(browser: Any, guarded: Server) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(guarded.url)
    page.get_by_text("This page asks for the token").wait_for()
    assert page.evaluate("fetch('/api/images').then((answer) => answer.status)") == 401
    page.get_by_label("Token").fill("not it")
    page.get_by_role("button", name="Open").click()
    page.get_by_text("This is not the token of this workspace").wait_for()
    page.get_by_label("Token").fill(TOKEN)
    page.get_by_role("button", name="Open").click()
    works(page)
    context.close()
