"""Objects merged, cut out of each other, split by a line and simplified; each is one step of undo."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser


def square(x: float, y: float, side: float) -> list[list[float]]:
    return [[x, y, x + side, y, x + side, y + side, x, y + side]]


@pytest.fixture
def image(data_plane: DataPlane, photographs: Photographs) -> int:
    """An image with a dog of 100 × 100 and a ball of 40 × 40 that sticks out of it by half."""
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=square(50, 50, 100))
    data_plane.draw(image, data_plane.category("ball"), segmentation=square(130, 80, 40))
    return image


def areas(data_plane: DataPlane, image: int) -> list[float]:
    return [one["area"] for one in data_plane.document(image)["instances"]]


def test_merge_makes_one_of_several_with_the_class_of_the_first(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.click(80, 80)
    editor.click(160, 100, modifier="Shift")
    editor.page.get_by_role("button", name="Merge").click()
    editor.wait_saved(1)
    (one,) = data_plane.document(image)["instances"]
    assert one["category_id"] == data_plane.category("dog")
    assert one["area"] == pytest.approx(100 * 100 + 20 * 40, rel=0.01)
    assert editor.selected["id"] == one["id"]
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 2")
    assert areas(data_plane, image) == [10_000, 1_600]


def test_subtract_cuts_the_others_out_of_the_first(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.click(80, 80)
    editor.click(160, 100, modifier="Shift")
    editor.press("Shift+J")
    editor.wait_saved(1)
    assert areas(data_plane, image) == [pytest.approx(10_000 - 800, rel=0.01), 1_600]
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances[0].area === 10000")


def test_a_line_splits_the_selected_object_in_one_step(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.click(80, 80)
    editor.press("s")
    editor.drag((90, 30), (90, 170))
    editor.wait_saved(1)
    instances = data_plane.document(image)["instances"]
    dog = data_plane.category("dog")
    parts = [one["area"] for one in instances if one["category_id"] == dog]
    assert len(parts) == 2
    assert sum(parts) == pytest.approx(10_000, abs=20)
    assert editor.page.evaluate("maskloop.bench.editor.selection.size") == 2
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 2")


def test_a_line_that_ends_inside_says_that_nothing_was_split(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.press("s")
    editor.drag((60, 30), (60, 100))
    editor.notice("Nothing was split").wait_for()
    assert editor.saved_count == 0


def test_the_slider_shows_how_many_points_are_left_and_goes_back(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    stairs = [50.0, 200.0]
    for step in range(40):
        stairs += [50.0 + 4 * step, 196.0 - 3 * step, 54.0 + 4 * step, 196.0 - 3 * step]
    stairs += [210.0, 200.0]
    data_plane.draw(image, data_plane.category("dog"), segmentation=[stairs])
    editor = open_editor(image)
    editor.click(190, 180)
    slider, count = editor.page.get_by_label("Fewer points"), editor.page.locator(".ml-simplify-fewer output")
    assert count.inner_text() == "82 of 82"
    slider.fill("60")
    editor.wait_saved(1)
    left = int(count.inner_text().split(" of ")[0])
    assert left < 40
    assert len(data_plane.document(image)["instances"][0]["segmentation"][0]) == 2 * left
    slider.fill("0")
    editor.wait_saved(2)
    assert data_plane.document(image)["instances"][0]["segmentation"] == [stairs]
    editor.press("Control+z")
    editor.wait_for(f"maskloop.document.instances[0].segmentation[0].length === {2 * left}")


def test_smoothing_shows_outline_and_count_while_the_slider_is_held_and_is_saved_when_it_is_let_go(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=square(100, 80, 120))
    editor = open_editor(image)
    editor.click(160, 140)
    slider, count = editor.page.get_by_label("Smoother outline"), editor.page.locator(".ml-simplify-smoother output")
    box = slider.bounding_box()
    editor.page.mouse.move(box["x"] + 3, box["y"] + box["height"] / 2)
    editor.page.mouse.down()
    editor.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2, steps=3)
    editor.wait_for("maskloop.bench.editor.draft !== null")
    shown = int(count.inner_text().split(" points")[0])
    assert shown > 12  # round corners take more points
    assert editor.saved_count == 0
    editor.page.mouse.up()
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert len(stored["segmentation"][0]) == 2 * shown
    assert 0.8 * 120 * 120 < stored["area"] < 120 * 120

    slider.focus()
    editor.page.keyboard.press("Home")
    editor.wait_saved(2)
    assert data_plane.document(image)["instances"][0]["segmentation"] == square(100, 80, 120)
    editor.page.keyboard.press("End")
    editor.wait_saved(3)
    assert editor.page.evaluate("document.activeElement.dataset.slider") == "smoother"  # made anew, it keeps the focus


def test_what_lies_beneath_the_selected_object_is_cut_out_of_all_others_in_one_step(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    dog = data_plane.category("dog")
    top = data_plane.draw(image, dog, segmentation=square(100, 100, 80))
    half = data_plane.draw(image, dog, segmentation=square(140, 60, 160))
    inside = data_plane.draw(image, dog, segmentation=square(105, 105, 30))
    apart = data_plane.draw(image, dog, segmentation=square(10, 10, 40))
    editor = open_editor(image)
    editor.page.evaluate(f"maskloop.bench.editor.select({top['id']})")
    editor.press("Shift+S")
    editor.wait_saved(1)
    left = {one["id"]: one["area"] for one in data_plane.document(image)["instances"]}
    assert inside["id"] not in left
    assert left[half["id"]] == 160 * 160 - 40 * 80
    assert (left[top["id"]], left[apart["id"]]) == (80 * 80, 40 * 40)
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 4")
