"""Several points of a polygon moved, nudged and deleted together, with a real mouse, keys and a finger."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

RING = [100, 100, 200, 100, 300, 100, 300, 200, 200, 200, 100, 200]
CHOSEN = "maskloop.bench.view.chosenVertices.size"


def ring(data_plane: DataPlane, image: int) -> list[float]:
    """The outline of the only object, as stored."""
    (instance,) = data_plane.document(image)["instances"]
    return list(instance["segmentation"][0])


def begun(open_editor: Any, data_plane: DataPlane, photographs: Photographs, **options: Any) -> tuple[Any, int]:
    """An editor with one polygon of six points, selected."""
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=[RING])
    editor = open_editor(image, **options)
    editor.click(200, 150)
    return editor, image


def test_points_are_chosen_one_by_one_and_by_a_frame_dragged_nudged_and_deleted(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    editor, image = begun(open_editor, data_plane, photographs)
    editor.click(100, 100, modifier="Control")
    editor.click(100, 200, modifier="Control")
    assert editor.page.evaluate(CHOSEN) == 2
    editor.page.get_by_text("2 points selected").wait_for()
    editor.drag((100, 200), (80, 210))  # the one that is dragged takes the other along
    editor.wait_saved(1)
    assert ring(data_plane, image) == pytest.approx([80, 110, 200, 100, 300, 100, 300, 200, 200, 200, 80, 210], abs=0.6)

    editor.press("Escape")
    assert editor.page.evaluate(f"{CHOSEN} === 0 && maskloop.selected !== null")  # the object stays in hand
    editor.page.keyboard.down("Control")
    editor.drag((280, 80), (320, 220))
    editor.page.keyboard.up("Control")
    assert editor.page.evaluate(CHOSEN) == 2
    editor.press("ArrowRight", "ArrowUp", "Shift+ArrowLeft")
    editor.wait_saved(4)
    assert ring(data_plane, image)[4:8] == [291, 99, 291, 199]
    assert editor.document["image"]["image_id"] == image  # the arrows turned no page

    editor.press("Delete")
    editor.wait_saved(5)
    assert len(ring(data_plane, image)) == 8
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances[0].segmentation[0].length === 12")
    editor.press("Control+z", "Control+z", "Control+z", "Control+z")
    editor.wait_for(f"maskloop.document.instances[0].segmentation[0].join() === '{','.join(map(str, RING))}'")


def test_the_chosen_stop_at_the_edge_of_the_image_together_and_three_points_stay(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    editor, image = begun(open_editor, data_plane, photographs)
    editor.click(100, 100, modifier="Control")
    editor.click(200, 100, modifier="Control")
    editor.drag((200, 100), (5, 100))
    editor.wait_saved(1)
    assert ring(data_plane, image)[:4] == pytest.approx([0, 100, 100, 100], abs=0.6)
    editor.page.keyboard.down("Control")
    editor.drag((350, 230), (90, 90))
    editor.page.keyboard.up("Control")
    editor.press("Delete")
    editor.notice("A polygon keeps at least three points").wait_for()
    assert len(ring(data_plane, image)) == 12
    editor.click(350, 270)  # beside it: nothing is selected, and no point is
    assert editor.page.evaluate(CHOSEN) == 0


def test_a_finger_taps_points_to_choose_them(open_editor: Any, data_plane: DataPlane, photographs: Photographs) -> None:
    editor, image = begun(open_editor, data_plane, photographs, has_touch=True)
    for corner in ((300, 100), (300, 200)):
        editor.page.touchscreen.tap(*editor.place(*corner))
    assert editor.page.evaluate(CHOSEN) == 2
    editor.page.locator(".ml-inspector").get_by_role("button", name="Delete").click()
    editor.wait_saved(1)
    assert ring(data_plane, image) == [100, 100, 200, 100, 200, 200, 100, 200]


def test_a_part_that_goes_along_with_its_points_is_named(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    part = [320, 20, 360, 20, 360, 60, 320, 60]
    data_plane.draw(image, data_plane.category("dog"), segmentation=[RING, part])
    editor = open_editor(image)
    editor.click(200, 150)
    editor.click(320, 20, modifier="Control")
    editor.click(360, 20, modifier="Control")
    editor.press("Delete")
    editor.notice("1 part of the object had fewer than three points left").wait_for()
    editor.wait_saved(1)
    assert ring(data_plane, image) == RING
    assert len(data_plane.document(image)["instances"][0]["segmentation"]) == 1
