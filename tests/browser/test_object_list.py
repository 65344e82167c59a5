"""The list of objects: by class, with a picture of each, narrowed, and only what is in sight as elements."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

PAINTED = """(row) => {
  const canvas = row.querySelector('canvas');
  return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value > 0);
}"""


@pytest.fixture
def image(data_plane: DataPlane, photographs: Photographs) -> int:
    """An image with 60 balls and dogs in turn, of which every fifth is a proposal."""
    image = data_plane.upload(photographs.make())
    classes = [data_plane.category("dog"), data_plane.category("ball")]
    create = []
    for number in range(60):
        x, y = 10 + 38 * (number % 10), 10 + 45 * (number // 10)
        status = "proposed" if number % 5 == 0 else "accepted"
        corners = [[x, y, x + 20, y, x + 20, y + 30, x, y + 30]]
        create.append({"category_id": classes[number % 2], "segmentation": corners, "status": status})
    data_plane.post(f"/api/images/{image}/batch", json={"create": create}).raise_for_status()
    return image


def test_objects_stand_by_class_with_number_size_and_picture_and_a_class_is_selected_as_a_whole(
    open_editor: Any, image: int
) -> None:
    editor = open_editor(image)
    editor.expect_error("willReadFrequently")  # the test reads the small pictures, the editor does not
    rows = editor.page.locator(".ml-object")
    assert 10 < rows.count() < 60  # those in sight
    assert rows.first.locator(".ml-object-facts").inner_text() == "1 · 20 × 30"
    editor.page.wait_for_function(f"({PAINTED})(document.querySelector('.ml-object'))")
    editor.page.get_by_role("button", name="dog").and_(editor.page.locator(".ml-objects-heading *")).click()
    dogs = {one["id"] for one in editor.instances if one["category_id"] == editor.instances[0]["category_id"]}
    assert set(editor.page.evaluate("[...maskloop.bench.editor.selection]")) == dogs
    editor.press("Escape", "ArrowDown", "ArrowDown")
    assert editor.selected["id"] == editor.instances[2]["id"]  # the next dog, as the list goes
    assert editor.page.locator(".ml-unseen[role=status]").inner_text().endswith("2 of 60")


def test_the_list_is_narrowed_to_proposals_and_the_canvas_still_shows_all(open_editor: Any, image: int) -> None:
    editor = open_editor(image)
    editor.page.get_by_label("Which objects are listed").select_option("proposed")
    assert editor.page.locator(".ml-panel-objects .ml-count").first.inner_text() == "12 / 60"
    tags = editor.page.locator(".ml-object .ml-tag").all_text_contents()
    assert len(tags) == 12
    assert editor.page.evaluate("maskloop.bench.editor.visibleInstances().length") == 60


def test_a_choice_that_acts_at_once_gives_the_keys_back_but_not_while_one_walks_through_it_by_key(
    open_editor: Any, image: int
) -> None:
    editor = open_editor(image)
    which = editor.page.get_by_label("Which objects are listed")
    which.focus()  # as by a click: nobody has pressed Tab
    which.select_option("accepted")
    editor.press("p")
    assert editor.page.evaluate("maskloop.bench.toolName") == "polygon"
    editor.press("Tab")
    which.focus()
    which.select_option("proposed")
    assert editor.page.evaluate("document.activeElement.className") == "ml-narrow"


def test_the_row_of_what_is_selected_on_the_canvas_is_in_sight_beside_its_properties(
    open_editor: Any, image: int
) -> None:
    editor = open_editor(image)
    last = next(one for one in editor.instances if one["bbox"][:2] == [200, 190])
    editor.click(210, 205)
    editor.page.locator(".ml-inspector .ml-facts").wait_for()
    editor.page.wait_for_function(
        """(id) => {
          const row = document.querySelector(`.ml-object[data-instance="${id}"]`)?.getBoundingClientRect();
          const list = document.querySelector(".ml-objects").getBoundingClientRect();
          return row && row.top >= list.top - 1 && row.bottom <= list.bottom + 1;
        }""",
        arg=last["id"],
        timeout=3000,
    )
    list_of_rows = editor.page.locator(".ml-objects")
    list_of_rows.evaluate("(list) => { list.scrollTop = 0; }")
    editor.press("r", "v")
    assert list_of_rows.evaluate("(list) => list.scrollTop") == 0  # where a person has scrolled it to


def test_the_gallery_asks_anew_for_a_thumbnail_with_objects_where_they_changed(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    picture = editor.page.locator(f'.ml-tiles-grid [data-image="{image}"] img')
    editor.press("g")
    before = picture.get_attribute("src")
    assert "objects=true" in before
    editor.page.wait_for_function(
        "(src) => [...document.images].find((one) => one.src === src)?.naturalWidth", arg=before
    )
    editor.press("g", "ArrowDown", "Delete")
    editor.wait_saved(1)
    editor.press("g")
    assert picture.get_attribute("src") not in (None, before)
