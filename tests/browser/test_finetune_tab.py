"""The Fine-tune tab in a real browser, with a real training process."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.store.database import DATABASE_NAME, Store
from tests.app.reviewed_workspace import add_shapes, write_tiny_model
from tests.browser.axe import assert_sound
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser

PATIENCE = 60_000  # milliseconds; the machine may have other work


@pytest.fixture
def tiny_server(tmp_path: Path) -> Iterator[Server]:
    """A server on an empty workspace whose model trains in seconds."""
    model = write_tiny_model(tmp_path / "tiny", backbone="mobilenet_v2")
    running = Server(tmp_path / "workspace", model=str(model))
    yield running
    running.stop()


def open_tab(browser: Any, server: Server) -> tuple[Any, list[str]]:
    """The page with the Fine-tune tab open, and a list that its errors go to."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(server.url)
    page.get_by_role("tab", name="Fine-tune").click()
    return page, errors


def test_from_too_little_data_to_a_model_in_use(browser: Any, tiny_server: Server, tmp_path: Path, axe: str) -> None:
    page, errors = open_tab(browser, tiny_server)
    page.get_by_role("button", name="Fine-tune").click()
    page.locator("#finetune-message").get_by_text("at least 2 reviewed images").wait_for()

    store = Store(tiny_server.workspace)
    add_shapes(store, tmp_path / "shapes", images=5)
    untouched = add_shapes(store, tmp_path / "more", images=2, seed=1, reviewed=False)
    store.close()
    page.get_by_role("tab", name="Annotate").click()
    page.get_by_role("tab", name="Fine-tune").click()
    page.locator("#finetune-data").get_by_text("4 to learn from, 1 held out").wait_for()
    page.locator("#finetune-classes").get_by_text("person").wait_for()
    page.locator("#finetune-estimate").get_by_text("on this machine").wait_for()  # the speed has been measured

    epochs = page.locator("#finetune-epochs input[type=number]")
    epochs.fill("10")  # long enough for a tick of the page to see it train
    epochs.press("Enter")
    page.get_by_role("button", name="Fine-tune").click()
    page.locator("#finetune-status").get_by_text("from tiny: training").wait_for()
    assert page.get_by_role("button", name="Fine-tune").is_disabled()
    assert_sound(page, axe, "a model is trained")

    again, more_errors = open_tab(browser, tiny_server)  # another page sees the same job
    page.close()
    again.locator("#finetune-status").get_by_text("finished in").wait_for()
    assert "AP50 of masks" in again.locator("#finetune-outcome").inner_text()
    again.locator(".finetune-picture img").first.wait_for()
    assert again.get_by_role("img", name="Loss by epoch").count() == 1
    assert again.get_by_role("img", name="Average precision of masks by epoch").count() == 1
    again.get_by_role("button", name="Use this model").click()
    again.get_by_role("button", name="This model is in use").wait_for()
    again.locator("#finetune-repredicting").get_by_text(f"{len(untouched)} untouched images predicted anew").wait_for()
    for theme in ("light", "dark"):
        again.emulate_media(color_scheme=theme)
        assert_sound(again, axe, f"a model was trained, {theme}")
    assert errors + more_errors == []
    again.close()


def test_cancelling_changes_nothing(browser: Any, tiny_server: Server, tmp_path: Path) -> None:
    store = Store(tiny_server.workspace)
    add_shapes(store, tmp_path / "shapes", images=3)
    store.close()
    page, errors = open_tab(browser, tiny_server)
    page.get_by_role("button", name="Fine-tune").click()
    page.get_by_role("button", name="Cancel").click()
    page.locator("#finetune-status").get_by_text("was cancelled. Nothing has changed.").wait_for()
    page.get_by_role("button", name="Fine-tune").click(trial=True)  # it can be pressed again
    assert errors == []
    page.close()


def with_shapes(server: Server, folder: Path, images: int = 3) -> None:
    """Reviewed images in the server's workspace."""
    store = Store(server.workspace)
    add_shapes(store, folder, images=images)
    store.close()


def latest_job(server: Server) -> dict[str, Any]:
    """The newest job; waits until there is one."""
    deadline = time.monotonic() + 60
    while not (jobs := httpx.get(f"{server.url}/api/jobs", timeout=60).json()["jobs"]):
        assert time.monotonic() < deadline, "no job was started"
        time.sleep(0.2)
    return dict(jobs[0])


def test_typed_epochs_and_the_button_outlive_ticks_and_a_restart_of_the_server(
    browser: Any, tiny_server: Server, tmp_path: Path
) -> None:
    with_shapes(tiny_server, tmp_path / "shapes")
    page, errors = open_tab(browser, tiny_server)
    epochs = page.locator("#finetune-epochs input[type=number]")
    page.locator("#finetune-data").get_by_text("3 reviewed images").wait_for()
    page.wait_for_timeout(1500)
    epochs.fill("3")  # and no Enter: the next thing pressed is the button
    page.locator("#finetune-estimate").get_by_text("on this machine").wait_for()  # measured: the ticks end here
    page.wait_for_timeout(1500)
    assert epochs.input_value() == "3"
    tiny_server.stop()
    tiny_server.start()
    page.get_by_role("button", name="Fine-tune").click()
    page.locator("#finetune-status").get_by_text("from tiny").wait_for()
    assert latest_job(tiny_server)["epochs"] == 3
    assert epochs.input_value() == "3"
    page.get_by_role("button", name="Cancel").click()
    page.locator("#finetune-status").get_by_text("was cancelled").wait_for()
    assert errors == []
    page.close()


def test_a_page_that_lost_its_server_in_the_middle_comes_back_by_itself(
    browser: Any, tiny_server: Server, tmp_path: Path
) -> None:
    with_shapes(tiny_server, tmp_path / "shapes")
    page, _ = open_tab(browser, tiny_server)  # losing the server is an error on the console
    page.locator("#finetune-data").get_by_text("3 reviewed images").wait_for()
    page.locator("#finetune-estimate").get_by_text("Measuring").wait_for()  # it asks for news each second
    tiny_server.stop()
    page.get_by_text("Connection to the server was lost").first.wait_for()
    with page.expect_navigation():
        tiny_server.start()
    page.get_by_role("tab", name="Fine-tune").click()
    page.locator("#finetune-data").get_by_text("3 reviewed images").wait_for()
    page.close()


def test_what_goes_wrong_is_said_beside_the_button(
    browser: Any, tiny_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_shapes(tiny_server, tmp_path / "shapes")
    page, errors = open_tab(browser, tiny_server)
    page.locator("#finetune-data").get_by_text("3 reviewed images").wait_for()
    monkeypatch.setattr("app.store.database.WRITE_WAIT", 0.3)
    other = sqlite3.connect(tiny_server.workspace / DATABASE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    page.get_by_role("button", name="Fine-tune").click()
    page.locator("#finetune-message").get_by_text("database is busy").wait_for()
    other.rollback()
    other.close()
    page.get_by_role("button", name="Fine-tune").click()
    page.locator("#finetune-status").get_by_text("from tiny").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.locator("#finetune-status").get_by_text("was cancelled").wait_for()
    assert errors == []
    page.close()
