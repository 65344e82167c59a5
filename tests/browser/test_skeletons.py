"""New objects of keypoints alone, clicked point after point with a real mouse, keys and a finger."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

BEGUN = "maskloop.bench.tools.keypoints.fresh.keypoints.length / 3"


def opened(open_editor: Any, data_plane: DataPlane, photographs: Photographs, **options: Any) -> tuple[Any, int]:
    """An empty image, the keypoints tool in hand, class person: nose, eyes, shoulders."""
    data_plane.category("person")
    image = data_plane.upload(photographs.make())
    editor = open_editor(image, **options)
    editor.press("1", "k")
    return editor, image


def stored(data_plane: DataPlane, image: int) -> list[dict[str, Any]]:
    """The objects on the server."""
    return list(data_plane.document(image)["instances"])


def test_an_object_is_clicked_point_after_point_hidden_ones_with_shift_or_the_right_button_others_skipped(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    editor, image = opened(open_editor, data_plane, photographs)
    editor.page.get_by_text("Click nose of a new object (person)").wait_for()
    editor.click(200, 80)
    editor.click(180, 70, modifier="Shift")
    editor.page.get_by_text("Click: right eye").wait_for()
    editor.press(".")  # the right eye is not seen
    editor.click(150, 140, button="right")
    editor.drag((200, 80), (205, 85))  # what was placed can still be moved
    assert stored(data_plane, image) == []  # one edit for all of it
    editor.click(260, 145)
    editor.wait_saved(1)
    (instance,) = stored(data_plane, image)
    assert instance["keypoints"] == pytest.approx([205, 85, 2, 180, 70, 1, 0, 0, 0, 150, 140, 1, 260, 145, 2], abs=0.6)
    assert instance["bbox"] == pytest.approx([150, 70, 110, 75], abs=1)  # around the points
    assert (instance["segmentation"], instance["num_keypoints"], instance["status"]) == ([], 4, "accepted")

    editor.click(220, 75)  # the missing one; the object is selected
    editor.wait_saved(2)
    editor.click(60, 60)  # all are placed: the next object begins, inside the first one's box or not
    editor.click(50, 50)
    editor.press("Enter")
    editor.wait_saved(3)
    first, second = stored(data_plane, image)
    assert first["num_keypoints"] == 5
    assert second["keypoints"][:6] == pytest.approx([60, 60, 2, 50, 50, 2], abs=0.6)
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 1")


def test_a_click_near_a_point_places_the_next_and_a_drag_from_there_moves_it(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    """The face of a small person: its points are nearer than a finger or a hand aims."""
    editor, image = opened(open_editor, data_plane, photographs)
    scale = editor.page.evaluate("maskloop.bench.view.viewport.scale")
    near = 7 / scale
    editor.click(200, 80)
    editor.click(200 + near, 80)
    editor.click(200 + near, 80)  # on a point itself: it is meant, nothing new
    assert editor.page.evaluate(BEGUN) == 2
    editor.drag((200 + near, 80 + near), (240, 100))
    assert editor.page.evaluate(BEGUN) == 2
    editor.press("Enter")
    editor.wait_saved(1)

    (instance,) = stored(data_plane, image)
    assert instance["keypoints"][:6] == pytest.approx([200, 80, 2, 240, 100, 2], abs=0.6)
    editor.page.evaluate("maskloop.bench.editor.select(maskloop.document.instances[0].id)")
    editor.click(200 - near, 80)
    editor.wait_saved(2)
    editor.click(200, 80 + near)
    editor.wait_saved(3)
    (instance,) = stored(data_plane, image)
    assert instance["keypoints"][6:12] == pytest.approx([200 - near, 80, 2, 200, 80 + near, 2], abs=0.6)


def test_backspace_goes_back_escape_drops_and_what_was_begun_survives_a_reload(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    editor, image = opened(open_editor, data_plane, photographs)
    for place in ((200, 80), (180, 70), (220, 70)):
        editor.click(*place)
    editor.press("Backspace")
    assert editor.page.evaluate(BEGUN) == 2
    editor.press("Control+z")
    assert editor.page.evaluate(BEGUN) == 1
    editor.press("v")
    editor.notice("The keypoints that you began are kept").wait_for()
    editor.reload()
    editor.press("k")
    assert editor.page.evaluate(BEGUN) == 1
    editor.press("Escape")
    assert editor.page.evaluate(BEGUN) == 0
    editor.press("Enter")
    assert stored(data_plane, image) == []


def test_the_other_side_is_proposed_and_a_key_places_it_there(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    editor, image = opened(open_editor, data_plane, photographs)
    editor.click(200, 80)
    editor.press(",")
    editor.notice("There is nothing to mirror").wait_for()
    editor.click(180, 70)
    editor.press(",")  # the right eye: the nose is the middle
    editor.click(150, 145, modifier="Shift")
    editor.press(",")  # the right shoulder: between the eyes, and as hidden as the left one
    editor.wait_saved(1)
    (instance,) = stored(data_plane, image)
    assert instance["keypoints"] == pytest.approx(
        [200, 80, 2, 180, 70, 2, 220, 70, 2, 150, 145, 1, 250, 145, 1], abs=1.2
    )


def test_a_finger_has_buttons_for_all_of_it(open_editor: Any, data_plane: DataPlane, photographs: Photographs) -> None:
    editor, image = opened(open_editor, data_plane, photographs, has_touch=True)
    options = editor.page.locator(".ml-tool-options")

    def tap(x: float, y: float) -> None:
        editor.page.touchscreen.tap(*editor.place(x, y))

    assert options.get_by_role("button", name="Done").is_disabled()
    tap(200, 180)
    options.get_by_label("hidden").tap()
    tap(180, 170)
    options.get_by_label("hidden").tap()
    options.get_by_role("button", name="Mirrored").tap()
    options.get_by_role("button", name="Back").tap()
    options.get_by_role("button", name="Skip").tap()
    tap(150, 240)
    options.get_by_role("button", name="Done").tap()
    editor.wait_saved(1)
    (instance,) = stored(data_plane, image)
    assert instance["keypoints"] == pytest.approx([200, 180, 2, 180, 170, 1, 0, 0, 0, 150, 240, 2, 0, 0, 0], abs=0.6)


def test_an_object_with_an_outline_and_missing_points_gets_them_unless_alt_begins_a_new_one(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    editor, image = opened(open_editor, data_plane, photographs)
    person = data_plane.category("person")
    body = data_plane.draw(image, person, segmentation=[[100, 40, 300, 40, 300, 260, 100, 260]])
    editor.reload()
    editor.press("1", "k")
    editor.click(200, 150)
    assert editor.selected["id"] == body["id"]
    editor.click(200, 80)
    editor.press(".")
    editor.click(220, 70)
    editor.wait_saved(2)
    assert stored(data_plane, image)[0]["keypoints"][:9] == pytest.approx([200, 80, 2, 0, 0, 0, 220, 70, 2], abs=0.6)
    editor.press("Backspace")  # the last one placed
    editor.wait_saved(3)
    assert stored(data_plane, image)[0]["num_keypoints"] == 1
    editor.click(150, 150, modifier="Alt")
    editor.press("Enter")
    editor.wait_saved(4)
    assert [one["num_keypoints"] for one in stored(data_plane, image)] == [1, 1]
