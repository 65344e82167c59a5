"""Objects drawn, reshaped and judged with a real mouse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.masks import bitmap_iou, decode_rle, encode_rle, segmentation_to_rle
from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

TRIANGLE = [(100.0, 80.0), (260.0, 90.0), (180.0, 220.0)]
SQUARE = [100.0, 80.0, 260.0, 80.0, 260.0, 220.0, 100.0, 220.0]


def test_polygon_drawn_is_stored_where_it_was_clicked(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    editor = open_editor(image)
    editor.press("2")
    editor.draw_polygon(*TRIANGLE)
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["category_id"] == data_plane.category("dog")
    assert stored["source"] == "manual"
    assert stored["status"] == "accepted"
    flat = [value for corner in TRIANGLE for value in corner]
    assert stored["segmentation"] == [pytest.approx(flat, abs=0.6)]
    assert editor.selected["id"] == stored["id"]


def test_polygon_closes_with_enter_and_double_click_and_takes_points_back(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    editor = open_editor(image)
    editor.press("p")
    for corner in [*TRIANGLE, (300.0, 250.0)]:
        editor.click(*corner)
    editor.press("Backspace", "Enter")
    editor.wait_saved(1)
    for corner in TRIANGLE[:2]:
        editor.click(corner[0], corner[1] + 20)
    editor.page.mouse.dblclick(*editor.place(180, 200))
    editor.wait_saved(2)
    editor.click(50, 50)
    editor.click(60, 60)
    editor.press("Escape")
    assert [len(instance["segmentation"][0]) for instance in data_plane.document(image)["instances"]] == [6, 6]


def test_vertex_is_dragged_added_and_deleted_but_never_below_three(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    drawn = data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    editor = open_editor(image)
    editor.click(180, 150)
    assert editor.selected["id"] == drawn["id"]

    editor.drag((260, 220), (300, 250))
    editor.wait_saved(1)
    assert editor.selected["segmentation"][0][4:6] == pytest.approx([300, 250], abs=0.6)

    editor.click(180, 80)  # the middle of the upper edge
    editor.wait_saved(2)
    assert len(editor.selected["segmentation"][0]) == 10
    assert editor.selected["segmentation"][0][2:4] == pytest.approx([180, 80], abs=0.6)

    editor.click(180, 80, modifier="Shift")
    editor.wait_saved(3)
    editor.click(100, 220, modifier="Shift")
    editor.wait_saved(4)
    assert len(editor.selected["segmentation"][0]) == 6

    editor.click(100, 80, modifier="Shift")
    editor.notice("at least three points").wait_for()
    assert editor.saved_count == 4
    stored = data_plane.document(image)["instances"][0]
    assert stored["segmentation"] == editor.selected["segmentation"]
    assert stored["area"] == pytest.approx(0.5 * 160 * 170, rel=0.03)


def test_whole_polygon_moves_and_stays_in_the_image(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    editor = open_editor(image)
    editor.click(180, 150)
    editor.drag((180, 150), (200, 140))
    editor.wait_saved(1)
    assert editor.selected["bbox"] == pytest.approx([120, 70, 160, 140], abs=0.6)
    editor.drag((200, 140), (20, 140))
    editor.wait_saved(2)
    assert editor.selected["bbox"] == pytest.approx([0, 70, 160, 140], abs=0.6)


def test_part_is_added_to_the_selected_polygon(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    editor = open_editor(image)
    editor.click(180, 150)
    editor.press("p")
    editor.click(300, 50, modifier="Shift")
    editor.click(350, 50)
    editor.click(330, 110)
    editor.press("Enter")
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert [len(ring) for ring in stored["segmentation"]] == [8, 6]
    assert stored["area"] == pytest.approx(160 * 140 + 50 * 60 / 2, rel=0.03)


def _agreement(data_plane: DataPlane, image: int, bitmap: np.ndarray) -> float:
    (stored,) = data_plane.document(image)["instances"]
    return bitmap_iou(decode_rle(segmentation_to_rle(stored["segmentation"], *bitmap.shape)), bitmap)


def test_a_locked_object_gets_no_part_and_no_new_object_instead(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    editor = open_editor(image)
    editor.click(180, 150)
    editor.press("l")
    editor.press("p")
    editor.click(300, 50, modifier="Shift")
    editor.notice("Locked. L unlocks it.").wait_for()
    editor.press("l")
    for corner, modifier in [((300, 50), "Shift"), ((350, 50), None), ((330, 110), None)]:
        editor.click(*corner, modifier=modifier)
    editor.press("Enter")
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert [len(ring) for ring in stored["segmentation"]] == [8, 6]


def test_a_part_is_added_to_a_mask_and_another_is_cut_out_of_it(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    bitmap = np.zeros((300, 400), np.uint8)
    bitmap[100:200, 100:200] = 1
    data_plane.draw(image, data_plane.category("dog"), segmentation=encode_rle(bitmap))
    editor = open_editor(image)
    editor.click(150, 150)
    editor.press("p")
    editor.click(180, 120, modifier="Shift")  # overlaps the mask: one outline, not two on each other
    for corner in [(260, 120), (260, 180), (180, 180)]:
        editor.click(*corner)
    editor.press("Enter")
    editor.wait_saved(1)
    bitmap[120:180, 180:260] = 1
    assert _agreement(data_plane, image, bitmap) > 0.98
    editor.click(120, 130, modifier="Control")  # the polygon tool is still in hand, the object selected
    for corner in [(160, 130), (160, 170), (120, 170)]:
        editor.click(*corner)
    editor.press("Enter")
    editor.wait_saved(2)
    bitmap[130:170, 120:160] = 0
    assert _agreement(data_plane, image, bitmap) > 0.98
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances[0].area > 13000")
    editor.wait_saved()
    bitmap[130:170, 120:160] = 1
    assert _agreement(data_plane, image, bitmap) > 0.98


def test_a_polygon_beside_the_object_cuts_nothing_and_one_around_it_deletes_it(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    editor = open_editor(image)
    editor.click(180, 150)
    editor.press("p")
    editor.click(300, 50, modifier="Control")
    hint = editor.page.locator(".ml-hint")
    assert "cut out of the selected object" in hint.inner_text()
    editor.click(350, 50)
    editor.click(330, 60)
    assert hint.inner_text().startswith("Cut out of the selected object.")
    editor.press("Enter")
    editor.notice("Nothing was cut out").wait_for()
    assert data_plane.document(image)["instances"][0]["segmentation"] == [SQUARE]
    editor.click(60, 40, modifier="Control")
    for corner in [(290, 40), (290, 250), (60, 250)]:
        editor.click(*corner)
    editor.press("Enter")
    editor.wait_saved(1)
    assert data_plane.document(image)["instances"] == []


def test_a_box_alone_gets_its_first_outline_from_a_part(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    drawn = data_plane.draw(image, data_plane.category("dog"), bbox=[100, 80, 160, 140])
    editor = open_editor(image)
    editor.click(180, 150)
    editor.press("p")
    editor.click(*TRIANGLE[0], modifier="Shift")
    for corner in TRIANGLE[1:]:
        editor.click(*corner)
    editor.press("Enter")
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    flat = [value for corner in TRIANGLE for value in corner]
    assert (stored["id"], stored["segmentation"]) == (drawn["id"], [pytest.approx(flat, abs=0.6)])


def test_an_object_is_drawn_anew_and_keeps_its_class_and_attributes(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    drawn = data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE], attributes={"occluded": True})
    editor = open_editor(image)
    editor.click(180, 150)
    editor.press("p")
    editor.click(*TRIANGLE[0], modifier="Alt")
    for corner in TRIANGLE[1:]:
        editor.click(*corner)
    editor.press("Enter")
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    flat = [value for corner in TRIANGLE for value in corner]
    assert stored["segmentation"] == [pytest.approx(flat, abs=0.6)]
    assert (stored["id"], stored["category_id"], stored["attributes"]) == (
        drawn["id"], drawn["category_id"], {"occluded": True},
    )  # fmt: skip
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances[0].segmentation[0].length === 8")
    editor.wait_saved()
    assert data_plane.document(image)["instances"][0]["segmentation"] == [SQUARE]


def test_undo_and_redo_cover_every_kind_of_edit(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    editor = open_editor(image)
    editor.press("2")
    editor.draw_polygon(*TRIANGLE)
    editor.press("v")
    editor.drag(TRIANGLE[1], (280, 60))
    editor.press("3")
    editor.press("Delete")
    editor.wait_saved(4)
    assert editor.instances == []
    dog, ball = data_plane.category("dog"), data_plane.category("ball")

    editor.press("Control+z")
    editor.wait_for(f"maskloop.document.instances[0]?.category_id === {ball}")
    editor.press("Control+z")
    editor.wait_for(f"maskloop.document.instances[0]?.category_id === {dog}")
    assert editor.instances[0]["segmentation"][0][2:4] == pytest.approx([280, 60], abs=0.6)
    editor.press("Control+z")
    editor.wait_for(f"maskloop.document.instances[0].segmentation[0][2] < {270}")
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 0")
    assert data_plane.document(image)["instances"] == []
    for key in ("Control+Shift+z", "Control+y", "Control+y"):
        editor.press(key)
    editor.wait_for(f"maskloop.document.instances[0]?.category_id === {ball}")
    assert data_plane.document(image)["instances"][0]["category_id"] == ball


def test_bitmap_is_shown_moved_and_turned_into_a_polygon(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    from pycocotools import mask as coco_mask

    bitmap = np.zeros((300, 400), np.uint8)
    bitmap[80:220, 100:260] = 1
    bitmap[120:160, 150:200] = 0  # a hole, which polygons cannot say
    rle = coco_mask.encode(np.asfortranarray(bitmap))
    segmentation = {"size": [300, 400], "counts": rle["counts"].decode()}
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=segmentation)
    editor = open_editor(image)
    editor.click(170, 140)  # in the hole
    assert editor.selected is None
    editor.click(120, 100)
    assert editor.selected is not None

    editor.drag((120, 100), (130, 105))
    editor.wait_saved(1)
    moved = coco_mask.decode(data_plane.document(image)["instances"][0]["segmentation"])
    rows, columns = np.nonzero(moved != 0)
    dx, dy = columns.min() - 100, rows.min() - 80
    assert abs(dx - 10) <= 1
    assert abs(dy - 5) <= 1
    assert np.array_equal(np.roll(bitmap, (dy, dx), (0, 1)), moved)

    editor.page.mouse.dblclick(*editor.place(130, 105))
    editor.wait_saved(2)
    stored = data_plane.document(image)["instances"][0]
    assert len(stored["segmentation"]) == 1
    assert stored["area"] == pytest.approx((moved != 0).sum(), rel=0.02)  # the hole is still there


def test_class_changes_by_key_list_and_search(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    editor = open_editor(image)
    editor.click(180, 150)
    editor.press("3")
    editor.wait_saved(1)
    assert data_plane.document(image)["instances"][0]["category_id"] == data_plane.category("ball")
    editor.page.locator(".ml-class", has_text="dog").click()
    editor.wait_saved(2)
    assert data_plane.document(image)["instances"][0]["category_id"] == data_plane.category("dog")
    editor.press("0")
    editor.page.keyboard.type("bal")
    editor.press("Enter")
    editor.wait_saved(3)
    assert data_plane.document(image)["instances"][0]["category_id"] == data_plane.category("ball")
    editor.press("0")
    editor.page.keyboard.type("violin")
    editor.press("Enter")
    editor.wait_saved(4)
    names = {category["id"]: category["name"] for category in data_plane.document(image)["categories"]}
    assert names[data_plane.document(image)["instances"][0]["category_id"]] == "violin"


def test_list_and_canvas_share_the_selection_and_hide_and_lock(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    left = data_plane.draw(image, data_plane.category("dog"), bbox=[20, 20, 100, 100])
    right = data_plane.draw(image, data_plane.category("ball"), segmentation=[[200, 50, 300, 50, 300, 150, 200, 150]])
    editor = open_editor(image)
    row = editor.page.locator(f'.ml-object[data-instance="{right["id"]}"]')
    row.click()
    assert editor.selected["id"] == right["id"]
    editor.click(70, 70)
    assert editor.selected["id"] == left["id"]
    assert editor.page.locator(".ml-object[aria-selected=true]").get_attribute("data-instance") == str(left["id"])

    editor.press("l")
    editor.drag((70, 70), (90, 90))
    editor.press("Delete")
    editor.notice("locked").wait_for()
    assert editor.saved_count == 0
    editor.press("l", "h")
    editor.press("Escape")
    editor.click(70, 70)
    assert editor.selected is None
    editor.click(250, 100)
    editor.press("Delete")
    editor.wait_saved(1)
    assert [instance["id"] for instance in data_plane.document(image)["instances"]] == [left["id"]]


def test_zoom_keeps_the_point_under_the_pointer_and_space_pans(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    editor = open_editor(data_plane.upload(photographs.make()))
    start = editor.place(120, 90)
    editor.page.mouse.move(*start)
    editor.page.mouse.wheel(0, -400)
    editor.wait_for("maskloop.bench.view.viewport.scale > 2.5")
    before = editor.place(120, 90)
    assert before == pytest.approx(start, abs=1.5)  # a wheel event knows whole pixels only
    editor.page.locator('[data-tool="polygon"]').click()  # which must not keep the Space key to itself
    editor.page.mouse.move(*start)
    editor.page.keyboard.down(" ")
    editor.page.mouse.down()
    editor.page.mouse.move(start[0] + 60, start[1] + 30)
    editor.page.mouse.up()
    editor.page.keyboard.up(" ")
    assert editor.place(120, 90) == pytest.approx((before[0] + 60, before[1] + 30), abs=1)
    editor.drag((120, 90), (130, 100), button="middle")
    assert editor.saved_count == 0
    editor.press("f")
    assert editor.place(120, 90) == pytest.approx(start, abs=0.01)
