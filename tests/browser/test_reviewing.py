"""A second pair of eyes: a reviewer accepts what somebody else has reviewed, and goes on to the next of these."""

from __future__ import annotations

from typing import Any

import pytest

from app.roles import Person
from app.store.database import Store
from app.store.editing.edits import set_status
from tests.browser.conftest import DataPlane, Photographs, Server

pytestmark = pytest.mark.browser


def reviewed_by_ada(server: Server, *images: int) -> None:
    """As an annotator called Ada marks them."""
    store = Store(server.workspace).sent_by(None, Person("Ada", "annotator"))
    with store.writing() as session:
        for image in images:
            set_status(session, image, "reviewed")
    store.close()


def test_a_review_of_somebody_else_is_accepted_and_the_next_one_opens(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs, server: Server
) -> None:
    first, own, second = (data_plane.upload(photographs.make(f"{name}.png")) for name in "abc")
    reviewed_by_ada(server, first, second)
    data_plane.put(f"/api/images/{own}/status", json={"status": "reviewed"})
    editor = open_editor(first)
    editor.page.get_by_role("button", name="Open again").wait_for()
    editor.page.get_by_role("button", name="Accept review").click()
    editor.wait_for(f"maskloop.document.image.image_id === {second} && maskloop.drawn")
    editor.notice("Accepted what Ada had reviewed").wait_for()
    assert data_plane.document(first)["image"]["reviewed_by"] == "owner"
    editor.press("Control+Enter")
    editor.notice("No other review waits").wait_for()
    assert data_plane.document(second)["image"]["reviewed_by"] == "owner"
    assert editor.page.get_by_role("button", name="Accept review").count() == 0


def test_a_review_of_somebody_else_can_be_opened_for_work_instead(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs, server: Server
) -> None:
    image = data_plane.upload(photographs.make())
    reviewed_by_ada(server, image)
    editor = open_editor(image)
    editor.page.get_by_role("button", name="Open again").click()
    editor.page.get_by_role("button", name="Mark reviewed").wait_for()
    assert data_plane.document(image)["image"]["status"] == "in_progress"
