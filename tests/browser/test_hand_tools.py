"""The hand's own tools: plain boxes, the frame that stretches, the brush's size, and work in progress that stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from core.masks import encode_rle
from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

SQUARE = [100.0, 80.0, 200.0, 80.0, 200.0, 180.0, 100.0, 180.0]
AWAY = 10  # CSS pixels between an object and its frame


def pull(editor: Any, corner: tuple[float, float], to: tuple[float, float]) -> None:
    """Drag the handle right below a corner of the object as far as `to` is from the corner."""
    (x, y), (to_x, to_y) = editor.place(*corner), editor.place(*to)
    editor.page.mouse.move(x + AWAY, y + AWAY)
    editor.page.mouse.down()
    editor.page.mouse.move(to_x + AWAY, to_y + AWAY, steps=4)
    editor.page.mouse.up()


def test_a_drawn_box_need_not_become_a_mask_and_the_choice_is_remembered(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    editor = open_editor(image)
    editor.press("2", "r")
    editor.page.get_by_label("Boxes only").check()
    editor.drag((50, 60), (150, 160))
    editor.wait_saved(1)
    editor.reload()
    editor.press("r")
    assert editor.page.get_by_label("Boxes only").is_checked()
    editor.drag((200, 60), (260, 100))
    editor.wait_saved(1)
    first, second = data_plane.document(image)["instances"]
    assert first["segmentation"] == second["segmentation"] == []
    assert first["bbox"] == pytest.approx([50, 60, 100, 100], abs=1)
    assert first["category_id"] == second["category_id"] == data_plane.category("dog")


def test_the_frame_stretches_a_polygon_and_undo_takes_it_back(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    editor = open_editor(image)
    editor.click(150, 130)
    pull(editor, (200, 180), (250, 230))
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["bbox"] == pytest.approx([100, 80, 150, 150], abs=1)
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances[0].bbox[2] === 100")


def test_the_frame_stretches_a_mask_with_its_hole(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    mask = np.zeros((300, 400), np.uint8)
    mask[80:180, 100:200] = 1
    mask[110:150, 130:170] = 0
    data_plane.draw(image, data_plane.category("dog"), segmentation=encode_rle(mask))
    editor = open_editor(image)
    editor.click(110, 130)
    pull(editor, (200, 180), (300, 280))
    editor.wait_saved(1)
    stored = coco_mask.decode(data_plane.document(image)["instances"][0]["segmentation"])
    assert stored.sum() == pytest.approx(4 * mask.sum(), rel=0.03)
    assert not stored[150:210, 170:230].any()


def test_brush_size_is_a_slider_and_turns_with_the_wheel(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    editor = open_editor(data_plane.upload(photographs.make()))
    editor.press("b")
    shown = editor.page.locator(".ml-tool-options output")
    before = int(shown.inner_text().split()[0])
    scale = editor.page.evaluate("maskloop.bench.view.viewport.scale")
    editor.move(200, 150)
    editor.page.keyboard.down("Shift")
    editor.page.mouse.wheel(0, -400)
    editor.page.keyboard.up("Shift")
    editor.page.wait_for_function(f"parseInt(document.querySelector('.ml-tool-options output').textContent) > {before}")
    assert editor.page.evaluate("maskloop.bench.view.viewport.scale") == scale
    editor.page.get_by_label("Brush size").fill("4.6")
    assert shown.inner_text() == "200 px"
    editor.page.locator("canvas[tabindex]").focus()
    editor.press("[")
    assert shown.inner_text() == "160 px"
    editor.press("e")
    assert editor.page.locator(".ml-tool-options output").inner_text() == "160 px"  # one size for both


def test_a_polygon_in_progress_survives_another_tool_another_image_and_a_reload(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image, other = (data_plane.upload(photographs.make(f"{name}.png")) for name in "pq")
    editor = open_editor(image)
    editor.press("2", "p")
    editor.click(100, 80)
    editor.click(260, 90)
    editor.press("v")
    editor.notice("is kept").wait_for()
    editor.press("d")
    editor.wait_for(f"maskloop.document.image.image_id === {other} && maskloop.drawn")
    editor.press("p")
    editor.click(20, 20)  # another one, on this image
    editor.press("Escape", "a")
    editor.wait_for(f"maskloop.document.image.image_id === {image} && maskloop.drawn")
    editor.reload()
    editor.press("p")
    editor.click(180, 220)
    editor.press("Enter")
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["segmentation"] == [pytest.approx([100, 80, 260, 90, 180, 220], abs=0.6)]
    assert data_plane.document(other)["instances"] == []
    editor.reload()
    assert editor.page.evaluate("maskloop.bench.tools.polygon.points.length") == 0


def test_a_part_that_was_begun_goes_to_its_own_object_whatever_is_selected_since(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    mine = data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    other = data_plane.draw(image, data_plane.category("ball"), segmentation=[[300, 200, 350, 200, 350, 250, 300, 250]])
    editor = open_editor(image)
    editor.click(150, 130)
    editor.press("p")
    editor.click(20, 20, modifier="Shift")
    editor.click(60, 20)
    editor.press("v")
    editor.click(325, 225)
    editor.press("p")
    editor.click(40, 60)
    editor.press("Enter")
    editor.wait_saved(1)
    parts = {one["id"]: len(one["segmentation"]) for one in data_plane.document(image)["instances"]}
    assert parts == {mine["id"]: 2, other["id"]: 1}


def test_four_outermost_points_in_any_order_give_a_box_and_the_last_is_taken_back(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    editor = open_editor(image)
    editor.press("2", "Shift+R")
    editor.page.get_by_label("Boxes only").check()
    for place in ((150, 40), (60, 120), (390, 290)):
        editor.click(*place)
    editor.press("Backspace")
    editor.page.get_by_text("2 of 4").wait_for()
    editor.click(240, 100)
    editor.click(140, 200)
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["segmentation"] == []
    assert stored["bbox"] == pytest.approx([60, 40, 180, 160], abs=1)
    assert stored["category_id"] == data_plane.category("dog")
    editor.click(20, 20)
    editor.press("Escape")
    editor.page.get_by_text("0 of 4").wait_for()
    assert len(editor.instances) == 1
