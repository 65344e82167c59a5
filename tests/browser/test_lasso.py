"""The magnetic lasso: clicks near an outline, and the line between them keeps to the edge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

MIDDLE, RADIUS = (200, 150), 90


def disc(photographs: Photographs, name: str = "disc.png") -> tuple[Path, Any]:
    """A picture with one bright disc on a noisy dark ground, and which pixels it covers."""
    path = photographs.make(name)
    y, x = np.mgrid[:300, :400] + 0.5
    inside = np.hypot(x - MIDDLE[0], y - MIDDLE[1]) < RADIUS
    pixels = (np.random.default_rng(1).integers(40, 52, (300, 400, 3)) + inside[:, :, None] * 120).astype(np.uint8)
    pixels[0, :8] = np.asarray(Image.open(path))[0, :8]  # no two tests have the same image; the edges stay
    Image.fromarray(pixels).save(path)
    return path, inside


def around(angle: float, off: float = 0.0) -> tuple[float, float]:
    """A place on the disc's outline, or so many pixels outside of it."""
    turned = np.radians(angle)
    return MIDDLE[0] + (RADIUS + off) * float(np.cos(turned)), MIDDLE[1] + (RADIUS + off) * float(np.sin(turned))


def overlap(instance: dict[str, Any], inside: Any) -> float:
    rles = coco_mask.frPyObjects(instance["segmentation"], 300, 400)
    covered = coco_mask.decode(coco_mask.merge(rles)).astype(bool)
    return float((covered & inside).sum() / (covered | inside).sum())


def test_four_clicks_beside_a_disc_and_a_click_on_the_first_outline_it_to_the_pixel(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    path, inside = disc(photographs)
    image = data_plane.upload(path)
    editor = open_editor(image)
    editor.press("2", "Shift+P")
    for number, angle in enumerate((0, 90, 180, 270)):
        editor.click(*around(angle, off=1.2 if number % 2 else -1.2))
    editor.click(*around(0, off=-1.2))
    editor.wait_saved(1)
    (drawn,) = data_plane.document(image)["instances"]
    assert drawn["category_id"] == data_plane.category("dog")
    assert overlap(drawn, inside) > 0.97
    assert len(drawn["segmentation"][0]) < 200  # numbers, of the 565 corners of its outline
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances.length === 0")


def test_backspace_takes_the_last_anchor_escape_drops_and_a_begun_line_survives_a_reload(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    path, inside = disc(photographs)
    image = data_plane.upload(path)
    editor = open_editor(image)
    editor.press("2", "Shift+P")
    anchors = "maskloop.bench.tools.lasso.anchors.length"
    for angle in (0, 90, 180):
        editor.click(*around(angle))
    editor.click(380, 20)
    assert editor.page.evaluate(anchors) == 4
    editor.press("Backspace")
    assert editor.page.evaluate(anchors) == 3
    editor.press("v")
    editor.notice("is kept").wait_for()
    editor.reload()
    editor.press("Shift+P")
    assert editor.page.evaluate(anchors) == 3
    editor.click(*around(270))
    editor.press("Enter")
    editor.wait_saved(1)
    assert overlap(data_plane.document(image)["instances"][0], inside) > 0.97
    editor.click(*around(20))
    editor.click(*around(80))
    editor.press("Escape")
    assert editor.page.evaluate(anchors) == 0
    assert len(editor.instances) == 1


def test_alt_click_goes_straight_and_with_shift_the_line_is_a_part_of_the_selected_object(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    path, _ = disc(photographs)
    image = data_plane.upload(path)
    first = [20.0, 20.0, 60.0, 20.0, 60.0, 60.0]
    data_plane.draw(image, data_plane.category("dog"), segmentation=[first])
    editor = open_editor(image)
    editor.click(50, 30)
    editor.press("Shift+P")
    editor.page.keyboard.down("Shift")
    editor.page.keyboard.down("Alt")
    editor.click(*around(0))
    editor.page.keyboard.up("Shift")
    editor.click(*around(120))
    editor.click(*around(240))
    editor.page.keyboard.up("Alt")
    editor.page.mouse.dblclick(*editor.place(*around(300)))
    editor.wait_saved(1)
    (drawn,) = data_plane.document(image)["instances"]
    assert drawn["segmentation"][0] == first
    part = drawn["segmentation"][1]
    straight = [value for angle in (0, 120, 240) for value in around(angle)]
    assert part[:6] == pytest.approx(straight, abs=0.6)
    assert len(part) > 10  # the rest keeps to the disc
