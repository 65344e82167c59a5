"""Proposals that people bear: each class's own threshold, ghosts on demand, and one key that clears them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs, Server

pytestmark = pytest.mark.browser

BOXES = [(20, 20), (120, 20), (220, 20), (20, 150), (120, 150)]


@pytest.fixture
def image(server: Any, data_plane: DataPlane, photographs: Photographs) -> int:
    """Two dogs of three reach their threshold of 0.6, one ball of two its 0.3."""
    from app.store.database import Store
    from app.store.editing.predictions import replace_predictions

    image = data_plane.upload(photographs.make())
    dog, ball = data_plane.category("dog"), data_plane.category("ball")
    found = [(dog, 0.9, 0.6), (dog, 0.7, 0.6), (dog, 0.5, 0.6), (ball, 0.4, 0.3), (ball, 0.1, 0.3)]
    predictions = [
        {
            "category_id": category,
            "score": score,
            "threshold": threshold,
            "segmentation": [[x, y, x + 60, y, x + 60, y + 60, x, y + 60]],
        }
        for (x, y), (category, score, threshold) in zip(BOXES, found, strict=True)
    ]
    with Store(server.workspace).writing() as session:
        replace_predictions(session, image, predictions, "scenes")
    return image


def test_the_slider_moves_one_class_or_all_and_goes_back(open_editor: Any, image: int) -> None:
    editor = open_editor(image)
    rows = editor.page.locator(".ml-object")
    slider = editor.page.get_by_label("Show proposals from this score on")
    assert rows.count() == 3
    assert editor.page.locator(".ml-panel-objects .ml-slider-value").inner_text() == "by class"
    editor.page.get_by_label("Whose threshold the slider moves").select_option("ball")
    assert editor.page.locator(".ml-panel-objects .ml-slider-value").inner_text() == "30 %"
    slider.fill("5")
    assert rows.count() == 4
    editor.page.get_by_label("Whose threshold the slider moves").select_option("All classes")
    slider.fill("45")
    assert rows.count() == 3
    assert editor.page.locator(".ml-panel-objects .ml-slider-value").inner_text() == "45 %"
    editor.page.get_by_label("Back to what the model is calibrated to").click()
    assert rows.count() == 3
    assert editor.page.locator(".ml-panel-objects .ml-slider-value").inner_text() == "by class"


def test_reviewed_means_what_is_shown_and_no_more(open_editor: Any, data_plane: DataPlane, image: int) -> None:
    editor = open_editor(image)
    editor.page.get_by_label("Whose threshold the slider moves").select_option("ball")
    editor.page.get_by_label("Show proposals from this score on").fill("5")
    editor.page.locator("canvas[tabindex]").focus()
    editor.press("Control+Enter")
    editor.page.get_by_text("4 accepted, 1 below the threshold removed").wait_for()
    assert sorted(row["score"] for row in data_plane.document(image)["instances"]) == [0.1, 0.4, 0.7, 0.9]


def test_a_ghost_shows_on_demand_and_one_key_makes_it_an_object(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.move(250, 50)
    assert editor.page.evaluate("maskloop.bench.editor.hoveredId") is None
    editor.press("y")
    editor.move(251, 51)
    hovered = editor.page.evaluate("maskloop.bench.editor.hoveredId")
    ghost = next(row for row in data_plane.document(image)["instances"] if row["score"] == 0.5)
    assert hovered == ghost["id"]
    assert editor.page.get_by_role("button", name="2 below").get_attribute("aria-pressed") == "true"
    editor.press("q")
    editor.wait_saved(1)
    after = {row["score"]: row for row in data_plane.document(image)["instances"]}
    assert (after[0.5]["status"], after[0.5]["source"]) == ("accepted", "predicted")
    assert after[0.1]["status"] == "proposed"
    assert editor.selected["id"] == ghost["id"]
    editor.press("y")
    assert editor.page.get_by_role("button", name="1 below").get_attribute("aria-pressed") == "false"


def test_one_key_clears_what_is_shown_and_undo_brings_all_of_it_back(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.click(50, 50)
    editor.press("Enter")
    editor.wait_saved(1)
    editor.press("c")
    editor.wait_saved(2)
    left = sorted((row["score"], row["status"]) for row in data_plane.document(image)["instances"])
    assert left == [(0.1, "proposed"), (0.5, "proposed"), (0.9, "accepted")]
    editor.page.get_by_text("2 proposals cleared").wait_for()
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 5")


def test_what_is_drawn_takes_the_place_of_its_proposal_and_undo_goes_back_step_by_step(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.page.locator(".ml-class", has_text="dog").click()
    editor.press("p")
    editor.draw_polygon((22, 22), (78, 20), (80, 80), (20, 76))
    editor.wait_saved(2)
    scores = [row["score"] for row in data_plane.document(image)["instances"]]
    assert sorted(scores, key=lambda score: score or 0) == [None, 0.1, 0.4, 0.5, 0.7]  # the other dogs stand beside it
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 4")
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 5")
    assert sorted(row["score"] for row in data_plane.document(image)["instances"]) == [0.1, 0.4, 0.5, 0.7, 0.9]


def test_that_proposals_gave_way_to_what_was_drawn_is_announced(
    open_editor: Any, data_plane: DataPlane, image: int
) -> None:
    editor = open_editor(image)
    editor.press("2")
    editor.draw_polygon((22.0, 22.0), (78.0, 20.0), (80.0, 80.0), (20.0, 79.0))
    editor.wait_for("maskloop.bench.editor.document.instances.filter(({ status }) => status === 'accepted').length")
    announced = editor.page.locator(".ml-unseen[role=status]").inner_text()
    assert announced == "dog, drawn, 2 of 3, a proposal of it is removed"
    editor.press("ArrowUp", "ArrowDown")
    assert editor.page.locator(".ml-unseen[role=status]").inner_text() == "dog, drawn, 2 of 3"


def test_which_model_proposes_is_said_where_another_one_has_been_taken_into_use(
    open_editor: Any, photographs: Photographs, tmp_path: Path
) -> None:
    server = Server(tmp_path / "workspace", with_page=False)
    try:
        with DataPlane(base_url=server.url, timeout=60) as data_plane:
            editor = open_editor(data_plane.upload(photographs.make()), url=server.url)
            model = editor.page.locator(".ml-model")
            editor.page.wait_for_function("document.querySelector('.ml-model').textContent === 'scenes'")
            assert data_plane.post("/api/models/starter/promote").status_code == 200
            editor.page.wait_for_function("document.querySelector('.ml-model').textContent === 'starter'")
            assert model.inner_text() == "starter"
    finally:
        server.stop()
