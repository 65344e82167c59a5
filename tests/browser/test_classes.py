"""The class panel with as many classes as LVIS has: only what is in sight is there, and only what changed is made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.store.categories import create_category
from app.store.database import Store
from tests.browser.conftest import DataPlane, Photographs, Server

pytestmark = pytest.mark.browser

CLASSES = 1203
WATCH = """() => {
  window.made = [];
  new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) window.made.push(node.dataset?.category);
  }).observe(document.querySelector(".ml-classes"), { childList: true });
}"""


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with 1,203 classes."""
    server = Server(tmp_path_factory.mktemp("crowded"), with_page=False)
    with Store(server.workspace).writing() as session:
        for number in range(1, CLASSES + 1):
            create_category(session, {"name": f"kind {number:04}"})
    yield server
    server.stop()


@pytest.fixture
def editor(crowded: Server, open_editor: Any, tmp_path: Path) -> Any:
    """The editor on an image with two objects of classes 1 and 900."""
    with DataPlane(base_url=crowded.url, timeout=60) as data_plane:
        image = data_plane.upload(Photographs(tmp_path).make())
        data_plane.draw(image, 1, segmentation=[[20, 20, 120, 20, 120, 120, 20, 120]])
        data_plane.draw(image, 900, segmentation=[[220, 20, 320, 20, 320, 120, 220, 120]])
    return open_editor(image, url=crowded.url)


def test_only_the_classes_in_sight_are_elements_and_scrolling_brings_the_last(editor: Any) -> None:
    rows = editor.page.locator(".ml-class")
    assert 5 <= rows.count() < 60
    editor.page.locator(".ml-classes").evaluate("(list) => list.scrollTo(0, list.scrollHeight)")
    editor.page.locator(f'.ml-class[data-category="{CLASSES}"]').click()
    assert editor.page.evaluate("maskloop.bench.editor.currentCategory.id") == CLASSES
    assert rows.count() < 60


def test_a_choice_makes_only_the_rows_anew_that_it_changes(editor: Any) -> None:
    editor.page.evaluate(WATCH)
    editor.press("5")
    editor.page.locator('.ml-class[data-category="5"][aria-selected="true"]').wait_for()
    assert editor.page.evaluate("made.length") <= 2
    editor.press("7")
    editor.page.locator('.ml-class[data-category="7"][aria-selected="true"]').wait_for()
    assert editor.page.evaluate("made.length") <= 4


def test_the_class_of_the_selected_object_is_brought_into_sight(editor: Any) -> None:
    editor.click(270, 70)
    row = editor.page.locator('.ml-class[data-category="900"]')
    row.wait_for()
    assert row.get_attribute("aria-selected") == "true"
    assert row.get_attribute("aria-posinset") == "900"
    box, around = row.bounding_box(), editor.page.locator(".ml-classes").bounding_box()
    assert around["y"] - 1 <= box["y"] <= around["y"] + around["height"] - box["height"] + 1


def test_a_class_is_found_by_typing_and_chosen_with_the_arrow_keys(editor: Any) -> None:
    editor.press("0")
    editor.page.keyboard.type("kind 11")
    editor.page.locator('.ml-class[data-category="1100"]').wait_for()
    assert (
        editor.page.locator(".ml-class").first.get_attribute("aria-setsize") == "101"
    )  # 100, and the offer to make one
    editor.press("ArrowDown", "ArrowDown", "ArrowDown")
    search = editor.page.get_by_label("Search or make a class")
    assert search.bounding_box()["height"] >= 24
    pointed = editor.page.locator(f"#{search.get_attribute('aria-activedescendant')}")
    assert pointed.get_attribute("data-category") == "1102"
    editor.press("Enter")
    assert editor.page.evaluate("maskloop.bench.editor.currentCategory.id") == 1102
    assert search.input_value() == ""


def test_the_lines_of_a_skeleton_are_clicked_from_point_to_point(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    heron = data_plane.category("heron", keypoints=["bill", "neck", "left foot", "right foot"], skeleton=[[1, 2]])
    editor = open_editor(data_plane.upload(photographs.make()))
    editor.page.locator(".ml-class", has_text="heron").hover()
    editor.page.get_by_role("button", name="Change class heron").click()
    dialog = editor.page.get_by_role("dialog")
    text = dialog.get_by_label("Skeleton: pairs")
    neck, left, right = (dialog.get_by_role("button", name=f"{n}:") for n in (2, 3, 4))
    neck.click()
    dialog.get_by_text("neck: click the point that it is joined with").wait_for()
    left.click()
    assert text.input_value() == "1-2, 2-3"
    left.click()  # the chain would go on from here
    neck.focus()
    editor.press("Enter")
    right.focus()
    editor.press("Enter")
    assert text.input_value() == "1-2, 2-3, 2-4"
    assert dialog.locator("line").count() == 3
    right.click()  # lets go
    right.click()
    neck.click()  # joined before: now no longer
    assert text.input_value() == "1-2, 2-3"
    neck.click()
    dialog.get_by_role("button", name="1:").click()
    assert text.input_value() == "2-3"
    text.fill("1-2, 3-4")
    assert dialog.locator("line").count() == 2
    dialog.get_by_role("button", name="Save").click()
    dialog.wait_for(state="detached")
    (stored,) = [one for one in data_plane.get("/api/categories").json()["categories"] if one["id"] == heron]
    assert stored["skeleton"] == [[1, 2], [3, 4]]


def test_the_list_is_narrowed_to_classes_that_have_objects(editor: Any) -> None:
    names = editor.page.locator(".ml-class .ml-object-name")
    choice = editor.page.get_by_label("Which classes are listed")
    choice.select_option("On this image")
    editor.wait_for("document.querySelectorAll('.ml-class').length === 2")
    assert names.all_inner_texts() == ["kind 0001", "kind 0900"]
    editor.press("ArrowUp", "h", "Escape")  # what is hidden is on the image all the same
    assert names.all_inner_texts() == ["kind 0001", "kind 0900"]
    editor.page.get_by_label("Search or make a class").fill("kind 0007")  # a search goes through all
    assert names.all_inner_texts() == ["kind 0007"]
    editor.press("Enter")
    editor.wait_for("document.querySelectorAll('.ml-class').length === 3")  # the chosen one is always there
    editor.reload()
    assert choice.input_value() == "image"
    choice.select_option("In use")
    assert {"kind 0001", "kind 0900", "kind 0007"} >= set(names.all_inner_texts())


@pytest.mark.parametrize(("width", "height", "touch"), [(820, 1180, True), (820, 1180, False), (1280, 800, True)])
def test_the_buttons_beside_the_choice_of_classes_are_in_view(
    crowded: Server, open_editor: Any, tmp_path: Path, width: int, height: int, touch: bool
) -> None:
    with DataPlane(base_url=crowded.url, timeout=60) as data_plane:
        image = data_plane.upload(Photographs(tmp_path).make())
    editor = open_editor(image, url=crowded.url, has_touch=touch, is_mobile=touch)
    editor.page.set_viewport_size({"width": width, "height": height})
    editor.page.get_by_label("Which classes are listed").wait_for()
    for button in editor.page.locator(".ml-panel-classes > header button").all():
        box = button.bounding_box()
        assert box["x"] + box["width"] <= width


def test_the_panels_are_as_wide_as_somebody_made_them(editor: Any) -> None:
    edge = editor.page.get_by_role("separator", name="Width of the panels")
    width = "document.querySelector('.ml-side').offsetWidth"
    before = editor.page.evaluate(width)
    box = edge.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + 200
    editor.page.mouse.move(x, y)
    editor.page.mouse.down()
    editor.page.mouse.move(x - 100, y, steps=4)
    editor.page.mouse.up()
    assert editor.page.evaluate(width) == before + 100
    editor.reload()
    assert editor.page.evaluate(width) == before + 100
    edge.focus()
    editor.press("ArrowRight")
    assert editor.page.evaluate(width) == before + 80
    edge.dblclick()
    assert editor.page.evaluate(width) == before
    editor.reload()
    assert editor.page.evaluate(width) == before
