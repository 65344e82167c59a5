"""Objects that are selected and moved together, and what lies on what, with a real mouse, keys and a finger."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser


def square(x: float, y: float, side: float) -> list[list[float]]:
    """A square as a polygon."""
    return [[x, y, x + side, y, x + side, y + side, x, y + side]]


def attribute(data_plane: DataPlane, image: int, name: str) -> list[Any]:
    """What is said of each object, in the order in which they were made."""
    instances = sorted(data_plane.document(image)["instances"], key=lambda one: one["id"])
    return [one.get("attributes", {}).get(name) for one in instances]


def test_a_click_selects_the_whole_group_a_drag_moves_it_and_another_click_selects_one(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    dog = data_plane.category("dog")
    first, second, third = (data_plane.draw(image, dog, segmentation=square(x, 100, 40))["id"] for x in (50, 150, 250))
    editor = open_editor(image)
    selection = "[...maskloop.bench.editor.selection].sort((a, b) => a - b).join()"
    editor.click(70, 120)
    editor.click(170, 120, modifier="Shift")
    editor.press("Control+g")
    editor.wait_saved(1)
    assert attribute(data_plane, image, "group_id") == [1, 1, None]

    editor.click(350, 250)
    assert editor.page.evaluate(selection) == ""
    editor.click(170, 120)
    assert editor.page.evaluate(selection) == f"{first},{second}"
    editor.drag((170, 120), (180, 140))
    editor.wait_saved(2)
    boxes = [one["bbox"][:2] for one in data_plane.document(image)["instances"]]
    assert boxes == [pytest.approx(place, abs=0.6) for place in ([60, 120], [160, 120], [250, 100])]
    editor.click(180, 140)
    assert editor.page.evaluate(selection) == str(second)
    editor.drag((180, 140), (180, 150))  # alone now
    editor.wait_saved(3)
    editor.click(270, 120)
    editor.click(80, 140, modifier="Shift")  # adds all of the group
    assert editor.page.evaluate(selection) == f"{first},{second},{third}"

    editor.press("Control+d")  # copies are a group of their own, as far as they are one
    editor.wait_saved(4)
    assert attribute(data_plane, image, "group_id") == [1, 1, None, 2, 2, None]
    editor.press("Control+Shift+G")
    editor.wait_saved(5)
    assert attribute(data_plane, image, "group_id") == [1, 1, None, None, None, None]
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances[3].attributes?.group_id === 2")


def test_an_object_is_brought_to_the_front_and_sent_to_the_back_and_cutting_out_beneath_keeps_to_it(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    large = data_plane.draw(image, data_plane.category("dog"), segmentation=square(50, 50, 200))["id"]
    small = data_plane.draw(image, data_plane.category("ball"), segmentation=square(100, 100, 60))["id"]
    editor = open_editor(image)

    def on_top(x: float, y: float) -> int:
        editor.press("Escape")
        editor.move(x, y)
        editor.wait_for("maskloop.bench.editor.hoveredId !== null")
        return int(editor.page.evaluate("maskloop.bench.editor.hoveredId"))

    assert on_top(130, 130) == small  # without a word the smaller one lies on top
    editor.click(60, 60)
    editor.press("PageUp")
    editor.wait_saved(1)
    assert attribute(data_plane, image, "z_order") == [1, None]
    assert on_top(130, 130) == large
    editor.page.evaluate(f"maskloop.bench.editor.select({small})")
    editor.press("Shift+S")  # nothing lies beneath it now
    editor.notice("Nothing that is shown lies beneath it").wait_for()
    editor.page.locator(".ml-inspector").get_by_role("button", name="Bring to the front").click()
    editor.wait_saved(2)
    assert attribute(data_plane, image, "z_order") == [1, 2]
    editor.press("PageUp")
    editor.notice("It lies in front of all others already").wait_for()
    editor.press("PageDown")
    editor.wait_saved(3)
    assert attribute(data_plane, image, "z_order") == [1, None]  # 0 is below 1
    editor.press("Control+z", "Control+z", "Control+z")
    editor.wait_for("maskloop.document.instances.every(({ attributes }) => !attributes?.z_order)")


def test_a_finger_selects_and_moves_a_group(open_editor: Any, data_plane: DataPlane, photographs: Photographs) -> None:
    image = data_plane.upload(photographs.make())
    dog = data_plane.category("dog")
    for x in (50, 150):
        data_plane.draw(image, dog, segmentation=square(x, 100, 40), attributes={"group_id": 3})
    editor = open_editor(image, has_touch=True)
    editor.page.touchscreen.tap(*editor.place(70, 120))
    panel = editor.page.locator(".ml-inspector")
    panel.get_by_text("2 objects selected").wait_for()
    panel.get_by_role("button", name="Take the selected objects out").tap()
    editor.wait_saved(1)
    assert attribute(data_plane, image, "group_id") == [None, None]
