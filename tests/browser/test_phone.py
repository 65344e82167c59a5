"""A phone's window: the canvas first, everything large enough for a finger, the panels as a sheet."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

PHONE = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2}
SMALL_TARGETS = """[...document.querySelectorAll("button, input, select")]
  .map((node) => (node.type === "checkbox" ? node.closest("label") : node))
  .filter((node) => node.getBoundingClientRect().width)
  .filter((node) => Math.min(node.getBoundingClientRect().width, node.getBoundingClientRect().height) < 43.5)
  .map((node) => node.getAttribute("aria-label") ?? node.className)"""


def test_the_canvas_comes_first_and_a_finger_finds_classes_and_objects_in_a_sheet(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    dog = data_plane.category("dog")
    data_plane.draw(image, dog, segmentation=[[60, 60, 140, 60, 140, 140]])
    editor = open_editor(image, **PHONE)
    page = editor.page
    page.set_viewport_size({"width": 390, "height": 844})
    editor.wait_for("maskloop.bench.view.viewport.width === 390")
    stage = page.locator(".ml-stage").bounding_box()
    assert (stage["width"], stage["height"] > 0.7 * 844) == (390, True)
    assert page.evaluate(SMALL_TARGETS) == []
    rows = page.locator(".ml-object")
    assert not rows.first.is_visible()
    page.get_by_role("button", name="Classes and objects").tap()
    rows.first.tap()
    editor.wait_for("maskloop.selected !== null")
    assert page.locator(".ml-stage").bounding_box()["height"] > 0.3 * 844
    assert page.evaluate(SMALL_TARGETS) == []
    page.get_by_role("button", name="Classes and objects").tap()
    assert not rows.first.is_visible()
    page.get_by_role("button", name="Notes and tags").tap()
    page.get_by_text("Add note", exact=True).wait_for()  # its words, which the bar's other buttons go without


def test_undo_stays_in_view_while_the_bar_above_scrolls(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=[[60, 60, 140, 60, 140, 140]])
    editor = open_editor(image, **PHONE)
    editor.page.set_viewport_size({"width": 390, "height": 844})
    editor.wait_for("maskloop.bench.view.viewport.width === 390")
    for left in (0, 10_000):
        editor.page.locator(".ml-bar").evaluate("(bar, left) => { bar.scrollLeft = left; }", left)
        undo, review = (editor.page.locator(f".ml-bar {one}").bounding_box() for one in (".ml-undo", ".ml-review"))
        assert undo["x"] >= 0
        assert undo["x"] + undo["width"] <= review["x"]
        assert review["x"] + review["width"] <= 390
    editor.press("ArrowDown", "Delete")
    editor.wait_saved(1)
    editor.page.get_by_role("button", name="View options").tap()
    assert editor.page.locator(".ml-view-options").bounding_box()["width"] == 390 - 16
    editor.page.get_by_role("button", name="View options").tap()
    editor.page.locator(".ml-undo").tap()
    editor.wait_for("maskloop.document.instances.length === 1")


@pytest.mark.parametrize(("width", "height"), [(1180, 820), (1280, 800)])
def test_every_tool_of_a_lying_tablet_is_in_view(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs, width: int, height: int
) -> None:
    editor = open_editor(data_plane.upload(photographs.make()), has_touch=True)
    editor.page.set_viewport_size({"width": width, "height": height})
    tools = editor.page.locator(".ml-tools")
    assert tools.evaluate("(one) => [one.scrollHeight - one.clientHeight, one.scrollWidth - one.clientWidth]") == [0, 0]
    tools.get_by_role("button", name="View options").tap()
    editor.page.get_by_label("Language").wait_for()
    assert editor.page.locator(".ml-view-options").bounding_box()["x"] >= tools.bounding_box()["width"]
    editor.page.get_by_label("Names of objects").uncheck()


@pytest.mark.parametrize("touch", [True, False], ids=["upright tablet", "half of a screen"])
@pytest.mark.parametrize("width", [700, 768, 820, 890])
def test_marking_reviewed_is_in_view_however_wide_the_bar_is(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs, width: int, touch: bool
) -> None:
    image = data_plane.upload(photographs.make())
    editor = open_editor(image, has_touch=touch, is_mobile=touch)
    editor.page.set_viewport_size({"width": width, "height": 1000})
    for button in (editor.page.locator(".ml-undo"), editor.page.locator(".ml-review")):
        box = button.bounding_box()
        assert box["x"] + box["width"] <= width
    editor.page.get_by_role("button", name="Keys and mouse").scroll_into_view_if_needed()
    editor.page.locator(".ml-review").click()
    editor.notice("Reviewed").wait_for()
    assert data_plane.document(image)["image"]["status"] == "reviewed"


def test_objects_stay_in_view_where_several_are_selected_by_finger(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    for left in (20.0, 140.0, 260.0):
        square = [[left, 20, left + 80, 20, left + 80, 90, left, 90]]
        data_plane.draw(image, data_plane.category("dog"), segmentation=square)
    editor = open_editor(image, has_touch=True)
    editor.press("Control+a")
    editor.page.locator(".ml-panel-selected", has_text="3 objects selected").wait_for()
    shown = editor.page.locator(".ml-objects").evaluate("list => list.clientHeight")
    assert shown >= 2 * 44
    assert editor.page.locator(".ml-side").evaluate("side => side.scrollHeight <= side.clientHeight")
