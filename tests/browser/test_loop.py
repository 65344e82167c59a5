"""The whole loop on a photograph, in the Gradio page: upload, mask from a box, correct, keypoint, export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import skimage.data
from PIL import Image
from pycocotools.coco import COCO

from tests.browser.conftest import DataPlane, Server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def fresh_server(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The application as a first-time user has it."""
    server = Server(tmp_path_factory.mktemp("workspace"))
    yield server
    server.stop()


def test_loop_on_a_photograph(fresh_server: Server, open_editor: Any, tmp_path: Path) -> None:
    photograph = tmp_path / "Eileen Collins.jpg"
    Image.fromarray(skimage.data.astronaut()).save(photograph, quality=95)
    editor = open_editor(path="/", url=fresh_server.url)
    editor.page.get_by_label("Images to add").set_input_files(photograph)
    editor.wait_for("maskloop.drawn && maskloop.document.image.file_name === 'Eileen Collins.jpg'")

    # A class of one's own, with keypoints.
    editor.page.get_by_role("button", name="New class").click()
    dialog = editor.page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("person")
    dialog.get_by_label("Keypoints").fill("nose\nleft eye\nright eye")
    dialog.get_by_label("Skeleton").fill("1-2, 1-3")
    dialog.get_by_role("button", name="Make class").click()
    dialog.wait_for(state="detached")

    # The model looks at the image; what it proposes stays as it is below.
    editor.page.get_by_role("button", name="Find objects").click()
    editor.wait_for("maskloop.working")
    editor.page.wait_for_function("!maskloop.working", timeout=60_000)
    proposals = {instance["id"] for instance in editor.instances}

    # Box → mask, with the class in hand.
    editor.press("r")
    editor.page.get_by_label("The model guesses the class").uncheck()
    editor.page.locator(".ml-class", has_text="person").click()
    editor.drag((75, 5), (400, 511))
    editor.wait_for("!maskloop.working && maskloop.savedCount >= 1")
    drawn = editor.selected
    assert drawn["id"] not in proposals
    if isinstance(drawn["segmentation"], dict):
        editor.press("v")
        editor.page.get_by_role("button", name="To polygon").click()
        editor.wait_for("Array.isArray(maskloop.selected.segmentation)")
        editor.wait_saved(2)
    assert drawn["area"] > 1000
    drawn = editor.selected

    # A vertex is dragged to a place that no outline had.
    editor.press("v")
    saved = editor.saved_count
    ring = max(range(len(drawn["segmentation"])), key=lambda index: len(drawn["segmentation"][index]))
    x, y = drawn["segmentation"][ring][:2]
    editor.drag((x, y), (460.25, 30.5))
    editor.wait_saved(saved + 1)
    vertex = editor.selected["segmentation"][ring][:2]
    assert vertex == pytest.approx([460.25, 30.5], abs=1)

    # The nose is put where it is.
    editor.press("k")
    saved = editor.saved_count
    editor.page.locator(".ml-keypoints li", has_text="nose").locator(".ml-object-name").click()
    editor.click(223, 118)
    editor.wait_saved(saved + 1)

    editor.page.get_by_role("button", name="Export").click()
    with editor.page.expect_download() as download:
        editor.page.get_by_role("button", name="Download").click()
    exported = tmp_path / "annotations.json"
    download.value.save_as(exported)

    loaded = COCO(str(exported))
    assert [image["file_name"] for image in loaded.dataset["images"]] == ["Eileen Collins.jpg"]
    annotation = next(entry for entry in loaded.dataset["annotations"] if entry["id"] == drawn["id"])
    assert loaded.cats[annotation["category_id"]]["name"] == "person"
    assert annotation["segmentation"][ring][:2] == vertex
    assert annotation["keypoints"][:3] == pytest.approx([223, 118, 2], abs=1)
    assert loaded.annToMask(annotation).sum() == annotation["area"]
    with DataPlane(base_url=fresh_server.url, timeout=60) as data_plane:
        listed = data_plane.get("/api/images").json()["images"][0]
    assert listed["status"] == "in_progress"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_follows_the_system_theme_and_comes_back_from_the_other_tab(
    fresh_server: Server, open_editor: Any, tmp_path: Path, scheme: str
) -> None:
    photograph = tmp_path / "coffee.png"
    Image.fromarray(skimage.data.coffee()).save(photograph)
    with DataPlane(base_url=fresh_server.url, timeout=60) as data_plane:
        image = data_plane.upload(photograph)
        editor = open_editor(image, path="/", url=fresh_server.url, color_scheme=scheme)
        root = editor.page.locator(".maskloop")
        assert root.get_attribute("data-theme") == scheme
        red, green, blue = editor.page.evaluate(
            "getComputedStyle(document.querySelector('.maskloop')).backgroundColor.match(/\\d+/g).map(Number)"
        )
        assert (red + green + blue < 3 * 80) == (scheme == "dark")
        box = root.bounding_box()
        assert box["y"] + box["height"] == 800  # the editor fills the window, and nothing scrolls
        assert editor.page.evaluate("document.documentElement.scrollHeight") == 800

        editor.page.get_by_role("tab", name="Fine-tune").click()
        editor.page.locator("#finetune-start").wait_for()
        editor.press("p")  # the editor is not on show: its keys are off
        drawn = data_plane.draw(image, data_plane.category("cup"), bbox=[100, 50, 300, 300])
    editor.page.get_by_role("tab", name="Annotate").click()
    editor.wait_for(f"maskloop.document.instances.some((one) => one.id === {drawn['id']})")
    assert editor.page.evaluate("maskloop.bench.toolName") == "select"
