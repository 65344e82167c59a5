"""The frame that `annotate` puts into a cell, in a page of another site: what is drawn in it is in the DataFrame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import skimage.data
from PIL import Image

from app import annotate
from app.notebook.session import AnnotationSession
from tests.browser.other_site import serve_other_site

pytestmark = pytest.mark.browser


@pytest.fixture
def session(tmp_path: Path) -> Iterator[AnnotationSession]:
    """The assistant on one photograph."""
    (tmp_path / "photos").mkdir()
    Image.fromarray(skimage.data.coffee()).save(tmp_path / "photos" / "coffee.png")
    with annotate(tmp_path / "photos", categories=["cup"], device="cpu", height=600) as session:
        yield session


@pytest.fixture
def notebook_page(session: AnnotationSession) -> Iterator[str]:
    """The address of a page that shows the session's output as a notebook does, on another site than the server's."""
    output = session._repr_mimebundle_()["text/html"]

    with serve_other_site(lambda _path: f'<div style="width: 960px">{output}</div>') as address:
        yield address


def test_what_is_drawn_in_the_cell_is_in_the_dataframe(
    session: AnnotationSession, notebook_page: str, browser: Any
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.goto(notebook_page)
    frame = page.frame_locator("iframe")
    frame.locator('[data-tool="polygon"]').wait_for(timeout=60_000)
    inner = next(one for one in page.frames if one.url.startswith(session.url))
    inner.wait_for_function("window.maskloop && maskloop.drawn")
    # The photograph is there to be seen, and not cut off by the frame.
    canvas = frame.locator(".ml-stage canvas").first.bounding_box()
    outer = page.locator("iframe").bounding_box()
    assert canvas["width"] > 400
    assert canvas["height"] > 300
    assert canvas["x"] + canvas["width"] <= outer["x"] + outer["width"]
    assert inner.evaluate("document.documentElement.scrollHeight <= innerHeight")

    inner.wait_for_function("!maskloop.working")  # the model looks at a new image of its own accord
    saved = inner.evaluate("maskloop.savedCount")
    frame.locator(".ml-class", has_text="cup").click()
    frame.locator('[data-tool="polygon"]').click()
    for corner in [(150, 80), (450, 90), (300, 320), (150, 80)]:
        x, y = inner.evaluate("([x, y]) => maskloop.toWindow(x, y)", list(corner))
        page.mouse.click(outer["x"] + x, outer["y"] + y)
    inner.wait_for_function(f"maskloop.savedCount > {saved} && maskloop.saveState === 'saved'")
    context.close()
    assert errors == []
    table = session.to_dataframe(proposals=False)
    assert table[["file_name", "category", "source", "status"]].to_numpy().tolist() == [
        ["coffee.png", "cup", "manual", "accepted"]
    ]
    assert table.loc[0, ["x", "y", "width", "height"]].tolist() == pytest.approx([150, 80, 300, 240], abs=2)
    assert len(session.to_coco()["annotations"]) == 1
