"""The first minute of somebody who has read nothing: photographs, a mask corrected, a file in hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Server
from tests.browser.editor_page import EditorPage

pytestmark = pytest.mark.browser


def test_from_an_empty_page_to_a_corrected_mask_in_a_file_by_mouse_alone(
    browser: Any, new_server: Server, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(60_000)
    editor = EditorPage(context.new_page(), new_server.url)
    page = editor.page
    editor.open("/", None)
    page.get_by_role("button", name="Try sample photographs").click()
    # What the model sees is there by itself, and the class comes with it.
    page.locator(".ml-object", has_text="proposed").first.wait_for()
    editor.click(256, 400)
    proposed = editor.selected
    assert proposed is not None
    ring = max(proposed["segmentation"], key=len)
    x, y = max(zip(ring[::2], ring[1::2], strict=True))
    editor.drag((x, y), (x + 20, y))
    editor.wait_saved()
    assert page.locator(".ml-class", has_text="person").count() == 1
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    download.value.save_as(tmp_path / "annotations.json")
    exported = json.loads((tmp_path / "annotations.json").read_text())
    assert [category["name"] for category in exported["categories"]] == ["person"]
    (annotation,) = exported["annotations"]
    assert annotation["bbox"][0] + annotation["bbox"][2] == pytest.approx(x + 20, abs=1)
    editor.assert_no_errors()
    context.close()
