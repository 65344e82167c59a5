"""The shortcuts of the help, and where they are off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser


def test_shortcuts_are_off_while_a_text_field_has_the_focus(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=[[100, 80, 260, 80, 260, 220, 100, 220]])
    editor = open_editor(image)
    editor.click(180, 150)
    search = editor.page.get_by_label("Search or make a class")
    search.click()
    editor.page.keyboard.type("pdv 123 khl?")
    editor.press("Backspace", "Delete", "Control+z")
    assert editor.page.evaluate("maskloop.bench.toolName") == "select"
    assert editor.page.get_by_role("dialog").count() == 0
    assert editor.document["image"]["image_id"] == image
    assert editor.saved_count == 0
    search.fill("pdv")
    assert search.input_value() == "pdv"
    editor.press("Escape")
    editor.press("p")
    assert editor.page.evaluate("maskloop.bench.toolName") == "polygon"


def test_images_are_walked_with_letters_arrows_and_n(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    first, second, third = (data_plane.upload(photographs.make(f"{name}.png")) for name in "abc")
    editor = open_editor(first)
    for key, expected in [("d", second), ("ArrowRight", third), ("a", second), ("ArrowLeft", first)]:
        editor.press(key)
        editor.wait_for(f"maskloop.document.image.image_id === {expected} && maskloop.drawn")
    data_plane.put(f"/api/images/{second}/status", json={"status": "reviewed"})
    editor = open_editor(first)
    editor.press("n")
    editor.wait_for(f"maskloop.document.image.image_id === {third}")
    assert f"#image={third}" in editor.page.url


def test_tools_have_their_keys_and_the_help_shows_every_one(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    editor = open_editor(data_plane.upload(photographs.make()))
    for key, tool in {"p": "polygon", "r": "box", "k": "keypoints", "m": "refine", "v": "select"}.items():
        editor.press(key)
        assert editor.page.evaluate("maskloop.bench.toolName") == tool
        assert editor.page.locator(f'[data-tool="{tool}"]').get_attribute("aria-pressed") == "true"
    editor.page.keyboard.type("?")
    dialog = editor.page.get_by_role("dialog")
    words = dialog.inner_text()
    for shown in ("Ctrl+Z", "Shift+Enter", "Space+drag", "1 – 9", "Next image that is not reviewed", "F1"):
        assert shown in words
    editor.press("p", "Escape")
    dialog.wait_for(state="detached")
    assert editor.page.evaluate("maskloop.bench.toolName") == "select"
    editor.press("F1")
    dialog.wait_for()


def test_accepting_one_all_and_marking_reviewed(
    open_editor: Any, server: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    from app.store.editing.predictions import replace_predictions

    image = data_plane.upload(photographs.make())
    following = data_plane.upload(photographs.make("following.png"))
    dog = data_plane.category("dog")
    boxes = [(20, 20), (120, 20), (220, 20), (20, 150)]
    predictions = [
        {
            "category_id": dog,
            "score": score,
            "threshold": 0.5,
            "segmentation": [[x, y, x + 60, y, x + 60, y + 60, x, y + 60]],
        }
        for (x, y), score in zip(boxes, [0.9, 0.8, 0.7, 0.3], strict=True)
    ]
    from app.store.database import Store

    with Store(server.workspace).writing() as session:
        replace_predictions(session, image, predictions, "scenes")
    editor = open_editor(image)
    assert editor.page.locator(".ml-object").count() == 3  # the fourth scores below the threshold
    editor.click(50, 50)
    editor.press("Enter")
    editor.wait_saved(1)
    by_score = {instance["score"]: instance for instance in data_plane.document(image)["instances"]}
    assert by_score[0.9]["status"] == "accepted"
    assert by_score[0.9]["source"] == "predicted"
    assert editor.selected["score"] == 0.8  # the next proposal is at hand

    editor.page.get_by_label("Show proposals from this score on").fill("75")
    assert editor.page.locator(".ml-object").count() == 2
    editor.page.locator("canvas[tabindex]").focus()
    editor.press("Shift+Enter")
    editor.wait_for("maskloop.document.instances.filter((one) => one.status === 'accepted').length === 2")
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.filter((one) => one.status === 'accepted').length === 1")
    editor.press("Control+Enter")
    editor.wait_for(f"maskloop.document.image.image_id === {following}")
    document = data_plane.document(image)
    assert document["image"]["status"] == "reviewed"
    assert sorted(instance["score"] for instance in document["instances"]) == [0.8, 0.9]
    assert {instance["status"] for instance in document["instances"]} == {"accepted"}


@pytest.fixture
def proposed(server: Any, data_plane: DataPlane, photographs: Photographs) -> int:
    """An image with three proposals and a drawn object."""
    from app.store.database import Store
    from app.store.editing.predictions import replace_predictions

    image = data_plane.upload(photographs.make())
    dog = data_plane.category("dog")
    predictions = [
        {"category_id": dog, "score": score, "segmentation": [[x, 20, x + 60, 20, x + 60, 80, x, 80]]}
        for x, score in ((20, 0.9), (120, 0.8), (220, 0.7))
    ]
    with Store(server.workspace).writing() as session:
        replace_predictions(session, image, predictions, "scenes")
    data_plane.draw(image, dog, segmentation=[[20, 150, 80, 150, 80, 210, 20, 210]])
    return image


def test_whoever_walks_by_key_goes_on_after_deleting(open_editor: Any, proposed: int) -> None:
    editor = open_editor(proposed)
    editor.press("Enter")
    assert editor.selected["score"] == 0.9
    editor.press("Delete")
    assert editor.selected["score"] == 0.8
    editor.press("Enter", "Delete")
    assert editor.selected is None  # no proposal is left; what was drawn is not the next of them
    assert [one["status"] for one in editor.instances] == ["accepted", "accepted"]
    editor.wait_saved()
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 3")


def test_whoever_deletes_one_thing_with_the_mouse_has_nothing_selected(open_editor: Any, proposed: int) -> None:
    editor = open_editor(proposed)
    editor.click(50, 50)
    editor.press("Delete")
    assert editor.selected is None
    assert len(editor.instances) == 3


def test_a_key_that_is_held_judges_once(open_editor: Any, proposed: int) -> None:
    editor = open_editor(proposed)
    keyboard = editor.page.keyboard
    editor.press("ArrowDown")
    for key in ("Enter", "Delete"):
        for _ in range(4):
            keyboard.down(key)  # again and again, as the keyboard says it
        keyboard.up(key)
    assert [one["status"] for one in editor.instances].count("proposed") == 1
    assert len(editor.instances) == 3
    editor.wait_saved()
    reviewed = "maskloop.bench.images.rows.filter((row) => row.status === 'reviewed').length"
    before = editor.page.evaluate(reviewed)
    keyboard.down("Control")
    for _ in range(4):
        keyboard.down("Enter")
    keyboard.up("Enter")
    keyboard.up("Control")
    editor.notice("Reviewed").wait_for()
    editor.page.wait_for_timeout(300)
    assert editor.page.evaluate(reviewed) == before + 1


def test_a_button_is_pressed_once_however_long_enter_is_held_on_it(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    images = [data_plane.upload(photographs.make(f"held {number}.png")) for number in range(3)]
    editor = open_editor(images[0])
    editor.page.locator(".ml-review").focus()
    for turned in (images[1], images[1], images[1]):
        editor.page.keyboard.down("Enter")
        editor.wait_for(f"maskloop.drawn && maskloop.document.image.image_id === {turned}")
    editor.page.wait_for_timeout(300)
    editor.page.keyboard.up("Enter")
    statuses = [data_plane.document(image)["image"]["status"] for image in images]
    assert [status == "reviewed" for status in statuses] == [True, False, False]


def test_marking_reviewed_once_more_while_the_next_image_is_coming_takes_nothing_back(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    first, second = (data_plane.upload(photographs.make(f"twice {number}.png")) for number in range(2))
    editor = open_editor(first)
    held: list[Any] = []
    editor.page.route(f"**/images/{second}/document", lambda route: held.append(route))
    editor.press("Control+Enter")
    while not held:
        editor.page.wait_for_timeout(20)
    editor.press("Control+Enter")
    editor.page.wait_for_timeout(300)
    held[0].continue_()
    editor.wait_for(f"maskloop.drawn && maskloop.document.image.image_id === {second}")
    assert [data_plane.document(image)["image"]["status"] for image in (first, second)] == ["reviewed", "todo"]


@pytest.mark.parametrize("letter", ["з", "π", "פ", "ㅔ", "ح", "Process"])
def test_letters_of_other_alphabets_count_by_their_place(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs, letter: str
) -> None:
    editor = open_editor(data_plane.upload(photographs.make()))
    send_key(editor, letter, "KeyP")
    assert editor.page.evaluate("maskloop.bench.toolName") == "polygon"


def test_undo_works_on_a_russian_layout_and_latin_letters_count_as_printed(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    editor = open_editor(image)
    editor.draw_polygon((100, 80), (260, 80), (260, 220))
    editor.wait_saved(1)
    send_key(editor, "я", "KeyZ", modifiers=2)
    editor.wait_for("maskloop.document.instances.length === 0")
    send_key(editor, "b", "KeyP")  # where P is on this keyboard, another layout has printed B
    assert editor.page.evaluate("maskloop.bench.toolName") == "brush"


def send_key(editor: Any, key: str, code: str, modifiers: int = 0) -> None:
    """Press a key of a layout that Playwright does not know; modifiers as the browser counts them: 2 is Ctrl."""
    session = editor.page.context.new_cdp_session(editor.page)
    for kind in ("rawKeyDown", "keyUp"):
        session.send("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": code, "modifiers": modifiers})


def test_a_key_is_changed_in_the_help_remembered_and_put_back(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    first, second = (data_plane.upload(photographs.make(f"{name}.png")) for name in "kl")
    editor = open_editor(first)
    editor.page.keyboard.type("?")
    dialog = editor.page.get_by_role("dialog")
    dialog.get_by_role("button", name="D: change the key of “Next image”").click()
    editor.press("p")
    dialog.get_by_text("P is taken: Polygon").wait_for()
    assert dialog.get_by_role("button", name="Right-click").count() == 0  # no key
    for pressed, taken in {"Tab": "Tab is taken", "Space": "Space+drag is taken: Pan"}.items():
        dialog.get_by_role("button", name="C: change the key of").click()
        dialog.get_by_role("button", name="D: change the key of “Next image”").click()
        assert dialog.locator("kbd", has_text="…").count() == 1  # one key waits at a time
        editor.press(pressed)
        dialog.get_by_text(taken).wait_for()
    dialog.get_by_role("button", name="D: change the key of “Next image”").click()
    editor.press("Escape")  # leaves it, and the dialog open
    dialog.get_by_role("button", name="D: change the key of “Next image”").click()
    editor.press("z")
    dialog.get_by_text("It is Z now").wait_for()
    dialog.get_by_role("button", name="G: change the key of “All images").click()
    editor.press("Shift+G")
    editor.press("Escape")
    assert editor.page.get_by_title("Next image (Z)").count() == 1  # at once, whatever says it
    assert editor.page.get_by_role("button", name="All images").get_attribute("title").endswith("(Shift+G)")
    editor.reload()
    editor.press("d")
    editor.press("z")
    editor.wait_for(f"maskloop.document.image.image_id === {second} && maskloop.drawn")
    editor.page.keyboard.type("?")
    dialog.get_by_role("button", name="All keys as they were").click()
    editor.press("Escape")
    editor.press("a")
    editor.wait_for(f"maskloop.document.image.image_id === {first} && maskloop.drawn")
    editor.press("d")
    editor.wait_for(f"maskloop.document.image.image_id === {second}")
