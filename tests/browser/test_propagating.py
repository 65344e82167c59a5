"""The last image's objects proposed on the next one, by a key and by a button."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

SQUARE = [[60.0, 60.0, 140.0, 60.0, 140.0, 140.0, 60.0, 140.0]]


def moved(path: Path, name: str) -> Path:
    """The picture as it is when the camera went 24 pixels to the left."""
    pixels = np.roll(np.asarray(Image.open(path)), 24, axis=1)
    Image.fromarray(pixels).save(path.with_name(name))
    return path.with_name(name)


def test_the_last_images_objects_are_proposed_where_they_went_and_one_undo_takes_them_back(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    path = photographs.make("1.png")
    first, second = data_plane.upload(path), data_plane.upload(moved(path, "2.png"))
    data_plane.draw(first, data_plane.category("dog"), segmentation=SQUARE)
    editor = open_editor(first)
    editor.press("d")
    editor.wait_for(f"maskloop.document.image.image_id === {second} && maskloop.drawn")
    editor.press("Control+b")
    editor.notice("1 of 1 objects of 1.png proposed").wait_for()
    (proposal,) = editor.instances
    assert proposal["status"] == "proposed"
    assert proposal["bbox"] == pytest.approx([84, 60, 80, 80], abs=4)  # its mask is the model's
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 0")
    editor.page.get_by_role("button", name="Propose the last image's objects here").click()
    editor.wait_for("maskloop.document.instances.length === 1")
    editor.press("Enter", "Enter")
    editor.wait_saved(1)
    assert data_plane.document(second)["instances"][0]["status"] == "accepted"
