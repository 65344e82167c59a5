"""Several objects selected at once: by Shift+click, by a frame, and what is done to all of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

LEFTS = (20, 120, 220)


def square(x: float) -> list[list[float]]:
    return [[x, 40, x + 60, 40, x + 60, 100, x, 100]]


@pytest.fixture
def image(data_plane: DataPlane, photographs: Photographs) -> int:
    """An image with three squares in a row: two proposals that nobody accepted, and a ball."""
    image = data_plane.upload(photographs.make())
    for x in LEFTS[:2]:
        data_plane.draw(image, data_plane.category("dog"), segmentation=square(x), status="proposed")
    data_plane.draw(image, data_plane.category("ball"), segmentation=square(LEFTS[2]))
    return image


def selected(editor: Any) -> list[float]:
    """The left sides of what is selected."""
    return sorted(
        editor.page.evaluate("maskloop.bench.editor.selectedInstances.map(({ bbox }) => Math.round(bbox[0]))")
    )


def test_shift_click_adds_and_takes_out_and_a_plain_click_selects_one(open_editor: Any, image: int) -> None:
    editor = open_editor(image)
    editor.click(50, 70)
    editor.click(150, 70, modifier="Shift")
    editor.click(250, 70, modifier="Shift")
    assert selected(editor) == [20, 120, 220]
    editor.click(150, 70, modifier="Shift")
    assert selected(editor) == [20, 220]
    assert editor.page.locator('.ml-object[aria-selected="true"]').count() == 2
    editor.click(250, 70)
    assert selected(editor) == [220]
    editor.press("Escape")
    assert selected(editor) == []


def test_a_frame_around_objects_selects_them_and_with_shift_adds_them(open_editor: Any, image: int) -> None:
    editor = open_editor(image)
    editor.drag((5, 20), (130, 130))
    assert selected(editor) == [20, 120]
    editor.page.keyboard.down("Shift")
    editor.drag((300, 20), (240, 60))
    editor.page.keyboard.up("Shift")
    assert selected(editor) == [20, 120, 220]
    editor.drag((5, 150), (100, 200))  # around nothing
    assert selected(editor) == []
    editor.press("Control+a")
    assert selected(editor) == [20, 120, 220]


def test_a_class_is_given_to_all_and_taken_back_in_one_step(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.press("Control+a", "1")
    editor.wait_saved(1)
    person = data_plane.category("person")
    document = data_plane.document(image)
    assert {one["category_id"] for one in document["instances"]} == {person}
    assert {len(one["keypoints"]) for one in document["instances"]} <= {0, 15}
    assert len(selected(editor)) == 3
    editor.press("Control+z")
    editor.wait_for(f"maskloop.document.instances.every((one) => one.category_id !== {person})")


def test_accept_and_delete_many_are_one_step_each(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.drag((5, 20), (130, 130))
    editor.press("Enter")
    editor.wait_saved(1)
    assert {one["status"] for one in data_plane.document(image)["instances"]} == {"accepted"}
    assert {one["source"] for one in data_plane.document(image)["instances"]} == {"manual"}
    editor.press("Delete")
    editor.wait_saved(2)
    (left,) = data_plane.document(image)["instances"]
    assert left["bbox"][0] == 220
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 3")
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.filter((one) => one.status === 'proposed').length === 2")


def test_many_are_hidden_and_locked_and_what_is_locked_stays(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.click(50, 70)
    editor.press("l")
    editor.press("Control+a", "Delete")
    editor.wait_saved(1)
    (left,) = data_plane.document(image)["instances"]
    assert left["bbox"][0] == 20
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 3")
    editor.press("Control+a", "h")
    assert editor.page.locator(".ml-object-hidden").count() == 3
    editor.press("h")
    assert editor.page.locator(".ml-object-hidden").count() == 0


def test_what_somebody_changed_meanwhile_keeps_the_whole_batch_from_being_done(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.expect_error("409 (Conflict)")
    editor.page.evaluate("maskloop.bench.lookAround = () => {}")
    editor.press("Control+a")
    first = data_plane.document(image)["instances"][0]
    change = {"base_revision": first["revision"], "segmentation": square(25)}
    data_plane.put(f"/api/images/{image}/instances/{first['id']}", json=change)
    editor.press("Delete")
    editor.notice("changed elsewhere").wait_for()
    editor.wait_for("maskloop.document.instances.length === 3")
    assert [one["bbox"][0] for one in data_plane.document(image)["instances"]] == [25, 120, 220]


def test_dragging_one_moves_all_in_one_step_and_the_image_holds_them(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.press("Control+a")
    editor.drag((150, 70), (170, 100))
    editor.wait_saved(1)
    stored = [one["bbox"] for one in data_plane.document(image)["instances"]]
    assert [box[0] for box in stored] == pytest.approx([40, 140, 240], abs=1)
    assert {round(box[1]) for box in stored} == {70}
    assert len(selected(editor)) == 3
    editor.drag((170, 100), (20, 100))  # farther than the left one can go
    editor.wait_saved(2)
    stored = [one["bbox"] for one in data_plane.document(image)["instances"]]
    assert [box[0] for box in stored] == pytest.approx([0, 100, 200], abs=1)
    editor.press("Control+z", "Control+z")
    editor.wait_for("maskloop.document.instances[0].bbox[0] === 20")
    editor.click(150, 70)
    assert selected(editor) == [120]
