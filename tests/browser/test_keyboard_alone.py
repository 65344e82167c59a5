"""Without a mouse: no trap, every control within reach, and what happens is announced."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

FOCUSED = "(({ ariaLabel, title, textContent }) => ariaLabel || title || textContent)(document.activeElement)"


def square(x: float) -> list[list[float]]:
    return [[x, 40, x + 60, 40, x + 60, 100, x, 100]]


@pytest.fixture
def image(data_plane: DataPlane, photographs: Photographs) -> int:
    """An image with a dog and a ball."""
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=square(20))
    data_plane.draw(image, data_plane.category("ball"), segmentation=square(120))
    return image


def test_tab_leaves_the_canvas_and_reaches_every_part_of_the_page(open_editor: Any, image: int) -> None:
    editor = open_editor(image)
    editor.page.locator("canvas[tabindex]").focus()
    reached = set()
    for _ in range(60):
        editor.press("Tab")
        reached.add(editor.page.evaluate(FOCUSED))
    parts = " | ".join(map(str, reached))
    for wanted in (
        "Search or make a class",
        "Objects on this image",
        "Class of new",
        "Mark reviewed",
        "Polygon",
        "Keys",
    ):
        assert wanted in parts
    editor.page.locator("canvas[tabindex]").focus()
    editor.press("Shift+Tab")
    assert editor.page.evaluate("document.activeElement.tagName") != "CANVAS"


def test_arrows_select_objects_on_the_canvas_and_the_selection_is_announced(open_editor: Any, image: int) -> None:
    editor = open_editor(image)
    live = editor.page.locator(".ml-unseen[aria-live=polite]")
    editor.press("ArrowDown")
    assert live.inner_text() == "dog, drawn, 1 of 2"
    editor.press("ArrowDown")
    assert live.inner_text() == "ball, drawn, 2 of 2"
    editor.press("ArrowUp")
    assert live.inner_text() == "dog, drawn, 1 of 2"
    editor.press("Control+a")
    assert live.inner_text() == "2 objects selected"
    editor.press("Escape")
    assert live.inner_text() == "Nothing selected"


def test_what_is_deleted_and_what_an_undo_brings_back_is_announced(open_editor: Any, image: int) -> None:
    editor = open_editor(image)
    live = editor.page.locator(".ml-unseen[aria-live=polite]")
    assert editor.page.title() == f"{editor.document['image']['file_name']} – MaskLoop"
    editor.press("ArrowDown", "Delete")
    assert live.inner_text() == "dog deleted, 1 left. ball, drawn, 1 of 1"
    editor.wait_saved(1)
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 2")
    assert live.inner_text() == "Undone: dog back. ball, drawn, 2 of 2"
    editor.press("Control+y")
    editor.wait_for("maskloop.document.instances.length === 1")
    assert live.inner_text() == "Redone: dog removed. ball, drawn, 1 of 1"
    editor.press("Escape")
    assert live.inner_text() == "Nothing selected"


def test_arrows_walk_the_tools_and_the_class_list(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.page.locator('[data-tool="select"]').focus()
    editor.press("ArrowDown", "Enter")
    assert editor.page.evaluate("maskloop.bench.toolName") == "polygon"
    editor.page.locator(".ml-classes").focus()
    editor.press("ArrowDown", "ArrowDown", "Enter")
    dog = data_plane.category("dog")
    assert editor.page.evaluate("maskloop.bench.editor.currentCategory.id") == dog
    assert editor.document["image"]["image_id"] == image


def test_nothing_acts_on_an_image_that_the_gallery_covers(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.click(50, 70)
    editor.press("Control+c", "g")
    assert editor.page.get_by_role("button", name="Mark reviewed").is_disabled()
    assert editor.page.get_by_role("button", name="Find objects", exact=True).first.is_disabled()
    editor.press("Delete", "Control+z", "Control+Enter", "Control+v", "Control+d", "2", "h", "Enter")
    editor.page.evaluate("maskloop.bench.toggleReviewed()")
    editor.page.wait_for_timeout(300)
    assert editor.saved_count == 0
    assert data_plane.document(image)["image"]["status"] == "in_progress"
    assert editor.page.locator(".ml-side[inert]").count() == 1
    editor.press("g")
    assert editor.page.get_by_role("button", name="Mark reviewed").is_enabled()


def test_tiles_of_the_gallery_are_walked_with_arrows(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    first, second = (data_plane.upload(photographs.make(f"{name}.png")) for name in "xy")
    editor = open_editor(first)
    editor.press("g")
    editor.page.locator(f'.ml-tiles-grid [data-image="{first}"]').focus()
    editor.press("ArrowRight", "Enter")
    editor.wait_for(f"maskloop.document.image.image_id === {second}")
