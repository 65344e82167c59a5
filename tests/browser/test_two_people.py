"""Two people on one image: each sees what the other does, and undo takes back one's own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

LEFT = [(20, 20), (120, 20), (120, 120)]
RIGHT = [(220, 20), (320, 20), (320, 120)]


def test_a_class_made_on_another_page_is_the_one_that_typing_its_name_gives(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    anna, bert = open_editor(image), open_editor(image)
    bert.expect_error("409 (Conflict)")
    bert.page.evaluate("maskloop.bench.lookAround = () => {}")  # before it has looked around by itself
    for editor in (anna, bert):
        editor.press("0")
        editor.page.keyboard.type("lynx")
        editor.press("Enter")
        editor.wait_for("maskloop.bench.editor.currentCategory.name === 'lynx'")
    assert [row["name"] for row in data_plane.get("/api/categories").json()["categories"]].count("lynx") == 1


def test_what_another_page_draws_and_names_appears_by_itself(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    anna, bert = open_editor(image), open_editor(image)
    anna.draw_polygon(*LEFT)
    anna.wait_saved(1)
    bert.wait_for("maskloop.document.instances.length === 1")
    data_plane.category("ocelot")
    bert.wait_for("maskloop.document.categories.some(({ name }) => name === 'ocelot')")


def test_the_strip_of_images_follows_what_another_page_reviews_and_adds(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    first, second = (data_plane.upload(photographs.make(f"{name}.png")) for name in "ab")
    bert = open_editor(first)
    data_plane.put(f"/api/images/{second}/status", json={"status": "reviewed"})
    bert.page.locator(f'.ml-tiles-strip [data-image="{second}"].ml-status-reviewed').wait_for()
    third = data_plane.upload(photographs.make("c.png"))
    bert.wait_for(f"maskloop.bench.images.find({third}) !== null")


def test_undo_takes_back_ones_own_edit_and_says_so_where_none_is_left(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    anna, bert = open_editor(image), open_editor(image)
    bert.expect_error("409 (Conflict)")
    bert.draw_polygon(*RIGHT)
    bert.wait_saved(1)
    anna.wait_for("maskloop.document.instances.length === 1")
    anna.draw_polygon(*LEFT)
    anna.wait_saved(1)
    bert.wait_for("maskloop.document.instances.length === 2")
    bert.press("Control+z")
    bert.wait_for("maskloop.document.instances.length === 1")
    (left,) = data_plane.document(image)["instances"]
    assert left["bbox"][0] == pytest.approx(20, abs=1)
    bert.press("Control+z")
    notice = bert.notice("somebody else's")
    notice.wait_for()
    assert len(data_plane.document(image)["instances"]) == 1
    notice.get_by_role("button", name="Take theirs back").click()
    bert.wait_for("maskloop.document.instances.length === 0")
    anna.wait_for("maskloop.document.instances.length === 0")


def test_undo_of_what_somebody_changed_since_says_so_and_leaves_it(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    anna, bert = open_editor(image), open_editor(image)
    anna.expect_error("409 (Conflict)")
    anna.draw_polygon(*LEFT)
    anna.wait_saved(1)
    bert.wait_for("maskloop.document.instances.length === 1")
    bert.click(100, 50)
    bert.drag((120, 120), (150, 150))
    bert.wait_saved(1)
    anna.press("Control+z")
    anna.notice("somebody else has changed the object since").wait_for()
    (kept,) = data_plane.document(image)["instances"]
    assert kept["bbox"][2] == pytest.approx(130, abs=1)


def test_after_a_reload_and_in_a_tab_opened_later_ones_own_work_is_still_undone(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    editor = open_editor(image)
    editor.draw_polygon(*LEFT)
    editor.draw_polygon(*RIGHT)
    editor.wait_saved(2)
    editor.reload()
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 1")
    address = editor.page.url
    later = editor.page.context.new_page()
    editor.page.close()
    later.goto(address)
    later.wait_for_function("window.maskloop && maskloop.drawn && maskloop.document.instances.length === 1")
    later.keyboard.press("Control+z")
    later.wait_for_function("maskloop.document.instances.length === 0")


def test_an_image_that_somebody_else_removes_is_left_and_what_was_drawn_on_it_can_be_brought_back(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make("removed.png"))
    following = data_plane.upload(photographs.make("following.png"))
    editor = open_editor(image)
    editor.expect_error("404")
    assert data_plane.delete(f"/api/images/{image}").status_code == 200
    editor.press("2", "b")
    editor.drag((60, 250), (160, 250))
    editor.notice("“dog” was not saved: removed.png was removed elsewhere.").wait_for()
    editor.wait_for(f"maskloop.document.image.image_id === {following} && maskloop.drawn")
    editor.notice("removed.png was removed elsewhere.").get_by_role("button", name="Bring back").click()
    editor.wait_for(f"maskloop.document.image.image_id === {image} && maskloop.drawn")
    editor.press("d")
    editor.wait_for(f"maskloop.document.image.image_id === {following} && maskloop.drawn")
    editor.page.get_by_role("button", name="Bring mine back").click()
    editor.wait_saved(1)
    assert len(data_plane.document(image)["instances"]) == 1
    assert data_plane.document(following)["instances"] == []
