"""Every screen in both themes, as axe-core judges it: nothing serious, nothing critical."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.access import asking_page
from tests.browser.axe import assert_sound
from tests.browser.conftest import PERSON, DataPlane, Photographs, Server

pytestmark = pytest.mark.browser

THEMES = ("light", "dark")


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page without anything in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("theme", THEMES)
def test_the_editor_its_panels_and_dialogs(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs, axe: str, theme: str
) -> None:
    image, other = (data_plane.upload(photographs.make()) for _ in range(2))
    person, dog = data_plane.category(**PERSON), data_plane.category("dog")
    data_plane.draw(image, dog, segmentation=[[60, 60, 140, 60, 140, 140]])
    data_plane.draw(image, person, segmentation=[[200, 60, 280, 60, 280, 140]])
    data_plane.post(f"/api/images/{image}/notes", json={"text": "look again"})
    data_plane.patch("/api/images", json={"image_ids": [image], "add_tags": ["dusk"]})
    editor = open_editor(image, color_scheme=theme)
    page = editor.page
    editor.click(270, 70)
    assert_sound(page, axe, "an object selected")
    editor.click(130, 70, modifier="Shift")
    page.get_by_text("2 objects selected").first.wait_for()
    assert_sound(page, axe, "several selected")
    editor.press("Escape", "k")
    editor.click(320, 100)
    assert_sound(page, axe, "keypoints placed one after the other")
    editor.press("Escape", "Escape", "v")
    editor.click(270, 70)
    editor.press("i", "w")
    page.get_by_role("button", name="Add note").wait_for()
    assert_sound(page, axe, "view options and notes")
    page.keyboard.press("Escape")
    editor.press("b", "i")
    assert_sound(page, axe, "a tool with choices")
    editor.press("g")
    page.locator(f".ml-grid [data-image='{image}']").wait_for()
    assert_sound(page, axe, "gallery")
    for chosen in (image, other):
        page.locator(f".ml-grid [data-image='{chosen}']").click(modifiers=["Control"])
    assert_sound(page, axe, "gallery, several chosen")
    page.get_by_role("button", name="Trash", exact=True).click()
    assert_sound(page, axe, "trash")
    editor.press("Escape")
    editor.press("Escape", "?")
    page.locator("dialog[open]").wait_for()
    assert_sound(page, axe, "help")
    editor.press("Escape")
    for name in ("Change class dog", "Import", "Export", "Statistics"):
        page.get_by_role("button", name=name).first.click(force=True)
        page.locator("dialog[open]").wait_for()
        page.get_by_text("Counting…").wait_for(state="hidden")
        assert_sound(page, axe, name)
        editor.press("Escape")


@pytest.mark.parametrize("theme", THEMES)
def test_the_page_without_an_image(page: Any, new_server: Server, axe: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    page.goto(new_server.url)
    page.get_by_role("button", name="Try sample photographs").wait_for()
    assert_sound(page, axe, "empty")


@pytest.mark.parametrize("theme", THEMES)
def test_the_fine_tune_tab(page: Any, server: Server, axe: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    page.goto(server.url)
    page.get_by_role("tab", name="Fine-tune").click()
    page.locator("#finetune-data").get_by_text("reviewed").first.wait_for()
    assert_sound(page, axe, "Fine-tune")


@pytest.mark.parametrize("theme", THEMES)
def test_the_page_that_asks_for_the_token(page: Any, axe: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)
    page.set_content(asking_page("token_wanted", "en"))
    assert_sound(page, axe, "token")
