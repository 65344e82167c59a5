"""The statistics: what is counted is shown, as plot, table and file, and two people's outlines lie over the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.roles import Person
from app.store.database import Store
from app.store.documents import document_json, find_image
from app.store.editing import edits
from tests.app.conftest import block
from tests.browser.conftest import DataPlane, Photographs, Server

pytestmark = pytest.mark.browser

ANNA, BERT = Person("anna", "annotator"), Person("bert", "reviewer")


def work_of_two(workspace: Path, image: int, category: int) -> list[int]:
    """Anna draws two objects, Bert deletes the second and marks the image reviewed; their ids."""
    store = Store(workspace)
    with store.sent_by("", ANNA).writing() as session:
        ids = [
            edits.create_instance(session, image, {"category_id": category, "segmentation": block(x, 50, 60, 40)})[1].id
            for x in (40, 200)
        ]
    with store.sent_by("", BERT).writing() as session:
        edits.delete_instance(session, image, ids[1], document_json(session, find_image(session, image))["revision"])
        edits.set_status(session, image, "reviewed")
    store.close()
    return ids


def test_counts_and_where_two_people_differ(
    open_editor: Any, server: Server, data_plane: DataPlane, photographs: Photographs
) -> None:
    # The last image of the pair is the newest, whatever other tests have put into the workspace.
    image = data_plane.upload(photographs.make("counted.png"))
    category = data_plane.category("counted class")
    work_of_two(server.workspace, image, category)
    editor = open_editor(image)
    page = editor.page
    page.get_by_role("button", name="Statistics").click()
    dialog = page.get_by_role("dialog", name="Statistics")
    classes = dialog.locator("section", has_text="Objects a class")
    classes.get_by_role("img", name="Objects a class").wait_for()
    classes.get_by_text("As a table").click()
    row = classes.get_by_role("row", name="counted class")
    assert row.locator("td").all_inner_texts() == ["1", "1", "0", "0", "0", "1"]
    with page.expect_download() as downloading:
        classes.get_by_role("link", name="CSV").click()
    lines = Path(downloading.value.path()).read_text(encoding="utf-8").splitlines()
    assert "counted class,1,1,0,0,0,1" in lines
    agreement = dialog.locator("section", has=page.get_by_role("heading", name="Agreement"))
    pairs = agreement.get_by_role("combobox", name="Two people")
    # Other tests of this workspace may have left pairs of their own.
    pairs.select_option(label=next(pair for pair in pairs.locator("option").all_inner_texts() if "anna" in pair))
    agreement.get_by_text("counted.png: 67 %, anna before bert").click()
    only = agreement.get_by_role("button", name="counted class: only anna has it")
    only.click()
    assert agreement.locator(".ml-outline-first").count() == 2  # in the picture, and beside the name
    left, top, *_ = map(float, agreement.locator(".ml-compared").get_attribute("viewBox").split())
    assert left > 100  # it is looked at closely
    assert top < 50
    agreement.get_by_role("button", name="Open this image").click()
    assert dialog.count() == 0
    editor.wait_for(f"maskloop.document.image.image_id === {image}")
