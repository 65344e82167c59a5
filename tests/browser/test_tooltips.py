"""What controls are called, under the pointer and under the keyboard's focus."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser


def test_a_control_says_its_name_and_key_at_once_and_escape_puts_that_away(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    editor = open_editor(data_plane.upload(photographs.make()))
    page = editor.page
    tip = page.get_by_role("tooltip")
    brush = page.locator("[data-tool=brush]")
    page.evaluate(
        """() => {
          const brush = document.querySelector("[data-tool=brush]");
          brush.addEventListener("pointerenter", () => entered = performance.now());
          new MutationObserver(() => shown ??= performance.now())
            .observe(document.querySelector(".ml-tooltip"), { attributeFilter: ["hidden"] });
          window.shown = undefined;
        }"""
    )
    brush.hover()
    tip.wait_for()
    assert tip.inner_text() == "Brush B"
    assert page.evaluate("shown - entered") <= 300
    assert brush.get_attribute("title") is None  # the browser does not say it a second time

    box, button = tip.bounding_box(), brush.bounding_box()
    assert box["x"] >= button["x"] + button["width"]  # it covers neither the button nor its neighbours
    page.mouse.move(box["x"] + 5, box["y"] + 5, steps=4)  # whoever magnifies the screen gets to it
    time.sleep(0.25)
    assert tip.is_visible()
    editor.press("p")
    editor.click(100, 100)
    brush.hover()
    tip.wait_for()
    editor.press("Escape")
    tip.wait_for(state="hidden")
    assert page.evaluate("maskloop.bench.tools.polygon.points.length") == 2  # Escape did nothing else
    assert brush.get_attribute("title") == "Brush (B)"
    editor.press("Escape")
    assert page.evaluate("maskloop.bench.tools.polygon.points.length") == 0


def test_the_keyboards_focus_shows_it_a_finger_and_a_click_do_not(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    editor = open_editor(image, has_touch=True)
    page = editor.page
    tip = page.get_by_role("tooltip")
    page.locator("[data-tool=brush]").tap()
    time.sleep(0.4)
    assert tip.count() == 0
    assert page.evaluate("maskloop.bench.toolName") == "brush"

    page.locator("[data-tool=select]").click()
    page.locator("[data-tool=select]").focus()
    page.keyboard.press("ArrowDown")
    tip.wait_for()
    assert tip.inner_text() == "Polygon P"
    page.keyboard.press("ArrowDown")
    tip.get_by_text("Magnetic lasso").wait_for()
    page.keyboard.press("Escape")
    tip.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.dataset.tool") == "lasso"  # the focus stays where it is

    page.get_by_role("button", name="Keys and mouse").click()  # in a dialog it lies above the dialog
    page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).hover()
    tip.wait_for()
    assert tip.evaluate("tip => tip.closest('dialog') !== null")
