"""Work is not lost: lost connections, reloads, and two people on one image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs, Server

pytestmark = pytest.mark.browser

SQUARE = [100.0, 80.0, 260.0, 80.0, 260.0, 220.0, 100.0, 220.0]
INSTANCES = "**/api/images/*/instances**"


def test_failed_saves_are_retried_in_order_and_nothing_is_lost(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    editor = open_editor(image)
    editor.expect_error("net::ERR_FAILED")
    editor.page.route(INSTANCES, lambda route: route.abort())
    editor.press("2")
    editor.draw_polygon((100, 80), (260, 90), (180, 220))
    editor.page.get_by_text("Not saved, retrying").wait_for()
    editor.press("v", "3")
    editor.drag((260, 90), (300, 60))
    assert data_plane.document(image)["instances"] == []
    assert editor.selected["category_id"] == data_plane.category("ball")

    editor.page.get_by_text("Not saved, retrying (3)").wait_for()
    editor.page.unroute(INSTANCES)
    editor.page.locator(".ml-save").click()  # try now; what it says may change before that
    editor.wait_saved(3)
    (stored,) = data_plane.document(image)["instances"]
    assert stored["category_id"] == data_plane.category("ball")
    assert stored["segmentation"][0][2:4] == pytest.approx([300, 60], abs=0.6)
    assert stored["revision"] == 3
    assert editor.selected == stored


def test_answer_lost_on_the_way_makes_no_twin(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    editor = open_editor(image)
    editor.expect_error("net::ERR_FAILED")
    lost: list[int] = []

    def carry_out_but_lose_the_answer(route: Any) -> None:
        if len(lost) < 2:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    editor.page.route(INSTANCES, carry_out_but_lose_the_answer)
    editor.draw_polygon((100, 80), (260, 90), (180, 220))
    editor.wait_saved(1)
    assert lost == [201, 201]
    assert len(data_plane.document(image)["instances"]) == 1
    assert data_plane.document(image)["revision"] == 1


def test_unsent_edits_survive_a_reload(open_editor: Any, data_plane: DataPlane, photographs: Photographs) -> None:
    image = data_plane.upload(photographs.make())
    drawn = data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    editor = open_editor(image)
    editor.expect_error("net::ERR_FAILED")
    editor.page.on("dialog", lambda dialog: dialog.accept())
    editor.page.route(INSTANCES, lambda route: route.abort())
    editor.click(180, 150)
    editor.drag((260, 220), (300, 250))
    editor.draw_polygon((20, 20), (60, 20), (40, 60))
    editor.page.get_by_text("Not saved, retrying").wait_for()
    editor.reload()
    assert len(editor.instances) == 2  # what was not sent is on the screen again
    assert editor.instances[0]["segmentation"][0][4:6] == pytest.approx([300, 250], abs=0.6)
    editor.page.unroute(INSTANCES)
    editor.wait_saved(2)
    stored = data_plane.document(image)["instances"]
    assert stored[0]["id"] == drawn["id"]
    assert stored[0]["segmentation"][0][4:6] == pytest.approx([300, 250], abs=0.6)
    assert stored[1]["segmentation"] == [pytest.approx([20, 20, 60, 20, 40, 60], abs=0.6)]


def test_server_that_goes_away_and_comes_back(open_editor: Any, photographs: Photographs, tmp_path: Path) -> None:
    server = Server(tmp_path / "workspace", with_page=False)
    with DataPlane(base_url=server.url, timeout=60) as data_plane:
        image = data_plane.upload(photographs.make())
        data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    editor = open_editor(image, url=server.url)
    editor.expect_error("net::ERR_")
    server.stop()
    editor.click(180, 150)
    editor.drag((260, 220), (300, 250))
    editor.page.get_by_text("Not saved, retrying").wait_for()
    editor.press("Control+z")
    editor.notice("Cannot undo now").wait_for()
    server.start()
    try:
        editor.wait_saved(1)
        with DataPlane(base_url=server.url, timeout=60) as data_plane:
            stored = data_plane.document(image)["instances"][0]
        assert stored["segmentation"][0][4:6] == pytest.approx([300, 250], abs=0.6)
        editor.notice("Cannot undo now").wait_for(state="detached", timeout=4000)  # true no longer
    finally:
        server.stop()


def test_what_others_did_while_the_server_was_away_is_loaded_beside_ones_own_edits(
    open_editor: Any, photographs: Photographs, tmp_path: Path
) -> None:
    server = Server(tmp_path / "workspace", with_page=False)
    try:
        with DataPlane(base_url=server.url, timeout=60) as data_plane:
            dog = data_plane.category("dog")
            image = data_plane.upload(photographs.make())
            for left in (20.0, 140.0):
                data_plane.draw(image, dog, segmentation=[[left, 20, left + 80, 20, left + 80, 90, left, 90]])
            editor = open_editor(image, url=server.url)
            editor.expect_error("net::ERR_")
            editor.wait_for("maskloop.bench.categoriesSeen !== ''")  # the first look around is over
            # Out of this page's reach, while others get through.
            editor.page.route("**/api/**", lambda route: route.abort())
            for left in (60, 180):
                editor.click(left, 55)
                editor.drag((left, 55), (left + 10, 120))
            editor.page.get_by_text("Not saved, retrying").wait_for()
            data_plane.draw(image, dog, segmentation=[[300, 200, 350, 200, 350, 250]])
            editor.page.unroute("**/api/**")
            editor.wait_saved(2)
            editor.wait_for("maskloop.document.instances.length === 3")
            assert data_plane.document(image)["instances"] == editor.instances
    finally:
        server.stop()


def test_an_image_that_was_open_while_the_server_was_away_is_looked_at_when_it_is_back(
    open_editor: Any, photographs: Photographs, tmp_path: Path
) -> None:
    server = Server(tmp_path / "workspace", with_page=False)
    try:
        with DataPlane(base_url=server.url, timeout=60) as data_plane:
            image = data_plane.upload(photographs.make())
        editor = open_editor(image, url=server.url)
        editor.expect_error("net::ERR_")
        server.stop()
        editor.page.evaluate("maskloop.bench.assistant.setAutomatic(true)")
        editor.notice("Finding objects").wait_for()
        server.start()
        with editor.page.expect_response("**/predict") as answer:
            editor.notice("The server answers again").wait_for()
        assert answer.value.ok
    finally:
        server.stop()


def test_an_image_that_is_marked_as_reviewed_while_an_undo_is_on_its_way_is_so_with_what_came_back(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=[[20, 20, 100, 20, 100, 90, 20, 90]])
    editor = open_editor(image)
    editor.click(60, 55)
    editor.press("Delete")
    editor.wait_saved(1)
    held: list[Any] = []
    editor.page.route("**/undo", lambda route: held.append(route))
    editor.press("Control+z")
    editor.page.locator(".ml-review").first.click()
    editor.page.wait_for_timeout(300)
    assert data_plane.document(image)["image"]["status"] != "reviewed"
    (route,) = held
    route.continue_()
    while data_plane.document(image)["image"]["status"] != "reviewed":
        editor.page.wait_for_timeout(50)
    document = data_plane.document(image)
    assert len(document["instances"]) == 1
    assert not document["image"].get("changed")  # nothing was done to it since


def test_what_is_done_while_an_undo_is_on_its_way_comes_after_it(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    dog = data_plane.category("dog")
    for left in (20.0, 200.0):
        data_plane.draw(image, dog, segmentation=[[left, 20, left + 80, 20, left + 80, 90, left, 90]])
    editor = open_editor(image)
    editor.click(60, 55)
    editor.drag((60, 55), (60, 155))
    editor.wait_saved(1)
    held: list[Any] = []
    editor.page.route("**/undo", lambda route: held.append(route))
    editor.press("Control+z")
    editor.drag((60, 155), (100, 205))  # of what the undo moves back
    editor.click(240, 55)
    editor.press("Delete")
    editor.wait_for("maskloop.document.instances.length === 1")
    editor.page.wait_for_timeout(300)
    (route,) = held
    assert [one["bbox"][1] for one in data_plane.document(image)["instances"]] == [120, 20]  # nothing went ahead
    route.continue_()
    editor.wait_saved(3)
    (left,) = data_plane.document(image)["instances"]
    assert left["bbox"][:2] == pytest.approx([60, 170], abs=1)
    assert editor.instances == [left]
    assert editor.page.locator(".ml-notice").count() == 0
    editor.page.unroute("**/undo")
    for _ in range(2):
        editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 2 && maskloop.document.instances[0].bbox[1] === 20")


def test_two_windows_on_one_object_meet_in_a_conflict(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    drawn = data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    first, second = open_editor(image), open_editor(image)
    for window in (first, second):  # neither sees what the other does before it acts
        window.page.evaluate("maskloop.bench.lookAround = async () => {}")
    second.expect_error("409 (Conflict)")
    first.click(180, 150)
    second.click(180, 150)
    first.drag((260, 220), (300, 250))
    first.wait_saved(1)
    second.drag((100, 80), (50, 40))
    second.notice("changed elsewhere").wait_for()
    second.wait_saved()
    theirs = data_plane.document(image)["instances"][0]
    assert theirs["segmentation"][0][4:6] == pytest.approx([300, 250], abs=0.6)
    assert theirs["segmentation"][0][:2] == [100, 80]
    assert second.instances[0] == theirs

    second.notice("changed elsewhere").get_by_role("button", name="Use mine").click()
    second.wait_saved(1)
    mine = data_plane.document(image)["instances"][0]
    assert mine["id"] == drawn["id"]
    assert mine["segmentation"][0][:2] == pytest.approx([50, 40], abs=0.6)

    first.press("Delete")
    first.expect_error("409 (Conflict)")
    first.notice("was changed elsewhere").wait_for()
    first.notice("was changed elsewhere").get_by_role("button", name="Delete it").click()
    first.wait_for("maskloop.document.instances.length === 0 && maskloop.saveState === 'saved'")
    second.expect_error("404 (Not Found)")
    second.press("3")
    second.notice("deleted elsewhere").get_by_role("button", name="Bring mine back").click()
    second.wait_saved(2)
    (back,) = data_plane.document(image)["instances"]
    assert back["segmentation"][0][:2] == pytest.approx([50, 40], abs=0.6)


def test_refused_edit_is_named_and_the_stored_state_shown(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=[SQUARE])
    editor = open_editor(image)
    editor.expect_error("422 (Unprocessable")
    editor.page.route(
        INSTANCES,
        lambda route: route.continue_(post_data='{"base_revision": 1, "segmentation": [[1, 2]]}'),
    )
    editor.click(180, 150)
    editor.drag((260, 220), (300, 250))
    editor.notice("Not saved: ").wait_for()
    editor.wait_for("maskloop.document.instances[0].segmentation[0][4] === 260")
    assert data_plane.document(image)["instances"][0]["segmentation"] == [SQUARE]
