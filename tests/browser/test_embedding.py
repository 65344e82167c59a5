"""Under another root path, and inside a page of another site, as a notebook's cell is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs, Server
from tests.browser.other_site import serve_other_site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def prefixed_server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The application at /proxy/7860/."""
    server = Server(tmp_path_factory.mktemp("workspace"), prefix="/proxy/7860")
    yield server
    server.stop()


@pytest.fixture
def other_site(prefixed_server: Server) -> Iterator[str]:
    """The address of a page on another host that shows the editor in a frame: /3 shows image 3."""

    def page(path: str) -> str:
        return f'<iframe width="960" height="600" src="{prefixed_server.url}/canvas/index.html#image={path[1:]}">'

    with serve_other_site(page) as address:
        yield address


@pytest.mark.parametrize("path", ["/", "/canvas/index.html"])
def test_editor_works_under_another_root_path(
    prefixed_server: Server, open_editor: Any, photographs: Photographs, path: str
) -> None:
    with DataPlane(base_url=prefixed_server.url, timeout=60) as data_plane:
        image = data_plane.upload(photographs.make())
        data_plane.category("dog")
        editor = open_editor(image, path=path, url=prefixed_server.url)
        editor.draw_polygon((100, 80), (260, 90), (180, 220))
        editor.wait_saved(1)
        assert len(data_plane.document(image)["instances"]) == 1


def test_editor_works_inside_a_page_of_another_site(
    prefixed_server: Server, other_site: str, browser: Any, photographs: Photographs
) -> None:
    with DataPlane(base_url=prefixed_server.url, timeout=60) as data_plane:
        image = data_plane.upload(photographs.make())
        data_plane.category("dog")
        context = browser.new_context(viewport={"width": 1000, "height": 700})
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{other_site}/{image}")
        frame = page.frame_locator("iframe")
        frame.locator(".ml-class", has_text="dog").wait_for()
        inner = next(one for one in page.frames if one.url.startswith(prefixed_server.url))
        inner.wait_for_function("maskloop.drawn")
        box = frame.locator(".maskloop").bounding_box()
        assert box["height"] == 600
        frame.locator('[data-tool="polygon"]').click()
        left, top = page.locator("iframe").bounding_box()["x"], page.locator("iframe").bounding_box()["y"]
        for corner in [(100, 80), (260, 90), (180, 220), (100, 80)]:
            x, y = inner.evaluate("([x, y]) => maskloop.toWindow(x, y)", list(corner))
            page.mouse.click(left + x, top + y)
        inner.wait_for_function("maskloop.savedCount === 1")
        context.close()
        assert errors == []
        assert len(data_plane.document(image)["instances"]) == 1


def test_an_unmounted_editor_listens_no_more_and_another_takes_its_place(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    editor = open_editor(data_plane.upload(photographs.make()))
    editor.page.evaluate("{ window.gone = maskloop.bench; gone.unmount(); }")
    assert editor.page.locator(".maskloop").count() == 0
    editor.page.evaluate("import('/canvas/main.js').then(({ mount }) => mount(document.body))")
    editor.wait_for("maskloop.bench !== gone && maskloop.drawn")
    editor.press("p")
    assert editor.page.evaluate("[gone.toolName, maskloop.bench.toolName]") == ["select", "polygon"]
