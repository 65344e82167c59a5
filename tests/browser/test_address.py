"""The open image in the page's address: links, Back and Forward, quick turning, the tabs of the page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs, Server

pytestmark = pytest.mark.browser

SEVERAL = 5


@pytest.fixture
def images(data_plane: DataPlane, photographs: Photographs) -> list[int]:
    """Images one after the other."""
    return [data_plane.upload(photographs.make(f"turned {number}.png")) for number in range(SEVERAL)]


def wait_open(editor: Any, image: int) -> None:
    editor.wait_for(f"maskloop.document?.image.image_id === {image} && maskloop.drawn")


def test_back_and_forward_go_from_image_to_image_and_an_address_opens_one(open_editor: Any, images: list[int]) -> None:
    editor = open_editor(images[0])
    for image in images[1:3]:
        editor.press("d")
        wait_open(editor, image)
    editor.page.go_back()
    wait_open(editor, images[1])
    editor.page.go_back()
    wait_open(editor, images[0])
    editor.page.go_forward()
    wait_open(editor, images[1])
    editor.page.evaluate(f"location.hash = '#image={images[4]}'")
    wait_open(editor, images[4])
    editor.page.go_back()
    wait_open(editor, images[1])


def test_an_address_of_no_image_says_so_and_something_is_open(open_editor: Any, images: list[int]) -> None:
    editor = open_editor(None, path="/canvas/index.html#image=123456789")
    editor.expect_error("404")
    editor.notice("there is no image 123456789").wait_for()
    editor.wait_for("maskloop.document !== null && maskloop.drawn")


def test_the_image_that_was_open_last_is_found_on_a_later_page_of_the_list(open_editor: Any, images: list[int]) -> None:
    editor = open_editor(images[4])
    editor.page.route("**/api/images?*", lambda route: route.continue_(url=route.request.url.replace("=200", "=1")))
    editor.page.goto(f"{editor.url}/canvas/index.html?again")  # not in its address
    editor.wait_for("window.maskloop?.document")
    assert editor.document["image"]["image_id"] == images[4]


def test_whoever_turns_on_quickly_gets_that_far(open_editor: Any, images: list[int]) -> None:
    editor = open_editor(images[0])
    editor.page.evaluate(
        "for (let i = 0; i < 3; i++) window.dispatchEvent(new KeyboardEvent('keydown', { key: 'd', bubbles: true }))"
    )
    wait_open(editor, images[3])
    assert editor.page.url.endswith(f"#image={images[3]}")


def test_the_tabs_of_the_page_are_in_its_address(browser: Any, server: Server, images: list[int]) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(40_000)
    page = context.new_page()
    shown = "document.querySelector('[role=tab][aria-selected=true]').id"

    def wait_shown(tab: str) -> None:
        page.wait_for_function(f"{shown} === '{tab}-tab-button'")

    page.goto(f"{server.url}/#image={images[1]}")
    page.wait_for_function("window.maskloop?.drawn")
    page.get_by_role("tab", name="Fine-tune").click()
    wait_shown("finetune")
    assert page.url.endswith("#fine-tune")
    page.go_back()
    wait_shown("annotate")
    assert page.evaluate("maskloop.document.image.image_id") == images[1]
    page.go_forward()
    wait_shown("finetune")
    page.reload()
    page.wait_for_function("window.maskloop?.document")
    wait_shown("finetune")
    page.get_by_role("tab", name="Annotate").click()
    wait_shown("annotate")
    assert page.url.endswith(f"#image={images[1]}")
    context.close()


def test_the_address_of_an_empty_workspace_says_the_tab_that_is_shown(browser: Any, new_server: Server) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(40_000)
    page = context.new_page()
    shown = "document.querySelector('[role=tab][aria-selected=true]').id"

    def press(tab: str) -> None:
        page.get_by_role("tab", name=tab).click()

    def wait_shown(tab: str) -> None:
        page.wait_for_function(f"{shown} === '{tab}-tab-button'")

    page.goto(f"{new_server.url}/")
    page.get_by_text("Drop photographs here").wait_for()
    press("Fine-tune")
    wait_shown("finetune")
    press("Annotate")
    wait_shown("annotate")
    assert page.evaluate("location.hash") == ""
    page.go_back()
    wait_shown("finetune")
    press("Annotate")
    page.reload()
    page.get_by_text("Drop photographs here").wait_for()
    wait_shown("annotate")
    context.close()


def test_a_stroke_under_a_held_button_is_kept_where_the_next_image_or_another_tool_is_turned_to(
    open_editor: Any, data_plane: DataPlane, images: list[int]
) -> None:
    editor = open_editor(images[0])
    editor.press("2", "b")
    for key in ("e", "d"):
        editor.press("Escape", "b")
        editor.move(60, 250)
        editor.page.mouse.down()
        editor.page.mouse.move(*editor.place(160, 250 - 150 * (key == "d")), steps=4)
        editor.press(key)
        editor.page.mouse.up()
        editor.wait_saved(1)
    wait_open(editor, images[1])
    editor.wait_saved(2)
    assert len(data_plane.document(images[0])["instances"]) == 2
    assert data_plane.document(images[1])["instances"] == []


def test_a_click_before_the_next_image_has_come_belongs_to_the_one_that_is_seen_which_is_said(
    open_editor: Any, data_plane: DataPlane, images: list[int]
) -> None:
    editor = open_editor(images[0])
    held: list[Any] = []
    editor.page.route(f"**/images/{images[1]}/document", lambda route: held.append(route))
    editor.press("2", "m", "d")
    editor.wait_for("maskloop.bench.isTurning")
    editor.click(200, 150)
    editor.wait_for("!maskloop.bench.tools.refine.fresh.isEmpty")
    while not held:
        editor.page.wait_for_timeout(20)
    held[0].continue_()
    wait_open(editor, images[1])
    editor.notice("Your last click went to turned 0.png").wait_for()
    editor.wait_saved(1)
    assert len(data_plane.document(images[0])["instances"]) == 1
    assert data_plane.document(images[1])["instances"] == []
