"""A new edge by hand between boxes and clicks: out of the mask and back adds, through it cuts off; the tool stays."""

from __future__ import annotations

from typing import Any

import pytest

from core.masks import decode_rle, segmentation_to_rle
from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

SQUARE = [100.0, 80.0, 260.0, 80.0, 260.0, 220.0, 100.0, 220.0]
AREA = 160 * 140


@pytest.fixture
def image(data_plane: DataPlane, photographs: Photographs) -> int:
    """A dog that is a square."""
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    return image


def line(editor: Any, *places: tuple[float, float]) -> None:
    editor.click(*places[0], modifier="Control")
    for place in places[1:]:
        editor.click(*place)


@pytest.mark.parametrize("tool", ["r", "m"])
def test_an_edge_adds_what_it_goes_around_and_cuts_off_what_it_goes_through(
    tool: str, open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.click(180, 150)
    editor.press(tool)
    line(editor, (240, 100), (300, 100), (300, 140), (240, 140))  # the last is back in the mask
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["area"] == pytest.approx(AREA + 40 * 40, rel=0.02)
    line(editor, (120, 60), (120, 240))  # above it, below it
    editor.wait_saved(2)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["area"] == pytest.approx(AREA + 40 * 40 - 20 * 140, rel=0.02)
    assert stored["bbox"][0] == pytest.approx(120, abs=2)
    assert editor.selected["id"] == stored["id"]
    assert editor.page.evaluate("maskloop.bench.tool.key") == tool.upper()
    editor.press("Control+z", "Control+z")
    editor.wait_for(f"maskloop.bench.editor.document.instances[0].area === {AREA}")


@pytest.mark.parametrize("tool", ["r", "m"])
def test_a_finger_draws_an_edge_once_that_is_chosen(
    tool: str, open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image, has_touch=True)
    editor.click(180, 150)
    editor.press(tool)
    editor.page.get_by_role("button", name="New edge", exact=True).tap()
    for place in [(240, 100), (300, 100), (300, 140), (240, 140)]:
        editor.page.touchscreen.tap(*editor.place(*place))
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["area"] == pytest.approx(AREA + 40 * 40, rel=0.02)


@pytest.mark.parametrize("tool", ["r", "m"])
def test_a_finger_ends_an_edge_with_done_and_drops_it_with_what_clicks_do_else(
    tool: str, open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image, has_touch=True)
    editor.click(180, 150)
    editor.press(tool)
    place = "maskloop.bench.tool.name"

    def choose(name: str) -> None:
        editor.page.get_by_role("button", name=name, exact=True).tap()

    def tap(*places: tuple[float, float]) -> None:
        for x, y in places:
            editor.page.touchscreen.tap(*editor.place(x, y))

    choose("New edge")
    tap((240, 100))
    assert editor.page.evaluate(place) == "new edge"
    choose("Add")
    assert editor.page.evaluate(place) == ("box" if tool == "r" else "refine")
    choose("New edge")
    tap((240, 100), (300, 100), (300, 140))
    choose("Done")
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["area"] > AREA
    assert editor.selected["id"] == stored["id"]
    choose("Done")
    assert editor.selected is None


def test_one_that_closes_without_crossing_makes_a_part_beside_or_a_hole(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.click(180, 150)
    editor.press("r")
    for number, (x, y) in enumerate([(300, 100), (180, 150)], 1):
        line(editor, (x, y), (x + 30, y), (x + 30, y + 30), (x, y + 30), (x, y))
        editor.wait_saved(number)
    (stored,) = data_plane.document(image)["instances"]
    bitmap = decode_rle(segmentation_to_rle(stored["segmentation"], 300, 400))
    assert bitmap[115, 315] == 1
    assert bitmap[165, 195] == 0
    assert stored["area"] == pytest.approx(AREA, rel=0.02)


def test_an_edge_is_drawn_with_the_button_held_too(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.click(180, 150)
    editor.press("r")
    page = editor.page
    page.keyboard.down("Control")
    page.mouse.move(*editor.place(240, 100))
    page.mouse.down()
    page.keyboard.up("Control")
    for place in [(300, 100), (300, 140), (240, 140)]:
        page.mouse.move(*editor.place(*place), steps=8)
    page.mouse.up()
    editor.wait_saved(1)
    assert data_plane.document(image)["instances"][0]["area"] == pytest.approx(AREA + 40 * 40, rel=0.03)


def test_all_of_it_is_drawn_anew(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.click(180, 150)
    editor.press("r")
    editor.page.keyboard.down("Alt")
    line(editor, (20, 20), (60, 20), (60, 60), (20, 60), (20, 20))
    editor.page.keyboard.up("Alt")
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["bbox"] == pytest.approx([20, 20, 40, 40], abs=0.6)


def test_points_are_taken_back_and_escape_drops_them_without_a_trace(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.click(180, 150)
    editor.press("r")
    held = "maskloop.bench.tool.name"
    editor.click(240, 100, modifier="Control")
    editor.click(300, 100)
    assert "back into the mask" in editor.page.locator(".ml-hint").inner_text()
    editor.press("Escape")
    assert editor.page.evaluate(held) == "box"
    editor.click(240, 100, modifier="Control")
    editor.press("Backspace")  # the only point: nothing is begun any more
    assert editor.page.evaluate(held) == "box"
    editor.click(240, 100, modifier="Control")
    editor.press("v")  # another tool
    assert editor.page.evaluate(held) == "select"
    editor.press("r")
    assert editor.page.evaluate(held) == "box"
    (stored,) = data_plane.document(image)["instances"]
    assert stored["area"] == AREA
    assert stored["revision"] == 1


def test_a_polygon_that_waits_is_not_taken_for_an_edge(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.press("2", "p")
    editor.click(20, 20)
    editor.click(60, 20)
    editor.reload()
    editor.press("v")
    editor.click(180, 150)
    editor.press("r")
    line(editor, (240, 100), (300, 100), (300, 140), (240, 140))
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["area"] == pytest.approx(AREA + 40 * 40, rel=0.02)
    assert editor.page.evaluate("maskloop.bench.tools.polygon.points.length") == 4


def test_no_class_needs_to_be_chosen(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.click(180, 150)
    editor.press("r")
    editor.page.evaluate("maskloop.bench.editor.currentCategoryId = null")
    line(editor, (240, 100), (300, 100), (300, 140), (240, 140))
    editor.wait_saved(1)
    assert data_plane.document(image)["instances"][0]["area"] > AREA


def test_a_locked_object_is_not_mended(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.click(180, 150)
    editor.press("l", "r")
    line(editor, (240, 100), (300, 100), (300, 140), (240, 100))
    assert editor.page.evaluate("maskloop.bench.tool.name") == "box"
    assert editor.page.locator(".ml-notice", has_text="locked").count()
    assert data_plane.document(image)["instances"][0]["area"] == AREA
