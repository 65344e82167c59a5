"""Masks by clicks and boxes with a real mouse: an object from nothing, its preview, and a proposal's other mask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import DataPlane, Photographs
from tests.browser.test_brush import agreement, bitmap_of

pytestmark = pytest.mark.browser

HEIGHT, WIDTH = 300, 400


@pytest.fixture
def disc() -> np.ndarray:
    """Where the thing on the image is."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    return np.hypot(columns - 240, rows - 150) < 60


@pytest.fixture
def image(data_plane: DataPlane, disc: np.ndarray, tmp_path: Path) -> int:
    """An orange disc on a blue-grey ground that no test before has uploaded."""
    random = np.random.default_rng(abs(hash(tmp_path)) % 2**32)
    pixels = random.normal(0, 6, (HEIGHT, WIDTH, 3)) + (90, 110, 135)
    pixels[disc] += (120, 30, -90)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(tmp_path / "disc.png")
    return data_plane.upload(tmp_path / "disc.png")


def test_a_click_on_an_empty_place_begins_an_object_that_enter_keeps(
    open_editor: Any, data_plane: DataPlane, image: int, disc: np.ndarray
) -> None:
    editor = open_editor(image)
    editor.press("2", "m")
    editor.move(240, 150)
    editor.wait_for("maskloop.clicked.preview !== null")  # before any click
    assert data_plane.document(image)["instances"] == []
    editor.click(240, 150)
    editor.wait_for("maskloop.clicked.found !== null")
    assert data_plane.document(image)["instances"] == []  # not before Enter
    editor.page.get_by_text("Enter keeps it, Esc drops it").wait_for()
    editor.press("Enter")
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert agreement(bitmap_of(stored), disc) > 0.6
    assert stored["category_id"] == data_plane.category("dog")
    assert (stored["source"], stored["status"]) == ("manual", "accepted")
    assert editor.selected["id"] == stored["id"]
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 0")


def test_a_larger_or_smaller_object_is_taken_from_which_clicks_go_on(
    open_editor: Any, data_plane: DataPlane, project_root: Path, tmp_path: Path
) -> None:
    """In the collar of the astronaut's suit: head and collar, or what of the collar the model takes for a thing."""
    with Image.open(project_root / "data/photographs/astronaut.jpg") as astronaut:
        astronaut.putpixel((0, 0), (7, 7, 7))  # a picture that no test before has uploaded
        astronaut.save(tmp_path / "collar.png")
    image = data_plane.upload(tmp_path / "collar.png")
    editor = open_editor(image)
    editor.press("m")
    editor.press(">")
    editor.page.get_by_text("Click an object with M first").wait_for()
    editor.click(256, 256)
    editor.wait_for("maskloop.clicked.found !== null")
    first = editor.page.evaluate("maskloop.clicked.found.area")
    editor.press("<")
    editor.wait_for(f"maskloop.clicked.found.area < {0.75 * first}")
    smaller = editor.page.evaluate("maskloop.clicked.found.area")
    editor.press(">")
    editor.wait_for(f"maskloop.clicked.found.area === {first}")
    editor.page.keyboard.down("Shift")
    editor.page.mouse.wheel(0, 100)  # down: smaller
    editor.page.keyboard.up("Shift")
    editor.wait_for(f"maskloop.clicked.found.area === {smaller}")
    editor.click(300, 420)  # the suit, below
    editor.wait_for(f"maskloop.clicked.found !== null && maskloop.clicked.found.area !== {smaller}")
    editor.press("Backspace")
    editor.wait_for(f"maskloop.clicked.found.area === {smaller}")
    editor.press("Enter")
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["area"] == pytest.approx(smaller)


def test_the_class_that_it_gets_is_said_and_can_be_changed_before_it_is_kept(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.press("2", "m")
    editor.page.get_by_text("Click something to outline it (dog; 1 – 9 or 0 change the class)").wait_for()
    editor.click(240, 150)
    editor.page.get_by_text("Becomes a new “dog”").wait_for()
    editor.press("3")
    editor.page.get_by_text("Becomes a new “ball”").wait_for()
    editor.wait_for("maskloop.clicked.found !== null")
    editor.press("Enter")
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["category_id"] == data_plane.category("ball")


def test_a_finger_takes_away_and_ends_an_object_without_keys(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image, has_touch=True)

    def tap(x: float, y: float) -> None:
        editor.page.touchscreen.tap(*editor.place(x, y))

    editor.press("2", "m")
    tap(240, 150)
    editor.wait_for("maskloop.clicked.found !== null")
    editor.page.get_by_role("button", name="Take away", exact=True).tap()
    tap(40, 40)
    clicks = "maskloop.bench.tools.refine.fresh.clicks"
    editor.wait_for(f"{clicks}.length === 2 && !maskloop.working")
    assert [click[2] for click in editor.page.evaluate(clicks)] == [True, False]
    editor.page.get_by_role("button", name="Done", exact=True).tap()
    editor.wait_saved(1)
    editor.page.get_by_role("button", name="Done", exact=True).tap()
    assert editor.selected is None
    tap(60, 260)  # of a new object the first click is on it, whatever was chosen
    editor.wait_for(f"{clicks}.length === 1")
    assert editor.page.evaluate(clicks)[0][2] is True
    editor.press("Escape")


def test_after_enter_a_click_within_the_object_mends_it_and_one_beside_it_begins_the_next(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.press("2", "m")
    editor.click(240, 150)
    editor.wait_for("maskloop.clicked.found !== null && !maskloop.working")
    editor.press("Enter")
    editor.wait_saved(1)
    (kept,) = data_plane.document(image)["instances"]
    editor.page.get_by_text("Click the next object to outline it").wait_for()
    with editor.page.expect_request("**/refine"):
        editor.click(240, 140, modifier="Shift")
    editor.wait_saved(2)
    (mended,) = data_plane.document(image)["instances"]
    assert not bitmap_of(mended)[140, 240]
    editor.click(30, 30)
    editor.wait_for("maskloop.clicked.found !== null && !maskloop.working")
    assert editor.selected is None
    editor.press("Enter")
    editor.wait_saved(3)
    first, second = data_plane.document(image)["instances"]
    assert (first["id"], first["revision"]) == (kept["id"], mended["revision"])
    assert bitmap_of(second)[30, 30]


def test_clicks_include_and_exclude_and_are_taken_back(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.press("m")
    editor.click(240, 150)
    editor.wait_for("maskloop.clicked.found !== null && !maskloop.working")
    editor.click(215.5, 150.5, modifier="Shift")  # the middle of a pixel: a corner is of one of four
    editor.wait_for("maskloop.bench.tools.refine.fresh.clicks.length === 2 && !maskloop.working")
    editor.click(265, 170)
    editor.wait_for("maskloop.bench.tools.refine.fresh.clicks.length === 3 && !maskloop.working")
    editor.press("Backspace")
    editor.wait_for("maskloop.bench.tools.refine.fresh.clicks.length === 2 && !maskloop.working")
    editor.press("Enter")
    editor.wait_saved(1)
    mask = bitmap_of(data_plane.document(image)["instances"][0])
    assert mask[150, 240]
    assert not mask[150, 215]


def test_escape_drops_what_was_clicked(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.press("m")
    editor.click(240, 150)
    editor.wait_for("maskloop.clicked.found !== null")
    editor.press("Escape")
    assert editor.page.evaluate("maskloop.clicked.found") is None
    editor.press("Enter")
    assert data_plane.document(image)["instances"] == []


def test_another_tool_keeps_what_was_clicked(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.press("m")
    editor.click(240, 150)
    editor.wait_for("maskloop.clicked.found !== null")
    editor.press("v")
    editor.wait_saved(1)
    assert len(data_plane.document(image)["instances"]) == 1


def test_clicks_that_would_leave_nothing_offer_to_delete(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    data_plane.draw(image, data_plane.category("dog"), segmentation=[[60, 60, 61, 60, 61, 61, 60, 61]])
    editor = open_editor(image)
    editor.page.evaluate("maskloop.bench.editor.select(maskloop.document.instances[0].id)")
    editor.press("m")
    editor.click(60.5, 60.5, modifier="Shift")
    notice = editor.notice("would leave nothing of the mask")
    notice.wait_for()
    assert len(data_plane.document(image)["instances"]) == 1  # until the person says so, and never as a box
    notice.get_by_role("button", name="Delete the object").click()
    editor.wait_saved(1)
    assert data_plane.document(image)["instances"] == []


def test_in_the_box_tool_a_click_mends_the_mask_of_the_box_and_selects_where_nothing_is_selected(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.press("2", "r")
    editor.drag((178, 88), (302, 212))
    editor.wait_saved(1)
    editor.page.get_by_text("Click adds to this mask").wait_for()
    with editor.page.expect_request("**/refine") as sent:
        editor.click(215, 150, modifier="Shift")
    assert sent.value.post_data_json["box"] == pytest.approx([178, 88, 302, 212], abs=1)
    editor.wait_saved(2)
    (stored,) = data_plane.document(image)["instances"]
    assert not bitmap_of(stored)[150, 215]
    editor.press("Escape")
    assert editor.selected is None
    editor.click(265, 150)
    assert editor.selected["id"] == stored["id"]
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances[0].revision === 3")
    assert bitmap_of(data_plane.document(image)["instances"][0])[150, 215]


def test_a_guess_that_was_wrong_gives_way_to_the_class_in_hand(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    cat, dog = data_plane.category("cat"), data_plane.category("dog")
    editor = open_editor(image)

    def sure_of_cats(route: Any) -> None:
        answer = route.fetch()
        (found,) = answer.json()["instances"]
        route.fulfill(response=answer, json={"instances": [found | {"category_id": cat, "score": 0.9}]})

    editor.page.route("**/masks", sure_of_cats)
    editor.press("r")
    editor.page.evaluate(f"maskloop.bench.editor.chooseCategory({dog})")
    editor.drag((178, 88), (302, 212))
    editor.wait_saved(1)
    editor.drag((170, 80), (302, 212))  # nobody has said a class since
    editor.wait_saved(2)
    editor.press("Escape")
    editor.page.evaluate(f"maskloop.bench.editor.chooseCategory({cat})")
    editor.drag((178, 80), (310, 212))
    editor.wait_saved(3)
    assert [one["category_id"] for one in data_plane.document(image)["instances"]] == [dog, dog, cat]


@pytest.mark.parametrize("then", ["Enter", "v", "d", "Control+Enter"])
def test_who_is_faster_than_the_answer_loses_nothing(
    open_editor: Any, data_plane: DataPlane, image: int, photographs: Photographs, then: str
) -> None:
    data_plane.upload(photographs.make())  # there is another image to go to
    editor = open_editor(image)
    editor.press("m")
    editor.click(240, 150)
    editor.click(250, 165)  # before the first click was answered
    editor.press(then)
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    mask = bitmap_of(stored)
    assert mask[150, 240]
    assert mask[165, 250]


def test_an_object_that_was_clicked_is_kept_when_another_image_is_opened(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    other = data_plane.upload(Path(__file__).parents[2] / "data" / "samples" / "scene-700.jpg")
    editor = open_editor(image)
    editor.press("m")
    editor.click(240, 150)
    editor.wait_for("maskloop.clicked.found !== null")
    editor.page.evaluate("(id) => maskloop.bench.open(id)", other)
    editor.wait_saved(1)
    assert len(data_plane.document(image)["instances"]) == 1
    assert data_plane.document(other)["revision"] == 0 or not editor.page.evaluate(
        "maskloop.document.instances.some((one) => one.source === 'manual')"
    )


# -- a box over a proposal --------------------------------------------------------------------------


@pytest.fixture
def proposal(server: Any, data_plane: DataPlane, image: int) -> dict[str, Any]:
    """The disc as a dog, with the left half of it missing from its mask."""
    from app.store.database import Store
    from app.store.editing.predictions import replace_predictions

    data_plane.category("ball")
    half = {"segmentation": [[200.0, 95.0, 300.0, 95.0, 300.0, 205.0, 200.0, 205.0]], "score": 0.9}
    with Store(server.workspace).writing() as session:
        replace_predictions(session, image, [{"category_id": data_plane.category("dog"), **half}], "scenes")
    (stored,) = data_plane.document(image)["instances"]
    return dict(stored)


def test_the_proposal_is_named_while_the_box_is_drawn_and_gets_the_mask_in_it(
    open_editor: Any,
    data_plane: DataPlane,
    image: int,
    proposal: dict[str, Any],
) -> None:
    editor = open_editor(image)
    editor.press("r")
    x, y = editor.place(180, 90)
    editor.page.mouse.move(x, y)
    editor.page.mouse.down()
    editor.page.mouse.move(*editor.place(300, 210), steps=4)
    assert editor.page.evaluate("maskloop.bench.editor.hoveredId") == proposal["id"]
    editor.page.mouse.up()
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["id"] == proposal["id"]
    assert stored["category_id"] == proposal["category_id"]
    assert (stored["status"], stored["source"]) == ("accepted", "edited")
    assert stored["bbox"] == pytest.approx([180, 90, 120, 120], abs=8)
    assert editor.selected["id"] == proposal["id"]  # clicks mend it then and there
    editor.press("Control+z")
    editor.wait_for(f"maskloop.bench.editor.document.instances[0].area === {proposal['area']}")
    (again,) = data_plane.document(image)["instances"]
    assert (again["status"], again["segmentation"]) == ("proposed", proposal["segmentation"])


def test_a_mask_that_comes_when_another_image_is_open_is_its_proposals_all_the_same(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs, image: int, proposal: dict[str, Any]
) -> None:
    other = data_plane.upload(photographs.make("other.png"))
    editor = open_editor(image)
    held: list[Any] = []
    editor.page.route("**/masks", lambda route: held.append(route))
    editor.press("r")
    x, y, width, height = proposal["bbox"]
    editor.drag((x, y), (x + width, y + height))
    editor.press("d")
    editor.wait_for(f"maskloop.document.image.image_id === {other}")
    held[0].continue_()
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert (stored["id"], stored["status"]) == (proposal["id"], "accepted")
    assert stored["category_id"] == proposal["category_id"]
    assert data_plane.document(other)["instances"] == []


def test_a_class_that_was_just_chosen_goes_before_the_proposals(
    open_editor: Any,
    data_plane: DataPlane,
    image: int,
    proposal: dict[str, Any],
) -> None:
    editor = open_editor(image)
    editor.press("r")
    editor.page.locator(".ml-class", has_text="ball").click()
    editor.drag((180, 90), (300, 210))
    editor.wait_saved(1)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["id"] == proposal["id"]
    assert stored["category_id"] == data_plane.category("ball")


def test_with_alt_it_is_another_object(
    open_editor: Any,
    data_plane: DataPlane,
    image: int,
    proposal: dict[str, Any],
) -> None:
    editor = open_editor(image)
    editor.press("r")
    editor.page.keyboard.down("Alt")
    editor.drag((180, 90), (300, 210))
    editor.page.keyboard.up("Alt")
    editor.wait_saved(1)
    first, second = data_plane.document(image)["instances"]
    assert (first["id"], first["status"]) == (proposal["id"], "proposed")
    assert second["status"] == "accepted"


@pytest.mark.parametrize("turned_to", ["another image", "another object"])
def test_clicks_mend_their_object_also_where_their_answers_come_late(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs, image: int, turned_to: str
) -> None:
    following = data_plane.upload(photographs.make("following.png"))
    dog = data_plane.category("dog")
    square = [[200.0, 110.0, 240.0, 110.0, 240.0, 150.0, 200.0, 150.0]]
    mended = data_plane.draw(image, dog, segmentation=square)
    other = data_plane.draw(image, dog, segmentation=[[20.0, 20.0, 60.0, 20.0, 60.0, 60.0, 20.0, 60.0]])
    editor = open_editor(image)
    held: list[Any] = []
    editor.page.route("**/refine", lambda route: held.append(route))
    editor.click(220, 130)
    editor.press("m")
    editor.click(270, 170)
    editor.click(215, 185)  # waits for the answer to the first
    while not held:
        editor.page.wait_for_timeout(20)
    if turned_to == "another image":
        editor.press("d")
        editor.wait_for(f"maskloop.drawn && maskloop.document.image.image_id === {following}")
    else:
        editor.page.evaluate(f"maskloop.bench.editor.select({other['id']})")
    for number in (1, 2):
        while len(held) < number:
            editor.page.wait_for_timeout(20)
        assert len(held[-1].request.post_data_json["points"]) == number
        held[-1].continue_()
        editor.wait_saved(number)
    stored = {one["id"]: one for one in data_plane.document(image)["instances"]}
    assert stored[mended["id"]]["area"] > mended["area"]
    assert stored[other["id"]]["area"] == other["area"]


def test_clicks_that_are_quicker_than_their_answers_are_not_lost(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    square = [[200.0, 110.0, 240.0, 110.0, 240.0, 150.0, 200.0, 150.0]]
    data_plane.draw(image, data_plane.category("dog"), segmentation=square)
    editor = open_editor(image)
    held: list[Any] = []
    editor.page.route("**/refine", lambda route: held.append(route))
    editor.click(220, 130)
    editor.press("m")
    for x, y in ((270, 170), (215, 185), (285, 150)):
        editor.click(x, y)
    editor.press("Control+z")  # of the last, which waits
    for number in (1, 2):
        while len(held) < number:
            editor.page.wait_for_timeout(20)
        assert len(held[-1].request.post_data_json["points"]) == number
        held[-1].continue_()
        editor.wait_saved(number)
    editor.wait_for("!maskloop.bench.tools.refine.clicks.asking")
    assert len(held) == 2


@pytest.mark.parametrize("key", ["l", "Escape"])
def test_clicks_that_wait_are_dropped_where_their_object_is_locked_or_they_are_cancelled(
    open_editor: Any, data_plane: DataPlane, image: int, key: str
) -> None:
    data_plane.draw(
        image, data_plane.category("dog"), segmentation=[[200.0, 110.0, 240.0, 110.0, 240.0, 150.0, 200.0, 150.0]]
    )
    editor = open_editor(image)
    held: list[Any] = []
    editor.page.route("**/refine", lambda route: held.append(route))
    editor.click(220, 130)
    editor.press("m")
    for x, y in ((270, 170), (215, 185), (285, 150)):
        editor.click(x, y)
    editor.press(key)
    while not held:
        editor.page.wait_for_timeout(20)
    held[0].continue_()
    editor.wait_for("!maskloop.bench.tools.refine.clicks.asking")
    assert editor.page.evaluate("maskloop.bench.tools.refine.clicks.waiting.length") == 0
    assert len(held) == 1


@pytest.mark.parametrize("key", ["l", "Delete"])
def test_clicks_whose_object_goes_before_their_answers_are_named(
    open_editor: Any, data_plane: DataPlane, image: int, key: str
) -> None:
    square = [[200.0, 110.0, 240.0, 110.0, 240.0, 150.0, 200.0, 150.0]]
    data_plane.draw(image, data_plane.category("dog"), segmentation=square)
    editor = open_editor(image)
    editor.expect_error("409 (Conflict)")
    held: list[Any] = []
    editor.page.route("**/refine", lambda route: held.append(route))
    editor.click(220, 130)
    editor.press("m")
    for x, y in ((270, 170), (215, 185)):
        editor.click(x, y)
    editor.press(key)
    while not held:
        editor.page.wait_for_timeout(20)
    editor.wait_saved()
    held[0].continue_()
    editor.notice("2 clicks that waited for their answers are dropped").wait_for()
    assert editor.page.locator(".ml-notice").count() == 1  # nobody else deleted it
    assert len(held) == 1
