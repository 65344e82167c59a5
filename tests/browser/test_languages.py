"""The page speaks the language of the browser, or the one that was chosen in it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

SQUARE = [[100.0, 80.0, 260.0, 80.0, 260.0, 220.0, 100.0, 220.0]]


def test_a_german_browser_gets_german_and_a_chosen_language_stays(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=SQUARE)
    editor = open_editor(image, locale="de-DE")
    page = editor.page
    language = "[document.documentElement.lang, document.querySelector('.maskloop').lang]"
    assert page.evaluate(language) == ["de", "de"]
    assert page.get_by_role("button", name="Geprüft", exact=True).count() == 1
    assert page.get_by_title("Rückgängig (Strg+Z)").count() == 1  # as it is printed on the keys
    assert page.locator(".ml-object").get_by_text("gezeichnet").count() == 1
    editor.press("i")
    with page.expect_navigation():
        page.get_by_label("Sprache").select_option(label="简体中文")
    editor.wait_for("window.maskloop !== undefined && maskloop.drawn")
    editor.reload()
    assert page.evaluate(language) == ["zh-Hans", "zh-Hans"]
    assert page.get_by_role("button", name="标记为已审核").count() == 1
    editor.press("i")
    with page.expect_navigation():
        page.get_by_label("语言").select_option("")
    editor.wait_for("window.maskloop !== undefined && maskloop.drawn")
    assert page.evaluate(language) == ["de", "de"]
